import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { windowByName, windowNames, type WindowSpec } from '../../src/numeric/window.ts';
import { scipyCases, type ScipyWindow } from '../parity.ts';

/** Our form of a SciPy window: general_cosine takes its list, exponential no centre. */
const specOf = (w: ScipyWindow): WindowSpec =>
  (typeof w === 'string' ? w : w.flat().filter((x) => x !== null)) as WindowSpec;

describe('windows', () => {
  it('are those of scipy.signal.get_window, periodic and symmetric', () => {
    const { windows } = scipyCases();
    const names = new Set<string>();
    for (const { window, periodic, n, values } of windows) {
      names.add(typeof window === 'string' ? window : window[0]);
      const own = windowByName(specOf(window), n, periodic ? 'periodic' : 'symmetric');
      expect(own.length).toBe(n);
      // SciPy evaluates cosines of float64 angles: a few eps; its chebwin goes through an FFT of values up to 10^(at / 20).
      const tolerance = String(window).startsWith('chebwin') ? 1e-11 : 2e-15;
      own.forEach((w, j) =>
        expect(Math.abs(w - values[j]), `${String(window)} ${n} ${j}`).toBeLessThan(tolerance),
      );
    }
    expect(windowNames.filter((name) => !names.has(name))).toEqual(['povey']);
  });

  it('are symmetric, and periodic ones are the symmetric ones of one more sample', () => {
    const parameters: Partial<Record<string, number[]>> = {
      kaiser: [5],
      gaussian: [3],
      general_gaussian: [1.2, 4],
      general_hamming: [0.7],
      general_cosine: [0.5, 0.4, 0.1],
      chebwin: [50],
    };
    for (const name of windowNames)
      for (const n of [8, 9]) {
        const spec: WindowSpec = [name, ...(parameters[name] ?? [])];
        const own = windowByName(spec, n, 'symmetric');
        own.forEach((w, j) => expect(Math.abs(w - own[n - 1 - j]), name).toBeLessThan(1e-14));
        expect(windowByName(spec, n - 1, 'periodic')).toEqual(own.subarray(0, -1).slice());
      }
  });

  it('refuse unknown names, listing what exists, and wrong parameters', () => {
    const bad = (spec: unknown): void => void windowByName(spec as WindowSpec, 8, 'periodic');
    expect(() => bad('han')).toThrow(/"han"; expected boxcar, .*hann/);
    expect(() => bad(['kaiser'])).toThrow(/expected \[beta\]/);
    expect(() => bad(['hann', 1])).toThrow(/expected \[\]/);
    expect(() => bad(['kaiser', NaN])).toThrow(/expected a finite number/);
    expect(() => bad(['general_cosine'])).toThrow(/no coefficients/);
    for (const spec of [null, undefined, 3, {}, [], 'toString', ['__proto__']])
      expect(() => bad(spec)).toThrow(InvalidArgumentError);
  });
});
