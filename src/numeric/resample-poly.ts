/** scipy.signal.resample_poly: a rate changed by up / down through one filter, with SciPy's filter and SciPy's ends. */
import { InvalidArgumentError } from '../errors.ts';
import { anything, checkArgument, checkOptions, finite, oneOf, whole, type OptionTable } from '../options.ts';
import { copyPadded, sampleAt } from './padding.ts';
import { medianOf } from './percentiles.ts';
import { checkCount, greatestDivisor, largestTable, sinc } from './resample.ts';
import { requireFiniteNumbers, requireNumbers } from './samples.ts';
import { isWindowSpec, windowByName, windowSamples, type WindowLike } from './window.ts';

const levels = {
  mean: (x: Float64Array) => x.reduce((a, b) => a + b, 0) / x.length,
  median: medianOf,
  minimum: (x: Float64Array) => x.reduce((a, b) => Math.min(a, b)),
  maximum: (x: Float64Array) => x.reduce((a, b) => Math.max(a, b)),
} as const;
const isLevel = (padtype: string): padtype is keyof typeof levels => Object.hasOwn(levels, padtype);

/** Options of `resamplePoly`, in the words of scipy.signal.resample_poly. */
export interface ResamplePolyOptions {
  /** Of the low-pass filter, by name (symmetric), or the taps of that filter at `up` times the rate; default ['kaiser', 5]. */
  readonly window?: WindowLike;
  /** What the signal is beyond its ends: constant (default): cval; a level of the signal; a line through its ends; itself, turned back. */
  readonly padtype?:
    'constant' | 'mean' | 'median' | 'minimum' | 'maximum' | 'line' | 'symmetric' | 'reflect' | 'edge';
  /** Of padtype constant; default 0. */
  readonly cval?: number;
}

const resamplePolyOptions: OptionTable<ResamplePolyOptions> = {
  // `windowSamples` says what is wrong with a window.
  window: anything(),
  padtype: oneOf([
    'constant',
    'mean',
    'median',
    'minimum',
    'maximum',
    'line',
    'symmetric',
    'reflect',
    'edge',
  ]),
  cval: finite(),
};

/** Taps of the filter at `up` times the rate, its gain included. A window by name: firwin(20 max + 1, 1 / max). */
function tapsOf(window: WindowLike, up: number, down: number): Float64Array {
  if (!isWindowSpec(window)) {
    requireNumbers('window', window);
    if (window.length === 0) throw new InvalidArgumentError('window is empty; expected taps of a filter');
    return windowSamples(window, window.length, 'symmetric').map((h) => h * up);
  }
  const most = Math.max(up, down);
  const half = 10 * most;
  const taps = windowByName(window, 2 * half + 1, 'symmetric').map((h, i) => h * sinc((i - half) / most));
  const sum = taps.reduce((a, b) => a + b, 0);
  if (sum === 0)
    throw new InvalidArgumentError('window makes a filter of sum 0; expected one that passes a constant');
  return taps.map((h) => (h / sum) * up);
}

/** Samples of x, and `pad` beyond either end. */
function padded(x: Float64Array, pad: number, padtype: string, level: number): Float64Array {
  const n = x.length;
  const out = new Float64Array(n + 2 * pad);
  const range = { begin: -pad, count: out.length, inside: n };
  if (padtype === 'line') {
    copyPadded(x, range, null, out);
    const slope = n > 1 ? (x[n - 1] - x[0]) / (n - 1) : 0;
    for (let i = 1; i <= pad; i++) {
      out[pad - i] = x[0] - i * slope;
      out[pad + n - 1 + i] = x[n - 1] + i * slope;
    }
  } else if (padtype === 'symmetric' || padtype === 'reflect' || padtype === 'edge') {
    copyPadded(x, range, (position) => sampleAt[padtype](position, n), out);
  } else out.fill(level).set(x, pad);
  return out;
}

/**
 * scipy.signal.resample_poly: x at up / down times its rate, ceil(samples up / down) long, by SciPy's zero-phase filter. For audio,
 * `resample` has the steeper filter (100 dB; this one stops about 60) and streams. Throws InvalidArgumentError for no samples,
 * impossible options, filters of more than 2^25 taps, and more than 2^28 samples that would come out.
 */
export function resamplePoly(
  x: ArrayLike<number>,
  up: number,
  down: number,
  options: ResamplePolyOptions = {},
): Float64Array {
  requireFiniteNumbers('x', x);
  checkArgument('up', up, whole());
  checkArgument('down', down, whole());
  checkOptions('resamplePoly', options, resamplePolyOptions);
  const { window = ['kaiser', 5], padtype = 'constant', cval } = options;
  if (x.length === 0) throw new InvalidArgumentError('x is empty; expected at least one sample');
  if (cval !== undefined && padtype !== 'constant')
    throw new InvalidArgumentError(`cval is ${cval} with padtype ${padtype}; expected padtype constant`);
  const divisor = greatestDivisor(up, down);
  const [u, d] = [up / divisor, down / divisor];
  if (u === d) return Float64Array.from(x);
  if (20 * Math.max(u, d) > largestTable)
    throw new InvalidArgumentError(
      `up / down is ${u} / ${d}; expected factors of at most ${Math.floor(largestTable / 20)}`,
    );
  checkCount(Math.ceil((x.length * u) / d));
  const samples = Float64Array.from(x);
  const taps = tapsOf(window, u, d);
  // SciPy takes a level away and adds it again: what surrounds the signal is 0.
  const level = isLevel(padtype) ? levels[padtype](samples) : 0;
  const around = level === 0 ? samples : samples.map((v) => v - level);
  const y = filtered(around, taps, { up: u, down: d, padtype, outside: cval ?? 0 });
  return level === 0 ? y : y.map((v) => v + level);
}

/** y[i] = sum_m taps[centre + i down - m up] x[m], phase by phase. */
function filtered(
  x: Float64Array,
  taps: Float64Array,
  { up, down, padtype, outside }: { up: number; down: number; padtype: string; outside: number },
): Float64Array {
  const centre = (taps.length - 1) >> 1;
  const width = Math.ceil(taps.length / up);
  // [up, width]: the taps of a phase, the last one first, as they meet the samples.
  const phases = new Float64Array(up * width);
  taps.forEach((tap, i) => (phases[(i % up) * width + width - 1 - Math.floor(i / up)] = tap));
  const pad = width + Math.ceil(centre / up) + 1;
  const from = padded(x, pad, padtype, outside);
  const out = new Float64Array(Math.ceil((x.length * up) / down));
  for (let i = 0; i < out.length; i++) {
    const position = i * down + centre;
    const phase = position % up;
    const at = phase * width;
    const first = (position - phase) / up - width + 1 + pad;
    let sum = 0;
    for (let t = 0; t < width; t++) sum += phases[at + t] * from[first + t];
    out[i] = sum;
  }
  return out;
}
