/** Radices: prime factors, and mixed-radix digit reversal, the permutation P of a butterfly network. */
import { checkArgument, whole } from '../options.ts';

/** Prime factors of a positive integer in rising order; none of 1. Throws InvalidArgumentError for anything else. */
export function primeFactors(n: number): number[] {
  checkArgument('n', n, whole());
  const factors: number[] = [];
  let rest = n;
  for (let p = 2; p * p <= rest; p += p === 2 ? 1 : 2) for (; rest % p === 0; rest /= p) factors.push(p);
  return rest > 1 ? [...factors, rest] : factors;
}

/**
 * source[p] for radices r_0, r_1, ... by rising stride: position p = sum_s a_s r_0 ... r_{s-1} holds input sample
 * sum_s a_s r_{s+1} r_{s+2} ... . Bit reversal when all radices are 2. The empty list gives [0].
 */
export function digitReversal(radices: readonly number[]): Int32Array {
  for (const r of radices) checkArgument('radix', r, whole());
  let source = Int32Array.of(0);
  // Appending a radix r: the new digit is most significant in position and least significant in time.
  for (const r of radices) {
    const next = new Int32Array(source.length * r);
    for (let a = 0; a < r; a++)
      for (let p = 0; p < source.length; p++) next[a * source.length + p] = source[p] * r + a;
    source = next;
  }
  return source;
}

/** The table q with q[table[i]] = i. */
export function inversePermutation(table: Int32Array): Int32Array {
  const out = new Int32Array(table.length);
  table.forEach((to, from) => (out[to] = from));
  return out;
}
