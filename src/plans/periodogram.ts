/** scipy.signal's welch, periodogram and spectrogram in float64: one call, an extractor kept per set of options. */
import { InvalidArgumentError } from '../errors.ts';
import { rateBounds } from '../numeric/frequencies.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { isWindowSpec, windowSamples, type WindowLike, type WindowSpec } from '../numeric/window.ts';
import {
  anything,
  checkOptions,
  extended,
  finite,
  flag,
  oneOf,
  whole,
  type OptionTable,
} from '../options.ts';
import type { HeadConfig } from '../spectral/head.ts';
import { featureHead } from '../spectral/presets.ts';
import { PlanCache } from './cache.ts';
import { features, type FeatureExtractor } from './features.ts';

/** Options of `periodogram`, in the words of scipy.signal.periodogram. */
export interface PeriodogramOptions {
  /** Hz; default 1. */
  readonly fs?: number;
  /** By name (periodic), or the samples of a segment. Default hann (welch), boxcar (periodogram), tukey 0.25 (spectrogram). */
  readonly window?: WindowLike;
  /** Points of the transform, at least the samples of a segment; zeros follow. */
  readonly nfft?: number;
  /** Default constant; spectrogram's and welch's segments each by itself. */
  readonly detrend?: 'none' | 'constant' | 'linear';
  /** density (default): V^2 / Hz; spectrum: V^2. */
  readonly scaling?: 'density' | 'spectrum';
  /** Default true; false gives all bins in the order of fftfreq. */
  readonly oneSided?: boolean;
}

/** Options of everything that cuts a signal into segments. */
export interface SegmentOptions extends PeriodogramOptions {
  /** Samples of a segment; default 256, or those of the window. A shorter signal is one segment. */
  readonly nperseg?: number;
  /** Samples that consecutive segments share; default half of a segment, an eighth for spectrogram. */
  readonly noverlap?: number;
}

/** Options of `welch`, in the words of scipy.signal.welch. */
export interface WelchOptions extends SegmentOptions {
  /** Default mean; median is divided by its bias. */
  readonly average?: 'mean' | 'median';
}

/** Options of `spectrogram`, in the words of scipy.signal.spectrogram. */
export interface SpectrogramOptions extends SegmentOptions {
  /** psd (default): power; magnitude: |X|; complex: X, not doubled. */
  readonly mode?: 'psd' | 'magnitude' | 'complex';
}

/** A power spectrum: `power[i]` belongs to `frequencies[i]`. */
export interface PowerSpectrum {
  /** Hz */
  readonly frequencies: Float64Array;
  readonly power: Float64Array;
}

/** Spectra of the segments of a signal. */
export interface Spectrogram {
  /** Hz */
  readonly frequencies: Float64Array;
  /** Middles of the segments, seconds. */
  readonly times: Float64Array;
  /** Shape [segments, frequencies], which is SciPy's result transposed. */
  readonly values: Float64Array;
  /** Imaginary parts in mode complex. */
  readonly imaginary?: Float64Array;
}

const extractors = /* @__PURE__ */ new PlanCache<string, FeatureExtractor>(32);

/** Of a function, where options say nothing. All detrend by a constant. */
interface Defaults {
  readonly window: WindowSpec;
  readonly overlap: (nperseg: number) => number;
  readonly average: HeadConfig['average'];
}

/** A window in words, its type included; what is none has words of its own and makes no extractor. */
function keyOf(window: unknown): string {
  if (typeof window === 'string') return JSON.stringify(window);
  if (typeof window !== 'object' || window === null || !('length' in window)) return '?';
  const items = Array.from(window as ArrayLike<unknown>, (w) =>
    typeof w === 'number' || typeof w === 'string' ? w : { type: typeof w },
  );
  return Object.prototype.toString.call(window) + JSON.stringify(items);
}

/** The kept extractor of a function's checked options; of the signal's length all that counts is how much of a segment it fills. */
export function extractorOf(
  name: string,
  samples: number,
  options: SpectrogramOptions & WelchOptions,
  defaults: Defaults,
): FeatureExtractor {
  const { window = defaults.window } = options;
  const nperseg = Math.min(samples, options.nperseg ?? (isWindowSpec(window) ? 256 : Number(window?.length)));
  const key = `${name} ${nperseg} ${keyOf(window)} ${JSON.stringify({ ...options, window: null })}`;
  return extractors.get(key, options.nfft ?? nperseg, () =>
    features(segmentHead(samples, options, defaults), { dtype: 'f64' }),
  );
}

const modes = { psd: 'power', magnitude: 'magnitude', complex: 'complex' } as const;

const periodogramOptions: OptionTable<PeriodogramOptions> = {
  fs: finite(rateBounds),
  // `windowSamples` says what is wrong with a window.
  window: anything(),
  nfft: whole(),
  detrend: oneOf(['none', 'constant', 'linear']),
  scaling: oneOf(['density', 'spectrum']),
  oneSided: flag,
};

