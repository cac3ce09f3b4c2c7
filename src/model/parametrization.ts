/**
 * From parameters to blocks: exact, twiddle, unit circle, free, unitary, widely linear, behind the gates of gates.ts.
 * A parametrisation only says which block the one `butterfly` gets; storage, gradients and backends do not know it.
 */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { cos, sin } from '../numeric/elementary.ts';
import { twiddle } from '../numeric/twiddle.ts';
import { exprCarrier as k, numberCarrier, type Expr } from '../ir/expr.ts';
import { addTerms, constant, floorTerm, scaleTerm, type Tensor, type Term } from '../ir/graph.ts';
import { shared, sharedPairs, type LoadList } from '../ir/view.ts';
import {
  exactSplitOutputs,
  exactTwiddles,
  readSplitTwiddle,
  splitPoints,
  twiddledOutputs,
  type SplitContext,
  type StageContext,
} from './exact-stage.ts';
import {
  blockNumbers,
  butterfly,
  dftBlock,
  smallDft,
  transpose,
  twiddleBlock,
  unitaryBlock,
  type Block,
} from './butterfly.ts';
import { gatedBlock, gateShape, gateShareTensor, gateWidth, noiseShape, type GateSpec } from './gates.ts';
import { parameterName, type StageParameter, type StageSize } from './geometry.ts';
import { timesScale, type Scale } from './scale.ts';

export type { GateSpec };

/** How the block of a stage comes from its parameters; shapes in `stageShapes`. */
export const parametrizations = [
  /** DFT block with its twiddles, constant. */
  'exact',
  /** The same, any complex twiddles. */
  'twiddle',
  /** The same, twiddles exp(i t). */
  'unit-circle',
  /** Any complex r x r block. */
  'free',
  /** sqrt(r) times U(r) from r^2 angles. */
  'unitary',
  /** y = A x + B conj(x): any real map of the r pairs (re, im). */
  'widely-linear',
] as const;
/** A name of `parametrizations`: what the blocks of a stage are made of. */
export type Parametrization = (typeof parametrizations)[number];
export type SplitParametrization = 'exact' | 'twiddle' | 'free';

/** One butterfly stage: the size of its blocks, what they are made of, and its gates, if any. */
export interface StageSpec {
  readonly radix: number;
  readonly parametrization: Parametrization;
  readonly gate?: GateSpec;
}

/** The tensor behind a parameter name: a trainable leaf, or a constant once frozen. */
export type Provide = (name: string, shape: readonly number[]) => Tensor;

/** Parameters as constants. Throws InvalidArgumentError, naming it, for one that `values` lacks. */
export const frozen =
  (values: Readonly<Record<string, Float64Array>>): Provide =>
  (name, shape) => {
    if (!Object.hasOwn(values, name)) throw new InvalidArgumentError(`the model has no parameter "${name}"`);
    return constant(shape, values[name]);
  };

interface HasParameters {
  readonly provide: Provide;
}
type LearnedContext = StageContext & HasParameters;

/** Where the outputs of butterflies come from: constants alone, or parameters too. */
export interface Butterflies {
  stage(stage: StageSpec, c: StageContext, x: readonly Complex<Expr>[]): readonly Complex<Expr>[];
  split(
    split: SplitParametrization,
    c: SplitContext,
    pair: readonly Complex<Expr>[],
  ): readonly Complex<Expr>[];
}

/** Can a stage take a factor into its constants, at the cost of one more product instead of one per output? */
export const takesScale = (stage: StageSpec, inTime: boolean): boolean =>
  stage.parametrization === 'exact' && !stage.gate && inTime;

/** The parameter of every parametrisation that has one: its kind and its shape. */
const tables: Readonly<
  Record<Exclude<Parametrization, 'exact'>, (size: StageSize) => [StageParameter, number[]]>
> = {
  twiddle: ({ r, count }) => ['twiddle', [count, r - 1, 2]],
  'unit-circle': ({ r, count }) => ['angle', [count, r - 1]],
  free: ({ r, count }) => ['block', [count, r, r, 2]],
  unitary: ({ r, count }) => ['unitary', [count, r * r]],
  'widely-linear': ({ r, count }) => ['widely', [count, r, 2 * r, 2]],
};

/** Names and shapes of the trainable parameters of one stage. */
export function stageShapes(
  size: StageSize,
  { parametrization, gate }: StageSpec,
): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {};
  if (parametrization !== 'exact') {
    const [kind, shape] = tables[parametrization](size);
    shapes[parameterName(size.s, kind)] = shape;
  }
  if (gate) shapes[parameterName(size.s, 'gate')] = gateShape(gate, size);
  return shapes;
}

