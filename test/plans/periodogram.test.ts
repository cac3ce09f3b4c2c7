import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { spectralPeaks } from '../../src/numeric/peaks.ts';
import { windowByName, type WindowSpec } from '../../src/numeric/window.ts';
import {
  periodogram,
  spectrogram,
  welch,
  type SpectrogramOptions,
  type WelchOptions,
} from '../../src/plans/periodogram.ts';
import { cases } from '../helpers.ts';
import { parityTensors, scipyCases, type Digest } from '../parity.ts';

const eps = 2 ** -52;

/** SciPy's [frequencies, segments] of our [segments, frequencies]. */
function transposed(x: Float64Array, rows: number): Float64Array {
  const columns = x.length / rows;
  return Float64Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
}

/**
 * Relative 1e-10, where the number is not itself the rounding of a transform: a bin's amplitude carries errors of eps log2(n) times
 * the largest amplitude (8 eps here, measured below 2), which is 16 eps sqrt(value max) in power and its square at zero.
 */
function expectDigest(own: Float64Array, expected: Digest, power: boolean, label: string): void {
  expect(own.length, label).toBe(expected.shape.reduce((a, b) => a * b, 1));
  const noise = 8 * eps;
  const tolerance = (value: number): number =>
    1e-10 * Math.abs(value) +
    (power
      ? 2 * noise * Math.sqrt(Math.abs(value) * expected.max) + noise ** 2 * expected.max
      : noise * expected.max);
  expected.at.forEach((at, i) =>
    expect(Math.abs(own[at] - expected.values[i]), `${label} ${at}`).toBeLessThanOrEqual(
      tolerance(expected.values[i]),
    ),
  );
  // Sums that every number enters.
  const sum = own.reduce((s, x) => s + x, 0);
  const dot = own.reduce((s, x, i) => s + x * Math.cos(i), 0);
  const size = own.reduce((s, x) => s + Math.abs(x), 0);
  expect(Math.abs(sum - expected.sum), label).toBeLessThanOrEqual(1e-10 * size);
  expect(Math.abs(dot - expected.dot), label).toBeLessThanOrEqual(1e-10 * size);
}

function optionsOf(o: Record<string, unknown>): WelchOptions & SpectrogramOptions {
  const { return_onesided: oneSided, detrend, ...rest } = o;
  return { ...rest, oneSided, detrend: detrend === false ? 'none' : detrend } as WelchOptions &
    SpectrogramOptions;
}

