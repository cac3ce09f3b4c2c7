/**
 * Radices for machines that compute a stage by many invocations at once: few stages, since each goes through workgroup memory and waits
 * for all others.
 */
import type { ChainPlan } from '../model/exact.ts';

/** Points that one invocation holds in registers. */
const largestRadix = 32;

/** Products of `count` radices that make n, the largest first. */
function factorisations(n: number, count: number, most: number): number[][] {
  if (count === 0) return n === 1 ? [[]] : [];
  const found: number[][] = [];
  for (let r = Math.min(n, most); r >= 2; r--)
    if (n % r === 0) for (const rest of factorisations(n / r, count - 1, r)) found.push([r, ...rest]);
  return found;
}

const sum = (radices: readonly number[]): number => radices.reduce((a, b) => a + b, 0);

/** The chain of fewest stages, and of those the one of the smallest radices; null where n has none of that kind. */
export function gpuChain(n: number): ChainPlan | null {
  for (let count = 0; 2 ** count <= n; count++) {
    const found = factorisations(n, count, largestRadix);
    if (found.length === 0) continue;
    const radices = found.reduce((a, b) => (sum(b) < sum(a) ? b : a));
    return { kind: 'stages', n, radices };
  }
  return null;
}
