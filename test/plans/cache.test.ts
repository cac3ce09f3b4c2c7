/** Kept plans: found by key, disposed when there are too many or when they are too large together. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { dct, fft, irfft, rfft } from '../../src/index.ts';
import { PlanCache } from '../../src/plans/cache.ts';

interface Fake {
  readonly key: number;
  disposed: number;
  dispose(): void;
}
const fake = (key: number): Fake => ({
  key,
  disposed: 0,
  dispose() {
    this.disposed++;
  },
});

describe('kept plans', () => {
  it('are what was made for a key, never disposed while kept, and disposed once', () => {
    const request = fc.tuple(fc.nat(9), fc.constantFrom(1, 1000, 2 ** 21, 2 ** 22));
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const cache = new PlanCache<number, Fake>(4);
        const made: Fake[] = [];
        for (const [key, points] of requests) {
          const plan = cache.get(key, points, () => {
            made.push(fake(key));
            return made[made.length - 1];
          });
          expect([plan.key, plan.disposed]).toEqual([key, 0]);
          expect(made.filter((p) => p.disposed === 0).length).toBeLessThanOrEqual(4);
        }
        for (const { disposed } of made) expect(disposed).toBeLessThanOrEqual(1);
      }),
    );
  });
  it('are at most as large together as two of the largest', () => {
    const cache = new PlanCache<number, Fake>(64);
    const plans = [1, 2, 3, 4].map((key) => cache.get(key, 2 ** 22, () => fake(key)));
    expect(plans.map((p) => p.disposed)).toEqual([1, 1, 0, 0]);
    expect(cache.get(3, 2 ** 22, () => fake(0))).toBe(plans[2]);
  });
  it('are not found by what is no size', () => {
    rfft([1, 2]);
    fft([1, 2, 3]);
    for (const n of [2 + 1 / 12, 2.5, -1, 0, NaN, Infinity, 2 ** 60])
      for (const call of [rfft, fft, (x: number[], m: number) => irfft(fft(x), m)])
        expect(() => call([1, 2, 3], n)).toThrow(InvalidArgumentError);
    dct([1, 2, 3], 2, 'forward');
    expect(() => dct([1, 2, 3, 4], 2, 'sideways' as 'ortho')).toThrow(InvalidArgumentError);
    expect(() => dct([1, 2, 3, 4], 9 as 2)).toThrow(InvalidArgumentError);
  });
});

describe('results of one call', () => {
  it('are arrays with memory of their own, which later calls leave alone', () => {
    const first = rfft([1, 2, 3, 4]);
    const lasting = [...first.re, ...first.im];
    rfft([5, 6, 7, 8]);
    expect([...first.re, ...first.im]).toEqual(lasting);
    for (const { re, im } of [first, fft([1, 2, 3, 4])]) {
      // One buffer for both parts, and nothing else in it: it can be transferred.
      expect(re.buffer).toBe(im.buffer);
      expect(re.buffer.byteLength).toBe(8 * (re.length + im.length));
    }
  });
});

describe('results into arrays given', () => {
  const x = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i * i));
  const pair = (n: number): { re: Float64Array; im: Float64Array } => ({
    re: new Float64Array(n).fill(7),
    im: new Float64Array(n).fill(7),
  });

  it('are those of new arrays, bit by bit, for any order of arguments', () => {
    const out = pair(7);
    expect(rfft(x, 12, 'ortho', out)).toBe(out);
    expect(out).toEqual(rfft(x, 12, 'ortho'));
    const whole = pair(16);
    expect(fft(x, undefined, 16, whole)).toBe(whole);
    expect(whole).toEqual(fft(x, 16));
    const back = new Float64Array(12);
    expect(irfft(rfft(x), undefined, undefined, back)).toBe(back);
    expect(back).toEqual(irfft(rfft(x)));
  });

  it('are refused by name where they do not fit', () => {
    expect(() => rfft(x, 12, 'backward', pair(6))).toThrow(
      /^out\.re is Float64Array of 6; expected a Float64Array of 7$/,
    );
    expect(() => fft(x, 12, 'backward', { ...pair(12), im: new Float64Array(11) })).toThrow(
      /^out\.re has 12 and out\.im 11/,
    );
    expect(() => irfft(rfft(x), 12, 'backward', new Float32Array(12) as never)).toThrow(
      /^out is Float32Array of 12; expected a Float64Array of 12$/,
    );
    expect(() => rfft(x, 12, 'backward', null as never)).toThrow(/^out is null; expected/);
  });
});
