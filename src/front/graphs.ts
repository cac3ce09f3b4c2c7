/** Graphs of front ends, by the one builder of spectral/features.ts: inference, what it measures, training. */
import { InvalidArgumentError } from '../errors.ts';
import { argument, exprCarrier as k } from '../ir/expr.ts';
import { constant, input, type ComplexTensor, type Graph, type Tensor } from '../ir/graph.ts';
import { LoadList } from '../ir/view.ts';
import { isExactNetwork } from '../model/canonicalize.ts';
import { binCount, powerSpectrum, spectrum, type NetworkSpec } from '../model/network.ts';
import { frozen, type Provide } from '../model/parametrization.ts';
import { complex } from '../numeric/arithmetic.ts';
import { banded, type BandedRow } from '../numeric/banded.ts';
import { exactTransforms, type ExactTransforms } from '../plans/feature-graphs.ts';
import { bandCount, type Bank } from '../spectral/banks.ts';
import { measureBranch, measurementOrder, windowedSamples } from '../spectral/branches.ts';
import {
  bankInput,
  frameFeatures,
  measureBy,
  samplesOf,
  weightedFeatures,
  type Front,
  type Measure,
  type WeightedBank,
} from '../spectral/features.ts';
import { columnFrames, signalFrames } from '../spectral/frames.ts';
import { headWindow, type HeadConfig } from '../spectral/head.ts';
import { mapRows, rowLoop, rowsOf, type Bands, type Rows } from '../spectral/rows.ts';
import {
  bankOf,
  framesOfRun,
  measurementCount,
  pointsOf,
  transformWindow,
  type FrontEnd,
  type Measuring,
} from './front-end.ts';
import { averagedFrames } from './spectral-head.ts';

/** Is a network the exact DFT and nothing else, so that the fastest plan may stand for it? */
const isExact = (network: NetworkSpec): boolean =>
  network.direction === 'forward' && network.norm === 'backward' && isExactNetwork(network);

/** How a front end measures frames; an exact network by the one-sided plan, which has fewer operations than the split network. */
function measureOf(front: Measuring, transforms = exactTransforms): Measure {
  const { head, transform } = front;
  if (transform.kind === 'exact') return measureBy(head, transforms.whole(head.nFft));
  if (transform.kind === 'branches')
    return (frames, lanes, layout) => {
      const source = frames(null);
      return transform.branches
        .flatMap((b) => measureBranch(b, head, source, lanes, transforms, layout))
        .map(({ parts }) => parts);
    };
  const { network, values } = transform;
  return (frames, lanes, layout) => {
    const { view } = frames(transformWindow(front));
    const measured = (): readonly Tensor[] => {
      if (isExact(network)) return transforms.whole(network.n)(view, lanes, layout);
      const options = { lanes, provide: frozen(values) };
      if (layout === 'power') return [powerSpectrum(network, { re: view }, options)];
      const { re, im } = spectrum(network, { re: view }, options);
      return [re, im];
    };
    return [measured().map((t) => rowsOf(t, measurementCount(front), lanes))];
  };
}

