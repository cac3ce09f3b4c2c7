/** Features of a head that can be trained, in float64: a direct DFT of every frame, nothing shared with the compiler. */
import { realDft } from '../numeric/dft.ts';
import { levelOf } from '../spectral/features.ts';
import { headWindow } from '../spectral/head.ts';
import {
  averagedFrames,
  bandCount,
  bandsOf,
  cepstraOf,
  requireTrainable,
  resultCount,
  resultHop,
  resultWidth,
  type TrainedHead,
} from './spectral-head.ts';

/** What becomes of powers |X|^2 [nFft / 2 + 1] of a head's frames, or their mean: one result [width]. */
export function resultOfPowers(head: TrainedHead): (powers: Float64Array) => Float64Array {
  const { bands, weights } = bandsOf(head, head.nFft);
  const { start, width } = bands;
  return (powers) => {
    const levels = Float64Array.from({ length: bandCount(head) }, (_, m) => {
      let energy = 0;
      for (let j = 0; j < width; j++) energy += weights[m * width + j] * powers[start[m] + j];
      return levelOf(head, energy);
    });
    return cepstraOf(head, levels, 1);
  };
}

/** Powers of the frame that begins at a sample, |X|^2 [nFft / 2 + 1], added to `sums` times a factor. */
export type AddPowers = (at: number, factor: number, sums: Float64Array) => void;

/** Features [results, width] of a signal whose frames' powers are computed by `add`. */
export function featuresByPowers(head: TrainedHead, samples: number, add: AddPowers): Float64Array {
  const [count, width] = [resultCount(head, samples), resultWidth(head)];
  const frames = averagedFrames(head);
  const finish = resultOfPowers(head);
  const out = new Float64Array(count * width);
  const powers = new Float64Array(head.nFft / 2 + 1);
  for (let r = 0; r < count; r++) {
    powers.fill(0);
    for (let f = 0; f < frames; f++) add(r * resultHop(head) + f * head.hop, 1 / frames, powers);
    out.set(finish(powers), r * width);
  }
  return out;
}

/** Features [results, width] of a signal, results as `FrontEnd.features` has them. Throws InvalidArgumentError for a head that cannot be trained. */
export function referenceFeatures(head: TrainedHead, samples: ArrayLike<number>): Float64Array {
  requireTrainable(head);
  const window = headWindow(head);
  const frame = new Float64Array(head.nFft);
  return featuresByPowers(head, samples.length, (at, factor, sums) => {
    for (let j = 0; j < frame.length; j++) frame[j] = samples[at + j] * window[j];
    const { re, im } = realDft(frame);
    for (let k = 0; k < sums.length; k++) sums[k] += factor * (re[k] * re[k] + im[k] * im[k]);
  });
}
