/**
 * The chirp z-transform (Rabiner, Schafer & Rader 1969): scipy.signal's czt and zoom_fft. X[k] = sum_j x[j] z_k^-j with z_k = a w^-k is
 * a convolution with a chirp, as Bluestein's, because j k = (j^2 + k^2 - (k - j)^2) / 2.
 */
import { InvalidArgumentError } from '../errors.ts';
import { addProduct, complexArray, type ComplexArray } from '../numeric/complex.ts';
import { divideByNumber, mul, twoProduct, twoSum, type DoubleDouble } from '../numeric/double-double.ts';
import { largestSize, nextFastLen, rateBounds } from '../numeric/frequencies.ts';
import {
  isPlanar,
  requireFiniteNumbers,
  requireNumbers,
  requireSignal,
  type Signal,
} from '../numeric/samples.ts';
import {
  checkArgument,
  checkOptions,
  finite,
  flag,
  isRecord,
  matching,
  whole,
  type OptionTable,
} from '../options.ts';
import { circularConvolve } from './convolve.ts';

/** A complex number. */
export interface ComplexNumber {
  readonly re: number;
  readonly im: number;
}

/** Options of `czt`, in the words of scipy.signal.czt. */
export interface CztOptions {
  /** Points of the result; default those of x. */
  readonly m?: number;
  /** Ratio from one point of the z-plane to the one before; default exp(-2 pi i / m), the whole circle. */
  readonly w?: ComplexNumber;
  /** First point in the z-plane; default 1. */
  readonly a?: ComplexNumber;
}

/** Options of `zoomFft`, in the words of scipy.signal.zoom_fft. */
export interface ZoomFftOptions {
  /** Points of the result; default those of x. */
  readonly m?: number;
  /** Sample rate in the unit of the frequencies; default 2, so that frequencies are parts of half the rate. */
  readonly fs?: number;
  /** Is the second frequency the last point? Default false. */
  readonly endpoint?: boolean;
}

const pointRule = matching<ComplexNumber>(
  'a complex number { re, im }, finite and not 0',
  (z) =>
    isRecord(z) &&
    typeof z.re === 'number' &&
    typeof z.im === 'number' &&
    Number.isFinite(Math.hypot(z.re, z.im)) &&
    Math.hypot(z.re, z.im) > 0,
);
const countRule = whole(1, largestSize);
const cztOptions: OptionTable<CztOptions> = { m: countRule, w: pointRule, a: pointRule };
const zoomOptions: OptionTable<ZoomFftOptions> = { m: countRule, fs: finite(rateBounds), endpoint: flag };

/** r exp(2 pi i t): turns as a double-double, so that thousands of squares of them keep their fractions. */
interface Polar {
  readonly turns: DoubleDouble;
  readonly logRadius: number;
}

const polarOf = ({ re, im }: ComplexNumber): Polar => {
  const radius = Math.hypot(re, im);
  return {
    turns: [Math.atan2(im, re) / (2 * Math.PI), 0],
    // A number of the unit circle is rounded to it.
    logRadius: Math.abs(radius - 1) < 2 ** -51 ? 0 : Math.log(radius),
  };
};

/** z^power, power a half integer below 2^44; in `to` at `at`. */
function setPower({ turns, logRadius }: Polar, power: number, to: ComplexArray, at: number): void {
  const [high, low] = mul(turns, [power, 0]);
  // Quarters of a turn are exact; what is left is at most an eighth of one.
  const quarters = Math.round(4 * (high % 1));
  const rest = 2 * Math.PI * ((high % 1) - quarters / 4 + low);
  const radius = logRadius === 0 ? 1 : Math.exp(power * logRadius);
  const [c, s] = [radius * Math.cos(rest), radius * Math.sin(rest)];
  const quadrant = ((quarters % 4) + 4) % 4;
  to.re[at] = [c, -s, -c, s][quadrant];
  to.im[at] = [s, c, -s, -c][quadrant];
}

/** Points of a convolution of n numbers with n + m - 1. Throws InvalidArgumentError where there are too many. */
function lengthFor(n: number, m: number): number {
  if (n + m - 1 > largestSize)
    throw new InvalidArgumentError(
      `x has ${n} samples and m is ${m}; expected at most ${largestSize} together`,
    );
  return nextFastLen(n + m - 1);
}

function requireBounded(x: ComplexArray, what: string): void {
  for (let i = 0; i < x.re.length; i++)
    if (!Number.isFinite(x.re[i]) || !Number.isFinite(x.im[i]))
      throw new InvalidArgumentError(`${what} overflow at ${i}; expected w and a nearer to the unit circle`);
}

