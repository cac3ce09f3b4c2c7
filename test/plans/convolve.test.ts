/** Convolution, correlation and frequencies against SciPy and NumPy (scripts/fixtures/transforms.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { fftfreq, fftshift, ifftshift, nextFastLen, rfftfreq } from '../../src/numeric/frequencies.ts';
import { directConvolution } from '../../src/numeric/convolution.ts';
import { circularConvolve, convolve, correlate } from '../../src/plans/convolve.ts';
import { distance, gaussian } from '../helpers.ts';

type Mode = Record<
  'convolve' | 'correlate' | 'convolveRe' | 'convolveIm' | 'correlateRe' | 'correlateIm',
  number[]
>;
interface Fixtures {
  readonly frequencies: {
    readonly n: number;
    readonly d: number;
    readonly fftfreq: number[];
    readonly rfftfreq: number[];
    readonly fftshift: number[];
    readonly ifftshift: number[];
  }[];
  readonly convolution: (Record<'a' | 'b' | 'ai' | 'bi', number[]> &
    Record<'full' | 'same' | 'valid', Mode>)[];
}
const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/plans/transforms.json', import.meta.url), 'utf8'),
) as Fixtures;

describe('frequencies', () => {
  it('are those of NumPy, to the bit', () => {
    for (const f of fixtures.frequencies) {
      expect([...fftfreq(f.n, f.d)]).toEqual(f.fftfreq);
      expect([...rfftfreq(f.n, f.d)]).toEqual(f.rfftfreq);
      const x = Float64Array.from({ length: f.n }, (_, i) => i);
      expect([...fftshift(x)]).toEqual(f.fftshift);
      expect([...ifftshift(x)]).toEqual(f.ifftshift);
    }
  });
  it('shifts undo each other and keep the type', () => {
    fc.assert(
      fc.property(fc.float32Array(), (x) => {
        expect(ifftshift(fftshift(x))).toEqual(x);
      }),
    );
    expect(fftshift(new Int16Array([1, 2, 3]))).toEqual(new Int16Array([3, 1, 2]));
  });
  it('nextFastLen is the next product of 2, 3, 5 and 7', () => {
    expect([1, 11, 13, 101, 1021].map((n) => nextFastLen(n))).toEqual([1, 12, 14, 105, 1024]);
    expect([1, 3, 101, 441].map((n) => nextFastLen(n, { real: true }))).toEqual([2, 4, 108, 448]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.boolean(), (target, real) => {
        const n = nextFastLen(target, { real });
        expect(n).toBeGreaterThanOrEqual(target);
        expect(nextFastLen(n, { real })).toBe(n);
      }),
    );
  });
  it('impossible arguments are named', () => {
    for (const n of [0, -1, 1.5, NaN]) {
      expect(() => fftfreq(n)).toThrow(InvalidArgumentError);
      expect(() => nextFastLen(n)).toThrow(InvalidArgumentError);
    }
    expect(() => rfftfreq(4, 0)).toThrow(/d is 0/);
    expect(() => nextFastLen(2 ** 23)).toThrow(/target is 8388608/);
    expect(() => fftshift(undefined as unknown as number[])).toThrow(InvalidArgumentError);
  });
});

describe('convolution and correlation', () => {
  const tolerance = 1e-14;
  it.each(fixtures.convolution.map((c, i): [number, number, number] => [c.a.length, c.b.length, i]))(
    'of %i and %i numbers are those of SciPy',
    (_a, _b, i) => {
      const { a, b, ai, bi, ...modes } = fixtures.convolution[i];
      const [za, zb] = [
        { re: a, im: ai },
        { re: b, im: bi },
      ];
      for (const mode of ['full', 'same', 'valid'] as const) {
        const want = modes[mode];
        expect(distance(convolve(a, b, mode), want.convolve), mode).toBeLessThan(tolerance);
        expect(distance(correlate(a, b, mode), want.correlate), mode).toBeLessThan(tolerance);
        const c = convolve(za, zb, mode);
        const r = correlate(za, zb, mode);
        expect(distance([...c.re, ...c.im], [...want.convolveRe, ...want.convolveIm])).toBeLessThan(
          tolerance,
        );
        expect(distance([...r.re, ...r.im], [...want.correlateRe, ...want.correlateIm])).toBeLessThan(
          tolerance,
        );
      }
    },
  );
  it('is its definition on a circle, for real and complex numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (n) => {
        const [a, b] = [gaussian(n, 1), gaussian(n, 2)];
        const want = a.map((_, k) => a.reduce((sum, x, j) => sum + x * b[(k - j + n) % n], 0));
        expect(distance(circularConvolve(a, b), want)).toBeLessThan(1e-14);
        const c = circularConvolve({ re: a, im: new Float64Array(n) }, b);
        expect(distance(c.re, want)).toBeLessThan(1e-14);
      }),
      { numRuns: 30 },
    );
  });
  it('by transforms of blocks is the sum of products, in every mode', () => {
    const lengths = fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 700 }));
    fc.assert(
      fc.property(lengths, fc.boolean(), fc.constantFrom('full', 'same', 'valid'), ([m, n], turned, mode) => {
        const [a, b] = [gaussian(turned ? n : m, 1), gaussian(turned ? m : n, 2)];
        const whole = directConvolution(a, b);
        const got = convolve(a, b, mode);
        const from = mode === 'full' ? 0 : mode === 'same' ? (b.length - 1) >> 1 : Math.min(m, n) - 1;
        expect(distance(got, whole.slice(from, from + got.length))).toBeLessThan(1e-14);
        const rotated = convolve({ re: new Float64Array(a.length), im: a }, b, mode);
        expect(distance(rotated.im, got)).toBeLessThan(1e-14);
        expect(rotated.re.every((x) => x === 0)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
  it('of complex numbers by transforms is the sum of products', () => {
    const [ar, ai, br, bi] = [1, 2, 3, 4].map((seed) => gaussian(seed < 3 ? 3000 : 500, seed));
    const got = convolve({ re: ar, im: ai }, { re: br, im: bi });
    const [rr, ii, ri, ir] = [
      [ar, br],
      [ai, bi],
      [ar, bi],
      [ai, br],
    ].map(([x, y]) => directConvolution(x, y));
    expect(
      distance(
        got.re,
        rr.map((x, k) => x - ii[k]),
      ),
    ).toBeLessThan(1e-14);
    expect(
      distance(
        got.im,
        ri.map((x, k) => x + ir[k]),
      ),
    ).toBeLessThan(1e-14);
  });
  it('of integers is exact, by sums and by transforms', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 500 }), (m, n) => {
        const [a, b] = [gaussian(m, 1), gaussian(n, 2)].map((x) => x.map((v) => Math.round(100 * v) + 0));
        expect(convolve(a, b)).toEqual(directConvolution(a, b));
      }),
      { numRuns: 15 },
    );
  });
  it('of a signal longer than any transform adds blocks up', () => {
    const [length, places] = [2 ** 22 + 4321, [0, 5000, 2 ** 21 - 3, 2 ** 22 + 4320]];
    const a = new Float64Array(length);
    for (const place of places) a[place] = 1;
    const b = gaussian(3000, 5);
    const got = convolve(a, b);
    expect(got.length).toBe(length + 2999);
    for (const place of places) expect(distance(got.slice(place, place + 3000), b)).toBeLessThan(1e-14);
    expect(Math.abs(got[1_000_000])).toBeLessThan(1e-13);
  });
  it('of nothing is nothing', () => {
    for (const mode of ['full', 'same', 'valid'] as const) {
      expect(convolve([], [1], mode)).toEqual(new Float64Array(0));
      expect(correlate([1, 2], [], mode)).toEqual(new Float64Array(0));
      expect(convolve({ re: [], im: [] }, [1], mode)).toEqual({
        re: new Float64Array(0),
        im: new Float64Array(0),
      });
    }
  });
  it('impossible arguments are named', () => {
    expect(() => circularConvolve([], [])).toThrow(/a is empty/);
    expect(() => convolve([1], { re: [1, 2], im: [1] })).toThrow(/b.re has 2 and b.im 1/);
    expect(() => convolve([1], [1], 'all' as 'full')).toThrow(/mode is "all"/);
    expect(() => correlate(undefined as unknown as number[], [1])).toThrow(InvalidArgumentError);
    expect(() => circularConvolve([1, 2], [1])).toThrow(/a has 2 and b 1/);
  });
});
