/** Which additions take their multiplication along as one fused multiply-add, where a backend has that instruction. */
import type { Expr, Op } from '../ir/expr.ts';
import type { Schedule } from './schedule.ts';

/** a b + c, or c - a b when `negative`. */
interface MultiplyAdd {
  readonly a: Expr;
  readonly b: Expr;
  readonly c: Expr;
  readonly negative: boolean;
  /** What multiplies. */
  readonly op: Op;
}

/** Products by the sums that can take them. */
export type Products = { readonly [K in Op]?: 'add' | 'sub' | 'both' };

/**
 * Fused operations of a schedule by the sum they replace, and the products that disappear. A product is fused where all its
 * uses are sums that can take it; one that is used in other ways has to be computed anyway.
 */
export function contractions(
  { levels, body, depth }: Schedule,
  products: Products = { mul: 'both' },
): {
  readonly fused: ReadonlyMap<Expr, MultiplyAdd>;
  readonly absorbed: ReadonlySet<Expr>;
} {
  const all = levels.flat();
  const users = new Map<Expr, Expr[]>();
  for (const e of all) for (const a of e.args) users.set(a, [...(users.get(a) ?? []), e]);
  const results = new Set(body);
  const fused = new Map<Expr, MultiplyAdd>();
  const absorbed = new Set<Expr>();
  /** Where sum e may take product x: its second operand, or either of an addition. */
  const placeIn = (e: Expr, x: Expr): number => {
    const takers = products[x.op];
    if (takers !== 'both' && takers !== e.op) return -1;
    if ((e.op !== 'add' && e.op !== 'sub') || fused.has(e) || depth.get(e) !== depth.get(x)) return -1;
    // Of a difference only the subtracted product fuses without a change of sign.
    if (e.args[1] === x && e.args[0] !== x) return 1;
    return e.op === 'add' && e.args[0] === x && e.args[1] !== x ? 0 : -1;
  };
  for (const x of all) {
    const own = users.get(x) ?? [];
    if (!products[x.op] || results.has(x) || own.length === 0 || own.some((e) => placeIn(e, x) < 0)) continue;
    const [a, b] = x.args;
    for (const e of own) {
      const c = e.args[1 - placeIn(e, x)];
      fused.set(e, { a, b, c, negative: e.op === 'sub', op: x.op });
    }
    absorbed.add(x);
  }
  return { fused, absorbed };
}
