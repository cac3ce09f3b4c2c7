/** The calls of fft.js: its own numbers where it is right, numpy.fft's meaning at every size. */
import peerOf from 'fft.js';
import { describe, expect, it } from 'vitest';
import FFT from '../../src/compat/fft.ts';
import { fft, InvalidArgumentError } from '../../src/index.ts';
import { gaussian } from '../helpers.ts';

const maximumOff = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), a.length === b.length ? 0 : NaN);

interface Peer {
  createComplexArray(): number[];
  toComplexArray(input: ArrayLike<number>): number[];
  fromComplexArray(complex: ArrayLike<number>): number[];
  transform(out: number[], data: ArrayLike<number>): void;
  realTransform(out: number[], data: ArrayLike<number>): void;
  inverseTransform(out: number[], data: ArrayLike<number>): void;
  completeSpectrum(spectrum: number[]): void;
}
const PeerOf = peerOf as unknown as new (n: number) => Peer;

describe('papilio/compat/fft.js', () => {
  it.each([2, 4, 8, 64, 512])('gives the numbers of fft.js at n = %i', (n) => {
    const [own, peer] = [new FFT(n), new PeerOf(n)];
    const real = [...gaussian(n, 1)];
    const complex = [...gaussian(2 * n, 2)];
    const run = (f: FFT | Peer): number[][] => {
      const [whole, back, half] = [f.createComplexArray(), f.createComplexArray(), f.createComplexArray()];
      f.transform(whole, complex);
      f.inverseTransform(back, whole);
      f.realTransform(half, real);
      f.completeSpectrum(half);
      return [whole, back, half, f.toComplexArray(real), f.fromComplexArray(complex)];
    };
    const expected = run(peer);
    run(own).forEach((list, i) => {
      expect(Array.isArray(list)).toBe(true);
      expect(maximumOff(list, expected[i])).toBeLessThan(1e-12);
    });
  });

  it.each([1, 3, 6, 7, 100, 101, 441, 480])('transforms n = %i, which fft.js refuses', (n) => {
    const f = new FFT(n);
    const [re, im] = [gaussian(n, 1), gaussian(n, 2)];
    const data = Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? re : im)[i >> 1]);
    const expected = fft({ re, im });
    const out = new Float64Array(2 * n);
    f.transform(out, data);
    expect(maximumOff(f.fromComplexArray(out), expected.re)).toBeLessThan(1e-12);
    // In its place, which fft.js refuses.
    f.inverseTransform(out, out);
    expect(maximumOff(out, data)).toBeLessThan(1e-13 * n);
  });

  it.each([7, 8])('realTransform fills the whole spectrum, or half of it, n = %i', (n) => {
    const f = new FFT(n);
    const x = gaussian(n, 3);
    const expected = fft(x);
    const whole: number[] = new Array(2 * n);
    f.realTransform(whole, x);
    expect(maximumOff(f.fromComplexArray(whole), expected.re)).toBeLessThan(1e-13);
    const bins = Math.floor(n / 2) + 1;
    const half = new Float32Array(2 * bins);
    f.realTransform(half, x);
    expect(
      maximumOff(
        half.filter((_, i) => i % 2 === 1),
        expected.im.subarray(0, bins),
      ),
    ).toBeLessThan(1e-6);
  });

  it('uses the storage that it is given', () => {
    const f = new FFT(4);
    const storage = new Float64Array(8);
    expect(f.toComplexArray([1, 2, 3, 4], storage)).toBe(storage);
    expect([...storage]).toEqual([1, 0, 2, 0, 3, 0, 4, 0]);
    const real = new Float32Array(4);
    expect(f.fromComplexArray(storage, real)).toBe(real);
    expect([...real]).toEqual([1, 2, 3, 4]);
  });

  const f = new FFT(4);
  const hole = new Array<number>(8);
  it.each<readonly [string, () => unknown, RegExp]>([
    ['a size of 0', () => new FFT(0), /size is 0/],
    ['a size of 2.5', () => new FFT(2.5), /size is 2\.5/],
    ['a size of text', () => new FFT('8' as never), /size is "8"/],
    [
      'real numbers to transform',
      () => f.transform(new Array(8), [1, 2, 3, 4]),
      /4 numbers; expected 8.*realTransform/,
    ],
    ['holes', () => f.transform(new Array(8), hole), /data\[0\] is undefined/],
    [
      'complex numbers to realTransform',
      () => f.realTransform(new Array(8), new Array(8).fill(0)),
      /expected 4/,
    ],
    ['too little room', () => f.transform(new Array(4), new Array(8).fill(0)), /out has 4 numbers/],
    ['no data', () => f.transform(new Array(8), undefined as never), /data is undefined/],
    ['no room', () => f.transform(undefined as never, new Array(8).fill(0)), /out is undefined/],
    ['half pairs', () => f.fromComplexArray([1, 2, 3]), /expected pairs/],
    ['too small a storage', () => f.toComplexArray([1, 2, 3, 4], [0]), /storage has 1/],
    ['half a spectrum', () => f.completeSpectrum([1, 2]), /spectrum has 2/],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(message);
  });
});
