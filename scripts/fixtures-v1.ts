/**
 * Files of format version 1 for test/fixtures/v1, one of everything that they can hold, and what their models compute. It was
 * run at version 0.1.1 and is kept to show what the files hold: the files are what counts. They are not made again; where this
 * no longer compiles it may go. Files named made-by-COMMAND were there before: the commands of jobs/README.md made them.
 *
 *   npx tsx scripts/fixtures-v1.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  chainShapes,
  correctorShapes,
  encoderDecoder,
  exactParameters,
  gateGrains,
  gateKinds,
  gateModes,
  initialize,
  initializeChains,
  initializeEncoderDecoder,
  parameterShapes,
  tableFormats,
  targetModel,
  targetNames,
  teacherTransform,
  transformModule,
  type ChainModel,
  type CorrectorSpec,
  type GateSpec,
  type NetworkSpec,
  type ParameterValues,
  type Parametrization,
  type StageSpec,
} from '../src/learn.ts';
import {
  decodeSafetensors,
  encodeChains,
  encodeCorrected,
  encodeEncoderDecoder,
  encodeFrontEnd,
  encodeTransform,
} from '../src/files.ts';
import {
  exactSpectralModel,
  namedFeature,
  standaloneModule,
  type SpectralModel,
  type TrainedHead,
} from '../src/front.ts';
import { featureHead } from '../src/index.ts';
import { compute, computeKernel, fixtures, folder, hexOf, type Expected } from '../test/version-1.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;
type Branch = NonNullable<SpectralModel['branches']>[number];

/** Numbers in [-1, 1) from a seed: Marsaglia's xorshift32. */
function noise(seed: number): () => number {
  let x = (seed * 2654435761) >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 31 - 1;
  };
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const values = (shapes: Shapes, seed: number): ParameterValues => {
  const next = noise(seed);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, Float64Array.from({ length: size(shape) }, next)]),
  );
};

/** A report with what JSON can hold. */
const report = {
  target: 'dft',
  n: 16,
  errors: [1e-13, 0.5],
  best: null,
  nested: { name: 'Größe', on: true },
};

const stages = (radices: readonly number[], parametrization: Parametrization): StageSpec[] =>
  radices.map((radix) => ({ radix, parametrization }));

const network = (over: Partial<NetworkSpec> & Pick<NetworkSpec, 'stages'>): NetworkSpec => ({
  n: over.stages.reduce((p, s) => p * s.radix, over.input === 'real' ? 2 : 1),
  input: 'complex',
  direction: 'forward',
  norm: 'backward',
  decimation: 'time',
  permutation: 'digit-reversal',
  split: 'exact',
  ...over,
});

const files = new Map<string, { readonly holds: string; readonly bytes: Uint8Array }>();
const add = (name: string, holds: string, bytes: Uint8Array): void => void files.set(name, { holds, bytes });

function addTransform(name: string, holds: string, spec: NetworkSpec, own?: ParameterValues): void {
  const model = { network: spec, values: own ?? values(parameterShapes(spec), files.size + 1) };
  add(`transform-${name}`, holds, encodeTransform(model, report));
}

function transforms(): void {
  const twos = [2, 2, 2, 2];
  addTransform('exact', 'exact stages: no tensors', network({ stages: stages([3, 2, 4], 'exact') }));
  addTransform(
    'twiddle',
    'twiddles, ortho',
    network({ stages: stages([2, 3, 4], 'twiddle'), norm: 'ortho' }),
  );
  addTransform(
    'unit-circle',
    'angles, decimation in frequency',
    network({ stages: stages([4, 2, 2], 'unit-circle'), decimation: 'frequency' }),
  );
  addTransform(
    'free',
    'free blocks of an inverse, norm forward',
    network({ stages: stages(twos, 'free'), direction: 'inverse', norm: 'forward' }),
  );
  addTransform('unitary', 'unitary blocks', network({ stages: stages([4, 4], 'unitary') }));
  addTransform(
    'widely-linear',
    'widely linear blocks, samples in natural order',
    network({ stages: stages(twos, 'widely-linear'), permutation: 'identity' }),
  );
  const mixed = ['exact', 'twiddle', 'free', 'widely-linear'] as const;
  addTransform(
    'mixed',
    'every stage parametrised otherwise, samples in an order of their own, inverse',
    network({
      stages: mixed.map((parametrization) => ({ radix: 2, parametrization })),
      direction: 'inverse',
      permutation: Array.from({ length: 16 }, (_, i) => (i * 5 + 3) % 16),
    }),
  );
  for (const split of ['exact', 'twiddle', 'free'] as const)
    for (const direction of ['forward', 'inverse'] as const)
      addTransform(
        `real-${direction}-${split}`,
        `real samples, ${direction}, split ${split}`,
        network({ stages: stages(twos, 'free'), input: 'real', split, direction, decimation: 'time' }),
      );
  const small = network({ stages: stages([4, 4], 'free') });
  const single = Object.entries(values(parameterShapes(small), 77));
  const rounded = Object.fromEntries(single.map(([name, x]) => [name, Float32Array.from(x)]));
  addTransform('float32', 'tensors of float32', small, rounded as never);
}

