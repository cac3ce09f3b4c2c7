/**
 * papilio/compat/meyda: the calls of Meyda 5, computed from the published definitions in float64, for buffers of any size. docs/migrating.md
 * says where its numbers differ from Meyda's, and why.
 */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { rfft, windowByName } from '../index.ts';
import { largestSize, rateBounds } from '../numeric/frequencies.ts';
import { memoized } from '../numeric/memoized.ts';
import { firstUnusable, requireNumbers } from '../numeric/samples.ts';
import { checkArgument, finite, oneOf, shown, suggestion, whole } from '../options.ts';
import { barkBandOfBin, chromaBands, melBands } from './meyda-banks.ts';
import * as spectral from './meyda-spectral.ts';

/** What every extractor gives. */
export interface MeydaFeaturesObject {
  /** |X[k]| of the windowed buffer, k below half its size. */
  readonly amplitudeSpectrum: Float32Array;
  /** The samples, as they came. */
  readonly buffer: MeydaSignal;
  /** Of pitch classes from C on, the largest 1. */
  readonly chroma: number[];
  /** All bins. */
  readonly complexSpectrum: { readonly real: Float32Array; readonly imag: Float32Array };
  /** Sum of squares of the samples. */
  readonly energy: number;
  readonly loudness: { readonly specific: Float32Array; readonly total: number };
  /** ln(1 + power) of every mel band. */
  readonly melBands: number[];
  readonly mfcc: number[];
  readonly perceptualSharpness: number;
  readonly perceptualSpread: number;
  readonly powerSpectrum: Float32Array;
  readonly rms: number;
  /** In bins, as spread. */
  readonly spectralCentroid: number;
  readonly spectralCrest: number;
  readonly spectralFlatness: number;
  /** Needs a previous signal. */
  readonly spectralFlux: number;
  readonly spectralKurtosis: number;
  /** Hz */
  readonly spectralRolloff: number;
  readonly spectralSkewness: number;
  /** 1 / Hz */
  readonly spectralSlope: number;
  readonly spectralSpread: number;
  /** How often the sign changes. */
  readonly zcr: number;
}

/** A feature by name. */
export type MeydaAudioFeature = keyof MeydaFeaturesObject;
/** A window by name. */
export type MeydaWindowingFunction = 'hanning' | 'hamming' | 'blackman' | 'sine' | 'rect';
/** Samples of a buffer. */
export type MeydaSignal = ArrayLike<number>;

/** Windows as Meyda means them: symmetric. */
const windowMakers: Readonly<Record<MeydaWindowingFunction, (n: number) => Float64Array>> = {
  hanning: (n) => windowByName('hann', n, 'symmetric'),
  hamming: (n) => windowByName('hamming', n, 'symmetric'),
  blackman: (n) => windowByName('blackman', n, 'symmetric'),
  sine: (n) => new Float64Array(n).map((_, i) => Math.sin((Math.PI * i) / Math.max(1, n - 1))),
  rect: (n) => new Float64Array(n).fill(1),
};
const windowNames = /* @__PURE__ */ Object.keys(windowMakers) as MeydaWindowingFunction[];

const windowOf = /* @__PURE__ */ memoized(
  ({ name, n }: { name: MeydaWindowingFunction; n: number }) => windowMakers[name](n),
  8,
  ({ name, n }) => `${name} ${n}`,
);

/** Settings of an extraction, checked. */
interface Settings {
  readonly bufferSize: number;
  readonly sampleRate: number;
  readonly melBands: number;
  readonly chromaBands: number;
  readonly numberOfMFCCCoefficients: number;
  readonly numberOfBarkBands: number;
  readonly windowingFunction: MeydaWindowingFunction;
}

/** A buffer, and its spectra where a feature asks for them. */
class Frame {
  readonly signal: MeydaSignal;
  readonly settings: Settings;
  readonly before: Frame | undefined;
  #spectrum: { re: Float64Array; im: Float64Array } | undefined;
  #amplitudes: Float64Array | undefined;
  #loudness: { specific: Float64Array; total: number } | undefined;

  constructor(signal: MeydaSignal, settings: Settings, before?: Frame) {
    this.signal = signal;
    this.settings = settings;
    this.before = before;
  }

  /** The one-sided spectrum of the windowed buffer. */
  get spectrum(): { re: Float64Array; im: Float64Array } {
    const { windowingFunction: name, bufferSize: n } = this.settings;
    return (this.#spectrum ??= rfft(windowOf({ name, n }).map((w, i) => w * this.signal[i])));
  }

  get amplitudes(): Float64Array {
    const { re, im } = this.spectrum;
    return (this.#amplitudes ??= re
      .slice(0, Math.floor(this.settings.bufferSize / 2))
      .map((v, k) => Math.hypot(v, im[k])));
  }

  get hzPerBin(): number {
    return this.settings.sampleRate / this.settings.bufferSize;
  }

  get loudness(): { specific: Float64Array; total: number } {
    const { bufferSize, sampleRate, numberOfBarkBands: count } = this.settings;
    return (this.#loudness ??= spectral.loudness(
      this.amplitudes,
      barkBandOfBin({ bufferSize, sampleRate, count }),
      count,
    ));
  }
}

