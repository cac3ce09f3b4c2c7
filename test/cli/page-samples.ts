/** A page of every kind, with names as long as they come, for the tests of pages and for npm run smoke. */
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ablationReport, type Ablation } from '../../src/cli/ablate-report.ts';
import { compareReport, type Comparison } from '../../src/cli/compare-report.ts';
import { distillReport, type DistillReport } from '../../src/cli/distill-report.ts';
import { frontReport } from '../../src/cli/front-report.ts';
import { learnReport, type Learned } from '../../src/cli/learn-report.ts';
import { pageOf } from '../../src/cli/report/page.ts';
import { diverging, png, sequential } from '../../src/cli/report/png.ts';
import { studyReport } from '../../src/cli/study-report.ts';
import { ablationGroups } from '../../studies/ablation-cells.ts';
import { encodeFrontEnd, encodeWav } from '../../src/files.ts';
import { exactFrontEnd, namedFeature, referenceFeatures } from '../../src/front.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';
import type { AblationRow } from '../../studies/ablation.ts';
import { initialize, type ButterflyState, type NetworkSpec } from '../../src/learn.ts';
import { exactNetwork } from '../../src/plans/plan.ts';
import type { StudyRow } from '../../studies/study.ts';

const states: readonly ButterflyState[] = [
  'active',
  'reverse',
  'skip',
  'drop-sum',
  'drop-difference',
  'dead',
];

/** A job that learned, of names as hostile as they come. */
export function learnSample(): Learned {
  const { head } = namedFeature('log-mel-4', 32);
  const name = '<script>alert("x")</script>.wav';
  const samples = Float64Array.from({ length: 400 }, (_, i) => wave(i));
  const network = exactNetwork({ n: 16 });
  const free: NetworkSpec = {
    ...network,
    stages: [2, 2, 2, 2].map((radix) => ({ radix, parametrization: 'free' })),
  };
  const front = [
    { name: 'all bins', operations: 100, validationError: 0, gates: 'none' },
    { name: 'bins 0 mod 2', operations: 60, validationError: 0.05, gates: 'none' },
  ] as const;
  return {
    summary: {
      seed: 1,
      start: 'random',
      feature: 'log-mel-4',
      nFft: 32,
      budget: 0.06,
      structure: 'bins 0 mod 2',
      startError: 1.4,
      spectrumErrorAfterPhase1: 4e-16,
      snapDistance: 1e-15,
      validationError: 0.05,
      testError: 0.047,
      activeButterflies: 20,
      totalButterflies: 32,
      trainSeconds: 12.3,
      files: { train: ['a'], validation: ['b'], test: ['c'] },
    } as unknown as Learned['summary'],
    bytes: encodeFrontEnd(exactFrontEnd(head), {}),
    result: {
      model: exactFrontEnd(head),
      tree: { network: free, values: initialize(free, 'exact', 1) },
      learned: { network: free, values: initialize(free, 'exact', 1) },
      front,
      chosen: front[1],
      spectrumCurve: Array.from({ length: 20 }, (_, i) => ({
        step: 10 * i,
        loss: 10 ** -i,
        error: 10 ** (-i / 2),
      })),
      gateCurve: Array.from({ length: 5 }, (_, i) => ({
        step: i,
        loss: 1,
        validationError: i % 2 ? NaN : 0.1,
        open: 1 - i / 5,
        error: 0.1,
        active: 100 - i,
      })),
    } as unknown as Learned['result'],
    rows: ['learned', 'exact'].map((kernel) => ({
      name: kernel,
      mul: kernel === 'exact' ? null : 100,
      add: 200,
      transformOperations: 250,
      nsTransform: 10,
      nsTransformSpread: 1,
      nsPerFrame: 20,
      nsPerFrameSpread: 2,
      error: {
        mean: 0.04,
        p95: 0.2,
        perBand: Array.from({ length: 4 }, (_, i) => ({ mean: 0.05, p95: 0.1, count: i === 3 ? 0 : 1 })),
        recordings: [{ file: name, frames: 3, excludedFrames: 0, mean: 0.05, p95: 0.1 }],
      },
    })),
    split: { train: [], validation: [], test: [{ name, samples }] },
    feature: 'log-mel-4',
    options: { head } as unknown as Learned['options'],
    trainSeconds: 12.3,
    targets: [referenceFeatures(head, samples)],
    verdict: ['It is <b>cheaper</b>.', 'And & more.'],
  };
}

