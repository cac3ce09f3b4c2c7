/**
 * Mel scales and triangular filterbanks in float64.
 * slaney: linear below 1 kHz, logarithmic above (Auditory Toolbox); htk: 2595 log10(1 + f / 700); both with triangles that
 * are straight over frequency, equal to librosa.filters.mel and torchaudio. kaldi: 1127 ln(1 + f / 700) with triangles that are
 * straight over mel: Kaldi's construction, and TensorFlow's linear_to_mel_weight_matrix.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkOptions, finite, oneOf, required, whole, type OptionTable } from '../options.ts';
import { banded, type Banded } from './banded.ts';
import { exp, log, log10, power } from './elementary.ts';
import { largestSize, rateBounds } from './frequencies.ts';

export type MelScale = 'slaney' | 'htk' | 'kaldi';

/**
 * Frequencies of the bins. dft (default): k sampleRate / nFft. half-rate: evenly from 0 to floor(sampleRate / 2), as torchaudio and
 * transformers place them; the same unless nFft or the sample rate is odd.
 */
export type BinSpacing = 'dft' | 'half-rate';

/**
 * On what triangles are straight. hz and mel: frequency and mel. bins: whole bins, corners rounded down to bin
 * floor((nFft + 1) f / sampleRate) (python_speech_features, nnom); two corners on one bin leave a side out.
 */
export type MelAxis = 'hz' | 'mel' | 'bins';

export const melAxes: readonly MelAxis[] = ['hz', 'mel', 'bins'];

/** slaney: height 2 / bandwidth, in the unit of the axis; sum: weights of sum 1; none: height 1. */
export type MelNorm = 'slaney' | 'sum' | 'none';

export const melNorms: readonly MelNorm[] = ['slaney', 'sum', 'none'];

export const binSpacings: readonly BinSpacing[] = ['dft', 'half-rate'];

export const melScales: readonly MelScale[] = ['slaney', 'htk', 'kaldi'];

const hzPerMel = 200 / 3;
const breakHz = 1000;
const breakMel = breakHz / hzPerMel;
/** ln(6.4) / 27, as a number: a call here would come along with imports that need none of this. */
const logStep = 0.06875177742094912;

export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * log10(1 + hz / 700);
  if (scale === 'kaldi') return 1127 * log(1 + hz / 700);
  return hz < breakHz ? hz / hzPerMel : breakMel + log(hz / breakHz) / logStep;
}

export function melToHz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (power(10, mel / 2595) - 1);
  if (scale === 'kaldi') return 700 * (exp(mel / 1127) - 1);
  return mel < breakMel ? mel * hzPerMel : breakHz * exp(logStep * (mel - breakMel));
}

export interface MelOptions {
  readonly sampleRate: number;
  readonly nFft: number;
  readonly mels: number;
  readonly fMin?: number;
  readonly fMax?: number;
  readonly scale: MelScale;
  readonly norm: MelNorm;
  readonly binSpacing?: BinSpacing | undefined;
  /** Default: mel on the kaldi scale, hz on the others. */
  readonly axis?: MelAxis | undefined;
}

/** Filterbank over the nFft/2 + 1 one-sided bins: a row per band. */
interface MelFilterbank extends Banded {
  readonly mels: number;
  readonly bins: number;
}

/** Corners in mel: mels + 2 even points. */
function melCorners({ sampleRate, mels, fMin = 0, fMax = sampleRate / 2, scale }: MelOptions): Float64Array {
  const [low, high] = [hzToMel(fMin, scale), hzToMel(fMax, scale)];
  const step = (high - low) / (mels + 1);
  return Float64Array.from({ length: mels + 2 }, (_, i) => (i === mels + 1 ? high : low + i * step));
}

/** On what triangles are straight. */
export const axisOf = ({ axis, scale }: Pick<MelOptions, 'axis' | 'scale'>): MelAxis =>
  axis ?? (scale === 'kaldi' ? 'mel' : 'hz');

/** Corner frequencies of the triangles in Hz: mels + 2 of them, band m from corner m to corner m + 2. */
export function melCornerFrequencies(options: MelOptions): Float64Array {
  const hz = melCorners(options).map((mel) => melToHz(mel, options.scale));
  if (axisOf(options) !== 'bins') return hz;
  const { sampleRate, nFft } = options;
  return hz.map((f) => (Math.floor(((nFft + 1) * f) / sampleRate) * sampleRate) / nFft);
}

