/** csd, coherence, hilbert, resamplePoly, czt, zoomFft, lombscargle and sosfilt against SciPy's numbers (scripts/fixtures/scipy_calls.py) and against each other. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { lombscargle, type LombScargleOptions } from '../../src/numeric/lombscargle.ts';
import { rfftfreq } from '../../src/numeric/frequencies.ts';
import { resamplePoly, type ResamplePolyOptions } from '../../src/numeric/resample-poly.ts';
import { coherence, csd } from '../../src/plans/cross-spectrum.ts';
import { czt, zoomFft, type CztOptions, type ZoomFftOptions } from '../../src/plans/czt.ts';
import { fft } from '../../src/plans/fft.ts';
import { hilbert } from '../../src/plans/hilbert.ts';
import { periodogram, welch, type WelchOptions } from '../../src/plans/periodogram.ts';
import { sosfilt, sosfiltZi } from '../../src/numeric/sosfilt.ts';
import { cases, gaussian } from '../helpers.ts';

/** Some numbers of a result of SciPy. */
interface Kept {
  readonly length: number;
  readonly step: number;
  readonly re: readonly number[];
  readonly im: readonly number[];
}
interface Fixture {
  readonly cross: readonly {
    readonly samples: number;
    readonly options: WelchOptions;
    readonly frequencies: Kept;
    readonly csd: Kept;
    readonly coherence?: Kept;
  }[];
  readonly hilbert: readonly {
    readonly samples: number;
    readonly n: number | null;
    readonly analytic: Kept;
  }[];
  readonly poly: readonly {
    readonly samples: number;
    readonly up: number;
    readonly down: number;
    readonly options: ResamplePolyOptions;
    readonly output: Kept;
  }[];
  readonly czt: readonly { readonly samples: number; readonly options: CztOptions; readonly output: Kept }[];
  readonly zoom: readonly {
    readonly samples: number;
    readonly fn: number | readonly [number, number];
    readonly options: ZoomFftOptions;
    readonly output: Kept;
  }[];
  readonly lomb: readonly {
    readonly normalize: boolean | 'amplitude';
    readonly floatingMean: boolean;
    readonly weighted: boolean;
    readonly output: Kept;
  }[];
  readonly sos: readonly {
    readonly sos: readonly (readonly number[])[];
    readonly zi: readonly (readonly number[])[];
    readonly plain: Kept;
    readonly settled: Kept;
    readonly zf: readonly (readonly number[])[];
  }[];
}
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/numeric/scipy-calls.json', import.meta.url), 'utf8'),
) as Fixture;

/** (i (i + seed) mod 251 - 125) / 128. */
const samples = (n: number, seed: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => (((i * (i + seed)) % 251) - 125) / 128);

type Result = ArrayLike<number> | { readonly re: ArrayLike<number>; readonly im: ArrayLike<number> };

/** Every number within a tolerance of the largest. */
function expectKept(own: Result, expected: Kept, label: string, tolerance = 1e-12): void {
  const { re, im } = 're' in own ? own : { re: own, im: null };
  expect(re.length, label).toBe(expected.length);
  const size = Math.max(1e-300, ...expected.re.map(Math.abs), ...expected.im.map(Math.abs));
  expected.re.forEach((value, i) => {
    const at = i * expected.step;
    expect(Math.abs(re[at] - value), `${label} re ${at}`).toBeLessThanOrEqual(tolerance * size);
    expect(Math.abs((im?.[at] ?? 0) - expected.im[i]), `${label} im ${at}`).toBeLessThanOrEqual(
      tolerance * size,
    );
  });
}

const maximumOff = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), a.length === b.length ? 0 : NaN);

