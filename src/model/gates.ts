/**
 * Gates: what a stage does with its block at each butterfly. A gate's parameters become *shares*, written once over a
 * carrier; a block mixes with the identity, or with itself reversed, by its shares. Where the parameters are constants the
 * shares are worked out when the graph is built, so a frozen gate is a number and a decided one costs nothing.
 */
import { InvalidArgumentError } from '../errors.ts';
import { exprCarrier, numberCarrier, type Carrier, type Expr } from '../ir/expr.ts';
import { access, constant, loop, type Tensor } from '../ir/graph.ts';
import { LoadList } from '../ir/view.ts';
import { either, finite, flag, oneOf, required, type OptionTable } from '../options.ts';
import { mixOfThree, mixWithIdentity, scaleRows, type Block } from './butterfly.ts';
import type { StageSize } from './geometry.ts';

/**
 * skip: one share g, block (1 - g) I + g B: outputs are the inputs at 0.
 * drop: one share per output, row j times g_j: an output is zero when its gate is off (not computed once frozen, nor what only
 * it feeds); for radix 2 output 0 is the sum, output 1 the difference.
 * ternary: three shares, skip, forward and reverse, block p0 I + p1 B + p2 J B, where J puts the outputs in reverse order (for
 * radix 2 it swaps them: [[1, -w], [1, w]] in time).
 */
export const gateKinds = ['skip', 'drop', 'ternary'] as const;

/**
 * skip and drop, from one parameter p per share:
 *   soft: p clamped to [0, 1]; with a temperature T, t + (p - t) / T clamped, t the threshold.
 *   hard: 0 below the threshold, else 1; derivative 1 (straight-through, Bengio et al. 2013).
 *   hard-concrete: p = log alpha; s (zeta - gamma) + gamma clamped, with s = sigmoid(p), or sigmoid((p + logistic noise) / T)
 *   where sampled (Louizos, Welling & Kingma 2018, arXiv:1712.01312).
 * ternary, from three logits z:
 *   soft: softmax(z / T). hard: the largest, forward before reverse before skip among equals; derivative 1.
 *   hard-concrete: g (1 - d, d) beside 1 - g of two hard-concrete gates, which the softmax factors into: open, with log alpha
 *   = log(e^z1 + e^z2) - z0, and direction, z1 - z2.
 */
export const gateModes = ['soft', 'hard', 'hard-concrete'] as const;

/** One gate per butterfly, per aligned run of four butterflies, per group g (a sub-block of the tree), or per stage. */
export const gateGrains = ['butterfly', 'run', 'block', 'stage'] as const;

/** Gates of a stage: what a closed gate leaves, how parameters become shares, and how many butterflies share a gate. */
export interface GateSpec {
  readonly kind: (typeof gateKinds)[number];
  readonly mode: (typeof gateModes)[number];
  readonly grain: (typeof gateGrains)[number];
  /** Of skip and drop gates. */
  readonly threshold: number;
  /** T > 0 of soft and sampled gates, default 1 (hard-concrete 2/3); 'input': the graph's input `temperature` [1], for training. */
  readonly temperature?: number | 'input';
  /** Hard-concrete with noise from the graph's input `stage{s}.noise`; for training. */
  readonly sampled?: boolean;
}

/** Stretch limits and temperature of Louizos et al., section 4. */
export const hardConcrete = { gamma: -0.1, zeta: 1.1, temperature: 2 / 3 } as const;

/** What a decided gate does, by name, and the shares that say so (drop: radix 2). */
export const gateStates = {
  skip: { skip: [0], active: [1] },
  drop: { dead: [0, 0], 'drop-sum': [0, 1], 'drop-difference': [1, 0], active: [1, 1] },
  ternary: { skip: [1, 0, 0], active: [0, 1, 0], reverse: [0, 0, 1] },
} as const satisfies Record<GateSpec['kind'], Record<string, readonly number[]>>;

/** The gate of butterfly b = g stride + k. */
export const gateIndex = (grain: GateSpec['grain'], stride: number, b: number): number =>
  ({ butterfly: b, run: Math.floor(b / 4), block: Math.floor(b / stride), stage: 0 })[grain];

/** Gates of a stage. */
export const gateCount = (grain: GateSpec['grain'], { count, stride }: StageSize): number =>
  gateIndex(grain, stride, count - 1) + 1;