const energyOf = ({ signal }: Frame): number => {
  let sum = 0;
  for (let i = 0; i < signal.length; i++) sum += signal[i] * signal[i];
  return sum;
};

function crossings({ signal }: Frame): number {
  let count = 0;
  for (let i = 1; i < signal.length; i++) if (signal[i - 1] >= 0 !== signal[i] >= 0) count++;
  return count;
}

/** All bins from those of one side. */
function wholeSpectrum({ spectrum, settings }: Frame): MeydaFeaturesObject['complexSpectrum'] {
  const n = settings.bufferSize;
  const real = new Float32Array(n);
  const imag = new Float32Array(n);
  for (let k = 0; 2 * k <= n; k++) {
    const mirror = (n - k) % n;
    real[mirror] = spectrum.re[k];
    imag[mirror] = -spectrum.im[k];
    real[k] = spectrum.re[k];
    imag[k] = spectrum.im[k];
  }
  return { real, imag };
}

/** ln(1 + power) of mel bands; at least as many as there are coefficients. */
function levelsOfMel({ amplitudes, settings }: Frame): number[] {
  const { bufferSize, sampleRate, numberOfMFCCCoefficients } = settings;
  const count = Math.max(settings.melBands, numberOfMFCCCoefficients);
  return melBands({ bufferSize, sampleRate, count }).map(({ first, weights }) => {
    let sum = 0;
    for (let j = 0; j < weights.length; j++) {
      const amplitude = amplitudes[first + j] ?? 0;
      sum += weights[j] * amplitude * amplitude;
    }
    return Math.log1p(sum);
  });
}

/** 2 sum_j level_j cos(pi i (j + 1/2) / bands): the DCT II without a norm. */
function cepstrumOf(frame: Frame): number[] {
  const levels = levelsOfMel(frame);
  const step = Math.PI / levels.length;
  return Array.from(
    { length: frame.settings.numberOfMFCCCoefficients },
    (_, i) => 2 * levels.reduce((sum, v, j) => sum + v * Math.cos(step * i * (j + 0.5)), 0),
  );
}

function pitchClasses({ amplitudes, settings }: Frame): number[] {
  const { bufferSize, sampleRate, chromaBands: count } = settings;
  const sums = chromaBands({ bufferSize, sampleRate, count }).map((row) =>
    row.reduce((sum, w, k) => sum + w * amplitudes[k], 0),
  );
  const most = Math.max(...sums);
  return most > 0 ? sums.map((v) => v / most) : sums;
}

function gainedSince({ amplitudes, before }: Frame): number {
  if (!before)
    throw new InvalidArgumentError(
      'previousSignal is undefined; expected the buffer before, for spectralFlux',
    );
  return spectral.flux(amplitudes, before.amplitudes);
}

const extractors: { readonly [K in MeydaAudioFeature]: (frame: Frame) => MeydaFeaturesObject[K] } = {
  buffer: ({ signal }) => signal,
  rms: (frame) => Math.sqrt(energyOf(frame) / frame.signal.length),
  energy: energyOf,
  complexSpectrum: wholeSpectrum,
  spectralSlope: ({ amplitudes, hzPerBin }) => spectral.slope(amplitudes, hzPerBin),
  spectralCentroid: ({ amplitudes }) => spectral.centroid(amplitudes),
  spectralRolloff: ({ amplitudes, hzPerBin }) => spectral.rolloff(amplitudes, hzPerBin),
  spectralFlatness: ({ amplitudes }) => spectral.flatness(amplitudes),
  spectralSpread: ({ amplitudes }) => spectral.spread(amplitudes),
  spectralSkewness: ({ amplitudes }) => spectral.skewness(amplitudes),
  spectralKurtosis: ({ amplitudes }) => spectral.kurtosis(amplitudes),
  spectralCrest: ({ amplitudes }) => spectral.crest(amplitudes),
  spectralFlux: gainedSince,
  amplitudeSpectrum: ({ amplitudes }) => Float32Array.from(amplitudes),
  powerSpectrum: ({ amplitudes }) => Float32Array.from(amplitudes, (a) => a * a),
  zcr: crossings,
  loudness: ({ loudness: { specific, total } }) => ({ specific: Float32Array.from(specific), total }),
  perceptualSpread: ({ loudness }) => spectral.perceptualSpread(loudness),
  perceptualSharpness: ({ loudness }) => spectral.perceptualSharpness(loudness),
  mfcc: cepstrumOf,
  melBands: levelsOfMel,
  chroma: pitchClasses,
};
const featureNames = /* @__PURE__ */ Object.keys(extractors) as MeydaAudioFeature[];

/** Most bands, of any kind. */
const bandsRule = whole(1, 4096);

