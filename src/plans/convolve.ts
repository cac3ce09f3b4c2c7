/** Convolution and correlation through transforms, with the semantics of scipy.signal.convolve and correlate. */
import { InvalidArgumentError } from '../errors.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { nextFastLen } from '../numeric/frequencies.ts';
import { isPlanar, requireSignal, type Planar, type Signal } from '../numeric/samples.ts';
import { shown } from '../options.ts';
import { fft, ifft, irfft, rfft } from './fft.ts';

/** full: every overlap, length a + b - 1. same: the middle, length of a. valid: whole overlaps only. */
export type ConvolutionMode = 'full' | 'same' | 'valid';

function lengthOf(name: string, x: Signal): number {
  requireSignal(name, x);
  const part = isPlanar(x) ? x.re : x;
  if (part.length < 1) throw new InvalidArgumentError(`${name} is empty; expected at least one number`);
  return part.length;
}

const padded = (x: ArrayLike<number>, n: number): Float64Array => {
  const out = new Float64Array(n);
  out.set(x);
  return out;
};
const zeros = (x: Signal): Planar => (isPlanar(x) ? x : { re: x, im: new Float64Array(x.length) });

/** Product of two spectra, in place of the first. */
function multiply(x: ComplexArray, y: ComplexArray): ComplexArray {
  for (let i = 0; i < x.re.length; i++) {
    const re = x.re[i] * y.re[i] - x.im[i] * y.im[i];
    x.im[i] = x.re[i] * y.im[i] + x.im[i] * y.re[i];
    x.re[i] = re;
  }
  return x;
}

function realCyclic(a: ArrayLike<number>, b: ArrayLike<number>, n: number): Float64Array {
  return irfft(multiply(rfft(padded(a, n)), rfft(padded(b, n))), 'backward', n);
}

function complexCyclic(a: Planar, b: Planar, n: number): ComplexArray {
  const spectrum = (x: Planar): ComplexArray => fft({ re: padded(x.re, n), im: padded(x.im, n) });
  return ifft(multiply(spectrum(a), spectrum(b)));
}

/** First index and length of a mode within the full result; `swapped` when the second was the longer in `valid`. */
function part(mode: ConvolutionMode, a: number, b: number): { from: number; length: number } {
  if (mode === 'full') return { from: 0, length: a + b - 1 };
  if (mode === 'same') return { from: Math.floor((b - 1) / 2), length: a };
  if (mode === 'valid') return { from: Math.min(a, b) - 1, length: Math.abs(a - b) + 1 };
  throw new InvalidArgumentError(`mode is ${shown(mode)}; expected full, same or valid`);
}

function cut<R extends Float64Array | ComplexArray>(x: R, from: number, length: number): R {
  const slice = (values: Float64Array): Float64Array => values.slice(from, from + length);
  return (x instanceof Float64Array ? slice(x) : { re: slice(x.re), im: slice(x.im) }) as R;
}

/** Linear convolution. Real numbers give a Float64Array, planar complex numbers planar ones. Throws InvalidArgumentError. */
export function convolve(a: ArrayLike<number>, b: ArrayLike<number>, mode?: ConvolutionMode): Float64Array;
export function convolve(a: Signal, b: Signal, mode?: ConvolutionMode): ComplexArray;
export function convolve(a: Signal, b: Signal, mode: ConvolutionMode = 'full'): Float64Array | ComplexArray {
  const [na, nb] = [lengthOf('a', a), lengthOf('b', b)];
  const { from, length } = part(mode, na, nb);
  const total = na + nb - 1;
  if (!isPlanar(a) && !isPlanar(b))
    return cut(realCyclic(a, b, nextFastLen(total, { real: true })), from, length);
  return cut(complexCyclic(zeros(a), zeros(b), nextFastLen(total)), from, length);
}

/** c_k = sum_j a_j b_{(k - j) mod n} of two sequences of one length. Throws InvalidArgumentError. */
export function circularConvolve(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array;
export function circularConvolve(a: Signal, b: Signal): ComplexArray;
export function circularConvolve(a: Signal, b: Signal): Float64Array | ComplexArray {
  const [na, nb] = [lengthOf('a', a), lengthOf('b', b)];
  if (na !== nb) throw new InvalidArgumentError(`a has ${na} and b ${nb} numbers; expected the same count`);
  return !isPlanar(a) && !isPlanar(b) ? realCyclic(a, b, na) : complexCyclic(zeros(a), zeros(b), na);
}

const reversed = (x: ArrayLike<number>, sign: number): Float64Array =>
  Float64Array.from({ length: x.length }, (_, i) => sign * x[x.length - 1 - i]);

/**
 * Cross-correlation sum_j a_{j+k} conj b_j: convolution with the second reversed and conjugated, as scipy.signal.correlate,
 * lags rising from -(length of b - 1). Throws InvalidArgumentError.
 */
export function correlate(a: ArrayLike<number>, b: ArrayLike<number>, mode?: ConvolutionMode): Float64Array;
export function correlate(a: Signal, b: Signal, mode?: ConvolutionMode): ComplexArray;
export function correlate(a: Signal, b: Signal, mode: ConvolutionMode = 'full'): Float64Array | ComplexArray {
  lengthOf('a', a);
  lengthOf('b', b);
  if (isPlanar(b)) return convolve(a, { re: reversed(b.re, 1), im: reversed(b.im, -1) }, mode);
  return convolve(a as ArrayLike<number>, reversed(b, 1), mode);
}
