/**
 * The round trip of an encoder-decoder for every signal: the operator D E - I as a matrix, right to the last digit of its
 * entries (error-operator.ts), and a proven bound of its norm (certify.ts). Encoder and decoder as compiled for float64, no mask.
 */
import { InvalidArgumentError } from '../errors.ts';
import { tabulateCoefficients } from '../compiler/coefficients.ts';
import { coderOf } from '../model/encoder-decoder.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { modelGraph, requireValues, type Model } from '../model/model.ts';
import { provenNorms, type Certificate } from './certify.ts';
import { largestCertified, subtractedImages, wideUnit } from './error-operator.ts';
import { chainBound, roundingBound } from './rounding-bound.ts';

/**
 * How far D E x is from x, over all signals x, as in a `Certificate` of D E against the identity: a proven bound, the worst signal
 * there is (to the tolerance of the search for it), and the mean.
 */
export interface RoundTripOperator extends Pick<
  Certificate,
  'n' | 'input' | 'tau' | 'attained' | 'attainedBy' | 'roundingBound'
> {
  /** ||D E - I||_F / sqrt(n): the root mean square of ||D E x - x|| / ||x|| over Gaussian signals of unit norm. */
  readonly relativeL2: number;
}

/**
 * The error of a round trip over all signals. Throws InvalidArgumentError for a model that is none, values that are not its
 * own or not finite, and n beyond 4096.
 */
export function roundTripOperator(model: Model, values: ParameterValues): RoundTripOperator {
  const { encoder, encode, decode } = coderOf(model);
  const { n, input: kind } = encoder;
  if (n > largestCertified)
    throw new InvalidArgumentError(`n is ${n}; error operators go up to ${largestCertified}`);
  requireValues(model, values);
  const graph = modelGraph({ model: { ...model, parts: [...encode, ...decode] }, values }, 1);
  const coefficients = tabulateCoefficients(graph, 'f64');
  const rounding = roundingBound(coefficients, 2 ** -53);
  const identity = {
    table: Float64Array.of(0, 0, 0, 0, 1, 0, 0, 0),
    index: (row: number, column: number): number => (row === column ? 4 : 0),
  };
  const matrix = subtractedImages(coefficients, n, n, identity);
  const error = Math.sqrt(n) * chainBound(rounding.stages, wideUnit);
  const real = kind === 'real';
  const { tau, attained, attainedBy, proof } = provenNorms({ matrix, samples: n, real, error });
  const relativeL2 = (proof.frobenius * 2 ** -proof.exponent) / Math.sqrt(n);
  return { n, input: kind, tau, attained, attainedBy, relativeL2, roundingBound: rounding.bound };
}
