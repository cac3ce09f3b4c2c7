/**
 * Values that other people's transforms got wrong, or that their users asked for; right ones from numpy 2.4.6 and scipy 1.17.1.
 * Each name quotes the thread.
 */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { dct, dst } from '../../src/plans/dct.ts';
import { fft, ifft, irfft, rfft } from '../../src/plans/fft.ts';
import { periodogram, welch } from '../../src/plans/periodogram.ts';
import { istft, stft } from '../../src/plans/stft.ts';
import { windowByName } from '../../src/numeric/window.ts';
import { distance, gaussian } from '../helpers.ts';

type Pairs = readonly (readonly [re: number, im: number])[];
const planar = (pairs: Pairs): { re: number[]; im: number[] } => ({
  re: pairs.map(([re]) => re),
  im: pairs.map(([, im]) => im),
});

/** A few roundings of float64 at the size of the largest number. */
function expectNear(own: ArrayLike<number>, right: readonly number[]): void {
  expect(own.length).toBe(right.length);
  const largest = right.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  right.forEach((v, i) => expect(Math.abs(own[i] - v)).toBeLessThan(4 * Number.EPSILON * largest));
}
function expectComplex(own: { re: Float64Array; im: Float64Array }, right: Pairs): void {
  expectNear(own.re, planar(right).re);
  expectNear(own.im, planar(right).im);
}

