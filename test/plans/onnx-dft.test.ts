/** How a DFT is factored for ONNX: where bins lie, and what is cheapest. */
import { describe, expect, it } from 'vitest';
import { dftPlan, placeOf } from '../../src/plans/onnx-dft.ts';

describe('factored DFTs of ONNX', () => {
  it.each([
    [400, 400, [1, 199]],
    [400, 400, [0, 200]],
    [512, 400, [1, 255]],
    [512, 400, [40, 100]],
    [45, 45, [0, 22]],
    [61, 61, [0, 30]],
    [2, 2, [0, 0]],
  ] as const)('%d points, %d of them windowed: every bin of %j has a place of its own', (n, length, bins) => {
    const plan = dftPlan(n, length, bins);
    const taken = new Set<number>();
    for (let bin = bins[0]; bin <= bins[1]; bin++) {
      const { k1, segment } = placeOf(plan, bin);
      expect([bin, k1 >= 0 && k1 < plan.bins1, segment >= 0 && segment < plan.segments]).toEqual([
        bin,
        true,
        true,
      ]);
      taken.add(k1 * plan.segments + segment);
    }
    expect(taken.size).toBe(bins[1] - bins[0] + 1);
  });

  it('where the last bin is not asked for, half of n bins are all that is computed', () => {
    for (const n of [400, 512]) {
      const { bins1, segments, isPacked } = dftPlan(n, 400, [1, n / 2 - 1]);
      expect([isPacked, bins1 * segments]).toEqual([true, n / 2]);
    }
    expect(dftPlan(512, 512, [0, 256]).isPacked).toBe(false);
  });
});
