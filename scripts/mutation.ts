/**
 * npm run mutation [-- WORD]: changes one thing at a time, in the butterfly and the complex product under it, in the closed forms, in
 * fixed point and in the C backend, and checks that the tests turn red: of the first those of every backend, parametrisation, gradient
 * and of whatever is built on them, of the others those that each names. With a word, only mutations that have it in their name. Works on a copy; the
 * checkout is not touched.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mutations, ownFiles, ownGroups, type Mutation } from './mutations.ts';

const root = resolve(import.meta.dirname, '..');

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
  welch: /^scipy\.signal random combinations/,
  convolution: /^convolution and correlation (by transforms of blocks|of complex numbers by transforms)/,
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
    for (const name of [
      'src',
      'studies',
      'scripts',
      'bench',
      'test',
      'package.json',
      'tsconfig.json',
      'vitest.config.ts',
    ])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    if (mutation) {
      const path = join(copy, mutation.file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(mutation.from, mutation.to));
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
if (wanted.length === 0)
  throw new Error(
    `no mutation has "${process.argv[2]}" in its name; expected part of ${mutations.map((m) => m.name).join(', ')}`,
  );
if (wanted.some((m) => !m.reds)) judge(null, groups, files);
const isOwn = (name: string): name is keyof typeof ownGroups => name in ownGroups;
/** Where the tests of groups are, by their names. */
const filesOf = (names: readonly string[]): string[] => [
  ...new Set(names.filter(isOwn).flatMap((name) => ownFiles[name] ?? closedFiles)),
];
const ownOf = (names: readonly (keyof typeof ownGroups)[]): Groups =>
  Object.fromEntries(names.map((name) => [name, ownGroups[name]]));
const asked = [...new Set(wanted.flatMap((m) => m.reds ?? []))];
if (asked.length > 0) judge(null, ownOf(asked), filesOf(asked));
for (const mutation of wanted) {
  const { reds } = mutation;
  if (reds) judge(mutation, ownOf(reds), filesOf(reds));
  else judge(mutation, groups, files);
}
console.log(
  survived === 0 ? 'every group turns red with every mutation' : `${survived} groups did not behave`,
);
process.exitCode = survived === 0 ? 0 : 1;
