/**
 * The scalar language: a hash-consed DAG of real operations whose constructors simplify.
 *
 * An `Expr` is the body of a loop (graph.ts). Everything that runs papilio reads this table: the interpreter
 * evaluates it, autodiff differentiates it, the printers print it. Adding an op means adding one row to each
 * total table over `Op`. Idea: tinygrad's single op list; hash-consing after Filliatre & Conchon (2006).
 */
import { IllegalGraphError } from '../errors.ts';
import { numberArithmetic } from '../numeric/arithmetic.ts';
import { nearest } from '../numeric/half.ts';

/** Every scalar op with its arity; behind it, what it means. */
export const ops = {
  // leaves
  literal: 0, // a constant number, `value`
  argument: 0, // formal argument number `value` of the body
  // ring
  add: 2, // a + b
  sub: 2, // a - b
  mul: 2, // a * b
  neg: 1, // -a
  // field and order
  div: 2, // a / b
  sqrt: 1, // square root, correctly rounded
  abs: 1, // |a|
  min: 2, // the smaller; NaN if either is NaN
  max: 2, // the larger; NaN if either is NaN
  round: 1, // nearest integer, ties to even
  // predicates: only as first argument of select
  less: 2, // a < b (false with NaN)
  equal: 2, // a == b (false with NaN)
  select: 3, // a ? b : c
  // floating-point format
  exponent: 1, // the integer e nearest to log2 a, of a normal number a > 0: a / 2^e is from `leastMantissa` to twice that
  mantissa: 1, // a / 2^exponent(a), likewise
  powerOfTwo: 1, // 2^a for an integral a of a normal result
  // fixed point: products and quotients of 32-bit integers that stay integers (compiler/fixed.ts)
  mulHigh: 2, // the integer nearest to a b / 2^32, ties up
  mulHighDown: 2, // the same, ties down: -mulHigh(-a, b)
  mulHigh16: 2, // floor(a b / 2^16), |b| < 2^16
  shiftRight: 2, // floor(a / 2^b), b >= 0
  shiftLeft: 2, // a 2^b, b >= 0
  bitLength: 2, // the least n >= 0 with -2^n <= a, b < 2^n
  // transcendental: expanded to polynomials before lowering (compiler/expand.ts)
  exp: 1, // e^a
  log: 1, // natural logarithm
  sin: 1, // sine, radians
  cos: 1, // cosine, radians
  // autodiff
  stopGradient: 1, // a, with derivative zero
} as const satisfies Record<string, number>;

export type Op = keyof typeof ops;
export type Predicate = 'less' | 'equal';

/** One node; `value` is the literal or the argument index, 0 otherwise. `rank` orders nodes independently of history. */
export interface Expr {
  readonly op: Op;
  readonly args: readonly Expr[];
  readonly value: number;
  readonly id: number;
  readonly rank: number;
  /** The last walk that met the node; see `topological`. */
  met: number;
}

/** All ops over values of type T: the extended form of `Arithmetic<T>`. */
export type Carrier<T> = {
  readonly [K in Exclude<Op, 'literal' | 'argument'>]: (...args: T[]) => T;
} & {
  /** The value of a number. */
  literal(value: number): T;
};

/** Known nodes: per op, by the numbers of up to three operands, or by value for leaves. */
type Interned = Map<number | '-0', Expr | Map<number, Expr>>;
const interned = new Map<Op, Interned>();
let nodes = 0;
const opRank = /* @__PURE__ */ (() => new Map((Object.keys(ops) as Op[]).map((op, i) => [op, i + 1])))();
const word = /* @__PURE__ */ new Float64Array(1);
const words = /* @__PURE__ */ (() => new Int32Array(word.buffer))();

/** High word of the square root of 1/2: the rest is 0, so that numbers of 23 fraction bits are split where those of 52 are. */
export const leastMantissa = 0x3fe6a09e;

/** A number that depends on what the node is, not on when it was made. */
function rankOf(op: Op, args: readonly Expr[], value: number): number {
  word[0] = value;
  let rank = Math.imul(opRank.get(op) as number, 0x9e3779b1) ^ Math.imul(words[0], 0x85ebca6b) ^ words[1];
  for (const a of args) rank = Math.imul(rank ^ a.rank ^ (rank >>> 15), 0x2c1b3c6d) + 0x297a2d39;
  return rank | 0;
}