/** Four stages of radix 2 behind gates of a kind and mode, every stage with another grain and block. */
function gatedNetwork(
  kind: GateSpec['kind'],
  mode: GateSpec['mode'],
  over: Partial<NetworkSpec> = {},
): NetworkSpec {
  const temperature = mode === 'soft' ? { temperature: 0.7 } : {};
  const blocks = ['exact', 'twiddle', 'free', 'unit-circle'] as const;
  return network({
    stages: gateGrains.map((grain, s) => ({
      radix: 2,
      parametrization: blocks[s],
      gate: { kind, mode, grain, threshold: 0.5, ...temperature },
    })),
    ...over,
  });
}

/** Values whose gates spread over 0 to 1, or from far closed to far open. */
function gatedValues(spec: NetworkSpec, seed: number): ParameterValues {
  const all = values(parameterShapes(spec), seed);
  spec.stages.forEach(({ gate }, s) => {
    const own = gate && all[`stage${s}.gate`];
    if (!own) return;
    const isLogit = gate.kind === 'ternary' || gate.mode === 'hard-concrete';
    const [middle, reach] = isLogit ? [0, 4] : [gate.kind === 'drop' ? 0.8 : 0.5, 0.7];
    for (let i = 0; i < own.length; i++) own[i] = middle + reach * own[i];
  });
  return all;
}

function gated(): void {
  for (const kind of gateKinds)
    for (const mode of gateModes) {
      const spec = gatedNetwork(kind, mode);
      const how = mode === 'hard' ? 'decided' : 'not decided';
      const own = gatedValues(spec, files.size);
      addTransform(`gates-${kind}-${mode}`, `${kind} gates, ${mode}, ${how}`, spec, own);
    }
  const four = network({
    stages: (['drop', 'ternary'] as const).map((kind) => ({
      radix: 4,
      parametrization: 'free',
      gate: { kind, mode: 'hard', grain: 'butterfly', threshold: 0.5 },
    })),
    decimation: 'frequency',
  });
  addTransform('gates-radix-4', 'decided drop and ternary gates of radix 4', four, gatedValues(four, 5));
}

function chains(): void {
  const addChain = (name: string, holds: string, model: ChainModel): void =>
    add(`chains-${name}`, holds, encodeChains(model, values(chainShapes(model), files.size), report));
  for (const name of targetNames) {
    const target = targetModel(name, [2, 2, 2, 2]);
    const own =
      name === 'convolution' ? initializeChains(target.model, 'random', 3) : exactParameters(name, target);
    add(`fit-${name}`, `papilio fit ${name}`, encodeChains(target.model, own, report));
  }
  const one = network({ stages: stages([2, 4], 'free'), norm: 'ortho' });
  const other = { ...one, decimation: 'frequency', permutation: 'identity' } as const;
  addChain('product', 'a product of two chains, complex', { chains: [one, other], head: 'complex' });
  addChain('product-real', 'a product of two gated chains, real', {
    chains: [gatedNetwork('skip', 'soft'), network({ stages: stages([4, 4], 'unitary') })],
    head: 'real',
  });
}

function encoderDecoders(): void {
  const error = { relativeL2: 1e-9, worst: null };
  const terms = { spectrum: error, inverse: null, roundTrip: { relativeL2: 0.25, worst: 0.5 }, filter: null };
  const trained = { name: 'encoder', trains: ['encoder'], terms: { spectrum: 1 }, steps: 100, seconds: 1.5 };
  const phases = [{ ...trained, errors: terms, maskError: null }] as never;
  for (const input of ['complex', 'real'] as const)
    for (const mask of [false, true]) {
      const model = encoderDecoder([2, 2, 4], { input, mask });
      const own = initializeEncoderDecoder(model, 'random', 9);
      const holds = `${input} samples, ${mask ? 'a mask' : 'no mask'}, one phase finished`;
      const bytes = encodeEncoderDecoder(model, { phases, values: own }, report);
      add(`encoder-decoder-${input}${mask ? '-mask' : ''}`, holds, bytes);
    }
}

