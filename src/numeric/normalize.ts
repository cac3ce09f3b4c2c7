/** Mean and variance normalisation of features over the frames of a clip (CMVN). */
import { InvalidArgumentError } from '../errors.ts';
import { finite, flag, oneOf, required, type OptionTable } from '../options.ts';

/** (x - mean) / deviation, with deviation = sqrt(variance + varianceOffset) + offset and the variance over count - ddof. */
export interface NormalizeOptions {
  readonly mean: boolean;
  readonly deviation: boolean;
  readonly ddof: 0 | 1;
  /** Added to the deviation: 1e-5 in NeMo. */
  readonly offset: number;
  /** Added to the variance: 1e-7 in w2v-BERT. */
  readonly varianceOffset: number;
  /** feature: each number of a frame by itself. clip: all with one mean and one deviation. */
  readonly over: 'feature' | 'clip';
}

export const normalizeOptions: OptionTable<NormalizeOptions> = {
  mean: required(flag),
  deviation: required(flag),
  ddof: required(oneOf([0, 1])),
  offset: required(finite({ minimum: 0 })),
  varianceOffset: required(finite({ minimum: 0 })),
  over: required(oneOf(['feature', 'clip'])),
};

/** Throws InvalidArgumentError for one number whose variance over count - 1 is 0 / 0. */
export function requireVariance(
  { deviation, ddof, over }: NormalizeOptions,
  frames: number,
  width: number,
): void {
  if (deviation && ddof === 1 && (over === 'clip' ? frames * width : frames) < 2)
    throw new InvalidArgumentError(`${frames} frame under normalize.ddof 1; expected at least 2, or ddof 0`);
}

/**
 * Frames [frames, width], normalised; sums in float64, frame after frame. Throws InvalidArgumentError for one frame with ddof 1.
 */
export function normalized(
  options: NormalizeOptions,
  values: ArrayLike<number>,
  frames: number,
): Float64Array {
  const width = values.length / frames;
  requireVariance(options, frames, width);
  const { ddof, offset, varianceOffset, over } = options;
  const groups = over === 'clip' ? 1 : width;
  const count = values.length / groups;
  const [means, squares] = [new Float64Array(groups), new Float64Array(groups)];
  for (let i = 0; i < values.length; i++) means[i % groups] += values[i] / count;
  for (let i = 0; i < values.length; i++) squares[i % groups] += (values[i] - means[i % groups]) ** 2;
  const deviations = squares.map((sum) => Math.sqrt(sum / (count - ddof) + varianceOffset) + offset);
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const centred = options.mean ? values[i] - means[i % groups] : values[i];
    out[i] = options.deviation ? centred / deviations[i % groups] : centred;
  }
  return out;
}