/** Parameters, and shares, of one gate of a stage of radix r. */
export function gateWidth(kind: GateSpec['kind'], r: number): number {
  if (kind === 'skip') return 1;
  return kind === 'drop' ? r : 3;
}

/** Shape of a stage's gate tensor: [gates] for skip, [gates, r] for drop, [gates, 3] for ternary. */
export function gateShape({ kind, grain }: GateSpec, size: StageSize): readonly number[] {
  const gates = gateCount(grain, size);
  return kind === 'skip' ? [gates] : [gates, gateWidth(kind, size.r)];
}

/** Shape of a sampled stage's noise, a number per hard-concrete gate: that of its gate tensor, or [gates, 2] for ternary. */
export const noiseShape = (gate: GateSpec, shape: readonly number[]): readonly number[] =>
  gate.kind === 'ternary' ? [shape[0], 2] : shape;

export const gateTable: OptionTable<GateSpec> = {
  kind: required(oneOf(gateKinds)),
  mode: required(oneOf(gateModes)),
  grain: required(oneOf(gateGrains)),
  threshold: required(finite()),
  temperature: either(finite({ above: 0 }), oneOf(['input'])),
  sampled: flag,
};

/** Throws InvalidArgumentError for a sampled gate of a mode that has no noise. */
export function requireSampling({ mode, sampled }: GateSpec): void {
  if (sampled && mode !== 'hard-concrete')
    throw new InvalidArgumentError(`a ${mode} gate is sampled; only hard-concrete gates can be`);
}

/** x within [low, high]; derivative 1 there, ends included, so that a gate which starts at 1 can leave it. */
const clamp = <T>(k: Carrier<T>, x: T, low: number, high: number): T => {
  const [least, most] = [k.literal(low), k.literal(high)];
  return k.select(k.less(x, least), least, k.select(k.less(most, x), most, x));
};

/** 1 / (1 + e^-x); beyond 40 it is 0 or 1 to float64 rounding, and e^x would overflow its derivative in float32. */
const sigmoid = <T>(k: Carrier<T>, x: T): T =>
  k.div(k.literal(1), k.add(k.literal(1), k.exp(k.neg(clamp(k, x, -40, 40)))));

/** Value of `decision`, derivative of p. */
export const straightThrough = <T>(k: Carrier<T>, decision: T, p: T): T =>
  k.add(k.stopGradient(decision), k.sub(p, k.stopGradient(p)));

/** Numbers of the training graph that the shares of a gate depend on, beside its parameters. */
interface GateInputs<T> {
  readonly temperature?: T;
  /** Logistic noise: log u - log(1 - u). */
  readonly noise?: readonly T[];
}

function hardConcreteShare<T>(k: Carrier<T>, logAlpha: T, temperature: T, noise?: T): T {
  const { gamma, zeta } = hardConcrete;
  const s = sigmoid(k, noise === undefined ? logAlpha : k.div(k.add(logAlpha, noise), temperature));
  return clamp(k, k.add(k.mul(s, k.literal(zeta - gamma)), k.literal(gamma)), 0, 1);
}

/** log alpha of the open gate and of the direction: the softmax of z is (1 - o, o d, o (1 - d)) of their sigmoids. */
function factorsOf<T>(k: Carrier<T>, [skip, forward, reverse]: readonly T[]): [open: T, direction: T] {
  const d = k.sub(forward, reverse);
  const both = k.add(
    k.max(forward, reverse),
    k.log(k.add(k.literal(1), k.exp(k.neg(clamp(k, k.abs(d), 0, 40))))),
  );
  return [k.sub(both, skip), d];
}

function softmax<T>(k: Carrier<T>, z: readonly T[], temperature: T): T[] {
  // The shift changes nothing, and neither does its derivative.
  const top = k.stopGradient(z.reduce((a, b) => k.max(a, b)));
  const e = z.map((x) => k.exp(k.max(k.div(k.sub(x, top), temperature), k.literal(-80))));
  const sum = e.reduce((a, b) => k.add(a, b));
  return e.map((x) => k.div(x, sum));
}

