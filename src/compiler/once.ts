/** Loads of one element at a point as one load: of memory far away each element is read once. */
import { rebuildBody } from '../ir/bodies.ts';
import { argument, exprCarrier } from '../ir/expr.ts';
import { sameAccess } from '../ir/graph.ts';
import type { Kernel, KernelAccess } from './kernel.ts';

/** The kernel without loads that another one makes. */
export function loadedOnce(kernel: Kernel): Kernel {
  const loads: KernelAccess[] = [];
  const places = kernel.loads.map((a) => {
    const known = loads.findIndex((b) => a.buffer === b.buffer && sameAccess(a, b));
    return known < 0 ? loads.push(a) - 1 : known;
  });
  if (loads.length === kernel.loads.length) return kernel;
  const body = rebuildBody(kernel.body, (e, args) => {
    if (e.op === 'argument') return argument(places[e.value]);
    return e.op === 'literal' ? e : exprCarrier[e.op](...args);
  });
  return { ...kernel, loads, body };
}
