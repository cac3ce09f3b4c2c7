/** What the logarithm of a head gets, over whole clips in float64. */
import { bandCount, bandsOf } from '../../spectral/banks.ts';
import { headFrames, headWindow, oneSidedBins, type HeadConfig } from '../../spectral/head.ts';
import { conditionedFrame, paddedSamples } from '../reference-features.ts';
import type { Powers } from './guess.ts';

/** Energies [frames, bands] of the given frames of a clip; of all without them. */
export function clipEnergies(
  head: HeadConfig,
  samples: Float64Array,
  powers: Powers,
  chosen?: readonly number[],
): Float64Array {
  const { bands, weights } = bandsOf(head, head.nFft);
  const { start, width } = bands;
  const count = bandCount(head);
  const window = headWindow(head);
  const padded = paddedSamples(head, samples);
  const frames = chosen ?? Array.from({ length: headFrames(head, samples.length) }, (_, f) => f);
  const frame = new Float64Array(head.nFft);
  const spectrum = new Float64Array(oneSidedBins(head.nFft));
  const run = powers.of(head.nFft);
  const { magnitudeOffset = 0 } = head;
  const out = new Float64Array(frames.length * count);
  frames.forEach((f, i) => {
    conditionedFrame(head, padded, f * head.hop, frame);
    for (let j = 0; j < frame.length; j++) frame[j] *= window[j];
    run(frame, spectrum, 0);
    if (head.spectrum === 'magnitude')
      for (let k = 0; k < spectrum.length; k++) spectrum[k] = Math.sqrt(spectrum[k] + magnitudeOffset);
    for (let m = 0; m < count; m++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += weights[m * width + j] * spectrum[start[m] + j];
      out[i * count + m] = sum;
    }
  });
  return out;
}
