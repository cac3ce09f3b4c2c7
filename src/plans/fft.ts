/** NumPy's fft functions on typed arrays: one call, a plan kept per size. Planar complex in and out. */
import { InvalidArgumentError } from '../errors.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import type { Norm } from '../model/network.ts';
import { PlanCache } from './cache.ts';
import { planFftSync, type Plan, type PlanOptions } from './plan.ts';

const plans = new PlanCache<Plan>(64);

export const planFor = (options: PlanOptions): Plan =>
  plans.get([options.n, options.input ?? '', options.inverse ?? false, options.norm ?? ''], () =>
    planFftSync({ ...options, dtype: 'f64' }),
  );

interface Planar {
  readonly re: ArrayLike<number>;
  readonly im: ArrayLike<number>;
}

function complexTransform(x: Planar, inverse: boolean, norm: Norm): ComplexArray {
  if (x.re.length !== x.im.length)
    throw new InvalidArgumentError(
      `re has ${x.re.length} and im ${x.im.length} numbers; expected the same count`,
    );
  const plan = planFor({ n: x.re.length, inverse, norm });
  plan.input.re.set(x.re);
  plan.input.im?.set(x.im);
  plan.run();
  return { re: Float64Array.from(plan.output.re), im: Float64Array.from(plan.output.im as Float64Array) };
}

/** numpy.fft.fft of planar complex numbers in float64. Throws InvalidArgumentError for 0 or more than 2^22 points. */
export const fft = (x: Planar, norm: Norm = 'backward'): ComplexArray => complexTransform(x, false, norm);
/** numpy.fft.ifft. */
export const ifft = (x: Planar, norm: Norm = 'backward'): ComplexArray => complexTransform(x, true, norm);

/** numpy.fft.rfft: n real samples to floor(n/2) + 1 bins. */
export function rfft(x: ArrayLike<number>, norm: Norm = 'backward'): ComplexArray {
  const plan = planFor({ n: x.length, input: 'real', norm });
  plan.input.re.set(x);
  plan.run();
  return { re: Float64Array.from(plan.output.re), im: Float64Array.from(plan.output.im as Float64Array) };
}

/**
 * numpy.fft.irfft: floor(n/2) + 1 bins to n real samples, by default 2 (bins - 1). The imaginary parts of bin 0, and of
 * bin n/2 when n is even, are ignored. Throws InvalidArgumentError when n and the count of bins do not agree.
 */
export function irfft(x: Planar, norm: Norm = 'backward', n = 2 * (x.re.length - 1)): Float64Array {
  if (x.re.length !== x.im.length)
    throw new InvalidArgumentError(
      `re has ${x.re.length} and im ${x.im.length} numbers; expected the same count`,
    );
  if (Math.floor(n / 2) + 1 !== x.re.length)
    throw new InvalidArgumentError(
      `n is ${n} with ${x.re.length} bins; expected ${2 * x.re.length - 2} or ${2 * x.re.length - 1}`,
    );
  const plan = planFor({ n, input: 'real', inverse: true, norm });
  plan.input.re.set(x.re);
  const im = plan.input.im as Float64Array;
  im.set(x.im);
  im[0] = 0;
  if (n % 2 === 0) im[im.length - 1] = 0;
  plan.run();
  return Float64Array.from(plan.output.re);
}