/** The part of a filterbank over sorted measurements that weights those at `places`; null if there is none. */
function bankOfGroup({ bands: { start, width }, weights }: Bank, places: Int32Array): Bank | null {
  const rows = Array.from(start, (from, m): BandedRow => {
    const own = Array.from(places, (place) =>
      place >= from && place < from + width ? weights[m * width + place - from] : 0,
    );
    const first = Math.max(
      0,
      own.findIndex((w) => w !== 0),
    );
    return { first, weights: own.slice(first, own.findLastIndex((w) => w !== 0) + 1) };
  });
  if (rows.every((row) => row.weights.length === 0)) return null;
  const { weights: table, ...bands } = banded(rows, places.length);
  return { bands, weights: table };
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

/** The filterbank of a front end as tables: the mean over frames and the scale are theirs. */
function tablesOf(front: FrontEnd): WeightedBank {
  const { head, transform } = front;
  const bank = bankOf(front);
  const scale = weightScale(head, bank);
  const factor = averagedFrames(head) * scale;
  const table = ({ bands, weights }: Bank): WeightedBank['parts'][number] => ({
    bands,
    weights: constant(
      [bands.start.length, bands.width],
      factor === 1 ? weights : weights.map((w) => w / factor),
    ),
  });
  if (transform.kind !== 'branches') return { parts: [table(bank)], scale };
  const { places } = measurementOrder(head, transform.branches);
  const parts = places.map((own) => bankOfGroup(bank, own)).map((part) => part && table(part));
  if (parts.every((part) => part === null))
    throw new InvalidArgumentError('the filterbank weights no measurement');
  return { parts, scale };
}

/** Is the filterbank that of the head's own pipeline, frame by frame? */
const isRuled = ({ head, transform, bank }: FrontEnd): boolean =>
  bank.kind === 'rule' && head.average === 'none' && pointsOf({ head, transform }) === head.nFft;

/** What a front end has in the places of a head's own transform and filterbank. */
const frontOf = (front: FrontEnd, transforms: ExactTransforms): Front => ({
  measure: measureOf(front, transforms),
  bank: isRuled(front) ? null : tablesOf(front),
});

/**
 * Inference graph: input `samples`, all parameters constant; output `features` [results, width], up to what has to know the clip
 * where the head has such a step. `transforms`: what exact transforms are made of.
 */
export function inferenceGraph(
  front: FrontEnd,
  lanes = framesOfRun(front),
  transforms = exactTransforms,
): Graph {
  const { head } = front;
  const signal = input('samples', [samplesOf(head, lanes)]);
  return {
    outputs: { features: frameFeatures(head, signal, lanes, frontOf(front, transforms)).features.tensor },
  };
}

/** Rows as outputs of their own, nothing but them: what only other rows need is not computed. */
const namedRows = (name: string, list: readonly Rows[]): Record<string, Tensor> =>
  Object.fromEntries(
    list.map((x, i) => [`${name}${i}`, mapRows('measured', [x], [], argument(0), 'rows').tensor]),
  );

/** The transform of a front end alone: input `samples`, planar spectra out; for counting and timing. */
export function transformGraph(front: Measuring, lanes = framesOfRun(front)): Graph {
  const { head, transform } = front;
  const signal = input('samples', [samplesOf(head, lanes)]);
  const parts = measureOf(front)(signalFrames(head, signal, lanes), lanes, 'planar').flat();
  if (transform.kind === 'branches') return { outputs: namedRows('part', parts) };
  return { outputs: { re: parts[0].tensor, im: parts[1].tensor } };
}

/** Multiplications by windows per frame: what `transformGraph` has beside its transforms and filters. */
export const windowMultiplications = (front: Measuring): number =>
  front.transform.kind === 'branches'
    ? front.transform.branches.reduce((n, b) => n + windowedSamples(front.head, b), 0)
    : transformWindow(front).window.reduce((n, w) => n + (w !== 0 && w !== 1 ? 1 : 0), 0);

/**
 * What the filterbank weights, for fitting it: input `frames` [nFft, lanes], trend and pre-emphasis done; outputs `power0`,
 * `power1`, ... [measurements, lanes] of the groups of the transform, powers, or magnitudes where the head has those.
 */
export function powerGraph(front: Measuring, lanes: number): Graph {
  const { head } = front;
  const frames = columnFrames(input('frames', [head.nFft, lanes]), lanes);
  const powers = measureOf(front)(frames, lanes, 'power').map(([power]) => bankInput(head, power));
  return { outputs: namedRows('power', powers) };
}

/** Bins times their complex gains [bins, 2]. */
function gained(x: ComplexTensor, gain: Tensor, bins: number, lanes: number): readonly Tensor[] {
  const list = new LoadList();
  const [re, im] = [x.re, x.im].map((part) => list.read(part, 0, [lanes, 1]));
  const [a, b] = [0, 1].map((part) => list.read(gain, part, [2, 0]));
  const product = complex.mul(k, { re, im }, { re: a, im: b });
  return rowLoop('gain', [bins, lanes], list, [product.re, product.im]);
}

/**
 * Training graph of a head that does not average: `frames` [nFft, lanes], trend and pre-emphasis done -> results [width, lanes]
 * through a network and a gain per bin, with parameters from `provide` (network parameters, `gain` [bins, 2], `bank.root`: weights
 * are its squares, so they stay positive).
 */
export function trainingOutput(
  { head, network, bands }: { head: HeadConfig; network: NetworkSpec; bands: Bands },
  lanes: number,
  provide: Provide,
  squareRoots: (t: Tensor) => Tensor,
): Tensor {
  const bins = binCount(network);
  const frames = columnFrames(input('frames', [head.nFft, lanes]), lanes);
  const { view } = frames({ window: headWindow(head), start: 0 });
  const x = spectrum(network, { re: view }, { lanes, provide });
  const parts = gained(x, provide('gain', [bins, 2]), bins, lanes).map((t) => rowsOf(t, bins, lanes));
  const [re, im] = [0, 1].map(argument);
  const power = mapRows('power', parts, [], complex.squaredModulus(k, { re, im }), 'rows');
  const weights = squareRoots(provide('bank.root', [bandCount(head), bands.width]));
  return bankLevels(head, bankInput(head, power), weights, bands);
}

/** Results [width, lanes] of what a filterbank weights [count, lanes], and its weights as a tensor: for training. */
export const bankLevels = (head: HeadConfig, x: Rows, weights: Tensor, bands: Bands): Tensor =>
  weightedFeatures(head, [x], { parts: [{ bands, weights }], scale: 1 }, 'rows').tensor;
