/**
 * A window in the frequency domain, seen from its main lobe: gain between bins, the largest gain beyond a distance, and what
 * its segments share when they overlap (Harris 1978, On the Use of Windows for Harmonic Analysis with the DFT).
 *
 * Offsets are in _bins_ of 1 / length. As functions of them the shapes settle with 1 / length^2, so longer windows take those of
 * 1024 samples; beyond 512 bins the reach is that at 512, which is not less.
 */
import { memoized } from './memoized.ts';
import { windowByName, type WindowSpec } from './window.ts';

export interface Lobe {
  /** Equivalent noise bandwidth in bins: length sum w^2 / (sum w)^2. */
  readonly noiseBandwidth: number;
  /** |W(x)| / |W(0)| at x bins from the middle of the main lobe. */
  gain(x: number): number;
  /** The largest gain at x bins or more; at most 1. */
  reach(x: number): number;
  /** Correlation of white noise in two bins of the windowed transform, x bins apart. */
  coherence(x: number): number;
  /** Correlation of windows that are `shift` of a length apart: sum w[n] w[n + shift L] / sum w^2. */
  overlap(shift: number): number;
  /**
   * White noise in a weighted sum of bins at offsets x (from what turns the phase from segment to segment), averaged over segments
   * that are `shift` of a length apart: its variance over that of one bin of one segment, to 1 / 128 of a length.
   */
  combined(weights: readonly number[], x: readonly number[], segments: number, shift: number): number;
}

const longest = 512;
/** Samples of the window where sums are formed for every shift. */
const coarse = 128;
/** Points per bin of the table of reaches. */
const grid = 8;

/** |sum w[n] exp(-2 pi i x n / L)|. */
function magnitude(w: Float64Array, x: number): number {
  let [re, im] = [0, 0];
  const step = (2 * Math.PI * x) / w.length;
  for (let n = 0; n < w.length; n++) {
    re += w[n] * Math.cos(step * n);
    im += w[n] * Math.sin(step * n);
  }
  return Math.hypot(re, im);
}

/** Largest magnitude from every grid point to half the sample rate. Angles are multiples of a whole turn over grid L points. */
function reaches(w: Float64Array): Float64Array {
  const turn = grid * w.length;
  const cosines = Float64Array.from({ length: turn }, (_, k) => Math.cos((2 * Math.PI * k) / turn));
  const quarter = turn / 4;
  const out = new Float64Array(turn / 2 + 1);
  let largest = 0;
  for (let k = turn / 2; k >= 0; k--) {
    let [re, im] = [0, 0];
    for (let n = 0, at = 0; n < w.length; n++, at = (at + k) % turn) {
      re += w[n] * cosines[at];
      im += w[n] * cosines[(at + quarter) % turn];
    }
    out[k] = largest = Math.max(largest, Math.hypot(re, im));
  }
  return out;
}

/** Autocorrelations of sum_i weights_i w[n] exp(-2 pi i x_i (n - L / 2) / L) at multiples of a shift, averaged as segments are. */
function combinedNoise(
  w: Float64Array,
  weights: readonly number[],
  x: readonly number[],
  segments: number,
  shift: number,
): number {
  const re = new Float64Array(w.length);
  const im = new Float64Array(w.length);
  let energy = 0;
  for (let n = 0; n < w.length; n++) {
    const angle = 2 * Math.PI * (n / w.length - 0.5);
    for (let i = 0; i < x.length; i++) {
      re[n] += weights[i] * w[n] * Math.cos(angle * x[i]);
      im[n] -= weights[i] * w[n] * Math.sin(angle * x[i]);
    }
    energy += w[n] * w[n];
  }
  let sum = 0;
  for (let j = 0; j < segments && j * shift < 1; j++) {
    const by = Math.round(j * shift * w.length);
    let product = 0;
    for (let n = 0; n + by < w.length; n++) product += re[n] * re[n + by] + im[n] * im[n + by];
    sum += (j === 0 ? 1 : 2 * (1 - j / segments)) * product;
  }
  return sum / (segments * energy);
}

/** Values of a function that are kept: it is asked for few, again and again. */
const mostValues = 4096;

/** The lobe of a periodic window. Throws InvalidArgumentError as `windowByName` does. */
export function lobeOf(window: WindowSpec, length: number): Lobe {
  const w = windowByName(window, Math.min(length, longest), 'periodic');
  const squares = w.map((v) => v * v);
  const sum = w.reduce((a, b) => a + b, 0);
  const energy = squares.reduce((a, b) => a + b, 0);
  const table = reaches(w);
  const few = windowByName(window, Math.min(length, coarse), 'periodic');
  return {
    noiseBandwidth: (w.length * energy) / (sum * sum),
    gain: memoized((x) => magnitude(w, x) / sum, mostValues),
    reach: (x) => Math.min(1, table[Math.min(table.length - 1, Math.max(0, Math.floor(grid * x)))] / sum),
    coherence: memoized((x) => magnitude(squares, x) / energy, mostValues),
    overlap: memoized((shift) => {
      const by = Math.round(shift * w.length);
      let product = 0;
      for (let n = 0; n + by < w.length; n++) product += w[n] * w[n + by];
      return product / energy;
    }, mostValues),
    combined: (weights, x, segments, shift) => combinedNoise(few, weights, x, segments, shift),
  };
}
