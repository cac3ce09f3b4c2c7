/** What clips leave open is named, with what would decide it; what they decide, or nothing could, is not. */
import { expect, it } from 'vitest';
import { featureHead } from '../../../src/index.ts';
import { undecidedStages } from '../../../src/front/parity/undecided.ts';
import { probeSignal, shortProbe } from '../../../src/front.ts';
import { clipsOf, examplesOf, powers } from './helpers.ts';

const whisper = featureHead('whisper', { fit: null });
const loud = clipsOf(2).map((clip) => clip.map((x) => 0.1 * x + 0.01 * Math.sin(x * 1e5)));

it('a floor that no clip reaches, and no other stage', () => {
  const head = featureHead('kaldi', { gain: 1, log: { floor: 1e-10 } });
  const open = undecidedStages(head, examplesOf(head, loud), powers);
  expect(open.map((u) => u.stage)).toEqual(['floor']);
  const [{ settings, text }] = open;
  expect(settings[0]).toBe('1e-10');
  expect(settings).toContain('1e-12');
  expect(settings).not.toContain('1e-5');
  expect(text).toMatch(
    /^your clips never reach the floor: 1e-10, .* give the same features .*add silence, or run the probe$/,
  );
});

it('lengths of clips that are all alike', () => {
  const head = featureHead('gigaam');
  const open = undecidedStages(head, examplesOf(head, [loud[0], loud[0].map((x) => 0.5 * x)]), powers);
  expect(open.map((u) => u.stage)).toContain('length of clips');
});

it('nothing of the probe', () => {
  const probes = [probeSignal(16000), shortProbe(16000)];
  for (const head of [whisper, featureHead('kaldi'), featureHead('nemo')])
    expect(undecidedStages(head, examplesOf(head, probes), powers).map((u) => u.text)).toEqual([]);
});
