/** The calls of Meyda against their definitions in numpy, scipy and librosa (scripts/fixtures/meyda.py), and what is typed. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import Meyda, { type MeydaAudioFeature, type MeydaFeaturesObject } from '../../src/compat/meyda.ts';
import { PapilioError } from '../../src/index.ts';

type Value = number | readonly number[] | Readonly<Record<string, number | readonly number[]>>;
const { cases } = JSON.parse(
  readFileSync(new URL('../fixtures/numeric/meyda.json', import.meta.url), 'utf8'),
) as {
  readonly cases: readonly {
    readonly settings: Readonly<Record<string, number | string>>;
    readonly features: Readonly<Record<string, Value>>;
  }[];
};

/** (i (i + seed) mod 251 - 125) / 128. */
const samples = (n: number, seed: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => (((i * (i + seed)) % 251) - 125) / 128);

/** Within 1e-6 of the largest number of a list: results are float32. */
function expectClose(own: unknown, expected: Value, label: string): void {
  if (typeof expected === 'number') {
    expect(Math.abs((own as number) - expected), label).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
  } else if (Array.isArray(expected)) {
    const list = Array.from(own as ArrayLike<number>);
    expect(list.length, label).toBe(expected.length);
    const size = Math.max(...expected.map(Math.abs));
    list.forEach((v, i) => expect(Math.abs(v - expected[i]), `${label} ${i}`).toBeLessThan(1e-6 * size));
  } else
    for (const [key, value] of Object.entries(expected))
      expectClose((own as Record<string, unknown>)[key], value, `${label}.${key}`);
}

const initial = { ...Meyda };
afterEach(() => {
  Object.assign(Meyda, initial);
});

describe('papilio/compat/meyda', () => {
  it.each(cases)('every feature is what it is defined as, $settings', ({ settings, features }) => {
    Object.assign(Meyda, settings);
    const names = Meyda.listAvailableFeatureExtractors();
    expect(names.filter((name) => name !== 'buffer').sort()).toEqual(Object.keys(features).sort());
    const own = Meyda.extract(names, samples(Meyda.bufferSize, 3), samples(Meyda.bufferSize, 10));
    for (const [name, expected] of Object.entries(features))
      expectClose(own[name as MeydaAudioFeature], expected, name);
  });

  it('follows settings that change between calls, and gives one feature by itself', () => {
    const x = samples(512, 3);
    const low = Meyda.extract('spectralRolloff', x);
    Meyda.sampleRate = 22050;
    expect(Meyda.extract('spectralRolloff', x)).toBeCloseTo(low / 2, 6);
    const narrow = Meyda.extract('mfcc', x);
    Meyda.sampleRate = 44100;
    expect(Meyda.extract('mfcc', x)).not.toEqual(narrow);
    expect(Meyda.extract('buffer', x)).toBe(x);
    expect(Meyda.extract(['rms', 'zcr'], x)).toEqual({
      rms: Meyda.extract('rms', x),
      zcr: Meyda.extract('zcr', x),
    });
  });

  it('has windows by its names', () => {
    const ones = new Float32Array(9).fill(1);
    expect(Meyda.windowing(ones)[4]).toBeCloseTo(1, 12);
    expect(Meyda.windowing(ones, 'hamming')[0]).toBeCloseTo(0.08, 12);
    expect(Meyda.windowing(ones, 'sine')[2]).toBeCloseTo(Math.SQRT1_2, 12);
    expect(Meyda.windowing(ones, 'rect')).toEqual(Float64Array.from(ones));
  });

  it('silence is 0, never NaN', () => {
    const silence = new Float32Array(512);
    const own = Meyda.extract(Meyda.listAvailableFeatureExtractors(), silence, silence);
    const flat = (value: unknown): number[] =>
      typeof value === 'number'
        ? [value]
        : Object.values(value as object).flatMap((v) => (typeof v === 'number' ? [v] : flat(v)));
    expect(
      Object.values(own)
        .flatMap(flat)
        .every((v) => v === 0),
    ).toBe(true);
  });

  it('is typed', () => {
    const x = samples(512, 3);
    expectTypeOf(Meyda.extract('rms', x)).toEqualTypeOf<number>();
    expectTypeOf(Meyda.extract(['mfcc', 'rms'], x)).toEqualTypeOf<
      Pick<MeydaFeaturesObject, 'mfcc' | 'rms'>
    >();
  });

  const x = samples(512, 3);
  it.each<readonly [string, () => unknown, RegExp]>([
    ['a feature that is none', () => Meyda.extract('rsm' as never, x), /feature is "rsm".*did you mean rms/],
    ['no feature', () => Meyda.extract(undefined as never, x), /feature is undefined/],
    ['another length', () => Meyda.extract('rms', x.subarray(1)), /511 samples; expected bufferSize = 512/],
    ['integers', () => Meyda.extract('rms', new Int16Array(512)), /signal is an Int16Array/],
    ['NaN', () => Meyda.extract('rms', x.with(7, NaN)), /signal\[7\] is NaN/],
    ['flux of one buffer', () => Meyda.extract('spectralFlux', x), /previousSignal is undefined/],
    ['a previous signal of another length', () => Meyda.extract('rms', x, [1]), /previousSignal has 1/],
    ['an analyzer', () => Meyda.createMeydaAnalyzer({}), /papilio\/worklet/],
    ['a window', () => Meyda.windowing(x, 'hann' as never), /windowname is "hann"/],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(PapilioError);
    expect(call).toThrow(message);
  });

  it.each([
    ['bufferSize', NaN],
    ['sampleRate', 0],
    ['melBands', 2.5],
    ['chromaBands', 0],
    ['numberOfMFCCCoefficients', '13'],
    ['numberOfBarkBands', Infinity],
    ['windowingFunction', 'hann'],
  ])('refuses %s = %s', (name, value) => {
    Object.assign(Meyda, { [name]: value });
    expect(() => Meyda.extract('rms', x)).toThrow(`${name} is`);
  });
});
