/** What the rooms of sound compute, for every feature that they offer. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeWav } from '../../src/files.ts';
import { heardFeatures, headOf } from '../../playground/sound/heads.ts';
import { Live } from '../../playground/sound/live.ts';
import analyse from '../../playground/tasks/analyse.ts';

const path = 'data/speech-austen-0930.wav';
const { samples: all, sampleRate: rate } = decodeWav(readFileSync(path), path);
const samples = all.slice(0, rate / 2);
const context = { progress: () => undefined, said: () => null, breathe: () => Promise.resolve() };

describe('features of a recording and of sound as it comes', () => {
  it.for([...heardFeatures])('%s', async (feature) => {
    const { exact, spectrum } = await analyse({ samples, rate, feature, front: null }, context);
    expect(Number.isFinite(exact.features.data[0])).toBe(true);
    expect(exact.features.data.length).toBe(exact.features.frames * exact.features.width);
    expect(spectrum.frames).toBeGreaterThan(5);
    const live = new Live(48000, headOf(feature), null, 5);
    const chunk = Float32Array.from({ length: 2048 }, (_, i) => 0.1 * Math.sin(i / 7));
    for (let i = 0; i < 20; i++) live.push(chunk);
    const late = live.expected - live.exact.count;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(8);
    expect(live.exact.count).toBeGreaterThan(10);
    live.dispose();
  });
});
