/** Heads as graphs and as extractors: the same on every backend, differentiable, and named errors for what cannot be. */
import { referenceFeatures } from '../../src/front/reference-features.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { gradient } from '../../src/ir/grad.ts';
import { verify } from '../../src/ir/verify.ts';
import { verifyCoverage } from '../ir/coverage.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { backends } from '../../src/plans/compiled.ts';
import { featureGraph } from '../../src/plans/feature-graphs.ts';
import { features } from '../../src/plans/features.ts';
import { headFrames, type HeadConfig } from '../../src/spectral/head.ts';
import { featureHead, presetNames, type HeadOverrides, type PresetName } from '../../src/spectral/presets.ts';
import {
  cases,
  centralDifferences,
  distance,
  gaussian,
  inputOf,
  runOn,
  weightedSquares,
} from '../helpers.ts';

const small = { sampleRate: 1000, nFft: 32, windowLength: 28, hop: 10, fit: null } as const;
const mel = { bands: 6, fMin: 10, fMax: 480 } as const;

/** One head per feature of the pipeline, small enough for central differences. */
const heads: Readonly<Record<string, HeadConfig>> = {
  papilio: featureHead('papilio', { ...small, bank: mel }),
  librosa: featureHead('librosa', {
    ...small,
    bank: mel,
    log: { range: 9 },
    cepstrum: { count: 4, lifter: { kind: 'librosa', length: 5 } },
  }),
  reference: featureHead('librosa', {
    ...small,
    bank: mel,
    padding: 'edge',
    log: { reference: 'max', range: null },
  }),
  whisper: featureHead('whisper', { ...small, bank: mel, fit: 120, padding: 'reflect' }),
  kaldi: featureHead('kaldi', { ...small, bank: mel, gain: 3, framing: 'midpoints', cepstrum: { count: 5 } }),
  linear: featureHead('scipy-spectrogram', {
    ...small,
    sampleRate: 50,
    detrend: 'linear',
    preEmphasis: 0.5,
    window: 'hamming',
  }),
  welch: featureHead('scipy-welch', {
    ...small,
    nFft: 35,
    bank: {
      kind: 'bands',
      edges: [
        [0, 100],
        [100, 350],
      ],
    },
    log: { kind: 'ln', floor: 0 },
  }),
  tensorflow: featureHead('tensorflow', { ...small, bank: mel, framing: 'padded-end' }),
  prime: featureHead('papilio', { ...small, nFft: 37, bank: mel }),
  twoSided: featureHead('scipy-spectrogram', {
    ...small,
    sides: 'two',
    spectrum: 'magnitude',
    detrend: 'none',
  }),
  hifigan: featureHead('papilio', {
    ...small,
    bank: { ...mel, norm: 'sum', axis: 'mel', energy: 'bins' },
    framing: { before: 11, after: 15 },
    padding: 'reflect',
    spectrum: 'magnitude',
    magnitudeOffset: 0.1,
    windowNorm: 'energy',
    log: { over: 'frame', range: 3 },
  }),
  nemo: featureHead('papilio', {
    ...small,
    bank: { ...mel, energy: 'samples' },
    signalPreEmphasis: 0.9,
    framing: 'padded-last',
    normalize: { ddof: 1, offset: 0.1 },
  }),
  deltas: featureHead('kaldi', {
    ...small,
    bank: { ...mel, axis: 'hz' },
    gain: 3,
    cepstrum: { count: 3 },
    deltas: { kind: 'torchaudio', width: 5 },
    affine: { multiply: 2, add: 1 },
  }),
  whole: featureHead('librosa', {
    ...small,
    bank: mel,
    windowNorm: 'sum',
    log: { range: 9 },
    deltas: { width: 5 },
    normalize: { over: 'clip', varianceOffset: 0.1 },
  }),
  pcen: featureHead('papilio', {
    ...small,
    bank: { ...mel, energy: 'bins' },
    scaling: 'length',
    log: null,
    pcen: { smoothing: 0.3 },
    cepstrum: { count: 4 },
    normalize: { deviation: false },
  }),
  perch: featureHead('papilio', {
    ...small,
    bank: mel,
    log: null,
    pcen: { initial: 'first', power: 0.25, bias: 0 },
    deltas: { kind: 'kaldi', order: 1, width: 3 },
  }),
  descriptors: featureHead('papilio', {
    ...small,
    spectrum: 'magnitude',
    log: null,
    bank: { kind: 'descriptors', names: ['centroid', 'flatness', 'flux'], rolloff: 0.85 },
  }),
};

const samples = 93;

