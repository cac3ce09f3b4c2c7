/**
 * Peaks of sampled curves: the largest bins of a spectrum, and local maxima with the conditions of scipy.signal.find_peaks
 * (height, threshold, distance, prominence, width, plateau size), in its order, with positions between samples.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, checkOptions, finite, matching, shown, whole, type OptionTable } from '../options.ts';
import { requireNumbers } from './samples.ts';
import { eachFromLargest, selectLargest } from './selection.ts';

/** At least a number, or from one number to another. */
export type Limit = number | readonly [least: number | null, most: number | null];

/** Which maxima count as peaks, in the words of scipy.signal.find_peaks. Default: all. */
export interface PeakOptions {
  readonly height?: Limit;
  /** Vertical distance to the neighbouring samples. */
  readonly threshold?: Limit;
  /** Fewest samples between peaks, at least 1: smaller peaks give way first. */
  readonly distance?: number;
  readonly prominence?: Limit;
  /** Samples, at relHeight of the prominence below the peak. */
  readonly width?: Limit;
  readonly plateauSize?: Limit;
  /** Samples of the window around a peak in which prominences are measured, odd; default all. */
  readonly windowLength?: number;
  /** Default 0.5: half the prominence. */
  readonly relHeight?: number;
}

/** A local maximum and what scipy.signal.find_peaks says of it. Places are in samples. */
export interface Peak {
  /** Sample of the maximum; the middle of a plateau, rounded down. */
  readonly index: number;
  readonly height: number;
  /** Height above the higher of the lowest points on the way to higher ground on either side. */
  readonly prominence: number;
  readonly leftBase: number;
  readonly rightBase: number;
  /** Samples between the crossings of the level height - relHeight prominence. */
  readonly width: number;
  readonly leftCrossing: number;
  readonly rightCrossing: number;
  readonly plateauSize: number;
  /** Vertex of the parabola through the maximum and its neighbours, in samples, and its value; see `interpolatedPeak`. */
  readonly position: number;
  readonly value: number;
}

interface Plateau {
  readonly left: number;
  readonly right: number;
  readonly middle: number;
}

/** Last sample of the maximum, single or a run of equal samples above both its neighbours, that begins at sample i; -1 if none does. */
function maximumFrom(x: ArrayLike<number>, i: number): number {
  if (!(x[i - 1] < x[i])) return -1;
  let ahead = i + 1;
  while (ahead < x.length - 1 && x[ahead] === x[i]) ahead++;
  return x[ahead] < x[i] ? ahead - 1 : -1;
}

/** All maxima; the ends are none. */
function localMaxima(x: ArrayLike<number>): Plateau[] {
  const found: Plateau[] = [];
  for (let left = 1; left < x.length - 1; left++) {
    const right = maximumFrom(x, left);
    if (right >= 0) found.push({ left, right, middle: Math.floor((left + right) / 2) });
  }
  return found;
}

/** Does a value lie within a limit? */
function within(value: number, limit: Limit | undefined): boolean {
  if (limit === undefined) return true;
  const [least, most] = typeof limit === 'number' ? [limit, null] : limit;
  return (least === null || value >= least) && (most === null || value <= most);
}

/** Peaks at least `distance` samples apart, higher ones first; of equal ones, the later. */
function spaced(peaks: readonly Plateau[], x: ArrayLike<number>, distance: number): Plateau[] {
  const keep = new Array<boolean>(peaks.length).fill(true);
  const order = peaks.map((_, i) => i).sort((a, b) => x[peaks[b].middle] - x[peaks[a].middle] || b - a);
  for (const i of order) {
    if (!keep[i]) continue;
    for (const step of [-1, 1])
      for (
        let j = i + step;
        j >= 0 && j < peaks.length && Math.abs(peaks[j].middle - peaks[i].middle) < distance;
        j += step
      )
        keep[j] = false;
  }
  return peaks.filter((_, i) => keep[i]);
}

/** Lowest point on the way from a peak to higher ground, at most to `end`. */
function baseOf(x: ArrayLike<number>, peak: number, end: number): number {
  const step = end < peak ? -1 : 1;
  let base = peak;
  for (let i = peak; i !== end + step && x[i] <= x[peak]; i += step) if (x[i] < x[base]) base = i;
  return base;
}

function prominenceOf(
  x: ArrayLike<number>,
  peak: number,
  windowLength: number,
): Pick<Peak, 'prominence' | 'leftBase' | 'rightBase'> {
  // SciPy rounds the length up to a whole number of samples first.
  const reach = Math.floor(Math.ceil(windowLength) / 2);
  const leftBase = baseOf(x, peak, Math.max(0, peak - reach));
  const rightBase = baseOf(x, peak, Math.min(x.length - 1, peak + reach));
  return { leftBase, rightBase, prominence: x[peak] - Math.max(x[leftBase], x[rightBase]) };
}

/** Where the curve crosses a level on the way from a peak to a base, by linear interpolation. */
function crossing(x: ArrayLike<number>, peak: number, base: number, level: number): number {
  const step = base < peak ? -1 : 1;
  let i = peak;
  while (i !== base && level < x[i]) i += step;
  return x[i] < level ? i - (step * (level - x[i])) / (x[i - step] - x[i]) : i;
}

/**
 * Vertex of the parabola through samples i - 1, i and i + 1: position in samples, at most 1/2 from a maximum i, and value
 * (Smith & Serra 1987). At the ends, and where the three lie on a line or are not all finite, the sample itself.
 */
export function interpolatedPeak(x: ArrayLike<number>, i: number): { position: number; value: number } {
  requireNumbers('x', x);
  checkArgument('i', i, whole(0, x.length - 1));
  return vertexAt(x, i);
}