/** The table of a stage's parametrisation. */
function provided(stage: StageSpec, { size, provide }: LearnedContext): Tensor {
  if (stage.parametrization === 'exact') throw new Error('internal: an exact stage has no table');
  const [kind, shape] = tables[stage.parametrization](size);
  return provide(parameterName(size.s, kind), shape);
}

/** Index terms of butterfly b = g stride + k, times `step`. */
const butterflyTerms = ({ geometry, size }: LearnedContext, step = 1): Term[] =>
  geometry.g().map((g, d) => scaleTerm(addTerms(scaleTerm(g, size.stride), geometry.k[d]), step));

/** Index terms of the gate of a butterfly. */
function gateTerms(c: LearnedContext, grain: GateSpec['grain']): Term[] {
  const { stride } = c.size;
  const { space, k: offset } = c.geometry;
  if (grain === 'stage') return space.map(() => 0);
  const g = c.geometry.g();
  if (grain === 'block') return [...g];
  if (grain === 'butterfly') return butterflyTerms(c);
  if (stride % 4 !== 0 && 4 % stride !== 0)
    throw new UnsupportedError(
      `gates by run of four need strides that divide 4 or are multiples of it; this stage has ${stride}`,
    );
  // Runs of four: floor((g stride + k) / 4) splits into two terms because stride is a multiple of 4 or k < 4.
  return g.map((x, d) =>
    addTerms(
      floorTerm(scaleTerm(x, stride), 4, space[d]),
      stride >= 4 ? floorTerm(offset[d], 4, space[d]) : 0,
    ),
  );
}

/** exp(i t) of an angle t of a tensor; from tables where it is constant. */
function polar(angles: Tensor, offset: number, terms: Term[], list: LoadList): Complex<Expr> {
  const { source, shape } = angles;
  if (source.kind === 'constant') {
    const [re, im] = [cos, sin].map((f) => shared(constant(shape, Float64Array.from(source.data, f))));
    return list.complex({ re, im }, offset, terms);
  }
  const t = list.view(shared(angles), offset, terms);
  return { re: k.cos(t), im: k.sin(t) };
}

/** Twiddles w_1 .. w_{r-1} of a stage as expressions of the parametrisation. */
function stageTwiddles(stage: StageSpec, c: LearnedContext): Complex<Expr>[] {
  if (stage.parametrization === 'exact') return exactTwiddles(c);
  const table = provided(stage, c);
  const legs = Array.from({ length: stage.radix - 1 }, (_, a) => a);
  const terms = butterflyTerms(c, legs.length);
  return legs.map((a) =>
    stage.parametrization === 'unit-circle'
      ? polar(table, a, terms, c.list)
      : c.list.complex(sharedPairs(table), a, terms),
  );
}

/** DFT matrix times diag(1, w_1, ...): the block of decimation in time; its transpose in frequency. */
function twiddledBlock(r: number, w: readonly Complex<Expr>[], c: LearnedContext): Block<Expr> {
  const block =
    r === 2
      ? twiddleBlock(k, w[0])
      : dftBlock(k, r, c.inverse).map((row) =>
          row.map((e, a) => (a === 0 ? e : complex.mul(k, e, w[a - 1]))),
        );
  return c.inTime ? block : transpose(block);
}

/** The blocks of a table [count, r, columns, 2]. */
function blockOf(table: Tensor, c: LearnedContext): Block<Expr> {
  const [, r, columns] = table.shape;
  const terms = butterflyTerms(c, r * columns);
  return Array.from({ length: r }, (_, j) =>
    Array.from({ length: columns }, (_, a) => c.list.complex(sharedPairs(table), j * columns + a, terms)),
  );
}

function unitaryStageBlock(table: Tensor, c: LearnedContext): Block<Expr> {
  const { r, count } = c.size;
  if (table.source.kind === 'constant')
    return blockOf(constant([count, r, r, 2], unitaryBlocks(table.source.data, r, count)), c);
  const terms = butterflyTerms(c, r * r);
  const turns = Array.from({ length: r * r }, (_, i) => polar(table, i, terms, c.list));
  return unitaryBlock(k, r, turns, Math.sqrt(r));
}