describe('heads as graphs', () => {
  for (const [name, head] of Object.entries(heads)) {
    it(`${name}: interpreter, and extractors on every backend, agree`, () => {
      const graph = featureGraph(head, samples);
      verify(graph);
      verifyCoverage(graph);
      const x = gaussian(samples, 5);
      const expected = interpret(graph, { samples: x }).features;
      for (const backend of Object.keys(backends) as (keyof typeof backends)[])
        for (const dtype of ['f64', 'f32'] as const) {
          const extractor = features(head, { dtype, backend });
          const own = extractor.run(x);
          expect(own.frames * own.width).toBe(expected.length);
          expect(extractor.times(samples).length).toBe(headFrames(head, samples));
          // One float64 or float32 rounding per step, of logs of Gaussian noise: no band is small.
          expect(distance(own.data, expected), `${backend} ${dtype}`).toBeLessThan(
            dtype === 'f64' ? 1e-13 : 1e-5,
          );
          extractor.dispose();
          expect(() => extractor.run(x)).toThrow(/was disposed/);
        }
    });

    it(`${name}: gradient by the samples is that of central differences`, () => {
      const graph = featureGraph(head, samples);
      const x = gaussian(samples, 6);
      const weights = gaussian(graph.outputs.features.size, 7);
      const loss = (v: Record<string, Float64Array>): number =>
        interpret(graph, v).features.reduce((s, y, i) => s + weights[i] * y * y, 0);
      const [g] = gradient(weightedSquares(graph.outputs.features, weights), [inputOf(graph, 'samples')]);
      const own = interpret({ outputs: { g } }, { samples: x }).g;
      // Every third sample, which is at another place of each hop of 10.
      const step = cases(3, 1);
      const some = own.filter((_, i) => i % step === 0);
      expect(distance(some, centralDifferences(loss, { samples: x }, 'samples', step))).toBeLessThan(1e-6);
      const compiled = runOn(backends.wasm, { outputs: { g } }, { samples: x }, { dtype: 'f64' }).g;
      expect(distance(compiled, own)).toBeLessThan(1e-11);
    });
  }

  it('papilio’s head is the float64 reference of trained front ends', () => {
    const x = gaussian(4000, 1).map((v) => 0.1 * v);
    const own = features('papilio', { dtype: 'f64' }).run(x);
    const expected = referenceFeatures(featureHead(), x);
    own.data.forEach((v, i) => expect(Math.abs(v - expected[i])).toBeLessThan(1e-9));
  });
});