/** One-hot: skip, forward or reverse. */
function largest<T>(k: Carrier<T>, [skip, forward, reverse]: readonly T[]): T[] {
  const [zero, one] = [k.literal(0), k.literal(1)];
  const skips = k.less(k.max(forward, reverse), skip);
  const reverses = k.less(forward, reverse);
  const open = k.select(skips, zero, one);
  return [k.select(skips, one, zero), k.select(reverses, zero, open), k.select(reverses, open, zero)];
}

function ternaryShares<T>(
  k: Carrier<T>,
  gate: GateSpec,
  z: readonly T[],
  temperature: T,
  noise?: readonly T[],
): T[] {
  if (gate.mode === 'soft') return softmax(k, z, temperature);
  if (gate.mode === 'hard') return largest(k, z).map((decision, i) => straightThrough(k, decision, z[i]));
  const [g, d] = factorsOf(k, z).map((a, i) => hardConcreteShare(k, a, temperature, noise?.[i]));
  const forward = k.mul(g, d);
  return [k.sub(k.literal(1), g), forward, k.sub(g, forward)];
}

function temperatureOf<T>(k: Carrier<T>, { mode, temperature }: GateSpec, given: T | undefined): T {
  if (given !== undefined) return given;
  const usual = mode === 'hard-concrete' ? hardConcrete.temperature : 1;
  return k.literal(typeof temperature === 'number' ? temperature : usual);
}

/** Shares of one gate from its parameters: see `gateModes`. */
export function gateShares<T>(
  k: Carrier<T>,
  gate: GateSpec,
  p: readonly T[],
  inputs: GateInputs<T> = {},
): T[] {
  const temperature = temperatureOf(k, gate, inputs.temperature);
  if (gate.kind === 'ternary') return ternaryShares(k, gate, p, temperature, inputs.noise);
  const threshold = k.literal(gate.threshold);
  switch (gate.mode) {
    case 'soft': {
      if (gate.temperature === undefined) return p.map((x) => clamp(k, x, 0, 1));
      return p.map((x) => clamp(k, k.add(threshold, k.div(k.sub(x, threshold), temperature)), 0, 1));
    }
    case 'hard':
      return p.map((x) => straightThrough(k, k.select(k.less(x, threshold), k.literal(0), k.literal(1)), x));
    case 'hard-concrete':
      return p.map((x, i) => hardConcreteShare(k, x, temperature, inputs.noise?.[i]));
    default:
      return gate.mode satisfies never;
  }
}

/** sigmoid(log alpha - T log(-gamma / zeta)): the probability that a hard-concrete gate is not zero (Louizos et al., eq. 12). */
const notZero = <T>(k: Carrier<T>, logAlpha: T, temperature: T): T =>
  sigmoid(
    k,
    k.sub(logAlpha, k.mul(temperature, k.literal(Math.log(-hardConcrete.gamma / hardConcrete.zeta)))),
  );

/**
 * How open one gate is, 0 to 1: the share that is not skipped, for drop the mean over outputs; for hard-concrete gates the
 * probability of it, their expected L0 norm.
 */
export function gateOpenness<T>(
  k: Carrier<T>,
  gate: GateSpec,
  p: readonly T[],
  inputs: Pick<GateInputs<T>, 'temperature'> = {},
): T {
  const mean = (x: readonly T[]): T =>
    k.mul(
      k.literal(1 / x.length),
      x.reduce((a, b) => k.add(a, b)),
    );
  if (gate.mode === 'hard-concrete') {
    const temperature = temperatureOf(k, gate, inputs.temperature);
    const logAlphas = gate.kind === 'ternary' ? [factorsOf(k, p)[0]] : p;
    return mean(logAlphas.map((a) => notZero(k, a, temperature)));
  }
  const shares = gateShares(k, gate, p, inputs);
  return gate.kind === 'ternary' ? k.sub(k.literal(1), shares[0]) : mean(shares);
}

/** Shares of every gate of a stage as 0 or 1: above the threshold, or the largest of three. */
export function decidedGates(gate: GateSpec, r: number, parameters: ArrayLike<number>): Float64Array {
  const width = gateWidth(gate.kind, r);
  const { kind, mode, grain, threshold } = gate;
  const out = new Float64Array(parameters.length);
  for (let at = 0; at < out.length; at += width) {
    const p = Array.from({ length: width }, (_, j) => finiteParameter(parameters[at + j], at + j));
    const shares =
      mode === 'hard-concrete' ? gateShares(numberCarrier, { kind, mode, grain, threshold }, p) : p;
    out.set(
      kind === 'ternary' ? largest(numberCarrier, shares) : shares.map((g) => (g < threshold ? 0 : 1)),
      at,
    );
  }
  return out;
}

