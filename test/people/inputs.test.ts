/**
 * Inputs that are no samples, and options that other tools accept, from other people's threads: refused by name, or what SciPy, librosa
 * and Kaldi make of them (numpy 2.4.6, scipy 1.17.1).
 */
import { referenceFeatures } from '../../src/front/reference-features.ts';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { findPeaks, interpolatedPeak, spectralPeaks, topBins } from '../../src/numeric/peaks.ts';
import { fftfreq, rfftfreq } from '../../src/numeric/frequencies.ts';
import { checkCola, checkNola } from '../../src/numeric/overlap.ts';
import { resample, Resampler } from '../../src/numeric/resample.ts';
import { windowByName, type WindowSpec } from '../../src/numeric/window.ts';
import { circularConvolve, convolve, correlate } from '../../src/plans/convolve.ts';
import { dct, dst, idct, idst } from '../../src/plans/dct.ts';
import { features } from '../../src/plans/features.ts';
import { fft, ifft, irfft, rfft } from '../../src/plans/fft.ts';
import { griffinLim } from '../../src/plans/griffin-lim.ts';
import { periodogram, spectrogram, welch } from '../../src/plans/periodogram.ts';
import { istft, stft } from '../../src/plans/stft.ts';
import { stream } from '../../src/plans/streams.ts';
import { featureHead } from '../../src/spectral/presets.ts';

const hann = windowByName('hann', 16, 'periodic');
const rates = { from: 44100, to: 16000 };

/** Every function that takes samples, with the samples left open. */
const takers: Readonly<Record<string, (x: never) => unknown>> = {
  fft: (x) => fft(x),
  ifft: (x) => ifft(x),
  rfft: (x) => rfft(x),
  irfft: (x) => irfft(x),
  dct: (x) => dct(x),
  idct: (x) => idct(x),
  dst: (x) => dst(x),
  idst: (x) => idst(x),
  convolve: (x) => convolve([1, 2], x),
  correlate: (x) => correlate(x, [1, 2]),
  circularConvolve: (x) => circularConvolve(x, [1, 2]),
  stft: (x) => stft(x, hann, 4),
  istft: (x) => istft({ re: x, im: x, frames: 1, bins: 2 }, [1, 1], 1),
  griffinLim: (x) => griffinLim(x, hann, 4, 9),
  welch: (x) => welch(x),
  periodogram: (x) => periodogram(x),
  spectrogram: (x) => spectrogram(x),
  resample: (x) => resample(x, rates),
  'Resampler.push': (x) => new Resampler(rates).push(x),
  findPeaks: (x) => findPeaks(x),
  interpolatedPeak: (x) => interpolatedPeak(x, 0),
  spectralPeaks: (x) => spectralPeaks(x, x),
  topBins: (x) => topBins(x, 1),
  checkCola: (x) => checkCola(x, 1),
  checkNola: (x) => checkNola(x, 1),
  referenceFeatures: (x) => referenceFeatures(featureHead(), x),
};
const extractor = features('papilio');
const live = stream('papilio');
const compiled: typeof takers = {
  'features.run': (x) => extractor.run(x),
  'stream.push': (x) => live.push(x),
};

const channel = new Float32Array(64);
const strangers: readonly (readonly [name: string, value: unknown, right: RegExp])[] = [
  ['Int16Array', new Int16Array(64), /Float32Array\.from\(x, \(v\) => v \/ 32768\) for audio/],
  ['Int32Array', new Int32Array(64), /v \/ 2147483648/],
  ['bytes', new Uint8Array(64), /bytes .*decodeWav/],
  ['a buffer', new ArrayBuffer(256), /bytes \(ArrayBuffer\); expected numbers: new Float32Array\(buffer\)/],
  ['channels', [channel, channel], /is 2 arrays; expected one channel of numbers/],
  [
    'an AudioBuffer',
    { getChannelData: () => channel, length: 64, numberOfChannels: 2 },
    /AudioBuffer.*getChannelData\(0\)/,
  ],
  ['big integers', new BigInt64Array(64), /a BigInt64Array; expected floating-point numbers/],
  ['text', 'samples', /is "samples"; expected a Float32Array, a Float64Array or an array of numbers/],
  ['nothing', undefined, /is undefined; expected/],
  ['numbers as text', ['1', '2'], /\[0\] is "1"; expected a number/],
  ['an array with a hole', [1, undefined, 3], /\[1\] is undefined; expected a number/],
];

describe('what is no samples (transformers#19888, vllm#43322, node-fft#3, fourier-transform#8, fft.js#21)', () => {
  it.each(Object.entries({ ...takers, ...compiled }))('%s refuses it by name', (_, take) => {
    for (const [, value, right] of strangers) {
      expect(() => take(value as never)).toThrow(InvalidArgumentError);
      expect(() => take(value as never)).toThrow(right);
    }
  });

  it('integers over their full scale are samples (transformers#19888)', () => {
    const i = Int16Array.from({ length: 16000 }, (_, k) =>
      Math.round(16384 * Math.sin((2 * Math.PI * 440 * k) / 16000)),
    );
    const whisper = features(featureHead('whisper', { fit: null }), { dtype: 'f64' });
    const { data } = whisper.run(Float64Array.from(i, (v) => v / 32768));
    expect((data as Float64Array).reduce((a, b) => Math.max(a, b), -Infinity)).toBeCloseTo(
      1.4382034841810745,
      10,
    );
  });

  it('integers are samples where their full scale is said', () => {
    const integers = Int16Array.from({ length: 3000 }, (_, k) => Math.round(9000 * Math.sin(k * k)));
    const floats = Float64Array.from(integers, (v) => v / 32768);
    const wanted = extractor.run(floats).data;
    expect(features('papilio', { fullScale: 32768 }).run(integers).data).toEqual(wanted);
    expect(features('papilio', { fullScale: 32768 }).run(Array.from(integers)).data).toEqual(wanted);
    const live = stream('papilio', { fullScale: 32768 });
    const count = live.push(integers) + live.flush();
    expect(live.frames.subarray(0, count * live.width)).toEqual(wanted.subarray(0, count * live.width));
    expect(() => features('papilio', { fullScale: 32768 }).run(new Uint8Array(3000))).toThrow(/bytes/);
    expect(() => features('papilio', { fullScale: 0 })).toThrow(
      /fullScale is 0; expected a number of at least 1/,
    );
  });

  it('lists of numbers, and arrays of either precision, are', () => {
    for (const x of [[1, 2, 3], Float32Array.of(1, 2, 3), Float64Array.of(1, 2, 3)]) {
      expect(fft(x).re[0]).toBe(6);
      expect(rfft(x).re[0]).toBe(6);
    }
  });
});

