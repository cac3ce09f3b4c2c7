/** Factors of transforms against whole-number arithmetic. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { reciprocal, reciprocalRoot, scaledConstant, type Scale } from '../../src/model/scale.ts';

const eps = 2 ** -52;
/** A float64 times 2^200, exactly; |x| >= 2^-147. */
function fixed(x: number): bigint {
  const exponent = Math.floor(Math.log2(Math.abs(x))) - 53;
  return BigInt(x * 2 ** -exponent) << BigInt(200 + exponent);
}
const sumOf = ([hi, lo]: Scale): bigint => fixed(hi) + (lo === 0 ? 0n : fixed(lo));
/** n (hi + lo) - 1. */
const errorOf = (scale: Scale, n: number): number =>
  Number(BigInt(n) * sumOf(scale) - (1n << 200n)) / 2 ** 200;

describe('1 / n and 1 / sqrt n', () => {
  it('are one number where it is near, else two of 100 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1 << 22 }), (n) => {
        const scale = reciprocal(n);
        expect(scale[0]).toBe(1 / n);
        const alone = Math.abs(errorOf([scale[0], 0], n));
        expect(scale[1] !== 0).toBe(alone > 0.27 * eps);
        // hi * relative is rounded to 53 bits of a number below 2^-53.
        if (scale[1] !== 0) expect(Math.abs(errorOf(scale, n))).toBeLessThan(2 ** -105);
        const root = reciprocalRoot(n);
        const [sum, one] = [sumOf(root), 1n << 600n];
        // n s^2 - 1 = 2 e + e^2.
        const error = Number(((BigInt(n) * sum * sum) << 200n) - one) / 2 ** 600 / 2;
        expect(Math.abs(error)).toBeLessThan(root[1] === 0 ? 0.2701 * eps : 2 ** -101);
      }),
    );
    // The sizes that showed it: off by 0.39, 0.34, 0.33 and 0.33 eps.
    for (const n of [206, 214, 729, 1458]) expect(reciprocal(n)[1]).not.toBe(0);
    for (const n of [1, 2, 3, 5, 6, 7, 512, 960, 4096]) expect(reciprocal(n)[1]).toBe(0);
  });

  it('round their products with constants once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 1 << 22 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (n, value) => {
          const scale = reciprocal(n);
          const exact = (fixed(value) * sumOf(scale)) >> 200n;
          const got = scaledConstant(scale, value);
          // Half a unit in the last place, and the little that a second rounding may add.
          expect(Number(fixed(got) - exact) / 2 ** 200 / got).toSatisfy(
            (e: number) => Math.abs(e) <= 0.5001 * eps,
          );
        },
      ),
    );
  });
});
