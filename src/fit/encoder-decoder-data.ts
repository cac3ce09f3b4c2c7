/** The signals that encoder-decoders are trained and judged on: samples, their spectra by the definition, and filtered samples. */
import { InvalidArgumentError } from '../errors.ts';
import { coderOf } from '../model/encoder-decoder.ts';
import type { Model } from '../model/model.ts';
import { complex, numberArithmetic } from '../numeric/arithmetic.ts';
import { complexArray, type ComplexArray } from '../numeric/complex.ts';
import { dft } from '../numeric/dft.ts';
import { requireFinite } from '../numeric/samples.ts';
import type { Pairs } from './pairs.ts';

/** Signals x with their spectra and, for a filter, what it makes of them: [n, count], [bins, count], [n, count]. */
export interface CoderData {
  readonly count: number;
  readonly samples: ComplexArray;
  readonly spectra: ComplexArray;
  readonly filtered: ComplexArray | null;
}

/** Column l of signals [rows, count]. */
function columnOf(x: ComplexArray, count: number, l: number): ComplexArray {
  const take = (part: Float64Array): Float64Array =>
    Float64Array.from({ length: part.length / count }, (_, j) => part[j * count + l]);
  return { re: take(x.re), im: take(x.im) };
}

/** One transform per column, by the definition in float64: the first `bins` of every result. */
function transformColumns(
  f: (x: ComplexArray) => ComplexArray,
  x: ComplexArray,
  count: number,
  bins: number,
): ComplexArray {
  const out = complexArray(bins * count);
  for (let l = 0; l < count; l++) {
    const y = f(columnOf(x, count, l));
    for (let j = 0; j < bins; j++) [out.re[j * count + l], out.im[j * count + l]] = [y.re[j], y.im[j]];
  }
  return out;
}

/** Data of signals [n, count], real ones without imaginary parts, with their filtered versions where they are known. */
export function coderData(
  model: Model,
  samples: ComplexArray,
  count: number,
  filtered: ComplexArray | null = null,
): CoderData {
  const { encoder, bins } = coderOf(model);
  const { norm } = encoder;
  const spectra = transformColumns((x) => dft(x, { norm }), samples, count, bins);
  return { count, samples, spectra, filtered };
}

/** What a filter with the given response [bins] makes of signals [n, count], by the definition in float64. */
export function filterPairs(
  model: Model,
  response: ComplexArray,
  samples: ComplexArray,
  count: number,
): Pairs {
  checkResponse(model, response);
  const { encoder, real } = coderOf(model);
  const { n } = encoder;
  const output = transformColumns(
    (x) => {
      const y = dft(x);
      for (let j = 0; j < n; j++) {
        const mirrored = real && 2 * j > n;
        const at = mirrored ? n - j : j;
        const own = { re: response.re[at], im: mirrored ? -response.im[at] : response.im[at] };
        const made = complex.mul(numberArithmetic, { re: y.re[j], im: y.im[j] }, own);
        [y.re[j], y.im[j]] = [made.re, made.im];
      }
      return dft(y, { inverse: true });
    },
    samples,
    count,
    n,
  );
  if (real) output.im.fill(0);
  return { n, count, input: samples, output };
}

/** Throws InvalidArgumentError unless the response has one finite number per bin, real at the self-paired ones of real signals. */
function checkResponse(model: Model, response: ComplexArray): void {
  const { bins, real } = coderOf(model);
  requireFinite('response', response, bins, 1);
  if (real && (response.im[0] !== 0 || response.im[bins - 1] !== 0))
    throw new InvalidArgumentError(
      `the response is complex at bin ${response.im[0] === 0 ? bins - 1 : 0}; a filter of real signals is real there`,
    );
}
