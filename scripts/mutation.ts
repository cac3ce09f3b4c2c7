/**
 * npm run mutation [-- WORD]: flips one sign at a time, in the butterfly and the complex product under it and in the closed forms, and
 * checks that the tests turn red: of the first those of every backend, parametrisation, gradient and of whatever is built on them, of
 * the others those of the closed forms that use them. With a word, only mutations that have it in their name. Works on a copy; the
 * checkout is not touched.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Groups that must turn red; all of `groups` for the arithmetic under everything. */
  readonly reds?: readonly (keyof typeof closedGroups)[];
}

/** Groups of tests of the closed forms, by pattern on the full name. */
const closedGroups = {
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

const mutations: readonly Mutation[] = [
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
    name: 'closed forms: blocks of whitened inputs',
    file: 'src/fit/closed/stage-least-squares.ts',
    from: 're += a[p] * b[q] - a[p + 1] * b[q + 1];',
    to: 're += a[p] * b[q] + a[p + 1] * b[q + 1];',
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

/** Groups of tests of which at least one must fail, by pattern on the full name. */
const groups: Readonly<Record<string, RegExp>> = {
  'backend reference': /^'?reference'? .*(DFT|samples)/,
  'backend js': /^'?js'? .*(DFT|samples)/,
  'backend wasm': /^'?wasm'? .*(DFT|samples)/,
  'exact plans': /^plans n = /,
  'double-double': /double-double carries/,
  'gradient twiddle': /every parametrisation twiddle/,
  'gradient unit circle': /every parametrisation unit-circle/,
  'gradient free': /every parametrisation free/,
  'gradient unitary': /every parametrisation unitary/,
  'gradient widely linear': /every parametrisation widely-linear/,
  'gradient skip gates': /every parametrisation soft '?skip/,
  'gradient drop gates': /every parametrisation soft '?drop/,
  'log-mel': /log-mel features/,
  'one-sided spectra': /^chains of one-sided spectra are the DFT/,
  'cosine and sine plans': /^cosine and sine transforms .* is SciPy's/,
  stft: /^stft is librosa’s/,
  welch: /^scipy\.signal 200 random combinations/,
  convolution: /^convolution and correlation is its definition/,
  'feature presets': /^parity in float64 .*to the original/,
  streams: /^stream a complex head streams the discrete Fourier transform/,
  'classes of targets': /^every target .*the class contains it/,
  'closed forms': /^known transforms the values run in the compiled network/,
  certificates: /^certify (.*attained by its input, never exceeded|targets with a real head)/,
  'encoder-decoder': /^the model .*contains the DFT and its inverse/,
  'spectral filters': /^spectral filters .*example pairs against an independent FFT/,
  'round trips': /^the round trip for every signal .*a known error/,
};

const files = [
  'test/matrix/transforms.test.ts',
  'test/ir/grad.test.ts',
  'test/plans',
  'test/numeric',
  'test/model/hermitian.test.ts',
  'test/spectral/parity.test.ts',
  'test/fit/targets.test.ts',
  'test/fit/closed-form.test.ts',
  'test/certify/certify.test.ts',
  'test/fit/encoder-decoder.test.ts',
  'test/public',
];

interface VitestReport {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { fullName: string; status: string }[];
  }[];
}

const closedFiles = ['test/fit/closed-form.test.ts', 'test/fit/least-squares.test.ts'];

function runTests(mutation: Mutation | null, own: Groups, where: readonly string[]): VitestReport {
  const copy = mkdtempSync(join(tmpdir(), 'papilio-mutation-'));
  try {
    for (const name of ['src', 'studies', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    if (mutation) {
      const path = join(copy, mutation.file);
      const text = readFileSync(path, 'utf8');
      if (text.split(mutation.from).length !== 2)
        throw new Error(`${mutation.file}: "${mutation.from}" is not there exactly once`);
      writeFileSync(path, text.replace(mutation.from, mutation.to));
    }
    const report = join(copy, 'report.json');
    spawnSync(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        ...where,
        // Only what is in a group: training that a mutation makes hopeless would run to its last step.
        `--testNamePattern=${Object.values(own)
          .map((pattern) => `(${pattern.source})`)
          .join('|')}`,
        '--reporter=json',
        `--outputFile=${report}`,
      ],
      { cwd: copy },
    );
    return JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

type Groups = Readonly<Record<string, RegExp>>;

let survived = 0;

/** Runs the tests of groups with a mutation, or without one, and says which of those turned red that should. */
function judge(mutation: Mutation | null, own: Groups, where: readonly string[]): void {
  const report = runTests(mutation, own, where);
  const tests = report.testResults
    .flatMap((f) => f.assertionResults)
    .filter((t) => t.status === 'passed' || t.status === 'failed');
  const failedNames = tests.filter((t) => t.status === 'failed').map((t) => t.fullName);
  console.log(`${mutation?.name ?? 'unchanged'}: ${failedNames.length} of ${tests.length} tests fail`);
  for (const [group, pattern] of Object.entries(own)) {
    const members = tests.filter((t) => pattern.test(t.fullName)).length;
    const red = failedNames.filter((name) => pattern.test(name)).length;
    const right = members > 0 && (mutation ? red > 0 : red === 0);
    if (!right) survived++;
    console.log(`  ${right ? 'ok  ' : 'MISS'} ${group}: ${red} of ${members} red`);
  }
}

const wanted = mutations.filter(({ name }) => name.includes(process.argv[2] ?? ''));
if (wanted.some((m) => !m.reds)) judge(null, groups, files);
if (wanted.some((m) => m.reds)) judge(null, closedGroups, closedFiles);
for (const mutation of wanted) {
  const { reds } = mutation;
  const own = reds && Object.fromEntries(reds.map((group) => [group, closedGroups[group]]));
  judge(mutation, own ?? groups, own ? closedFiles : files);
}
console.log(
  survived === 0 ? 'every group turns red with every mutation' : `${survived} groups did not behave`,
);
process.exitCode = survived === 0 ? 0 : 1;
