/** Which additions take their multiplication along as one fused multiply-add, where a backend has that instruction. */
import type { Expr } from '../ir/expr.ts';
import type { Schedule } from './schedule.ts';

/** a b + c, or c - a b when `negative`. */
export interface MultiplyAdd {
  readonly a: Expr;
  readonly b: Expr;
  readonly c: Expr;
  readonly negative: boolean;
}

/** Fused operations of a schedule by the sum they replace, and the products that disappear. A product is fused where it is used once. */
export function contractions({ levels, body, depth }: Schedule): {
  readonly fused: ReadonlyMap<Expr, MultiplyAdd>;
  readonly absorbed: ReadonlySet<Expr>;
} {
  const uses = new Map<Expr, number>();
  const all = levels.flat();
  for (const e of [...all.flatMap((x) => x.args), ...body]) uses.set(e, (uses.get(e) ?? 0) + 1);
  const fused = new Map<Expr, MultiplyAdd>();
  const absorbed = new Set<Expr>();
  for (const e of all) {
    if (e.op !== 'add' && e.op !== 'sub') continue;
    // Of a difference only the subtracted product fuses without a change of sign.
    for (const at of e.op === 'sub' ? [1] : [1, 0]) {
      const product = e.args[at];
      if (product.op !== 'mul' || uses.get(product) !== 1 || depth.get(product) !== depth.get(e)) continue;
      const [a, b] = product.args;
      fused.set(e, { a, b, c: e.args[1 - at], negative: e.op === 'sub' });
      absorbed.add(product);
      break;
    }
  }
  return { fused, absorbed };
}
