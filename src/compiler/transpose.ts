/**
 * Strided accesses that are cheap together: neighbouring elements per lane are loaded (or stored) as whole vectors and
 * transposed in registers, as the last pass of a Stockham transform and interleaved complex numbers need it.
 */
import type { KernelAccess } from './kernel.ts';

/**
 * Accesses (by index) with equal terms, consecutive offsets and one stride of at least 2 along loop v: pairs where the
 * stride is 2, else as many as there are lanes. The last group of more may share members with the one before it.
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

/** Runs of `width` consecutive numbers that cover every longer run in a sorted list; the last of one reaches back. */
function runs(sorted: readonly number[], width: number): number[][] {
  const found: number[][] = [];
  for (let i = 0, end = 0; i < sorted.length; i = end) {
    for (end = i + 1; end < sorted.length && sorted[end] === sorted[end - 1] + 1;) end++;
    if (end - i < width) continue;
    for (let at = i; at < end; at += width) {
      const from = Math.min(at, end - width);
      found.push(sorted.slice(from, from + width));
    }
  }
  return found;
}