describe('extractors', () => {
  it('do not depend on how many frames there are: blocks, lanes, the frame before', () => {
    for (const name of ['papilio', 'kaldi', 'descriptors', 'twoSided']) {
      const extractor = features(heads[name], { dtype: 'f64' });
      const x = gaussian(10 * 530 + 32, 8);
      const whole = extractor.run(x);
      expect(whole.frames).toBeGreaterThan(520);
      for (const first of [254, 255, 256, 257, 511]) {
        // From one frame earlier on: descriptors look back.
        const part = extractor.run(x.subarray(10 * (first - 1), 10 * (first + 3) + 32));
        const inside = name === 'kaldi' ? 2 : 1;
        for (let i = 0; i < extractor.width; i++)
          expect(part.data[inside * extractor.width + i]).toBe(
            whole.data[(first - 1 + inside) * extractor.width + i],
          );
      }
    }
  });

  it('median Welch averages discard outliers', () => {
    const head = featureHead('scipy-welch', { ...small, average: 'median' });
    const x = gaussian(2000, 9);
    const quiet = features(head, { dtype: 'f64' }).run(x).data;
    x[700] = 1e4;
    const loud = features(head, { dtype: 'f64' }).run(x).data;
    for (let k = 2; k < quiet.length - 2; k++) expect(loud[k] / quiet[k]).toBeLessThan(1.3);
  });

  it('band powers are integrals of the density, and the mean of the power in a band', () => {
    const fs = 1000;
    // Whole periods of 100 Hz (amplitude 2, power 2) and 300 Hz (power 0.5).
    const x = Float64Array.from(
      { length: 2000 },
      (_, i) => 2 * Math.cos((2 * Math.PI * i) / 10) + Math.sin((2 * Math.PI * 3 * i) / 10),
    );
    const edges = [
      [0, 200],
      [200, 501],
      [0, 501],
    ] as const;
    const head = featureHead('scipy-welch', {
      sampleRate: fs,
      nFft: 200,
      hop: 100,
      bank: { kind: 'bands', edges },
    });
    const { data } = features(head, { dtype: 'f64' }).run(x);
    [2, 0.5, 2.5].forEach((power, i) => expect(data[i]).toBeCloseTo(power, 9));
    expect([...features(head).frequencies]).toEqual([100, 350.5, 250.5]);
  });

  it('complex heads give both parts', () => {
    const own = features(featureHead('papilio', { ...small, spectrum: 'complex', bank: null, log: null }), {
      dtype: 'f64',
    }).run(gaussian(60, 1));
    expect(own.imaginary?.length).toBe(own.data.length);
    const power = features(featureHead('papilio', { ...small, bank: null, log: null }), { dtype: 'f64' }).run(
      gaussian(60, 1),
    );
    power.data.forEach((p, i) =>
      expect(Math.abs(own.data[i] ** 2 + (own.imaginary?.[i] ?? 0) ** 2 - p)).toBeLessThan(1e-12 * (1 + p)),
    );
  });

  it('name the frequencies and report empty bands', () => {
    const extractor = features(
      featureHead('papilio', { nFft: 64, windowLength: 64, hop: 32, bank: { bands: 30 } }),
    );
    expect(extractor.frequencies.length).toBe(30);
    const [warning] = extractor.report.warnings;
    expect(warning.name).toBe('EmptyFilter');
    expect(warning.bands.length).toBeGreaterThan(0);
    expect(warning.message).toMatch(/hold no bin at nFft = 64; expected fewer bands or a larger nFft/);
    const empty = extractor.run(gaussian(64, 1)).data[warning.bands[0]];
    expect(empty).toBe(Math.fround(-10));
    expect(features('librosa').report).toMatchObject({ warnings: [], wholeClip: true });
    expect(features('papilio').report.perFrame.mul).toBeGreaterThan(1000);
    expect([...features(featureHead('scipy-welch', { sides: 'two', nFft: 4, hop: 2 })).frequencies]).toEqual([
      0, 0.25, -0.5, -0.25,
    ]);
  });

  it('every preset runs on a second of noise, silence and a click', () => {
    for (const name of presetNames) {
      const extractor = features(featureHead(name, name === 'whisper' ? { fit: 22050 } : {}));
      const click = new Float32Array(22050);
      click[12345] = 1;
      for (const x of [gaussian(22050, 2), new Float32Array(22050), click]) {
        const { data, frames, width } = extractor.run(x);
        expect(data.length).toBe(frames * width);
        expect(
          data.every((v) => Number.isFinite(v)),
          name,
        ).toBe(true);
      }
      extractor.dispose();
    }
  });
});

