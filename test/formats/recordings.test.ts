/** The recordings of data/: what every command that trains on them may assume. */

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeWav } from '../../src/formats/wav.ts';

const folder = new URL('../../data/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.wav'));
const provenance = readFileSync(new URL('PROVENANCE.md', folder), 'utf8');
const sums = readFileSync(new URL('SHA256SUMS', folder), 'utf8');

describe('data', () => {
  it('holds at least 8 recordings of speech, music and other sound, at most 4 MB', () => {
    expect(names.length).toBeGreaterThanOrEqual(8);
    for (const kind of ['speech-', 'music-', 'sound-'])
      expect(names.some((name) => name.startsWith(kind))).toBe(true);
    const bytes = names.reduce((sum, name) => sum + readFileSync(new URL(name, folder)).length, 0);
    expect(bytes).toBeLessThanOrEqual(4e6);
    expect(sums.trim().split('\n').length).toBe(names.length);
  });

  it.each(names)(
    '%s: 16 kHz, mono, 16 bits, 3 to 20 s, not silent, not clipped, as recorded in PROVENANCE.md',
    (name) => {
      const bytes = readFileSync(new URL(name, folder));
      const wav = decodeWav(bytes, name);
      expect(wav).toMatchObject({ sampleRate: 16000, channels: 1, bitsPerSample: 16, encoding: 'pcm' });
      const seconds = wav.samples.length / wav.sampleRate;
      expect(seconds).toBeGreaterThanOrEqual(3);
      expect(seconds).toBeLessThanOrEqual(20);
      const peak = wav.samples.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      expect(peak).toBeGreaterThan(0.05);
      expect(peak).toBeLessThan(32767 / 32768);
      expect(name).toMatch(/^(speech|music|sound)(-[a-z0-9]+)+\.wav$/);
      expect(provenance).toContain(`\`${name}\``);
      expect(sums).toContain(`${createHash('sha256').update(bytes).digest('hex')}  ${name}`);
    },
  );
});
