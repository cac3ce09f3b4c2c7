/** The signs that `npm run mutation` flips, and the tests of the closed forms that must see it. */

export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Groups that must turn red; all of `groups` for the arithmetic under everything. */
  readonly reds?: readonly (keyof typeof closedGroups)[];
}

/** Groups of tests of the closed forms, by pattern on the full name. */
export const closedGroups = {
  'known transforms': /^known transforms (idft|dct2|hadamard)/,
  'convolution as a product': /^known transforms circular convolution/,
  'factorised matrices': /^factorisation of a matrix any product of blocks/,
  'noisy chains': /^factorisation of a matrix a noisy chain/,
  'asked operators': /^factorisation of a matrix an operator is asked/,
  'shared twiddles': /^shared twiddles radices/,
  'sweeps over twiddles': /^shared twiddles averages noise/,
  'stage by stage': /^per-stage least squares (radices|one stage)/,
} as const;

/** All groups but the noisy chains. */
const blockGroups = [
  'known transforms',
  'convolution as a product',
  'factorised matrices',
  'asked operators',
  'shared twiddles',
  'sweeps over twiddles',
  'stage by stage',
] as const;

export const mutations: readonly Mutation[] = [
  {
    name: 'butterfly: sum -> difference',
    file: 'src/model/butterfly.ts',
    from: '.reduce((sum, term) => complex.add(k, sum, term))',
    to: '.reduce((sum, term) => complex.sub(k, sum, term))',
  },
  {
    name: 'complex product: real part',
    file: 'src/numeric/arithmetic.ts',
    from: 're: k.sub(k.mul(a.re, b.re), k.mul(a.im, b.im))',
    to: 're: k.add(k.mul(a.re, b.re), k.mul(a.im, b.im))',
  },
  {
    name: 'complex product: imaginary part',
    file: 'src/numeric/arithmetic.ts',
    from: 'im: k.add(k.mul(a.re, b.im), k.mul(a.im, b.re))',
    to: 'im: k.sub(k.mul(a.re, b.im), k.mul(a.im, b.re))',
  },
  {
    name: 'closed forms: product of a block',
    file: 'src/numeric/blocks.ts',
    from: 'yr[q + l] += re * u - im * v;',
    to: 'yr[q + l] += re * u + im * v;',
    reds: blockGroups,
  },
  {
    name: 'closed forms: moments of legs',
    file: 'src/numeric/blocks.ts',
    from: 'im += y.im[p] * x.re[q] - y.re[p] * x.im[q];',
    to: 'im += y.im[p] * x.re[q] + y.re[p] * x.im[q];',
    reds: blockGroups,
  },
  {
    name: 'closed forms: the part behind a column',
    file: 'src/fit/closed/rank-one.ts',
    from: 'im[i] = (j === 0 ? 0 : im[i]) + c * y - s * x;',
    to: 'im[i] = (j === 0 ? 0 : im[i]) + c * y + s * x;',
    reds: ['known transforms', 'convolution as a product', 'factorised matrices', 'noisy chains'],
  },
  {
    name: 'closed forms: phase of a column',
    file: 'src/fit/closed/rank-one.ts',
    from: 'u[j] = x * c - y * s;',
    to: 'u[j] = x * c + y * s;',
    reds: ['known transforms', 'factorised matrices', 'asked operators'],
  },
  {
    name: 'closed forms: answers of an operator',
    file: 'src/fit/closed/peel.ts',
    from: 'answers.im[p * width + q] = y.im[p] * scale;',
    to: 'answers.im[p * width + q] = -y.im[p] * scale;',
    reds: ['asked operators'],
  },
  {
    name: 'closed forms: columns of a product',
    file: 'src/fit/closed/closed-form.ts',
    from: '[y.re / n, y.im / n]',
    to: '[y.re / n, -y.im / n]',
    reds: ['convolution as a product'],
  },
  {
    name: 'closed forms: inverse DFT over the legs',
    file: 'src/fit/closed/shared-twiddles.ts',
    from: 'x / r : -x / r',
    to: 'x / r : x / r',
    reds: ['shared twiddles'],
  },
  {
    name: 'closed forms: outputs pulled back through twiddles',
    file: 'src/fit/closed/shared-twiddles.ts',
    from: 'im: -w[at + 1] / square',
    to: 'im: w[at + 1] / square',
    reds: ['sweeps over twiddles'],
  },
  {
    name: 'closed forms: adjoint of a block',
    file: 'src/numeric/blocks.ts',
    from: 'transposeInPlace(m, at, r, -1)',
    to: 'transposeInPlace(m, at, r, 1)',
    reds: ['stage by stage'],
  },
  {
    name: 'closed forms: a step of conjugate gradients',
    file: 'src/fit/closed/stage-least-squares.ts',
    from: 'take(image, alpha);',
    to: 'take(image, -alpha);',
    reds: ['stage by stage'],
  },
];