describe("SciPy's numbers", () => {
  it.each(fixture.cross)('csd and coherence of $samples, $options', (c) => {
    const [x, y] = [
      samples(c.samples, 3),
      samples(c.samples, 10).map((v, i) => v + samples(c.samples, 3)[i]),
    ];
    const own = csd(x, y, c.options);
    expectKept(own.frequencies, c.frequencies, 'frequencies');
    expectKept(own, c.csd, 'csd');
    if (!c.coherence) return;
    expectKept(coherence(x, y, c.options as object).coherence, c.coherence, 'coherence');
  });

  it.each(fixture.hilbert)('hilbert of $samples to $n', ({ samples: count, n, analytic }) =>
    expectKept(hilbert(samples(count, 3), n ?? undefined), analytic, 'analytic'),
  );

  it.each(fixture.poly)(
    'resamplePoly by $up / $down, $options',
    ({ samples: count, up, down, options, output }) =>
      expectKept(resamplePoly(samples(count, 3), up, down, options), output, 'output'),
  );

  it.each(fixture.czt)('czt of $samples, $options', ({ samples: count, options, output }) =>
    expectKept(czt({ re: samples(count, 3), im: samples(count, 8) }, options), output, 'czt'),
  );

  it.each(fixture.zoom)('zoomFft of $samples, $fn, $options', ({ samples: count, fn, options, output }) =>
    expectKept(zoomFft(samples(count, 3), fn, options), output, 'zoom'),
  );

  it.each(fixture.lomb)('lombscargle, $normalize, $floatingMean, $weighted', (c) => {
    const third = samples(60, 3);
    const x = Float64Array.from({ length: 60 }, (_, i) => i + third[i] / 3);
    const y = samples(60, 10).map((v) => v + 0.3);
    const freqs = Float64Array.from({ length: 17 }, (_, i) => 0.05 + (i * 2.95) / 16);
    const options: LombScargleOptions = {
      normalize: c.normalize,
      floatingMean: c.floatingMean,
      ...(c.weighted ? { weights: samples(60, 5).map((v) => v + 1) } : {}),
    };
    const own: Result = lombscargle(x, y, freqs, options as { normalize: 'amplitude' });
    expectKept(own, c.output, 'lombscargle', 1e-11);
  });

  it.each(fixture.sos)('sosfilt and sosfiltZi of $sos.length sections', ({ sos, zi, plain, settled, zf }) => {
    const x = samples(500, 3);
    const own = sosfiltZi(sos);
    // Poles near 1 cost digits, here and there.
    for (const [i, row] of zi.entries())
      for (const [k, v] of row.entries()) expect(own[i][k]).toBeCloseTo(v, 10);
    expectKept(sosfilt(sos, x), plain, 'sosfilt');
    const result = sosfilt(sos, x, { zi: own.map((row) => row.map((v) => v * x[0])) });
    expectKept(result.y, settled, 'sosfilt from a state');
    for (const [i, row] of zf.entries())
      for (const [k, v] of row.entries()) expect(result.zf[i][k]).toBeCloseTo(v, 10);
  });
});

