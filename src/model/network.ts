/**
 * The network y = B_{S-1} ... B_1 B_0 P x as a graph: one loop per stage, each a `butterfly` over an index map.
 *
 * Both ends are presented in natural order: the permutation is an index map of the first loads or the last stores.
 * Where the stages are: geometry.ts.
 */
import { InvalidArgumentError } from '../errors.ts';
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { exprCarrier, type Expr } from '../ir/expr.ts';
import type { ComplexTensor, Tensor, Term } from '../ir/graph.ts';
import { everySecond, LoadList, type ComplexView } from '../ir/view.ts';
import { splitPoints } from './exact-stage.ts';
import {
  anything,
  checkOptions,
  matching,
  nested,
  oneOf,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import { gateTable, requireSampling } from './gates.ts';
import {
  pointsOf,
  productOf,
  radicesOf,
  range,
  reversalGeometry,
  reversalTiles,
  stageGeometry,
  stageOrder,
  stageSize,
  stageSizes,
  type Permutation,
  type ReversalTiles,
  type Storage,
} from './geometry.ts';
import { heads, type Head } from './heads.ts';
import { inTurn, legValues, outputLoop, type Ends, type Step } from './loops.ts';
import { isSmallQuotient, scaledBy, unscaled, type Scale } from './scale.ts';
import {
  parametrizations,
  splitShapes,
  stageShapes,
  takesScale,
  learnedButterflies,
  type Butterflies,
  type Provide,
  type StageSpec,
  type SplitParametrization,
} from './parametrization.ts';

export const norms = ['backward', 'ortho', 'forward'] as const;
/** NumPy's norms: backward (the inverse divides by n), ortho (both by sqrt n), forward (the forward divides by n). */
export type Norm = (typeof norms)[number];

/** Everything that defines a transform network; plain data, stored in checkpoints. */
export interface NetworkSpec {
  /** Transform size: complex points, or real samples when input is real (even then). */
  readonly n: number;
  readonly input: 'complex' | 'real';
  readonly direction: 'forward' | 'inverse';
  /** NumPy's meaning: which direction carries the factor 1/n (or 1/sqrt n in both). */
  readonly norm: Norm;
  readonly decimation: 'time' | 'frequency';
  /** P; digit reversal gives the DFT family, identity leaves the samples where they are (Hadamard). */
  readonly permutation: Permutation;
  /** By rising stride, whatever the decimation. The product of the radices is the chain length. */
  readonly stages: readonly StageSpec[];
  /** Real input only: how the split stage over the pairs (k, n/2 - k) is parametrised. */
  readonly split: SplitParametrization;
}

/** A network whose stages differ in their radices alone: complex points, forward, in time and in natural order, unless `rest` says otherwise. */
export function uniformNetwork(
  radices: readonly number[],
  stage: Omit<StageSpec, 'radix'>,
  rest: Partial<Omit<NetworkSpec, 'stages'>> = {},
): NetworkSpec {
  const points = productOf(radices);
  return {
    n: rest.input === 'real' ? 2 * points : points,
    input: 'complex',
    direction: 'forward',
    norm: 'backward',
    decimation: 'time',
    permutation: 'digit-reversal',
    stages: radices.map((radix) => ({ radix, ...stage })),
    split: 'exact',
    ...rest,
  };
}

/** Complex points of the butterfly chain: n, or n/2 for real input. */
export const chainLength = (spec: NetworkSpec): number => (spec.input === 'real' ? spec.n / 2 : spec.n);

/** Output bins: n, or n/2 + 1 for a real forward transform; n samples for a real inverse. */
export const binCount = (spec: NetworkSpec): number =>
  spec.input === 'real' && spec.direction === 'forward' ? spec.n / 2 + 1 : spec.n;

/** Largest network that is built loop by loop; beyond it only tables would take gigabytes. */
const maximumPoints = 1 << 22;
/** Largest radix: a butterfly is written out, r^2 products where its block is free. */
const maximumRadix = 128;

const stageTable: OptionTable<StageSpec> = {
  radix: required(whole(2, maximumRadix)),
  parametrization: required(oneOf(parametrizations)),
  gate: nested(gateTable),
};
const networkTable: OptionTable<NetworkSpec> = {
  n: required(whole(1, maximumPoints)),
  input: required(oneOf(['complex', 'real'])),
  direction: required(oneOf(['forward', 'inverse'])),
  norm: required(oneOf(norms)),
  decimation: required(oneOf(['time', 'frequency'])),
  permutation: required(anything()),
  stages: required(matching('a list of stages', Array.isArray)),
  split: required(oneOf(['exact', 'twiddle', 'free'])),
};

/** Throws InvalidArgumentError if the spec is not a network, whatever it is. */
export function validateNetwork(spec: NetworkSpec): void {
  checkOptions('a network', spec, networkTable);
  spec.stages.forEach((stage, s) => {
    checkOptions(`stage ${s}`, stage, stageTable, `stages[${s}].`);
    if (stage.gate) requireSampling(stage.gate);
  });
  if (spec.input === 'real' && (spec.n % 2 !== 0 || spec.n < 4))
    throw new InvalidArgumentError(`n is ${spec.n}; a real-input network needs an even n of at least 4`);
  const product = pointsOf(spec);
  if (product !== chainLength(spec))
    throw new InvalidArgumentError(
      `radices [${radicesOf(spec).join(', ')}] multiply to ${product}; expected ${chainLength(spec)}`,
    );
  validatePermutation(spec.permutation, product);
}

/** A network that runs from its parameters alone. Throws InvalidArgumentError for a spec that is none, or is one for training. */
export function validateRunnable(network: NetworkSpec): void {
  validateNetwork(network);
  if (network.stages.length === 0)
    throw new InvalidArgumentError('a network without stages; expected at least one');
  const s = network.stages.findIndex(({ gate }) => gate?.sampled === true || gate?.temperature === 'input');
  if (s >= 0)
    throw new InvalidArgumentError(
      `stage ${s} has gates that read inputs of the training graph; decide them before saving (decideGates)`,
    );
}

function validatePermutation(p: Permutation, length: number): void {
  if (p === 'digit-reversal' || p === 'identity') return;
  const seen = new Set(Array.isArray(p) ? (p as readonly unknown[]) : []);
  if (
    !Array.isArray(p) ||
    p.length !== length ||
    Array.from({ length }, (_, i) => i).some((i) => !seen.has(i))
  )
    throw new InvalidArgumentError(
      `permutation is ${typeof p === 'string' ? JSON.stringify(p) : 'no order of all positions'}; expected digit-reversal, identity or a table of 0 .. ${length - 1}`,
    );
}

/** The factor of a norm for n points: 1, 1/n or 1/sqrt n. */
export function normFactor(norm: Norm, inverse: boolean, n: number): number {
  if (norm === 'ortho') return 1 / Math.sqrt(n);
  return norm === (inverse ? 'backward' : 'forward') ? 1 / n : 1;
}

/** The factor of this direction and norm. */
export const scaleOf = ({ norm, direction, n }: NetworkSpec): number =>
  normFactor(norm, direction === 'inverse', n);

/** One stage reads `ends.source`; the first loads in time, or the last stores in frequency, apply the permutation. */
function stageLoop(
  spec: NetworkSpec,
  s: number,
  ends: Ends,
  { storage, permutation, butterflies }: ChainForm & { readonly permutation: Permutation },
): readonly Tensor[] {
  const radices = radicesOf(spec);
  const inTime = spec.decimation === 'time';
  const geometry = stageGeometry(radices, s, storage, permutation);
  const [from, to] = inTime ? [geometry.before, geometry.after] : [geometry.after, geometry.before];
  const list = new LoadList();
  const x = legValues(list, ends.source, from, geometry.space);
  const isInside = takesScale(spec.stages[s], inTime) && !isSmallQuotient(ends.scale);
  const [inside, outside] = isInside ? [ends.scale, unscaled] : [unscaled, ends.scale];
  const size = stageSize(radices, s);
  const inverse = spec.direction === 'inverse';
  const y = butterflies
    .stage(spec.stages[s], { size, inTime, inverse, geometry, list, scale: inside }, x)
    .map((value, a) => ({ value: scaledBy(outside, value), row: to[a] }));
  const label = `stage ${s} (radix ${radices[s]})`;
  return outputLoop({ label, space: geometry.space, list, points: chainLength(spec) }, y, ends);
}

/**
 * Positions from samples, or bins from positions, tile by tile: one point moves the positions that differ in their most
 * significant digits only, because their samples are neighbours.
 */
function reversalLoop(spec: NetworkSpec, tiles: ReversalTiles, ends: Ends): readonly Tensor[] {
  const { space, positions, samples } = reversalGeometry(radicesOf(spec), tiles);
  const [from, to] = spec.decimation === 'time' ? [samples, positions] : [positions, samples];
  const list = new LoadList();
  const y = legValues(list, ends.source, from, space).map((value, a) => ({
    value: scaledBy(ends.scale, value),
    row: to[a],
  }));
  return outputLoop({ label: 'digit reversal', space, list, points: chainLength(spec) }, y, ends);
}

/** How a chain is written: where results live between its loops, and whose butterflies they run. */
interface ChainForm {
  readonly storage: Storage;
  readonly butterflies: Butterflies;
}

/**
 * The digit reversal is a loop of its own, tile by tile, in a single transform in place: nothing is contiguous there
 * otherwise and the gated parts of the first stage would each gather. Across lanes a reversal is an index map and costs
 * nothing; a view that ends early can be walked along one dimension only.
 */
const hasReversalLoop = ({ permutation }: NetworkSpec, { source, lanes }: Ends, storage: Storage): boolean =>
  storage === 'in-place' && lanes === 1 && permutation === 'digit-reversal' && source.re.last === undefined;

const stageSteps = (spec: NetworkSpec, form: ChainForm, permutation = spec.permutation): Step[] =>
  stageOrder(spec).map((s) => (between) => stageLoop(spec, s, between, { ...form, permutation }));

/** The chain of stages over complex points in Stockham's order, which reverses nothing. */
export const stockhamChain = (spec: NetworkSpec, ends: Ends, butterflies: Butterflies): readonly Tensor[] =>
  inTurn(stageSteps(spec, { storage: 'stockham', butterflies }), ends);

/** The chain of stages over complex points. */
function chain(spec: NetworkSpec, ends: Ends, form: ChainForm): readonly Tensor[] {
  const tiles = hasReversalLoop(spec, ends, form.storage) ? reversalTiles(radicesOf(spec)) : null;
  const steps = stageSteps(spec, form, tiles ? 'identity' : spec.permutation);
  if (tiles)
    steps.splice(spec.decimation === 'time' ? 0 : steps.length, 0, (between) =>
      reversalLoop(spec, tiles, between),
    );
  return inTurn(steps, ends);
}

/**
 * The split stage between the chain Z (n/2 complex points) and the one-sided spectrum X (n/2 + 1 bins), in either direction.
 * Point k joins the pair (k, n/2 - k); the mirror of a self-paired point goes to a spare row that nobody reads.
 */
export function splitLoop(
  spec: Pick<NetworkSpec, 'n' | 'direction' | 'split'>,
  ends: Ends,
  butterflies: Butterflies,
): readonly Tensor[] {
  const m = spec.n / 2;
  const space = [splitPoints(spec.n)];
  const inverse = spec.direction === 'inverse';
  const mirror = range(space[0], (k) => (inverse ? m - k : (m - k) % m));
  const spare = (k: number): number =>
    inverse ? (k === 0 ? m : 2 * k === m ? m + 1 : m - k) : 2 * k === m ? m + 1 : m - k;
  const list = new LoadList();
  const read = (term: Term): Complex<Expr> => list.complex(ends.source, 0, [term]);
  const pair = [read(1), complex.conjugate(exprCarrier, read(mirror))];
  const context = { n: spec.n, inverse, list, scale: ends.scale };
  const [top, bottom] = butterflies.split(spec.split, context, pair);
  const outputs = [
    { value: top, row: { offset: 0, terms: [1] } },
    {
      value: complex.conjugate(exprCarrier, bottom),
      row: { offset: 0, terms: [range(space[0], spare)] },
    },
  ];
  return outputLoop({ label: 'split', space, list, points: m + 2 }, outputs, ends);
}

/** How a network becomes loops: signals side by side (`lanes`), and where its parameters come from. */
export interface NetworkOptions {
  readonly lanes: number;
  readonly storage?: Storage;
  readonly provide: Provide;
}

/**
 * Complex spectrum of `source`: tensors of shape [bins (+ spare rows), lanes] in natural order.
 * A real network reads source.re only. Inverse real networks: see `realInverse`.
 */
export function spectrum(spec: NetworkSpec, source: ComplexView, options: NetworkOptions): ComplexTensor {
  requireBins(spec);
  const [re, im] = run(spec, source, options, heads.planar());
  return { re, im };
}

/** Power spectrum |X|^2 of `source`, fused into the last loop: shape [bins (+ a spare row), lanes]. */
export function powerSpectrum(spec: NetworkSpec, source: ComplexView, options: NetworkOptions): Tensor {
  requireBins(spec);
  return run(spec, source, options, heads.power())[0];
}

function requireBins({ input, direction }: NetworkSpec): void {
  if (input === 'real' && direction === 'inverse')
    throw new InvalidArgumentError('an inverse real network ends in samples; use realInverse');
}

function run(
  spec: NetworkSpec,
  source: ComplexView,
  { lanes, storage = 'in-place', provide }: NetworkOptions,
  head: Head,
): readonly Tensor[] {
  validateNetwork(spec);
  const form = { storage, butterflies: learnedButterflies(provide) };
  const ends: Ends = { source, lanes, head, scale: [scaleOf(spec), 0] };
  if (spec.input === 'complex') return chain(spec, ends, form);
  const split: Step = (between) => splitLoop(spec, between, form.butterflies);
  if (spec.direction === 'inverse') {
    // The chain has n/2 points: 1/n of the whole is 2/n of the chain after the halving inside the split.
    const scale: Scale = [2 * scaleOf(spec), 0];
    const steps: Step[] = [
      (between) => split({ ...between, scale }),
      (between) => chain(spec, between, form),
    ];
    return inTurn(steps, { ...ends, scale: unscaled });
  }
  const packed = { re: everySecond(source.re, 0), im: everySecond(source.re, 1) };
  return inTurn([(between) => chain(spec, { ...between, source: packed }, form), split], ends);
}

/** Samples [n, lanes] of a one-sided spectrum given as [n/2 + 1, lanes]. */
export const realInverse = (spec: NetworkSpec, source: ComplexView, options: NetworkOptions): Tensor =>
  run(spec, source, options, heads.samplePairs())[0];

/** Names and shapes of the trainable parameters of a network, in a fixed order. */
export function parameterShapes(spec: NetworkSpec): Record<string, readonly number[]> {
  const sizes = stageSizes(spec);
  const shapes = spec.stages.map((stage, s) => stageShapes(sizes[s], stage));
  return Object.assign({}, ...shapes, spec.input === 'real' ? splitShapes(spec.n, spec.split) : {}) as Record<
    string,
    readonly number[]
  >;
}
