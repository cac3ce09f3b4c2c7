/** Changing sample rates: sinusoids are known at every rate, so the error is measured against the signal itself. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { besselI0 } from '../../src/numeric/bessel.ts';
import { fillGaussian } from '../../src/numeric/random.ts';
import { polyphaseFilter, resample, resampledLength, Resampler } from '../../src/numeric/resample.ts';

const tone = (count: number, frequency: number, rate: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.cos((2 * Math.PI * frequency * i) / rate + 0.3));

const rms = (x: Float64Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
const decibels = (ratio: number): number => 20 * Math.log10(ratio);

/** Level of the error, in dB below a tone, away from the ends where the signal begins from silence. */
function errorOfTone(from: number, to: number, frequency: number): number {
  const seconds = 0.5;
  const y = resample(tone(from * seconds, frequency, from), { from, to });
  const want =
    frequency < Math.min(from, to) / 2 ? tone(y.length, frequency, to) : new Float64Array(y.length);
  const edge = Math.ceil(y.length / 8);
  return decibels(rms(y.map((v, i) => v - want[i]).subarray(edge, -edge)) / Math.SQRT1_2);
}

const pairs = [
  [44100, 16000],
  [48000, 16000],
  [8000, 16000],
  [22050, 16000],
  [11025, 48000],
  [16000, 44100],
  [96000, 16000],
] as const;

describe('resample', () => {
  it.each(pairs)('%d Hz to %d Hz keeps the pass band and stops the rest by 90 dB', (from, to) => {
    const edge = Math.min(from, to) / 2;
    for (const part of [0.001, 0.1, 0.37, 0.7, 0.9])
      expect(errorOfTone(from, to, part * edge), `pass band at ${part}`).toBeLessThan(-90);
    for (const part of [1.001, 1.1, 1.5])
      if (part * edge < from / 2)
        expect(errorOfTone(from, to, part * edge), `stop band at ${part}`).toBeLessThan(-90);
  });

  it('holds the attenuation that is asked for', () => {
    const at = (attenuation: number): number => {
      const y = resample(tone(24000, 12345, 48000), { from: 48000, to: 16000, attenuation });
      return decibels(rms(y.subarray(2000, -2000)) / Math.SQRT1_2);
    };
    expect(at(50)).toBeLessThan(-48);
    expect(at(50)).toBeGreaterThan(-75);
    expect(at(140)).toBeLessThan(-138);
  });

  it('is as long as the signal, keeps a constant exactly so, and an impulse in its place', () => {
    for (const [from, to] of pairs) {
      const y = resample(new Float64Array(from).fill(0.25), { from, to });
      expect(y.length).toBe(resampledLength(from, from, to));
      expect(Math.abs(y[to / 4] - 0.25)).toBeLessThan(1e-15);
      const impulse = new Float64Array(from);
      impulse[from / 5] = 1;
      const response = resample(impulse, { from, to });
      expect(response.indexOf(Math.max(...response))).toBe(Math.round(to / 5));
    }
    expect(resample([1, 2, 3], { from: 16000, to: 16000 })).toEqual(Float64Array.of(1, 2, 3));
    expect(resample([], { from: 8000, to: 16000 })).toHaveLength(0);
    expect(resample([1], { from: 48000, to: 16000 })).toHaveLength(1);
  });

  it('there and back again is the signal, where its band fits', () => {
    const x = tone(8000, 3000, 16000);
    const y = resample(resample(x, { from: 16000, to: 44100 }), { from: 44100, to: 16000 });
    const error = y.map((v, i) => v - x[i]).subarray(1000, -1000);
    expect(decibels(rms(error) / Math.SQRT1_2)).toBeLessThan(-90);
  });

  it('gives the same bits however the signal is cut', () => {
    const x = new Float64Array(3000);
    fillGaussian(x, 5, 0);
    fc.assert(
      fc.property(
        fc.constantFrom(...pairs),
        fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 }),
        ([from, to], cuts) => {
          const resampler = new Resampler({ from, to });
          const parts: number[] = [];
          let at = 0;
          for (const cut of [...cuts, x.length]) {
            parts.push(...resampler.push(x.subarray(at, at + cut)));
            at = Math.min(x.length, at + cut);
            expect(parts.length).toBeGreaterThanOrEqual(
              Math.floor(((at - resampler.latency - 1) * to) / from),
            );
          }
          parts.push(...resampler.flush());
          expect(Float64Array.from(parts)).toEqual(resample(x, { from, to }));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('keeps memory bounded while it streams', () => {
    const resampler = new Resampler({ from: 44100, to: 16000 });
    let count = 0;
    for (let i = 0; i < 4_000; i++) count += resampler.push(new Float64Array(128)).length;
    count += resampler.flush().length;
    expect(count).toBe(resampledLength(4_000 * 128, 44100, 16000));
  });

  it('names what is wrong', () => {
    const bad = (options: Parameters<typeof polyphaseFilter>[0], message: RegExp): void => {
      expect(() => polyphaseFilter(options)).toThrow(InvalidArgumentError);
      expect(() => polyphaseFilter(options)).toThrow(message);
    };
    bad({ from: 0, to: 16000 }, /from is 0; expected a whole number from 1/);
    bad({ from: 44100, to: -1 }, /to is -1/);
    bad({ from: 44100.5, to: 16000 }, /from is 44100.5/);
    bad({ from: NaN, to: 16000 }, /from is NaN/);
    bad({ from: 44100, to: 16000, passband: 1 }, /passband is 1/);
    bad({ from: 44100, to: 16000, attenuation: Infinity }, /attenuation is Infinity/);
    bad({ from: 999983, to: 1999993 }, /share/);
    const ended = new Resampler({ from: 44100, to: 16000 });
    ended.flush();
    expect(() => ended.push([1])).toThrow(/flushed/);
    expect(ended.flush()).toHaveLength(0);
  });
});

describe('besselI0', () => {
  it('equals its integral (1 / pi) int exp(x cos t) dt', () => {
    // The trapezoidal rule on a periodic analytic function converges beyond all orders.
    for (const x of [0, 0.1, 1, 5.6, 10.06, 20]) {
      const steps = 200;
      let sum = 0;
      for (let i = 0; i < steps; i++) sum += Math.exp(x * Math.cos((2 * Math.PI * i) / steps));
      expect(Math.abs(besselI0(x) / (sum / steps) - 1)).toBeLessThan(2e-15);
    }
  });
});
