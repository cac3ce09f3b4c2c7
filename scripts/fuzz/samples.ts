/** Valid files of every format that papilio reads: what the fuzzer starts from. */
import { featureHead } from '../../src/spectral/presets.ts';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { secondOnnx } from './second-onnx.ts';
import { frontEndOnnx } from '../../src/front/onnx/front-end.ts';
import { readFileSync } from 'node:fs';
import type { Manifest } from '../../src/cli/feature-files.ts';
import type { Ablation } from '../../src/cli/ablate-report.ts';
import type { Comparison } from '../../src/cli/compare-report.ts';
import type { DistillReport } from '../../src/cli/distill-report.ts';
import { encodeJob, encodeFrontEnd, encodeNpy, encodeModel, encodeWav } from '../../src/files.ts';
import {
  encoderDecoder,
  initialize,
  chainModel,
  initializeModel,
  transformModel,
  type NetworkSpec,
} from '../../src/learn.ts';
import { exactFrontEnd, namedFeature, standaloneModule, type LearnCheckpoint } from '../../src/front.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';
import { fftWasm } from '../../src/compiler.ts';
import type { StudyRow } from '../../studies/study.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';

const fixtures = new URL('../../test/formats/fixtures/', import.meta.url);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const sound = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i) / 2);

export function wavSamples(): Uint8Array[] {
  const variants = JSON.parse(readFileSync(new URL('wav-variants.json', fixtures), 'utf8')) as Record<
    string,
    { bytes: string }
  >;
  return [
    ...Object.values(variants).map(({ bytes }) => Uint8Array.from(Buffer.from(bytes, 'base64'))),
    encodeWav(sound, 16000, { format: 'pcm16' }),
    encodeWav(sound, 44100, { format: 'float32' }),
    new Uint8Array(readFileSync(new URL('scipy-i16-stereo.wav', fixtures))),
  ];
}

/** An array of another writer: complex or whole numbers, Fortran order. */
function foreignNpy(descr: string, shape: string, order: string, bytes: number): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117) + '\n';
  const head = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8);
  return Uint8Array.from([...head, ...utf8(text), ...new Uint8Array(bytes)]);
}

export const npySamples = (): Uint8Array[] => [
  encodeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
  encodeNpy(Float64Array.of(1, 2, 3, 4), [2, 1, 2]),
  encodeNpy(Float32Array.of(), [0, 8]),
  foreignNpy('<c8', '(2, 2)', 'True', 32),
  foreignNpy('<i8', '(3,)', 'False', 24),
];

export const tableSamples = (): unknown[] => [
  [
    [1, 2],
    [3, 4],
  ],
  { re: [[1, 0]], im: [[0, 1]] },
  { input: [[1, 2]], output: { re: [[3, 4]], im: [[0, 1]] } },
];

export const tensorSamples = (): Uint8Array[] => [
  encodeSafetensors(
    {
      matrix: { dtype: 'F64', shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) },
      'input.re': { dtype: 'F32', shape: [1, 2], data: Float32Array.of(1, 2) },
      mask: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 0, 1) },
      start: { dtype: 'I32', shape: [], data: Int32Array.of(7) },
    },
    { note: 'text' },
  ),
  encodeSafetensors({}, {}),
];

const network = (n: number, change: Partial<NetworkSpec> = {}): NetworkSpec => ({
  n,
  input: 'complex',
  direction: 'forward',
  norm: 'backward',
  decimation: 'time',
  permutation: 'digit-reversal',
  split: 'exact',
  stages: Array.from({ length: Math.log2(change.input === 'real' ? n / 2 : n) }, () => ({
    radix: 2,
    parametrization: 'exact' as const,
  })),
  ...change,
});
const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });

/** A transform of every parametrisation, gate and permutation. */
export function transformSamples(): Uint8Array[] {
  const gate = { kind: 'drop', mode: 'soft', grain: 'block', threshold: 0.5, temperature: 0.4 } as const;
  const ternary = { kind: 'ternary', mode: 'hard', grain: 'butterfly', threshold: 0.5 } as const;
  const specs: NetworkSpec[] = [
    network(8),
    network(16, { input: 'real', split: 'free' }),
    network(8, { permutation: 'identity', stages: [{ radix: 8, parametrization: 'unitary' }] }),
    network(4, { permutation: [2, 0, 1, 3] }),
    network(6, {
      stages: [
        { radix: 2, parametrization: 'twiddle', gate },
        { radix: 3, parametrization: 'free' },
      ],
    }),
    network(8, { stages: [2, 2, 2].map((radix) => ({ radix, parametrization: 'exact', gate: ternary })) }),
  ];
  return specs.map((spec) => encodeModel(transformModel(spec, initialize(spec, 'random', 1)), { seed: 1 }));
}

export function frontEndSamples(): Uint8Array[] {
  const heads = [head, namedFeature('third-octaves', 64).head, namedFeature('log-mel-8', 64).head];
  return heads.map((h) => encodeFrontEnd(exactFrontEnd(h), { budget: 0.1 }));
}

