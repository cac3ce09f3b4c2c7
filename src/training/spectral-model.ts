/**
 * The spectral model: window, butterfly network, per-bin gain, power, mel filterbank, log10. One description for training
 * (parameters are leaves) and for inference (parameters are constants, gains folded into the filterbank).
 */
import { InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import { viewOf, type Backend, type Executable } from '../backends/backend.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { countPer, tableBytesOf, type Dtype, type OperationCount, type Program } from '../compiler/kernel.ts';
import { argument, exprCarrier } from '../ir/expr.ts';
import { constant, input, type Graph, type Tensor } from '../ir/graph.ts';
import { rows, type View } from '../ir/view.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { binCount, parameterShapes, powerSpectrum, spectrum, type NetworkSpec } from '../model/network.ts';
import { frozen, type Provide } from '../model/parametrization.ts';
import { quantize } from './quantize.ts';
import type { Quantization } from '../model/quantization.ts';
import { frameCount, frameWindow, type LogMelConfig } from '../numeric/log-mel.ts';
import { melFilterbank } from '../numeric/mel.ts';
import { copySamples, firstUnusable } from '../numeric/samples.ts';
import { exactComplexTransform, exactRealTransform } from '../plans/feature-graphs.ts';
import { exactNetwork } from '../plans/plan.ts';
import {
  measureBranch,
  measurementOrder,
  windowedSamples,
  type Branch,
  type BranchTransforms,
  type FrameSource,
  type Measured,
} from '../spectral/branches.ts';
import { applyGain, frames, log10Rows, logarithm, power } from '../spectral/log-mel.ts';
import { filterbank, mapRows, rowsOf, type Bands, type Rows } from '../spectral/rows.ts';

/**
 * A trained or exact log-mel front end. `values` holds the network's parameters by name, `mel.weights` [mels, width]
 * (positive) and optionally `gain` [bins, 2].
 */
export interface SpectralModel {
  readonly head: LogMelConfig;
  /**
   * Real-input network; its n is the length of the frame part it transforms (head.nFft or a power of two below). With
   * branches: the exact transform of the first one.
   */
  readonly network: NetworkSpec;
  /** Several exact transforms of the frame at their own rates, instead of the one; bands are over all of their powers by frequency. */
  readonly branches?: readonly Branch[];
  readonly bands: Bands;
  readonly values: ParameterValues;
}

/** The filterbank of a head, each band widened by `margin` bins of weight zero on both sides, over n/2 + 1 bins of n points. */
export function bandsOf(head: LogMelConfig, n: number, margin = 0): { bands: Bands; weights: Float64Array } {
  const bank = melFilterbank({ ...head, nFft: n });
  const width = Math.min(bank.bins, bank.width + 2 * margin);
  const start = bank.start.map((s) => Math.max(0, Math.min(s - margin, bank.bins - width)));
  const weights = new Float64Array(head.mels * width);
  for (let m = 0; m < head.mels; m++)
    for (let j = 0; j < bank.width; j++) {
      const w = bank.weights[m * bank.width + j];
      if (w !== 0) weights[m * width + bank.start[m] + j - start[m]] = w;
    }
  return { bands: { start, width }, weights };
}

/** The exact front end of a head. */
export function exactSpectralModel(head: LogMelConfig): SpectralModel {
  const { bands, weights } = bandsOf(head, head.nFft);
  return {
    head,
    network: exactNetwork({ n: head.nFft, input: 'real' }),
    bands,
    values: { 'mel.weights': weights },
  };
}

/** The window of the samples a network sees: the head's, around its centre when the network is shorter than the frame. */
export function modelWindow(model: Pick<SpectralModel, 'head' | 'network'>): {
  window: Float64Array;
  start: number;
} {
  const { head, network } = model;
  if (network.n === head.nFft) return { window: frameWindow(head), start: 0 };
  const shorter = { ...head, nFft: network.n, windowLength: Math.min(head.windowLength, network.n) };
  return { window: frameWindow(shorter), start: (head.nFft - network.n) / 2 };
}

/** Weights with the squared modulus of the gains folded in: a gain costs nothing once frozen. */
export function foldGain(
  weights: Float64Array,
  gain: Float64Array | undefined,
  { start, width }: Bands,
): Float64Array {
  if (!gain) return weights;
  return weights.map((w, i) => {
    const bin = start[Math.floor(i / width)] + (i % width);
    return w * (gain[2 * bin] ** 2 + gain[2 * bin + 1] ** 2);
  });
}

/** One vector of f32. */
const framesPerRun = 4;

/** Frames computed by one run of a model's programs: more where they share a stream, of which each run computes an overlap again. */
export const framesOfRun = ({ branches }: Pick<SpectralModel, 'branches'>): number =>
  branches?.some((b) => b.filters.length > 0) ? 8 * framesPerRun : framesPerRun;

/** Numbers per frame that the filterbank of a model weights. */
export const measurementCount = (model: Pick<SpectralModel, 'head' | 'network' | 'branches'>): number =>
  model.branches ? measurementOrder(model.head, model.branches).frequencies.length : binCount(model.network);

const transforms: BranchTransforms = {
  real: (points) => exactRealTransform(points, 'wasm', 'operations'),
  complex: exactComplexTransform,
};

/** What all branches measure, group by group. */
const measureAll = (
  model: SpectralModel & { readonly branches: readonly Branch[] },
  source: FrameSource,
  lanes: number,
  layout: 'planar' | 'power',
): Measured[] =>
  model.branches.flatMap((b) => measureBranch(b, model.head, source, lanes, transforms, layout));

/** Does a model measure by branches? */
const hasBranches = (
  model: SpectralModel,
): model is SpectralModel & { readonly branches: readonly Branch[] } => model.branches !== undefined;

/** The part of a filterbank over sorted measurements that weights those at `places`; null if there is none. */
function bankOfGroup(
  { start, width }: Bands,
  weights: Float64Array,
  places: Int32Array,
): { bands: Bands; weights: Float64Array } | null {
  const spans = Array.from(start, (from, m) => {
    const inside = [...places.keys()].filter(
      (i) =>
        (weights[m * width + places[i] - from] ?? 0) !== 0 && places[i] >= from && places[i] < from + width,
    );
    return inside.length > 0 ? { from: inside[0], to: inside[inside.length - 1] + 1 } : { from: 0, to: 0 };
  });
  const widest = spans.reduce((w, { from, to }) => Math.max(w, to - from), 0);
  if (widest === 0) return null;
  const first = Int32Array.from(spans, ({ from }) => Math.max(0, Math.min(from, places.length - widest)));
  const own = new Float64Array(start.length * widest);
  spans.forEach(({ from, to }, m) => {
    for (let i = from; i < to; i++)
      own[m * widest + i - first[m]] = weights[m * width + places[i] - start[m]];
  });
  return { bands: { start: first, width: widest }, weights: own };
}

/** Band energies of measured powers: a filterbank per group, added up by the logarithm. */
function measuredLogs(
  model: SpectralModel & { readonly branches: readonly Branch[] },
  groups: readonly Measured[],
): Rows {
  const { places } = measurementOrder(model.head, model.branches);
  const energies = groups.flatMap(({ parts }, g): Rows[] => {
    const bank = bankOfGroup(model.bands, model.values['mel.weights'], places[g]);
    if (!bank) return [];
    const matrix = constant([model.head.mels, bank.bands.width], bank.weights);
    return [filterbank(parts[0], matrix, bank.bands)];
  });
  if (energies.length === 0) throw new InvalidArgumentError('the filterbank weights no measurement');
  const total = energies.map((_, i) => argument(i)).reduce((a, b) => exprCarrier.add(a, b));
  return mapRows('log10', energies, [], logarithm(total, Math.LOG10E, model.head.floor), 'frames');
}

function signalView(model: SpectralModel, lanes: number): { signal: Tensor; view: View } {
  const { head } = model;
  const { window, start } = modelWindow(model);
  const signal = input('samples', [(lanes - 1) * head.hop + head.nFft]);
  const view = frames(signal, head.hop, window);
  return { signal, view: { ...view, offset: start } };
}

/** Is a network the exact DFT and nothing else, so that the fastest plan may stand for it? */
const isExact = ({ stages, split, direction, norm }: NetworkSpec): boolean =>
  split === 'exact' &&
  direction === 'forward' &&
  norm === 'backward' &&
  stages.every((s) => s.parametrization === 'exact' && !s.gate);

/** |X|^2 [bins, lanes] of a frozen model; an exact one by the one-sided plan, which has fewer operations than the split network. */
function frozenPower(model: Pick<SpectralModel, 'network' | 'values'>, view: View, lanes: number): Tensor {
  const { network, values } = model;
  if (isExact(network)) return exactRealTransform(network.n)(view, lanes, 'power')[0];
  return powerSpectrum(network, { re: view }, { lanes, provide: frozen(values) });
}

/** Frames of the input `samples`, unwindowed: branches bring their own windows. */
function frameSource(head: LogMelConfig, lanes: number): FrameSource {
  const tensor = input('samples', [(lanes - 1) * head.hop + head.nFft]);
  return { view: { tensor, offset: 0, stride: 1, lane: head.hop }, shared: true };
}

/** Inference graph: input `samples`, output `logMel` [frames, mels], all parameters constant. */
export function inferenceGraph(model: SpectralModel, lanes = framesOfRun(model)): Graph {
  if (hasBranches(model)) {
    const groups = measureAll(model, frameSource(model.head, lanes), lanes, 'power');
    return { outputs: { logMel: measuredLogs(model, groups).tensor } };
  }
  const { view } = signalView(model, lanes);
  const p = frozenPower(model, view, lanes);
  const weights = constant(
    [model.head.mels, model.bands.width],
    foldGain(model.values['mel.weights'], model.values.gain, model.bands),
  );
  const energies = filterbank(rowsOf(p, binCount(model.network), lanes), weights, model.bands);
  return { outputs: { logMel: log10Rows(energies, model.head.floor, 'frames').tensor } };
}

/** Rows as outputs of their own, nothing but them: what only other rows need is not computed. */
const namedRows = (name: string, list: readonly Rows[]): Record<string, Tensor> =>
  Object.fromEntries(
    list.map((x, i) => [`${name}${i}`, mapRows('measured', [x], [], argument(0), 'rows').tensor]),
  );

/** The transform of the model alone: input `samples`, planar spectrum out; for counting and timing. */
export function transformGraph(model: SpectralModel, lanes = framesOfRun(model)): Graph {
  if (hasBranches(model)) {
    const groups = measureAll(model, frameSource(model.head, lanes), lanes, 'planar');
    return {
      outputs: namedRows(
        'part',
        groups.flatMap((g) => [...g.parts]),
      ),
    };
  }
  const { view } = signalView(model, lanes);
  if (isExact(model.network)) {
    const [re, im] = exactRealTransform(model.network.n)(view, lanes, 'planar');
    return { outputs: { re, im } };
  }
  const x = spectrum(model.network, { re: view }, { lanes, provide: frozen(model.values) });
  return { outputs: { re: x.re, im: x.im } };
}

/** Multiplications by windows per frame: what `transformGraph` has beside its transforms and filters. */
export const windowMultiplications = (model: SpectralModel): number =>
  model.branches
    ? model.branches.reduce((n, b) => n + windowedSamples(model.head, b), 0)
    : modelWindow(model).window.reduce((n, w) => n + (w !== 0 && w !== 1 ? 1 : 0), 0);

/**
 * Power spectra for training the filterbank: input `frames` [nFft, lanes], output `power` [bins, lanes], or `power0`, `power1`,
 * ... of the groups of the branches.
 */
export function powerGraph(model: SpectralModel, lanes: number): Graph {
  const signal = input('frames', [model.head.nFft, lanes]);
  if (hasBranches(model)) {
    const groups = measureAll(model, { view: rows(signal, lanes), shared: false }, lanes, 'power');
    return {
      outputs: namedRows(
        'power',
        groups.map((g) => g.parts[0]),
      ),
    };
  }
  const { window, start } = modelWindow(model);
  const scale: View = { tensor: constant([window.length], window), offset: 0, stride: 1, lane: 0 };
  const view: View = { tensor: signal, offset: start * lanes, stride: lanes, lane: 1, scale };
  return {
    outputs: {
      power: frozenPower(model, view, lanes),
    },
  };
}

/**
 * Training graph: `frames` [nFft, lanes] -> log10 mel [mels, lanes] with parameters from `provide`
 * (network parameters, `gain`, `mel.root`: weights are its squares, so they stay positive).
 */
export function trainingOutput(
  model: SpectralModel,
  lanes: number,
  provide: Provide,
  squareRoots: (t: Tensor) => Tensor,
): Tensor {
  const { window } = modelWindow(model);
  const bins = binCount(model.network);
  const signal = rows(input('frames', [model.head.nFft, lanes]), lanes);
  const scale: View = { tensor: constant([window.length], window), offset: 0, stride: 1, lane: 0 };
  const x = spectrum(model.network, { re: { ...signal, scale } }, { lanes, provide });
  const gained = applyGain(x.re, x.im, provide('gain', [bins, 2]), bins, lanes);
  const weights = squareRoots(provide('mel.root', [model.head.mels, model.bands.width]));
  const powers = rowsOf(power(gained.re, gained.im), bins, lanes);
  return log10Rows(filterbank(powers, weights, model.bands), model.head.floor).tensor;
}

/** Names and shapes of everything a spectral model stores. */
export function modelShapes(
  model: Pick<SpectralModel, 'head' | 'network' | 'bands'>,
): Record<string, readonly number[]> {
  return {
    ...parameterShapes(model.network),
    'mel.weights': [model.head.mels, model.bands.width],
  };
}

/** A compiled front end. */
export interface FrontEnd {
  readonly program: Program;
  readonly executable: Executable;
  /** Real operations per frame, from the compiled program: everything included. */
  readonly perFrame: OperationCount;
  readonly tableBytes: number;
  /**
   * log10 mel energies [frames, mels] of a signal, frames = 1 + floor((samples - nFft) / hop).
   * Throws InvalidArgumentError for fewer samples than a frame, and for one that is not finite (naming sample, frame and time).
   */
  logMel(samples: ArrayLike<number>): FloatArray;
}

/** Frames handled by one copy in and out of the program's memory. */
const blockFrames = 256;

function refuseSample(sample: number, value: number, { hop, sampleRate }: LogMelConfig): never {
  const [frame, seconds] = [Math.floor(sample / hop), (sample / sampleRate).toFixed(3)];
  throw new InvalidArgumentError(
    `sample ${sample} is ${value} (frame ${frame}, ${seconds} s); expected a finite number`,
  );
}

/** Compile a model for inference, its tables as codes of fewer bits where wanted. */
export function compileSpectralModel(
  model: SpectralModel,
  backend: Backend,
  dtype: Dtype = 'f32',
  tables?: Quantization,
): FrontEnd {
  const { head } = model;
  const floats = compileGraph(inferenceGraph(model), {
    dtype,
    reserve: { samples: (blockFrames - 1) * head.hop + head.nFft, logMel: blockFrames * head.mels },
  });
  const program = tables ? quantize(floats, tables) : floats;
  const executable = backend.instantiate(program);
  const perRun = framesOfRun(model);
  const perFrame = countPer(program, perRun);
  const source = viewOf(executable, 'samples');
  const result = viewOf(executable, 'logMel');
  return {
    program,
    executable,
    perFrame,
    tableBytes: tableBytesOf(program).stored,
    logMel(samples) {
      const count = frameCount(samples.length, head);
      if (count === 0)
        throw new InvalidArgumentError(`${samples.length} samples are fewer than one frame of ${head.nFft}`);
      const out = dtype === 'f32' ? new Float32Array(count * head.mels) : new Float64Array(count * head.mels);
      for (let first = 0; first < count; first += blockFrames) {
        const n = Math.min(blockFrames, count - first);
        const from = first * head.hop;
        const length = (n - 1) * head.hop + head.nFft;
        copySamples(samples, from, length, source);
        const bad = firstUnusable(source, 0, length, Infinity);
        if (bad >= 0) refuseSample(from + bad, samples[from + bad], head);
        source.fill(0, length);
        executable.runMany(Math.ceil(n / perRun), perRun * head.hop, perRun * head.mels);
        out.set(result.subarray(0, n * head.mels), first * head.mels);
      }
      return out;
    },
  };
}
