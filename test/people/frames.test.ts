/** Frames and banks as others lost or bent them; right values from numpy 2.4.6 and the definitions. */
import { describe, expect, it } from 'vitest';
import {
  featureHead,
  features,
  planFftSync,
  planWelch,
  rfft,
  stft,
  stream,
  windowByName,
} from '../../src/index.ts';
import { melFilterbank } from '../../src/front.ts';
import { distance, gaussian } from '../helpers.ts';

it('480,400 samples at 400 / 160 are 3001 frames (onnxruntime#14316)', () => {
  expect(stft(new Float32Array(480_400), { nFft: 400, hop: 160 }).frames).toBe(3001);
  const head = featureHead('torchaudio', { nFft: 400, hop: 160, framing: 'inside' });
  expect(features(head).frames(480_400)).toBe(3001);
});

it.each([1023, 1025])(
  'hops of 1 to 3 with nFft %i and reflected ends are plain frames (librosa#1568)',
  (n) => {
    const x = gaussian(1100, 1);
    const window = windowByName('hann', n, 'periodic');
    const half = Math.floor(n / 2);
    const mirrored = (i: number): number => x[i < 0 ? -i : i >= x.length ? 2 * (x.length - 1) - i : i];
    for (const hop of [1, 2, 3]) {
      const own = stft(x, { window, hop, padding: 'reflect' });
      expect(own.frames).toBe(1 + Math.floor((x.length + 2 * half - n) / hop));
      for (const f of [0, 1, 200, own.frames - 1]) {
        const right = rfft(Float64Array.from(window, (w, j) => w * mirrored(f * hop - half + j)));
        const [from, to] = [f * own.bins, (f + 1) * own.bins];
        expect(distance(own.re.subarray(from, to), right.re)).toBeLessThan(1e-13);
        expect(distance(own.im.subarray(from, to), right.im)).toBeLessThan(1e-13);
      }
    }
  },
);

it('250 Hz at 48 kHz, 2048 / 1024, streamed: the centroid stays (meyda#1196)', () => {
  const head = featureHead('librosa', {
    sampleRate: 48000,
    nFft: 2048,
    hop: 1024,
    framing: 'inside',
    spectrum: 'magnitude',
    bank: { kind: 'descriptors', names: ['centroid'] },
    log: null,
  });
  const live = stream(head, { dtype: 'f64' });
  const x = Float64Array.from({ length: 48000 }, (_, i) => Math.sin((2 * Math.PI * 250 * i) / 48000));
  const own: number[] = [];
  for (let i = 0; i < x.length; i += 1000) {
    const count = live.push(x.subarray(i, i + 1000));
    own.push(...live.frames.subarray(0, count));
  }
  expect(own).toHaveLength(45);
  // numpy: three hops are 16 periods, so that frames have one of two values.
  own.forEach((hz, f) => expect(hz).toBeCloseTo(f % 3 === 2 ? 250.8857800491863 : 250.6541009585568, 8));
});

it('a centred stream in chunks has the frames of the whole clip (FluidAudio#807)', () => {
  const x = gaussian(16_000, 2).map((v) => v / 8);
  const live = stream('torchaudio');
  const own: number[] = [];
  const take = (count: number): number => own.push(...live.frames.subarray(0, count * live.width));
  for (let i = 0; i < x.length; i += 1600) take(live.push(x.subarray(i, i + 1600)));
  take(live.flush());
  expect(own).toEqual([...features('torchaudio').run(x).data]);
});

it.each(['htk', 'slaney', 'kaldi'] as const)(
  'a %s bank up to 8000 Hz at 22,050 weighs nothing above (pytorch/audio#292)',
  (scale) => {
    const [sampleRate, nFft] = [22_050, 1024];
    const bank = melFilterbank({ sampleRate, nFft, mels: 40, fMin: 0, fMax: 8000, scale, norm: 'none' });
    let highest = 0;
    for (const [i, w] of bank.weights.entries()) {
      const bin = bank.start[Math.floor(i / bank.width)] + (i % bank.width);
      if (w > 0) highest = Math.max(highest, (bin * sampleRate) / nFft);
    }
    expect(highest).toBeGreaterThan(7900);
    expect(highest).toBeLessThan(8000);
  },
);

describe('loud and quiet signals in one batch are what they are alone, bit by bit (whisper#2862, audio#994)', () => {
  const levels = [1e6, 1e-6, 1, 1e-3];
  const signal = (n: number, b: number): Float32Array =>
    Float32Array.from(gaussian(n, b), (v) => v * levels[b]);

  it('transforms', () => {
    const [many, one] = [
      planFftSync({ n: 64, input: 'real', batch: 4 }),
      planFftSync({ n: 64, input: 'real' }),
    ];
    for (const b of levels.keys()) many.input.re.set(signal(64, b), 64 * b);
    many.run();
    for (const b of levels.keys()) {
      one.input.re.set(signal(64, b));
      one.run();
      expect(many.output.re.slice(33 * b, 33 * (b + 1))).toEqual(one.output.re.slice());
      expect(many.output.im?.slice(33 * b, 33 * (b + 1))).toEqual(one.output.im?.slice());
    }
  });

  it('Welch spectra', () => {
    const about = { samples: 1024, nperseg: 128 } as const;
    const [many, one] = [planWelch({ ...about, batch: 4 }), planWelch(about)];
    for (const b of levels.keys()) many.input.set(signal(1024, b), 1024 * b);
    many.run();
    for (const b of levels.keys()) {
      one.input.set(signal(1024, b));
      one.run();
      expect(many.power.slice(65 * b, 65 * (b + 1))).toEqual(one.power.slice());
    }
  });

  it('clips, one after the other', () => {
    const whisper = features(featureHead('whisper', { fit: 16_000 }));
    const alone = whisper.run(signal(16_000, 3)).data.slice();
    whisper.run(signal(16_000, 2));
    expect(whisper.run(signal(16_000, 3)).data).toEqual(alone);
  });
});
