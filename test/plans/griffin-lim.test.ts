/** Signals from magnitudes: the magnitudes come back, the ends are finite, wrong input is refused by name. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { windowByName } from '../../src/numeric/window.ts';
import { griffinLim } from '../../src/plans/griffin-lim.ts';
import { stft } from '../../src/plans/stft.ts';
import { gaussian } from '../helpers.ts';

const window = windowByName('hann', 100, 'periodic');
const [hop, nFft, bins] = [40, 128, 65];
const magnitudesOf = (x: ArrayLike<number>): Float64Array => {
  const { re, im } = stft(x, window, hop, { nFft });
  return re.map((a, i) => Math.hypot(a, im[i]));
};
/** || |STFT| - M || / || M || over the frames that the fades of the ends do not touch. */
function inconsistency(x: Float64Array, wanted: Float64Array): number {
  const found = magnitudesOf(x);
  let [off, all] = [0, 0];
  for (let i = 3 * bins; i < wanted.length - 3 * bins; i++) {
    off += (found[i] - wanted[i]) ** 2;
    all += wanted[i] ** 2;
  }
  return Math.sqrt(off / all);
}
const tones = Float64Array.from(
  { length: 3008 },
  (_, t) => Math.cos(0.31 * t + 1) + 0.5 * Math.sin(1.1 * t + 0.0001 * t * t),
);

describe('griffinLim', () => {
  it('finds phases that a signal has, from random ones', () => {
    const wanted = magnitudesOf(tones);
    const options = { nFft, seed: 3 };
    const start = griffinLim(wanted, window, hop, bins, { ...options, iterations: 0 });
    const found = griffinLim(wanted, window, hop, bins, options);
    expect(found.length).toBe((wanted.length / bins - 1) * hop + nFft);
    expect(inconsistency(start, wanted)).toBeGreaterThan(0.3);
    expect(inconsistency(found, wanted)).toBeLessThan(0.08);
    expect(Math.max(...found.map(Math.abs))).toBeLessThan(2.5);
    expect([...griffinLim(wanted, window, hop, bins, options)]).toEqual([...found]);
  });
  it('gets nearer with momentum than without', () => {
    const wanted = magnitudesOf(gaussian(3008, 1));
    const [slow, fast] = [0, 0.99].map((momentum) =>
      inconsistency(griffinLim(wanted, window, hop, bins, { nFft, momentum }), wanted),
    );
    expect(fast).toBeLessThan(0.8 * slow);
  });
  it('makes silence of nothing, and refuses what is no magnitude', () => {
    expect(griffinLim(new Float64Array(2 * bins), window, hop, bins, { nFft }).every((x) => x === 0)).toBe(
      true,
    );
    expect(() => griffinLim(new Float64Array(bins + 1), window, hop, bins)).toThrow(InvalidArgumentError);
    expect(() => griffinLim(new Float64Array(bins).fill(NaN), window, hop, bins)).toThrow(
      /magnitude 0 is NaN/,
    );
  });
});
