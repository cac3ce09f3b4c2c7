/** The modified Bessel function that Kaiser windows are made of. */

/**
 * I0(x) = sum_k ((x / 2)^k / k!)^2, summed until terms no longer count: all are positive, so nothing cancels.
 * Abramowitz & Stegun 9.6.12. Relative error a few ulp for |x| <= 700; Infinity beyond the range of float64.
 */
export function besselI0(x: number): number {
  const square = (x / 2) ** 2;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 2 ** -54; k++) {
    term *= square / (k * k);
    sum += term;
  }
  return sum;
}
