/** Streams give the bits of the whole signal, however it is cut, without garbage. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import { relativeL2 } from '../../src/numeric/complex.ts';
import { realDft } from '../../src/numeric/dft.ts';
import { features, type FeatureExtractor, type Features } from '../../src/plans/features.ts';
import type { FeatureStream } from '../../src/plans/feature-stream.ts';
import { stream, type StreamOptions } from '../../src/plans/streams.ts';
import { headWindow, type HeadConfig } from '../../src/spectral/head.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { gaussian } from '../helpers.ts';

const noise = gaussian(20_000, 3).map((x) => 0.1 * x);
const small = { nFft: 64, windowLength: 48, hop: 20 } as const;
const bank = { bands: 8, fMax: 8000 } as const;

/** Heads of every kind that works frame by frame. */
const heads: Readonly<Record<string, HeadConfig>> = {
  inside: featureHead('papilio', { ...small, bank }),
  'centered, reflected': featureHead('torchaudio', { ...small, bank }),
  'centered, zeros': featureHead('papilio', { ...small, bank, framing: 'centered' }),
  'centered, last frame left out': featureHead('whisper', {
    ...small,
    bank,
    log: { range: null },
    fit: null,
  }),
  'a fitted clip': featureHead('whisper', { ...small, bank, log: { range: null }, fit: 3000 }),
  kaldi: featureHead('kaldi', { ...small, bank }),
  midpoints: featureHead('kaldi', { ...small, bank, framing: 'midpoints' }),
  'padded end': featureHead('tensorflow', { ...small, bank: { bands: 8 }, framing: 'padded-end' }),
  'padding on one side': featureHead('papilio', {
    ...small,
    bank,
    framing: { before: 0, after: 60 },
    padding: 'reflect',
  }),
  'padding of its own': featureHead('papilio', {
    ...small,
    bank,
    framing: { before: 300, after: 170 },
    padding: 'symmetric',
    signalPreEmphasis: 0.97,
  }),
  'a last frame over what is left': featureHead('papilio', { ...small, bank, framing: 'padded-last' }),
  pcen: featureHead('librosa', {
    ...small,
    bank,
    log: null,
    pcen: { initial: 'first' },
    cepstrum: { count: 5 },
  }),
  'deltas of librosa': featureHead('papilio', {
    ...small,
    bank,
    deltas: { kind: 'librosa', order: 2, width: 9 },
  }),
  'deltas of torchaudio': featureHead('torchaudio', {
    ...small,
    bank,
    log: {},
    deltas: { kind: 'torchaudio', order: 2, width: 5 },
    affine: { multiply: 2, add: 1 },
  }),
  'deltas of Kaldi': featureHead('kaldi', {
    ...small,
    bank,
    cepstrum: { count: 5 },
    deltas: { kind: 'kaldi', order: 2, width: 3 },
  }),
  'levels by the largest of the frame': featureHead('librosa', { ...small, bank, log: { over: 'frame' } }),
  cepstra: featureHead('papilio', { ...small, bank, cepstrum: { count: 5 } }),
  complex: featureHead('papilio', { ...small, bank: null, log: null, spectrum: 'complex' }),
  descriptors: featureHead('papilio', {
    ...small,
    spectrum: 'magnitude',
    log: null,
    bank: {
      kind: 'descriptors',
      names: ['centroid', 'flux', 'flatness'],
      rolloff: 0.85,
    } as unknown as HeadConfig['bank'],
  }),
  'a hop beyond the frame': featureHead('papilio', { ...small, bank, hop: 100 }),
  'a hop beyond all that is kept': featureHead('kaldi', { ...small, bank, hop: 1000 }),
  'a long frame': featureHead('papilio', {
    nFft: 8192,
    windowLength: 6000,
    hop: 1500,
    bank: null,
    log: null,
  }),
};

interface Run {
  readonly data: number[];
  readonly imaginary: number[];
  readonly counts: number[];
}

const made = new Map<string, { stream: FeatureStream; extractor: FeatureExtractor }>();
/** Stream and extractor of a head, compiled once. */
function both(
  head: HeadConfig,
  options: StreamOptions,
): { stream: FeatureStream; extractor: FeatureExtractor } {
  const key = JSON.stringify([head, options]);
  const { reference: _, ...rest } = options;
  const found = made.get(key) ?? { stream: stream(head, options), extractor: features(head, rest) };
  made.set(key, found);
  return found;
}

