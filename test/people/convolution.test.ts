/** Convolutions that other people's libraries got wrong, with NumPy's and SciPy's values. */
import { describe, expect, it } from 'vitest';
import { circularConvolve, convolve, correlate } from '../../src/index.ts';

describe('short convolutions are sums, not transforms', () => {
  // numpy.convolve of numpy 2.4.6, scipy.signal.convolve and correlate of scipy 1.17.1.
  it('convolve([1,2,3], [0,1,.5])', () => {
    expect([...convolve([1, 2, 3], [0, 1, 0.5])]).toEqual([0, 1, 2.5, 4, 1.5]);
    expect([...convolve([1, 2, 3], [4, 5], 'same')]).toEqual([4, 13, 22]);
    expect([...circularConvolve([1, 2, 3], [0, 1, 0.5])]).toEqual([4, 2.5, 2.5]);
  });
  it('a large number leaves the small ones beside it exact', () => {
    expect([...convolve([1e20, 1], [1, 1])]).toEqual([1e20, 1e20, 1]);
  });
  it('complex numbers too', () => {
    const { re, im } = convolve({ re: [1, 0], im: [0, 2] }, { re: [1, 0], im: [0, 1] });
    expect([...re]).toEqual([1, 0, -2]);
    expect([...im]).toEqual([0, 3, 0]);
  });
  it('correlate of a short with a long one, whole overlaps only', () => {
    expect([...correlate([1, 2], [1, 2, 3, 4], 'valid')]).toEqual([11, 8, 5]);
  });
});

describe('long convolutions', () => {
  // wavesurfer#797, superpowered-web#13, Wave-U-Net#25: sizes of real recordings.
  it('correlate of 1,323,000 with as many', () => {
    const x = new Float64Array(1323000);
    x[1000] = 3;
    const result = correlate(x, x);
    expect(result.length).toBe(2645999);
    expect(result[1322999]).toBe(9);
    expect(result.every((v, lag) => v === (lag === 1322999 ? 9 : 0))).toBe(true);
  });
});
