/** The float64 oracles against extended precision (mpmath, test/fixtures/numeric), with the bound each is trusted to. */
import { headWindow } from '../../src/spectral/head.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { referenceFeatures } from '../../src/front/reference-features.ts';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { relativeL2, type ComplexArray } from '../../src/numeric/complex.ts';
import { dft, realDft } from '../../src/numeric/dft.ts';
import { digitReversal } from '../../src/numeric/digits.ts';
import { melFilterbank } from '../../src/numeric/mel.ts';
import { fillGaussian, fillUniform, randomUint32 } from '../../src/numeric/random.ts';
import { twiddle } from '../../src/numeric/twiddle.ts';
import { gaussian } from '../helpers.ts';

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, `../fixtures/numeric/${name}.json`), 'utf8')) as T;

/** Fractions of small integers: the same float64 here and in scripts/fixtures/numeric.py. */
const signalOf = (n: number, a: number, b: number): Float64Array =>
  Float64Array.from({ length: n }, (_, j) => (((j * j * a + b * j) % 2001) - 1000) / 1000);

const eps = 2 ** -52;

describe('DFT oracle against mpmath', () => {
  const { spectra } = fixture<{ spectra: { n: number; re: number[]; im: number[] }[] }>('dft');
  const planar = (e: { re: number[]; im: number[] }): ComplexArray => ({
    re: Float64Array.from(e.re),
    im: Float64Array.from(e.im),
  });
  // Each product carries at most four roundings of eps / 2 (twiddle, two products, their sum), the sum none: measured 0.53 eps.
  it.each(spectra)('is within eps in relative L2, n = $n', (expected) => {
    const x = { re: signalOf(expected.n, 7919, 31), im: signalOf(expected.n, 104729, 57) };
    expect(relativeL2(dft(x), expected)).toBeLessThan(eps);
    expect(relativeL2(dft(planar(expected), { inverse: true }), x)).toBeLessThan(eps);
  });
  it('scales as NumPy: 1/n in one direction, or 1/sqrt(n) in both', () => {
    const last = spectra.at(-1);
    if (!last) throw new Error('no spectra');
    const x = { re: signalOf(last.n, 7919, 31), im: signalOf(last.n, 104729, 57) };
    const scaled = (s: number): ComplexArray =>
      planar({ re: last.re.map((v) => v * s), im: last.im.map((v) => v * s) });
    expect(relativeL2(dft(x, { norm: 'ortho' }), scaled(1 / Math.sqrt(last.n)))).toBeLessThan(2 * eps);
    expect(relativeL2(dft(x, { norm: 'forward' }), scaled(1 / last.n))).toBeLessThan(2 * eps);
    expect(relativeL2(dft(x, { norm: 'backward' }), planar(last))).toBeLessThan(eps);
  });
  it('is linear and shifts a delay into twiddles', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.nat(39),
        (n, seed, d) => {
          const delay = d % n;
          const [a, b] = [1, 3].map((s) => ({ re: gaussian(n, s, seed), im: gaussian(n, s + 1, seed) }));
          const sum = { re: a.re.map((v, j) => 2 * v + b.re[j]), im: a.im.map((v, j) => 2 * v + b.im[j]) };
          const [fa, fb] = [dft(a), dft(b)];
          const expected = {
            re: fa.re.map((v, k) => 2 * v + fb.re[k]),
            im: fa.im.map((v, k) => 2 * v + fb.im[k]),
          };
          expect(relativeL2(dft(sum), expected)).toBeLessThan(8 * eps);
          const shift = (v: Float64Array): Float64Array => v.map((_, j) => v[(j - delay + n) % n]);
          const turned = { re: new Float64Array(n), im: new Float64Array(n) };
          for (let k = 0; k < n; k++) {
            const [c, s] = twiddle(k * delay, n);
            turned.re[k] = fa.re[k] * c - fa.im[k] * s;
            turned.im[k] = fa.re[k] * s + fa.im[k] * c;
          }
          expect(relativeL2(dft({ re: shift(a.re), im: shift(a.im) }), turned)).toBeLessThan(8 * eps);
        },
      ),
      { numRuns: 40 },
    );
  });
  it.each([1, 2, 3, 16, 25, 512])('of real samples has floor(n/2) + 1 bins of the whole, n = %i', (n) => {
    const x = signalOf(n, 7919, 31);
    const whole = dft({ re: x, im: new Float64Array(n) });
    const bins = Math.floor(n / 2) + 1;
    const half = realDft(x);
    expect(half.re.length).toBe(bins);
    // Plain summation: eps sqrt(n) is the random-walk bound.
    const expected = { re: whole.re.slice(0, bins), im: whole.im.slice(0, bins) };
    expect(relativeL2(half, expected)).toBeLessThanOrEqual(eps * Math.sqrt(n));
  });
});