const melOptions: OptionTable<MelOptions> = {
  sampleRate: required(finite(rateBounds)),
  nFft: required(whole(1, largestSize)),
  mels: required(whole()),
  fMin: finite({ minimum: 0 }),
  fMax: finite(rateBounds),
  scale: required(oneOf(melScales)),
  norm: required(oneOf(melNorms)),
  binSpacing: oneOf(binSpacings),
  axis: oneOf(melAxes),
};

/** Most weights of a bank, bands times bins: what a page may allocate at once. */
export const mostWeights = 2 ** 26;

function validateMel(options: MelOptions): void {
  checkOptions('a mel bank', options, melOptions);
  const { sampleRate, nFft, mels, fMin = 0, fMax = sampleRate / 2 } = options;
  if (!(fMin < fMax && fMax <= sampleRate / 2))
    throw new InvalidArgumentError(
      `fMin ${fMin} and fMax ${fMax} are no range within 0 to ${sampleRate / 2} Hz`,
    );
  const most = Math.floor(mostWeights / (Math.floor(nFft / 2) + 1));
  if (mels > most)
    throw new InvalidArgumentError(`mels is ${mels}; expected at most ${most} for nFft = ${nFft}`);
}

/** Centre frequency of each band in Hz. Throws as `melFilterbank` does. */
export function melCenters(options: MelOptions): Float64Array {
  validateMel(options);
  return melCornerFrequencies(options).slice(1, -1);
}

/** Corners of the triangles, and the bins, on the axis on which they are straight. */
function alongAxis(options: MelOptions): { corners: Float64Array; bins: Float64Array } {
  const { sampleRate, nFft, scale, binSpacing = 'dft' } = options;
  const count = Math.floor(nFft / 2) + 1;
  // Both spacings have the same bits where they are the same.
  const [range, steps] =
    binSpacing === 'dft' ? [sampleRate, nFft] : [2 * Math.floor(sampleRate / 2), 2 * Math.max(1, count - 1)];
  const hz = Float64Array.from({ length: count }, (_, k) => (k * range) / steps);
  const axis = axisOf(options);
  if (axis === 'hz') return { corners: melCornerFrequencies(options), bins: hz };
  if (axis === 'mel') return { corners: melCorners(options), bins: hz.map((f) => hzToMel(f, scale)) };
  const corners = melCornerFrequencies(options).map((f) => Math.round((f * nFft) / sampleRate));
  return { corners, bins: hz.map((_, k) => k) };
}

/** The weight at `f` of the triangle with corners `low`, `middle` and `high`; one without a side falls off at once. */
function triangle(f: number, [low, middle, high]: readonly [number, number, number]): number {
  const up = middle > low ? (f - low) / (middle - low) : f < middle ? 0 : Infinity;
  const down = high > middle ? (high - f) / (high - middle) : f < high ? Infinity : 0;
  return Math.max(0, Math.min(up, down));
}

/** Throws InvalidArgumentError for a non-positive count, an empty frequency range or an unknown scale or norm. */
export function melFilterbank(options: MelOptions): MelFilterbank {
  validateMel(options);
  const { sampleRate, mels, norm } = options;
  const { fMin = 0, fMax = sampleRate / 2 } = options;
  const { corners, bins } = alongAxis(options);
  if (axisOf(options) !== 'bins' && corners.some((at, i) => i > 0 && !(at > corners[i - 1])))
    throw new InvalidArgumentError(
      `mels is ${mels}; expected fewer, whose corners between ${fMin} and ${fMax} Hz differ`,
    );
  let from = 0;
  const rows = Array.from({ length: mels }, (_, m) => {
    const [low, middle, high] = corners.subarray(m, m + 3);
    while (from < bins.length && bins[from] < low) from++;
    let end = from;
    while (end < bins.length && bins[end] <= high) end++;
    const sides = bins.subarray(from, end).map((f) => triangle(f, [low, middle, high]));
    const height = norm === 'slaney' ? (high > low ? 2 / (high - low) : 0) : 1;
    const sum = norm === 'sum' ? sides.reduce((a, b) => a + b, 0) : 0;
    const row = sides.map((w) => (sum > 0 ? w / sum : height * w));
    const first = row.findIndex((w) => w > 0);
    // A row without bins begins at 0.
    return first < 0
      ? { first: 0, weights: [] }
      : { first: from + first, weights: row.subarray(first, row.findLastIndex((w) => w > 0) + 1) };
  });
  return { mels, bins: bins.length, ...banded(rows, bins.length) };
}