function vertexAt(x: ArrayLike<number>, i: number): { position: number; value: number } {
  if (i < 1 || i > x.length - 2) return { position: i, value: x[i] };
  const [left, middle, right] = [x[i - 1], x[i], x[i + 1]];
  const curvature = left - 2 * middle + right;
  if (!(curvature < 0) || curvature === -Infinity) return { position: i, value: middle };
  const offset = (0.5 * (left - right)) / curvature;
  return { position: i + offset, value: middle - 0.25 * (left - right) * offset };
}

const isBound = (x: unknown): boolean => x === null || (typeof x === 'number' && !Number.isNaN(x));
const limit = matching<Limit>(
  'a number or [least, most]',
  (x) => (x !== null && isBound(x)) || (Array.isArray(x) && x.length === 2 && x.every(isBound)),
);

const peakOptions: OptionTable<PeakOptions> = {
  height: limit,
  threshold: limit,
  distance: finite({ minimum: 1 }),
  prominence: limit,
  width: limit,
  plateauSize: limit,
  windowLength: finite({ above: 1 }),
  relHeight: finite({ minimum: 0 }),
};

function validate(x: ArrayLike<number>, options: PeakOptions): void {
  requireNumbers('x', x);
  checkOptions('findPeaks', options, peakOptions);
  for (let i = 0; i < x.length; i++)
    if (Number.isNaN(x[i])) throw new InvalidArgumentError(`sample ${i} is NaN; expected a number`);
}

/** scipy.signal.find_peaks, with every property of every peak. Throws InvalidArgumentError for NaN and impossible options. */
export function findPeaks(x: ArrayLike<number>, options: PeakOptions = {}): Peak[] {
  validate(x, options);
  const { distance, relHeight = 0.5, windowLength = 2 * x.length + 1 } = options;
  let found = localMaxima(x)
    .filter((p) => within(p.right - p.left + 1, options.plateauSize) && within(x[p.middle], options.height))
    .filter((p) => {
      const [left, right] = [x[p.middle] - x[p.middle - 1], x[p.middle] - x[p.middle + 1]];
      const [least, most] =
        typeof options.threshold === 'object' ? options.threshold : [options.threshold ?? null, null];
      return within(Math.min(left, right), [least, null]) && within(Math.max(left, right), [null, most]);
    });
  if (distance !== undefined) found = spaced(found, x, Math.ceil(distance));
  return found
    .map((p): Peak => {
      const height = x[p.middle];
      const around = prominenceOf(x, p.middle, windowLength);
      const level = height - relHeight * around.prominence;
      const leftCrossing = crossing(x, p.middle, around.leftBase, level);
      const rightCrossing = crossing(x, p.middle, around.rightBase, level);
      return {
        index: p.middle,
        height,
        ...around,
        width: rightCrossing - leftCrossing,
        leftCrossing,
        rightCrossing,
        plateauSize: p.right - p.left + 1,
        ...vertexAt(x, p.middle),
      };
    })
    .filter((p) => within(p.prominence, options.prominence) && within(p.width, options.width));
}

/** A peak of a spectrum: interpolated frequency in Hz and value, and the bin it stands on. */
export interface SpectralPeak extends Peak {
  /** Hz, between bins. */
  readonly frequency: number;
}

/** Peaks of a spectrum over even frequencies (Hz), largest first. Interpolate levels (dB) rather than powers: a window's main lobe is nearly a parabola there. */
export function spectralPeaks(
  values: ArrayLike<number>,
  frequencies: ArrayLike<number>,
  options: PeakOptions = {},
): SpectralPeak[] {
  requireNumbers('values', values);
  requireNumbers('frequencies', frequencies);
  if (values.length !== frequencies.length)
    throw new InvalidArgumentError(
      `${values.length} values for ${frequencies.length} frequencies; expected as many`,
    );
  for (let i = 0; i < frequencies.length; i++)
    if (!Number.isFinite(frequencies[i]))
      throw new InvalidArgumentError(`frequencies[${i}] is ${frequencies[i]}; expected a finite number`);
  const step = frequencies.length > 1 ? frequencies[1] - frequencies[0] : 0;
  return findPeaks(values, options)
    .map((p) => ({ ...p, frequency: frequencies[p.index] + (p.position - p.index) * step }))
    .sort((a, b) => b.height - a.height || a.index - b.index);
}

/**
 * Places of the k highest local maxima at least `distance` samples apart, highest first, without the properties that
 * `findPeaks` has. Fewer where there are fewer; a plateau by its first sample. Of equal maxima nearer than that the first stays, of
 * which `findPeaks` keeps the last.
 */
export function highestMaxima(x: ArrayLike<number>, k: number, distance: number): number[] {
  const maxima: number[] = [];
  for (let i = 1; i < x.length - 1; i++) if (maximumFrom(x, i) >= 0) maxima.push(i);
  const found: number[] = [];
  eachFromLargest(x, Int32Array.from(maxima), (i) => {
    if (found.length < k && found.every((f) => Math.abs(f - i) >= distance)) found.push(i);
    return found.length < k;
  });
  return found;
}

/**
 * The k largest numbers with their places, largest first; of equal ones, the first. Throws InvalidArgumentError unless
 * 0 <= k <= length, and for NaN.
 */
export function topBins(values: ArrayLike<number>, k: number): { bin: number; value: number }[] {
  requireNumbers('values', values);
  if (!Number.isInteger(k) || k < 0 || k > values.length)
    throw new InvalidArgumentError(`k is ${shown(k)}; expected 0 to the count of values, ${values.length}`);
  const places = new Int32Array(k);
  selectLargest(values, 0, values.length, places);
  return Array.from(places, (bin) => ({ bin, value: values[bin] }));
}
