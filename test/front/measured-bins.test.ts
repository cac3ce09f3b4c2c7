/** Where front ends look: every bin of an exact one, and of branches what their filterbank weights, by what measures it. */
import { describe, expect, it } from 'vitest';
import { measurementOrder, type Branch } from '../../src/spectral/branches.ts';
import { namedFeature } from '../../src/front/feature-names.ts';
import { measuredBins } from '../../src/front/measured-bins.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';

const { head } = namedFeature('log-mel-8', 64);

describe('measuredBins', () => {
  it('of the exact front end are the bins that its bands reach', () => {
    const [only, ...others] = measuredBins(exactFrontEnd(head));
    expect(others).toEqual([]);
    expect(only.by).toBe('64 points');
    // Mel triangles are zero at 0 Hz and at half the rate.
    expect(only.frequencies).toEqual(Array.from({ length: 31 }, (_, i) => (i + 1) * 250));
  });
  it('of branches are told apart by branch, without those of weight zero', () => {
    const branches: Branch[] = [
      { filters: [], points: 32, bins: 'all', below: 8000, between: { taps: [1], below: 1500 } },
      { filters: [[1, 1]], points: 32, bins: 'odd', below: 1000 },
    ];
    const { frequencies } = measurementOrder(head, branches);
    const weights = Float64Array.from(frequencies, (hz) => (hz > 400 && hz < 2100 ? 1 : 0));
    const bands = { start: Int32Array.of(0), width: frequencies.length };
    const model = {
      head,
      transform: { kind: 'branches', branches },
      bank: { kind: 'weights', bands, weights },
    } as const;
    expect(measuredBins(model)).toEqual([
      { by: '32 points', frequencies: [500, 1000, 1500, 2000] },
      { by: 'virtual bins between', frequencies: [750, 1250] },
      { by: 'odd bins of 32 points, every 2nd sample', frequencies: [750] },
    ]);
  });
});
