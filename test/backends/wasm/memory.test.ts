/** Arenas: many programs live side by side in few memories, and no two ever had the same bytes. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { takePlace, type Place } from '../../../src/backends/wasm/memory.ts';
import { planFftSync } from '../../../src/plans/plan.ts';
import { InvalidArgumentError } from '../../../src/errors.ts';

describe('memory', () => {
  it('places never overlap, whatever is taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2_000_000 }), { maxLength: 40 }), (sizes) => {
        const live: (Place & { to: number })[] = [];
        for (const bytes of sizes) {
          const place = takePlace(bytes);
          const to = place.from + bytes;
          expect(to).toBeLessThanOrEqual(place.memory.buffer.byteLength);
          expect(place.memory.buffer.byteLength).toBe(65536 * place.pages);
          expect(place.from % 64).toBe(0);
          for (const other of live)
            if (other.memory === place.memory) expect(place.from >= other.to || other.from >= to).toBe(true);
          live.push({ ...place, to });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('plans side by side do not disturb each other, and live in few memories', () => {
    const sizes = [16, 60, 128, 37, 400];
    const plans = Array.from({ length: 60 }, (_, i) =>
      planFftSync({ n: sizes[i % sizes.length], dtype: 'f64' }),
    );
    const buffers = new Set(plans.map((p) => p.input.re.buffer));
    expect(buffers.size).toBeLessThan(5);
    plans.forEach((p, i) => p.input.re.fill(0).fill(i + 1, 0, 1));
    for (const p of plans) p.run();
    plans.forEach((p, i) => {
      // An impulse of height i + 1 has that in every bin.
      for (const x of p.output.re) expect(Math.abs(x - (i + 1))).toBeLessThan(1e-12 * (i + 1));
      p.dispose();
    });
  });

  it('a disposed plan shows no memory and refuses to run; disposing twice is harmless', () => {
    const plan = planFftSync({ n: 64 });
    plan.dispose();
    plan.dispose();
    expect(plan.input.re.length).toBe(0);
    expect(() => plan.run()).toThrow(InvalidArgumentError);
  });

  it('a new plan starts from zeros', () => {
    const first = planFftSync({ n: 64 });
    first.input.re.fill(NaN);
    first.run();
    first.dispose();
    const second = planFftSync({ n: 64 });
    second.run();
    expect(second.output.re.every((x) => x === 0)).toBe(true);
  });
});
