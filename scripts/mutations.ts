/** What `npm run mutation` changes, and the tests of the closed forms, of fixed point and of C that must see it. */

export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Groups that must turn red; all of `groups` for the arithmetic under everything. */
  readonly reds?: readonly (keyof typeof ownGroups)[];
}

/** Groups of tests of one thing, by pattern on the full name. */
export const ownGroups = {
  'known transforms': /^known transforms (idft|dct2|hadamard)/,
  'convolution as a product': /^known transforms circular convolution/,
  'factorised matrices': /^factorisation of a matrix any product of blocks/,
  'noisy chains': /^factorisation of a matrix a noisy chain/,
  'asked operators': /^factorisation of a matrix an operator is asked/,
  'shared twiddles': /^shared twiddles radices/,
  'sweeps over twiddles': /^shared twiddles averages noise/,
  'stage by stage': /^per-stage least squares (radices|one stage)/,
  'worst cases': /^q(15|31) worst cases are attained/,
  'overflow and noise': /^q(15|31) nothing overflows and no error is above its bound/,
  'levels in fixed point': /^levels of a voice /,
  'C of numbers': /^f32 is bit for bit what the interpreter computes: gcc -std=c99 -O1$/,
  'C of integers': /^is bit for bit what the interpreter computes: gcc .*-DPAPILIO_NO_ASM$/,
  'memory of C': /shared, inputs overwritten/,
  'streams of C': /^streams in C (papilio|padding on one side|the last left out)/,
  'self-tests of C': /^files have a test that fails/,
  'costs of machines': /^costs of (real 1024|papilio|q15 real 512) are within/,
} as const;

/** Where the tests of groups are. */
export const ownFiles: Readonly<Partial<Record<keyof typeof ownGroups, readonly string[]>>> = {
  'worst cases': ['test/compiler/fixed.test.ts'],
  'overflow and noise': ['test/compiler/fixed.test.ts'],
  'levels in fixed point': ['test/compiler/fixed-levels.test.ts'],
  'C of numbers': ['test/backends/c/c.test.ts'],
  'C of integers': ['test/backends/c/fixed.test.ts'],
  'memory of C': ['test/compiler/share.test.ts'],
  'streams of C': ['test/front/c.test.ts'],
  'self-tests of C': ['test/backends/c/files.test.ts'],
  'costs of machines': ['test/compiler/cost.test.ts'],
};

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
  {
    name: 'fixed point: the norm of a row',
    file: 'src/compiler/fixed/rows.ts',
    from: 'sum += Math.abs(data[i]);',
    to: 'sum += data[i];',
    reds: ['overflow and noise'],
  },
  {
    name: 'fixed point: worst cases of sums',
    file: 'src/compiler/fixed/rows.ts',
    from: 'data[second[i]] += y * b.data[i];',
    to: 'data[second[i]] = y * b.data[i];',
    reds: ['worst cases'],
  },
  {
    name: 'fixed point: noise of sums',
    file: 'src/compiler/fixed/noise.ts',
    from: 'noise: a.noise + b.noise, value: NaN',
    to: 'noise: Math.abs(a.noise - b.noise), value: NaN',
    reds: ['overflow and noise'],
  },
  {
    name: 'fixed point: scales of sums',
    file: 'src/compiler/fixed/body.ts',
    from: 'return most <= limit ? most : Math.min(wanted, limit);',
    to: 'return most;',
    reds: ['overflow and noise'],
  },
  {
    name: 'fixed point: the unit of weighted powers',
    file: 'src/compiler/fixed/floating.ts',
    from: 'more(own.exponent, most - fractionOf(t))',
    to: 'more(own.exponent, fractionOf(t) - most)',
    reds: ['levels in fixed point'],
  },
  {
    name: 'fixed point: the polynomial of the logarithm',
    file: 'src/compiler/fixed/floating.ts',
    from: '-86068965',
    to: '86068965',
    reds: ['levels in fixed point'],
  },
  {
    name: 'C of integers: products rounded to nearest',
    file: 'src/backends/c/integer-helpers.ts',
    from: "'smmulr %0, %1, %2', 'PAPILIO_HIGH(a, b, 0x80000000u)'",
    to: "'smmulr %0, %1, %2', 'PAPILIO_HIGH(a, b, 0x7fffffffu)'",
    reds: ['C of integers'],
  },
  {
    name: 'C of integers: sums that leave 32 bits on the way',
    file: 'src/backends/c/integer-helpers.ts',
    from: '`(int32_t)((uint32_t)c + (uint32_t)((a >> 16) * b) + (uint32_t)(((a & 0xffff) * b) >> 16))`',
    to: '`c + ${low16}`',
    reds: ['C of integers'],
  },
  {
    name: 'C: brackets behind a minus',
    file: 'src/backends/c/kernel-text.ts',
    from: 'this.operand(second, (own + 1) as Binding)',
    to: 'this.operand(second, own)',
    reds: ['C of numbers'],
  },
  {
    name: 'C: the smaller of two zeros',
    file: 'src/backends/c/helpers.ts',
    from: 'papilio_number(papilio_bits(a) | papilio_bits(b))',
    to: 'papilio_number(papilio_bits(a) & papilio_bits(b))',
    reds: ['C of numbers'],
  },
  {
    name: 'C: what is written before it is read',
    file: 'src/backends/c/kernel-text.ts',
    from: 'const mayStandInside = !this.written.has(place.access.buffer);',
    to: 'const mayStandInside = true;',
    reds: ['C of numbers'],
  },
  {
    name: 'C: several points of a tight loop',
    file: 'src/compiler/tight.ts',
    from: 'stores.map((s) => along(s, j, points))',
    to: 'stores.map((s) => along(s, 0, points))',
    reds: ['C of numbers'],
  },
  {
    name: 'C: constants in reading order',
    file: 'src/compiler/pack.ts',
    from: 'data[to + j] =',
    to: 'data[to] =',
    reds: ['C of numbers'],
  },
  {
    name: 'C: who shares an element',
    file: 'src/compiler/share.ts',
    from: 'guest.uses.last[other] < uses.first[own]',
    to: 'guest.uses.last[other] <= uses.last[own]',
    reds: ['memory of C'],
  },
  {
    name: 'C: samples that padding repeats',
    file: 'src/front/c-stream.ts',
    from: 'return Math.max(0, 2 * after + 1 - length);',
    to: 'return 0;',
    reds: ['streams of C'],
  },
  {
    name: 'C: the start of a signal in padding',
    file: 'src/front/c-stream.ts',
    from: 'state->padded = ${before <= 0 ? 1 : 0};',
    to: 'state->padded = 1;',
    reds: ['streams of C'],
  },
  {
    name: 'C: a self-test that sees nothing',
    file: 'src/backends/c/self-test.ts',
    from: 'if (!(off <= largest * ${bound})) papilio_wrong++;',
    to: '(void)off;',
    reds: ['self-tests of C'],
  },
  {
    name: 'costs: products that sums take along',
    file: 'src/compiler/cost.ts',
    from: 'else if (!fused.has(e)) addOp(e.op, d);',
    to: 'else addOp(e.op, d);',
    reds: ['costs of machines'],
  },
  {
    name: 'costs: registers',
    file: 'src/compiler/cost.ts',
    from: 'const spilled = Math.max(0, all - c.registers);',
    to: 'const spilled = 0;',
    reds: ['costs of machines'],
  },
];
