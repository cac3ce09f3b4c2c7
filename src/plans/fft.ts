/** NumPy's fft functions on typed arrays: one call, a plan kept per size. Planar complex in and out. */
import { InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { norms, type Norm } from '../model/network.ts';
import {
  copySamples,
  isPlanar,
  requireNumbers,
  requirePlanar,
  requireSignal,
  type Signal,
} from '../numeric/samples.ts';
import { checkArgument, shown } from '../options.ts';
import { PlanCache } from './cache.ts';
import { normRule, oneCallPlan, type PlanarEnd } from './compiled.ts';
import { graphOf } from './plan.ts';
import { sizeRule } from './strategy.ts';

type OneCallPlan = ReturnType<typeof oneCallPlan>;

const plans = /* @__PURE__ */ new PlanCache<number, OneCallPlan>(64);

/** The kept plan of a transform. Throws InvalidArgumentError for a size that is none. */
function planFor(n: number, input: 'real' | 'complex', inverse: boolean, norm: Norm): OneCallPlan {
  // Other numbers would share keys with sizes.
  if (!Number.isInteger(n)) checkArgument('n', n, sizeRule);
  const kind = (input === 'real' ? 1 : 0) + (inverse ? 2 : 0);
  return plans.get((n * norms.length + norms.indexOf(norm)) * 4 + kind, n, () => {
    checkArgument('n', n, sizeRule);
    return oneCallPlan(graphOf({ n, input, inverse, norm, dtype: 'f64' }));
  });
}

/**
 * NumPy's arguments: n points, to which the end of the input is cut or padded with zeros, and norm; also in the other order. The
 * result is written to `out` where it is given, float64 and of its length: new arrays take several times as long as 256 points.
 */
type OneCall<X, Y> = (
  x: X,
  ...rest:
    | [n?: number | undefined, norm?: Norm | undefined, out?: Y | undefined]
    | [norm?: Norm | undefined, n?: number | undefined, out?: Y | undefined]
) => Y;

/** Of two arguments, the number is n and the name is norm. */
function sizeAndNorm(first: unknown, second: unknown, size: number): { n: number; norm: Norm } {
  if (first === undefined && second === undefined) return { n: size, norm: 'backward' };
  const isTurned = typeof first === 'string' || typeof second === 'number';
  const [n = size, norm = 'backward'] = isTurned ? [second, first] : [first, second];
  // planFor refuses a number that is no size.
  if (typeof n !== 'number') throw new InvalidArgumentError(`n is ${shown(n)}; expected a count of points`);
  checkArgument('norm', norm as Norm, normRule);
  return { n, norm: norm as Norm };
}

/** x, cut or with zeros behind it. */
function fit(x: ArrayLike<number>, to: FloatArray): void {
  if (x.length === to.length) return to.set(x);
  const count = Math.min(x.length, to.length);
  copySamples(x, 0, count, to);
  to.fill(0, count);
}

const lengthOf = (x: Signal): number => (isPlanar(x) ? x.re.length : x.length);

function fitSignal(x: Signal, to: PlanarEnd): void {
  const im = to.im as FloatArray;
  fit(isPlanar(x) ? x.re : x, to.re);
  if (isPlanar(x)) fit(x.im, im);
  else im.fill(0);
}

function requireOut(name: string, out: unknown, length: number): asserts out is Float64Array {
  if (!(out instanceof Float64Array) || out.length !== length)
    throw new InvalidArgumentError(
      `${name} is ${ArrayBuffer.isView(out) ? `${out.constructor.name} of ${(out as Float64Array).length}` : shown(out)}; expected a Float64Array of ${length}`,
    );
}

/** A copy, in `out` or new; `slice` and `Float64Array.from` take longer. */
function copyOf(x: FloatArray, out: Float64Array = new Float64Array(x.length)): Float64Array {
  requireOut('out', out, x.length);
  out.set(x);
  return out;
}

/** New arrays as views of one buffer: making buffers is most of what a short call costs. */
function newResult(length: number): ComplexArray {
  const buffer = new ArrayBuffer(16 * length);
  return { re: new Float64Array(buffer, 0, length), im: new Float64Array(buffer, 8 * length, length) };
}

/** A copy of a plan's results, in `out` or new. */
function resultOf(
  { output: { re, im } }: OneCallPlan,
  out: ComplexArray = newResult(re.length),
): ComplexArray {
  requirePlanar('out', out);
  requireOut('out.re', out.re, re.length);
  requireOut('out.im', out.im, re.length);
  out.re.set(re);
  out.im.set(im as FloatArray);
  return out;
}

const complexCall =
  (inverse: boolean): OneCall<Signal, ComplexArray> =>
  (x, first?, second?, out?) => {
    requireSignal('x', x);
    const { n, norm } = sizeAndNorm(first, second, lengthOf(x));
    const plan = planFor(n, 'complex', inverse, norm);
    fitSignal(x, plan.input);
    plan.run();
    return resultOf(plan, out);
  };

/**
 * numpy.fft.fft of real or planar complex numbers in float64: fft(x, n, norm) or fft(x, norm). `re` and `im` of the result share a buffer. Throws InvalidArgumentError for what is
 * no array of numbers, and for 0 or more than 2^22 points.
 */
export const fft: OneCall<Signal, ComplexArray> = /* @__PURE__ */ complexCall(false);
/** numpy.fft.ifft; arguments as for `fft`. */
export const ifft: OneCall<Signal, ComplexArray> = /* @__PURE__ */ complexCall(true);

/** numpy.fft.rfft: n real samples, by default all of x, to floor(n/2) + 1 bins. Throws InvalidArgumentError as `fft` does. */
export const rfft: OneCall<ArrayLike<number>, ComplexArray> = (x, first?, second?, out?) => {
  requireNumbers('x', x);
  const { n, norm } = sizeAndNorm(first, second, x.length);
  const plan = planFor(n, 'real', false, norm);
  fit(x, plan.input.re);
  plan.run();
  return resultOf(plan, out);
};

/**
 * numpy.fft.irfft: floor(n/2) + 1 bins, cut or padded with zeros, to n real samples, by default 2 (bins - 1): irfft(x, n, norm) or
 * irfft(x, norm, n). The imaginary parts of bin 0, and of bin n/2 when n is even, are ignored. Throws InvalidArgumentError as `fft`
 * does.
 */
export const irfft: OneCall<Signal, Float64Array> = (x, first?, second?, out?) => {
  requireSignal('x', x);
  const { n, norm } = sizeAndNorm(first, second, 2 * (lengthOf(x) - 1));
  const plan = planFor(n, 'real', true, norm);
  fitSignal(x, plan.input);
  const im = plan.input.im as FloatArray;
  im[0] = 0;
  if (n % 2 === 0) im[im.length - 1] = 0;
  plan.run();
  return copyOf(plan.output.re, out);
};
