/** Noise is named by what made it, with its size; a setting that is wrong is none. */
import { describe, expect, it } from 'vitest';
import { featureHead, type HeadConfig } from '../../../src/index.ts';
import { noiseOf } from '../../../src/front/parity/noise.ts';
import { addGaussian } from '../../../src/numeric/random.ts';
import { clipsOf, examplesOf, powers } from './helpers.ts';

const kaldi = featureHead('kaldi');
const clips = clipsOf(2);

/** Rounded to so many bits behind the first. */
const toBits =
  (bits: number) =>
  (x: number): number => {
    const step = 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits);
    return x === 0 ? 0 : Math.round(x / step) * step;
  };

describe('storage', () => {
  it.each([
    ['float16', toBits(10), 2 ** -6],
    ['bfloat16', toBits(7), 2 ** -3],
    ['decimals', (x: number) => Number(x.toFixed(3)), 1e-3],
    ['int8', (x: number) => Math.fround(Math.round(x / 0.13) * 0.13), 0.13],
  ] as const)('%s', (kind, stored, size) => {
    const noise = noiseOf(kaldi, examplesOf(kaldi, clips, stored), powers);
    expect(noise?.kind).toBe(kind);
    expect(noise?.size).toBeCloseTo(size, 4);
    expect(noise?.text).toMatch(/half a step/);
  });

  it('is none where the head is another one', () => {
    const other: HeadConfig = { ...kaldi, windowKind: 'periodic', window: 'hann' };
    expect(noiseOf(other, examplesOf(kaldi, clips, toBits(10)), powers)).toBe(null);
  });
});

it('dither is told from a floor, and how large it is', () => {
  const noisy = clips.map((clip, c) => {
    const out = clip.slice();
    addGaussian(out, 1 / 32768, 900 + c, 0);
    return out;
  });
  const dithered = examplesOf(kaldi, noisy).map((e, c) => ({ ...e, samples: clips[c] }));
  const noise = noiseOf(kaldi, dithered, powers);
  expect(noise?.kind).toBe('dither');
  expect(32768 * (noise?.size ?? 0)).toBeCloseTo(1, 0.8);
  const floored = examplesOf(kaldi, clips, (x) => Math.max(x, 8));
  expect(noiseOf(kaldi, floored, powers)).toBe(null);
});

it('arithmetic in float32 is as large as our own', () => {
  const head = featureHead('kaldi', { log: { floor: 1e-30 } });
  const examples = examplesOf(head, clips);
  expect(noiseOf(head, examples, powers)?.kind).toBe('float32');
});
