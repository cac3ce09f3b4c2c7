/**
 * Mel scales and triangular filterbanks in float64.
 * slaney: linear below 1 kHz, logarithmic above (Auditory Toolbox); htk: 2595 log10(1 + f / 700); both with triangles that
 * are straight over frequency, equal to librosa.filters.mel and torchaudio. kaldi: 1127 ln(1 + f / 700) with triangles that are
 * straight over mel: Kaldi's construction, and TensorFlow's linear_to_mel_weight_matrix.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkOptions, finite, oneOf, required, whole, type OptionTable } from '../options.ts';
import { banded, type Banded } from './banded.ts';
import { largestSize, rateBounds } from './frequencies.ts';

export type MelScale = 'slaney' | 'htk' | 'kaldi';

/**
 * Frequencies of the bins. dft (default): k sampleRate / nFft. half-rate: evenly from 0 to floor(sampleRate / 2), as torchaudio and
 * transformers place them; the same unless nFft or the sample rate is odd.
 */
export type BinSpacing = 'dft' | 'half-rate';

export const binSpacings: readonly BinSpacing[] = ['dft', 'half-rate'];

export const melScales: readonly MelScale[] = ['slaney', 'htk', 'kaldi'];

const hzPerMel = 200 / 3;
const breakHz = 1000;
const breakMel = breakHz / hzPerMel;
const logStep = Math.log(6.4) / 27;

export function hzToMel(hz: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + hz / 700);
  if (scale === 'kaldi') return 1127 * Math.log(1 + hz / 700);
  return hz < breakHz ? hz / hzPerMel : breakMel + Math.log(hz / breakHz) / logStep;
}

export function melToHz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (10 ** (mel / 2595) - 1);
  if (scale === 'kaldi') return 700 * (Math.exp(mel / 1127) - 1);
  return mel < breakMel ? mel * hzPerMel : breakHz * Math.exp(logStep * (mel - breakMel));
}

export interface MelOptions {
  readonly sampleRate: number;
  readonly nFft: number;
  readonly mels: number;
  readonly fMin?: number;
  readonly fMax?: number;
  readonly scale: MelScale;
  /** slaney: height 2 / bandwidth, in Hz, or in mel where the triangles are straight over mel (kaldi); none: height 1. */
  readonly norm: 'slaney' | 'none';
  readonly binSpacing?: BinSpacing | undefined;
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

/** Corner frequencies of the triangles in Hz: mels + 2 of them, band m from corner m to corner m + 2. */
export const melCornerFrequencies = (options: MelOptions): Float64Array =>
  melCorners(options).map((mel) => melToHz(mel, options.scale));

const melOptions: OptionTable<MelOptions> = {
  sampleRate: required(finite(rateBounds)),
  nFft: required(whole(1, largestSize)),
  mels: required(whole()),
  fMin: finite({ minimum: 0 }),
  fMax: finite(rateBounds),
  scale: required(oneOf(melScales)),
  norm: required(oneOf(['slaney', 'none'])),
  binSpacing: oneOf(binSpacings),
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

/** Throws InvalidArgumentError for a non-positive count, an empty frequency range or an unknown scale or norm. */
export function melFilterbank(options: MelOptions): MelFilterbank {
  validateMel(options);
  const { sampleRate, nFft, mels, scale, norm, binSpacing = 'dft' } = options;
  const { fMin = 0, fMax = sampleRate / 2 } = options;
  const bins = Math.floor(nFft / 2) + 1;
  // Both spacings have the same bits where they are the same.
  const [range, steps] =
    binSpacing === 'dft' ? [sampleRate, nFft] : [2 * Math.floor(sampleRate / 2), 2 * Math.max(1, bins - 1)];
  const hz = melCornerFrequencies(options);
  // The axis on which the triangles are straight.
  const [edge, axis] =
    scale === 'kaldi'
      ? [melCorners(options), (f: number): number => hzToMel(f, scale)]
      : [hz, (f: number): number => f];
  if (edge.some((at, i) => i > 0 && !(at > edge[i - 1])))
    throw new InvalidArgumentError(
      `mels is ${mels}; expected fewer, whose corners between ${fMin} and ${fMax} Hz differ`,
    );
  const rows = Array.from({ length: mels }, (_, m) => {
    const height = norm === 'slaney' ? 2 / (edge[m + 2] - edge[m]) : 1;
    const row = Float64Array.from({ length: bins }, (_, k) => {
      const f = axis((k * range) / steps);
      const up = (f - edge[m]) / (edge[m + 1] - edge[m]);
      const down = (edge[m + 2] - f) / (edge[m + 2] - edge[m + 1]);
      return height * Math.max(0, Math.min(up, down));
    });
    const first = Math.max(
      0,
      row.findIndex((w) => w > 0),
    );
    return { first, weights: row.subarray(first, row.findLastIndex((w) => w > 0) + 1) };
  });
  return { mels, bins, ...banded(rows, bins) };
}
