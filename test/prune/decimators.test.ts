/** Filters before decimation: symmetric, made for the images that frames have, one after the other. */
import { describe, expect, it } from 'vitest';
import { decimatorTaps, filterChain, frameDensity } from '../../src/prune/decimators.ts';

const gain = (taps: ArrayLike<number>, hz: number, rate = 16000): number => {
  let sum = 0;
  for (let q = 0; q < taps.length; q++)
    sum += taps[q] * Math.cos((2 * Math.PI * hz * (q - (taps.length - 1) / 2)) / rate);
  return Math.abs(sum);
};

const flat = (): Float64Array => Float64Array.of(1, 1);

/** Mean asinh |image / band| of frames: what the taps are made for. */
function meanImage(taps: ArrayLike<number>, density: (hz: number) => Float64Array): number {
  let [sum, count] = [0, 0];
  for (let hz = 50; hz < 2000; hz += 50) {
    const [own, image] = [density(hz), density(8000 - hz)];
    own.forEach((p, f) => {
      sum += Math.asinh((gain(taps, 8000 - hz) / gain(taps, hz)) * Math.sqrt(image[f] / p));
      count++;
    });
  }
  return sum / count;
}

describe('decimator taps', () => {
  it.each([2, 4, 5, 6, 8])(
    '%i taps are symmetric, the largest 1, and keep images of the band out',
    (length) => {
      const taps = decimatorTaps(length, 2000, 16000, flat);
      expect([...taps]).toEqual([...taps].reverse());
      expect(Math.max(...taps)).toBe(1);
      const band = [100, 500, 1000, 1500, 1900].map((hz) => gain(taps, 8000 - hz) / gain(taps, hz));
      // Two taps have one zero, at 8 kHz: cos / sin of pi 1900 / 16000; every pair more gains 10 dB or better.
      expect(Math.max(...band)).toBeLessThan(0.42 * 10 ** (-(Math.ceil(length / 2) - 1) / 2));
    },
  );

  it('care about the images that there are', () => {
    const tone = (hz: number): Float64Array => Float64Array.of(Math.abs(hz - 7000) < 200 ? 1 : 1e-6);
    const white = decimatorTaps(4, 2000, 16000, flat);
    expect(gain(decimatorTaps(4, 2000, 16000, tone), 7000)).toBeLessThan(0.3 * gain(white, 7000));
  });

  it('are made for most frames, not for the loudest one', () => {
    // Nine quiet frames with images near 6.5 kHz, one that is 60 dB louder with images near 7.8 kHz.
    const density = (hz: number): Float64Array =>
      Float64Array.from({ length: 10 }, (_, f) => {
        const [level, at] = f === 0 ? [1e6, 7800] : [1, 6500];
        return level * (hz < 4000 ? 1 : Math.abs(hz - at) < 300 ? 1 : 1e-4);
      });
    const total = (hz: number): Float64Array => Float64Array.of(density(hz).reduce((a, b) => a + b, 0));
    const [own, average] = [density, total].map((d) => decimatorTaps(4, 2000, 16000, d));
    expect(meanImage(own, density)).toBeLessThan(0.6 * meanImage(average, density));
  });
});

it('the second filter of a chain is made for what the first leaves', () => {
  const quiet = (hz: number): Float64Array => Float64Array.of(hz < 1000 ? 1 : 1e-3);
  // All that the second stage must keep out, 3 to 4 kHz at a rate of 8 kHz, is the image of a tone at 4.5 kHz.
  const tone = (hz: number): Float64Array => quiet(hz).map((p) => p + (Math.abs(hz - 4500) < 100 ? 1 : 0));
  const gains = [quiet, tone].map((d) => gain(filterChain([2, 4], 1000, 16000, d)[1], 3500, 8000));
  expect(gains[1]).toBeLessThan(0.3 * gains[0]);
});

it('a density is the mean of three bins, one number per frame', () => {
  const density = frameDensity(Float64Array.of(0, 10, 3, 10, 6, 40, 9, 70), 2, 600);
  expect([...density(100)]).toEqual([3, 20]);
  expect([...density(300)]).toEqual([(6 + 9 + 9) / 3, 60]);
});
