/**
 * Strided and permuted accesses that are cheap together: whole vectors are loaded (or stored) and their lanes exchanged in
 * registers, as the last pass of a Stockham transform, interleaved complex numbers, the first stages of an in-place
 * network and a digit reversal need it.
 */
import { sameTerms, type Term } from '../ir/graph.ts';
import type { KernelAccess } from './kernel.ts';

/**
 * Accesses (by index) that are served by as many whole vectors. `rows`: first element of each vector, from the offset of
 * the first member on. `pattern`: of a pair, where lane l of member m lies among the lanes of both vectors; without it
 * the members are the columns of the square of vectors.
 */
export interface LaneGroup {
  readonly members: readonly number[];
  readonly rows: readonly number[];
  readonly pattern?: readonly (readonly number[])[];
}

/** Columns of longer vectors go four by four. */
const squareWidth = 4;

/** Elements of the lanes of one vector along a loop, or null where they differ from vector to vector. */
function laneElements(t: Term, extent: number, lanes: number): number[] | null {
  if (typeof t === 'number') return t < 2 ? null : Array.from({ length: lanes }, (_, l) => l * t);
  return extent === lanes ? [...t.subarray(0, lanes)] : null;
}

/** Distance at which a second access with these lanes fills the gaps of the first, so that both are one block. */
function gapOf(elements: readonly number[]): number | null {
  const low = Math.min(...elements);
  const taken = new Set(elements.map((x) => x - low));
  let gap = 1;
  while (taken.has(gap)) gap++;
  const both = new Set([...taken, ...[...taken].map((x) => x + gap)]);
  const whole = 2 * elements.length;
  return both.size === whole && Math.max(...both) === whole - 1 ? gap : null;
}

/**
 * Groups of accesses with equal terms, along loop v of this extent: pairs that fill each other's gaps, else as many with
 * consecutive offsets as there are lanes, or four. The last group of more may share members with the one before it.
 */
export function laneGroups(
  accesses: readonly KernelAccess[],
  v: number,
  extent: number,
  lanes: number,
): LaneGroup[] {
  const families: { first: KernelAccess; elements: number[]; members: Map<number, number> }[] = [];
  accesses.forEach((a, i) => {
    const elements = laneElements(a.terms[v], extent, lanes);
    if (!elements) return;
    let family = families.find((f) => f.first.buffer === a.buffer && sameTerms(f.first, a));
    if (!family) families.push((family = { first: a, elements, members: new Map() }));
    if (!family.members.has(a.offset)) family.members.set(a.offset, i);
  });
  return families.flatMap(({ elements, members }) => {
    const offsets = [...members.keys()].sort((a, b) => a - b);
    const gap = gapOf(elements);
    const memberAt = (offset: number): number => members.get(offset) as number;
    if (gap === null)
      return chains(offsets, 1, Math.min(lanes, squareWidth)).map((c) => ({
        members: c.map(memberAt),
        rows: elements,
      }));
    const low = Math.min(...elements);
    const pattern = [0, gap].map((shift) => elements.map((x) => x - low + shift));
    return chains(offsets, gap, 2).map((c) => ({
      members: c.map(memberAt),
      rows: [low, low + lanes],
      pattern,
    }));
  });
}

/** Windows of `width` numbers that cover every longer chain x, x + step, ... in a sorted list; the last of one reaches back. */
function chains(sorted: readonly number[], step: number, width: number): number[][] {
  const free = new Set(sorted);
  return sorted.flatMap((first) => {
    const chain: number[] = [];
    for (let x = first; free.delete(x); x += step) chain.push(x);
    if (chain.length < width) return [];
    return Array.from({ length: Math.ceil(chain.length / width) }, (_, i) => {
      const from = Math.min(i * width, chain.length - width);
      return chain.slice(from, from + width);
    });
  });
}
