/**
 * Reverse-mode autodiff, graph to graph: the gradient of a graph is a graph.
 *
 * Scalars: one row per op in `adjoint`. Tensors: one rule. A loop's adjoint is a loop over the same space that loads
 * what the loop loaded and the cotangents at the addresses of its stores, and stores each cotangent at the address of
 * the load it belongs to. (Griewank & Walther, Evaluating Derivatives, 2008.)
 */
import { IllegalGraphError } from '../errors.ts';
import { perBody, rebuildBody } from './bodies.ts';
import { argument, exprCarrier as k, literal, topological, type Expr, type Op } from './expr.ts';
import {
  addresses,
  constant,
  ignores,
  loop,
  loopsOf,
  map,
  type Combine,
  type Load,
  type Loop,
  type Store,
  type Tensor,
} from './graph.ts';

type Adjoint = (args: readonly Expr[], cotangent: Expr, value: Expr) => readonly (Expr | null)[];
const none: Adjoint = (args) => args.map(() => null);

/** Integers have no derivative. */
const refused =
  (op: Op): Adjoint =>
  () => {
    throw new IllegalGraphError(`the gradient of ${op}; expected ops on real numbers, not of fixed point`);
  };

/** d loss / d args from d loss / d value, per op. `null` means no dependence. */
const adjoint: { readonly [K in Op]: Adjoint } = {
  literal: none,
  argument: none,
  add: (_, c) => [c, c],
  sub: (_, c) => [c, k.neg(c)],
  mul: ([a, b], c) => [k.mul(c, b), k.mul(c, a)],
  neg: (_, c) => [k.neg(c)],
  div: ([, b], c, v) => [k.div(c, b), k.neg(k.div(k.mul(c, v), b))],
  sqrt: (_, c, v) => [k.div(c, k.add(v, v))],
  abs: ([a], c) => [k.select(k.less(a, literal(0)), k.neg(c), c)],
  min: ([a, b], c) => [k.select(k.less(b, a), literal(0), c), k.select(k.less(b, a), c, literal(0))],
  max: ([a, b], c) => [k.select(k.less(a, b), literal(0), c), k.select(k.less(a, b), c, literal(0))],
  round: none,
  less: none,
  equal: none,
  select: ([condition], c) => [null, k.select(condition, c, literal(0)), k.select(condition, literal(0), c)],
  exponent: none,
  mantissa: ([a], c) => [k.div(c, k.powerOfTwo(k.exponent(a)))],
  powerOfTwo: (_, c, v) => [k.mul(c, k.mul(v, literal(Math.LN2)))],
  mulHigh: refused('mulHigh'),
  mulHighDown: refused('mulHighDown'),
  mulHigh16: refused('mulHigh16'),
  shiftRight: refused('shiftRight'),
  shiftLeft: refused('shiftLeft'),
  bitLength: refused('bitLength'),
  exp: (_, c, v) => [k.mul(c, v)],
  log: ([a], c) => [k.div(c, a)],
  sin: ([a], c) => [k.mul(c, k.cos(a))],
  cos: ([a], c) => [k.neg(k.mul(c, k.sin(a)))],
  stopGradient: none,
};

/** Cotangents of formal arguments of a body, given the cotangents of its outputs. */
function bodyAdjoint(body: readonly Expr[], cotangents: readonly (Expr | null)[]): Map<number, Expr> {
  const total = new Map<Expr, Expr>();
  const accumulate = (e: Expr, c: Expr | null): void => {
    if (c) total.set(e, total.has(e) ? k.add(total.get(e) as Expr, c) : c);
  };
  body.forEach((e, i) => accumulate(e, cotangents[i]));
  for (const e of topological(body).reverse()) {
    const c = total.get(e);
    if (c) adjoint[e.op](e.args, c, e).forEach((d, i) => accumulate(e.args[i], d));
  }
  const result = new Map<number, Expr>();
  for (const [e, c] of total) if (e.op === 'argument') result.set(e.value, c);
  return result;
}

/** Do these accesses together touch every element of a tensor of this size exactly once? */
function coversOnce(loads: readonly Load[], space: readonly number[], size: number): boolean {
  if (loads.some((l) => space.some((extent, d) => extent > 1 && ignores(l.access, d)))) return false;
  const seen = new Uint8Array(size);
  let count = 0;
  for (const l of loads)
    for (const at of addresses(l.access, space)) {
      if (seen[at]) return false;
      seen[at] = 1;
      count++;
    }
  return count === size;
}

