/** Arenas: many plans live side by side without overlapping, and what is disposed is used again. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { takePlace, type Place } from '../../../src/backends/wasm/memory.ts';
import { planFftSync } from '../../../src/plans/plan.ts';
import { InvalidArgumentError } from '../../../src/errors.ts';

describe('memory', () => {
  it('places never overlap, whatever is taken and given back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000_000 }), fc.nat(20)), { maxLength: 60 }),
        (steps) => {
          const live: Place[] = [];
          for (const [bytes, index] of steps) {
            if (index < live.length) live.splice(index, 1)[0].release();
            const place = takePlace(bytes);
            expect(place.bytes).toBeGreaterThanOrEqual(bytes);
            expect(place.from + place.bytes).toBeLessThanOrEqual(place.memory.buffer.byteLength);
            expect(place.from % 64).toBe(0);
            for (const other of live)
              if (other.memory === place.memory)
                expect(place.from >= other.from + other.bytes || other.from >= place.from + place.bytes).toBe(
                  true,
                );
            live.push(place);
          }
          for (const place of live) place.release();
        },
      ),
      { numRuns: 50 },
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
    const { buffer, byteOffset } = plan.input.re;
    plan.dispose();
    plan.dispose();
    expect(plan.input.re.length).toBe(0);
    expect(() => plan.run()).toThrow(InvalidArgumentError);
    const next = planFftSync({ n: 64 });
    expect([next.input.re.buffer, next.input.re.byteOffset]).toEqual([buffer, byteOffset]);
  });

  it('a new plan starts from zeros where another one was', () => {
    const first = planFftSync({ n: 64 });
    first.input.re.fill(NaN);
    first.run();
    first.dispose();
    const second = planFftSync({ n: 64 });
    second.run();
    expect(second.output.re.every((x) => x === 0)).toBe(true);
  });
});