function intern(op: Op, args: readonly Expr[], value = 0): Expr {
  let known = interned.get(op);
  if (!known) interned.set(op, (known = new Map() as Interned));
  // Map keys hold 0 and -0 for one; -0 is a value of its own. Two ids make one exact float64 key up to 2^26 nodes each.
  const leaf: number | '-0' = Object.is(value, -0) ? '-0' : value;
  const key: number | '-0' =
    args.length === 0 ? leaf : args.length === 1 ? args[0].id : args[0].id * 2 ** 26 + args[1].id;
  let table = known as Map<number | '-0', Expr>;
  let last = key;
  if (args.length === 3) {
    let inner = known.get(key) as Map<number, Expr> | undefined;
    if (!inner) known.set(key, (inner = new Map<number, Expr>()));
    table = inner;
    last = args[2].id;
  }
  const found = table.get(last);
  if (found) return found;
  const expr: Expr = { op, args, value, id: nodes++, rank: rankOf(op, args, value), met: 0 };
  table.set(last, expr);
  return expr;
}

/** Formal argument `index` of a body: the element of tensor `index` of a `map`. */
export const argument = (index: number): Expr => intern('argument', [], index);
/** A number in a body. */
export const literal = (value: number): Expr => intern('literal', [], value);

const isLiteral = (e: Expr, value?: number): boolean =>
  e.op === 'literal' && (value === undefined || e.value === value);
const bothLiteral = (a: Expr, b: Expr): boolean => a.op === 'literal' && b.op === 'literal';
/** Operands of a commutative op in an order that does not depend on which was built first. */
const sorted = (a: Expr, b: Expr): [Expr, Expr] => (a.rank <= b.rank ? [a, b] : [b, a]);

/** Literal folding of ops without algebraic rules. */
function folded(op: Exclude<Op, 'literal' | 'argument'>, args: Expr[]): Expr {
  if (args.every((a) => a.op === 'literal') && op !== 'stopGradient')
    return literal(numberCarrier[op](...args.map((a) => a.value)));
  return intern(op, args);
}

/** A product of integers, scaled down. */
const product = (op: 'mulHigh' | 'mulHighDown' | 'mulHigh16', a: Expr, b: Expr): Expr =>
  isLiteral(a, 0) || isLiteral(b, 0) ? literal(0) : folded(op, [a, b]);

/** Is `difference` c - x for a literal c? */
const completes = (difference: Expr, x: Expr): boolean =>
  difference.op === 'sub' && difference.args[1] === x && difference.args[0].op === 'literal';

/**
 * The symbolic carrier. Rules used (x finite is assumed for 0 x = 0, as for every literal coefficient):
 * literals fold; a + 0, a - 0, a 1, a / 1 = a; a 0 = 0; a (-1) = -a; signs move outward and merge into add / sub;
 * of a - b and b - a one is built and the other is its negative, so that butterflies share them.
 * (a - x) + x = a for a literal a, so that a gate leaves the ones of the block it guards.
 * No rule reassociates other sums, so compensated arithmetic survives.
 */