/** The transform of n samples to m points: w and a in polar form. */
function transformed(x: Signal, m: number, w: Polar, a: Polar): ComplexArray {
  const [re, im] = isPlanar(x) ? [x.re, x.im] : [x, null];
  const n = re.length;
  const length = lengthFor(n, m);
  const inverse = { turns: [-w.turns[0], -w.turns[1]] as const, logRadius: -w.logRadius };
  // w^(j^2 / 2), and the same of 1 / w around the circle of the convolution.
  const chirp = complexArray(Math.max(n, m));
  const kernel = complexArray(length);
  for (let j = 0; j < chirp.re.length; j++) {
    setPower(w, (j * j) / 2, chirp, j);
    if (j < m) setPower(inverse, (j * j) / 2, kernel, j);
    if (j > 0 && j < n) setPower(inverse, (j * j) / 2, kernel, length - j);
  }
  // x[j] a^-j w^(j^2 / 2)
  const turns = complexArray(n);
  for (let j = 0; j < n; j++) setPower(a, -j, turns, j);
  const weights = complexArray(n);
  addProduct(weights, turns, chirp);
  const samples = complexArray(length);
  const own = { re: samples.re.subarray(0, n), im: samples.im.subarray(0, n) };
  addProduct(
    own,
    { re: Float64Array.from(re), im: im ? Float64Array.from(im) : new Float64Array(n) },
    weights,
  );
  requireBounded(kernel, 'powers of w');
  requireBounded(samples, 'powers of w and a');
  const out = complexArray(m);
  addProduct(out, circularConvolve(samples, kernel), chirp);
  return out;
}

/** Checks samples of a transform; none is no transform. */
function countOf(x: Signal): number {
  requireSignal('x', x);
  if (isPlanar(x)) for (const part of ['re', 'im'] as const) requireFiniteNumbers(`x.${part}`, x[part]);
  else requireFiniteNumbers('x', x);
  const n = isPlanar(x) ? x.re.length : x.length;
  if (n < 1) throw new InvalidArgumentError('x is empty; expected at least one sample');
  return n;
}

/**
 * scipy.signal.czt: X[k] = sum_j x[j] (a w^-k)^-j for k < m, along a spiral of the z-plane; by default the whole circle, `fft`. Points beside the
 * unit circle cost accuracy: |w|^(n^2 / 2) is how much. Throws InvalidArgumentError for no samples, options that are not possible, and spirals that overflow.
 */
export function czt(x: Signal, options: CztOptions = {}): ComplexArray {
  const n = countOf(x);
  checkOptions('czt', options, cztOptions);
  const { m = n, w, a } = options;
  const step: Polar = w ? polarOf(w) : { turns: divideByNumber([-1, 0], m), logRadius: 0 };
  return transformed(x, m, step, a ? polarOf(a) : { turns: [0, 0], logRadius: 0 });
}

/**
 * scipy.signal.zoom_fft: m points of the spectrum of x from frequency fn[0] (0 where fn is a number) up to fn[1], which is none of them
 * unless `endpoint`. Throws InvalidArgumentError for no samples and for what are no frequencies.
 */
export function zoomFft(
  x: Signal,
  fn: number | readonly [from: number, to: number],
  options: ZoomFftOptions = {},
): ComplexArray {
  const n = countOf(x);
  checkOptions('zoomFft', options, zoomOptions);
  const { m = n, fs = 2, endpoint = false } = options;
  const [from, to] = typeof fn === 'number' ? [0, fn] : ends(fn);
  const bound = { minimum: -1e15, maximum: 1e15 };
  checkArgument('fn', from, finite(bound));
  checkArgument('fn', to, finite(bound));
  const points = endpoint ? m - 1 : m;
  // -(to - from) / (fs points) turns a point; one point alone needs no step.
  const [high, low] = twoSum(from, -to);
  const over = twoProduct(fs, points);
  const step: DoubleDouble =
    points === 0 ? [0, 0] : divideByNumber(divideByNumber([high, low], over[0]), 1 + over[1] / over[0]);
  const start = divideByNumber([from, 0], fs);
  return transformed(x, m, { turns: step, logRadius: 0 }, { turns: start, logRadius: 0 });
}

function ends(fn: readonly number[]): readonly number[] {
  requireNumbers('fn', fn);
  if (fn.length !== 2)
    throw new InvalidArgumentError(`fn has ${fn.length} numbers; expected a frequency, or two`);
  return fn;
}
