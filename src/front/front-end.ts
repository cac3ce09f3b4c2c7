/**
 * A front end: a head, the transform that its frames are measured by, and the filterbank over what that measures. All data; exact,
 * pruned and learned ones differ in transform and bank only. One description for training (parameters are leaves) and for
 * inference (parameters are constants).
 */
import { InvalidArgumentError } from '../errors.ts';
import { argument, exprCarrier, literal } from '../ir/expr.ts';
import { constant, input, type Graph, type Tensor } from '../ir/graph.ts';
import { rows, type View } from '../ir/view.ts';
import type { TransformModel } from '../model/initialize.ts';
import { binCount, powerSpectrum, spectrum, type NetworkSpec } from '../model/network.ts';
import { frozen, type Provide } from '../model/parametrization.ts';
import { exactComplexTransform, exactRealTransform } from '../plans/feature-graphs.ts';
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
import { headWindow, oneSidedBins, windowLengthOf, type HeadConfig } from '../spectral/head.ts';
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
import { averagedFrames, bandCount, bandsOf, cepstrumOf, type TrainedHead } from './spectral-head.ts';

/** How frames are measured. */
export type FrontTransform =
  /** The powers of the head's own DFT, by the fastest plan. */
  | { readonly kind: 'exact' }
  /** Those of a network of real input; its n is the length of the frame part it transforms, head.nFft or less. */
  | ({ readonly kind: 'network' } & TransformModel)
  /** Those of several exact transforms of the frame at their own rates; bands are over all of their powers by frequency. */
  | { readonly kind: 'branches'; readonly branches: readonly Branch[] };

/** Weights [bands, width], not negative, over the measurements of a transform. */
export interface Bank {
  readonly bands: Bands;
  readonly weights: Float64Array;
}

/** The filterbank over what a transform measures: as the head says it, or weights of its own. */
export type FrontBank = { readonly kind: 'rule' } | ({ readonly kind: 'weights' } & Bank);

/** A front end as plain data. */
export interface FrontEnd {
  /** One that `requireTrainable` accepts. */
  readonly head: TrainedHead;
  readonly transform: FrontTransform;
  readonly bank: FrontBank;
}

/** What of a front end measures frames. */
export type Measuring = Pick<FrontEnd, 'head' | 'transform'>;

/** The exact front end of a head. */
export const exactFrontEnd = (head: TrainedHead): FrontEnd => ({
  head,
  transform: { kind: 'exact' },
  bank: { kind: 'rule' },
});

/** Points of a front end's one transform. */
export const pointsOf = ({ head, transform }: Measuring): number =>
  transform.kind === 'network' ? transform.network.n : head.nFft;

/** The filterbank of a front end. */
export const bankOf = ({ head, transform, bank }: FrontEnd): Bank =>
  bank.kind === 'weights' ? bank : bandsOf(head, pointsOf({ head, transform }));

/** The window of the samples that one transform sees: the head's, around its centre when the network is shorter than the frame. */
export function transformWindow(front: Measuring): {
  window: Float64Array;
  start: number;
} {
  const { head } = front;
  const points = pointsOf(front);
  if (points === head.nFft) return { window: headWindow(head), start: 0 };
  const shorter = { ...head, nFft: points, windowLength: Math.min(windowLengthOf(head), points) };
  return { window: headWindow(shorter), start: (head.nFft - points) / 2 };
}

/** A filterbank with a complex gain [bins, 2] of the bins below it: weights times their squared moduli. */
export function withGain({ bands, weights }: Bank, gain: ArrayLike<number>): Bank {
  const { start, width } = bands;
  const folded = weights.map((w, i) => {
    const bin = start[Math.floor(i / width)] + (i % width);
    return w * (gain[2 * bin] ** 2 + gain[2 * bin + 1] ** 2);
  });
  return { bands, weights: folded };
}

/** One vector of f32. */
const framesPerRun = 4;

/**
 * Frames computed by one run of a model's programs: the clip that is averaged, or a vector of them. More for branches, whose
 * butterflies of radix 8 then load each twiddle for many frames; still more for streams, whose overlap between runs is computed twice.
 */
export function framesOfRun({ head, transform }: Measuring): number {
  if (head.average !== 'none') return averagedFrames(head);
  if (transform.kind !== 'branches') return framesPerRun;
  return (transform.branches.some((b) => b.filters.length > 0) ? 16 : 8) * framesPerRun;
}

