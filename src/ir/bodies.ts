/** Passes over bodies: rebuilding them node by node, and remembering what was made of a body that recurs. */
import { memoized } from '../numeric/memoized.ts';
import { topological, type Expr } from './expr.ts';

/** The roots with `rule` applied to every node and its rebuilt arguments, arguments before users. */
export function rebuildBody(roots: readonly Expr[], rule: (e: Expr, args: Expr[]) => Expr): Expr[] {
  const rebuilt = new Map<Expr, Expr>();
  const of = (e: Expr): Expr => rebuilt.get(e) as Expr;
  for (const e of topological(roots)) rebuilt.set(e, rule(e, e.args.map(of)));
  return roots.map(of);
}

const maximumRemembered = 256;

/** A function of bodies that keeps its latest results: bodies recur from piece to piece, stage to stage and plan to plan. */
export const perBody = <T>(make: (body: readonly Expr[]) => T): ((body: readonly Expr[]) => T) =>
  memoized(make, maximumRemembered, (body) => body.map((e) => e.id).join());