function correctedTransforms(): void {
  const spec = gatedNetwork('ternary', 'hard', { input: 'real', n: 32, decimation: 'frequency' });
  const bins = 17;
  const mask = Uint8Array.from({ length: bins }, (_, i) => (i % 5 === 2 ? 0 : 1));
  const correctors: CorrectorSpec[] = [
    { kind: 'identity' },
    { kind: 'affine' },
    { kind: 'banded', radius: 0 },
    { kind: 'banded', radius: 2 },
    { kind: 'low-rank', rank: 3 },
  ];
  correctors.forEach((corrector, i) => {
    const name = [corrector.kind, ...('radius' in corrector ? [corrector.radius] : [])].join('-');
    const t = {
      network: spec,
      values: gatedValues(spec, 40 + i),
      corrector: { spec: corrector, bins, values: values(correctorShapes(corrector, bins), 50 + i) },
      ...(i % 2 === 0 ? { mask } : {}),
    };
    const holds = `a gated network behind ${name}${t.mask ? ' and a mask' : ''}`;
    add(`corrected-${name}`, holds, encodeCorrected(t, report));
  });
}

const spectralModels = new Map<string, SpectralModel>();

function addSpectral(name: string, holds: string, model: SpectralModel): void {
  spectralModels.set(name, model);
  add(`spectral-${name}`, holds, encodeFrontEnd(model, report));
}

const logMel = (over: Partial<TrainedHead> = {}): TrainedHead => ({
  ...featureHead('papilio'),
  nFft: 64,
  windowLength: 50,
  hop: 16,
  bank: { kind: 'mel', bands: 8, fMin: 0, fMax: null, scale: 'htk', norm: 'none' },
  ...over,
});

/** The exact front end of a head with another network in its place. */
function withNetwork(head: TrainedHead, spec: NetworkSpec, own: ParameterValues): SpectralModel {
  const exact = exactSpectralModel(head);
  return { ...exact, network: spec, values: { ...own, 'bank.weights': exact.values['bank.weights'] } };
}

function spectralNetworks(): void {
  const head = logMel();
  const real = (over: Partial<NetworkSpec> & Pick<NetworkSpec, 'stages'>): NetworkSpec =>
    network({ input: 'real', ...over });
  const twos = [2, 2, 2, 2, 2];
  addSpectral('exact', 'the exact front end: log-mel', exactSpectralModel(head));
  const free = real({ stages: stages([2, 4, 4], 'free'), split: 'free' });
  const noisy = initialize(free, 'noise', 4);
  addSpectral('free', 'a learned network of free blocks', withNetwork(head, free, noisy));
  const gained = { ...noisy, gain: Float64Array.from({ length: 66 }, noise(8)) };
  addSpectral('gain', 'a learned network with gains of its bins', withNetwork(head, free, gained));
  for (const kind of ['skip', 'drop'] as const) {
    const spec = real({
      stages: stages(twos, 'exact').map((s) => ({
        ...s,
        gate: { kind, mode: 'hard', grain: 'block', threshold: 0.5 },
      })),
      decimation: 'frequency',
    });
    const own = gatedValues(spec, 61);
    addSpectral(`gates-${kind}`, `a network pruned by ${kind} gates, decided`, withNetwork(head, spec, own));
  }
  const short = real({ stages: stages([4, 4], 'exact') });
  const shorter = { ...exactSpectralModel({ ...head, nFft: 32, windowLength: 32 }), head, network: short };
  addSpectral('short', 'a network of half the frame', shorter);
}

function spectralHeads(): void {
  for (const feature of ['mfcc-5', 'spectrum', 'welch', 'third-octaves', 'peaks', 'log-mel-6+0.5*mfcc-4']) {
    const { head } = namedFeature(feature, feature.includes('mfcc') ? 128 : 64, 4000);
    const short = head.average === 'mean' ? { ...head, fit: head.nFft + 7 * head.hop } : head;
    addSpectral(feature.replace(/[+*.]+/g, '-'), `the feature ${feature}`, exactSpectralModel(short));
  }
  const kaiser = logMel({ window: ['kaiser', 6.5], windowLength: null, gain: 4 });
  addSpectral('kaiser', 'a Kaiser window, a gain of the samples', exactSpectralModel(kaiser));
  const own = logMel({
    window: Array.from({ length: 50 }, (_, i) => Math.fround(1 - Math.abs(i - 24.5) / 25)),
  });
  addSpectral('own-window', 'a window given by its samples', exactSpectralModel(own));
}

/** A front end of several transforms whose bands of 4 measurements spread over the first `measured` of them. */
function branched(head: TrainedHead, branches: readonly Branch[], measured: number): SpectralModel {
  const { points } = branches[0];
  const width = 4;
  const start = Int32Array.from({ length: 8 }, (_, m) => Math.floor((m * (measured - width)) / 7));
  const weights = Float64Array.from({ length: 8 * width }, noise(12)).map((x) => 1.1 + x);
  const spec = network({ n: points, input: 'real', stages: stages([points / 2], 'exact') });
  return { head, network: spec, branches, bands: { start, width }, values: { 'bank.weights': weights } };
}

