/** Live use as others met it: clips longer than a preset takes, streams that never end, blocks without channels. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { features, stream } from '../../src/index.ts';

const tone = (n: number): Float32Array => {
  const x = new Float32Array(n);
  for (let i = 0; i < n; i++) x[i] = 0.3 * Math.sin(0.1 * i);
  return x;
};

describe('a preset of 30 seconds', () => {
  it('says what it left out of 45 (transformers.js#1050)', () => {
    const whisper = features('whisper');
    expect(whisper.run(tone(720_000))).toMatchObject({ frames: 3000, cut: 240_000 });
    expect(whisper.run(tone(480_000)).cut).toBe(0);
    expect(features('papilio').run(tone(720_000)).cut).toBe(0);
  });

  it.each([undefined, 1.5])('streamed with reference %s is full after 30, and holds no more', (reference) => {
    const live = stream('whisper', reference === undefined ? {} : { reference });
    const chunk = tone(160_000);
    const buffers = (): number => process.memoryUsage().arrayBuffers;
    live.push(chunk);
    live.push(chunk);
    expect(live.full).toBe(false);
    live.push(chunk);
    expect(live.full).toBe(true);
    const before = buffers();
    for (let i = 0; i < 60; i++) expect(live.push(chunk)).toBe(0);
    // 60 chunks would be 77 MB of float64.
    expect(buffers() - before).toBeLessThan(8e6);
    live.flush();
    live.reset();
    expect(live.full).toBe(false);
  });

  it('streamed is what it is at once', () => {
    const live = stream('whisper');
    const signal = tone(500_000);
    for (let i = 0; i < signal.length; i += 100_000) live.push(signal.subarray(i, i + 100_000));
    expect(live.flush()).toBe(3000);
    expect(live.frames).toEqual(features('whisper').run(signal).data);
  });
});

describe('the worklet', () => {
  interface Processor {
    readonly port: { sent: { kind: string; count?: number }[] };
    process(inputs: readonly (readonly Float32Array[])[]): boolean;
  }
  let Made: new (options: object) => Processor;
  beforeAll(async () => {
    vi.stubGlobal('sampleRate', 16000);
    vi.stubGlobal('registerProcessor', (_: string, made: typeof Made) => (Made = made));
    vi.stubGlobal(
      'AudioWorkletProcessor',
      class {
        port = {
          sent: [] as { kind: string }[],
          addEventListener: (): void => undefined,
          start: (): void => undefined,
          postMessage: function (this: { sent: unknown[] }, message: unknown) {
            this.sent.push(message);
          },
        };
      },
    );
    await import('../../src/worklet.ts');
    vi.unstubAllGlobals();
  });

  const frames = (p: Processor): number => p.port.sent.reduce((sum, m) => sum + (m.count ?? 0), 0);
  const made = (options: object): Processor => {
    vi.stubGlobal('sampleRate', 16000);
    const processor = new Made({ processorOptions: options });
    vi.unstubAllGlobals();
    return processor;
  };

  it('takes blocks without channels as silence that lasts (web-audio-api#1935)', () => {
    const processor = made({ head: 'papilio' });
    const block = [[tone(128)]];
    // 250 blocks are 32,000 samples: 197 frames of 512 every 160.
    for (let i = 0; i < 250; i++) expect(processor.process(i % 5 === 2 ? [[]] : block)).toBe(true);
    expect(frames(processor)).toBe(197);
    const unconnected = made({ head: 'papilio' });
    for (let i = 0; i < 250; i++) unconnected.process([]);
    expect(frames(unconnected)).toBe(197);
  });

  it('says when a clip is full', () => {
    const processor = made({ head: 'whisper', reference: 1.5 });
    for (let i = 0; i < 3752; i++) processor.process([[tone(128)]]);
    expect(processor.port.sent.filter((m) => m.kind === 'full')).toHaveLength(1);
  });
});
