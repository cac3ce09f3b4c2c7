/** Blocks of samples in and out of a program's memory, by the shortest way. */

/** to[at + i] = from[first + i] for i < count. */
export function copySamples(
  from: ArrayLike<number>,
  first: number,
  count: number,
  to: Float32Array | Float64Array,
  at = 0,
): void {
  if (from instanceof Float32Array || from instanceof Float64Array)
    to.set(from.subarray(first, first + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[first + i];
}

/** Index of the first number from `from` to `to` whose magnitude is not below the limit (NaN is not), or -1. */
export function firstUnusable(
  x: Float32Array | Float64Array,
  from: number,
  to: number,
  limit: number,
): number {
  for (let i = from; i < to; i++) if (!(Math.abs(x[i]) < limit)) return i;
  return -1;
}