export const exprCarrier: Carrier<Expr> = {
  literal,
  add(a, b) {
    if (bothLiteral(a, b)) return literal(a.value + b.value);
    if (isLiteral(a, 0)) return b;
    if (isLiteral(b, 0)) return a;
    if (a.op === 'neg' && b.op === 'neg') return exprCarrier.neg(exprCarrier.add(a.args[0], b.args[0]));
    if (b.op === 'neg') return exprCarrier.sub(a, b.args[0]);
    if (a.op === 'neg') return exprCarrier.sub(b, a.args[0]);
    if (completes(a, b)) return a.args[0];
    if (completes(b, a)) return b.args[0];
    return intern('add', sorted(a, b));
  },
  sub(a, b) {
    if (bothLiteral(a, b)) return literal(a.value - b.value);
    if (isLiteral(b, 0)) return a;
    if (isLiteral(a, 0)) return exprCarrier.neg(b);
    if (b.op === 'neg') return exprCarrier.add(a, b.args[0]);
    if (a.op === 'neg') return exprCarrier.neg(exprCarrier.add(a.args[0], b));
    // a - x may be built as -(x - a).
    if (b.op === 'sub' && b.args[0] === a && b.args[1].op === 'literal') return b.args[1];
    return a.rank <= b.rank ? intern('sub', [a, b]) : intern('neg', [intern('sub', [b, a])]);
  },
  mul(a, b) {
    if (bothLiteral(a, b)) return literal(a.value * b.value);
    if (isLiteral(a, 0) || isLiteral(b, 0)) return literal(0);
    if (isLiteral(a, 1)) return b;
    if (isLiteral(b, 1)) return a;
    if (isLiteral(a, -1)) return exprCarrier.neg(b);
    if (isLiteral(b, -1)) return exprCarrier.neg(a);
    if (a.op === 'neg') return exprCarrier.neg(exprCarrier.mul(a.args[0], b));
    if (b.op === 'neg') return exprCarrier.neg(exprCarrier.mul(a, b.args[0]));
    if (a.op === 'literal' && a.value < 0) return exprCarrier.neg(exprCarrier.mul(literal(-a.value), b));
    if (b.op === 'literal' && b.value < 0) return exprCarrier.neg(exprCarrier.mul(a, literal(-b.value)));
    return intern('mul', sorted(a, b));
  },
  neg(a) {
    if (a.op === 'literal') return literal(-a.value);
    if (a.op === 'neg') return a.args[0];
    return intern('neg', [a]);
  },
  div: (a, b) => (isLiteral(b, 1) ? a : folded('div', [a, b])),
  sqrt: (a) => folded('sqrt', [a]),
  abs: (a) => folded('abs', [a]),
  min: (a, b) => folded('min', sorted(a, b)),
  max: (a, b) => folded('max', sorted(a, b)),
  round: (a) => folded('round', [a]),
  less: (a, b) => folded('less', [a, b]),
  equal: (a, b) => folded('equal', sorted(a, b)),
  select(condition, a, b) {
    if (condition.op === 'literal') return condition.value !== 0 ? a : b;
    return a === b ? a : intern('select', [condition, a, b]);
  },
  exponent: (a) => folded('exponent', [a]),
  mantissa: (a) => folded('mantissa', [a]),
  powerOfTwo: (a) => folded('powerOfTwo', [a]),
  mulHigh: (a, b) => product('mulHigh', a, b),
  mulHighDown: (a, b) => product('mulHighDown', a, b),
  mulHigh16: (a, b) => product('mulHigh16', a, b),
  shiftRight: (a, b) => (isLiteral(b, 0) ? a : folded('shiftRight', [a, b])),
  shiftLeft: (a, b) => (isLiteral(b, 0) ? a : folded('shiftLeft', [a, b])),
  bitLength: (a, b) => folded('bitLength', sorted(a, b)),
  exp: (a) => folded('exp', [a]),
  log: (a) => folded('log', [a]),
  sin: (a) => folded('sin', [a]),
  cos: (a) => folded('cos', [a]),
  stopGradient: (a) => (a.op === 'literal' ? a : intern('stopGradient', [a])),
};

/** A node as it stands, without simplification: for passes that choose the form themselves. */
export const node = (op: Op, args: readonly Expr[]): Expr => intern(op, args);

/** Nearest integer, ties to even (WebAssembly `nearest`, C `rint`). */
export const roundTiesToEven = (a: number): number =>
  Math.abs(a) < 2 ** 52 ? Math.sign(a) * nearest(Math.abs(a)) : a;

/** floor((a b + 2^31 - by) / 2^32) of integers; exact, since products of integers may have more than 53 bits. */
const highWord = (a: number, b: number, by: bigint): number =>
  Number((BigInt(a) * BigInt(b) + 2n ** 31n - by) >> 32n);