const long = 'odd bins below 0.80 kHz from every eighth sample (2 + 4 + 4 taps), even bins whole';
const wave = (i: number): number => 0.04 * (1 + Math.sin(i));
const around = (x: number): { p5: number; p25: number; p50: number; p75: number; p95: number } => ({
  p5: 0.9 * x,
  p25: 0.97 * x,
  p50: x,
  p75: 1.04 * x,
  p95: 1.2 * x,
});

const frontRow = (i: number, example?: FrontRow['example']): FrontRow => ({
  corpus: 'speech',
  feature: 'log-mel-40',
  nFft: 512,
  mels: 40,
  structure: i === 0 ? 'exact kernel' : `${long}, choice ${i}`,
  kind: i === 0 ? 'exact' : i < 8 ? 'learned' : 'baseline',
  seed: 0,
  error: i === 0 ? 1e-7 : 0.003 * i ** 2,
  errorP95: 0.01 * i ** 2,
  validationError: 0.003 * i ** 2,
  estimate: { mean: 0.0031 * i ** 2, margin: 0.001 * i, recordings: 11 },
  operations: 20_000 - 1500 * i,
  exactOperations: 20_000,
  transformOperations: 15_000 - 1200 * i,
  exactTransformOperations: 15_000,
  fftOperations: 14_000 - 1200 * i,
  exactFftOperations: 14_000,
  nsPerFrame: 3000 - 100 * i,
  exactNsPerFrame: 3000,
  tableBytes: 20_000,
  codeBytes: 50_000,
  bandErrors: Array.from({ length: 40 }, (_, b) => (i + 1) * wave(b)),
  files:
    i < 9 ? [`speech-log-mel-40-n512-seed0-${i}.safetensors`, `speech-log-mel-40-n512-seed0-${i}.wasm`] : [],
  settings: { minutes: 1, gates: false, rate: 16000, recordings: '14 files, 0a1b2c3d' },
  command:
    "papilio pareto 'my recordings/' --minutes 1 --budgets 0.05,0.012 --feature log-mel-40 --out front",
  ...(example ? { example } : {}),
});

/** A front with a model, sounds and pictures beside its rows. */
function frontPage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'papilio-pages-'));
  mkdirSync(join(folder, 'examples'));
  writeFileSync(
    join(folder, frontRow(0).files[0]),
    encodeFrontEnd(exactFrontEnd(namedFeature('log-mel-40', 512).head)),
  );
  const sound = encodeWav(
    Float64Array.from({ length: 400 }, (_, i) => wave(i)),
    16000,
    { format: 'pcm16' },
  );
  writeFileSync(join(folder, 'examples/sound.wav'), sound);
  writeFileSync(
    join(folder, 'examples/features.png'),
    png(60, 40, (x, y) => sequential((x + y) / 100)),
  );
  writeFileSync(
    join(folder, 'examples/difference.png'),
    png(60, 40, (x, y) => diverging((x + y) / 100)),
  );
  const example = (difference: string | null): FrontRow['example'] => ({
    recording: 'a-recording-with-a-name-that-goes-on-and-on-without-any-space-in-it-at-all.wav',
    original: 'examples/sound.wav',
    sound: 'examples/sound.wav',
    features: 'examples/features.png',
    difference,
  });
  const rows = Array.from({ length: 10 }, (_, i) =>
    frontRow(i, i === 0 ? example(null) : i === 4 ? example('examples/difference.png') : undefined),
  );
  const html = pageOf(
    frontReport(rows, folder, 'papilio report front/front.json --budgets 0.05,0.012', [0.05, 0.012]),
  );
  rmSync(folder, { recursive: true });
  return html;
}

const ablation: Ablation = {
  kind: 'ablation',
  settings: {
    n: 32,
    samples: 20,
    seed: 1,
    steps: 300,
    sparsity: 4,
    budget: 0.4,
    decimation: 'frequency',
    signals: 'windowed coloured noise',
  },
  commands: ['papilio ablate --samples 20 --out trial'],
  rows: ablationGroups.flatMap((group, g) =>
    Array.from({ length: 4 }, (_, i): AblationRow => ({
      group,
      name: i === 0 ? 'exact kernel (plan)' : `${group}, decimation in frequency, radix 4 then 2, ${i}`,
      samples: 20,
      error: i === 3 ? null : around(0.01 * (i + 1)),
      operations: i === 3 ? null : around(300 + 50 * i + g),
      nsPerTransform: i === 3 ? null : around(20 + i),
      timeRatio: i === 3 ? null : around(1 + i / 4),
      timeNoise: i === 3 ? null : 0,
      tableBytes: i === 3 ? null : 1024,
      codeBytes: i === 3 ? null : 4096,
      failed: i === 3 ? '8 complex points are no power of 4' : null,
      seconds: 1,
    })),
  ),
};

