/** Features of a head in float64: a direct DFT of every frame, nothing shared with the compiler. */
import { realDft } from '../numeric/dft.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { emphasisedClip, overClip } from '../plans/clip-steps.ts';
import { bandCount, bandsOf, staticWidth } from '../spectral/banks.ts';
import { levelOf, sampleOf, samplesOf } from '../spectral/features.ts';
import {
  frameLength,
  headFrames,
  headWindow,
  hasClipSteps,
  needsClip,
  needsFrame,
  samplesBefore,
  type HeadConfig,
} from '../spectral/head.ts';
import { averagedFrames, cepstraOf, framingOf, requireTrainable } from './spectral-head.ts';

/** A signal as its frames see it: frame f begins at sample f hop; zeros behind the last one. */
export function paddedSamples(head: HeadConfig, samples: ArrayLike<number>): ArrayLike<number> {
  const framing = framingOf(head);
  const before = samplesBefore(framing);
  const length = samplesOf(framing, headFrames(framing, samples.length));
  const signal = emphasisedClip(head, samples, 'f64');
  if (before === 0 && framing.fit === null && length <= samples.length) return signal;
  const at = sampleOf(framing, samples.length);
  return Float64Array.from({ length }, (_, i) => {
    const source = at(i - before);
    return source < 0 ? 0 : signal[source];
  });
}

/** Takes the mean, or the least-squares line, of the first n numbers from them. */
export function takeTrend(x: Float64Array, n: number, kind: 'constant' | 'linear'): void {
  let [mean, slope] = [0, 0];
  for (let j = 0; j < n; j++) {
    mean += x[j] / n;
    slope += (j - (n - 1) / 2) * x[j];
  }
  const rise = kind === 'linear' && n > 1 ? (12 * slope) / (n * (n * n - 1)) : 0;
  for (let j = 0; j < n; j++) x[j] -= mean + rise * (j - (n - 1) / 2);
}

/** The frame that begins at a sample of a padded signal, trend and pre-emphasis done, to `out` [nFft]; not windowed. */
export function conditionedFrame(
  head: HeadConfig,
  samples: ArrayLike<number>,
  at: number,
  out: Float64Array,
): void {
  const length = frameLength(head);
  out.fill(0);
  for (let j = 0; j < length; j++) out[j] = samples[at + j];
  if (head.detrend !== 'none') takeTrend(out, length, head.detrend);
  if (head.preEmphasis !== 0)
    for (let j = length - 1; j >= 0; j--) out[j] -= head.preEmphasis * out[Math.max(0, j - 1)];
}

/** |X|^2 [nFft / 2 + 1] of a windowed frame, to `powers`. */
type PowersOf = (frame: Float64Array, powers: Float64Array) => void;

/** Levels by the largest of them: not further below it than the range, relative to it. */
function belowLargest({ log }: HeadConfig, levels: Float64Array): Float64Array {
  const largest = levels.reduce((a, b) => Math.max(a, b), -Infinity);
  const least = largest - (log?.range ?? Infinity);
  const reference = log?.reference === 'max' ? largest : 0;
  return levels.map((x) => Math.max(x, least) - reference);
}

/** What stands behind the levels [results, bands] of a clip: a range below the largest, levels relative to it, cepstra, deltas, a normalisation, an affine map. */
function finishedLevels(head: HeadConfig, levels: Float64Array): Float64Array {
  const { affine } = head;
  const clip = needsClip(head) ? belowLargest(head, levels) : levels;
  const [count, width] = [bandCount(head), staticWidth(head)];
  const results = levels.length / count;
  const out = new Float64Array(results * width);
  for (let r = 0; r < results; r++) {
    const own = clip.subarray(r * count, (r + 1) * count);
    out.set(cepstraOf(head, needsFrame(head) ? belowLargest(head, own) : own, 1), r * width);
  }
  if (hasClipSteps(head)) return overClip(head, out, results, 'f64');
  return affine ? out.map((x) => affine.multiply * x + affine.add) : out;
}

/** Results of what a standalone kernel gives for a clip [results, bands]: the rest of a head that has to know the clip is not in it. */
export const kernelResults = (head: HeadConfig, values: Float64Array): Float64Array =>
  needsClip(head)
    ? finishedLevels(head, values)
    : overClip(head, values, values.length / staticWidth(head), 'f64');

/**
 * Features [results, width] of signals whose frames' powers are computed by `powersOf`; tables are made once. For heads that
 * `requireTrainable` accepts.
 */
export function featuresByPowers(
  head: HeadConfig,
  powersOf: PowersOf,
): (samples: ArrayLike<number>) => Float64Array {
  const { bands, weights } = bandsOf(head, head.nFft);
  const [count, frames] = [bandCount(head), averagedFrames(head)];
  const window = headWindow(head);
  const [frame, powers, sums] = [head.nFft, head.nFft / 2 + 1, head.nFft / 2 + 1].map(
    (n) => new Float64Array(n),
  );
  const level = levelOf(head);
  /** What the bank weights of the frame that begins at a sample, a part of a mean. */
  const addFrame = (samples: ArrayLike<number>, at: number): void => {
    conditionedFrame(head, samples, at, frame);
    for (let j = 0; j < frame.length; j++) frame[j] *= window[j];
    powersOf(frame, powers);
    for (let k = 0; k < sums.length; k++)
      sums[k] +=
        (head.spectrum === 'magnitude' ? Math.sqrt(powers[k] + (head.magnitudeOffset ?? 0)) : powers[k]) /
        frames;
  };
  return (samples) => {
    const padded = paddedSamples(head, samples);
    const framing = framingOf(head);
    const results = headFrames(framing, samples.length);
    const levels = new Float64Array(results * count);
    for (let r = 0; r < results; r++) {
      sums.fill(0);
      for (let f = 0; f < frames; f++) addFrame(padded, r * framing.hop + f * head.hop);
      for (let m = 0; m < count; m++) {
        let energy = 0;
        for (let j = 0; j < bands.width; j++)
          energy += weights[m * bands.width + j] * sums[bands.start[m] + j];
        levels[r * count + m] = level(energy);
      }
    }
    return finishedLevels(head, levels);
  };
}

/** Features [results, width] of a signal, results as `CompiledFrontEnd.features` has them. Throws InvalidArgumentError for a head that cannot be trained. */
export function referenceFeatures(head: HeadConfig, samples: ArrayLike<number>): Float64Array {
  requireTrainable(head);
  requireNumbers('samples', samples);
  const features = featuresByPowers(head, (frame, powers) => {
    const { re, im } = realDft(frame);
    for (let k = 0; k < powers.length; k++) powers[k] = re[k] * re[k] + im[k] * im[k];
  });
  return features(samples);
}
