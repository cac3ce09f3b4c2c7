/** Recordings of every format and rate become mono samples of the rate a head wants. */
import { featureHead } from '../../src/spectral/presets.ts';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAudio, readRecording } from '../../src/cli/audio.ts';
import { findRecordings } from '../../src/cli/recordings.ts';
import { encodeWav } from '../../src/formats/wav.ts';
import { encodeFrontEnd } from '../../src/checkpoints/checkpoint.ts';
import { exactFrontEnd } from '../../src/front/front-end.ts';
import { runLine } from '../hostile/helpers.ts';
import { temporary } from './helpers.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/audio', name);

/** Amplitude of a frequency, by the Goertzel sum over whole periods in the middle of a signal. */
function amplitude(samples: Float64Array, frequency: number, rate: number): number {
  const count = Math.floor(samples.length / 2 / 16) * 16;
  const from = Math.floor((samples.length - count) / 2);
  let [re, im] = [0, 0];
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * frequency * i) / rate;
    re += (2 / count) * samples[from + i] * Math.cos(angle);
    im += (2 / count) * samples[from + i] * Math.sin(angle);
  }
  return Math.hypot(re, im);
}

describe('recordings', () => {
  // Lossy formats keep a tone to a few per cent; FLAC keeps the 16 bits.
  it.each([
    ['flac', 44100, 1e-4],
    ['ogg', 44100, 0.02],
    ['opus', 48000, 0.02],
    ['mp3', 24000, 0.02],
  ] as const)('%s is decoded, mixed and resampled', async (format, rate, tolerance) => {
    const path = fixture(`tone.${format}`);
    const whole = await decodeAudio(readFileSync(path), path);
    expect(whole.sampleRate).toBe(rate);
    // (0.5 + 0.25) / 2 on both sides.
    expect(Math.abs(amplitude(whole.samples, 1000, rate) - 0.375)).toBeLessThan(tolerance);
    const { samples, sourceRate } = await readRecording(path, 16000);
    expect(sourceRate).toBe(rate);
    expect(Math.abs(samples.length - 8000)).toBeLessThan(100);
    expect(Math.abs(amplitude(samples, 1000, 16000) - 0.375)).toBeLessThan(tolerance);
    // Decoded encoder delay aside, nothing else is there.
    const power = samples.subarray(2000, 6000).reduce((sum, x) => sum + x * x, 0) / 4000;
    expect(power).toBeLessThan(0.375 ** 2 / 2 + tolerance);
  });

  it('a WAV file of another rate is the same tone', async () => {
    const path = join(temporary(), 'tone.wav');
    const tone = Float64Array.from(
      { length: 44100 },
      (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / 44100),
    );
    writeFileSync(path, encodeWav(tone, 44100, { format: 'float32' }));
    const { samples } = await readRecording(path, 16000);
    expect(samples).toHaveLength(16000);
    expect(Math.abs(amplitude(samples, 440, 16000) - 0.3)).toBeLessThan(1e-4);
  });

  it('are refused by their length at the wanted rate, before any of it is computed', async () => {
    const path = join(temporary(), 'slow.wav');
    writeFileSync(path, encodeWav(new Float32Array(30_000).fill(0.1), 100, { format: 'pcm16' }));
    await expect(readRecording(path, 1_000_000)).rejects.toThrow(
      `${path}: 300000000 samples would come out of one call; expected at most 268435456`,
    );
  });

  it('folders are searched for all of them', () => {
    const folder = temporary();
    for (const name of ['tone.flac', 'tone.ogg']) copyFileSync(fixture(name), join(folder, name));
    mkdirSync(join(folder, 'deeper'));
    writeFileSync(join(folder, 'notes.txt'), '');
    expect(findRecordings([folder]).map((f) => f.path)).toEqual([
      join(folder, 'tone.flac'),
      join(folder, 'tone.ogg'),
    ]);
  });

  it('papilio eval reads them', async () => {
    const path = join(temporary(), 'model.safetensors');
    const head = featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 8 } });
    writeFileSync(path, encodeFrontEnd(exactFrontEnd(head)));
    const run = await runLine(['eval', path, fixture('tone.flac'), '--json', '-']);
    expect(run.code, run.stderr).toBe(0);
    const { recordings } = JSON.parse(run.stdout) as { recordings: { file: string; frames: number }[] };
    expect(recordings).toMatchObject([{ file: 'tone.flac', frames: 249 }]);
  });
});