/** Results of one run: one average, or one per frame. */
export const resultsOfRun = (front: Measuring): number => framesOfRun(front) / averagedFrames(front.head);

/** Numbers per frame that the filterbank weights. */
export const measurementCount = (front: Measuring): number =>
  front.transform.kind === 'branches'
    ? measurementOrder(front.head, front.transform.branches).frequencies.length
    : oneSidedBins(pointsOf(front));

const transforms: BranchTransforms = {
  real: (points) => exactRealTransform(points, 'operations'),
  complex: exactComplexTransform,
};

/** What all branches measure, group by group. */
const measureAll = (
  head: HeadConfig,
  branches: readonly Branch[],
  source: FrameSource,
  lanes: number,
  layout: 'planar' | 'power',
): Measured[] => branches.flatMap((b) => measureBranch(b, head, source, lanes, transforms, layout));

/** The part of a filterbank over sorted measurements that weights those at `places`; null if there is none. */
function bankOfGroup({ bands: { start, width }, weights }: Bank, places: Int32Array): Bank | null {
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
function energiesOf(head: HeadConfig, x: Rows, { bands, weights }: Bank): Rows {
  const summed = averagedFrames(head) === 1 ? x : sumOverFrames(x);
  return filterbank(summed, constant([bands.start.length, bands.width], weights), bands);
}

/**
 * What band energies are multiplied by, and weights divided by: 1 for those near 1; for densities a power of two that leaves the
 * largest weight below 1, so that tables of few bits can hold it.
 */
function weightScale(head: HeadConfig, { weights }: Bank): number {
  const peak = weights.reduce((a, b) => Math.max(a, b), 0) / averagedFrames(head);
  return peak > smallWeight || peak === 0 ? 1 : 2 ** Math.ceil(Math.log2(peak));
}
/** Weights whose largest is below this are scaled. */
const smallWeight = 2 ** -10;

/** Results of band energies, added up by the logarithm. */
function levels(head: TrainedHead, energies: readonly Rows[], scale: number): Tensor {
  const sum = energies.map((_, i) => argument(i)).reduce((a, b) => exprCarrier.add(a, b));
  const total = scale === 1 ? sum : exprCarrier.mul(sum, literal(scale));
  const matrix = cepstrumOf(head);
  const logs = mapRows('logarithm', energies, [], levelExpr(head, total), matrix ? 'rows' : 'frames');
  return (matrix ? matrixRows(logs, matrix, 'frames') : logs).tensor;
}

/** Results of groups of measurements: where each stands among all of them, and its powers. */
function bankedLevels(
  front: FrontEnd,
  groups: readonly { readonly places: Int32Array | null; readonly powers: Rows }[],
): Tensor {
  const { head } = front;
  const bank = bankOf(front);
  const scale = weightScale(head, bank);
  const factor = averagedFrames(head) * scale;
  // The mean over frames and the scale are the table's.
  const table = (w: Float64Array): Float64Array => (factor === 1 ? w : w.map((x) => x / factor));
  const energies = groups.flatMap(({ places, powers }): Rows[] => {
    const own = places ? bankOfGroup(bank, places) : bank;
    return own ? [energiesOf(head, powers, { ...own, weights: table(own.weights) })] : [];
  });
  if (energies.length === 0) throw new InvalidArgumentError('the filterbank weights no measurement');
  return levels(head, energies, scale);
}

function signalView(front: Measuring, lanes: number): View {
  const { head } = front;
  const { window, start } = transformWindow(front);
  const signal = input('samples', [(lanes - 1) * head.hop + head.nFft]);
  return { ...frames(signal, head.hop, window), offset: start };
}

/** Is a network the exact DFT and nothing else, so that the fastest plan may stand for it? */
const isExact = ({ stages, split, direction, norm }: NetworkSpec): boolean =>
  split === 'exact' &&
  direction === 'forward' &&
  norm === 'backward' &&
  stages.every((s) => s.parametrization === 'exact' && !s.gate);

/**
 * The spectrum or |X|^2 [bins, lanes] of frames by the one transform of a front end; an exact one by the one-sided plan, which has
 * fewer operations than the split network.
 */
function transformed(
  { head, transform }: Measuring,
  view: View,
  lanes: number,
  layout: 'planar' | 'power',
): readonly Tensor[] {
  if (transform.kind !== 'network') return exactRealTransform(head.nFft)(view, lanes, layout);
  const { network, values } = transform;
  if (isExact(network)) return exactRealTransform(network.n)(view, lanes, layout);
  const options = { lanes, provide: frozen(values) };
  if (layout === 'power') return [powerSpectrum(network, { re: view }, options)];
  const { re, im } = spectrum(network, { re: view }, options);
  return [re, im];
}

/** Frames of the input `samples`, unwindowed: branches bring their own windows. */
function frameSource(head: HeadConfig, lanes: number): FrameSource {
  const tensor = input('samples', [(lanes - 1) * head.hop + head.nFft]);
  return { view: { tensor, offset: 0, stride: 1, lane: head.hop }, shared: true };
}

/** Inference graph: input `samples`, output `features` [results, width], all parameters constant. */
export function inferenceGraph(front: FrontEnd, lanes = framesOfRun(front)): Graph {
  const { head, transform } = front;
  if (transform.kind === 'branches') {
    const { branches } = transform;
    const { places } = measurementOrder(head, branches);
    const measured = measureAll(head, branches, frameSource(head, lanes), lanes, 'power');
    const groups = measured.map(({ parts }, g) => ({ places: places[g], powers: parts[0] }));
    return { outputs: { features: bankedLevels(front, groups) } };
  }
  const [power] = transformed(front, signalView(front, lanes), lanes, 'power');
  const powers = rowsOf(power, measurementCount(front), lanes);
  return { outputs: { features: bankedLevels(front, [{ places: null, powers }]) } };
}

/** Rows as outputs of their own, nothing but them: what only other rows need is not computed. */
const namedRows = (name: string, list: readonly Rows[]): Record<string, Tensor> =>
  Object.fromEntries(
    list.map((x, i) => [`${name}${i}`, mapRows('measured', [x], [], argument(0), 'rows').tensor]),
  );

/** The transform of a front end alone: input `samples`, planar spectrum out; for counting and timing. */
export function transformGraph(front: Measuring, lanes = framesOfRun(front)): Graph {
  const { head, transform } = front;
  if (transform.kind === 'branches') {
    const groups = measureAll(head, transform.branches, frameSource(head, lanes), lanes, 'planar');
    return {
      outputs: namedRows(
        'part',
        groups.flatMap((g) => [...g.parts]),
      ),
    };
  }
  const [re, im] = transformed(front, signalView(front, lanes), lanes, 'planar');
  return { outputs: { re, im } };
}

/** Multiplications by windows per frame: what `transformGraph` has beside its transforms and filters. */
export const windowMultiplications = (front: Measuring): number =>
  front.transform.kind === 'branches'
    ? front.transform.branches.reduce((n, b) => n + windowedSamples(front.head, b), 0)
    : transformWindow(front).window.reduce((n, w) => n + (w !== 0 && w !== 1 ? 1 : 0), 0);

/**
 * Power spectra for training the filterbank: input `frames` [nFft, lanes], output `power` [bins, lanes], or `power0`, `power1`,
 * ... of the groups of the branches.
 */
export function powerGraph(front: Measuring, lanes: number): Graph {
  const { head, transform } = front;
  const signal = input('frames', [head.nFft, lanes]);
  if (transform.kind === 'branches') {
    const source = { view: rows(signal, lanes), shared: false };
    const groups = measureAll(head, transform.branches, source, lanes, 'power');
    return {
      outputs: namedRows(
        'power',
        groups.map((g) => g.parts[0]),
      ),
    };
  }
  const { window, start } = transformWindow(front);
  const scale: View = { tensor: constant([window.length], window), offset: 0, stride: 1, lane: 0 };
  const view: View = { tensor: signal, offset: start * lanes, stride: lanes, lane: 1, scale };
  const [power] = transformed(front, view, lanes, 'power');
  return { outputs: { power } };
}

/**
 * Training graph of a head that does not average: `frames` [nFft, lanes] -> results [width, lanes] through a network and a gain per
 * bin, with parameters from `provide` (network parameters, `gain` [bins, 2], `bank.root`: weights are its squares, so they stay
 * positive).
 */
export function trainingOutput(
  { head, network, bands }: { head: TrainedHead; network: NetworkSpec; bands: Bands },
  lanes: number,
  provide: Provide,
  squareRoots: (t: Tensor) => Tensor,
): Tensor {
  const window = headWindow(head);
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