describe('hostile heads', () => {
  const bad = (overrides: object, message: RegExp, preset: PresetName = 'papilio'): void => {
    const make = (): HeadConfig => featureHead(preset, overrides as HeadOverrides);
    expect(make).toThrow(message);
    expect(make).toThrow(InvalidArgumentError);
  };

  it('are refused by name', () => {
    expect(() => features('wisper' as 'whisper')).toThrow(
      /preset is "wisper"; expected papilio, librosa, .*scipy-spectrogram/,
    );
    expect(() => features('toString' as 'whisper')).toThrow(InvalidArgumentError);
    expect(() => features('papilio', { dtype: 'f16' as 'f32' })).toThrow(/dtype is "f16"/);
    expect(() => features('papilio', { backend: 'gpu' as 'js' })).toThrow(
      /backend is "gpu"; expected reference, js, wasm/,
    );
    expect(() => features({ sampleRate: 16000 } as HeadConfig)).toThrow(
      /nFft is undefined; expected a whole number from 1/,
    );
    bad({ sampleRate: 0 }, /sampleRate is 0; expected a number of at least 1e-15/);
    bad({ sampleRate: NaN }, /sampleRate is NaN/);
    bad({ hop: 0 }, /hop is 0; expected a whole number from 1 to/);
    bad({ nFft: 399 }, /windowLength is 400; expected at most nFft = 399/);
    bad({ nFft: 2 ** 23 }, /nFft is 8388608; expected a whole number from 1 to 4194304/);
    bad({ bank: { fMin: 4000, fMax: 4000 } }, /bank.fMin is 4000; expected below bank.fMax = 4000/);
    bad({ bank: { fMax: 8001 } }, /bank.fMax is 8001; expected at most half the sample rate, 8000/);
    bad({ bank: { bands: 1e9 } }, /bank.bands is 1000000000; expected at most 261123/);
    bad({ bank: { binSpacing: 'even' } }, /bank.binSpacing is "even"; expected dft, half-rate/);
    bad(
      { cepstrum: { count: 4 }, log: { floor: 0 } },
      /log.floor is 0 under a cepstrum; expected a positive floor/,
    );
    bad({ bank: { scale: 'bark' } }, /bank.scale is "bark"; expected slaney, htk, kaldi/);
    bad({ bank: { kind: 'gammatone' } }, /bank.kind is "gammatone"; expected mel, bands, descriptors/);
    bad(
      { bank: { kind: 'bands', edges: [[5, 5]] } },
      /bank.edges is an array of 1; expected pairs \[low, high\]/,
    );
    bad(
      { bank: { kind: 'descriptors', names: ['centroid'], rolloff: 0.5 } },
      /descriptors of a power spectrum; expected spectrum magnitude/,
    );
    bad({ window: 'han' }, /window is "han"; expected boxcar, .*hann/);
    bad({ window: ['kaiser'] }, /expected \[beta\]/);
    bad({ padding: 'wrap' }, /padding is "wrap"; expected reflect, symmetric, edge, constant/);
    bad({ log: { kind: 'log2' } }, /log.kind is "log2"; expected ln, log10, db/);
    bad({ log: { reference: 0 } }, /log.reference is 0/);
    bad({ average: 'mean', log: { range: 80 } }, /after an average over it/);
    bad({ spectrum: 'complex' }, /a bank over a complex spectrum/);
    bad({ sides: 'two' }, /a bank over a two-sided spectrum/);
    bad({ cepstrum: { count: 41 } }, /cepstrum.count is 41; expected 1 to the number of bands, 40/);
    bad({ cepstrum: { count: 4 }, bank: null }, /a cepstrum without a mel bank/);
    bad({ melz: 3 }, /a head has no option "melz"; expected sampleRate/);
    bad({ bank: 7 }, /bank is 7; expected an object or null/);
    bad({ bank: { melz: 3 } }, /a head has no option "bank.melz"; expected kind, bands, fMin/);
    bad(
      { log: { topDb: 80 } },
      /a head has no option "log.topDb"; expected kind, floor, offset, range, reference/,
    );
    bad(
      { cepstrum: { lifter: { kind: 'htk', length: 2 } } },
      /cepstrum.lifter.kind is "htk"; expected librosa, kaldi/,
    );
  });

  it('overrides lie over options of their kind, and over defaults where the kind changes', () => {
    expect(featureHead('librosa', { bank: { bands: 40 } }).bank).toEqual({
      kind: 'mel',
      bands: 40,
      fMin: 0,
      fMax: null,
      scale: 'slaney',
      norm: 'slaney',
    });
    expect(featureHead('librosa', { log: { kind: 'ln' } }).log).toEqual({
      kind: 'ln',
      floor: 1e-10,
      offset: 0,
      range: null,
      reference: 1,
    });
    expect(featureHead('scipy-welch', { bank: { kind: 'bands', edges: [[0, 0.5]] } }).bank).toEqual({
      kind: 'bands',
      edges: [[0, 0.5]],
    });
    expect(featureHead('kaldi', { cepstrum: { count: 13 } }).cepstrum).toEqual({
      count: 13,
      norm: 'ortho',
      lifter: null,
    });
    expect(featureHead('librosa', { log: null }).log).toBeNull();
  });

  it('clips that hold no frame, or no numbers, are refused with place and time', () => {
    const extractor = features('papilio');
    expect(() => extractor.run([])).toThrow(/0 samples hold no frame of nFft = 512 with inside framing/);
    expect(() => extractor.run(new Float32Array(511))).toThrow(InvalidArgumentError);
    const x = new Float32Array(16000);
    x[8000] = NaN;
    expect(() => extractor.run(x)).toThrow(
      /sample 8000 is NaN \(frame 50, 0.500 s\); expected a finite number/,
    );
    x[8000] = 0.25;
    expect(extractor.run(x).frames).toBe(97);
    expect(() => featureGraph(featureHead('scipy-welch', { average: 'median' }), 1000)).toThrow(/no median/);
  });

  it('any values at all: a head or a named error, never anything else', () => {
    const value = fc.oneof(
      fc.integer({ min: -5, max: 600 }),
      fc.double(),
      fc.constantFrom(null, undefined, 'hann', 'mean', [], {}, true, 'two', 'complex'),
    );
    const optional = ['signalPreEmphasis', 'windowNorm', 'magnitudeOffset', 'pcen', 'deltas', 'normalize'];
    const keys = Object.keys(featureHead()).concat(optional);
    fc.assert(
      fc.property(
        fc.constantFrom(...presetNames),
        fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 }),
        (preset, overrides) => {
          try {
            featureHead(preset, overrides as HeadOverrides);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidArgumentError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
