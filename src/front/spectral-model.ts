/**
 * The spectral model: window, butterfly network, per-bin gain, power, filterbank, logarithm, cepstrum; averaged over the frames
 * of a clip before the filterbank where the head averages. One description for training (parameters are leaves) and for
 * inference (parameters are constants, gains folded into the filterbank).
 */
import { InvalidArgumentError } from '../errors.ts';
import { argument, exprCarrier, literal } from '../ir/expr.ts';
import { constant, input, type Graph, type Tensor } from '../ir/graph.ts';
import { rows, type View } from '../ir/view.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { binCount, parameterShapes, powerSpectrum, spectrum, type NetworkSpec } from '../model/network.ts';
import { frozen, type Provide } from '../model/parametrization.ts';
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
import { levelExpr } from '../spectral/features.ts';
import { headWindow, windowLengthOf, type HeadConfig } from '../spectral/head.ts';
import { applyGain, frames, power } from '../spectral/log-mel.ts';
import {
  filterbank,
  mapRows,
  matrixRows,
  rowsOf,
  sumOverFrames,
  type Bands,
  type Rows,
} from '../spectral/rows.ts';
import {
  averagedFrames,
  bandCount,
  bandsOf,
  cepstrumOf,
  shapeOf,
  type TrainedHead,
} from './spectral-head.ts';

/**
 * A trained or exact front end. `values` holds the network's parameters by name, `bank.weights` [bands, width]
 * (positive) and optionally `gain` [bins, 2].
 */
