/** Bytes of other writers: scipy.io.wavfile and the Python safetensors package, see scripts/data/format_fixtures.py. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { decodeWav, encodeWav } from '../../src/formats/wav.ts';

const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const RAMP = Array.from({ length: 24 }, (_, n) => (n - 12) / 16);

describe('files of scipy.io.wavfile', () => {
  it.each([
    ['scipy-u8.wav', 8000, 8, 'pcm'],
    ['scipy-i16.wav', 16000, 16, 'pcm'],
    ['scipy-i32.wav', 44100, 32, 'pcm'],
    ['scipy-f32.wav', 48000, 32, 'float'],
    ['scipy-f64.wav', 22050, 64, 'float'],
  ])('%s', (name, sampleRate, bitsPerSample, encoding) => {
    const wav = decodeWav(fixture(name), name);
    expect([...wav.samples]).toEqual(RAMP);
    expect(wav).toMatchObject({ sampleRate, bitsPerSample, encoding, channels: 1 });
  });

  it('scipy-i16-stereo.wav', () => {
    const wav = decodeWav(fixture('scipy-i16-stereo.wav'), 'scipy-i16-stereo.wav');
    expect([...wav.samples]).toEqual(RAMP.map((x) => 0.75 * x));
    expect(wav.channels).toBe(2);
  });

  it.each([
    ['scipy-i16.wav', 16000, 'pcm16'],
    ['scipy-f32.wav', 48000, 'float32'],
  ] as const)('encodeWav writes the bytes of %s', (name, sampleRate, format) => {
    expect(encodeWav(Float64Array.from(RAMP), sampleRate, { format })).toEqual(new Uint8Array(fixture(name)));
  });
});

describe('a file of the Python safetensors package', () => {
  it('python.safetensors', () => {
    const { tensors, metadata } = decodeSafetensors(fixture('python.safetensors'), 'python.safetensors');
    const twiddles = Float32Array.from({ length: 24 }, (_, n) => n / 8 - 1);
    expect(Object.fromEntries(tensors)).toEqual({
      twiddles: { dtype: 'F32', shape: [3, 4, 2], data: twiddles },
      gain: { dtype: 'F64', shape: [4], data: Float64Array.of(1 / 3, -2.5, 1e-300, Infinity) },
      order: { dtype: 'I32', shape: [2, 2], data: Int32Array.of(0, 2, -1, 2147483647) },
      mask: { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 1, 255) },
      scalar: { dtype: 'F32', shape: [], data: Float32Array.of(0.5) },
      empty: { dtype: 'F32', shape: [0, 5], data: new Float32Array(0) },
    });
    expect({ ...metadata }).toEqual({ format: 'np', note: 'h\u00e9 \u2603 "quoted"' });
  });
});
