/**
 * Heads of random options against librosa, in float64, and kaldi-native-fbank, in float32: test/fixtures/parity/draws.json, 300 each. All of
 * them with PAPILIO_THOROUGH=1.
 */
import { describe, expect, it } from 'vitest';
import { features } from '../../src/plans/features.ts';
import { featureHead, type HeadOverrides } from '../../src/spectral/presets.ts';
import { cases } from '../helpers.ts';
import { parityDraws, parityTensors } from '../parity.ts';

const tensors = parityTensors();
const draws = parityDraws();
const signal = (name: string): Float64Array => Float64Array.from(tensors.get(`signal/${name}`)?.data ?? []);

describe('heads of random options', () => {
  it.each([
    ['librosa', 1e-8],
    // The largest difference is 8.1e-5, of float32 there.
    ['kaldi', 2e-4],
  ] as const)('are those of %s, within %f', (library, bound) => {
    const all = draws[library];
    expect(all.length).toBe(300);
    const step = cases(30, 1);
    for (const draw of all.filter((_, i) => i % step === 0)) {
      const head = featureHead(library, draw.overrides as HeadOverrides);
      const extractor = features(head, { dtype: 'f64' });
      const samples = signal(draw.signal).subarray(draw.first, draw.first + draw.samples);
      const { data, frames, width } = extractor.run(samples);
      const about = JSON.stringify(draw.overrides);
      expect([frames, width], about).toEqual(draw.shape);
      const wrong = draw.at.filter(
        (at, i) => !(Math.abs(data[at] - draw.values[i]) <= bound * Math.max(1, Math.abs(draw.values[i]))),
      );
      expect(wrong, about).toEqual([]);
      extractor.dispose();
    }
  });
});
