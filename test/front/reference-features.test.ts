/** The direct float64 features of every named head against the head's own extractor. */
import { describe, expect, it } from 'vitest';
import { features } from '../../src/plans/features.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { referenceFeatures } from '../../src/front/reference-features.ts';
import { framingOf } from '../../src/front/spectral-head.ts';
import { gaussian } from '../helpers.ts';

describe('referenceFeatures', () => {
  for (const name of ['log-mel-12', 'mfcc-5', 'spectrum', 'welch', 'third-octaves'])
    it(`is the extractor's for ${name}`, () => {
      const { head } = namedFeature(name, 128);
      const x = gaussian(framingOf(head).nFft + framingOf(head).hop + 50, 5).map((v) => 0.1 * v);
      const own = referenceFeatures(head, x);
      const extractor = features(head, { dtype: 'f64' });
      expect(own.length).toBeGreaterThanOrEqual(2 * extractor.width);
      [0, 1].forEach((r) => {
        const { data } = extractor.run(
          x.subarray(r * framingOf(head).hop, r * framingOf(head).hop + framingOf(head).nFft),
        );
        // Two float64 computations; log10 of sums that do not cancel.
        for (let i = 0; i < extractor.width; i++)
          expect(Math.abs(own[r * extractor.width + i] - data[i])).toBeLessThan(1e-11);
      });
    });

  it('refuses heads that cannot be trained', () =>
    expect(() => referenceFeatures({ ...namedFeature('welch', 64).head, fit: null }, [])).toThrow(
      /fit is null/,
    ));
});
