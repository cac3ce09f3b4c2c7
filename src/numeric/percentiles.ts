/** Percentiles of a list of numbers: nearest rank, so that each is one of the numbers. */

import { requireNumbers } from './samples.ts';

/** Percentiles of a set of numbers, in its unit. */
export interface Percentiles {
  readonly p5: number;
  /** Quartiles; absent in what older versions wrote. */
  readonly p25?: number;
  readonly p50: number;
  readonly p75?: number;
  readonly p95: number;
}

/** NaN for an empty list. */
export function percentiles(values: ArrayLike<number>): Required<Percentiles> {
  requireNumbers('values', values);
  const sorted = Float64Array.from(values).sort();
  const at = (q: number): number =>
    sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  return { p5: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) };
}