describe('what each is of another', () => {
  const sizes = fc.integer({ min: 1, max: 300 });

  it('csd(x, x) is welch(x), of long signals too, and the coherence of equal signals is 1', () => {
    for (const [n, options] of [
      [3000, {}],
      [3000, { nperseg: 65, noverlap: 60, detrend: 'linear', fs: 10, oneSided: false }],
      [3000, { nperseg: 64, average: 'median', scaling: 'spectrum' }],
      [40000, { nperseg: 256, noverlap: 192 }],
    ] as const) {
      const x = gaussian(n, 1);
      const power = welch(x, options);
      const own = csd(x, x, options);
      const most = power.power.reduce((a, b) => Math.max(a, b));
      expect(own.frequencies).toEqual(power.frequencies);
      expect(maximumOff(own.re, power.power)).toBeLessThan(1e-13 * most);
      expect(own.im.every((v) => v === 0)).toBe(true);
    }
    const x = gaussian(3000, 1);
    expect(
      coherence(
        x,
        x.map((v) => -3 * v),
      ).coherence.every((c) => Math.abs(c - 1) < 1e-12),
    ).toBe(true);
    const independent = coherence(x, gaussian(3000, 2), { nperseg: 64 }).coherence;
    expect(independent.every((c) => c >= 0 && c < 0.5)).toBe(true);
    expect(
      coherence(
        x,
        x.map(() => 0),
      ).coherence.every((c) => c === 0),
    ).toBe(true);
  });

  it('hilbert keeps x, and turns a cosine into a sine', () => {
    fc.assert(
      fc.property(sizes, (n) => {
        const x = gaussian(n, n);
        const { re, im } = hilbert(x);
        expect(re).toEqual(x);
        const spectrum = fft({ re, im });
        for (let k = Math.floor(n / 2) + 1; k < n; k++)
          expect(Math.hypot(spectrum.re[k], spectrum.im[k])).toBeLessThan(1e-11);
      }),
      { numRuns: cases(5, 200) },
    );
    const tone = Float64Array.from({ length: 100 }, (_, i) => Math.cos(0.1 * Math.PI * i));
    expect(
      maximumOff(
        hilbert(tone).im,
        tone.map((_, i) => Math.sin(0.1 * Math.PI * i)),
      ),
    ).toBeLessThan(1e-14);
  });

  it('czt of the whole circle, and zoomFft of all frequencies, is fft', () => {
    fc.assert(
      fc.property(sizes, (n) => {
        const x = { re: gaussian(n, n), im: gaussian(n, n + 1000) };
        const expected = fft(x);
        const tolerance = 1e-14 * Math.sqrt(n) * (4 + Math.log2(n));
        for (const own of [czt(x), zoomFft(x, [0, 1], { fs: 1 })]) {
          expect(maximumOff(own.re, expected.re)).toBeLessThan(tolerance);
          expect(maximumOff(own.im, expected.im)).toBeLessThan(tolerance);
        }
      }),
      { numRuns: cases(5, 200) },
    );
  });

  it('zoomFft of 20,000 samples has the accuracy of fft', () => {
    const x = gaussian(20_000, 5);
    const { re, im } = zoomFft(x, [5_000, 5_016], { fs: 20_000, m: 16 });
    const whole = fft(x);
    expect(maximumOff(re, whole.re.subarray(5_000, 5_016))).toBeLessThan(1e-11);
    expect(maximumOff(im, whole.im.subarray(5_000, 5_016))).toBeLessThan(1e-11);
  });

  it('lombscargle on a regular grid is the periodogram', () => {
    const [n, fs] = [100, 8];
    const y = gaussian(n, 7);
    const frequencies = rfftfreq(n, 1 / fs).slice(1, -1);
    const times = Float64Array.from(y, (_, i) => i / fs);
    const own = lombscargle(
      times,
      y,
      frequencies.map((f) => 2 * Math.PI * f),
    );
    const { power } = periodogram(y, { fs, detrend: 'none' });
    // A density of one side is 2 |X|^2 / (fs N), the power of a fit |X|^2 / N.
    expect(
      maximumOff(
        own,
        power.slice(1, -1).map((p) => (p * fs) / 2),
      ),
    ).toBeLessThan(1e-11);
  });

  it('sosfilt in parts is sosfilt of the whole, to the bit', () => {
    const { sos } = fixture.sos[1];
    const x = gaussian(500, 7);
    const whole = sosfilt(sos, x);
    let zi: readonly Float64Array[] = sos.map(() => new Float64Array(2));
    const parts = [0, 1, 8, 300, 500].flatMap((from, i, cuts) => {
      const { y, zf } = sosfilt(sos, x.subarray(from, cuts[i + 1] ?? from), { zi });
      zi = zf;
      return [...y];
    });
    expect(Float64Array.from(parts)).toEqual(whole);
  });

  it('resamplePoly up and down again is x where x is smooth', () => {
    const x = Float64Array.from({ length: 300 }, (_, i) => Math.sin(0.2 * i));
    const back = resamplePoly(resamplePoly(x, 3, 2), 2, 3);
    expect(back.length).toBe(300);
    expect(maximumOff(back.subarray(40, 260), x.subarray(40, 260))).toBeLessThan(3e-3);
    expect(resamplePoly(x, 4, 4)).toEqual(x);
  });
});