/** The float64 carrier: the meaning of every op, used by the interpreters. Predicates are 1 or 0. */
export const numberCarrier: Carrier<number> = {
  ...numberArithmetic,
  div: (a, b) => a / b,
  sqrt: Math.sqrt,
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  round: roundTiesToEven,
  less: (a, b) => (a < b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  select: (condition, a, b) => (condition !== 0 ? a : b),
  exponent(a) {
    word[0] = a;
    return (words[1] - leastMantissa) >> 20;
  },
  mantissa(a) {
    word[0] = a;
    words[1] = ((words[1] - leastMantissa) & 0xfffff) + leastMantissa;
    return word[0];
  },
  powerOfTwo: (a) => 2 ** a,
  mulHigh: (a, b) => highWord(a, b, 0n),
  mulHighDown: (a, b) => highWord(a, b, 1n),
  mulHigh16: (a, b) => Math.floor((a * b) / 2 ** 16),
  shiftRight: (a, b) => Math.floor(a / 2 ** b),
  shiftLeft: (a, b) => a * 2 ** b,
  bitLength: (a, b) => 32 - Math.clz32((a ^ (a >> 31)) | (b ^ (b >> 31))),
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  stopGradient: (a) => a,
};

/** The arithmetic of a number format: every op of float64 numbers, rounded. */
export function roundedCarrier(round: (x: number) => number): Carrier<number> {
  const rounded = Object.entries(numberCarrier).map(([op, f]: [string, (...args: number[]) => number]) => [
    op,
    (...args: number[]) => round(f(...args)),
  ]);
  return Object.fromEntries(rounded) as Carrier<number>;
}

let walks = 0;

/** Every node that `roots` depend on, arguments before users. */
export function topological(roots: readonly Expr[]): Expr[] {
  const order: Expr[] = [];
  const walk = ++walks;
  for (const root of roots) visit(root, walk, order);
  return order;
}

function visit(e: Expr, walk: number, order: Expr[]): void {
  if (e.met === walk) return;
  e.met = walk;
  for (const a of e.args) visit(a, walk, order);
  order.push(e);
}

/**
 * Rebuild `roots` over another carrier with `args` for the formal arguments.
 * With `numberCarrier` this evaluates; with `exprCarrier` it substitutes and simplifies.
 */
export function evaluate<T>(k: Carrier<T>, roots: readonly Expr[], args: readonly T[]): T[] {
  const values = new Map<Expr, T>();
  const valueOf = (a: Expr): T => values.get(a) as T;
  for (const e of topological(roots)) values.set(e, rebuild(k, e, e.args.map(valueOf), args));
  return roots.map(valueOf);
}

/** `evaluate` for many values of the arguments: the nodes are put in order once. */
export function evaluator<T>(k: Carrier<T>, roots: readonly Expr[]): (args: readonly T[]) => T[] {
  const order = topological(roots);
  const places = new Map(order.map((e, i) => [e, i]));
  const placesOf = (all: readonly Expr[]): number[] => all.map((e) => places.get(e) as number);
  const operands = order.map((e) => placesOf(e.args));
  const ends = placesOf(roots);
  return (args) => {
    const values: T[] = [];
    const valueAt = (i: number): T => values[i];
    for (let i = 0; i < order.length; i++) values.push(rebuild(k, order[i], operands[i].map(valueAt), args));
    return ends.map(valueAt);
  };
}

/** One node over a carrier, given the values of its arguments. */
export function rebuild<T>(k: Carrier<T>, e: Expr, values: T[], args: readonly T[]): T {
  if (e.op === 'literal') return k.literal(e.value);
  if (e.op === 'argument') {
    if (e.value >= args.length)
      throw new IllegalGraphError(`argument ${e.value} of a body that was given ${args.length}`);
    return args[e.value];
  }
  return k[e.op](...values);
}

/** Which formal arguments the roots read. */
export function usedArguments(roots: readonly Expr[]): Set<number> {
  const used = new Set<number>();
  for (const e of topological(roots)) if (e.op === 'argument') used.add(e.value);
  return used;
}

/** Number of real multiplications (div and sqrt included) and additions (sub, neg excluded) in a body. */
export function countOperations(roots: readonly Expr[]): { mul: number; add: number; other: number } {
  const count = { mul: 0, add: 0, other: 0 };
  for (const e of topological(roots)) {
    if (e.op === 'mul') count.mul++;
    else if (e.op === 'add' || e.op === 'sub') count.add++;
    else if (e.op !== 'literal' && e.op !== 'argument' && e.op !== 'neg' && e.op !== 'stopGradient')
      count.other++;
  }
  return count;
}
