/** scipy.signal's welch, periodogram and spectrogram in float64: one call, an extractor kept per set of options. */
import { InvalidArgumentError } from '../errors.ts';
import type { WindowSpec } from '../numeric/window.ts';
import type { HeadConfig } from '../spectral/head.ts';
import { featureHead } from '../spectral/presets.ts';
import { PlanCache } from './cache.ts';
import { features, type FeatureExtractor } from './features.ts';

export interface PeriodogramOptions {
  /** Hz; default 1. */
  readonly fs?: number;
  /** Default hann (welch), boxcar (periodogram), tukey 0.25 (spectrogram); periodic. */
  readonly window?: WindowSpec;
  /** Points of the transform, at least the samples of a segment; zeros follow. */
  readonly nfft?: number;
  /** Default constant; spectrogram's and welch's segments each by itself. */
  readonly detrend?: 'none' | 'constant' | 'linear';
  /** density (default): V^2 / Hz; spectrum: V^2. */
  readonly scaling?: 'density' | 'spectrum';
  /** Default true; false gives all bins in the order of fftfreq. */
  readonly oneSided?: boolean;
}

export interface SegmentOptions extends PeriodogramOptions {
  /** Samples of a segment; default 256; at most those of the signal. */
  readonly nperseg?: number;
  /** Samples that consecutive segments share; default half of a segment, an eighth for spectrogram. */
  readonly noverlap?: number;
}

export interface WelchOptions extends SegmentOptions {
  /** Default mean; median is divided by its bias. */
  readonly average?: 'mean' | 'median';
}

export interface SpectrogramOptions extends SegmentOptions {
  /** psd (default): power; magnitude: |X|; complex: X, not doubled. */
  readonly mode?: 'psd' | 'magnitude' | 'complex';
}

export interface PowerSpectrum {
  /** Hz */
  readonly frequencies: Float64Array;
  readonly power: Float64Array;
}

export interface Spectrogram {
  /** Hz */
  readonly frequencies: Float64Array;
  /** Middles of the segments, seconds. */
  readonly times: Float64Array;
  /** [segments, frequencies]: SciPy's result transposed. */
  readonly values: Float64Array;
  /** Imaginary parts in mode complex. */
  readonly imaginary?: Float64Array;
}

const extractors = /* @__PURE__ */ new PlanCache<string, FeatureExtractor>(32);

const extractorOf = (head: HeadConfig): FeatureExtractor =>
  extractors.get(JSON.stringify(head), head.nFft, () => features(head, { dtype: 'f64' }));

const modes = { psd: 'power', magnitude: 'magnitude', complex: 'complex' } as const;

/** The head of segments of a signal of so many samples. Throws InvalidArgumentError as SciPy raises ValueError. */
export function segmentHead(
  samples: number,
  options: SpectrogramOptions & WelchOptions,
  defaults: { window: WindowSpec; detrend: 'none' | 'constant'; overlap: (nperseg: number) => number },
  average: HeadConfig['average'],
): HeadConfig {
  if (samples < 1) throw new InvalidArgumentError('x is empty; expected at least one sample');
  const { nperseg: wanted = 256, mode = 'psd' } = options;
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new InvalidArgumentError(`nperseg is ${wanted}; expected a positive integer`);
  const nperseg = Math.min(wanted, samples);
  const { nfft = nperseg, noverlap = defaults.overlap(nperseg) } = options;
  if (!Number.isInteger(nfft) || nfft < nperseg)
    throw new InvalidArgumentError(`nfft is ${nfft}; expected an integer of at least nperseg = ${nperseg}`);
  if (!Number.isInteger(noverlap) || noverlap < 0 || noverlap >= nperseg)
    throw new InvalidArgumentError(`noverlap is ${noverlap}; expected 0 to nperseg - 1 = ${nperseg - 1}`);
  if (!Object.hasOwn(modes, mode))
    throw new InvalidArgumentError(
      `mode is ${JSON.stringify(mode)}; expected ${Object.keys(modes).join(', ')}`,
    );
  return featureHead('scipy-spectrogram', {
    sampleRate: options.fs ?? 1,
    nFft: nfft,
    windowLength: nperseg,
    hop: nperseg - noverlap,
    window: options.window ?? defaults.window,
    detrend: options.detrend ?? defaults.detrend,
    scaling: options.scaling ?? 'density',
    sides: (options.oneSided ?? true) ? 'one' : 'two',
    spectrum: modes[mode],
    average,
  });
}

/** Of welch, where they are not those of all periodograms. */
export const welchDefaults = {
  window: 'hann',
  detrend: 'constant',
  overlap: (nperseg: number) => Math.floor(nperseg / 2),
} as const;

/**
 * scipy.signal.welch: power spectral density by averaged periodograms (Welch 1967).
 * Throws InvalidArgumentError for options that are not possible.
 */
export function welch(x: ArrayLike<number>, options: WelchOptions = {}): PowerSpectrum {
  const { average = 'mean' } = options;
  const extractor = extractorOf(segmentHead(x.length, options, welchDefaults, average));
  return { frequencies: extractor.frequencies.slice(), power: extractor.run(x).data as Float64Array };
}

/** scipy.signal.periodogram: one segment, all of x or its first nfft samples. Throws InvalidArgumentError. */
export function periodogram(x: ArrayLike<number>, options: PeriodogramOptions = {}): PowerSpectrum {
  const nperseg = Math.min(x.length, options.nfft ?? x.length);
  const defaults = { window: 'boxcar', detrend: 'constant', overlap: () => 0 } as const;
  const extractor = extractorOf(
    segmentHead(x.length, { ...options, nperseg: Math.max(1, nperseg) }, defaults, 'none'),
  );
  const first = nperseg < x.length ? Array.prototype.slice.call(x, 0, nperseg) : x;
  return { frequencies: extractor.frequencies.slice(), power: extractor.run(first).data as Float64Array };
}

/** scipy.signal.spectrogram, by default with its Tukey window. Throws InvalidArgumentError. */
export function spectrogram(x: ArrayLike<number>, options: SpectrogramOptions = {}): Spectrogram {
  const defaults = {
    window: ['tukey', 0.25],
    detrend: 'constant',
    overlap: (n: number) => Math.floor(n / 8),
  } as const;
  const extractor = extractorOf(segmentHead(x.length, options, defaults, 'none'));
  const { data, imaginary } = extractor.run(x);
  return {
    frequencies: extractor.frequencies.slice(),
    times: extractor.times(x.length),
    values: data as Float64Array,
    ...(imaginary ? { imaginary: imaginary as Float64Array } : {}),
  };
}
