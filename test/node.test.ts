/** Feature heads as Node streams: bytes cut anywhere, frames one by one, errors as errors of the stream. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { features } from '../src/index.ts';
import { featureTransform, type FeatureTransformOptions } from '../src/node.ts';
import { gaussian } from './helpers.ts';

const signal = Float32Array.from(gaussian(8000, 9), (x) => 0.1 * x);
const want = features('papilio').run(signal);

/** Frames of chunks that are piped through. */
async function framesOf(
  chunks: Iterable<unknown>,
  options: FeatureTransformOptions = {},
): Promise<Float32Array[]> {
  const frames: Float32Array[] = [];
  await pipeline(Readable.from(chunks), featureTransform('papilio', options), async (source) => {
    for await (const frame of source as AsyncIterable<Float32Array>) frames.push(frame);
  });
  return frames;
}

const flat = (frames: readonly Float32Array[]): number[] => frames.flatMap((f) => [...f]);

function* cut<T extends Float32Array | Uint8Array>(data: T, ...sizes: number[]): Generator<T> {
  for (let at = 0, i = 0; at < data.length; i++) {
    const end = at + sizes[i % sizes.length];
    yield data.subarray(at, end) as T;
    at = end;
  }
}

describe('featureTransform', () => {
  it('gives one array per frame, with the bits of the whole signal', async () => {
    const frames = await framesOf(cut(signal, 100, 1, 999));
    expect(frames).toHaveLength(want.frames);
    expect(frames[0]).toHaveLength(40);
    expect(flat(frames)).toEqual([...want.data]);
  });

  it('reads bytes that are cut within samples', async () => {
    const bytes = new Uint8Array(signal.buffer);
    expect(flat(await framesOf(cut(bytes, 1, 333, 4096)))).toEqual([...want.data]);
    const whole = Int16Array.from(signal, (x) => Math.round(32768 * x));
    const s16 = await framesOf(cut(new Uint8Array(whole.buffer), 777, 2), { format: 's16le' });
    expect(flat(s16)).toEqual([...features('papilio').run(Array.from(whole, (x) => x / 32768)).data]);
  });

  it('fails as a stream fails, naming what is wrong', async () => {
    const bad = signal.slice();
    bad[700] = NaN;
    await expect(framesOf([bad])).rejects.toThrow(/sample 700 is NaN/);
    await expect(framesOf([new Uint8Array(4001)])).rejects.toThrow(/1 bytes into a sample/);
    await expect(framesOf(['text'])).rejects.toThrow(/samples is "text"; expected a Float32Array/);
    await expect(framesOf([])).rejects.toThrow(/0 samples hold no frame/);
    expect(() => featureTransform('papilio', { format: 'mp3' as 'f32le' })).toThrow(/format is "mp3"/);
  });
});