function finiteParameter(value: number, at: number): number {
  if (!Number.isFinite(value))
    throw new InvalidArgumentError(`gate parameter ${at} is ${value}; expected a finite number`);
  return value;
}

/** Parameters of open gates: shares of 1, but for soft ternary ones, whose softmax gives `forward` 0.987. */
export function openGates(gate: GateSpec, size: number): Float64Array {
  if (gate.kind !== 'ternary')
    return new Float64Array(size).fill(gate.mode === 'hard-concrete' ? openLogAlpha : 1);
  const softScale = typeof gate.temperature === 'number' ? gate.temperature : 1;
  const forward = { hard: 1, soft: 5 * softScale, 'hard-concrete': openLogAlpha }[gate.mode];
  return Float64Array.from({ length: size }, (_, i) => (i % 3 === 1 ? forward : 0));
}

/** Stretched to just above 1: sigmoid = 0.924, times 1.2, less 0.1. */
const openLogAlpha = 2.5;

/** Tensors of the training graph beside the parameters. */
interface GateTensors {
  readonly temperature?: Tensor;
  readonly noise?: Tensor;
}

/**
 * Values of every gate of a stage of radix r from its parameters, [gates, values] or [gates]: numbers where the parameters are
 * constants, else a loop over the gates.
 */
function overGates(
  gate: GateSpec,
  r: number,
  p: Tensor,
  { temperature, noise }: GateTensors,
  label: string,
  body: <T>(k: Carrier<T>, p: readonly T[], inputs: GateInputs<T>) => T[],
): Tensor {
  const width = gateWidth(gate.kind, r);
  const gates = p.size / width;
  const shapeOf = (values: number): number[] => (values === 1 ? [gates] : [gates, values]);
  if (p.source.kind === 'constant' && !temperature && !noise) {
    const own = Array.from(p.source.data, finiteParameter);
    const out = Array.from({ length: gates }, (_, i) =>
      body(numberCarrier, own.slice(i * width, (i + 1) * width), {}),
    );
    return constant(shapeOf(out[0].length), out.flat());
  }
  const list = new LoadList();
  const each = (t: Tensor, n: number): Expr[] => Array.from({ length: n }, (_, j) => list.read(t, j, [n]));
  const values = body<Expr>(exprCarrier, each(p, width), {
    ...(temperature ? { temperature: list.read(temperature, 0, [0]) } : {}),
    ...(noise ? { noise: each(noise, noise.size / gates) } : {}),
  });
  return loop({
    label,
    space: [gates],
    loads: list.loads,
    body: values,
    stores: values.map((_, at) => ({ result: 0, access: access(at, values.length), combine: 'store' })),
    shapes: [shapeOf(values.length)],
  })[0];
}

/** Shares of all gates of a stage of radix r, a tensor of the shape of their parameters. */
export const gateShareTensor = (gate: GateSpec, r: number, p: Tensor, inputs: GateTensors = {}): Tensor =>
  overGates(gate, r, p, inputs, 'gates', (k, own, at) => gateShares(k, gate, own, at));

/** `gateOpenness` of all gates of a stage of radix r, [gates]. */
export const gateOpennessTensor = (
  gate: GateSpec,
  r: number,
  p: Tensor,
  inputs: Pick<GateTensors, 'temperature'> = {},
): Tensor =>
  overGates(gate, r, p, inputs, 'openness of gates', (k, own, at) => [gateOpenness(k, gate, own, at)]);

/** The block behind its gate, by the gate's shares. */
export function gatedBlock(kind: GateSpec['kind'], shares: readonly Expr[], block: Block<Expr>): Block<Expr> {
  switch (kind) {
    case 'skip':
      return mixWithIdentity(exprCarrier, shares[0], block);
    case 'drop':
      return scaleRows(exprCarrier, shares, block);
    case 'ternary':
      return mixOfThree(exprCarrier, shares, block);
    default:
      return kind satisfies never;
  }
}
