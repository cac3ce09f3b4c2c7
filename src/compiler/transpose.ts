/**
 * Strided accesses that are cheap together: neighbouring elements per lane are loaded (or stored) as whole vectors and
 * transposed in registers, as the last pass of a Stockham transform and interleaved complex numbers need it.
 */
import type { KernelAccess } from './kernel.ts';

/**
 * Accesses (by index) with equal terms, consecutive offsets and one stride of at least 2 along loop v: pairs where the
 * stride is 2, else as many as there are lanes.
 */
export function transposedGroups(accesses: readonly KernelAccess[], v: number, lanes: number): number[][] {
  const families = new Map<string, Map<number, number>>();
  accesses.forEach((a, i) => {
    const stride = a.terms[v];
    if (typeof stride !== 'number' || stride < 2) return;
    const key = `${a.buffer};${a.terms.map((t) => (typeof t === 'number' ? t : t.join(' '))).join()}`;
    const members = families.get(key) ?? new Map<number, number>();
    families.set(key, members);
    if (!members.has(a.offset)) members.set(a.offset, i);
  });
  return [...families.values()].flatMap((members) => {
    const width = accesses[[...members.values()][0]].terms[v] === 2 ? 2 : lanes;
    return runs(
      [...members.keys()].sort((a, b) => a - b),
      width,
    ).map((run) => run.map((offset) => members.get(offset) as number));
  });
}

/** Runs of `width` consecutive numbers in a sorted list. */
function runs(sorted: readonly number[], width: number): number[][] {
  const found: number[][] = [];
  for (let i = 0; i + width <= sorted.length;) {
    const run = sorted.slice(i, i + width);
    if (run[width - 1] - run[0] === width - 1) {
      found.push(run);
      i += width;
    } else i++;
  }
  return found;
}