const comparison: Comparison = {
  kind: 'comparison',
  subject: 'Front end: 40 numbers (mel), n_fft 512, hop 160, 16000 Hz',
  unit: 'frame',
  signals: '14 recordings',
  errorIs: 'Errors are mean absolute differences of log10 energies',
  samples: 21,
  timeNoise: 0.04,
  places: { label: 'centre frequency, Hz', at: Array.from({ length: 40 }, (_, i) => 100 * 1.11 ** i) },
  rows: ['exact kernel', 'front/speech-log-mel-40-n512-seed0-12.safetensors', 'other/kernel.wasm'].map(
    (name, i) => ({
      name,
      source: i === 0 ? 'exact' : i === 1 ? 'model' : 'kernel',
      error: 0.01 * i,
      errorP95: 0.03 * i,
      bandErrors: Array.from({ length: 40 }, (_, b) => i * wave(b)),
      mul: 6000 - 1000 * i,
      add: 9000 - 1000 * i,
      operations: 15_000 - 2000 * i,
      loads: 4000,
      stores: 3000,
      ns: around(3000 - 200 * i),
      timeRatio: around(1 - 0.1 * i),
      tableBytes: 20_000,
      codeBytes: 50_000,
    }),
  ),
  command:
    'papilio compare front/speech-log-mel-40-n512-seed0-12.safetensors other/kernel.wasm recordings/ --json comparison.json',
};

const cost = { mul: 500, add: 1500, other: 0, loads: 800, stores: 700 };
const distillation: DistillReport = {
  kind: 'distillation',
  teacher: 'a-folder/of-front-ends/model.safetensors',
  student: 'ternary',
  corrector: { kind: 'banded', radius: 1 },
  n: 64,
  input: 'real',
  signals: 'windowed frames of 3 recordings of my-recordings, 11 others to train on',
  sampleRate: 16000,
  seed: 1,
  steps: 300,
  sparsity: 0.5,
  before: 0.5,
  after: 0.02,
  operations: { exact: { ...cost, add: 1600 }, teacher: cost, student: { ...cost, add: 900 }, corrector: 99 },
  tableBytes: 2048,
  codeBytes: 8192,
  bins: 33,
  binsKept: 30,
  binErrors: {
    withoutCorrector: Array.from({ length: 33 }, (_, i) => 4 * wave(i)),
    withCorrector: Array.from({ length: 33 }, (_, i) => (i === 0 ? null : wave(i))),
  },
  gates: [0, 1, 2, 3].map((s) => Array.from({ length: 8 }, (_, b) => states[(s + b) % 6])),
  seconds: 12.5,
  files: ['student.safetensors', 'kernel.wasm', 'kernel.js'],
  command: 'papilio distill a-folder/of-front-ends/model.safetensors --student ternary --corrector banded:1',
};

const study: StudyRow[] = ['dft', 'dct2', 'convolution'].flatMap((target, t) =>
  [8, 16, 32, 64].flatMap((n, i) =>
    [0, 1].map((seed): StudyRow => ({
      table: 'learn',
      target,
      n,
      radices: Array.from({ length: 3 + i }, () => 2),
      parametrization: t === 0 ? 'free' : 'widely-linear',
      start: 'random',
      seed,
      steps: 1000,
      restarts: 0,
      seconds: 1.5,
      rmse: 1e-15 * (1 + i + seed),
      relativeL2: 1e-14,
      command:
        'papilio study learnability --targets dft,dct2,convolution --sizes 8,16,32,64 --seeds 2 --html page.html',
    })),
  ),
);

/** HTML of a page by its kind. */
export const samplePages = (): Record<string, string> => ({
  learn: pageOf(learnReport(learnSample(), 'papilio learn x')),
  pareto: frontPage(),
  ablate: pageOf(ablationReport(ablation, ablation.commands?.[0] ?? '')),
  compare: pageOf(compareReport(comparison, 'papilio report comparison.json')),
  distill: pageOf(distillReport(distillation, distillation.command)),
  study: pageOf(studyReport(study, 'papilio report learnability.json')),
});
