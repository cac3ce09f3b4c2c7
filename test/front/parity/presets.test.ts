/** Features of a preset are recognised as such, without a search and without fitting what noise or silence leave open. */
import { describe, expect, it } from 'vitest';
import { featureHead, type HeadConfig } from '../../../src/index.ts';
import { parityExamples, probeSignal, shortProbe } from '../../../src/front.ts';
import { presetOf } from '../../../src/front/parity/presets.ts';
import { halfBits, halfValue } from '../../../src/numeric/half.ts';
import { headWidth } from '../../../src/spectral/banks.ts';
import { clipsOf, examplesOf, powers } from './helpers.ts';

const probes = [shortProbe(16000), probeSignal(16000)];
const clips = clipsOf(2);
const by = { powers, stop: () => false };
const half = (x: number): number => halfValue(halfBits(x));

describe('presets', () => {
  it.each<readonly [string, HeadConfig, readonly Float64Array[], (x: number) => number]>([
    ['whisper, its clips filled up', featureHead('whisper'), clips, Math.fround],
    [
      'whisper, symmetric, of 64 bands, whole clips, on the probe',
      featureHead('whisper', { fit: null, windowKind: 'symmetric', bank: { bands: 64 } }),
      probes,
      Math.fround,
    ],
    ['kaldi in float16', featureHead('kaldi', { bank: { bands: 80 } }), clips, half],
    ['nemo', featureHead('nemo'), clips, Math.fround],
    ['torchaudio at 8 kHz', featureHead('torchaudio', { sampleRate: 8000 }), clipsOf(2, 8000), Math.fround],
  ])('%s', (_, head, list, stored) => {
    const found = presetOf(examplesOf(head, list, stored), headWidth(head), head.sampleRate, by);
    expect(found?.head).toEqual(head);
  });

  it('none where a setting is another', () => {
    const head = featureHead('kaldi', { window: 'hamming' });
    expect(presetOf(examplesOf(head, clips), headWidth(head), 16000, by)).toBe(null);
  });

  it('frames are told by the longest of clips that are filled up', () => {
    const head = featureHead('whisper');
    const tensors = examplesOf(head, probes).map(({ values, frames }) => ({
      shape: [frames, 80],
      data: values,
    }));
    expect(parityExamples(probes, tensors, 16000)[0].framesFirst).toBe(true);
  });
});