describe('twiddles on the axes and diagonals', () => {
  it('are exact, with no negative zero', () => {
    for (const n of [4, 8, 12, 400, 4096, 2 ** 30])
      for (let q = -4; q <= 8; q++) {
        const [re, im] = twiddle((q * n) / 4, n);
        const quadrant = ((q % 4) + 4) % 4;
        expect(Object.is(re, [1, 0, -1, 0][quadrant]), `re, k = ${q} n / 4, n = ${n}`).toBe(true);
        expect(Object.is(im, [0, -1, 0, 1][quadrant]), `im, k = ${q} n / 4, n = ${n}`).toBe(true);
      }
    for (const n of [8, 24, 400, 4096, 2 ** 49])
      expect(twiddle(n / 8, n)).toEqual([Math.SQRT1_2, -Math.SQRT1_2]);
  });
});

describe('digit reversal', () => {
  it('is the formula: position sum a_s d_s holds sample sum a_s prod(radices after s)', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }), (radices) => {
        const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
        digitReversal(radices).forEach((source, p) => {
          const digits = radices.map((r, s) => Math.floor(p / product(radices.slice(0, s))) % r);
          expect(source).toBe(digits.reduce((n, a, s) => n + a * product(radices.slice(s + 1)), 0));
        });
      }),
    );
  });
});

describe('random numbers against Python integers and mpmath', () => {
  interface Draw {
    seed: number;
    stream: number;
    offset: number;
    words: number[];
    gaussians: number[];
  }
  it.each(fixture<{ draws: Draw[] }>('random').draws)(
    'seed $seed, stream $stream, offset $offset',
    (draw) => {
      const { seed, stream, offset, words, gaussians } = draw;
      expect(words.map((_, i) => randomUint32(seed, stream, offset + i))).toEqual(words);
      const uniform = new Float64Array(words.length - 1);
      fillUniform(uniform, seed, stream, offset + 1);
      expect([...uniform]).toEqual(words.slice(1).map((w) => w / 2 ** 31 - 1));
      const own = new Float64Array(gaussians.length);
      fillGaussian(own, seed, stream, offset);
      // The largest radius is sqrt(64 ln 2) = 6.7; a few roundings and the cut series leave 1e-15 of it.
      gaussians.forEach((g, i) => expect(Math.abs(own[i] - g)).toBeLessThan(7e-15));
      const short = new Float64Array(gaussians.length - 1);
      fillGaussian(short, seed, stream, offset);
      expect([...short]).toEqual([...own.subarray(0, -1)]);
      const single = new Float32Array(gaussians.length);
      fillGaussian(single, seed, stream, offset);
      expect([...single]).toEqual([...own].map(Math.fround));
    },
  );
});

describe('log-mel tables', () => {
  it('window is SciPy’s periodic Hann of 400 in the middle of 512', () => {
    const { hann } = fixture<{ hann: number[] }>('hann-400');
    const window = headWindow(featureHead());
    expect([...window.subarray(0, 56), ...window.subarray(456)].every((w) => w === 0)).toBe(true);
    hann.forEach((w, j) => expect(Math.abs(window[56 + j] - w)).toBeLessThan(5e-16));
  });
  it('filterbank is banded within the bins and not negative', () => {
    const bank = melFilterbank({ sampleRate: 16000, nFft: 512, mels: 40, scale: 'slaney', norm: 'slaney' });
    expect(bank.bins).toBe(257);
    for (const first of bank.start) expect(first >= 0 && first + bank.width <= bank.bins).toBe(true);
    expect(bank.weights.every((w) => w >= 0)).toBe(true);
  });
  it('reference is librosa’s to 1e-10 in log10', () => {
    const { logMel } = fixture<{ logMel: number[][] }>('log-mel');
    const signal = Float64Array.from(
      { length: 3000 },
      (_, i) => 0.4 * Math.sin(i * i * 2e-4) + 0.1 * Math.sin(i * 0.3) + 0.01 * Math.cos(i * 1.7),
    );
    const own = referenceFeatures(featureHead(), signal);
    // Measured 6.5e-12, in the quietest bands; both sides are float64.
    logMel.flat().forEach((v, i) => expect(Math.abs(own[i] - v)).toBeLessThan(1e-10));
    expect(referenceFeatures(featureHead(), new Float64Array(511))).toEqual(new Float64Array(0));
    expect([...referenceFeatures(featureHead(), new Float64Array(512))]).toEqual(new Array(40).fill(-10));
  });
});
