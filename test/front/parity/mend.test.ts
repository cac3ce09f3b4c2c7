/** Numbers that were fitted to noise give way to usual ones. */
import { expect, it } from 'vitest';
import { featureHead, type HeadConfig } from '../../../src/index.ts';
import { headCode } from '../../../src/front.ts';
import { mended, withoutMap } from '../../../src/front/parity/mend.ts';
import { addGaussian } from '../../../src/numeric/random.ts';
import { clipsOf, examplesOf, powers } from './helpers.ts';

const gigaam = featureHead('gigaam');
const clips = clipsOf(1);

it('under dither: an affine map, a pre-emphasis and a floor that nobody takes', () => {
  const noisy = clips.map((clip, c) => {
    const out = clip.slice();
    addGaussian(out, 1 / 32768, 900 + c, 0);
    return out;
  });
  const examples = examplesOf(gigaam, noisy).map((e, c) => ({ ...e, samples: clips[c] }));
  const fitted: HeadConfig = {
    ...gigaam,
    signalPreEmphasis: 0.01,
    log: { kind: 'log10', floor: 3.1e-8, offset: 0, range: null, reference: 1 },
    affine: { multiply: 2.2987, add: 0.0052 },
  };
  const head = mended(fitted, examples, powers, () => false);
  expect(head).toMatchObject({
    signalPreEmphasis: 0,
    affine: null,
    log: { kind: 'ln', range: null, offset: 0 },
  });
});

it('what is exact stays as it is', () => {
  const examples = examplesOf(gigaam, clips);
  expect(headCode(mended(gigaam, examples, powers, () => false)).overrides['hop']).toBe(undefined);
  const other = featureHead('ast');
  expect(mended(other, examplesOf(other, clips), powers, () => false).affine).toEqual(other.affine);
});

it('ten times log10 of a power is dB', () => {
  const head = featureHead('whisper', { affine: { multiply: 10, add: 0 } });
  expect(withoutMap(head)).toMatchObject({ affine: null, log: { kind: 'db', range: 80 } });
  expect(withoutMap(gigaam)).toBe(gigaam);
});
