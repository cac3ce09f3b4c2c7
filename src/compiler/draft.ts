/** A loop nest on its way from a loop to kernels. */
import { argument, evaluate, exprCarrier, topological, type Expr } from '../ir/expr.ts';
import type { KernelAccess, KernelStore } from './kernel.ts';

/** A kernel before its loops are merged and vectorised; `reduced` marks reduction dimensions. */
export interface Draft {
  label: string;
  extents: number[];
  reduced: boolean[];
  loads: KernelAccess[];
  body: readonly Expr[];
  stores: KernelStore[];
}

export const accessesOf = (d: Draft): KernelAccess[] => [...d.loads, ...d.stores];
export const mapAccesses = (d: Draft, f: <A extends KernelAccess>(a: A) => A): Draft => ({
  ...d,
  loads: d.loads.map(f),
  stores: d.stores.map(f),
});

/** A nest without a loop of one turn. */
const withoutLoop = (d: Draft, v: number): Draft => ({
  ...mapAccesses(d, (a) => ({ ...a, terms: a.terms.filter((_, i) => i !== v) })),
  extents: d.extents.filter((_, i) => i !== v),
  reduced: d.reduced.filter((_, i) => i !== v),
});

/** Most accesses of a body that is repeated: more squares of vectors than these do not fit the registers. */
const mostAccesses = 24;
/** Most operations of such a body. */
const mostOperations = 512;

/**
 * `times` points along loop v as one body, each value loaded once; null where that is not possible or nothing
 * lies side by side along v.
 */
export function repeatedBody(d: Draft, v: number, times: number): Draft | null {
  const all = accessesOf(d);
  const written = new Set(d.stores.map((s) => s.buffer));
  if (d.reduced.includes(true) || d.extents[v] % times !== 0 || all.length > mostAccesses) return null;
  if (all.some((a) => typeof a.terms[v] !== 'number') || !all.some((a) => a.terms[v] === 1)) return null;
  if (d.stores.some((s) => s.mode !== 'write') || d.loads.some((l) => written.has(l.buffer))) return null;
  if (topological(d.body).length > mostOperations) return null;
  const moved = <A extends KernelAccess>(a: A, q: number): A => ({
    ...a,
    offset: a.offset + q * (a.terms[v] as number),
    terms: a.terms.map((t, i) => (i === v ? times * (t as number) : t)),
  });
  const loads: KernelAccess[] = [];
  const body: Expr[] = [];
  const stores: KernelStore[] = [];
  for (let q = 0; q < times; q++) {
    const args = d.loads.map((l, i) => argument(q > 0 && l.terms[v] === 0 ? i : loads.push(moved(l, q)) - 1));
    body.push(...evaluate(exprCarrier, d.body, args));
    stores.push(...d.stores.map((s) => moved(s, q)));
  }
  const repeated = { ...d, loads, body, stores };
  repeated.extents = d.extents.map((e, i) => (i === v ? e / times : e));
  return repeated.extents[v] > 1 ? repeated : withoutLoop(repeated, v);
}
