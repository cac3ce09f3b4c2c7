import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import {
  findPeaks,
  interpolatedPeak,
  spectralPeaks,
  topBins,
  type Peak,
  type PeakOptions,
} from '../../src/numeric/peaks.ts';
import { parityTensors, scipyCases } from '../parity.ts';

/** SciPy's names of options and of properties. */
const optionNames: Record<string, keyof PeakOptions> = {
  plateau_size: 'plateauSize',
  rel_height: 'relHeight',
  wlen: 'windowLength',
};
const propertyNames: Record<string, keyof Peak> = {
  peak_heights: 'height',
  prominences: 'prominence',
  left_bases: 'leftBase',
  right_bases: 'rightBase',
  widths: 'width',
  left_ips: 'leftCrossing',
  right_ips: 'rightCrossing',
  plateau_sizes: 'plateauSize',
};

describe('findPeaks', () => {
  it('finds the peaks of scipy.signal.find_peaks and their properties', () => {
    const signals = parityTensors();
    let compared = 0;
    for (const { signal, samples, options, peaks, properties } of scipyCases().peaks) {
      // A grid of 1/256 makes plateaus and ties; NumPy rounds half to even.
      const x = Float64Array.from(signals.get(`signal/${signal}`)?.data ?? [])
        .subarray(0, samples)
        .map((v) => {
          const scaled = v * 256;
          const rounded = Math.round(scaled);
          return (rounded - scaled === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded) / 256;
        });
      const own = findPeaks(
        x,
        Object.fromEntries(Object.entries(options).map(([k, v]) => [optionNames[k] ?? k, v])) as PeakOptions,
      );
      const label = `${signal} ${JSON.stringify(options)}`;
      expect(
        own.map((p) => p.index),
        label,
      ).toEqual(peaks);
      for (const [name, values] of Object.entries(properties)) {
        const key = propertyNames[name];
        if (!key) continue;
        // Levels and crossings are a few operations on numbers of 8 bits.
        own.forEach((p, i) =>
          expect(Math.abs(p[key] - values[i]), `${label} ${name}`).toBeLessThan(
            1e-12 * Math.max(1, Math.abs(values[i])),
          ),
        );
        compared += values.length;
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it('interpolates a parabola exactly', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.49, max: 0.49, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (offset, bend) => {
          const x = Float64Array.from({ length: 9 }, (_, i) => 3 - bend * (i - 4 - offset) ** 2);
          const { position, value } = interpolatedPeak(x, 4);
          expect(Math.abs(position - 4 - offset)).toBeLessThan(1e-11);
          expect(Math.abs(value - 3)).toBeLessThan(1e-11);
        },
      ),
    );
    expect(interpolatedPeak([1, 2, 3], 2)).toEqual({ position: 2, value: 3 });
    expect(interpolatedPeak([1, 1, 1], 1)).toEqual({ position: 1, value: 1 });
  });

  it('gives frequencies in Hz, largest first', () => {
    const values = [0, 1, 0, 0, 5, 4, 0];
    const found = spectralPeaks(
      values,
      values.map((_, i) => 100 * i),
    );
    expect(found.map((p) => p.index)).toEqual([4, 1]);
    expect(found[1].frequency).toBe(100);
    expect(found[0].frequency).toBeCloseTo(400 + (100 * (0.5 * (0 - 4))) / (0 - 10 + 4), 9);
  });

  it('takes the largest bins', () => {
    expect(topBins([3, 9, 9, 1], 3)).toEqual([
      { bin: 1, value: 9 },
      { bin: 2, value: 9 },
      { bin: 0, value: 3 },
    ]);
    expect(() => topBins([1], 2)).toThrow(/k is 2; expected 0 to the count of values, 1/);
  });

  it('refuses nonsense, and is quiet about curves without peaks', () => {
    for (const x of [[], [1], [1, 2], [1, 2, 3], [2, 2, 2]]) expect(findPeaks(x)).toEqual([]);
    const bad: [ArrayLike<number>, object, RegExp][] = [
      [[1, NaN], {}, /sample 1 is NaN/],
      [[1], { distance: 0 }, /distance is 0/],
      [[1], { height: 'a' }, /height is "a"/],
      [[1], { prominence: [1, NaN] }, /prominence is/],
      [[1], { windowLength: 1 }, /windowLength is 1/],
    ];
    for (const [x, o, message] of bad) {
      expect(() => findPeaks(x, o)).toThrow(message);
      expect(() => findPeaks(x, o)).toThrow(InvalidArgumentError);
    }
  });

  it('any curve: peaks are maxima, prominences positive, crossings on both sides', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 40 }), (x) => {
        for (const p of findPeaks(x)) {
          expect(x[p.index]).toBeGreaterThanOrEqual(Math.max(x[p.index - 1], x[p.index + 1]));
          expect(p.prominence).toBeGreaterThan(0);
          expect(p.leftCrossing).toBeLessThanOrEqual(p.index);
          expect(p.rightCrossing).toBeGreaterThanOrEqual(p.index);
        }
      }),
    );
  });
});