function spectralBranches(): void {
  const head = logMel();
  const all = (points: number): Branch => ({ filters: [], points, bins: 'all', below: 8000 });
  const odd: Branch = { filters: [[0.25, 0.5, 0.25]], points: 32, bins: 'odd', below: 2400 };
  const slower: Branch = {
    filters: [
      [0.5, 0.5],
      [0.1, 0.4, 0.4, 0.1],
    ],
    points: 16,
    bins: 'odd',
    below: 1500,
  };
  addSpectral('fold', 'a fold onto half the points', branched(head, [all(32)], 17));
  addSpectral('fold-24', 'a fold onto 24 points', branched(head, [all(24)], 13));
  const between = { ...all(32), between: { taps: [1, -0.2], below: 4000 } };
  addSpectral('virtual', 'a fold with virtual bins of two pairs', branched(head, [between], 20));
  addSpectral('stream', 'a fold, and odd bins of every second sample', branched(head, [all(32), odd], 20));
  addSpectral(
    'streams',
    'virtual bins, and odd bins of every fourth sample',
    branched(head, [between, slower], 20),
  );
  const welch = namedFeature('welch', 64, 16000).head;
  const averaged = {
    ...head,
    scaling: welch.scaling,
    average: welch.average,
    log: welch.log,
    fit: 64 + 7 * 16,
  };
  addSpectral('fold-averaged', 'a fold averaged over a clip', branched(averaged, [all(32)], 17));
}

const text = (value: object): string => `${JSON.stringify(value, null, 1)}\n`;

/** Signals by name, and what was given of them. */
function signals(): {
  input: Record<string, string>;
  inputOf: (name: string, length: number) => Float32Array;
} {
  const input: Record<string, string> = {};
  const inputOf = (name: string, length: number): Float32Array => {
    const signal = Float32Array.from(
      { length },
      noise([...name].reduce((sum, c) => 31 * sum + c.charCodeAt(0), length)),
    );
    input[name] = hexOf(signal);
    return signal;
  };
  return { input, inputOf };
}

/** Kernels, which say in a section of their own what they compute. */
function kernels(): void {
  const free = network({ stages: stages([2, 4, 4], 'free') });
  const write = (name: string, bytes: Uint8Array): void => {
    const path = join(folder, 'kernels', name);
    writeFileSync(`${path}.wasm`, bytes);
    const { input, inputOf } = signals();
    const { outputs, operations } = computeKernel(`${path}.wasm`, inputOf);
    writeFileSync(`${path}.json`, text({ input, outputs, operations }));
  };
  write('transform', transformModule(teacherTransform(free, values(parameterShapes(free), 70))));
  const models = ['exact', 'gates-drop', 'streams', 'welch'].map(
    (name) => [name, spectralModels.get(name)] as const,
  );
  for (const [name, model] of models) if (model) write(`front-end-${name}`, standaloneModule(model));
  const model = spectralModels.get('free');
  for (const [name, tables] of Object.entries(tableFormats))
    if (model) write(`front-end-${name}`, standaloneModule(model, tables));
}

function expectedOf(path: string, holds: string, bytes: Uint8Array): Expected {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const { input, inputOf } = signals();
  const [f32, f64] = (['f32', 'f64'] as const).map((dtype) => {
    const [interpreted, compiled] = (['reference', 'wasm'] as const).map((b) =>
      compute(path, inputOf, dtype, b),
    );
    if (Object.values(compiled.outputs).some((hex) => /^(.{16})\1*$/.test(hex)))
      throw new Error(`${path}: its outputs are all the same`);
    if (JSON.stringify(interpreted) !== JSON.stringify(compiled)) throw new Error(`${path}: backends differ`);
    return compiled;
  });
  return {
    kind: metadata['kind'],
    holds,
    report: JSON.parse(metadata['report']),
    tensors: Object.fromEntries([...tensors].map(([name, t]) => [name, t.shape])),
    input,
    outputs: { f32: f32.outputs, f64: f64.outputs },
    operations: f32.operations,
  };
}

transforms();
gated();
chains();
encoderDecoders();
correctedTransforms();
spectralNetworks();
spectralHeads();
spectralBranches();
for (const [name, { bytes }] of files) writeFileSync(join(folder, `${name}.safetensors`), bytes);
for (const name of fixtures('', '.safetensors')) {
  const path = join(folder, `${name}.safetensors`);
  const holds = files.get(name)?.holds ?? `what papilio ${name.split('-')[2]} wrote`;
  writeFileSync(join(folder, `${name}.json`), text(expectedOf(path, holds, readFileSync(path))));
}
kernels();
