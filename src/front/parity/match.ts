/** Frames by the triangles that follow each band best: no bank has to be guessed to tell places and lengths of windows apart, and their middles tell the bank. */
import { hzToMel, melToHz, type MelScale } from '../../numeric/mel.ts';
import { oneSidedBins } from '../../spectral/head.ts';
import type { Guess, Lab } from './guess.ts';
import { columnResidual, type Behind, type Sampling } from './score.ts';

/** Triangles close to each other, over the bins of a transform. */
interface Triangles {
  /** Middles in Hz. */
  readonly middles: Float64Array;
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

/** So many even on the mel scale, as wide as those of a bank of `bands` over all frequencies. */
export function trianglesOf(rate: number, nFft: number, bands: number, count: number): Triangles {
  const top = hzToMel(rate / 2, 'htk');
  const [half, step] = [top / (bands + 1), top / (count + 1)];
  const unit = rate / nFft;
  const middles = Float64Array.from({ length: count }, (_, i) => melToHz((i + 1) * step, 'htk'));
  const first = new Int32Array(count);
  const weights = Array.from(middles, (middle, i): Float64Array => {
    const mel = (i + 1) * step;
    const low = Math.min(melToHz(Math.max(0, mel - half), 'htk'), middle - unit);
    const high = Math.max(melToHz(mel + half, 'htk'), middle + unit);
    const from = Math.max(0, Math.ceil(low / unit));
    const end = Math.min(Math.floor(nFft / 2), Math.floor(high / unit));
    first[i] = from;
    return Float64Array.from({ length: Math.max(0, end - from + 1) }, (_, j) => {
      const f = (from + j) * unit;
      return Math.max(0, f < middle ? (f - low) / (middle - low) : (high - f) / (high - middle));
    });
  });
  return { middles, first, weights };
}

/** How well columns are followed, and by triangles around which frequency. */
export interface Matched {
  /** Mean of what the best triangles leave of the variance. */
  readonly residual: number;
  readonly columns: readonly {
    readonly column: number;
    readonly middle: number;
    readonly residual: number;
  }[];
}

/** The best triangle for each of some columns under the frames of a guess. */
export function matchedTo(
  lab: Lab,
  guess: Guess,
  sampling: Sampling,
  { isLinear }: Behind,
  { middles, first, weights }: Triangles,
  columns: readonly number[],
): Matched {
  const { places } = sampling;
  const spectra = lab.spectraOf(guess, places, sampling.name);
  const bins = oneSidedBins(guess.nFft);
  const count = middles.length;
  const levels = new Float64Array(places.length * count);
  for (let i = 0; i < places.length; i++)
    for (let d = 0; d < count; d++) {
      const [row, at] = [weights[d], i * bins + first[d]];
      let sum = 0;
      for (let k = 0; k < row.length; k++) sum += row[k] * spectra[at + k];
      levels[i * count + d] = isLinear ? sum : Math.log(sum + 1e-30);
    }
  const found = columns.map((column) => {
    const left = Float64Array.from({ length: count }, (_, d) => columnResidual(levels, d, sampling, column));
    const best = left.reduce((a, r, d) => (r < left[a] ? d : a), 0);
    return { column, residual: left[best], middle: middleOf(left, best, middles) };
  });
  return { columns: found, residual: found.reduce((sum, c) => sum + c.residual, 0) / found.length };
}

/** Where a parabola through the best and its neighbours is lowest. */
function middleOf(left: Float64Array, best: number, middles: Float64Array): number {
  if (best === 0 || best === left.length - 1) return middles[best];
  const [a, b, c] = [left[best - 1], left[best], left[best + 1]];
  const bend = a - 2 * b + c;
  const shift = bend > 0 ? (a - c) / (2 * bend) : 0;
  const next = shift > 0 ? middles[best + 1] : middles[best - 1];
  return middles[best] + Math.abs(shift) * (next - middles[best]);
}

/** The ends of a bank of so many bands whose middles are these, and how far middles are off, in steps between bands. */
export function endsOf(
  { columns }: Matched,
  scale: MelScale,
  bands: number,
): { fMin: number; fMax: number; off: number } | null {
  let points = columns.map(({ column, middle, residual }) => ({
    x: column,
    y: hzToMel(middle, scale),
    residual,
  }));
  const least = points.map((p) => p.residual).toSorted((a, b) => a - b);
  points = points.filter((p) => p.residual <= 2 * least[least.length >> 1]);
  let [slope, add, off] = [0, 0, 0];
  for (let round = 0; round < 4; round++) {
    if (points.length < 4) return null;
    const n = points.length;
    const [mx, my] = [points.reduce((s, p) => s + p.x, 0) / n, points.reduce((s, p) => s + p.y, 0) / n];
    const xx = points.reduce((s, p) => s + (p.x - mx) ** 2, 0);
    slope = points.reduce((s, p) => s + (p.x - mx) * (p.y - my), 0) / xx;
    add = my - slope * mx;
    const errors = points.map((p) => Math.abs(p.y - add - slope * p.x));
    const middle = errors.toSorted((a, b) => a - b)[n >> 1];
    off = middle / slope;
    points = points.filter((_, i) => errors[i] <= 3 * middle);
  }
  if (!(slope > 0)) return null;
  return { fMin: melToHz(Math.max(0, add - slope), scale), fMax: melToHz(add + slope * bands, scale), off };
}
