/** Order statistics of timings: the median, and half the distance between the quartiles as its spread. */

export interface Summary {
  readonly median: number;
  /** Half the interquartile range. */
  readonly spread: number;
  readonly samples: number;
}

/** Quantile q of 0..1 with linear interpolation between order statistics. NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const summarize = (values: readonly number[]): Summary => ({
  median: median(values),
  spread: (quantile(values, 0.75) - quantile(values, 0.25)) / 2,
  samples: values.length,
});

/** GFLOP/s of a transform of n points in `ns` nanoseconds: 5 n log2 n operations by convention, 2.5 with real input. */
export const gigaflops = (n: number, kind: 'complex' | 'real', ns: number): number =>
  ((kind === 'real' ? 2.5 : 5) * n * Math.log2(n)) / ns;
