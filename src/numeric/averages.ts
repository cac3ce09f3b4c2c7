/** Medians as Welch averages of periodograms use them. */

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
