/** Codes of few bits against independent references: all bit patterns, brute-force nearest numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfBits, halfValue } from '../../src/numeric/half.ts';
import { powerCode, powerValue, q8Code, q8Value } from '../../src/numeric/quantize.ts';

/** The number of a binary16 by another way: its fields moved into those of a float32, whose subnormals have no like here. */
function reference(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  const [sign, e, fraction] = [bits >>> 15, (bits >>> 10) & 31, bits & 1023];
  if (e === 0) {
    // fraction 2^-24 as (1 + fraction 2^-10) 2^-14 - 2^-14, both exact in float32.
    view.setUint32(0, ((127 - 14) << 23) | (fraction << 13));
    const x = view.getFloat32(0) - 2 ** -14;
    return sign ? -x : x;
  }
  view.setUint32(0, ((sign << 31) | ((e === 31 ? 255 : e + 112) << 23) | (fraction << 13)) >>> 0);
  return view.getFloat32(0);
}

const all = Array.from({ length: 1 << 16 }, (_, bits) => bits);

/** Finite magnitudes of bits 0, 1, 2, ...: they rise with the bits; 2^16 stands for infinity. */
const magnitudes = [...all.slice(0, 0x7c00).map(reference), 65536];

/** Nearest by comparing distances, ties to the even pattern. */
function nearestBits(x: number): number {
  const a = Math.abs(x);
  let [low, high] = [0, magnitudes.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (magnitudes[middle] <= a) low = middle;
    else high = middle;
  }
  const [below, above] = [a - magnitudes[low], magnitudes[high] - a];
  const bits = a >= 65536 || below > above || (below === above && high % 2 === 0) ? high : low;
  return (x < 0 || Object.is(x, -0) ? 0x8000 : 0) | bits;
}

describe('binary16', () => {
  it('decodes all 65536 patterns', () => {
    expect(all.filter((bits) => !Object.is(halfValue(bits), reference(bits)))).toEqual([]);
  });

  it('encodes the number of every pattern, midpoints and their neighbours', () => {
    const own = (bits: number): number => (Number.isNaN(reference(bits)) ? 0x7e00 : bits);
    expect(all.filter((bits) => halfBits(reference(bits)) !== own(bits))).toEqual([]);
    const between = magnitudes.slice(1).flatMap((high, i) => {
      const tie = (magnitudes[i] + high) / 2;
      return [tie, tie * (1 + 2 ** -52), tie * (1 - 2 ** -52), -tie];
    });
    expect(between.filter((x) => halfBits(x) !== nearestBits(x))).toEqual([]);
  });

  it('rounds any number once, to nearest even', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ noNaN: true }), fc.float({ noNaN: true, min: -70000, max: 70000 })),
        (x) => {
          expect(halfBits(x)).toBe(nearestBits(x));
        },
      ),
      { numRuns: 3000 },
    );
    expect([Infinity, -Infinity, 65519.99, 65520].map(halfBits)).toEqual([0x7c00, 0xfc00, 0x7bff, 0x7c00]);
  });
});

describe('8 bits', () => {
  it('is the nearest of 255 multiples, and the peak itself', () => {
    const peaks = fc.double({ min: 2 ** -126, max: 1e30, noNaN: true });
    fc.assert(
      fc.property(peaks, fc.double({ min: -1, max: 1, noNaN: true }), (peak, part) => {
        const x = part * peak;
        const code = q8Code(x, peak);
        expect(Number.isInteger(code) && Math.abs(code) <= 127).toBe(true);
        // Half a step, and the roundings of two divisions and a product.
        expect(Math.abs(q8Value(code, peak) - x)).toBeLessThanOrEqual((peak / 254) * (1 + 2 ** -40));
        expect([q8Value(q8Code(peak, peak), peak), q8Value(q8Code(-peak, peak), peak)]).toEqual([
          peak,
          -peak,
        ]);
      }),
    );
    expect(Object.is(q8Code(-0, 1), 0)).toBe(true);
  });
});

describe('powers of two', () => {
  const powers = Array.from({ length: 127 }, (_, i) => 2 ** (i - 63));

  it('is the nearest power, sums leave at most a third each time', () => {
    fc.assert(
      fc.property(fc.double({ min: -(2 ** 60), max: 2 ** 60, noNaN: true }), (x) => {
        const value = powerValue(powerCode(x));
        if (Math.abs(x) < 2 ** -63) {
          expect(value).toBe(0);
          return;
        }
        const best = Math.min(...powers.map((p) => Math.abs(Math.abs(x) - p)));
        expect(Math.abs(x - value)).toBe(best);
        expect(best).toBeLessThanOrEqual(Math.abs(x) / 3 + Number.EPSILON);
      }),
    );
  });

  it('ends after the digits of an integer, and two of them are the best two', () => {
    const digits = (x: number): number[] => {
      const list: number[] = [];
      for (let rest = x; rest !== 0; rest -= list[list.length - 1]) list.push(powerValue(powerCode(rest)));
      return list;
    };
    expect(digits(375)).toEqual([256, 128, -8, -1]);
    expect(digits(-447)).toEqual([-512, 64, 1]);
    const signed = [0, ...powers.slice(50, 66), ...powers.slice(50, 66).map((p) => -p)];
    fc.assert(
      fc.property(fc.double({ min: 2 ** -6, max: 2, noNaN: true }), (x) => {
        const first = powerValue(powerCode(x));
        const error = Math.abs(x - first - powerValue(powerCode(x - first)));
        for (const a of signed)
          for (const b of signed) if (Math.abs(x - a - b) < error - 1e-15) expect([a, b]).toBe(error);
      }),
    );
  });

  it('knows its own numbers', () => {
    for (let code = 1; code < 256; code++) if (code !== 128) expect(powerCode(powerValue(code))).toBe(code);
  });
});
