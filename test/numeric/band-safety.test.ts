/** Unsafe bands are found where they were planted, and named for what they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { bandSafety } from '../../src/numeric/band-safety.ts';
import { gaussian } from '../helpers.ts';

const bands = 12;
const frames = 200;
const noise = 1e-4;

/** Energies of amplitudes per frame and band, exact and with white complex noise of energy `noise` times the frame's level. */
function energies(amplitude: (frame: number, band: number) => number): {
  exact: number[];
  quantized: number[];
} {
  const [re, im, nRe, nIm] = [1, 2, 3, 4].map((stream) => gaussian(frames * bands, stream));
  const exact: number[] = [];
  const quantized: number[] = [];
  for (let f = 0; f < frames; f++) {
    const level = Array.from({ length: bands }, (_, b) => amplitude(f, b) ** 2).reduce((a, b) => a + b);
    const size = Math.sqrt(noise * level);
    for (let b = 0; b < bands; b++) {
      const i = f * bands + b;
      const a = amplitude(f, b);
      const [x, y] = [a * (1 + 0.1 * re[i]), a * 0.1 * im[i]];
      exact.push(x * x + y * y);
      quantized.push((x + size * nRe[i]) ** 2 + (y + size * nIm[i]) ** 2);
    }
  }
  return { exact, quantized };
}

describe('band safety', () => {
  it('full bands are safe', () => {
    const { exact, quantized } = energies((_, b) => 1 + b / bands);
    for (const band of bandSafety(exact, quantized, bands)) {
      expect(band).toMatchObject({ safe: true, cause: null, unsafeShare: 0 });
      // An amplitude error of 0.01 sqrt 12 to 0.01 sqrt 24 beside 1 to 2: a few per cent.
      expect(band.errorShare).toBeLessThan(0.2);
      expect(band.errorShare).toBeGreaterThan(0.01);
    }
  });

  it('empty bands beside spread energy are unsafe: empty', () => {
    const { exact, quantized } = energies((_, b) => (b === 3 || b === 9 ? 1e-4 : 1));
    const result = bandSafety(exact, quantized, bands);
    expect(result.filter((b) => !b.safe).map((b) => b.band)).toEqual([3, 9]);
    expect(result[3]).toMatchObject({ cause: 'empty' });
    expect(result[3].unsafeShare).toBeGreaterThan(0.9);
    expect(result[3].errorShare).toBeGreaterThan(1);
  });

  it('bands beside a tone are unsafe: tonal; the tone itself is safe', () => {
    const { exact, quantized } = energies((_, b) => (b === 5 ? 1 : 1e-3));
    const result = bandSafety(exact, quantized, bands);
    expect(result.filter((b) => b.safe).map((b) => b.band)).toEqual([5]);
    for (const b of result) if (b.band !== 5) expect(b.cause).toBe('tonal');
  });

  it('a tone now and then is enough, up to the tolerance', () => {
    const { exact, quantized } = energies((f, b) => (f % 10 === 0 && b !== 5 ? 1e-4 : 1));
    expect(bandSafety(exact, quantized, bands).map((b) => b.safe)).toEqual(
      Array.from({ length: bands }, (_, b) => b === 5),
    );
    expect(bandSafety(exact, quantized, bands, 0.1).every((b) => b.safe)).toBe(true);
    expect(bandSafety(exact, quantized, bands)[0].unsafeShare).toBeCloseTo(0.1, 1);
  });

  it('knows silence, and energy out of nothing', () => {
    expect(bandSafety([0, 1], [0, 1], 2)).toEqual([
      { band: 0, safe: true, cause: null, unsafeShare: 0, errorShare: 0 },
      { band: 1, safe: true, cause: null, unsafeShare: 0, errorShare: 0 },
    ]);
    expect(bandSafety([0, 0, 0], [1e-300, 0, 0], 3)[0]).toMatchObject({
      safe: false,
      cause: 'empty',
      errorShare: Infinity,
    });
  });

  it('does not change when all energies are scaled by a power of two', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 24, maxLength: 24 }),
        fc.integer({ min: -20, max: 20 }),
        (list, e) => {
          const [a, b] = [list.slice(0, 12), list.slice(12)].map((x) => x.map((v) => (v < 1e-200 ? 0 : v)));
          const scaled = (x: number[]): number[] => x.map((v) => v * 2 ** e);
          expect(bandSafety(scaled(a), scaled(b), 4)).toEqual(bandSafety(a, b, 4));
        },
      ),
    );
  });

  it('refuses by name', () => {
    for (const [exact, quantized, n] of [
      [[1, 2, 3], [1, 2, 3], 2],
      [[], [], 2],
      [[1, 2], [1], 2],
      [[1, -1], [1, 1], 2],
      [[1, 1], [1, NaN], 2],
      [[1, Infinity], [1, 1], 2],
      [[1, 1], [1, 1], 0],
    ] as const)
      expect(() => bandSafety(exact, quantized, n)).toThrow(InvalidArgumentError);
    expect(() => bandSafety([1, -1], [1, 1], 2)).toThrow('exact[1] is -1; expected a finite energy >= 0');
  });
});
