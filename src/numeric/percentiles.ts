/** Percentiles of a list of numbers, by nearest rank, so that each is one of the numbers; medians as Welch averages of periodograms use them. */
import { requireNumbers } from './samples.ts';

/** Percentiles of a set of numbers, in its unit. */
export interface Percentiles {
  readonly p5: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
}

/** A percentile of sorted numbers; NaN for an empty list. */
const percentileOf = (sorted: Float64Array, q: number): number =>
  sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

/** NaN for an empty list. */
export function percentiles(values: ArrayLike<number>): Percentiles {
  requireNumbers('values', values);
  const sorted = Float64Array.from(values).sort();
  const at = (q: number): number => percentileOf(sorted, q);
  return { p5: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) };
}

/** Mean and 95th percentile. */
export interface Spread {
  readonly mean: number;
  readonly p95: number;
}

/** Mean, 0 for an empty list, and 95th percentile, NaN for one. */
export function spreadOf(values: ArrayLike<number>): Spread {
  const sorted = Float64Array.from(values).sort();
  return {
    mean: sorted.reduce((a, b) => a + b, 0) / Math.max(1, sorted.length),
    p95: percentileOf(sorted, 0.95),
  };
}

/** The middle value, or the mean of the two middle ones. */
export function medianOf(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Bias of the median of n periodograms against their mean, 1 for n = 1, ln 2 in the limit:
 * 1 + sum over even m < n of 1 / (m + 1) - 1 / m (Allen, Anderson, Brady, Brown & Creighton 2012, appendix B; scipy.signal).
 */
export function medianBias(n: number): number {
  let sum = 1;
  for (let m = 2; m <= n - 1; m += 2) sum += 1 / (m + 1) - 1 / m;
  return sum;
}