function settingsOf(meyda: Settings): Settings {
  checkArgument('bufferSize', meyda.bufferSize, whole(4, largestSize));
  checkArgument('sampleRate', meyda.sampleRate, finite(rateBounds));
  for (const name of ['melBands', 'chromaBands', 'numberOfMFCCCoefficients', 'numberOfBarkBands'] as const)
    checkArgument(name, meyda[name], bandsRule);
  checkArgument('windowingFunction', meyda.windowingFunction, oneOf(windowNames));
  return meyda;
}

/** Throws InvalidArgumentError unless a signal is bufferSize finite numbers. */
function requireBuffer(name: string, signal: MeydaSignal, bufferSize: number): void {
  requireNumbers(name, signal);
  if (signal.length !== bufferSize)
    throw new InvalidArgumentError(
      `${name} has ${signal.length} samples; expected bufferSize = ${bufferSize}: set Meyda.bufferSize`,
    );
  const bad = firstUnusable(signal, 0, signal.length, 1e18);
  if (bad >= 0)
    throw new InvalidArgumentError(`${name}[${bad}] is ${signal[bad]}; expected a finite sample below 1e18`);
}

function requireFeature(name: unknown): asserts name is MeydaAudioFeature {
  if (typeof name === 'string' && Object.hasOwn(extractors, name)) return;
  const meant = typeof name === 'string' ? suggestion(name, featureNames) : '';
  throw new InvalidArgumentError(
    `feature is ${shown(name)}; expected one of ${featureNames.join(', ')}${meant}`,
  );
}

/** The object that Meyda's users call: settings, and what is computed with them. */
export interface MeydaObject {
  /** Samples of a buffer, any count from 4 on; default 512. */
  bufferSize: number;
  /** Hz; default 44100. */
  sampleRate: number;
  /** Default 26. */
  melBands: number;
  /** Default 12. */
  chromaBands: number;
  /** Default 13. */
  numberOfMFCCCoefficients: number;
  /** Default 24. */
  numberOfBarkBands: number;
  /** Default hanning. */
  windowingFunction: MeydaWindowingFunction;
  /** A feature of a buffer. Throws InvalidArgumentError for settings, names and signals that are none. */
  extract<K extends MeydaAudioFeature>(
    feature: K,
    signal: MeydaSignal,
    previousSignal?: MeydaSignal,
  ): MeydaFeaturesObject[K];
  /** Several features, as an object. */
  extract<K extends MeydaAudioFeature>(
    features: readonly K[],
    signal: MeydaSignal,
    previousSignal?: MeydaSignal,
  ): Pick<MeydaFeaturesObject, K>;
  /** A buffer times a window, by default hanning. */
  windowing(signal: MeydaSignal, windowname?: MeydaWindowingFunction): Float64Array;
  /** Names that `extract` takes. */
  listAvailableFeatureExtractors(): MeydaAudioFeature[];
  /** Throws UnsupportedError: its ScriptProcessorNode is deprecated. Call `extract` with frames of your own node, or use papilio/worklet. */
  createMeydaAnalyzer(options?: unknown): never;
}

function extract(
  this: Settings,
  feature: MeydaAudioFeature | readonly MeydaAudioFeature[],
  signal: MeydaSignal,
  previousSignal?: MeydaSignal,
): unknown {
  const settings = settingsOf(this);
  const names = Array.isArray(feature) ? (feature as readonly MeydaAudioFeature[]) : [feature];
  names.forEach(requireFeature);
  requireBuffer('signal', signal, settings.bufferSize);
  const isGiven = previousSignal !== undefined && previousSignal !== null;
  if (isGiven) requireBuffer('previousSignal', previousSignal, settings.bufferSize);
  const frame = new Frame(signal, settings, isGiven ? new Frame(previousSignal, settings) : undefined);
  if (!Array.isArray(feature)) return extractors[feature as MeydaAudioFeature](frame);
  return Object.fromEntries(names.map((name) => [name, extractors[name as MeydaAudioFeature](frame)]));
}

/** Settings, which may be written, and the calls that use them. */
const Meyda: MeydaObject = {
  bufferSize: 512,
  sampleRate: 44100,
  melBands: 26,
  chromaBands: 12,
  numberOfMFCCCoefficients: 13,
  numberOfBarkBands: 24,
  windowingFunction: 'hanning',
  extract: extract as MeydaObject['extract'],
  windowing(signal, windowname = 'hanning') {
    requireNumbers('signal', signal);
    checkArgument('windowname', windowname, oneOf(windowNames));
    return windowOf({ name: windowname, n: signal.length }).map((w, i) => w * signal[i]);
  },
  listAvailableFeatureExtractors: () => [...featureNames],
  createMeydaAnalyzer() {
    throw new UnsupportedError(
      'createMeydaAnalyzer is not offered, as ScriptProcessorNode is deprecated; call Meyda.extract in your own node, or use papilio/worklet',
    );
  },
};
export default Meyda;