/** Blocks [count, r, r, 2] that angles [count, r^2] make. */
export function unitaryBlocks(angles: ArrayLike<number>, r: number, count: number): Float64Array {
  const out = new Float64Array(2 * count * r * r);
  for (let b = 0; b < count; b++) {
    const turns = Array.from({ length: r * r }, (_, i) => {
      const t = angles[b * r * r + i];
      return { re: cos(t), im: sin(t) };
    });
    out.set(blockNumbers(unitaryBlock(numberCarrier, r, turns, Math.sqrt(r))), 2 * b * r * r);
  }
  return out;
}

/** The block of a stage before its gates. */
function stageBlock(stage: StageSpec, c: LearnedContext): Block<Expr> {
  switch (stage.parametrization) {
    case 'free':
    case 'widely-linear':
      return blockOf(provided(stage, c), c);
    case 'unitary':
      return unitaryStageBlock(provided(stage, c), c);
    case 'exact':
    case 'twiddle':
    case 'unit-circle':
      return twiddledBlock(stage.radix, stageTwiddles(stage, c), c);
    default:
      return stage.parametrization satisfies never;
  }
}

/** Shares of the gate of one butterfly; the same tensor serves all butterflies. */
function stageShares(gate: GateSpec, c: LearnedContext): Expr[] {
  const { s, r } = c.size;
  const shape = gateShape(gate, c.size);
  const tensor = gateShareTensor(gate, r, c.provide(parameterName(s, 'gate'), shape), {
    ...(gate.temperature === 'input' ? { temperature: c.provide('temperature', [1]) } : {}),
    ...(gate.sampled ? { noise: c.provide(parameterName(s, 'noise'), noiseShape(gate, shape)) } : {}),
  });
  const width = gateWidth(gate.kind, r);
  const terms = gateTerms(c, gate.grain).map((t) => scaleTerm(t, width));
  return Array.from({ length: width }, (_, j) => c.list.view(shared(tensor), j, terms));
}

const isDft = (p: Parametrization): boolean => p === 'exact' || p === 'twiddle' || p === 'unit-circle';

/** Outputs of one butterfly of a stage. */
function stageOutputs(
  stage: StageSpec,
  c: LearnedContext,
  x: readonly Complex<Expr>[],
): readonly Complex<Expr>[] {
  if (isDft(stage.parametrization) && !stage.gate) return twiddledOutputs(stageTwiddles(stage, c), c, x);
  let block = stageBlock(stage, c);
  if (stage.gate) block = gatedBlock(stage.gate.kind, stageShares(stage.gate, c), block);
  const widely = stage.parametrization === 'widely-linear';
  return butterfly(k, block, widely ? [...x, ...x.map((v) => complex.conjugate(k, v))] : x);
}

export function splitShapes(n: number, split: SplitParametrization): Record<string, readonly number[]> {
  if (split === 'exact') return {};
  return split === 'twiddle'
    ? { 'split.twiddle': [splitPoints(n), 2] }
    : { 'split.block': [splitPoints(n), 2, 2, 2] };
}

/** v(k) = -i exp(-2 pi i k / n), or its conjugate for the inverse: the twiddle of the split butterfly. */
export function splitTwiddle(point: number, n: number, inverse: boolean): [re: number, im: number] {
  const [re, im] = twiddle(point, n);
  return [im, inverse ? re : -re];
}

/** As `exactSplitOutputs`, with twiddles that are parameters; `free` is any 2 x 2 block. */
function splitOutputs(
  split: SplitParametrization,
  c: SplitContext & HasParameters,
  pair: readonly Complex<Expr>[],
): Complex<Expr>[] {
  const half: Scale = [c.scale[0] / 2, c.scale[1] / 2];
  if (split === 'free') {
    const table = sharedPairs(c.provide('split.block', [splitPoints(c.n), 2, 2, 2]));
    const block = [0, 1].map((j) => [0, 1].map((a) => c.list.complex(table, 2 * j + a, [4])));
    return butterfly(k, block, pair).map((y) => timesScale(c.scale, y));
  }
  if (split === 'exact') return exactSplitOutputs(c, pair);
  const [p, q] = smallDft(k, pair);
  const v = readSplitTwiddle(c.provide('split.twiddle', [splitPoints(c.n), 2]), c);
  return butterfly(k, twiddleBlock(k, v), [timesScale(half, p), timesScale(half, q)]);
}

/** Butterflies of every parametrisation, their parameters from `provide`. */
export const learnedButterflies = (provide: Provide): Butterflies => ({
  stage: (stage, c, x) => stageOutputs(stage, { ...c, provide }, x),
  split: (split, c, pair) => splitOutputs(split, { ...c, provide }, pair),
});