describe('refuses by name', () => {
  const x = gaussian(64, 1);
  const nothing = new Float64Array(0);
  const point = { re: NaN, im: 0 };
  it.each<readonly [string, () => unknown, RegExp]>([
    ['csd of nothing', () => csd(nothing, nothing), /x is empty/],
    ['csd of two lengths', () => csd(x, x.subarray(1)), /x has 64 and y 63/],
    ['csd with a NaN', () => csd(x, x, { fs: NaN }), /fs is NaN/],
    ['a sample that is none', () => coherence(x, x.with(5, NaN)), /5/],
    [
      'coherence with a scaling',
      () => coherence(x, x, { scaling: 'density' } as object),
      /no option "scaling"/,
    ],
    ['hilbert of nothing', () => hilbert(nothing), /n is 0/],
    ['hilbert of a fraction', () => hilbert(x, 2.5), /2\.5/],
    ['czt of nothing', () => czt(nothing), /x is empty/],
    ['czt with w = NaN', () => czt(x, { w: point }), /w is an object; expected a complex number/],
    ['czt with w = 0', () => czt(x, { w: { re: 0, im: 0 } }), /w is/],
    ['czt with a spiral that overflows', () => czt(x, { w: { re: 9, im: 0 } }), /overflow/],
    ['czt of NaN', () => czt([1, NaN]), /x\[1\] is NaN/],
    ['czt of an imaginary NaN', () => czt({ re: [1, 2], im: [0, NaN] }), /x\.im\[1\] is NaN/],
    ['resamplePoly of NaN, by nothing', () => resamplePoly([1, NaN], 1, 1), /x\[1\] is NaN/],
    ['czt of too much', () => czt(x, { m: 2 ** 22 }), /together/],
    ['zoomFft of NaN', () => zoomFft(x, NaN), /fn is NaN/],
    ['zoomFft of three', () => zoomFft(x, [1, 2, 3] as never), /fn has 3/],
    ['lombscargle of nothing', () => lombscargle([], [], [1]), /x is empty/],
    ['lombscargle of two lengths', () => lombscargle([1, 2], [1], [1]), /y has 1 numbers; expected 2/],
    ['lombscargle of weights', () => lombscargle([1, 2], [1, 2], [1], { weights: [1, -1] }), /weights\[1\]/],
    ['lombscargle of no weight', () => lombscargle([1, 2], [1, 2], [1], { weights: [0, 0] }), /sum to 0/],
    ['sosfilt of nothing', () => sosfilt([], x), /sos is empty/],
    ['sosfilt of b and a', () => sosfilt([[1, 0, 0]], x), /sos\[0\] has 3 numbers; expected 6/],
    ['sosfilt of a0', () => sosfilt([[1, 0, 0, 2, 0, 0]], x), /sos\[0\]\[3\] is 2; expected 1/],
    ['sosfilt of NaN', () => sosfilt([[1, 0, 0, 1, NaN, 0]], x), /sos\[0\]\[4\] is NaN/],
    ['sosfilt of a state', () => sosfilt([[1, 0, 0, 1, 0, 0]], x, { zi: [] }), /zi has 0 rows; expected 1/],
    ['sosfiltZi of a pole at 1', () => sosfiltZi([[1, 0, 0, 1, -1, 0]]), /sos\[0\] has a pole at 1/],
    ['resamplePoly of nothing', () => resamplePoly(nothing, 1, 2), /x is empty/],
    ['resamplePoly by 0', () => resamplePoly(x, 0, 2), /up is 0/],
    ['resamplePoly by a prime', () => resamplePoly(x, 2 ** 31 - 1, 2), /factors of at most/],
    ['resamplePoly with a cval', () => resamplePoly(x, 1, 2, { padtype: 'edge', cval: 1 }), /cval is 1/],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(message);
  });
});