/** Files of version 1: of every kind of model, and an unfinished job. */
export const version1Samples = (): Uint8Array[] =>
  [
    'transform-gates-skip-soft',
    'chains-product',
    'corrected-banded-2',
    'encoder-decoder-real-mask',
    'spectral-streams',
    'jobs/learn-transform/checkpoint',
  ].map((name) =>
    Uint8Array.from(readFileSync(join(import.meta.dirname, `../../test/fixtures/v1/${name}.safetensors`))),
  );

/** Models of every form and kind of part. */
export function modelSamples(): Uint8Array[] {
  const chain = network(4, { stages: [2, 2].map((radix) => ({ radix, parametrization: 'free' })) });
  const real = network(16, { input: 'real' });
  const band = {
    spec: { kind: 'banded', radius: 1 },
    values: { 'corrector.band': new Float64Array(54) },
  } as const;
  const learned = [
    chainModel([chain], 'real'),
    chainModel([chain, chain]),
    encoderDecoder([2, 2], { mask: true }),
  ].map((model) => ({ model, values: initializeModel(model, 'random', 1) }));
  const behind = transformModel(real, {}, { corrector: band, kept: new Uint8Array(9).fill(1) });
  return [...learned, behind].map((model) => encodeModel(model, { job: { n: 4 } }));
}

/** An unfinished job with a candidate of either kind. */
export function jobSample(): LearnCheckpoint {
  const candidate = { name: 'all bins', operations: 1, cost: 1, validationError: 0, gates: 'none' } as const;
  const branches = [{ filters: [], points: 32, bins: 'all', below: 8000 }] as const;
  return {
    options: { head, budget: 0.1, seed: 1, start: 'random', snap: true },
    progress: {
      phase: 'structures',
      restarts: 0,
      spectrumCurve: [{ step: 1, loss: 1, error: 1 }],
      screened: [
        { ...candidate, structure: { depth: 2, dropped: [1, 3] } },
        { ...candidate, structure: { branches } },
      ],
    },
    step: 3,
    arrays: { 'training:stage0.block': Float32Array.of(1, 2), 'stage0.block': Float64Array.of(1, 2) },
  };
}

export const jobSamples = (): Uint8Array[] => [encodeJob(jobSample(), { 'a.wav': 'hash' })];

export const kernelSamples = (): Uint8Array[] => [
  fftWasm({ n: 8 }),
  fftWasm({ n: 12, input: 'real', dtype: 'f64' }),
  standaloneModule(exactFrontEnd(head)),
];

export function manifestSamples(): unknown[] {
  const file = { file: 'a.wav', sha256: '0', bytes: 9, modified: 1.5, sampleRate: 16000, seconds: 1 };
  const manifest: Manifest = {
    papilio: '0.1.0',
    settings: { dtype: 'f32', head },
    files: [{ ...file, frames: 9, columns: 8, output: 'a.npy' }],
    failed: [{ file: 'b.wav', error: 'b.wav: no' }],
  };
  return [manifest];
}

const p = { p5: 1, p25: 1.5, p50: 2, p75: 2.5, p95: 3 };
const count = { mul: 1, add: 2, other: 0, loads: 3, stores: 4 };

function frontSample(): FrontRow[] {
  const row: FrontRow = {
    feature: 'log-mel-8',
    nFft: 64,
    mels: 8,
    structure: 'exact',
    kind: 'exact',
    seed: 0,
    error: 1e-7,
    errorP95: 2e-7,
    validationError: 1e-7,
    bandErrors: [1e-7, null],
    operations: 100,
    exactOperations: 100,
    transformOperations: 80,
    exactTransformOperations: 80,
    fftOperations: 70,
    exactFftOperations: 70,
    nsPerFrame: 100,
    exactNsPerFrame: 100,
    tableBytes: 10,
    codeBytes: 20,
    files: ['a-0.safetensors', 'a-0.wasm'],
  };
  const spread = { mean: 1, p95: 2 };
  const example = { recording: 'a', original: 'examples/a.wav', sound: 'examples/b.wav' };
  return [
    row,
    {
      ...row,
      structure: 'bins 0 mod 2',
      kind: 'learned',
      error: 0.05,
      fftOperations: 30,
      peaks: { peaks: 3, missed: 1, extra: 0, frequency: spread, level: null },
      example: { ...example, features: 'examples/c.png', difference: null },
    },
    { ...row, structure: 'n_fft 32', kind: 'baseline', error: 0.1, nsPerFrame: null, validationError: null },
  ];
}

function ablationSample(): Ablation {
  const settings = { n: 32, samples: 20, seed: 1, steps: 300, sparsity: 4, budget: 0.4 };
  const bytes = { tableBytes: 1, codeBytes: 2 };
  const row = {
    samples: 20,
    error: p,
    operations: p,
    nsPerTransform: p,
    timeRatio: p,
    timeNoise: 0,
    ...bytes,
    seconds: 1,
  };
  const nothing = { error: null, operations: null, nsPerTransform: null, timeRatio: null, timeNoise: null };
  return {
    kind: 'ablation',
    settings: { ...settings, decimation: 'time', signals: 'noise' },
    commands: ['papilio ablate'],
    rows: [
      { ...row, group: 'gates', name: 'a', failed: null },
      { ...row, ...nothing, tableBytes: null, codeBytes: null, group: 'network', name: 'b', failed: 'no' },
    ],
  };
}

