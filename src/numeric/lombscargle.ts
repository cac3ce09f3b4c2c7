/** The generalised Lomb-Scargle periodogram of samples at any times (Zechmeister & Kürster, A&A 496, 577, 2009). */
import { InvalidArgumentError } from '../errors.ts';
import { anything, checkOptions, flag, oneOf, either, type OptionTable } from '../options.ts';
import { complexArray, type ComplexArray } from './complex.ts';
import { requireFiniteNumbers } from './samples.ts';

/** Options of `lombscargle`, in the words of scipy.signal.lombscargle. */
export interface LombScargleOptions {
  /** false or power (default): A^2 N / 4 of a tone of amplitude A; true or normalize: 0 to 1, of the power of y; amplitude: complex. */
  readonly normalize?: boolean | 'power' | 'normalize' | 'amplitude';
  /** Of every sample, at least 0; default equal ones. */
  readonly weights?: ArrayLike<number>;
  /** Fit a constant beside every frequency? Default false: y has mean 0. */
  readonly floatingMean?: boolean;
}

const lombScargleOptions: OptionTable<LombScargleOptions> = {
  normalize: either(flag, oneOf(['power', 'normalize', 'amplitude'])),
  // Checked as an array of numbers.
  weights: anything(),
  floatingMean: flag,
};

/** The samples, with weights that sum to 1. */
interface Samples {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly w: Float64Array;
  /** Is a constant fitted? */
  readonly floats: boolean;
}

function requireFiniteList(name: string, x: ArrayLike<number>, length?: number): void {
  requireFiniteNumbers(name, x);
  if (x.length === 0) throw new InvalidArgumentError(`${name} is empty; expected at least one number`);
  if (length !== undefined && x.length !== length)
    throw new InvalidArgumentError(`${name} has ${x.length} numbers; expected ${length}, those of x`);
}

/** Weights of sum 1. */
function weightsOf(given: ArrayLike<number> | undefined, count: number): Float64Array {
  if (given === undefined) return new Float64Array(count).fill(1 / count);
  requireFiniteList('weights', given, count);
  const w = Float64Array.from(given);
  const negative = w.findIndex((v) => v < 0);
  if (negative >= 0)
    throw new InvalidArgumentError(`weights[${negative}] is ${w[negative]}; expected at least 0`);
  const sum = w.reduce((a, b) => a + b, 0);
  if (!(sum > 0 && sum < Infinity))
    throw new InvalidArgumentError(`weights sum to ${sum}; expected a positive finite number`);
  return w.map((v) => v / sum);
}

/** Least of what is divided by, the spacing of numbers below 1. */
const epsilon = 2 ** -53;

/** The phase that makes cosine and sine of a frequency orthogonal over the samples: equation 19. */
function phaseOf({ x, w, floats }: Samples, frequency: number): number {
  let [cc, cs, c, s] = [0, 0, 0, 0];
  for (let i = 0; i < w.length; i++) {
    const [cos, sin] = [Math.cos(frequency * x[i]), Math.sin(frequency * x[i])];
    cc += w[i] * cos * cos;
    cs += w[i] * cos * sin;
    c += w[i] * cos;
    s += w[i] * sin;
  }
  const ss = 1 - cc - (floats ? s * s : 0);
  return 0.5 * Math.atan2(2 * (cs - (floats ? c * s : 0)), cc - (floats ? c * c : 0) - ss);
}

/** a and b of the least-squares fit a cos + b sin behind the phase, and the power 2 (a YC + b YS). */
function fitAt(
  { x, y, w, floats }: Samples,
  frequency: number,
  tau: number,
): { a: number; b: number; power: number } {
  let [yc, ys, cc, c, s, mean] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < w.length; i++) {
    const angle = frequency * x[i] - tau;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    yc += w[i] * y[i] * cos;
    ys += w[i] * y[i] * sin;
    cc += w[i] * cos * cos;
    c += w[i] * cos;
    s += w[i] * sin;
    mean += w[i] * y[i];
  }
  let ss = 1 - cc;
  if (floats) {
    yc -= mean * c;
    ys -= mean * s;
    cc -= c * c;
    ss -= s * s;
  }
  const a = yc / Math.max(cc, epsilon);
  const b = ys / Math.max(ss, epsilon);
  return { a, b, power: 2 * (a * yc + b * ys) };
}

/** Mean square of y; around its mean where a constant is fitted. */
function squareOf({ y, w, floats }: Samples): number {
  let [square, mean] = [0, 0];
  for (let i = 0; i < w.length; i++) {
    square += w[i] * y[i] * y[i];
    mean += w[i] * y[i];
  }
  return floats ? square - mean * mean : square;
}

/**
 * scipy.signal.lombscargle: periodogram of y, sampled at any times x, at angular frequencies (radians per unit of x). Of a regular grid,
 * at its own frequencies, it is the periodogram times N fs / 4 (one-sided density, no trend taken away). O(samples times frequencies).
 * Throws InvalidArgumentError for lists that are empty, not finite or of different lengths, and for weights that are no weights.
 */
export function lombscargle(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  freqs: ArrayLike<number>,
  options: LombScargleOptions & { readonly normalize: 'amplitude' },
): ComplexArray;
export function lombscargle(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  freqs: ArrayLike<number>,
  options?: LombScargleOptions & { readonly normalize?: boolean | 'power' | 'normalize' },
): Float64Array;
export function lombscargle(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  freqs: ArrayLike<number>,
  options: LombScargleOptions = {},
): Float64Array | ComplexArray {
  requireFiniteList('x', x);
  requireFiniteList('y', y, x.length);
  requireFiniteList('freqs', freqs);
  checkOptions('lombscargle', options, lombScargleOptions);
  const { normalize = false, floatingMean = false } = options;
  const samples: Samples = { x, y, w: weightsOf(options.weights, x.length), floats: floatingMean };
  const out = complexArray(freqs.length);
  const isAmplitude = normalize === 'amplitude';
  const isShare = normalize === true || normalize === 'normalize';
  const factor = isShare ? 0.5 / squareOf(samples) : x.length / 4;
  for (let i = 0; i < freqs.length; i++) {
    const tau = phaseOf(samples, freqs[i]);
    const { a, b, power } = fitAt(samples, freqs[i], tau);
    const [c, s] = [Math.cos(tau), Math.sin(tau)];
    out.re[i] = isAmplitude ? a * c - b * s : power === 0 ? 0 : power * factor;
    out.im[i] = a * s + b * c;
  }
  return isAmplitude ? out : out.re;
}
