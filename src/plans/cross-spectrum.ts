/** scipy.signal's csd and coherence in float64: Welch's segments of two signals, walked block by block through one extractor. */
import { InvalidArgumentError } from '../errors.ts';
import { complexArray, mapParts, type ComplexArray } from '../numeric/complex.ts';
import { medianBias, medianOf } from '../numeric/percentiles.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { checkOptions, type OptionTable } from '../options.ts';
import type { FeatureExtractor, Features } from './features.ts';
import {
  extractorOf,
  segmentOptions,
  welchDefaults,
  welchOptions,
  type SegmentOptions,
  type WelchOptions,
} from './periodogram.ts';

/** A cross spectrum: `re[i]` and `im[i]` belong to `frequencies[i]`. */
export interface CrossSpectrum extends ComplexArray {
  /** Hz */
  readonly frequencies: Float64Array;
}

/** Options of `coherence`, in the words of scipy.signal.coherence: those of `csd` without what cancels. */
export type CoherenceOptions = Omit<SegmentOptions, 'scaling' | 'oneSided'>;

/** How much two signals have in common: `coherence[i]`, from 0 to 1, belongs to `frequencies[i]`. */
export interface Coherence {
  /** Hz */
  readonly frequencies: Float64Array;
  readonly coherence: Float64Array;
}

const coherenceOptions = /* @__PURE__ */ (() => {
  const { scaling: _scaling, oneSided: _oneSided, ...rest } = segmentOptions;
  return rest as OptionTable<CoherenceOptions>;
})();

/** Complex spectra of segments [segments, bins] of both signals. */
type Visit = (x: ComplexArray, y: ComplexArray, segments: number) => void;

const spectraOf = ({ data, imaginary }: Features): ComplexArray => ({
  re: data as Float64Array,
  im: imaginary as Float64Array,
});

/** Segments whose spectra are held at once, so that they stay near the processor. */
const blockSegments = (bins: number): number => Math.max(1, Math.floor(2 ** 15 / bins));

/** The extractor of the segments of two signals of one length, and a walk along them. */
function walkOf(
  name: string,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: SegmentOptions,
): { extractor: FeatureExtractor; segments: number; walk: (visit: Visit) => void } {
  if (x.length !== y.length)
    throw new InvalidArgumentError(
      `x has ${x.length} and y ${y.length} samples; expected the same count (SciPy pads the shorter one with zeros)`,
    );
  const defaults = { ...welchDefaults, average: 'none' } as const;
  const extractor = extractorOf(name, x.length, { ...options, mode: 'complex' }, defaults);
  const segments = extractor.frames(x.length);
  const { hop, windowLength, nFft } = extractor.head;
  const [a, b] = [x, y].map((signal) =>
    signal instanceof Float64Array ? signal : Float64Array.from(signal),
  );
  const walk = (visit: Visit): void => {
    const most = blockSegments(extractor.width);
    for (let first = 0; first < segments; first += most) {
      const count = Math.min(most, segments - first);
      const end = (first + count - 1) * hop + (windowLength ?? nFft);
      const [X, Y] = [a, b].map((signal) => spectraOf(extractor.run(signal.subarray(first * hop, end))));
      visit(X, Y, count);
    }
  };
  return { extractor, segments, walk };
}

/** sum += conj(x) y of a segment, whose bins begin at a place of x and y. */
function addCross({ re, im }: ComplexArray, x: ComplexArray, y: ComplexArray, at: number): void {
  for (let k = 0; k < re.length; k++) {
    const [a, b, c, d] = [x.re[at + k], x.im[at + k], y.re[at + k], y.im[at + k]];
    re[k] += a * c + b * d;
    im[k] += a * d - b * c;
  }
}

/** The mean of conj(X) Y over the segments. */
function meanProduct(bins: number, segments: number, walk: (visit: Visit) => void): ComplexArray {
  const sum = complexArray(bins);
  walk((x, y, count) => {
    for (let at = 0; at < count * bins; at += bins) addCross(sum, x, y, at);
  });
  return mapParts(sum, (v) => v / segments);
}

/** Medians of real and imaginary parts of conj(X) Y, divided by their bias. */
function medianProduct(bins: number, segments: number, walk: (visit: Visit) => void): ComplexArray {
  const products: ComplexArray[] = [];
  walk((x, y, count) => {
    for (let at = 0; at < count * bins; at += bins) {
      const product = complexArray(bins);
      addCross(product, x, y, at);
      products.push(product);
    }
  });
  const bias = medianBias(segments);
  const medians = (part: keyof ComplexArray): Float64Array =>
    Float64Array.from(
      { length: bins },
      (_, k) => medianOf(Float64Array.from(products, (p) => p[part][k])) / bias,
    );
  return { re: medians('re'), im: medians('im') };
}

/**
 * scipy.signal.csd: cross power spectral density of two signals of one length, conj(X) Y averaged over Welch's segments (Welch 1967).
 * csd(x, x) is `welch(x)`. Throws InvalidArgumentError for options that are not possible, and for signals of different lengths, which
 * SciPy pads.
 */
export function csd(x: ArrayLike<number>, y: ArrayLike<number>, options: WelchOptions = {}): CrossSpectrum {
  requireNumbers('x', x);
  requireNumbers('y', y);
  checkOptions('csd', options, welchOptions);
  const { average = 'mean', ...rest } = options;
  const { extractor, segments, walk } = walkOf('csd', x, y, rest);
  const product = average === 'mean' ? meanProduct : medianProduct;
  const { re, im } = product(extractor.width, segments, walk);
  // What stands for a frequency and its negative counts twice.
  const { nFft, sides } = extractor.head;
  if (sides !== 'two')
    for (let k = 1; 2 * k < nFft; k++) {
      re[k] *= 2;
      im[k] *= 2;
    }
  return { frequencies: extractor.frequencies.slice(), re, im };
}

/**
 * scipy.signal.coherence: magnitude squared coherence |Pxy|^2 / (Pxx Pyy) by Welch's method, 1 of a single segment; 0 where a signal has
 * no power (SciPy: NaN). Throws InvalidArgumentError as `csd` does.
 */
export function coherence(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: CoherenceOptions = {},
): Coherence {
  requireNumbers('x', x);
  requireNumbers('y', y);
  checkOptions('coherence', options, coherenceOptions);
  const { extractor, walk } = walkOf('coherence', x, y, options);
  const bins = extractor.width;
  const [both, ofX, ofY] = [complexArray(bins), complexArray(bins), complexArray(bins)];
  walk((X, Y, count) => {
    for (let at = 0; at < count * bins; at += bins) {
      addCross(both, X, Y, at);
      addCross(ofX, X, X, at);
      addCross(ofY, Y, Y, at);
    }
  });
  const common = (k: number): number => {
    // Quotients first: squares of powers under- and overflow.
    const [p, q] = [Math.sqrt(ofX.re[k]), Math.sqrt(ofY.re[k])];
    return p === 0 || q === 0 ? 0 : Math.min(1, (both.re[k] / p / q) ** 2 + (both.im[k] / p / q) ** 2);
  };
  return {
    frequencies: extractor.frequencies.slice(),
    coherence: Float64Array.from({ length: bins }, (_, k) => common(k)),
  };
}
