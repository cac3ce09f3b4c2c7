/** Hostile arguments of the numeric room: each is an InvalidArgumentError that names the value, never NaN or silence. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { complexArray, relativeL2 } from '../../src/numeric/complex.ts';
import { dft, realDft, type DftOptions } from '../../src/numeric/dft.ts';
import { digitReversal } from '../../src/numeric/digits.ts';
import { melFilterbank, type MelOptions } from '../../src/numeric/mel.ts';
import { fillGaussian, fillUniform, permutation, randomUint32 } from '../../src/numeric/random.ts';
import { padCenter } from '../../src/numeric/window.ts';

function refuses(call: () => unknown, named: RegExp): void {
  expect(call).toThrow(InvalidArgumentError);
  expect(call).toThrow(named);
}

describe('random counters', () => {
  const bad = [-1, 1.5, NaN, Infinity, 2 ** 53];
  it.each(bad)('refuse %s as seed, stream and index', (value) => {
    const out = new Float64Array(4);
    refuses(() => randomUint32(value, 0, 0), /^seed is/);
    refuses(() => randomUint32(0, value, 0), /^stream is/);
    refuses(() => randomUint32(0, 0, value), /^index is/);
    for (const fill of [fillUniform, fillGaussian]) {
      refuses(() => fill(out, value, 0), /^seed is/);
      refuses(() => fill(out, 0, value), /^stream is/);
      refuses(() => fill(out, 0, 0, value), /^offset is/);
    }
    refuses(() => permutation(3, value, 0), /^seed is/);
    expect([...out]).toEqual([0, 0, 0, 0]);
  });
  it('refuse to split a Gaussian pair', () => {
    for (const offset of [1, 3]) refuses(() => fillGaussian(new Float64Array(4), 0, 0, offset), /^offset is/);
  });
  it('of a permutation refuse a length that is none', () => {
    for (const n of [-1, 2.5, NaN, Infinity]) refuses(() => permutation(n, 0, 0), /^n is/);
    expect(permutation(0, 0, 0)).toEqual(new Int32Array(0));
    expect(permutation(1, 0, 0)).toEqual(Int32Array.of(0));
  });
});

describe('DFT', () => {
  it('refuses an unknown norm, no samples and unequal parts', () => {
    const x = complexArray(4);
    refuses(() => dft(x, { norm: 'orth' } as unknown as DftOptions), /^norm is "orth"/);
    refuses(() => dft(complexArray(0)), /expected/);
    refuses(() => dft({ re: new Float64Array(2), im: new Float64Array(3) }), /^re has 2 and im 3/);
    refuses(() => realDft([]), /^x is empty/);
  });
});

describe('relative L2', () => {
  it('refuses unequal lengths and defines division by zero', () => {
    const of = (...re: number[]): { re: number[]; im: number[] } => ({ re, im: re.map(() => 0) });
    refuses(() => relativeL2(of(1), of(1, 2)), /^lengths are 1, 1, 2, 2/);
    refuses(() => relativeL2(of(1, 2, 3), of(1, 2)), /^lengths are 3, 3, 2, 2/);
    expect(relativeL2(of(0, 0), of(0, 0))).toBe(0);
    expect(relativeL2(of(1, 0), of(0, 0))).toBe(Infinity);
    expect(relativeL2(of(NaN), of(1))).toBeNaN();
    expect(relativeL2(of(3, 4.5), of(3, 4))).toBeCloseTo(0.1, 15);
  });
});

describe('mel filterbank', () => {
  const options: MelOptions = { sampleRate: 16000, nFft: 512, mels: 40, scale: 'slaney', norm: 'slaney' };
  it.each([
    ['mels', 0],
    ['mels', 1.5],
    ['nFft', 0],
    ['nFft', NaN],
    ['sampleRate', 0],
    ['sampleRate', Infinity],
    ['scale', 'bark'],
    ['norm', 'area'],
    ['fMin', -1],
    ['fMin', 8000],
    ['fMin', NaN],
  ])('refuses %s = %s by name', (name, value) => {
    refuses(() => melFilterbank({ ...options, [name]: value } as MelOptions), new RegExp(`^${name} `));
  });
});

describe('tables', () => {
  it('refuse lengths and radices that are none', () => {
    for (const n of [2, 6.5, NaN]) refuses(() => padCenter(Float64Array.of(1, 2, 3), n), /^n is/);
    for (const r of [0, -2, 1.5, NaN]) refuses(() => digitReversal([2, r]), /^radix/);
  });
});