/** Cotangents of the tensors a loop loads and that `wanted` selects. */
function loopAdjoint(
  l: Loop,
  cotangents: Map<Tensor, Tensor>,
  wanted: (t: Tensor) => boolean,
): Map<Tensor, Tensor> {
  const loads: Load[] = [...l.loads];
  const seeds = l.stores.map((s, i) => {
    const tensor = cotangents.get(l.results[s.result]);
    if (!tensor) return null;
    loads.push({ tensor, access: s.access });
    const seed = argument(loads.length - 1);
    if (s.combine !== 'max') return seed;
    // max: the cotangent goes to the elements equal to the maximum.
    loads.push({ tensor: l.results[s.result], access: s.access });
    return k.select(k.equal(l.body[i], argument(loads.length - 1)), seed, literal(0));
  });
  const byArgument = bodyAdjoint(l.body, seeds);
  const body: Expr[] = [];
  const stores: Store[] = [];
  const targets: Tensor[] = [];
  for (const tensor of new Set(l.loads.map((x) => x.tensor))) {
    if (!wanted(tensor)) continue;
    const uses = l.loads.flatMap((x, i) =>
      x.tensor === tensor ? [{ ...x, cotangent: byArgument.get(i) }] : [],
    );
    if (uses.every((u) => !u.cotangent)) continue;
    const combine: Combine = coversOnce(uses, l.space, tensor.size) ? 'store' : 'sum';
    for (const u of uses) {
      body.push(u.cotangent ?? literal(0));
      stores.push({ result: targets.length, access: u.access, combine });
    }
    targets.push(tensor);
  }
  if (targets.length === 0) return new Map();
  const results = loop({
    label: `adjoint of ${l.label}`,
    space: l.space,
    ...pruneLoads(loads, body),
    stores,
    shapes: targets.map((t) => t.shape),
  });
  return new Map(targets.map((t, i) => [t, results[i]]));
}

/** The body with `place` of every argument it reads, in order, as the argument's new number. */
const renumber = (body: readonly Expr[], place: (index: number) => number): Expr[] =>
  rebuildBody(body, (e, args) => {
    if (e.op === 'argument') return argument(place(e.value));
    return e.op === 'literal' ? e : k[e.op](...args);
  });

/** The body with arguments numbered as they are met, and what their numbers were. */
const dense = /* @__PURE__ */ perBody((body) => {
  const used: number[] = [];
  return { body: renumber(body, (index) => used.push(index) - 1), used };
});

const sameLoad = (x: Load, y: Load): boolean => x.tensor === y.tensor && x.access === y.access;

function hasEqual(loads: readonly Load[]): boolean {
  for (let i = 0; i < loads.length; i++)
    for (let j = 0; j < i; j++) if (sameLoad(loads[i], loads[j])) return true;
  return false;
}

/** Drop loads that a body does not read and merge equal ones; renumbers the arguments. */
export function pruneLoads(
  loads: readonly Load[],
  body: readonly Expr[],
): { loads: Load[]; body: readonly Expr[] } {
  if (!hasEqual(loads)) {
    const pruned = dense(body);
    return { loads: pruned.used.map((i) => loads[i]), body: pruned.body };
  }
  const kept: Load[] = [];
  const place = (index: number): number => {
    const at = kept.findIndex((x) => sameLoad(x, loads[index]));
    return at < 0 ? kept.push(loads[index]) - 1 : at;
  };
  const pruned = renumber(body, place);
  return { loads: kept, body: pruned };
}

/**
 * d loss / d targets as graph tensors of the targets' shapes. `loss` is a scalar tensor (size 1).
 * A target the loss does not depend on gets zeros. Throws IllegalGraphError if the loss is not scalar.
 */
export function gradient(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (loss.size !== 1)
    throw new IllegalGraphError(
      `gradient of a tensor of shape [${loss.shape.join(', ')}]; the loss must be a scalar`,
    );
  const order = loopsOf({ outputs: { loss } });
  const needed = new Set<Tensor>(targets);
  for (const l of order)
    if (l.loads.some((x) => needed.has(x.tensor))) for (const r of l.results) needed.add(r);

  const cotangents = new Map<Tensor, Tensor>([[loss, constant(loss.shape, [1])]]);
  for (const l of [...order].reverse()) {
    if (!l.results.some((r) => cotangents.has(r))) continue;
    for (const [tensor, c] of loopAdjoint(l, cotangents, (t) => needed.has(t))) {
      const known = cotangents.get(tensor);
      const sum = known ? map('add cotangents', [known, c], [k.add(argument(0), argument(1))])[0] : c;
      cotangents.set(tensor, sum);
    }
  }
  return targets.map((t) => cotangents.get(t) ?? constant(t.shape, new Float64Array(t.size)));
}
