/** Steps of a head over the samples or the frames of a whole clip, as plain loops: pre-emphasis, deltas, normalisation. */
import { withDeltas } from '../numeric/deltas.ts';
import { normalized } from '../numeric/normalize.ts';
import { newArray } from '../compiler/number-format.ts';
import type { Dtype } from '../compiler/kernel.ts';
import type { FloatArray } from '../backends/backend.ts';
import { hasClipSteps, type HeadConfig } from '../spectral/head.ts';

/** Pre-emphasis over a signal, in the arithmetic of a type: y[i] = x[i] - c x[i - 1], x[-1] = 0. */
export class Emphasis {
  private readonly factor: number;
  private readonly round: (x: number) => number;
  private before = 0;

  constructor({ signalPreEmphasis = 0 }: HeadConfig, dtype: Dtype) {
    this.round = dtype === 'f32' ? Math.fround : (x) => x;
    this.factor = this.round(signalPreEmphasis);
  }

  /** Takes the samples that follow, in place. */
  apply(samples: FloatArray, from: number, end: number): void {
    const { factor, round } = this;
    if (factor === 0) return;
    for (let i = from; i < end; i++) {
      const sample = samples[i];
      samples[i] = sample - round(factor * this.before);
      this.before = sample;
    }
  }

  /** Begins another signal. */
  reset(): void {
    this.before = 0;
  }
}

/** The samples that count of a clip, pre-emphasis done; the clip itself for a head without. */
export function emphasisedClip(
  head: HeadConfig,
  samples: ArrayLike<number>,
  dtype: Dtype,
): ArrayLike<number> {
  if ((head.signalPreEmphasis ?? 0) === 0) return samples;
  const count = Math.min(samples.length, head.fit ?? Infinity);
  const out = newArray(dtype, count);
  for (let i = 0; i < count; i++) out[i] = samples[i];
  new Emphasis(head, dtype).apply(out, 0, count);
  return out;
}

/**
 * Deltas, normalisation and affine map of a head over the frames of a clip [frames, static width], in float64; the values themselves for
 * a head without. Throws InvalidArgumentError for fewer frames than deltas or a variance need.
 */
export function overClip<T extends FloatArray>(head: HeadConfig, values: T, frames: number, dtype: Dtype): T {
  if (!hasClipSteps(head)) return values;
  const { deltas, normalize, affine } = head;
  const more: ArrayLike<number> = deltas ? withDeltas(deltas, values, frames) : values;
  const normal = normalize ? normalized(normalize, more, frames) : more;
  const out = newArray(dtype, normal.length);
  for (let i = 0; i < out.length; i++) out[i] = affine ? affine.multiply * normal[i] + affine.add : normal[i];
  return out as T;
}