export const segmentOptions = extended<PeriodogramOptions, SegmentOptions>(periodogramOptions, {
  nperseg: whole(),
  noverlap: whole(0),
});
export const welchOptions = extended<SegmentOptions, WelchOptions>(segmentOptions, {
  average: oneOf(['mean', 'median']),
});
const spectrogramOptions = extended<SegmentOptions, SpectrogramOptions>(segmentOptions, {
  mode: oneOf(['psd', 'magnitude', 'complex']),
});

/** The head of segments of a signal of so many samples. Throws InvalidArgumentError as SciPy raises ValueError. */
export function segmentHead(
  samples: number,
  options: SpectrogramOptions & WelchOptions,
  defaults: Defaults,
): HeadConfig {
  if (samples < 1) throw new InvalidArgumentError('x is empty; expected at least one sample');
  const { window = defaults.window, mode = 'psd', average = defaults.average } = options;
  const given = isWindowSpec(window) ? null : Array.from(windowSamples(window, window?.length, 'periodic'));
  const { nperseg: wanted = given?.length ?? 256, noverlap = defaults.overlap(Math.min(wanted, samples)) } =
    options;
  if (given && (given.length !== wanted || given.length > samples))
    throw new InvalidArgumentError(
      `window has ${given.length} samples; expected nperseg = ${wanted}, and at most those of the signal, ${samples}`,
    );
  const nperseg = Math.min(wanted, samples);
  const { nfft = nperseg } = options;
  if (nfft < nperseg)
    throw new InvalidArgumentError(`nfft is ${nfft}; expected an integer of at least nperseg = ${nperseg}`);
  if (noverlap >= wanted)
    throw new InvalidArgumentError(`noverlap is ${noverlap}; expected 0 to nperseg - 1 = ${wanted - 1}`);
  return featureHead('scipy-spectrogram', {
    sampleRate: options.fs ?? 1,
    nFft: nfft,
    windowLength: nperseg,
    // A signal shorter than a segment is one segment, which overlaps nothing.
    hop: wanted > samples ? nperseg : nperseg - noverlap,
    window: given ?? (window as WindowSpec),
    detrend: options.detrend ?? 'constant',
    scaling: options.scaling ?? 'density',
    sides: (options.oneSided ?? true) ? 'one' : 'two',
    spectrum: modes[mode],
    average,
  });
}

export const welchDefaults: Defaults = {
  window: 'hann',
  overlap: (nperseg) => Math.floor(nperseg / 2),
  average: 'mean',
};
const periodogramDefaults: Defaults = { window: 'boxcar', overlap: () => 0, average: 'none' };
const spectrogramDefaults: Defaults = {
  window: ['tukey', 0.25],
  overlap: (nperseg) => Math.floor(nperseg / 8),
  average: 'none',
};

const spectrumOf = (extractor: FeatureExtractor, x: ArrayLike<number>): PowerSpectrum => ({
  frequencies: extractor.frequencies.slice(),
  power: extractor.run(x).data as Float64Array,
});

/**
 * scipy.signal.welch: power spectral density by averaged periodograms (Welch 1967).
 * Throws InvalidArgumentError for options that are not possible.
 */
export function welch(x: ArrayLike<number>, options: WelchOptions = {}): PowerSpectrum {
  requireNumbers('x', x);
  checkOptions('welch', options, welchOptions);
  return spectrumOf(extractorOf('welch', x.length, options, welchDefaults), x);
}

/** scipy.signal.periodogram: one segment, all of x or its first nfft samples. Throws InvalidArgumentError. */
export function periodogram(x: ArrayLike<number>, options: PeriodogramOptions = {}): PowerSpectrum {
  requireNumbers('x', x);
  checkOptions('periodogram', options, periodogramOptions);
  const nperseg = Math.min(x.length, options.nfft ?? x.length);
  const segment = { ...options, nperseg: Math.max(1, nperseg) };
  const first = nperseg < x.length ? Array.prototype.slice.call(x, 0, nperseg) : x;
  return spectrumOf(extractorOf('periodogram', x.length, segment, periodogramDefaults), first);
}

/** scipy.signal.spectrogram, by default with its Tukey window. Throws InvalidArgumentError. */
export function spectrogram(x: ArrayLike<number>, options: SpectrogramOptions = {}): Spectrogram {
  requireNumbers('x', x);
  checkOptions('spectrogram', options, spectrogramOptions);
  const extractor = extractorOf('spectrogram', x.length, options, spectrogramDefaults);
  const { data, imaginary } = extractor.run(x);
  return {
    frequencies: extractor.frequencies.slice(),
    times: extractor.times(x.length),
    values: data as Float64Array,
    ...(imaginary ? { imaginary: imaginary as Float64Array } : {}),
  };
}