describe('options that other tools accept', () => {
  const x = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const symmetric = windowByName('hann', 64, 'symmetric');
  const near = (own: ArrayLike<number>, right: readonly number[]): void =>
    right.forEach((v, i) => expect(Math.abs(own[i] - v)).toBeLessThan(1e-12));

  it('welch: a signal shorter than a segment is one segment, whatever noverlap (scipy#6817)', () => {
    const short = x.subarray(0, 100);
    for (const noverlap of [50, 128, 255]) {
      const { frequencies, power } = welch(short, { nperseg: 256, noverlap });
      expect(frequencies).toHaveLength(51);
      near(power, [0.0009613390008902706, 0.00047648833695332224, 1.332436908642413e-8]);
    }
    expect(() => welch(short, { nperseg: 256, noverlap: 256 })).toThrow(
      /noverlap is 256; expected 0 to nperseg - 1 = 255/,
    );
  });

  it('a window given as samples, whose length is the segment’s (scipy#25608)', () => {
    const own = welch(x, { window: symmetric });
    expect(own.frequencies).toHaveLength(33);
    near(own.power, [0.006734188170163908, 0.0034913099466901253, 1.1199786239364863e-6]);
    expect(spectrogram(x, { window: Array.from(symmetric) }).values).toHaveLength(33 * 17);
    near(
      periodogram(x.subarray(0, 64), { window: symmetric }).power,
      [9.594109317094315e-5, 4.979064094987643e-5, 2.867697288062246e-7],
    );
    expect(() => welch(x, { window: symmetric, nperseg: 128 })).toThrow(
      /window has 64 samples; expected nperseg = 128/,
    );
    expect(() => welch(x.subarray(0, 32), { window: symmetric })).toThrow(/at most those of the signal, 32/);
  });

  it('a window given as samples in a head, as an array', () => {
    const named = featureHead('papilio', { windowKind: 'symmetric' });
    const given = featureHead('papilio', { window: Array.from(windowByName('hann', 400, 'symmetric')) });
    expect(features(given).run(x).data).toEqual(features(named).run(x).data);
    expect(() => featureHead('papilio', { window: symmetric as unknown as number[] })).toThrow(
      /window is a value of type Float64Array; expected a name or an array of numbers/,
    );
    expect(() => featureHead('papilio', { window: [1, 2] })).toThrow(/window has 2 samples; expected 400/);
  });

  it('kaldi’s upper frequency counts from half the rate where it is not positive (icefall#1692)', () => {
    const banks = [-400, 7600].map((fMax) => featureHead('kaldi', { bank: { fMax } }));
    const [a, b] = banks.map((head) => features(head, { dtype: 'f64' }).run(x).data);
    expect(a).toEqual(b);
    expect(() => featureHead('librosa', { bank: { fMax: -400 } })).toThrow(
      /bank.fMax is -400; expected at least/,
    );
  });

  it('a wrong window is one short line', () => {
    for (const window of [
      new Float64Array(400),
      Array.from({ length: 400 }, () => 0.5),
      'x'.repeat(1000),
      {},
      null,
    ])
      expect(() => windowByName(window as WindowSpec, 400, 'periodic')).toThrow(/^window is .{0,330}$/);
  });
});

describe('lengths that would run for minutes', () => {
  it.each([
    [/n is 1000000000; expected a whole number from 1 to 67108864/, () => fftfreq(1e9)],
    [/n is 1000000000; expected a whole number from 1 to 67108864/, () => rfftfreq(1e9)],
    [
      /window length is 1000000000; expected a whole number from 1 to 16777216/,
      () => windowByName('hann', 1e9, 'periodic'),
    ],
    [
      /window length is 100000; expected a whole number from 1 to 16384/,
      () => windowByName(['chebwin', 100], 1e5, 'periodic'),
    ],
    [/nbar is 1000000000/, () => windowByName(['taylor', 1e9], 16, 'periodic')],
    [
      /window kaiser of 1e\+300|window kaiser of 1e300/,
      () => windowByName(['kaiser', 1e300], 16, 'periodic'),
    ],
    [/fit is 9007199254740991/, () => featureHead('whisper', { fit: 2 ** 53 - 1 })],
    [
      /samples would come out of one call; expected at most 268435456/,
      () => resample(new Float64Array(300_000), { from: 1, to: 1000 }),
    ],
  ])('are refused: %s', (message, call) => {
    expect(call).toThrow(InvalidArgumentError);
    expect(call).toThrow(message);
  });
});