function comparisonSample(): Comparison {
  const row = { error: 1e-7, errorP95: 1e-6, bandErrors: [1e-7, null], worst: { band: 0, error: 1e-7 } };
  const cost = { mul: 1, add: 2, operations: 3, loads: 4, stores: 5, tableBytes: 6, codeBytes: 7 };
  const times = { ns: p, timeRatio: p };
  return {
    kind: 'comparison',
    subject: 'a transform',
    unit: 'transform',
    signals: 'noise',
    errorIs: 'Errors',
    samples: 21,
    timeNoise: 0.1,
    places: { label: 'bin', at: [0, 1] },
    rows: [
      { name: 'exact', source: 'exact', ...row, ...cost, ...times },
      { name: 'a', source: 'kernel', ...row, ...cost, ...times },
    ],
    command: 'papilio compare',
  };
}

function distillSample(): DistillReport {
  return {
    kind: 'distillation',
    teacher: 'a.safetensors',
    student: 'dense',
    corrector: { kind: 'banded', radius: 1 },
    n: 16,
    input: 'real',
    signals: 'noise',
    seed: 1,
    steps: 3,
    sparsity: 0,
    before: 0.1,
    after: 0.01,
    operations: { exact: count, teacher: count, student: count, corrector: 1 },
    tableBytes: 1,
    codeBytes: 2,
    bins: 9,
    binsKept: 8,
    binErrors: { withoutCorrector: [0.1, null], withCorrector: [0.01, null] },
    gates: [['active', 'skip'], ['dead']],
    seconds: 1,
    files: ['student.safetensors'],
    command: 'papilio distill',
  };
}

function studySample(): StudyRow[] {
  const row: StudyRow = {
    table: 'learn',
    target: 'dft',
    n: 8,
    radices: [2, 2, 2],
    parametrization: 'free',
    start: 'random',
    seed: 1,
    rmse: 1e-15,
    relativeL2: 1e-15,
    steps: 100,
    restarts: 0,
    seconds: 1,
  };
  return [row, { ...row, table: 'examples', pairs: 4 }, { ...row, table: 'unknown', rmse: null, note: 'no' }];
}

export const reportSamples = (): unknown[] => [
  frontSample(),
  ablationSample(),
  comparisonSample(),
  distillSample(),
  studySample(),
];

export const wisdomSamples = (): unknown[] => [
  {
    format: 'papilio wisdom 1',
    chains: { '8 complex forward f32 wasm simd 1': { kind: 'stages', n: 8, radices: [2, 4] } },
    peaks: { times: { a: 1 }, errors: { b: { frequency: 1, level: null, tones: 3 } } },
  },
];

export const headSamples = (): unknown[] => [
  { hop: 80, bank: { kind: 'mel', bands: 40, fMin: 0, fMax: null, scale: 'htk', norm: 'none' } },
  { ...head },
  { bank: { kind: 'bands', edges: [[10, 20]] }, cepstrum: null, log: null },
];

/** A ZIP archive of one member, as numpy.savez writes. */
function archive(name: string, data: Uint8Array, deflated: boolean): Uint8Array {
  const stored = deflated ? deflateRawSync(data) : data;
  const title = utf8(name);
  const [local, central, end] = [30, 46, 22].map((n) => new DataView(new ArrayBuffer(n)));
  const both = (view: DataView, at: number): void => {
    view.setUint16(at, deflated ? 8 : 0, true);
    view.setUint32(at + 10, stored.length, true);
    view.setUint32(at + 14, data.length, true);
    view.setUint16(at + 18, title.length, true);
  };
  local.setUint32(0, 0x04034b50, true);
  both(local, 8);
  central.setUint32(0, 0x02014b50, true);
  both(central, 10);
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(10, 1, true);
  end.setUint32(12, central.byteLength + title.length, true);
  end.setUint32(16, local.byteLength + title.length + stored.length, true);
  const parts = [local, title, stored, central, title, end];
  return Buffer.concat(parts.map((part) => (part instanceof DataView ? new Uint8Array(part.buffer) : part)));
}

/** Large enough that some edits leave what is around the numbers alone. */
export const npzSamples = (): Uint8Array[] => {
  const npy = encodeNpy(
    Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i)),
    [10, 100],
  );
  return [false, true].map((deflated) => archive('clip.npy', npy, deflated));
};

export const csvSamples = (): Uint8Array[] =>
  ['1,2,3\n4,5,6\n', 'a;b\n1;2\n', '# note\n1e-3\t-2\n'].map(utf8);

export const onnxSamples = (): Uint8Array[] => [secondOnnx({}), secondOnnx({ opset: 20, type: 10 })];

let front: Uint8Array | null = null;

/** A front end to stand in front of them. */
export const onnxFront = (): Uint8Array =>
  (front ??= frontEndOnnx(exactFrontEnd(featureHead('papilio', { nFft: 64, windowLength: 64, hop: 20 })), {
    name: 'front',
  }).bytes);
