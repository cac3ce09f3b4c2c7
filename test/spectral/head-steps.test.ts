/** Steps of a head that presets of speech models need: what they compute, said once more in plain loops, and what is refused. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { frontEndC } from '../../src/front/c.ts';
import { compileFrontEnd } from '../../src/front/compile.ts';
import { exactFrontEnd, levelsFront, type FrontEnd } from '../../src/front/front-end.ts';
import { kernelResults, referenceFeatures } from '../../src/front/reference-features.ts';
import { trainingHead } from '../../src/front/spectral-head.ts';
import { bandsOf } from '../../src/spectral/banks.ts';
import { frontEndModule, standaloneModule } from '../../src/front/standalone.ts';
import { melCenters, melFilterbank, type MelOptions } from '../../src/numeric/mel.ts';
import { features } from '../../src/plans/features.ts';
import { stream } from '../../src/plans/streams.ts';
import { headWindow, type HeadConfig } from '../../src/spectral/head.ts';
import { featureHead, type HeadOverrides } from '../../src/spectral/presets.ts';
import { distance, gaussian } from '../helpers.ts';

const small = {
  sampleRate: 1000,
  nFft: 32,
  windowLength: 28,
  hop: 10,
  bank: { bands: 6, fMax: 480 },
} as const;
const x = gaussian(403, 5);
const head = (more: object): HeadConfig => featureHead('papilio', { ...small, ...more } as HeadOverrides);
const run = (more: object, samples: ArrayLike<number> = x): Float64Array =>
  features(head(more), { dtype: 'f64' }).run(samples).data as Float64Array;

const levels = run({});
const frames = levels.length / 6;
const column = (data: Float64Array, i: number, width = 6): Float64Array =>
  Float64Array.from({ length: data.length / width }, (_, t) => data[t * width + i]);

describe('steps over the signal', () => {
  it('pre-emphasis is that of the signal before it is padded', () => {
    const own = Float64Array.from(x, (v, i) => v - 0.97 * (x[i - 1] ?? 0));
    const more = { framing: { before: 9, after: 20 }, padding: 'reflect' };
    const found = run({ ...more, signalPreEmphasis: 0.97 });
    expect(distance(found, run(more, own))).toBeLessThan(1e-14);
    expect(distance(referenceFeatures(head({ ...more, signalPreEmphasis: 0.97 }), x), found)).toBeLessThan(
      1e-12,
    );
  });

  it('padding of its own is padding by hand', () => {
    for (const [padding, before, after] of [
      ['constant', 7, 30],
      ['edge', 0, 41],
      ['reflect', 33, 0],
    ] as const) {
      const at = (i: number): number => {
        if (i >= 0 && i < x.length) return x[i];
        if (padding === 'constant') return 0;
        if (padding === 'edge') return x[i < 0 ? 0 : x.length - 1];
        return x[i < 0 ? -i : 2 * x.length - 2 - i];
      };
      const padded = Float64Array.from({ length: before + x.length + after }, (_, i) => at(i - before));
      expect(run({ padding, framing: { before, after } })).toEqual(run({}, padded));
    }
  });

  it('a last frame takes what is left, and a short signal has one', () => {
    for (const [samples, count] of [
      [1, 1],
      [31, 1],
      [32, 1],
      [33, 2],
      [42, 2],
      [43, 3],
    ]) {
      const padded = new Float64Array(32 + 10 * (count - 1));
      padded.set(x.subarray(0, samples));
      expect(run({ framing: 'padded-last' }, x.subarray(0, samples)), String(samples)).toEqual(
        run({}, padded),
      );
    }
    expect(features(head({ framing: 'padded-last' })).frames(0)).toBe(0);
  });

  it('windows are divided by their sum or the root of their energy', () => {
    const plain = headWindow(head({ gain: 3 }));
    const sum = plain.reduce((s, w) => s + w / 3, 0);
    const energy = plain.reduce((s, w) => s + (w / 3) ** 2, 0);
    expect(
      distance(
        headWindow(head({ gain: 3, windowNorm: 'sum' })),
        plain.map((w) => w / sum),
      ),
    ).toBeLessThan(1e-15);
    expect(
      distance(
        headWindow(head({ gain: 3, windowNorm: 'energy' })),
        plain.map((w) => w / Math.sqrt(energy)),
      ),
    ).toBeLessThan(1e-15);
    const scaled = run({ bank: null, log: null, scaling: 'length' });
    expect(
      distance(
        scaled,
        run({ bank: null, log: null }).map((p) => p / 32),
      ),
    ).toBeLessThan(1e-15);
  });
});

describe('filterbanks', () => {
  const options = { sampleRate: 16000, nFft: 512, mels: 26, scale: 'htk', norm: 'none' } as const;
  const row = (more: Partial<MelOptions>, m: number): Float64Array => {
    const bank = melFilterbank({ ...options, ...more });
    const out = new Float64Array(257);
    for (let j = 0; j < bank.width; j++) out[bank.start[m] + j] += bank.weights[m * bank.width + j];
    return out;
  };

  it('over whole bins have their peaks on them', () => {
    const mel = (f: number): number => 2595 * Math.log10(1 + f / 700);
    // Eighty filters have corners on one bin, and sides that are not there.
    for (const mels of [26, 80]) {
      const corner = (i: number): number =>
        Math.floor((513 * 700 * (10 ** ((i * mel(8000)) / (mels + 1) / 2595) - 1)) / 16000);
      const centers = melCenters({ ...options, mels, axis: 'bins' });
      for (let m = 0; m < mels; m++) {
        const [low, middle, high] = [corner(m), corner(m + 1), corner(m + 2)];
        row({ mels, axis: 'bins' }, m).forEach((w, k) => {
          const up = k >= low && k < middle ? (k - low) / (middle - low) : 0;
          const down = k >= middle && k < high ? (high - k) / (high - middle) : 0;
          expect(w).toBeCloseTo(up + down, 14);
        });
        expect(centers[m]).toBeCloseTo((middle * 16000) / 512, 9);
      }
    }
  });

  it('of more bands than bins are a warning', () => {
    const many = features(head({ bank: { bands: 40, fMax: 480 } }));
    expect(many.report.warnings[0]).toMatchObject({ name: 'EmptyFilter' });
    expect(many.run(x).width).toBe(40);
  });

  it('may be straight over mel on any scale, and sum up to 1', () => {
    // The scales of htk and kaldi differ by a factor, which triangles over mel do not see.
    expect(distance(row({ axis: 'mel' }, 9), row({ scale: 'kaldi' }, 9))).toBeLessThan(1e-12);
    expect(distance(row({ scale: 'kaldi', axis: 'hz' }, 9), row({}, 9))).toBeLessThan(1e-12);
    expect(row({ norm: 'sum' }, 20).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 14);
  });

  it('have the energy of the frame in front', () => {
    const power = run({ bank: null, log: null });
    const bins = run({ bank: { ...small.bank, energy: 'bins' }, log: null });
    const own = run({ bank: { ...small.bank, energy: 'samples' }, log: null });
    const window = headWindow(head({}));
    for (let t = 0; t < frames; t++) {
      const sum = power.subarray(17 * t, 17 * t + 17).reduce((a, b) => a + b, 0);
      expect(bins[7 * t] / sum).toBeCloseTo(1, 12);
      const energy = window.reduce((s, w, j) => s + (w * x[10 * t + j]) ** 2, 0);
      expect(own[7 * t] / energy).toBeCloseTo(1, 12);
    }
    expect(features(head({ bank: { energy: 'bins' } })).frequencies).toHaveLength(0);
    const cepstra = run({ bank: { ...small.bank, energy: 'samples' }, cepstrum: { count: 4 } });
    const plain = run({ cepstrum: { count: 4 } });
    for (let i = 0; i < cepstra.length; i++)
      expect(cepstra[i]).toBeCloseTo(i % 4 === 0 ? Math.log10(own[(7 * i) / 4]) : plain[i], 10);
  });
});

describe('steps over the clip', () => {
  it('normalise each feature, or all', () => {
    const found = run({ normalize: { ddof: 1, offset: 1e-5, varianceOffset: 1e-3 } });
    for (let i = 0; i < 6; i++) {
      const own = column(levels, i);
      const mean = own.reduce((a, b) => a + b, 0) / frames;
      const variance = own.reduce((s, v) => s + (v - mean) ** 2, 0) / (frames - 1);
      const wanted = own.map((v) => (v - mean) / (Math.sqrt(variance + 1e-3) + 1e-5));
      expect(distance(column(found, i), wanted)).toBeLessThan(1e-13);
    }
    const all = run({ normalize: { over: 'clip' }, affine: { multiply: 2, add: 1 } });
    const mean = levels.reduce((a, b) => a + b, 0) / levels.length;
    const deviation = Math.sqrt(levels.reduce((s, v) => s + (v - mean) ** 2, 0) / levels.length);
    expect(
      distance(
        all,
        levels.map((v) => (2 * (v - mean)) / (deviation + 1e-5) + 1),
      ),
    ).toBeLessThan(1e-13);
    expect(() => run({ normalize: { ddof: 1 } }, x.subarray(0, 32))).toThrow(
      /1 frame under normalize.ddof 1; expected at least 2, or ddof 0/,
    );
  });

  it('differentiate a line to its slope and a parabola to its curvature', () => {
    for (const kind of ['librosa', 'torchaudio', 'kaldi'] as const) {
      const found = run({ deltas: { kind, width: 5 } });
      const t = 20;
      for (let i = 0; i < 6; i++) {
        const own = column(levels, i);
        const slope = (s: number): number => (own[s + 1] - own[s - 1] + 2 * (own[s + 2] - own[s - 2])) / 10;
        expect(found[18 * t + i]).toBe(own[t]);
        expect(found[18 * t + 6 + i]).toBeCloseTo(slope(t), 12);
        const second =
          kind === 'librosa'
            ? (2 * own[t - 2] - own[t - 1] - 2 * own[t] - own[t + 1] + 2 * own[t + 2]) / 7
            : (slope(t + 1) - slope(t - 1) + 2 * (slope(t + 2) - slope(t - 2))) / 10;
        expect(found[18 * t + 12 + i]).toBeCloseTo(second, 12);
      }
    }
    expect(() => run({ deltas: { width: 9 } }, x.subarray(0, 50))).toThrow(
      /2 frames under librosa's deltas; expected at least deltas.width = 9/,
    );
  });

  it('PCEN follows its recursion', () => {
    const rule = { smoothing: 0.2, gain: 0.8, bias: 3, power: 0.25, epsilon: 1e-3 };
    const energies = run({ log: null });
    for (const initial of [1, 'first'] as const) {
      const found = run({ log: null, pcen: { ...rule, initial } });
      for (let i = 0; i < 6; i++) {
        let m = initial === 'first' ? energies[i] : initial;
        for (let t = 0; t < frames; t++) {
          const e = energies[6 * t + i];
          m = 0.8 * m + 0.2 * e;
          expect(found[6 * t + i]).toBeCloseTo((e / (1e-3 + m) ** 0.8 + 3) ** 0.25 - 3 ** 0.25, 11);
        }
      }
    }
  });

  it('levels may be relative to the largest of their frame', () => {
    const found = run({ log: { over: 'frame', range: 0.5, reference: 'max' } });
    for (let t = 0; t < frames; t++) {
      const own = levels.subarray(6 * t, 6 * t + 6);
      const top = Math.max(...own);
      own.forEach((v, i) => expect(found[6 * t + i]).toBeCloseTo(Math.max(v - top, -0.5), 13));
    }
  });

  it('come at the end of a stream where they are normalised, with the bits of the clip', () => {
    for (const more of [{ deltas: { width: 5 }, normalize: {} }, { normalize: {} }]) {
      const s = stream(head(more));
      expect(s.emits).toBe('flush');
      expect(s.push(x)).toBe(0);
      expect(s.flush()).toBe(frames);
      const own = features(head(more));
      expect(s.frames).toEqual(own.run(x).data);
      expect(own.report.wholeClip).toBe(true);
    }
  });

  it('stand behind learned weights, and errors are taken before them', () => {
    const whole = head({ nFft: 32, normalize: {}, deltas: { width: 3 }, affine: { multiply: 2, add: 1 } });
    const { start, width } = bandsOf(whole, 32).bands;
    const weights = bandsOf(whole, 32).weights.map((w) => 1.5 * w);
    const front: FrontEnd = {
      ...exactFrontEnd(whole),
      bank: { kind: 'weights', bands: { start, width }, weights },
    };
    // All weights times a factor shift every level, which a normalisation takes out again.
    const expected = run({ normalize: {}, deltas: { width: 3 }, affine: { multiply: 2, add: 1 } });
    expect(distance(compileFrontEnd(front, undefined, 'f64').features(x), expected)).toBeLessThan(1e-12);
    const levelsOf = compileFrontEnd(levelsFront(front), undefined, 'f64').features(x);
    expect(
      distance(
        levelsOf,
        run({ affine: { multiply: 2, add: 1 } }).map((v) => v + 2 * Math.log10(1.5)),
      ),
    ).toBeLessThan(1e-13);
    expect(trainingHead(whole, () => 1)).toEqual({ ...levelsFront(front).head, affine: null });
    expect(distance(kernelResults(whole, levels), expected)).toBeLessThan(1e-12);
  });

  it('have no place in files that know a frame at a time', () => {
    for (const [more, message] of [
      [
        { deltas: {} },
        /deltas (in a kernel; expected deltas null|or a normalisation in C; expected deltas and)/,
      ],
      [{ log: null, pcen: {} }, /pcen is set; expected null/],
    ] as const) {
      const front = exactFrontEnd(head(more));
      expect(() => frontEndC(front, { name: 'f' })).toThrow(message);
      expect(() => frontEndModule(front)).toThrow(message);
      expect(() => standaloneModule(front)).toThrow(message);
    }
    expect(() => frontEndC(exactFrontEnd(head({ normalize: {} })), { name: 'f' })).toThrow(
      /deltas or a normalisation in C; expected deltas and normalize null/,
    );
    expect(() =>
      frontEndC(exactFrontEnd(head({ signalPreEmphasis: 0.9 })), { name: 'f', format: 'q15' }),
    ).toThrow(/a pre-emphasis over the signal in q15; expected f32/);
  });

  it('a module walks along as the extractor does', async () => {
    for (const more of [
      { signalPreEmphasis: 0.97, framing: { before: 3, after: 40 }, padding: 'reflect' },
      { framing: 'padded-last', magnitudeOffset: 0.1, spectrum: 'magnitude' },
      { normalize: { ddof: 1 }, affine: { multiply: 2, add: 1 } },
      { normalize: { over: 'clip' }, log: { range: 1 } },
    ]) {
      const text = frontEndModule(exactFrontEnd(head(more)));
      const module: { features: (samples: ArrayLike<number>) => Float32Array } = await import(
        `data:text/javascript,${encodeURIComponent(text)}`
      );
      for (const n of [20, 403]) {
        const samples = Float32Array.from(x.subarray(0, n));
        if (features(head(more)).frames(n) === 0) continue;
        expect(distance(module.features(samples), features(head(more)).run(samples).data)).toBeLessThan(1e-6);
      }
    }
  });
});

describe('what is not possible', () => {
  const bad: readonly [object, RegExp][] = [
    [{ framing: 'left' }, /framing is "left"; expected inside, .*padded-last or an object/],
    [{ framing: { before: 3 } }, /framing.after is undefined; expected a whole number from 0 to 1048576/],
    [{ framing: { before: -1, after: 0 } }, /framing.before is -1/],
    [{ framing: { before: 0, after: 0, left: 1 } }, /a head has no option "framing.left"/],
    [
      { signalPreEmphasis: 1.5 },
      /signalPreEmphasis is 1.5; expected a number of at least -1 and of at most 1/,
    ],
    [{ signalPreEmphasis: null }, /signalPreEmphasis is null/],
    [{ windowNorm: 'l1' }, /windowNorm is "l1"; expected none, sum, energy/],
    [
      { windowNorm: 'sum', window: Array.from({ length: 28 }, (_, i) => (i % 2 ? 1 : -1)) },
      /windowNorm "sum" divides by 0; expected another window, or windowNorm "none"/,
    ],
    [{ scaling: 'psd' }, /scaling is "psd"; expected none, density, spectrum, length/],
    [
      { magnitudeOffset: 1e-9 },
      /magnitudeOffset is 1e-9 over spectrum power; expected spectrum magnitude, or 0/,
    ],
    [{ magnitudeOffset: -1 }, /magnitudeOffset is -1/],
    [{ bank: { axis: 'bark' } }, /bank.axis is "bark"; expected hz, mel, bins/],
    [{ bank: { norm: 'l2' } }, /bank.norm is "l2"; expected slaney, sum, none/],
    [{ bank: { energy: true } }, /bank.energy is true; expected none, bins, samples/],
    [
      { bank: { energy: 'samples' }, spectrum: 'magnitude' },
      /bank.energy is "samples" over scaled spectra or magnitudes; expected spectrum power and scaling none/,
    ],
    [{ log: { over: 'batch' } }, /log.over is "batch"; expected clip, frame/],
    [{ pcen: {} }, /PCEN of levels; expected log null under pcen/],
    [
      { log: null, pcen: { smoothing: 0 } },
      /pcen.smoothing is 0; expected a number above 0 and of at most 1/,
    ],
    [{ log: null, pcen: { epsilon: 0 } }, /pcen.epsilon is 0/],
    [{ log: null, pcen: { initial: 'last' } }, /pcen.initial is "last"/],
    [{ log: null, pcen: { bands: 3 } }, /a head has no option "pcen.bands"/],
    [{ log: null, pcen: {}, average: 'mean' }, /PCEN, deltas or a normalisation of an average/],
    [{ deltas: { width: 4 } }, /deltas.width is 4; expected an odd number from 3 to 1001/],
    [{ deltas: { order: 3 } }, /deltas.order is 3; expected 1, 2/],
    [{ deltas: { kind: 'htk' } }, /deltas.kind is "htk"; expected librosa, torchaudio, kaldi/],
    [{ deltas: {}, log: { floor: 0 } }, /log.floor is 0 under deltas/],
    [{ normalize: { ddof: 2 } }, /normalize.ddof is 2; expected 0, 1/],
    [{ normalize: { offset: -1 } }, /normalize.offset is -1/],
    [
      { normalize: { offset: 0 } },
      /normalize divides by a deviation that may be 0; expected a positive offset/,
    ],
    [{ normalize: { mean: false, deviation: false } }, /normalize has neither mean nor deviation/],
    [{ normalize: { over: 'batch' } }, /normalize.over is "batch"; expected feature, clip/],
    [{ normalize: {}, log: { floor: 0 } }, /log.floor is 0 under a normalisation/],
    [{ normalize: {}, bank: null, log: null, spectrum: 'complex' }, /of a complex spectrum/],
  ];
  it.each(bad)('%j', (more, message) => {
    expect(() => head(more)).toThrow(message);
    expect(() => head(more)).toThrow(InvalidArgumentError);
  });
});