describe('fft, ifft, rfft and irfft', () => {
  it('rfft of ones is [8, 0, 0, 0, 0] (fft.js#25)', () =>
    expectComplex(rfft(new Float64Array(8).fill(1)), [
      [8, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]));
  it('irfft(rfft([1, 1], 4, ortho), 4, ortho) is [1, 1, 0, 0] (numpy#8444)', () =>
    expectNear(irfft(rfft([1, 1], 4, 'ortho'), 4, 'ortho'), [1, 1, 0, 0]));
  it('irfft([3 + 2i, 1, 5], 1) is [3] (numpy#25661)', () =>
    expectNear(irfft({ re: [3, 1, 5], im: [2, 0, 0] }, 1), [3]));
  it('irfft([0, i, 2i, 3i, 4i], 8) leaves the imaginary part of bin 4 out (rocFFT#284)', () =>
    expectNear(
      irfft({ re: [0, 0, 0, 0, 0], im: [0, 1, 2, 3, 4] }, 8),
      [0, -1.2071067811865475, 0.5, -0.20710678118654746, 0, 0.20710678118654757, -0.5, 1.2071067811865475],
    ));
  it('irfft(rfft([-9, 1, 3])) is [-8, 3]: an odd n has to be said (numpy#8800)', () => {
    expectNear(irfft(rfft([-9, 1, 3])), [-8, 3]);
    expectNear(irfft(rfft([-9, 1, 3]), 3), [-9, 1, 3]);
  });

  it('take real arrays', () => {
    expectComplex(fft([1, 2, 3, 4]), [
      [10, 0],
      [-2, 2],
      [-2, 0],
      [-2, -2],
    ]);
    expectComplex(ifft(Float32Array.of(1, 2, 3, 4)), [
      [2.5, 0],
      [-0.5, -0.5],
      [-0.5, 0],
      [-0.5, 0.5],
    ]);
    expectNear(irfft([1, 2, 3]), [2, -0.5, 0, -0.5]);
  });

  it('pad with zeros to n points and cut at n', () => {
    expectComplex(fft([1, 2, 3, 4], 6), [
      [10, 0],
      [-3.5, -4.330127018922193],
      [2.5, 0.8660254037844386],
      [-2, 0],
      [2.5, -0.8660254037844386],
      [-3.5, 4.330127018922193],
    ]);
    expectComplex(fft(planar([1, 2, 3, 4].map((re) => [re, 0])), 2), [
      [3, 0],
      [-1, 0],
    ]);
    expectComplex(rfft([1, 2, 3, 4], 3), [
      [6, 0],
      [-1.5, 0.8660254037844386],
    ]);
    expectComplex(rfft([1, 2, 3, 4], 7, 'forward'), [
      [1.4285714285714284, 0],
      [-0.2892083813944503, -0.8891402368502518],
      [0.04943010511643545, 0.3541601889801637],
      [0.0254925619923007, -0.3459978113654745],
    ]);
    const x = planar([
      [10, 0],
      [-2, 2],
      [-2, 0],
    ]);
    expectNear(
      irfft(x, 6),
      [
        0.3333333333333333, 1.0893163974770408, 1.7559830641437078, 1.6666666666666665, 2.9106836025229588,
        2.2440169358562922,
      ],
    );
    expectNear(
      irfft(x, 5),
      [0.4, 1.6391547869638772, 1.9297717981660214, 2.870228201833979, 3.160845213036123],
    );
    expectNear(irfft(x, 3), [2, 2.8452994616207485, 5.154700538379251]);
  });

  it('know n from norm in either order, and nothing is left of a longer signal before', () => {
    const x = gaussian(12, 1);
    for (const turn of [fft, rfft] as const) {
      const right = turn(x, 16, 'ortho');
      expect(turn(x, 'ortho', 16)).toEqual(right);
      turn(gaussian(16, 2), 'ortho');
      expect(turn(x, 16, 'ortho')).toEqual(right);
    }
    const bins = rfft(x);
    expect(irfft(bins, 'forward', 9)).toEqual(irfft(bins, 9, 'forward'));
    expect(fft(x, undefined, 'ortho')).toEqual(fft(x, 'ortho'));
  });

  it.each([
    [8, 4, /norm is 8; expected backward, ortho, forward/],
    ['Ortho', undefined, /norm is "Ortho"/],
    ['ortho', 'forward', /n is "forward"; expected a count of points/],
    [null, undefined, /n is null/],
    [0, undefined, /n is 0/],
    [2.5, undefined, /n is 2.5/],
    [NaN, undefined, /n is NaN/],
    [2 ** 23, undefined, /n is 8388608; expected a whole number from 1 to 4194304/],
  ])('refuse n, norm = %j, %j', (first, second, message) => {
    const calls: readonly ((x: number[], n: number, norm: 'ortho') => unknown)[] = [fft, ifft, rfft, irfft];
    for (const call of calls) {
      expect(() => call([1, 2, 3], first as number, second as 'ortho')).toThrow(InvalidArgumentError);
      expect(() => call([1, 2, 3], first as number, second as 'ortho')).toThrow(message);
    }
  });

  // k^2 passes 2^31 at 46,341 (mathnet-numerics#286); 51,187 = 17 * 3011 (fastmat#115). An impulse gives the twiddles themselves.
  it.each([46_500, 46_349, 51_187])('of %i points keep 1e-13', (n) => {
    const x = new Float64Array(n);
    x[1] = 1;
    const { re, im } = rfft(x);
    for (let k = 0; k < re.length; k += 97) {
      const angle = (-2 * Math.PI * k) / n;
      expect(Math.abs(re[k] - Math.cos(angle))).toBeLessThan(1e-13);
      expect(Math.abs(im[k] - Math.sin(angle))).toBeLessThan(1e-13);
    }
  });
});

describe('dct and dst', () => {
  it('dct([1, 2, 3, 4], 2) (VkFFT#45)', () =>
    expectNear(dct([1, 2, 3, 4], 2), [20, -6.308644059797899, 0, -0.4483415291679651]));
  it('dst of type II with norm ortho is orthonormal (scipy#21693)', () => {
    const columns = [0, 1, 2, 3, 4].map((k) =>
      dst(
        Float64Array.from({ length: 5 }, (_, i) => +(i === k)),
        2,
        'ortho',
      ),
    );
    for (const [i, a] of columns.entries())
      for (const [j, b] of columns.entries())
        expect(Math.abs(a.reduce((sum, v, k) => sum + v * b[k], 0) - +(i === j))).toBeLessThan(1e-15);
  });
});

describe('welch and periodogram', () => {
  it('300 samples, nperseg 75, nfft 600, fs 60: 301 bins to 30 Hz (scipy#4962)', () => {
    const { frequencies, power } = welch(gaussian(300, 1), { nperseg: 75, nfft: 600, fs: 60 });
    expect([frequencies.length, power.length, frequencies[300]]).toEqual([301, 301, 30]);
  });
  it('periodogram([1, 2, 1, -1, 1.5]) (scipy#13653)', () =>
    expectNear(periodogram([1, 2, 1, -1, 1.5]).power, [0, 2.8236067977499797, 2.376393202250021]));
});

describe('stft and istft', () => {
  const x = gaussian(4000, 3);
  const window = windowByName('hann', 400, 'periodic');
  const right = stft(x, window, 128, { nFft: 512, padding: 'reflect' });

  it('take options like everything else, a window by name, by specification or as samples', () => {
    const frame = { hop: 128, nFft: 512, padding: 'reflect' } as const;
    expect(stft(x, { window, ...frame })).toEqual(right);
    expect(stft(x, { window: 'hann', windowLength: 400, ...frame })).toEqual(right);
    expect(stft(x, { window: ['general_cosine', 0.5, 0.5], windowLength: 400, ...frame })).toEqual(right);
    expect(stft(x, { window: Array.from(window), ...frame })).toEqual(right);
    expect(stft(x, 'hann', 128, { nFft: 512 })).toEqual(stft(x, { nFft: 512 }));
  });
  it('and back', () => {
    const frame = { window, hop: 128, nFft: 512, padding: 'reflect', length: x.length } as const;
    expect(distance(istft(right, frame).subarray(0, 3968), x.subarray(0, 3968))).toBeLessThan(1e-14);
    expect(istft(right, window, 128, { nFft: 512, padding: 'reflect', length: x.length })).toEqual(
      istft(right, frame),
    );
    const plain = stft(x, { nFft: 256 });
    // Behind the first hop all windows overlap.
    expect(distance(istft(plain, {}).subarray(64, 3800), x.subarray(64, 3800))).toBeLessThan(1e-14);
  });
  it.each([
    [/stft has no option "hops"; expected window, /, () => stft(x, { nFft: 512, hops: 128 } as object)],
    [/stft has no option "window"; expected nFft, padding/, () => stft(x, window, 128, { window } as object)],
    [/nFft is undefined; expected the length of a window that is a name/, () => stft(x, {})],
    [/window has 400 samples; expected 399/, () => stft(x, { window, windowLength: 399 })],
    [/hop is "128"; expected a whole number/, () => stft(x, { nFft: 512, hop: '128' as unknown as number })],
    [/window\[1\] is NaN; expected a finite number/, () => stft(x, [1, NaN, 1], 1)],
    [
      /length is 1000000000; expected a whole number from 0/,
      () => istft(right, window, 128, { length: 1e9 }),
    ],
    [/istft has no option "re"/, () => istft(right, { ...right } as object)],
    [/spectra is undefined; expected \{ re, im \}/, () => istft(undefined as unknown as typeof right, {})],
  ])('%s', (message, call) => {
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(message);
  });
});
