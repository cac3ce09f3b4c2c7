/** Features of a head that can be trained, in float64: a direct DFT of every frame, nothing shared with the compiler. */
import { bandCount, bandsOf, headWidth } from '../spectral/banks.ts';
import { realDft } from '../numeric/dft.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { levelOf } from '../spectral/features.ts';
import { headWindow, type HeadConfig } from '../spectral/head.ts';
import { averagedFrames, cepstraOf, requireTrainable, resultCount, resultHop } from './spectral-head.ts';

/** Powers of the frame that begins at a sample, |X|^2 [nFft / 2 + 1], added to `sums` times a factor. */
type AddPowers = (samples: ArrayLike<number>, at: number, factor: number, sums: Float64Array) => void;

/** Features [results, width] of signals whose frames' powers are computed by `add`; tables are made once. */
export function featuresByPowers(
  head: HeadConfig,
  add: AddPowers,
): (samples: ArrayLike<number>) => Float64Array {
  const { bands, weights } = bandsOf(head, head.nFft);
  const [width, advance, frames] = [headWidth(head), resultHop(head), averagedFrames(head)];
  const powers = new Float64Array(head.nFft / 2 + 1);
  const levels = new Float64Array(bandCount(head));
  const level = levelOf(head);
  return (samples) => {
    const count = resultCount(head, samples.length);
    const out = new Float64Array(count * width);
    for (let r = 0; r < count; r++) {
      powers.fill(0);
      for (let f = 0; f < frames; f++) add(samples, r * advance + f * head.hop, 1 / frames, powers);
      for (let m = 0; m < levels.length; m++) {
        let energy = 0;
        for (let j = 0; j < bands.width; j++)
          energy += weights[m * bands.width + j] * powers[bands.start[m] + j];
        levels[m] = level(energy);
      }
      out.set(cepstraOf(head, levels, 1), r * width);
    }
    return out;
  };
}

/** Features [results, width] of a signal, results as `CompiledFrontEnd.features` has them. Throws InvalidArgumentError for a head that cannot be trained. */
export function referenceFeatures(head: HeadConfig, samples: ArrayLike<number>): Float64Array {
  requireTrainable(head);
  requireNumbers('samples', samples);
  const window = headWindow(head);
  const frame = new Float64Array(head.nFft);
  const features = featuresByPowers(head, (signal, at, factor, sums) => {
    for (let j = 0; j < frame.length; j++) frame[j] = signal[at + j] * window[j];
    const { re, im } = realDft(frame);
    for (let k = 0; k < sums.length; k++) sums[k] += factor * (re[k] * re[k] + im[k] * im[k]);
  });
  return features(samples);
}
