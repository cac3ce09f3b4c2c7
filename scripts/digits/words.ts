/** Spoken words of the corpus as clips: a word between short margins, at some speed and level, in noise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeWav } from '../../src/files.ts';
import { resample } from '../../src/index.ts';
import { fillUniform, permutation } from '../../src/numeric/random.ts';
import { corpusRate, type Item } from '../corpus/manifest.ts';

export interface Word {
  readonly label: string;
  /** Speaker. */
  readonly group: string;
  readonly language: string;
  readonly samples: Float64Array;
}

/** How spoken samples are made a clip. */
export interface Setting {
  /** Decibels of word over noise; Infinity: none. */
  readonly snr: number;
  readonly gain: number;
  /** Of the word in its margins, from -1 to 1. */
  readonly shift: number;
}

/** Samples before and after a word. */
const margin = 0.05 * corpusRate;
/** Noise recordings of a smaller root mean square are left out. */
const quietest = 1e-3;

const meanPower = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0) / x.length;

const read = (folder: string, { file }: Item): Float64Array =>
  decodeWav(readFileSync(join(folder, file)), file).samples;

export const loadWords = (folder: string, items: readonly Item[]): Word[] =>
  items.flatMap((item) =>
    item.category === 'digits' && item.label !== undefined
      ? [
          {
            label: item.label,
            group: item.group,
            language: (item.language ?? '').split('_')[0],
            samples: read(folder, item),
          },
        ]
      : [],
  );

/** Noise recordings of a second or more, `count` for each part; no recording is in two parts. */
export function loadNoise(
  folder: string,
  items: readonly Item[],
  count: number,
  seed: number,
): { train: Float64Array[]; test: Float64Array[] } {
  const noises = items.filter((i) => i.category === 'noise' && i.seconds >= 1);
  const recordings = [...new Set(noises.map((i) => i.recording))].sort();
  const order = Array.from(permutation(recordings.length, seed, 0x4015e), (i) => recordings[i]);
  const loud = order
    .map((r) => read(folder, noises.find((i) => i.recording === r) as Item))
    .filter((x) => Math.sqrt(meanPower(x)) > quietest);
  return { train: loud.slice(0, count), test: loud.slice(count, 2 * count) };
}

/** Uniform numbers in [0, 1) of one clip. */
export function uniforms(count: number, seed: number, stream: number): Float64Array {
  const out = new Float64Array(count);
  fillUniform(out, seed, stream);
  return out.map((x) => (x + 1) / 2);
}

/** A stretch of a noise from a place in [0, 1), going round. */
function stretch(noise: Float64Array, length: number, place: number): Float64Array {
  const from = Math.floor(place * noise.length);
  return Float64Array.from({ length }, (_, i) => noise[(from + i) % noise.length]);
}

/** Rates that a word is read at, as if it were recorded so: slower and lower to faster and higher, in ratios of small numbers. */
const readAt = [0.9, 0.95, 1, 1.05, 1.1].map((speed) => speed * corpusRate);

/** The samples of a word at several speeds. */
export const speedsOf = ({ samples }: Word): Float64Array[] =>
  readAt.map((from) => (from === corpusRate ? samples : resample(samples, { from, to: corpusRate })));

/** Spoken samples in a setting; the noise, if any, begins at a place of its recording. */
export function clipOf(
  spoken: Float64Array,
  { snr, gain, shift }: Setting,
  noise: Float64Array,
  place: number,
): Float64Array {
  const out = new Float64Array(spoken.length + 2 * margin);
  out.set(spoken, Math.round(margin * (1 + shift)));
  if (snr !== Infinity) {
    const under = stretch(noise, out.length, place);
    const power = meanPower(under);
    const scale = power > 0 ? Math.sqrt(meanPower(spoken) / power / 10 ** (snr / 10)) : 0;
    for (let i = 0; i < out.length; i++) out[i] += scale * under[i];
  }
  const peak = out.reduce((a, b) => Math.max(a, Math.abs(b)), 1 / gain);
  return out.map((x) => (gain * x) / Math.max(1, peak * gain));
}

/** log10 below the loudest band of a clip at which features are cut off. */
const depth = 5;

/**
 * What a classifier reads of log-mel features [frames, bands]: over so many equal stretches of time the mean of each band,
 * relative to the mean of all, so that the level does not matter.
 */
export function pooled(features: ArrayLike<number>, bands: number, stretches: number): Float32Array {
  const frames = features.length / bands;
  let loudest = -Infinity;
  for (let i = 0; i < features.length; i++) loudest = Math.max(loudest, features[i]);
  const out = new Float32Array(stretches * bands);
  for (let t = 0; t < stretches; t++) {
    const [from, to] = [(t * frames) / stretches, ((t + 1) * frames) / stretches];
    for (let f = Math.floor(from); f < Math.ceil(to); f++) {
      const part = (Math.min(f + 1, to) - Math.max(f, from)) / (to - from);
      for (let b = 0; b < bands; b++)
        out[t * bands + b] += part * Math.max(features[f * bands + b], loudest - depth);
    }
  }
  const mean = out.reduce((a, b) => a + b, 0) / out.length;
  return out.map((x) => x - mean);
}
