/**
 * Extremes of what types allow: rates, gains, hops and sizes at the ends of float64, views of detached buffers, arrays that lie. The
 * answer is an error of papilio's own that names the value, or finite numbers; never NaN in silence, a hang or a TypeError.
 */
import { describe, expect, it } from 'vitest';
import * as papilio from '../entries.ts';
import { gaussian } from '../helpers.ts';

const x = gaussian(2048, 1);
const head = papilio.featureHead('papilio', { nFft: 32, windowLength: null, hop: 16, bank: { bands: 4 } });
const mel = { sampleRate: 16000, nFft: 64, mels: 5, scale: 'slaney', norm: 'slaney' } as const;
const dtypes = ['f32', 'f64'] as const;

/** The message of the InvalidArgumentError that a call throws. */
function refusal(call: () => unknown): string {
  let found: unknown;
  try {
    call();
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(papilio.InvalidArgumentError);
  return (found as Error).message;
}

const allFinite = (values: ArrayLike<number>): boolean => Array.prototype.every.call(values, Number.isFinite);

describe('a head', () => {
  it.each(dtypes)('whose bands hold no bin gives the floor, frame by frame, in %s', (dtype) => {
    const empty = papilio.featureHead('librosa', { bank: { bands: 4, fMax: 5 } });
    const extractor = papilio.features(empty, { dtype });
    expect(extractor.report.warnings[0].bands).toEqual([0, 1, 2, 3]);
    const { data, frames } = extractor.run(x);
    expect(Array.from(data)).toEqual(new Array(4 * frames).fill(-100));
    const stream = papilio.stream(empty, { dtype, reference: -100 });
    const pushed = stream.push(x);
    const left = stream.flush();
    expect(pushed + left).toBe(frames);
    expect(Array.from(stream.frames.subarray(0, 4 * left))).toEqual(new Array(4 * left).fill(-100));
    extractor.dispose();
    stream.dispose();
  });

  it('of a front end whose bands hold no bin gives the floor, and is no module of its own', () => {
    const empty = papilio.featureHead('papilio', { nFft: 64, windowLength: 64, bank: { bands: 4, fMax: 5 } });
    const model = papilio.exactFrontEnd(empty);
    const { features } = papilio.compileFrontEnd(model, papilio.backendByName('js'));
    expect(features(x).every((v) => v === -10)).toBe(true);
    for (const make of [papilio.standaloneModule, papilio.frontEndModule])
      expect(refusal(() => make(model))).toContain('the features are the same for all samples');
  });

  it('that multiplies by 0 gives what it adds', () => {
    const { data } = papilio.features({ ...head, affine: { multiply: 0, add: 2 } }).run(x);
    expect(data.every((v) => v === 2)).toBe(true);
  });

  it('has rates, gains, hops and ends of bands within bounds', () => {
    for (const sampleRate of [5e-324, 1e-309, 1e308])
      expect(refusal(() => papilio.features({ ...head, sampleRate }))).toContain('sampleRate is ');
    for (const gain of [1e308, 1e160, -1e160, 5e-324])
      expect(refusal(() => papilio.features({ ...head, gain }))).toContain('gain is ');
    for (const hop of [2 ** 31, 2 ** 53 - 1])
      expect(refusal(() => papilio.stream({ ...head, hop }))).toContain('hop is ');
    expect(refusal(() => papilio.features({ ...head, windowLength: 2 ** 40 }))).toContain('windowLength is ');
    for (const fMax of [1e-309, 1e-300])
      expect(refusal(() => papilio.featureHead('librosa', { bank: { bands: 4, fMax } }))).toContain(
        'bank.fMax is ',
      );
    expect(refusal(() => papilio.melFilterbank({ ...mel, sampleRate: 1e-309 }))).toContain('sampleRate is ');
    const window = Array.from({ length: 32 }, () => 1e200);
    expect(refusal(() => papilio.features({ ...head, window }))).toContain('window[0] is 1e+200');
    const scaled = { ...head, scaling: 'density', window: window.fill(0) } as const;
    expect(refusal(() => papilio.features(scaled))).toContain('divide by 0');
  });

  it.each(dtypes)('at its bounds gives finite numbers or names the sample, in %s', (dtype) => {
    for (const factor of [1e15, -1e15, 1e-15])
      for (const window of ['hann', Array.from({ length: 32 }, () => factor)] as const) {
        const extreme = { ...head, log: null, gain: factor, window };
        expect(allFinite(papilio.features(extreme, { dtype }).run(x.map((v) => v * 1e-20)).data)).toBe(true);
        if (dtype === 'f64' || typeof window === 'string')
          expect(allFinite(papilio.features(extreme, { dtype }).run(x.map((v) => v / 4)).data)).toBe(true);
        else if (Math.abs(factor) > 1)
          expect(refusal(() => papilio.features(extreme, { dtype }).run(x))).toMatch(/^sample 0 is /);
      }
    const slow = { ...head, log: null, hop: 2 ** 22 };
    const { frames } = papilio.features(slow, { dtype, backend: 'js' }).run(x);
    expect(frames).toBe(1);
  });

  it('of negative gain makes the same sound as the positive one, turned over', () => {
    const features = papilio.features(head).run(x).data;
    const sound = papilio.resynthesize(head, features, { iterations: 1 });
    const turned = papilio.resynthesize({ ...head, gain: -1 }, features, { iterations: 1 });
    expect(allFinite(turned)).toBe(true);
    expect(turned.length).toBe(sound.length);
  });
});

describe('frequencies and spectra', () => {
  it('have rates and spacings whose bins are numbers', () => {
    for (const d of [5e-324, 1e-309, -1e-309, 1e308]) {
      expect(refusal(() => papilio.fftfreq(4, d))).toContain('d is ');
      expect(refusal(() => papilio.rfftfreq(4, d))).toContain('d is ');
    }
    expect(papilio.fftfreq(4, 1e250)[1]).toBeCloseTo(2.5e-251, 260);
    for (const fs of [5e-324, 1e-309, 1e308])
      for (const call of [papilio.welch, papilio.spectrogram])
        expect(refusal(() => call(x, { fs, nperseg: 16 }))).toContain('fs is ');
    expect(refusal(() => papilio.periodogram(x, { fs: 1e308 }))).toContain('fs is ');
    expect(refusal(() => papilio.planWelch({ samples: 64, fs: 1e308 }))).toContain('fs is ');
    for (const fs of [1e-15, 1e15]) expect(allFinite(papilio.welch(x, { fs }).power)).toBe(true);
    const peaks = { samples: 64, peaks: 1, frequencyError: 1e307, levelError: 8, tones: 20 };
    expect(refusal(() => papilio.planPeaks({ ...peaks, sampleRate: 1e308 }))).toContain('sampleRate is ');
  });
});

describe('arrays', () => {
  const hann = papilio.windowByName('hann', 16, 'periodic');
  const spectra = papilio.stft(x, hann, 4);

  it('whose buffer was transferred are refused by name wherever there should be samples', () => {
    const gone = Float64Array.from(x);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const calls: (() => unknown)[] = [
      () => papilio.resample(gone, { from: 3, to: 2 }),
      () => new papilio.Resampler({ from: 3, to: 2 }).push(gone),
      () => papilio.fftshift(gone),
      () => papilio.ifftshift(gone),
      () => papilio.rfft(gone),
      () => papilio.convolve(gone, x),
      () => papilio.stft(x, gone, 4),
      () => papilio.istft(spectra, gone, 4),
      () => papilio.griffinLim(x, gone, 4, 9),
      () => papilio.istftGraph(3, gone, 4, 16),
      () => papilio.features(head).run(gone),
    ];
    for (const call of calls)
      expect(refusal(call)).toMatch(/ is empty: its buffer was transferred or shrank/);
    expect(refusal(() => papilio.encodeNpy(x, gone as never))).toContain('the shape a value of type');
    expect(papilio.convolve(new Float64Array(0), x)).toHaveLength(0);
  });

  it('of a class with a length of its own, or with a name that is not theirs, are no samples', () => {
    class Short extends Float64Array {
      override get length(): number {
        return 3;
      }
    }
    for (const call of [papilio.rfft, papilio.fft, papilio.dct])
      expect(refusal(() => call(new Short(8)))).toContain('another length');
    for (const fake of [new Uint8Array(8), new DataView(new ArrayBuffer(8))]) {
      Object.defineProperty(fake, Symbol.toStringTag, { value: 'Float64Array' });
      expect(() => papilio.rfft(fake as never)).toThrow(papilio.InvalidArgumentError);
    }
    expect(() => papilio.rfft(Object.create(Float64Array.prototype) as never)).toThrow(
      papilio.InvalidArgumentError,
    );
  });

  it('of frequencies are finite', () => {
    for (const bad of [NaN, Infinity])
      expect(refusal(() => papilio.spectralPeaks([0, 1, 0], [bad, bad, bad]))).toContain('frequencies[0]');
  });
});

describe('counts without an end', () => {
  it.each<[string, () => unknown]>([
    ['closedForm', () => papilio.closedForm('dft', Infinity)],
    ['closedForm of a bigint', () => papilio.closedForm(10n as never, 8)],
    ['powersOfBands', () => papilio.powersOfBands({ bins: 1e9, width: 1, start: [0], weights: [1] }, [1])],
    ['frameTimes', () => papilio.frameTimes(head, 1e9)],
    ['frameTimes to infinity', () => papilio.frameTimes(head, Infinity)],
    ['headFrames', () => papilio.headFrames(head, NaN)],
    ['headWindow', () => papilio.headWindow({ ...head, gain: undefined } as never)],
    ['referenceFeatures', () => papilio.referenceFeatures(head, { length: 1e9 } as never)],
    ['matrixOf', () => papilio.matrixOf(1e9, () => [0, 0])],
    ['calibratePeaks', () => papilio.calibratePeaks(Symbol('s') as never)],
    ['measure', () => papilio.measure([], { rounds: NaN } as never)],
    ['smallestTables', () => papilio.smallestTables([], 1)],
    ['estimateError', () => papilio.estimateError([], 1)],
    ['featureError', () => papilio.featureError([], [], [], head)],
    ['recommendedRate', () => papilio.recommendedRate('free', undefined as never)],
    ['bandSafety', () => papilio.bandSafety(new Float64Array(8).fill(1e308), x.subarray(0, 8), 8)],
    ['encoderDecoder', () => papilio.encoderDecoder('8' as never)],
    ['namedFeature', () => papilio.namedFeature(NaN as never, 512)],
    ['encodeSafetensors', () => papilio.encodeSafetensors({ a: null } as never, {})],
    ['decodeWav', () => papilio.decodeWav(new Uint8Array(3), Symbol('s') as never)],
  ])('%s is refused by name', (_, call) => {
    refusal(call);
  });

  it.each([null, 5, {}, undefined])('%j is no JSON', (bad) => {
    for (const read of [papilio.importWisdom, papilio.readPeakCalibration])
      expect(() => read(bad as never)).toThrow(papilio.FileFormatError);
  });

  it.each([null, 5, {}, undefined])('%j is no head, matrix, model, table or list', (bad) => {
    const value = bad as never;
    for (const call of [
      () => papilio.headFrames(value, 5),
      () => papilio.headFrequencies(value),
      () => papilio.frobenius(value),
      () => papilio.matrixError(value, value),
      () => papilio.identifyPermutation(value, [2]),
      () => papilio.decodeTable(value),
      () => papilio.certify(value),
      () => papilio.splitNames(value, 1),
      () => papilio.encodeNpy(x, value),
    ])
      refusal(call);
    if (typeof bad !== 'object' || bad === null) refusal(() => papilio.encodeSafetensors(value, {}));
  });
});
