/**
 * WAV files that other people's readers refused, cut or read as noise (ffmpeg-python#118, music-metadata#707, NAudio#688, mila#151,
 * lhotse#1228, scipy#10835 and #20079, flac#301, librosa#1582). Right samples are libsndfile's (soundfile 0.14).
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeWav } from '../../src/formats/wav.ts';

const variants = JSON.parse(
  readFileSync(new URL('../formats/fixtures/wav-variants.json', import.meta.url), 'utf8'),
) as Record<string, { bytes: string; channels: number[][] }>;
const bytesOf = (key: string): Uint8Array => Uint8Array.from(Buffer.from(variants[key].bytes, 'base64'));

const kinds: Readonly<Record<string, readonly string[]>> = {
  'data of FFFFFFFF bytes': ['streaming', 'streaming-float-stereo'],
  'data beyond the end of the file': ['truncated'],
  'a part of a frame at the end': ['half-frame', 'half-sample'],
  'block align 0': ['block-align-0'],
  '12 bits in 16 and 20 in 24': ['pcm-12', 'pcm-20', 'pcm-20-in-24-extensible'],
  'RIFX and RF64': [
    'rifx-16',
    'rifx-24',
    'rifx-32',
    'rifx-float',
    'rifx-float64',
    'rifx-extensible',
    'rifx-mu-law',
    'rf64',
  ],
  'A-law, mu-law, extensible': [
    'a-law',
    'mu-law',
    'a-law-extensible',
    'mu-law-extensible',
    'float-extensible',
  ],
};

describe.each(Object.entries(kinds))('%s', (_, keys) => {
  it.each(keys)('%s: every channel as libsndfile reads it, and their mean', (key) => {
    const { channels } = variants[key];
    const file = bytesOf(key);
    for (const [c, expected] of channels.entries())
      expect([...decodeWav(file, key, { channel: c + 1 }).samples]).toEqual(expected);
    const mean = channels[0].map(
      (x, i) => channels.slice(1).reduce((sum, c) => sum + c[i], x) / channels.length,
    );
    expect([...decodeWav(file, key).samples]).toEqual(mean);
  });
});

it('every variant is of a kind', () =>
  expect(Object.values(kinds).flat().sort()).toEqual(Object.keys(variants).sort()));

it('size 0 with samples behind it are these samples', () => {
  const file = bytesOf('streaming');
  const size = new DataView(file.buffer).getUint32(40, true);
  expect(size).toBe(0xffffffff);
  new DataView(file.buffer).setUint32(40, 0, true);
  expect([...decodeWav(file, 'a.wav').samples]).toEqual(variants['streaming'].channels[0]);
});

it.each([
  ['fLaC\0\0\0\x22', 'a FLAC file'],
  ['OggS\0\x02', 'an Ogg file'],
  ['ID3\x04\0', 'an MP3 file'],
  ['\xff\xfb\x90\0', 'an MP3 file'],
  ['\xff\xf1\x50\x80', 'an AAC stream'],
  ['\0\0\0\x20ftypM4A ', 'an MP4 or M4A file'],
  ['FORM\0\0\0\x20AIFF', 'an AIFF file'],
  ['caff\0\x01', 'a CAF file'],
  ['\x1a\x45\xdf\xa3', 'a WebM or Matroska file'],
  ['version https://git-lfs', 'a pointer of Git LFS to a file'],
  ['<!doctype html>', 'an HTML or XML page'],
])('%j under the name of a WAV file is called what it is (audio.cpp#319)', (start, name) => {
  const file = Uint8Array.from(start, (c) => c.charCodeAt(0));
  expect(() => decodeWav(file, 'a.wav')).toThrow(`a.wav: this is ${name}, not WAV; it should start with`);
});