export interface SpectralModel {
  /** One that `requireTrainable` accepts. */
  readonly head: TrainedHead;
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

/** The exact front end of a head. */
export function exactSpectralModel(head: TrainedHead): SpectralModel {
  const { bands, weights } = bandsOf(head, head.nFft);
  return {
    head,
    network: exactNetwork({ n: head.nFft, input: 'real' }),
    bands,
    values: { 'bank.weights': weights },
  };
}

/** The window of the samples a network sees: the head's, around its centre when the network is shorter than the frame. */
export function modelWindow(model: Pick<SpectralModel, 'head' | 'network'>): {
  window: Float64Array;
  start: number;
} {
  const { head, network } = model;
  if (network.n === head.nFft) return { window: headWindow(head), start: 0 };
  const shorter = { ...head, nFft: network.n, windowLength: Math.min(windowLengthOf(head), network.n) };
  return { window: headWindow(shorter), start: (head.nFft - network.n) / 2 };
}

/** Weights with the squared modulus of the gains folded in: a gain costs nothing once frozen. */
function foldGain(
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

/**
 * Frames computed by one run of a model's programs: the clip that is averaged, or a vector of them. More for branches, whose
 * butterflies of radix 8 then load each twiddle for many frames; still more for streams, whose overlap between runs is computed twice.
 */
export function framesOfRun({ head, branches }: Pick<SpectralModel, 'head' | 'branches'>): number {
  if (head.average !== 'none') return averagedFrames(head);
  if (!branches) return framesPerRun;
  return (branches.some((b) => b.filters.length > 0) ? 16 : 8) * framesPerRun;
}

/** Results of one run: one average, or one per frame. */
export const resultsOfRun = (model: Pick<SpectralModel, 'head' | 'branches'>): number =>
  framesOfRun(model) / averagedFrames(model.head);

/** Numbers per frame that the filterbank of a model weights. */
export const measurementCount = (model: Pick<SpectralModel, 'head' | 'network' | 'branches'>): number =>
  model.branches
    ? measurementOrder(shapeOf(model.head), model.branches).frequencies.length
    : binCount(model.network);

const transforms: BranchTransforms = {
  real: (points) => exactRealTransform(points, 'operations'),
  complex: exactComplexTransform,
};

/** What all branches measure, group by group. */
const measureAll = (
  model: SpectralModel & { readonly branches: readonly Branch[] },
  source: FrameSource,
  lanes: number,
  layout: 'planar' | 'power',
): Measured[] =>
  model.branches.flatMap((b) => measureBranch(b, shapeOf(model.head), source, lanes, transforms, layout));

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

/** A filterbank over rows, summed over the frames first where the head averages. */
function energiesOf(head: HeadConfig, x: Rows, bands: Bands, weights: Float64Array): Rows {
  const summed = averagedFrames(head) === 1 ? x : sumOverFrames(x);
  return filterbank(summed, constant([bands.start.length, bands.width], weights), bands);
}

/**
 * What band energies are multiplied by, and weights divided by: 1 for those near 1; for densities a power of two that leaves the
 * largest weight below 1, so that tables of few bits can hold it.
 */
function weightScale(model: SpectralModel): number {
  const peak = model.values['bank.weights'].reduce((a, b) => Math.max(a, b), 0) / averagedFrames(model.head);
  return peak > smallWeight || peak === 0 ? 1 : 2 ** Math.ceil(Math.log2(peak));
}
/** Weights whose largest is below this are scaled. */
const smallWeight = 2 ** -10;

/** Weights of a filterbank as tables hold them: the mean over frames and the scale are theirs. */
const tableWeights = (model: SpectralModel, weights: Float64Array): Float64Array => {
  const factor = averagedFrames(model.head) * weightScale(model);
  return factor === 1 ? weights : weights.map((w) => w / factor);
};

/** Results of band energies, added up by the logarithm. */
function levels(model: SpectralModel, energies: readonly Rows[]): Tensor {
  const { head } = model;
  const scale = weightScale(model);
  const sum = energies.map((_, i) => argument(i)).reduce((a, b) => exprCarrier.add(a, b));
  const total = scale === 1 ? sum : exprCarrier.mul(sum, literal(scale));
  const matrix = cepstrumOf(head);
  const logs = mapRows('logarithm', energies, [], levelExpr(head, total), matrix ? 'rows' : 'frames');
  return (matrix ? matrixRows(logs, matrix, 'frames') : logs).tensor;
}

/** Band energies of measured powers: a filterbank per group. */
function measuredEnergies(
  model: SpectralModel & { readonly branches: readonly Branch[] },
  groups: readonly Measured[],
): Rows[] {
  const { places } = measurementOrder(shapeOf(model.head), model.branches);
  const energies = groups.flatMap(({ parts }, g): Rows[] => {
    const bank = bankOfGroup(model.bands, model.values['bank.weights'], places[g]);
    if (!bank) return [];
    return [energiesOf(model.head, parts[0], bank.bands, tableWeights(model, bank.weights))];
  });
  if (energies.length === 0) throw new InvalidArgumentError('the filterbank weights no measurement');
  return energies;
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
function frameSource(head: HeadConfig, lanes: number): FrameSource {
  const tensor = input('samples', [(lanes - 1) * head.hop + head.nFft]);
  return { view: { tensor, offset: 0, stride: 1, lane: head.hop }, shared: true };
}

/** Inference graph: input `samples`, output `features` [results, width], all parameters constant. */
export function inferenceGraph(model: SpectralModel, lanes = framesOfRun(model)): Graph {
  const { head, network, bands, values } = model;
  if (hasBranches(model)) {
    const groups = measureAll(model, frameSource(head, lanes), lanes, 'power');
    return { outputs: { features: levels(model, measuredEnergies(model, groups)) } };
  }
  const { view } = signalView(model, lanes);
  const powers = rowsOf(frozenPower(model, view, lanes), binCount(network), lanes);
  const weights = tableWeights(model, foldGain(values['bank.weights'], values.gain, bands));
  return { outputs: { features: levels(model, [energiesOf(head, powers, bands, weights)]) } };
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
    ? model.branches.reduce((n, b) => n + windowedSamples(shapeOf(model.head), b), 0)
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
 * Training graph of a head that does not average: `frames` [nFft, lanes] -> results [width, lanes] with parameters from `provide`
 * (network parameters, `gain`, `bank.root`: weights are its squares, so they stay positive).
 */
export function trainingOutput(
  model: SpectralModel,
  lanes: number,
  provide: Provide,
  squareRoots: (t: Tensor) => Tensor,
): Tensor {
  const { head, network, bands } = model;
  const { window } = modelWindow(model);
  const bins = binCount(network);
  const signal = rows(input('frames', [head.nFft, lanes]), lanes);
  const scale: View = { tensor: constant([window.length], window), offset: 0, stride: 1, lane: 0 };
  const x = spectrum(network, { re: { ...signal, scale } }, { lanes, provide });
  const gained = applyGain(x.re, x.im, provide('gain', [bins, 2]), bins, lanes);
  const weights = squareRoots(provide('bank.root', [bandCount(head), bands.width]));
  return bankLevels(head, rowsOf(power(gained.re, gained.im), bins, lanes), weights, bands);
}

/** Results [width, lanes] of powers [count, lanes] through a filterbank that is a tensor: for training. */
export function bankLevels(head: TrainedHead, powers: Rows, weights: Tensor, bands: Bands): Tensor {
  const logs = mapRows(
    'logarithm',
    [filterbank(powers, weights, bands)],
    [],
    levelExpr(head, argument(0)),
    'rows',
  );
  const matrix = cepstrumOf(head);
  return (matrix ? matrixRows(logs, matrix, 'rows') : logs).tensor;
}

/** Names and shapes of everything a spectral model stores. */
export function modelShapes(
  model: Pick<SpectralModel, 'head' | 'network' | 'bands'>,
): Record<string, readonly number[]> {
  return {
    ...parameterShapes(model.network),
    'bank.weights': [bandCount(model.head), model.bands.width],
  };
}
