/** Exact transforms as C use as much of the caller's arrays as their headers say, whatever the size. */
import { describe, expect, it } from 'vitest';
import { fftC } from '../../src/plans/c-module.ts';
import { InvalidArgumentError } from '../../src/errors.ts';

const ends = (header: string): number[] =>
  [...header.matchAll(/^ \* (?:in|out)\[(\d+)\]:/gm)].map(([, count]) => Number(count));

describe('fftC', () => {
  it.each([1, 2, 3, 8, 16, 37, 64, 101, 400, 512, 1000])(
    'n = %i: arrays are as long as the transform',
    (n) => {
      const bins = 2 * (Math.floor(n / 2) + 1);
      for (const overwrite of [false, true]) {
        const files = (own: Parameters<typeof fftC>[0]): string =>
          fftC(own, { name: 'own', overwrite }).files['own.h'];
        expect(ends(files({ n }))).toEqual([2 * n, 2 * n]);
        expect(ends(files({ n, input: 'real' }))).toEqual([n, bins]);
        expect(ends(files({ n, input: 'real', inverse: true }))).toEqual([bins, n]);
      }
    },
  );
  it('512 real samples need no scratch where the input may be overwritten', () => {
    expect(fftC({ n: 512, input: 'real' }, { name: 'own', overwrite: true }).functions[0].scratch).toBe(0);
  });
  it('refuses what is no transform, and names that are none', () => {
    expect(() => fftC({ n: 0 }, { name: 'own' })).toThrow(InvalidArgumentError);
    expect(() => fftC({ n: 8 }, { name: 'int' })).toThrow(/name is "int"/);
  });
});
