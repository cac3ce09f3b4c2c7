/** A head as a call over the nearest preset. */
import { expect, it } from 'vitest';
import { featureHead, presetNames, type HeadConfig } from '../../../src/index.ts';
import { headCode } from '../../../src/front.ts';

it('is the preset itself where nothing differs', () => {
  for (const preset of presetNames)
    expect(headCode(featureHead(preset)).text).toBe(`featureHead('${preset}')`);
});

it('names what differs, and makes the head again', () => {
  const head = featureHead('whisper', { windowKind: 'symmetric', bank: { scale: 'htk', norm: 'none' } });
  const { preset, overrides, text } = headCode(head);
  expect(preset).toBe('whisper');
  expect(text).toBe(
    "featureHead('whisper', {\n  windowKind: 'symmetric',\n  bank: { scale: 'htk', norm: 'none' },\n})",
  );
  expect(featureHead(preset, overrides)).toMatchObject(head as unknown as Record<string, unknown>);
});

it('takes away what only the preset has', () => {
  const { normalize: _, signalPreEmphasis: __, ...head } = featureHead('nemo');
  const code = headCode(head, 'nemo');
  expect(code.overrides).toEqual({ normalize: null, signalPreEmphasis: 0 });
  const found: HeadConfig = { ...featureHead('librosa'), bank: null, log: null, sampleRate: 16000 };
  const made = headCode(found);
  expect(featureHead(made.preset, made.overrides)).toMatchObject({
    bank: null,
    log: null,
    sampleRate: 16000,
  });
});
