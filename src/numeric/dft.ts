/** The discrete Fourier transform by its definition, in float64: the oracle of every fast one. */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, oneOf } from '../options.ts';
import { complexArray, type ComplexArray } from './complex.ts';
import { memoized } from './memoized.ts';
import { twiddle } from './twiddle.ts';

export interface DftOptions {
  readonly inverse?: boolean;
  /** NumPy's meaning: which direction carries 1/n, or both 1/sqrt(n). Default backward. */
  readonly norm?: 'backward' | 'ortho' | 'forward';
}

const table = /* @__PURE__ */ memoized((n: number) => {
  const made = complexArray(n);
  for (let k = 0; k < n; k++) [made.re[k], made.im[k]] = twiddle(k, n);
  return made;
}, 64);

/** X[k] = sum_j x[j] exp(-2 pi i j k / n), compensated sums (Neumaier). O(n^2). */
export function dft(x: ComplexArray, options: DftOptions = {}): ComplexArray {
  const n = x.re.length;
  if (n < 1 || x.im.length !== n)
    throw new InvalidArgumentError(
      `re has ${n} and im ${x.im.length} numbers; expected the same positive count`,
    );
  const { inverse = false, norm = 'backward' } = options;
  checkArgument('norm', norm, oneOf(['backward', 'ortho', 'forward']));
  const w = table(n);
  const out = complexArray(n);
  const sign = inverse ? -1 : 1;
  const scale = norm === 'ortho' ? 1 / Math.sqrt(n) : norm === (inverse ? 'backward' : 'forward') ? 1 / n : 1;
  for (let k = 0; k < n; k++) {
    let [re, im, lostRe, lostIm] = [0, 0, 0, 0];
    for (let j = 0, t = 0; j < n; j++, t = (t + k) % n) {
      const [c, s] = [w.re[t], sign * w.im[t]];
      const a = x.re[j] * c - x.im[j] * s;
      const b = x.re[j] * s + x.im[j] * c;
      const nextRe = re + a;
      lostRe += Math.abs(re) >= Math.abs(a) ? re - nextRe + a : a - nextRe + re;
      re = nextRe;
      const nextIm = im + b;
      lostIm += Math.abs(im) >= Math.abs(b) ? im - nextIm + b : b - nextIm + im;
      im = nextIm;
    }
    out.re[k] = scale * (re + lostRe);
    out.im[k] = scale * (im + lostIm);
  }
  return out;
}

/** One-sided spectrum (floor(n/2) + 1 bins) of real samples by direct summation. */
export function realDft(x: ArrayLike<number>): ComplexArray {
  const n = x.length;
  if (n < 1) throw new InvalidArgumentError('x is empty; expected at least one sample');
  const w = table(n);
  const out = complexArray(Math.floor(n / 2) + 1);
  for (let k = 0; k < out.re.length; k++) {
    let re = 0;
    let im = 0;
    for (let j = 0, t = 0; j < n; j++) {
      re += x[j] * w.re[t];
      im += x[j] * w.im[t];
      t += k;
      if (t >= n) t -= n;
    }
    out.re[k] = re;
    out.im[k] = im;
  }
  return out;
}
