/**
 * Where in a loop nest each value of a body is computed: as far out as it does not change.
 * Shared by every printer, so hoisting is one idea in one place.
 */
import { perBody, rebuildBody } from '../ir/bodies.ts';
import { exprCarrier, topological, type Expr } from '../ir/expr.ts';
import type { Kernel, KernelAccess } from './kernel.ts';
import { fewestNegations } from './signs.ts';

export interface Schedule {
  /** levels[d]: values computed inside d loops, arguments before users. Literals are in none. */
  readonly levels: readonly (readonly Expr[])[];
  /** The body as scheduled (signs merged, stopGradient removed). */
  readonly body: readonly Expr[];
  readonly depth: ReadonlyMap<Expr, number>;
  /** Stores of a value that may follow it at once, in the innermost loop: nothing is read from their buffer. */
  readonly early: ReadonlyMap<Expr, readonly number[]>;
}

/** Number of loops an access depends on, counted from the outside. */
function accessDepth(a: KernelAccess): number {
  for (let d = a.terms.length - 1; d >= 0; d--) if (a.terms[d] !== 0) return d + 1;
  return 0;
}

/** Nodes that only autodiff needs. */
function withoutStops(body: readonly Expr[]): readonly Expr[] {
  if (!topological(body).some((e) => e.op === 'stopGradient')) return body;
  return rebuildBody(body, (e, args) => {
    if (e.op === 'literal' || e.op === 'argument') return e;
    return e.op === 'stopGradient' ? args[0] : exprCarrier[e.op](...args);
  });
}

/** Beyond this many node visits the order of results is the given one. */
const maximumVisits = 400_000;

/**
 * Values before their users, in an order that keeps few of them alive: results that need the least computing come next,
 * so that the two outputs of a butterfly follow each other, and once the last one or two uses of a value can be
 * computed they are, so that a product of complex numbers is finished before the next is begun.
 */
function resultsByNeed(body: readonly Expr[]): Expr[] {
  const order = topological(body);
  if (body.length < 3 || body.length * body.length * order.length > maximumVisits) return order;
  const position = new Map(order.map((e, i) => [e, i]));
  const args = order.map((e) => e.args.map((a) => position.get(a) as number));
  const users: number[][] = order.map(() => []);
  args.forEach((list, i) => list.forEach((a) => users[a].push(i)));
  const roots = [...new Set(body.map((e) => position.get(e) as number))];
  /** Number of the search that met a node last; `done` once it is computed. */
  const met = new Int32Array(order.length);
  const done = -1;
  let search = 0;
  /** Values that i still needs; counting stops at `enough`. */
  const missing = (i: number, enough: number): number => {
    if (met[i] === done || met[i] === search) return 0;
    met[i] = search;
    let count = 1;
    for (const a of args[i]) {
      if (count >= enough) break;
      count += missing(a, enough - count);
    }
    return count;
  };
  const sorted: Expr[] = [];
  const finish = (i: number): void => {
    const open = users[i].filter((u) => met[u] !== done);
    if (open.length > 2 || !open.every((u) => args[u].every((a) => met[a] === done))) return;
    for (const u of open) compute(u);
  };
  const compute = (i: number): void => {
    if (met[i] === done) return;
    for (const a of args[i]) compute(a);
    if (met[i] === done) return; // finished together with an operand
    met[i] = done;
    sorted.push(order[i]);
    if (order[i].op === 'literal') return;
    for (const a of args[i]) if (order[a].op !== 'literal') finish(a);
    finish(i);
  };
  while (roots.length > 0) {
    let best = 0;
    let least = Infinity;
    roots.forEach((root, r) => {
      search++;
      const cost = missing(root, least);
      if (cost < least) [best, least] = [r, cost];
    });
    compute(roots.splice(best, 1)[0]);
  }
  return sorted;
}

/** Stores that need not wait for the end of the point. */
function earlyStores(
  kernel: Kernel,
  body: readonly Expr[],
  depth: ReadonlyMap<Expr, number>,
): Map<Expr, number[]> {
  const loaded = new Set(kernel.loads.map((l) => l.buffer));
  const early = new Map<Expr, number[]>();
  kernel.stores.forEach((s, i) => {
    const value = body[i];
    if (s.mode !== 'write' || loaded.has(s.buffer) || value.op === 'literal') return;
    if (depth.get(value) !== kernel.extents.length) return;
    early.set(body[i], [...(early.get(body[i]) ?? []), i]);
  });
  return early;
}

/** A body with its signs merged, and its values in the order in which they are computed. */
const prepared = /* @__PURE__ */ perBody((given) => {
  const body = fewestNegations(withoutStops(given));
  return { body, order: resultsByNeed(body) };
});

export function scheduleKernel(kernel: Kernel): Schedule {
  const { body, order } = prepared(kernel.body);
  const depth = new Map<Expr, number>();
  const levels: Expr[][] = Array.from({ length: kernel.extents.length + 1 }, () => []);
  for (const e of order) {
    if (e.op === 'literal') {
      depth.set(e, 0);
      continue;
    }
    const d =
      e.op === 'argument'
        ? accessDepth(kernel.loads[e.value])
        : e.args.reduce((deepest, a) => Math.max(deepest, depth.get(a) as number), 0);
    depth.set(e, d);
    levels[d].push(e);
  }
  return { levels, body, depth, early: earlyStores(kernel, body, depth) };
}
