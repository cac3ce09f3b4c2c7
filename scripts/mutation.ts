/**
 * npm run mutation: flips one sign at a time in the butterfly and the complex product under it, and checks that the
 * tests of every backend, parametrisation, gradient and of whatever is built on them turn red. Works on a copy; the checkout is not touched.
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
}

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

function runTests(mutation: Mutation | null): VitestReport {
  const copy = mkdtempSync(join(tmpdir(), 'papilio-mutation-'));
  try {
    for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
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
        ...files,
        // Only what is in a group: training that a mutation makes hopeless would run to its last step.
        `--testNamePattern=${Object.values(groups)
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

let survived = 0;
for (const mutation of [null, ...mutations]) {
  const report = runTests(mutation);
  const tests = report.testResults
    .flatMap((f) => f.assertionResults)
    .filter((t) => t.status === 'passed' || t.status === 'failed');
  const failedNames = tests.filter((t) => t.status === 'failed').map((t) => t.fullName);
  console.log(`${mutation?.name ?? 'unchanged'}: ${failedNames.length} of ${tests.length} tests fail`);
  for (const [group, pattern] of Object.entries(groups)) {
    const members = tests.filter((t) => pattern.test(t.fullName)).length;
    const red = failedNames.filter((name) => pattern.test(name)).length;
    const right = members > 0 && (mutation ? red > 0 : red === 0);
    if (!right) survived++;
    console.log(`  ${right ? 'ok  ' : 'MISS'} ${group}: ${red} of ${members} red`);
  }
}
console.log(
  survived === 0 ? 'every group turns red with every mutation' : `${survived} groups did not behave`,
);
process.exitCode = survived === 0 ? 0 : 1;
