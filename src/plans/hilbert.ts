/** scipy.signal.hilbert: the analytic signal of real samples. */
import type { ComplexArray } from '../numeric/complex.ts';
import { copySamples, requireNumbers } from '../numeric/samples.ts';
import { irfft, rfft } from './fft.ts';

/**
 * scipy.signal.hilbert: the analytic signal x + i H(x) of real samples, of n points to which x is cut or padded with zeros (Marple 1999).
 * `re` is x itself, bit by bit; sqrt(re^2 + im^2) is the envelope. Throws InvalidArgumentError as `rfft` does.
 */
export function hilbert(x: ArrayLike<number>, n?: number): ComplexArray {
  requireNumbers('x', x);
  const spectrum = rfft(x, n);
  const size = n ?? x.length;
  const re = new Float64Array(size);
  copySamples(x, 0, Math.min(x.length, size), re);
  // -i X of positive frequencies; irfft takes the imaginary parts of bins 0 and n / 2 for nothing, and their real parts are 0.
  const turned = { re: spectrum.im, im: spectrum.re.map((v) => -v) };
  turned.re[0] = 0;
  if (size % 2 === 0) turned.re[size / 2] = 0;
  return { re, im: irfft(turned, size) };
}
