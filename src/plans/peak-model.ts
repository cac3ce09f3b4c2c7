/**
 * What a Welch spectrum makes of a tone between bins: predicted errors of its interpolated frequency and level, term by term.
 *
 * - interpolation: the window's lobe in dB against the parabola through its top three bins (Smith & Serra 1987), evaluated on
 *   the lobe itself, noise power included;
 * - leakage: the other tones and all mirror images through the window's sidelobes, worst phases (Harris 1978);
 * - noise: its cross term with the tone, through the parabola as one weighted sum of three bins whose averages over segments that
 *   share samples are formed exactly, and the square of the noise as Welch (1967) averages it.
 */
import { numberFormats, type Dtype } from '../compiler/number-format.ts';
import { lobeOf, type Lobe } from '../numeric/lobe.ts';
import { memoized } from '../numeric/memoized.ts';
import { interpolatedPeak } from '../numeric/peaks.ts';
import type { WindowSpec } from '../numeric/window.ts';

/** What a strategy is made for: steady tones in white noise, how their spectrum is made, how surely errors hold. */
export interface PeakTask {
  /** Hz */
  readonly sampleRate: number;
  /** Of every signal that will be analysed, 16 to 2^26. */
  readonly samples: number;
  /** Tones to find, 1 to 1000. */
  readonly peaks: number;
  /** dB, power of the weakest tone over that of white noise in the whole band; default 20. Infinity: no noise. */
  readonly snr: number;
  /** Hz between tones, at least, and half of it from 0 and sampleRate / 2; default sampleRate / (4 peaks). */
  readonly separation: number;
  /** dB from the weakest to the strongest tone, default 20 (0 for one peak). */
  readonly dynamicRange: number;
  /** Probability with which each of the two errors of a peak stays within its budget, 0.5 to 0.999; default 0.95. */
  readonly confidence: number;
  /** Periodic; default hann. */
  readonly window: WindowSpec;
  /** Default f32. */
  readonly dtype: Dtype;
}

/** A way to cut a signal into segments and transform them. */
export interface PeakCandidate {
  /** Samples. */
  readonly segmentLength: number;
  readonly segments: number;
  /** Samples from segment to segment; more than a segment leaves samples out. */
  readonly hop: number;
  /** Points of the transform; zeros follow the segment. */
  readonly nfft: number;
}

/** One error, term by term; total: interpolation + leakage + noise. */
export interface ErrorTerms {
  readonly interpolation: number;
  readonly leakage: number;
  /** The quantile of `confidence`. */
  readonly noise: number;
  readonly total: number;
}

/** Errors of a candidate as the formulas predict them. */
export interface PredictedErrors {
  /** Hz, for the worst place between bins. */
  readonly frequency: ErrorTerms;
  /** dB */
  readonly level: ErrorTerms;
  /** Bound (Chernoff) on the probability that noise alone stands higher somewhere. */
  readonly falsePeak: number;
}

/** The two errors of a peak. */
export interface ErrorPair {
  /** Hz */
  readonly frequency: number;
  /** dB */
  readonly level: number;
}

/** Errors on test signals, at the confidence. */
export interface AttainedErrors extends ErrorPair {
  /** Tones that were measured. */
  readonly tones: number;
}

/** Bins to either side, per point of padding, whose median stands for the noise under a peak. */
export const neighbourhood = 64;

const decibels = 20 / Math.LN10;

/** Two-sided quantile of the normal distribution, to 4.5e-4 (Abramowitz & Stegun 26.2.23). */
export function normalQuantile(confidence: number): number {
  const t = Math.sqrt(-2 * Math.log((1 - confidence) / 2));
  return (
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  );
}

const lobeOfShape = /* @__PURE__ */ memoized(
  ({ window, length }: { readonly window: WindowSpec; readonly length: number }) => lobeOf(window, length),
  64,
  JSON.stringify,
);

/** The lobe of a window of so many samples; longer ones than 512 have that of 512. */
export const lobeFor = (window: WindowSpec, length: number): Lobe =>
  lobeOfShape({ window, length: Math.min(length, 512) });

/** Variance of averaged periodograms of noise against one periodogram (Welch 1967). */
function averaging(lobe: Lobe, c: PeakCandidate): number {
  let sum = 1;
  for (let j = 1; j < c.segments && j * c.hop < c.segmentLength; j++)
    sum += 2 * (1 - j / c.segments) * lobe.overlap((j * c.hop) / c.segmentLength) ** 2;
  return sum / c.segments;
}

/** Noise power over that of the weakest tone, rounding of the transform included (0.5 eps sqrt(log2 n) of all energy). */
function noiseRatio({ peaks, dynamicRange, snr, dtype }: PeakTask, nfft: number): number {
  const eps = numberFormats[dtype].roundoff;
  const all = peaks * 10 ** (dynamicRange / 10);
  return 10 ** (-snr / 10) + all * 0.25 * eps * eps * Math.log2(nfft);
}

