/** Hidden front ends are found from clips and features; what does not match is refused by name. */
import { describe, expect, it } from 'vitest';
import { featureHead, features, type HeadConfig } from '../../src/index.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { differenceText, probeSignal, solveParity, stageDifferences } from '../../src/front.ts';
import { parityExamples } from '../../src/front/parity/clips.ts';
import { gaussian } from '../helpers.ts';

const clipsOf = (rate: number, count: number): Float64Array[] =>
  Array.from({ length: count }, (_, c) => {
    let low = 0;
    return gaussian(2 * rate, 5 + c).map((v, i) => {
      low = 0.9 * low + 0.1 * v;
      const rhythm = 0.003 + Math.max(0, Math.sin((2 * Math.PI * (1.3 + 0.3 * c) * i) / rate)) ** 2;
      return 0.2 * rhythm * (0.3 * v + low + 0.3 * Math.sin((900 + 200 * c) * (i / rate) * (1 + i / rate)));
    });
  });

const tensorsOf = (head: HeadConfig, clips: readonly Float64Array[], transposed = false) => {
  const extractor = features(head, { dtype: 'f64' });
  return clips.map((clip) => {
    const { data, frames, width } = extractor.run(clip);
    const at = (i: number): number => data[(i % frames) * width + Math.floor(i / frames)];
    return transposed
      ? { shape: [1, width, frames], data: Float32Array.from(data, (_, i) => at(i)) }
      : { shape: [frames, width], data: Float32Array.from(data) };
  });
};

describe('hidden front ends', () => {
  it('finds a Kaldi of other settings, its tensors transposed under a batch axis', () => {
    const hidden = featureHead('kaldi', { gain: 1, window: 'hamming', bank: { bands: 40, fMin: 0 } });
    const clips = clipsOf(16000, 3);
    const found = solveParity(clips, tensorsOf(hidden, clips, true), { rate: 16000, seconds: 600 });
    expect(found.verdict).toBe('exact');
    expect(found.framesFirst).toBe(false);
    expect(found.difference).toBeLessThan(1e-5);
    expect(found.head).toMatchObject({
      window: 'hamming',
      windowKind: 'symmetric',
      hop: 160,
      nFft: 512,
      preEmphasis: 0.97,
    });
    // On clips that it has not seen.
    const other = clipsOf(16000, 5).slice(4);
    const [own, theirs] = [found.head, hidden].map(
      (head) => features(head, { dtype: 'f64' }).run(other[0]).data,
    );
    own.forEach((x, i) => expect(Math.abs(x - theirs[i])).toBeLessThan(2e-4));
  }, 200000);
});

describe('what does not match is refused', () => {
  const clips = clipsOf(16000, 2);
  const tensor = (shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });

  it.each([
    [[], [], /no clips/],
    [clips, [tensor([198, 40]), tensor([198, 40]), tensor([198, 40])], /2 clips and 3 tensors/],
    [clips, [tensor([198, 40]), tensor([190, 41])], /expected one axis of the same length/],
    [clips, [tensor([3, 198, 40])], /one tensor of shape \[3, 198, 40\] for 2 clips/],
    [
      clips,
      [tensor([198, 40]), { shape: [198, 40], data: new Float32Array(7920).fill(NaN) }],
      /clip 1 .* not finite/,
    ],
  ])('%#', (own, tensors, message) => {
    expect(() => parityExamples(own, tensors, 16000)).toThrow(message);
  });

  it('a search that ran out of time does not say that features and clips differ', () => {
    const own = { shape: [98, 40], data: gaussian(3920, 3) };
    expect(() => solveParity([gaussian(16000, 1)], [own], { rate: 16000, seconds: 0.001 })).toThrow(
      'nothing was found within 0.001 s; expected more seconds, or clips at 16000 Hz',
    );
  });

  it('refuses features that follow nothing, before it searches', () => {
    const of = (at: (i: number) => number) => () =>
      solveParity(
        clips.slice(0, 2),
        [0, 1].map(() => ({ shape: [98, 40], data: Float64Array.from({ length: 3920 }, (_, i) => at(i)) })),
        { rate: 16000 },
      );
    const start = performance.now();
    for (const [at, message] of [
      [() => 0, 'the tensor of clip 0 is 0 all over, and so is every other; expected features that follow'],
      [(i: number) => i % 40, 'the tensor of clip 0 is alike in every frame, and so is every other'],
    ] as const) {
      expect(of(at)).toThrow(InvalidArgumentError);
      expect(of(at)).toThrow(message);
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('refuses unknown options and rates', () => {
    expect(() => solveParity(clips, [], { rate: 0 })).toThrow(/rate/);
    expect(() => solveParity(clips, [], { rate: 16000, second: 3 } as never)).toThrow(/second/);
  });
});

describe('orientation', () => {
  it('frames are what differs between clips, else what makes a usual hop', () => {
    const of = (shape: number[]) => ({ shape, data: gaussian(shape[0] * shape[1], 1) });
    const clips = [new Float64Array(32000), new Float64Array(48000)];
    expect(parityExamples(clips, [of([80, 200]), of([80, 300])], 16000)[0].framesFirst).toBe(false);
    expect(parityExamples(clips, [of([200, 80]), of([300, 80])], 16000)[0].width).toBe(80);
    expect(parityExamples(clips.slice(0, 1), [of([80, 200])], 16000)[0].framesFirst).toBe(false);
    expect(parityExamples(clips.slice(0, 1), [of([3000, 80])], 16000)[0].framesFirst).toBe(true);
    expect(parityExamples(clips.slice(0, 1), [of([200, 80])], 16000)).toHaveLength(1);
    // 47 frames of 64 ms, or 128 of 23 ms: both may be.
    const [clip] = clips;
    const both = parityExamples([clip.slice(0, 24000)], [of([47, 128])], 8000);
    expect(both.map(({ framesFirst, width }) => [framesFirst, width])).toEqual([
      [false, 47],
      [true, 128],
    ]);
    expect(both.map(({ list }) => list[0].values.slice(0, 2))).toEqual(
      [
        [0, 128],
        [0, 1],
      ].map(([a, b]) => Float64Array.of(a, b).map((i) => of([47, 128]).data[i])),
    );
  });
});

describe('the first stage that differs', () => {
  it('is told in words', () => {
    const yours = featureHead('whisper', { windowKind: 'symmetric', bank: { scale: 'htk' } });
    const [first, ...others] = stageDifferences(yours, featureHead('whisper'));
    expect(differenceText(first, 'whisper')).toBe("your window is symmetric; whisper's is periodic");
    expect(others.map((d) => d.stage)).toEqual(['mel scale']);
  });
});

it('the probe is 4 s within [-1, 1], silent for a while', () => {
  const probe = probeSignal(16000);
  expect(probe).toHaveLength(64000);
  expect(Math.max(...probe.map(Math.abs))).toBeLessThan(1);
  expect(probe.slice(9000, 12000).every((x) => x === 0)).toBe(true);
});
