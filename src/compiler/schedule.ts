/**
 * Where in a loop nest each value of a body is computed: as far out as it does not change.
 * Shared by every printer, so hoisting is one idea in one place.
 */
import { exprCarrier, reversedSub, topological, withArguments, type Expr } from '../ir/expr.ts';
import type { Kernel, KernelAccess } from './kernel.ts';

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
export function accessDepth(a: KernelAccess): number {
  for (let d = a.terms.length - 1; d >= 0; d--) if (a.terms[d] !== 0) return d + 1;
  return 0;
}

/** -(a - b) becomes b - a where the difference has no other use. */
function mergeSigns(body: readonly Expr[]): Expr[] {
  const order = topological(body);
  const uses = new Map<Expr, number>();
  for (const e of [...order.flatMap((x) => x.args), ...body]) uses.set(e, (uses.get(e) ?? 0) + 1);
  const rebuilt = new Map<Expr, Expr>();
  for (const e of order) {
    const args = e.args.map((a) => rebuilt.get(a) as Expr);
    const [inner] = e.args;
    if (e.op === 'literal' || e.op === 'argument') rebuilt.set(e, e);
    else if (e.op === 'neg' && inner.op === 'sub' && uses.get(inner) === 1)
      rebuilt.set(e, reversedSub(args[0]));
    else rebuilt.set(e, withArguments(e, args));
  }
  return body.map((e) => rebuilt.get(e) as Expr);
}

/** Nodes that only autodiff needs. */
function withoutStops(body: readonly Expr[]): Expr[] {
  const rebuilt = new Map<Expr, Expr>();
  for (const e of topological(body)) {
    const args = e.args.map((a) => rebuilt.get(a) as Expr);
    if (e.op === 'literal' || e.op === 'argument') rebuilt.set(e, e);
    else rebuilt.set(e, e.op === 'stopGradient' ? args[0] : exprCarrier[e.op](...args));
  }
  return body.map((e) => rebuilt.get(e) as Expr);
}

/** Beyond this many node visits the order of results is the given one. */
const maximumVisits = 200_000;

/**
 * Values before their users, results in the order that keeps few values alive: always the one that needs the least
 * computing next, so that the two outputs of a butterfly follow each other.
 */
function resultsByNeed(body: readonly Expr[]): Expr[] {
  const order = topological(body);
  if (body.length * body.length * order.length > 2 * maximumVisits) return order;
  const done = new Set<Expr>();
  const missing = (e: Expr, seen: Set<Expr>): number => {
    if (done.has(e) || seen.has(e)) return 0;
    seen.add(e);
    return e.args.reduce((sum, a) => sum + missing(a, seen), 1);
  };
  const sorted: Expr[] = [];
  const rest = new Set(body);
  while (rest.size > 0) {
    let best: Expr | null = null;
    let least = Infinity;
    for (const e of rest) {
      const cost = missing(e, new Set());
      if (cost < least) [best, least] = [e, cost];
    }
    if (!best) break;
    rest.delete(best);
    for (const e of topological([best])) {
      if (done.has(e)) continue;
      done.add(e);
      sorted.push(e);
    }
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
    if (s.mode !== 'write' || loaded.has(s.buffer) || depth.get(body[i]) !== kernel.extents.length) return;
    early.set(body[i], [...(early.get(body[i]) ?? []), i]);
  });
  return early;
}

export function scheduleKernel(kernel: Kernel): Schedule {
  const body = mergeSigns(withoutStops(kernel.body));
  const depth = new Map<Expr, number>();
  const levels: Expr[][] = Array.from({ length: kernel.extents.length + 1 }, () => []);
  for (const e of resultsByNeed(body)) {
    if (e.op === 'literal') {
      depth.set(e, 0);
      continue;
    }
    const d =
      e.op === 'argument'
        ? accessDepth(kernel.loads[e.value])
        : Math.max(...e.args.map((a) => depth.get(a) as number));
    depth.set(e, d);
    levels[d].push(e);
  }
  return { levels, body, depth, early: earlyStores(kernel, body, depth) };
}
