/** Tables and oracles against mpmath, librosa, SciPy (test/fixtures/numeric) and known answers. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { numberArithmetic } from '../../src/numeric/arithmetic.ts';
import { complexArray } from '../../src/numeric/complex.ts';
import { dft, realDft } from '../../src/numeric/dft.ts';
import { digitReversal, inversePermutation } from '../../src/numeric/digits.ts';
import { pairArithmetic, twoProduct, twoSum } from '../../src/numeric/double-double.ts';
import { hzToMel, melFilterbank, melToHz } from '../../src/numeric/mel.ts';
import {
  fillGaussian,
  fillSigns,
  fillUniform,
  permutation,
  philox,
  randomUint32,
} from '../../src/numeric/random.ts';
import { rootTable, twiddle, twiddleDoubleDouble } from '../../src/numeric/twiddle.ts';
import { padCenter, windowByName, type WindowKind, type WindowName } from '../../src/numeric/window.ts';
import { smallDft } from '../../src/model/butterfly.ts';
import { distance, gaussian } from '../helpers.ts';

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, `../fixtures/numeric/${name}.json`), 'utf8')) as T;

describe('twiddles', () => {
  // cos(pi / 2) of a 240-bit pi is not zero but 1e-72; ours is.
  const zeroed = (x: number): number => (Math.abs(x) < 1e-60 ? 0 : x);
  const { twiddles } = fixture<{
    twiddles: { n: number; k: number; re: [number, number]; im: [number, number] }[];
  }>('twiddles');
  it('are mpmath rounded once', () => {
    for (const { n, k, re, im } of twiddles) {
      expect(twiddle(k, n), `k ${k} n ${n}`).toEqual([zeroed(re[0]), zeroed(im[0])]);
    }
  });
  it('are mpmath to 2^-100 in double-double', () => {
    for (const { n, k, re, im } of twiddles) {
      const [a, b] = twiddleDoubleDouble(k, n);
      for (const [own, expected] of [
        [a, re],
        [b, im],
      ] as const) {
        expect(own[0]).toBe(zeroed(expected[0]));
        expect(Math.abs(own[1] - expected[1])).toBeLessThan(2 ** -100);
      }
    }
  });
  it('are the same from a table, of any size', () => {
    for (const n of [1, 2, 3, 5, 8, 12, 31, 100, 1024, 4099]) {
      const root = rootTable(n);
      for (let k = 0; k < n; k++) expect([root.re(k), root.im(k)], `k ${k} n ${n}`).toEqual(twiddle(k, n));
    }
    const root = rootTable(2 ** 20);
    for (let k = -(2 ** 20); k < 2 ** 21; k += 4099)
      expect([root.re(k), root.im(k)]).toEqual(twiddle(k, 2 ** 20));
  });
  it('have the symmetries of the circle exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1 << 20 }), fc.integer(), (n, k) => {
        const [re, im] = twiddle(k, n);
        const mirrored = twiddle(-k, n);
        expect([mirrored[0], mirrored[1] + 0]).toEqual([re, -im + 0]);
        expect(twiddle(k + n, n)).toEqual([re, im]);
      }),
    );
    expect(twiddle(1, 8)[0]).toBe(-twiddle(1, 8)[1]);
    for (const bad of [0, -1, 1.5, NaN, Infinity])
      expect(() => twiddle(1, bad)).toThrow(InvalidArgumentError);
    for (const bad of [1.5, NaN, Infinity]) expect(() => twiddle(bad, 8)).toThrow(InvalidArgumentError);
  });
});

describe('double-double', () => {
  it('sums and products are exact', () => {
    // Compared in integers of 2^-120.
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
        fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
        (a, b) => {
          const [p, e] = twoProduct(a, b);
          expect(BigInt(p) + BigInt(e)).toBe(BigInt(a) * BigInt(b));
          const [s, f] = twoSum(a, b * 2 ** 40);
          expect(BigInt(s) + BigInt(f)).toBe(BigInt(a) + BigInt(b) * 2n ** 40n);
        },
      ),
    );
  });
  it('carries the one butterfly: its 8-point DFT is the float64 one to float64 precision', () => {
    const x = gaussian(16, 1);
    const y = smallDft(
      pairArithmetic(numberArithmetic),
      Array.from({ length: 8 }, (_, j) => ({ re: [x[2 * j], 0] as const, im: [x[2 * j + 1], 0] as const })),
    );
    const expected = dft({ re: x.filter((_, i) => i % 2 === 0), im: x.filter((_, i) => i % 2 === 1) });
    expect(
      distance(
        y.map((c) => c.re[0]),
        expected.re,
      ),
    ).toBeLessThan(4e-16);
    expect(
      distance(
        y.map((c) => c.im[0]),
        expected.im,
      ),
    ).toBeLessThan(4e-16);
  });
});

describe('digit reversal', () => {
  it('is bit reversal for twos, and its own inverse there', () => {
    expect([...digitReversal([2, 2, 2])]).toEqual([0, 4, 2, 6, 1, 5, 3, 7]);
    expect([...digitReversal([3, 2])]).toEqual([0, 2, 4, 1, 3, 5]);
  });
  it('is a permutation; reversing the radices inverts it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 }), (radices) => {
        const table = digitReversal(radices);
        expect([...table].sort((a, b) => a - b)).toEqual(Array.from(table, (_, i) => i));
        expect(inversePermutation(table)).toEqual(digitReversal([...radices].reverse()));
      }),
    );
    expect(() => digitReversal([2, 0])).toThrow(InvalidArgumentError);
  });
});

describe('DFT oracle', () => {
  it('knows impulses, constants and tones', () => {
    const x = complexArray(12);
    x.re[1] = 1;
    const y = dft(x);
    for (let k = 0; k < 12; k++) expect([y.re[k], y.im[k]]).toEqual(twiddle(k, 12).map((v) => v + 0));
  });
  it('inverts, keeps energy (ortho) and is linear', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const x = { re: gaussian(n, 1, seed), im: gaussian(n, 2, seed) };
        for (const norm of ['backward', 'ortho', 'forward'] as const) {
          const back = dft(dft(x, { norm }), { norm, inverse: true });
          expect(distance(back.re, x.re)).toBeLessThan(1e-14);
        }
        const energy = (a: typeof x): number => a.re.reduce((s, v, i) => s + v * v + a.im[i] ** 2, 0);
        expect(energy(dft(x, { norm: 'ortho' })) / energy(x)).toBeCloseTo(1, 12);
      }),
      { numRuns: 30 },
    );
  });
  it('of real samples is the half of the whole', () => {
    const x = gaussian(30, 3);
    const whole = dft({ re: x, im: new Float64Array(30) });
    expect(distance(realDft(x).re, whole.re.slice(0, 16))).toBeLessThan(1e-14);
    expect(() => dft({ re: new Float64Array(2), im: new Float64Array(3) })).toThrow(InvalidArgumentError);
  });
});

describe('random numbers', () => {
  it('are Philox 4x32-10 (known answers of Random123)', () => {
    const hex = (w: Uint32Array): string => [...w].map((x) => x.toString(16).padStart(8, '0')).join(' ');
    expect(hex(philox(0, 0, 0, 0, 0, 0))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    expect(hex(philox(-1, -1, -1, -1, -1, -1))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(hex(philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0))).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });
  it('depend on seed, stream and index alone', () => {
    for (const fill of [fillUniform, fillGaussian, fillSigns]) {
      const whole = new Float64Array(40);
      fill(whole, 7, 3);
      const part = new Float64Array(10);
      fill(part, 7, 3, 14);
      expect(part).toEqual(whole.slice(14, 24));
      fill(part, 8, 3, 14);
      expect(part).not.toEqual(whole.slice(14, 24));
    }
    expect(randomUint32(1, 2, 3)).toBe(randomUint32(1, 2, 3));
    expect(randomUint32(1, 2, 2 ** 40)).not.toBe(randomUint32(1, 2, 0));
  });
  it('have the moments of their distributions', () => {
    const n = 200_000;
    const x = new Float64Array(n);
    const moment = (p: number): number => x.reduce((s, v) => s + v ** p, 0) / n;
    fillGaussian(x, 1, 1);
    // Standard errors 1, sqrt 2 and sqrt 96 over sqrt n; five of them allowed.
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan((5 * Math.sqrt(96)) / Math.sqrt(n));
    fillSigns(x, 1, 2);
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(moment(2)).toBe(1);
    fillUniform(x, 1, 2);
    expect(Math.abs(moment(2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
    expect(Math.max(...x.slice(0, 1000).map(Math.abs))).toBeLessThanOrEqual(1);
  });
  it('permute', () => {
    const p = permutation(100, 3, 4);
    expect([...p].sort((a, b) => a - b)).toEqual(Array.from(p, (_, i) => i));
    expect([...p]).not.toEqual([...permutation(100, 4, 4)]);
  });
});

describe('windows', () => {
  it('are SciPy’s', () => {
    const { windows } = fixture<{ windows: Record<string, number[]> }>('windows');
    for (const [key, expected] of Object.entries(windows)) {
      const [name, kind, n] = key.split(' ');
      const own = windowByName(name as WindowName, Number(n), kind as WindowKind);
      own.forEach((w, j) => expect(Math.abs(w - expected[j]), key).toBeLessThan(5e-16));
    }
  });
  it('pad to the centre and refuse nonsense', () => {
    expect([...padCenter(Float64Array.of(1, 2, 3), 6)]).toEqual([0, 1, 2, 3, 0, 0]);
    expect(() => padCenter(new Float64Array(4), 3)).toThrow(InvalidArgumentError);
    for (const n of [0, -1, 2.5, NaN])
      expect(() => windowByName('hann', n, 'periodic')).toThrow(InvalidArgumentError);
    expect(() => windowByName('hann', 4, 'odd' as WindowKind)).toThrow(InvalidArgumentError);
    expect(() => windowByName('constructor' as WindowName, 4, 'periodic')).toThrow(InvalidArgumentError);
  });
});

describe('mel', () => {
  interface Bank {
    options: {
      sr: number;
      n_fft: number;
      n_mels: number;
      fmin: number;
      fmax: number;
      htk: boolean;
      norm: string | null;
    };
    entries: [number, number, number][];
  }
  it('filterbanks are librosa’s in float64', () => {
    for (const { options: o, entries } of fixture<{ banks: Bank[] }>('mel').banks) {
      const bank = melFilterbank({
        sampleRate: o.sr,
        nFft: o.n_fft,
        mels: o.n_mels,
        fMin: o.fmin,
        fMax: o.fmax,
        scale: o.htk ? 'htk' : 'slaney',
        norm: o.norm === null ? 'none' : 'slaney',
      });
      const { mels, bins, width, start, weights } = bank;
      const dense = new Float64Array(mels * bins);
      start.forEach((from, m) => dense.set(weights.subarray(m * width, (m + 1) * width), m * bins + from));
      const expected = new Float64Array(dense.length);
      for (const [m, k, w] of entries) expected[m * bank.bins + k] = w;
      const peak = Math.max(...expected);
      dense.forEach((w, i) => expect(Math.abs(w - expected[i])).toBeLessThan(1e-13 * peak));
    }
  });
  it('scales invert', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 20000, noNaN: true }),
        fc.constantFrom('slaney' as const, 'htk' as const),
        (hz, scale) => {
          expect(Math.abs(melToHz(hzToMel(hz, scale), scale) - hz)).toBeLessThan(1e-9);
        },
      ),
    );
  });
});
