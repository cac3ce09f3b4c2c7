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

export function scheduleKernel(kernel: Kernel): Schedule {
  const body = mergeSigns(withoutStops(kernel.body));
  const depth = new Map<Expr, number>();
  const levels: Expr[][] = Array.from({ length: kernel.extents.length + 1 }, () => []);
  for (const e of topological(body)) {
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
  return { levels, body, depth };
}