/** Relative amplitude that all other components can leave x bins from a tone: 2 K - 1 of them, two at each multiple of the separation. */
function leaked(task: PeakTask, lobe: Lobe, length: number, x: number): number {
  const apart = (task.separation * length) / task.sampleRate;
  const others = task.peaks > 1 ? 10 ** (task.dynamicRange / 20) : 1;
  let sum = 0;
  for (let c = 1; c < 2 * task.peaks; c++) sum += others * lobe.reach(Math.ceil(c / 2) * apart - x);
  return sum;
}

/** Derivatives of the vertex by the three levels: position and value. */
function sensitivities(levels: readonly number[]): { position: number[]; value: number[] } {
  const [l, m, r] = levels;
  const curvature = l - 2 * m + r;
  const o = (0.5 * (l - r)) / curvature;
  return {
    position: [(0.5 - o) / curvature, (2 * o) / curvature, (-0.5 - o) / curvature],
    value: [0.5 * o * (o - 1), 1 - o * o, 0.5 * o * (o + 1)],
  };
}

interface Spread {
  /** Power of a tone in its bin over that of the noise there. */
  readonly ratio: number;
  readonly segments: number;
  /** Hop over segment length. */
  readonly shift: number;
  /** Variance of averages of the square of the noise. */
  readonly square: number;
  readonly z: number;
}

/** Errors of a tone `offset` bins of the transform beside the middle one: position in those bins and level in dB. */
function errorsAt(
  lobe: Lobe,
  padding: number,
  offset: number,
  leak: (x: number) => number,
  { ratio, segments, shift, square, z }: Spread,
): { position: ErrorTerms; value: ErrorTerms } {
  const at = [-1, 0, 1].map((i) => (i - offset) / padding);
  const gains = at.map((x) => lobe.gain(x));
  const levels = gains.map((g) => 10 * Math.log10(g * g + 1 / ratio));
  const vertex = interpolatedPeak(levels, 1);
  const by = sensitivities(levels);
  const terms = (weights: readonly number[], bias: number): ErrorTerms => {
    const scaled = weights.map((weight, i) => weight / gains[i]);
    let variance = lobe.combined(scaled, at, segments, shift) / (2 * ratio);
    let leakage = 0;
    scaled.forEach((a, i) => {
      leakage += Math.abs(a) * decibels * leak(Math.abs(at[i]));
      scaled.forEach((b, k) => {
        const shared = lobe.coherence(at[i] - at[k]) / ratio;
        variance += (a * b * square * shared * shared) / (4 * gains[i] * gains[k]);
      });
    });
    const noise = z * decibels * Math.sqrt(Math.max(0, variance));
    const interpolation = Math.abs(bias);
    return { interpolation, leakage, noise, total: interpolation + leakage + noise };
  };
  return {
    position: terms(by.position, vertex.position - 1 - offset),
    value: terms(by.value, vertex.value),
  };
}

const scaled = (e: ErrorTerms, by: number): ErrorTerms => ({
  interpolation: e.interpolation * by,
  leakage: e.leakage * by,
  noise: e.noise * by,
  total: e.total * by,
});

/** Predicted errors of the weakest tone, each held with the task's confidence. */
export function predictErrors(task: PeakTask, candidate: PeakCandidate): PredictedErrors {
  const { segmentLength, nfft } = candidate;
  const lobe = lobeFor(task.window, segmentLength);
  const padding = nfft / segmentLength;
  const spread: Spread = {
    ratio: segmentLength / (2 * lobe.noiseBandwidth * noiseRatio(task, nfft)),
    segments: candidate.segments,
    shift: candidate.hop / segmentLength,
    square: averaging(lobe, candidate),
    z: normalQuantile(task.confidence),
  };
  const leak = (x: number): number => leaked(task, lobe, segmentLength, x);
  const steps = 8;
  let [frequency, level] = [{ total: -1 } as ErrorTerms, { total: -1 } as ErrorTerms];
  for (let i = 0; i <= steps; i++) {
    const { position, value } = errorsAt(lobe, padding, i / (2 * steps), leak, spread);
    if (position.total > frequency.total) frequency = position;
    if (value.total > level.total) level = value;
  }
  // The least that the tone's bin may show, in units of the noise there, against averages of exponential variables.
  const edge = lobe.gain(1 / (2 * padding)) ** 2;
  const least = (1 + spread.ratio * edge) * 10 ** (-level.noise / 10);
  const exponent = (Math.log(least) + 1 - least) / spread.square;
  const falsePeak = least > 1 ? Math.min(1, (segmentLength / 2) * Math.exp(exponent)) : 1;
  return { frequency: scaled(frequency, task.sampleRate / nfft), level, falsePeak };
}
