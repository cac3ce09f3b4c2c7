/**
 * What suite features computes: log-mel spectrograms of a clip, checked against the definition in float64 (a DFT by direct
 * summation and librosa's mel filters) before anyone is timed.
 */
import { realDft } from '../../src/numeric/dft.ts';
import { melFilterbank } from '../../src/numeric/mel.ts';
import { windowByName } from '../../src/numeric/window.ts';
import { noise } from '../signal.ts';

/** log10 of mel energies, floored; or what OpenAI's Whisper makes of them: clamped to (maximum - 8), then (x + 4) / 4. */
export type Finish = 'log10' | 'whisper';

/**
 * Periodic Hann window of nFft samples, power, Slaney mels with Slaney's normalisation from 0 Hz to half the sample rate.
 * whisper: frames centred with reflection at both ends, and the last one dropped; log10: no padding.
 */
export interface FeatureTask {
  readonly name: string;
  readonly finish: Finish;
  /** Hz */
  readonly sampleRate: number;
  readonly nFft: number;
  readonly hop: number;
  readonly mels: number;
  readonly floor: number;
  readonly frames: number;
  readonly samples: Float32Array;
}

/** Features of a clip, one frame (or one band) after another. */
export interface Features {
  readonly data: ArrayLike<number>;
  readonly order: 'frames' | 'bands';
}

/**
 * Largest difference from the reference of a contender that is timed: 0.23 % of an energy. Float32 leaves 1e-4, filters
 * made in float32 leave 4e-4; a symmetric window, another mel scale or norm are far outside.
 */
export const tolerance = 1e-3;
/** Of log10 energies those above this share of the largest in their frame are compared, as parity is stated. */
const audibleShare = 1e-7;

const sampleRate = 16000;

/** Noise whose level moves over 100 dB and two gliding tones with pauses, within [-1, 1]: floor and clamp are reached. */
export function clip(seconds: number): Float32Array {
  const hiss = noise(seconds * sampleRate, 4);
  return Float32Array.from(hiss, (x, i) => {
    const t = i / sampleRate;
    const level = 10 ** (-3 + 2.5 * Math.sin(2 * Math.PI * 0.7 * t));
    const tones = Math.sin(600 * t + 900 * Math.sin(t)) + 0.3 * Math.sin(9000 * t + 4000 * Math.sin(0.9 * t));
    return level * x + 0.3 * tones * Math.max(0, Math.sin(5 * t));
  });
}

/** 60 s at 512 points, as most models of speech and sound have it. */
export function logMelTask(seconds = 60): FeatureTask {
  const samples = clip(seconds);
  const [nFft, hop] = [512, 160];
  const frames = 1 + Math.floor((samples.length - nFft) / hop);
  return { name: 'log-mel', finish: 'log10', sampleRate, nFft, hop, mels: 80, floor: 1e-10, frames, samples };
}

/** Whisper's clip of 30 s at 400 points. */
export function whisperTask(seconds = 30): FeatureTask {
  const samples = clip(seconds);
  const [nFft, hop] = [400, 160];
  const frames = Math.floor(samples.length / hop);
  return {
    name: 'whisper',
    finish: 'whisper',
    sampleRate,
    nFft,
    hop,
    mels: 80,
    floor: 1e-10,
    frames,
    samples,
  };
}

/** Duration of the clip. */
export const secondsOf = ({ samples, sampleRate }: FeatureTask): number => samples.length / sampleRate;

export const binsOf = ({ nFft }: FeatureTask): number => Math.floor(nFft / 2) + 1;

export const windowOf = ({ nFft }: FeatureTask): Float64Array => windowByName('hann', nFft, 'periodic');

/** Mel filters [mels, bins]. */
export function filtersOf({ sampleRate, nFft, mels }: FeatureTask): Float64Array {
  const bank = melFilterbank({ sampleRate, nFft, mels, scale: 'slaney', norm: 'slaney' });
  const { bins, width, start, weights } = bank;
  const out = new Float64Array(mels * bins);
  start.forEach((from, m) => out.set(weights.subarray(m * width, (m + 1) * width), m * bins + from));
  return out;
}

/** The samples that frames are cut from: mirrored around the first and the last where frames are centred. */
export function paddedSamples({ finish, nFft, samples }: FeatureTask): Float32Array {
  if (finish === 'log10') return samples;
  const half = nFft / 2;
  const out = new Float32Array(samples.length + nFft);
  out.set(samples, half);
  for (let i = 1; i <= half; i++) {
    out[half - i] = samples[i];
    out[half + samples.length - 1 + i] = samples[samples.length - 1 - i];
  }
  return out;
}

/** Whisper's compression of log10 energies, in place. */
export function whisperCompress(log: Float32Array | Float64Array): void {
  let top = -Infinity;
  for (let i = 0; i < log.length; i++) if (log[i] > top) top = log[i];
  const least = top - 8;
  for (let i = 0; i < log.length; i++) log[i] = ((log[i] > least ? log[i] : least) + 4) / 4;
}

export interface Reference {
  /** [frames, mels] */
  readonly values: Float64Array;
  /** [frames, mels], 1 where values are compared. */
  readonly compared: Uint8Array;
}

export function referenceFeatures(task: FeatureTask): Reference {
  const { frames, mels, hop, floor, finish } = task;
  const [window, filters, samples, bins] = [
    windowOf(task),
    filtersOf(task),
    paddedSamples(task),
    binsOf(task),
  ];
  const values = new Float64Array(frames * mels);
  const compared = new Uint8Array(frames * mels).fill(1);
  for (let f = 0; f < frames; f++) {
    const { re, im } = realDft(window.map((w, j) => w * samples[f * hop + j]));
    const power = re.map((x, k) => x * x + im[k] * im[k]);
    const row = values.subarray(f * mels, (f + 1) * mels);
    for (let m = 0; m < mels; m++) for (let k = 0; k < bins; k++) row[m] += filters[m * bins + k] * power[k];
    const least = audibleShare * row.reduce((a, b) => Math.max(a, b));
    if (finish === 'log10') row.forEach((x, m) => (compared[f * mels + m] = x >= least ? 1 : 0));
    for (let m = 0; m < mels; m++) row[m] = Math.log10(Math.max(row[m], floor));
  }
  if (finish === 'whisper') whisperCompress(values);
  return { values, compared };
}

/** Largest difference where values are compared; NaN where any value is none, Infinity when there are too few or too many. */
export function featureError(
  { data, order }: Features,
  { frames, mels }: FeatureTask,
  { values, compared }: Reference,
): number {
  if (data.length !== frames * mels) return Infinity;
  let worst = 0;
  for (let f = 0; f < frames; f++)
    for (let m = 0; m < mels; m++) {
      const i = f * mels + m;
      const x = data[order === 'frames' ? i : m * frames + f];
      // Math.max keeps a NaN, which is no agreement.
      if (compared[i] === 1 || Number.isNaN(x)) worst = Math.max(worst, Math.abs(x - values[i]));
    }
  return worst;
}
