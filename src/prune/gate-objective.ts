/**
 * What gates are trained, scored and pruned against: a loss over columns of data with the trainable parameters beside the
 * gates, for a feature or for a spectrum. The search by gradient and the greedy one see the same objective.
 */
import { trainingOutput } from '../front/graphs.ts';
import { headWidth } from '../spectral/banks.ts';
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { anything, checkOptions, flag } from '../options.ts';
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { constant, input, loop, map, sizeOf, type ComplexTensor, type Tensor } from '../ir/graph.ts';
import { inputSignals } from '../ir/view.ts';
import type { FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { countProgram } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { regroup } from '../model/canonicalize.ts';
import { binCount, parameterShapes, spectrum, type NetworkSpec } from '../model/network.ts';
import { frozen, type GateSpec, type Provide } from '../model/parametrization.ts';
import type { ParameterValues, TransformModel } from '../model/initialize.ts';
import { framesOfSet, type FrameSet } from '../front/corpus.ts';
import { evaluate } from '../optimize/evaluation.ts';
import { addAll, scaled, smoothAbsoluteLoss, sumOfSquares } from '../optimize/losses.ts';
import { mapRows, rowsOf } from '../spectral/rows.ts';
import { smoothing, squares } from '../front/refit.ts';
import { compileFrontEnd } from '../front/compile.ts';
import { bankOf, withGain, type FrontEnd } from '../front/front-end.ts';
import { exactSpec, noParameters } from '../fit/transform-task.ts';
import { gateShape, openGates } from '../model/gates.ts';
import { parameterName, stageSizes } from '../model/geometry.ts';

/** The loss of a network as scalars of one graph. */
export interface BuiltLoss {
  /** What is minimised: a mean over the columns. */
  readonly loss: Tensor;
  /** What is reported, before `errorOf`: a mean over the columns. */
  readonly error: Tensor;
  /** Tensors whose product with random signs has a gradient with the Gauss-Newton curvature of the loss as mean square. */
  readonly probes: readonly Tensor[];
}

/** What gates are trained, scored and pruned against. `featureObjective` and `spectrumObjective` make one. */
export interface GateObjective {
  /** The network, with or without gates of its own, and every value that it and the objective read. */
  readonly network: NetworkSpec;
  readonly values: ParameterValues;
  /** Signals there are; input i holds one per column: [rows, columns]. */
  readonly columns: number;
  readonly inputs: readonly { readonly name: string; readonly rows: number; readonly data: FloatArray }[];
  /** Parameters trained beside the gates, with their start and a factor of the learning rate. */
  readonly trained: readonly { readonly name: string; readonly rate: number; readonly start: Float64Array }[];
  /** The loss graph of `lanes` signals through a network whose parameters come from `provide`. */
  build(network: NetworkSpec, lanes: number, provide: Provide): BuiltLoss;
  /** The error that budgets are given in, from the mean of the loss. */
  errorOf(mean: number): number;
  /** Stored values from trained ones. */
  finish(values: ParameterValues): ParameterValues;
  /**
   * Real multiplications and additions of the frozen network (per frame for a feature, everything included), its exact stages
   * without gates merged where they can be, compiled and counted.
   */
  operations(network: NetworkSpec, values: ParameterValues): number;
}

/**
 * Gates on every ungated stage of a network, and their parameters, open, by name. Throws InvalidArgumentError where every stage has
 * gates.
 */
export function withGates(
  network: NetworkSpec,
  gate: GateSpec,
): { network: NetworkSpec; gates: ParameterValues } {
  const ungated = stageSizes(network).filter(({ s }) => !network.stages[s].gate);
  if (ungated.length === 0)
    throw new InvalidArgumentError('every stage has gates already; expected one without');
  const gates = ungated.map((size): [string, Float64Array] => [
    parameterName(size.s, 'gate'),
    openGates(gate, sizeOf(gateShape(gate, size))),
  ]);
  const stages = network.stages.map((stage) => (stage.gate ? stage : { ...stage, gate }));
  return { network: { ...network, stages }, gates: Object.fromEntries(gates) };
}

/** Parameters of a network without its gates: twiddles, blocks, angles. */
const ownParameters = (network: NetworkSpec): string[] =>
  Object.keys(parameterShapes(network)).filter((name) => !name.endsWith('.gate'));

/** Copy columns of the data into the inputs of a program of `lanes` lanes. */
export function feedColumns(
  objective: Pick<GateObjective, 'inputs' | 'columns'>,
  lanes: number,
  columnOf: (lane: number) => number,
  view: (name: string) => FloatArray,
): void {
  const columns = Array.from({ length: lanes }, (_, lane) => columnOf(lane));
  for (const { name, rows: count, data } of objective.inputs) {
    const to = view(name);
    for (let j = 0; j < count; j++)
      for (let lane = 0; lane < lanes; lane++)
        to[j * lanes + lane] = data[j * objective.columns + columns[lane]];
  }
}

/** x [rows, lanes] less the mean of its row. */
function centred(x: Tensor): Tensor {
  const [count, lanes] = x.shape;
  const source = rowsOf(x, count, lanes);
  const [mean] = loop({
    label: 'row mean',
    space: [count, lanes],
    loads: [{ tensor: x, access: { offset: 0, terms: [lanes, 1] } }],
    body: [k.mul(literal(1 / lanes), argument(0))],
    stores: [{ result: 0, access: { offset: 0, terms: [1, 0] }, combine: 'sum' }],
    shapes: [[count]],
  });
  const means = { ...source, tensor: mean, row: 1, lane: 0 };
  return mapRows('centred', [source, means], [], k.sub(argument(0), argument(1)), 'rows').tensor;
}

/**
 * Loss: mean smoothed |d| of a difference of log energies. Curvature: that of d^2 / (2 sqrt(d^2 + w^2)), iteratively
 * reweighted, of the part that a band's own gain cannot take back, as every refit has one.
 */
function absoluteError(output: Tensor, targets: Tensor): BuiltLoss {
  const factor = 1 / output.size;
  const loss = smoothAbsoluteLoss(output, targets, constant([1], [1]), smoothing, factor);
  const error = smoothAbsoluteLoss(output, targets, constant([1], [1]), 0, factor);
  const d = k.sub(argument(0), argument(1));
  const bend = k.sqrt(k.sqrt(k.add(k.mul(d, d), literal(smoothing * smoothing))));
  const [probe] = map(
    'probe',
    [output, targets, centred(output)],
    [k.div(k.mul(literal(Math.sqrt(factor)), argument(2)), k.stopGradient(bend))],
  );
  return { loss, error, probes: [probe] };
}

/** A front end with the network and values of its objective. */
export const frontOf = (
  front: FrontEnd,
  { network, values: { 'bank.weights': weights, ...values } }: TransformModel,
): FrontEnd => ({
  head: front.head,
  transform: { kind: 'network', network, values },
  bank: { kind: 'weights', bands: bankOf(front).bands, weights },
});

/**
 * Feature error of a front end: features of training frames against the exact ones, with gains and filterbank trained, and
 * the network's own parameters too where `twiddles`. The error is the mean absolute difference of log10 energies.
 * Throws UnsupportedError for a front end whose transform is no network.
 */
export function featureObjective(
  front: FrontEnd,
  data: FrameSet,
  { twiddles = false }: { twiddles?: boolean } = {},
): GateObjective {
  const { head, transform } = front;
  if (transform.kind !== 'network')
    throw new UnsupportedError(`gates of a front end of kind ${transform.kind}; expected one network`);
  const { network } = transform;
  if (head.average !== 'none')
    throw new UnsupportedError('gates of a head that averages; expected average none');
  const { bands, weights } = bankOf(front);
  const values: ParameterValues = { ...transform.values, 'bank.weights': weights };
  const peak = weights.reduce((a, b) => Math.max(a, b), 0);
  const gain = Float64Array.from({ length: 2 * binCount(network) }, (_, i) => (i % 2 === 0 ? 1 : 0));
  const own = twiddles ? ownParameters(network) : [];
  return {
    network,
    values,
    columns: data.lanes,
    inputs: [
      { name: 'frames', rows: head.nFft, data: framesOfSet(data, head) },
      { name: 'targets', rows: headWidth(head), data: data.targets },
    ],
    trained: [
      { name: 'gain', rate: 0.1, start: gain },
      { name: 'bank.root', rate: Math.sqrt(peak), start: weights.map(Math.sqrt) },
      ...own.map((name) => ({ name, rate: 0.1, start: values[name] })),
    ],
    build(gated, lanes, provide) {
      const output = trainingOutput({ head, network: gated, bands }, lanes, provide, squares);
      return absoluteError(output, input('targets', [headWidth(head), lanes]));
    },
    errorOf: (mean) => mean,
    finish({ 'bank.root': roots, gain: factors, ...rest }) {
      const trained = withGain({ bands, weights: roots.map((v) => v * v) }, factors);
      return { ...values, ...rest, 'bank.weights': trained.weights };
    },
    operations(decided, own) {
      const gated = frontOf(front, { network: decided, values: own });
      const { mul, add } = compileFrontEnd(gated, defaultBackend()).perFrame;
      return mul + add;
    },
  };
}

/** Signals with the spectra they should have: `re`, `im` [n, columns] (no im for real input), targets [bins, columns]. */
export interface SpectrumSet {
  readonly columns: number;
  readonly re: FloatArray;
  readonly im?: FloatArray;
  readonly targetRe: FloatArray;
  readonly targetIm: FloatArray;
}

const spectrumOf = (network: NetworkSpec, lanes: number, provide: Provide): ComplexTensor =>
  spectrum(network, inputSignals(network.n, lanes, network.input), { lanes, provide });

/** Signals with the spectra of the exact network as targets. Throws InvalidArgumentError if the lengths do not fit. */
export function spectrumSet(
  network: NetworkSpec,
  signals: { readonly re: FloatArray; readonly im?: FloatArray },
): SpectrumSet {
  const columns = signals.re.length / network.n;
  const wrong =
    network.input === 'complex' ? signals.im?.length !== signals.re.length : signals.im !== undefined;
  if (!Number.isInteger(columns) || columns < 1 || wrong)
    throw new InvalidArgumentError(
      `${signals.re.length} and ${signals.im?.length ?? 'no'} numbers; expected whole signals of ${network.n} ${network.input} points`,
    );
  const { re, im } = spectrumOf(exactSpec(network), columns, noParameters);
  const { re: x, im: y } = signals;
  const targets = evaluate({ targetRe: re, targetIm: im }, { re: x, ...(y ? { im: y } : {}) });
  const [targetRe, targetIm] = Object.values(targets).map((t) => t.slice(0, binCount(network) * columns));
  return { columns, ...signals, targetRe, targetIm };
}

/** Options of `spectrumObjective`. */
export interface SpectrumOptions {
  /** Weight of every bin's squared error, not negative. Default 1 everywhere. */
  readonly weights?: ArrayLike<number>;
  /** Train the network's own parameters (twiddles, blocks) beside the gates. */
  readonly twiddles?: boolean;
}

/**
 * Error of a spectrum, complex or real input: the loss is the squared relative L2 error over the weighted bins, the error its
 * root. Throws InvalidArgumentError for weights that are no weights, or targets that vanish.
 */
export function spectrumObjective(
  network: NetworkSpec,
  values: ParameterValues,
  data: SpectrumSet,
  options: SpectrumOptions = {},
): GateObjective {
  checkOptions('spectrumObjective', options, { weights: anything<ArrayLike<number>>(), twiddles: flag });
  const { twiddles = false } = options;
  const bins = binCount(network);
  const { columns, targetRe, targetIm } = data;
  const weight = rootWeights(bins, options.weights);
  const energy = energyOf(data, weight);
  return {
    network,
    values,
    columns,
    inputs: [
      { name: 're', rows: network.n, data: data.re },
      ...(data.im ? [{ name: 'im', rows: network.n, data: data.im }] : []),
      { name: 'targetRe', rows: bins, data: targetRe },
      { name: 'targetIm', rows: bins, data: targetIm },
    ],
    trained: (twiddles ? ownParameters(network) : []).map((name) => ({ name, rate: 1, start: values[name] })),
    build: (gated, lanes, provide) =>
      relativeError(spectrumOf(gated, lanes, provide), weight, lanes, columns / (energy * lanes)),
    errorOf: (mean) => Math.sqrt(mean),
    finish: (own) => ({ ...values, ...own }),
    operations(decided, own) {
      const lanes = 4;
      const merged = regroup(decided, own);
      const { re, im } = spectrumOf(merged.spec, lanes, frozen(merged.values));
      const { mul, add } = countProgram(compileGraph({ outputs: { re, im } }, { dtype: 'f32' }));
      return (mul + add) / lanes;
    },
  };
}

/** Roots of the weights of all bins. */
function rootWeights(bins: number, weights: ArrayLike<number> | undefined): Float64Array {
  if (!weights) return new Float64Array(bins).fill(1);
  const weight = Float64Array.from(weights, Math.sqrt);
  const bad = weight.findIndex((w) => !Number.isFinite(w));
  if (weights.length !== bins || bad >= 0)
    throw new InvalidArgumentError(
      `weights ${bad >= 0 ? `has ${weights[bad]} at ${bad}` : `has ${weights.length} numbers`}; expected ${bins} numbers that are not negative`,
    );
  return weight;
}

/** Energy of weighted targets. */
function energyOf({ columns, targetRe, targetIm }: SpectrumSet, weight: Float64Array): number {
  let energy = 0;
  for (let at = 0; at < weight.length * columns; at++)
    energy += weight[Math.floor(at / columns)] ** 2 * (targetRe[at] ** 2 + targetIm[at] ** 2);
  if (!(energy > 0 && energy < Infinity))
    throw new InvalidArgumentError(`weighted targets have energy ${energy}; expected a positive number`);
  return energy;
}

/** Loss: factor times the weighted squared difference of a spectrum from the inputs `targetRe` and `targetIm`. */
function relativeError(x: ComplexTensor, weight: Float64Array, lanes: number, factor: number): BuiltLoss {
  const bins = weight.length;
  const residual = (actual: Tensor, target: string): Tensor => {
    const pair = [actual, input(target, [bins, lanes])].map((t) => rowsOf(t, bins, lanes));
    const difference = k.mul(argument(2), k.sub(argument(0), argument(1)));
    return mapRows('weighted difference', pair, [weight], difference, 'rows').tensor;
  };
  const residuals = [residual(x.re, 'targetRe'), residual(x.im, 'targetIm')];
  const loss = scaled(addAll(residuals.map(sumOfSquares)), factor);
  return { loss, error: loss, probes: residuals.map((t) => scaled(t, Math.sqrt(2 * factor))) };
}
