/** The input every contender transforms, and the proof that it transforms it: bins by the definition of the DFT, in float64. */
import type { Bin, Contender, Shape, Signal } from './contender.ts';

/** Largest relative L2 error of a contender that is timed. */
export const tolerance = 1e-4;
/** Up to this size every bin is checked, beyond it some. */
const wholeUpTo = 512;
const checkedBins = 32;

/** Numerical Recipes' linear congruential generator as numbers in [-1, 1); bench/fftw.c has the same one. */
export function noise(length: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
}

export const signalOf = ({ kind, n, batch }: Shape): Signal => ({
  re: noise(batch * n, 1),
  im: kind === 'complex' ? noise(batch * n, 2) : new Float64Array(batch * n),
});

const outputBins = ({ kind, n }: Shape): number => (kind === 'real' ? Math.floor(n / 2) + 1 : n);

/** Which bins to compare: all of a small transform, else the ends, the middle and some between. */
export function binsToCheck(shape: Shape): number[] {
  const count = outputBins(shape);
  if (shape.n <= wholeUpTo) return Array.from({ length: count }, (_, k) => k);
  const some = [...noise(checkedBins - 4, 3)].map((x) => Math.floor(((x + 1) / 2) * count));
  return [0, 1, Math.floor(count / 2), count - 1, ...some];
}

/** X[k] = sum_j x[j] exp(-2 pi i j k / n) of one row. */
export function naiveBins({ n }: Shape, signal: Signal, row: number, bins: readonly number[]): Bin[] {
  const cos = Float64Array.from({ length: n }, (_, t) => Math.cos((2 * Math.PI * t) / n));
  const sin = Float64Array.from({ length: n }, (_, t) => Math.sin((2 * Math.PI * t) / n));
  return bins.map((k) => {
    let [re, im] = [0, 0];
    for (let j = 0, t = 0; j < n; j++, t = (t + k) % n) {
      const [x, y] = [signal.re[row * n + j], signal.im[row * n + j]];
      re += x * cos[t] + y * sin[t];
      im += y * cos[t] - x * sin[t];
    }
    return [re, im];
  });
}

/** ||a - b|| / ||b||. */
export function relativeError(a: readonly Bin[], b: readonly Bin[]): number {
  let [difference, size] = [0, 0];
  b.forEach(([re, im], i) => {
    difference += (a[i][0] - re) ** 2 + (a[i][1] - im) ** 2;
    size += re ** 2 + im ** 2;
  });
  return Math.sqrt(difference / size);
}

/** Checks contenders against bins that are computed once per shape: first and last row. */
export function checkerOf(shape: Shape, signal: Signal): (contender: Contender) => Promise<number> {
  const bins = binsToCheck(shape);
  const rows = [...new Set([0, shape.batch - 1])];
  const expected = rows.map((row) => naiveBins(shape, signal, row, bins));
  return async (contender) => {
    await contender.sample(2);
    let worst = 0;
    for (const [i, row] of rows.entries()) {
      // Math.max keeps a NaN, which is no agreement.
      worst = Math.max(worst, relativeError(await contender.read(row, bins), expected[i]));
    }
    return worst;
  };
}