/** All frames of a signal cut at these lengths. */
function streamed(
  head: HeadConfig,
  signal: Float64Array,
  cuts: readonly number[],
  options: StreamOptions = {},
): Run {
  const s = both(head, options).stream;
  s.reset();
  const run: Run = { data: [], imaginary: [], counts: [] };
  const take = (count: number): void => {
    run.counts.push(count);
    run.data.push(...s.frames.subarray(0, count * s.width));
    if (s.imaginary) run.imaginary.push(...s.imaginary.subarray(0, count * s.width));
  };
  let at = 0;
  for (const cut of [...cuts, signal.length]) {
    take(s.push(signal.subarray(at, Math.min(signal.length, at + cut))));
    at = Math.min(signal.length, at + cut);
  }
  take(s.flush());
  return run;
}

const offline = (head: HeadConfig, signal: Float64Array, options: StreamOptions = {}): Features =>
  both(head, options).extractor.run(signal);

/** The first place where two lists of numbers differ, or null. */
function difference(got: ArrayLike<number>, want: ArrayLike<number>): string | null {
  if (got.length !== want.length) return `${got.length} numbers; expected ${want.length}`;
  for (let i = 0; i < got.length; i++)
    if (!Object.is(got[i], want[i])) return `number ${i} is ${got[i]}; expected ${want[i]}`;
  return null;
}