describe('scipy.signal', () => {
  it('random combinations of the options of welch, periodogram and spectrogram', () => {
    const signals = parityTensors();
    const { spectra } = scipyCases();
    expect(spectra.length).toBe(200);
    for (const [i, { signal, samples, call, options, frequencies, output }] of spectra.entries()) {
      if (i % cases(3, 1) !== 0) continue;
      const x = Float64Array.from(signals.get(`signal/${signal}`)?.data ?? []).subarray(0, samples);
      const label = `${i}: ${call} of ${samples} of ${signal}, ${JSON.stringify(options)}`;
      const own = optionsOf(options);
      if (call === 'spectrogram') {
        const result = spectrogram(x, own);
        expectDigest(result.frequencies, frequencies, false, label);
        expectDigest(transposed(result.values, result.times.length), output, own.mode !== 'magnitude', label);
      } else {
        const result = call === 'welch' ? welch(x, own) : periodogram(x, own);
        expectDigest(result.frequencies, frequencies, false, label);
        expectDigest(result.power, output, true, label);
      }
    }
  });

  it('a density integrates to the variance, a spectrum shows the power of a tone', () => {
    const fs = 1000;
    const x = Float64Array.from({ length: 4096 }, (_, i) => 3 * Math.cos((2 * Math.PI * 125 * i) / fs));
    const density = welch(x, { fs, nperseg: 512 });
    const df = density.frequencies[1];
    // Parseval: exact up to the ends that windows see less of.
    expect(density.power.reduce((s, p) => s + p, 0) * df).toBeCloseTo(4.5, 3);
    const spectrum = welch(x, { fs, nperseg: 512, scaling: 'spectrum' });
    expect(Math.max(...spectrum.power)).toBeCloseTo(4.5, 9);
    const w = windowByName('hann', 512, 'periodic');
    expect(w.reduce((s, v) => s + v, 0)).toBeCloseTo(256, 9);
  });

  it('peaks of levels name tones between bins, in Hz', () => {
    const fs = 16000;
    for (const tone of [440, 1234.5, 1239.9, 3003.3]) {
      const x = Float64Array.from(
        { length: 8192 },
        (_, i) => 0.5 * Math.cos((2 * Math.PI * tone * i) / fs + 1),
      );
      const { frequencies, power } = welch(x, { fs, nperseg: 1024, scaling: 'spectrum' });
      const [peak] = spectralPeaks(
        power.map((p) => 10 * Math.log10(p)),
        frequencies,
        { prominence: 20 },
      );
      // The main lobe of a Hann window in dB against its parabola: at most 0.016 bins and 0.31 dB off (measured; 1.42 dB without), 15.6 Hz per bin.
      expect(Math.abs(peak.frequency - tone)).toBeLessThan(0.02 * frequencies[1]);
      expect(Math.abs(peak.value - 10 * Math.log10(0.125))).toBeLessThan(0.35);
    }
  });

  it('complex spectrograms are the transforms themselves', () => {
    const x = Float64Array.from({ length: 64 }, (_, i) => Math.sin(i * i * 0.01));
    const { values, imaginary } = spectrogram(x, {
      nperseg: 64,
      mode: 'complex',
      window: 'boxcar',
      detrend: 'none',
      scaling: 'spectrum',
      oneSided: false,
    });
    for (const k of [0, 1, 17, 32, 33, 63]) {
      let [re, im] = [0, 0];
      x.forEach((v, j) => {
        re += (v * Math.cos((2 * Math.PI * j * k) / 64)) / 64;
        im -= (v * Math.sin((2 * Math.PI * j * k) / 64)) / 64;
      });
      expect(values[k]).toBeCloseTo(re, 12);
      expect(imaginary?.[k]).toBeCloseTo(im, 12);
    }
  });

  it('refuses what SciPy refuses, by name', () => {
    const x = new Float64Array(100).fill(1);
    const bad = (o: object, message: RegExp): void => {
      expect(() => welch(x, o)).toThrow(message);
      expect(() => welch(x, o)).toThrow(InvalidArgumentError);
    };
    bad({ nperseg: 0 }, /nperseg is 0/);
    bad({ nperseg: 50, noverlap: 50 }, /noverlap is 50; expected 0 to nperseg - 1 = 49/);
    bad({ nperseg: 50, nfft: 49 }, /nfft is 49/);
    bad({ fs: 0 }, /fs is 0/);
    bad({ window: 'han' as WindowSpec }, /"han"; expected boxcar/);
    bad({ scaling: 'power' }, /scaling is "power"/);
    bad({ average: 'mode' }, /average is "mode"/);
    expect(() => welch([])).toThrow(/x is empty/);
    expect(() => periodogram([1, NaN, 2])).toThrow(/sample 1 is NaN/);
    expect(() => spectrogram(x, { mode: 'phase' as 'psd' })).toThrow(
      /mode is "phase"; expected psd, magnitude, complex/,
    );
  });
});

describe('one call', () => {
  it('is refused or not whatever was called before', () => {
    const x = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i));
    const refused = [
      Int8Array.of(1, 2, 3, 4),
      'tukey,0.25',
      ['tukey', '0.25'],
      ['1', '2', '3', '4'],
      [1n, 2n],
    ];
    const tried = (window: unknown) => () => welch(x, { window: window as number[] });
    for (const window of refused) expect(tried(window)).toThrow(InvalidArgumentError);
    welch(x, { window: [1, 2, 3, 4] });
    welch(x, { window: ['tukey', 0.25] });
    for (const window of refused) expect(tried(window)).toThrow(InvalidArgumentError);
  });
});