describe('stream', () => {
  it.each(Object.entries(heads))(
    '%s: random chunkings, 1,000 over all heads, give identical bits',
    (_, head) => {
      const backend = 'js'; // Its code is made fast; the bits of a frame are a matter of the walk, not of the backend.
      const shortest = head.nFft > 1000 ? 8192 : 1;
      fc.assert(
        fc.property(
          fc.integer({ min: shortest, max: head.nFft > 1000 ? 20_000 : 4000 }),
          fc.array(fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 1500 })), {
            maxLength: 30,
          }),
          (length, cuts) => {
            const signal = noise.subarray(0, length);
            let want: Features;
            try {
              want = offline(head, signal, { backend });
            } catch (error) {
              expect(error).toBeInstanceOf(InvalidArgumentError);
              expect(() => streamed(head, signal, cuts, { backend })).toThrow((error as Error).message);
              return;
            }
            const got = streamed(head, signal, cuts, { backend });
            expect(got.data.length).toBe(want.data.length);
            expect(difference(got.data, want.data)).toBe(null);
            expect(got.imaginary).toEqual([...(want.imaginary ?? [])]);
          },
        ),
        { numRuns: head.nFft > 1000 ? 6 : 85 },
      );
    },
  );

  it.each(['f32', 'f64'] as const)('wasm, %s, in chunks of one, a prime, a block', (dtype) => {
    for (const head of [heads.inside, heads['centered, reflected'], heads.descriptors, featureHead('kaldi')])
      for (const size of [1, 127, 128, 4096]) {
        const signal = noise.subarray(0, 9000);
        const cuts = new Array<number>(Math.ceil(signal.length / size)).fill(size);
        const got = streamed(head, signal, cuts, { dtype });
        expect(difference(got.data, offline(head, signal, { dtype }).data)).toBe(null);
      }
  });

  it('a complex head streams the discrete Fourier transform of the windowed frames', () => {
    const head = heads.complex;
    const { data, imaginary } = streamed(head, noise.subarray(0, 1000), [333, 5], { dtype: 'f64' });
    const window = headWindow(head);
    const bins = head.nFft / 2 + 1;
    expect(data.length).toBe(bins * (1 + Math.floor((1000 - head.nFft) / head.hop)));
    for (let frame = 0; frame * bins < data.length; frame++) {
      const want = realDft(window.map((w, i) => w * noise[frame * head.hop + i]));
      const part = (all: number[]): number[] => all.slice(frame * bins, (frame + 1) * bins);
      // A rounding for each of the 6 stages, and the window's.
      expect(relativeL2({ re: part(data), im: part(imaginary) }, want)).toBeLessThan(8 * 2 ** -53);
    }
  });

  it('a frame comes out as soon as its samples are there', () => {
    for (const name of ['inside', 'centered, zeros', 'kaldi'] as const) {
      const head = heads[name];
      const s = stream(head);
      const one = new Float64Array(1);
      const before = head.framing === 'centered' ? head.nFft / 2 : 0;
      const length = head.placement === 'centered' ? head.nFft : 48;
      expect(s.latency).toBe(Math.max(0, length - before - head.hop));
      let frame = 0;
      for (let received = 1; received <= 600; received++) {
        const due = received >= frame * head.hop - before + length && received > before;
        expect(s.push(one), `${name}, sample ${received}`).toBe(due ? 1 : 0);
        if (due) frame++;
      }
      s.dispose();
    }
  });

  it('heads that need the whole clip emit at the end, or with a fixed reference as they go', () => {
    const whisper = featureHead('whisper', { fit: 16_000 });
    const signal = noise.subarray(0, 12_000);
    const want = offline(whisper, signal);
    const atEnd = streamed(whisper, signal, [5000, 100]);
    expect(stream(whisper)).toMatchObject({ emits: 'flush', latency: Infinity });
    expect(atEnd.counts).toEqual([0, 0, 0, 100]);
    expect(difference(atEnd.data, want.data)).toBe(null);
    // The level that the whole clip has.
    const levels = offline({ ...whisper, log: { ...whisper.log!, range: null }, affine: null }, signal);
    const reference = Math.max(...levels.data);
    const live = streamed(whisper, signal, [5000, 100], { reference });
    expect(stream(whisper, { reference }).emits).toBe('frames');
    expect(live.counts[0]).toBeGreaterThan(25);
    expect(difference(live.data, want.data)).toBe(null);
    const median = featureHead('scipy-welch', { average: 'median' });
    expect(Float64Array.from(streamed(median, signal, [77, 1000]).data)).toEqual(
      Float64Array.from(offline(median, signal).data),
    );
  });

  it('begins again after reset, and says when it cannot go on', () => {
    const s = stream(heads.inside);
    s.push(noise.subarray(0, 500));
    s.flush();
    expect(() => s.push([0])).toThrow(/flushed; reset/);
    s.reset();
    const count = s.push(noise.subarray(0, 64));
    expect(count).toBe(1);
    expect(Float64Array.from(s.frames.subarray(0, 8))).toEqual(
      Float64Array.from(offline(heads.inside, noise.subarray(0, 64)).data),
    );
    s.dispose();
    expect(() => s.push([0])).toThrow(/disposed/);
  });

  it.each(['frames', 'flush'])('samples behind fit may be anything, as in a whole clip: %s', (emits) => {
    const head = emits === 'frames' ? heads['a fitted clip'] : featureHead('whisper', { fit: 3000 });
    const signal = noise.slice(0, 3500);
    const want = offline(head, signal);
    signal.fill(NaN, 3000);
    expect(stream(head).emits).toBe(emits);
    expect(difference(offline(head, signal).data, want.data)).toBe(null);
    expect(difference(streamed(head, signal, [2990, 20]).data, want.data)).toBe(null);
    const s = stream(head);
    s.push(signal.subarray(0, 2999));
    expect(s.full).toBe(false);
    expect(() => s.push([NaN])).toThrow(/sample 2999 is NaN/);
    s.push([0, NaN]);
    expect(s.full).toBe(true);
  });

  it('names bad samples and takes none of their chunk', () => {
    const s = stream(heads.inside);
    s.push(noise.subarray(0, 100));
    const bad = Float64Array.from(noise.subarray(100, 300));
    bad[50] = NaN;
    expect(() => s.push(bad)).toThrow(/sample 150 is NaN \(frame 7, 0\.009 s\); expected a finite number/);
    expect(() => s.push([Infinity])).toThrow(/sample 100 is Infinity/);
    const parts = [s.push(noise.subarray(100, 1000)), s.flush()];
    expect(parts.every((n) => n >= 0)).toBe(true);
    const channels = [noise, noise] as unknown as number[];
    expect(() => s.push(channels)).toThrow(/flushed/);
    expect(() => stream(heads.inside).push(channels)).toThrow(/samples is 2 arrays; expected one channel/);
    expect(() => features(heads.inside).run(channels)).toThrow(/samples is 2 arrays; expected one channel/);
    const empty = stream(heads.inside);
    expect(() => empty.flush()).toThrow(/0 samples hold no frame/);
    // It goes on, whether it works frame by frame or at the end.
    for (const short of [stream(heads.inside), stream('librosa')]) {
      expect(() => short.flush()).toThrow(/0 samples hold no frame/);
      expect(short.push(noise.subarray(0, 4000)) + short.flush()).toBeGreaterThan(0);
    }
    expect(() => stream('nothing' as 'whisper')).toThrow(/preset is "nothing"; expected/);
    expect(() => stream('kaldi', { reference: 3 })).toThrow(/reference is 3/);
    expect(() => stream('whisper', { reference: NaN })).toThrow(/reference is NaN/);
    expect(() => stream('kaldi', { dtype: 'f16' as 'f32' })).toThrow(/dtype is "f16"/);
  });

  it('ten minutes in chunks of 128 samples cause no garbage collection', () => {
    const program = join(import.meta.dirname, 'stream-garbage.ts');
    const text = execFileSync(process.execPath, ['--import', 'tsx', program], { encoding: 'utf8' });
    const attempts = JSON.parse(text) as { collections: number; bytesPerChunk: number; frames: number }[];
    for (const { frames } of attempts) expect(frames).toBe((10 * 60 * 16_000) / 160);
    // The smallest object has 12 bytes: not one per chunk.
    expect(
      attempts.some((a) => a.collections === 0 && a.bytesPerChunk < 4),
      text,
    ).toBe(true);
  });
});
