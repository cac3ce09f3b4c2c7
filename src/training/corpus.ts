/** Recordings, their split into train, validation and test, and batches of frames. Splits never share a recording. */
import { InvalidArgumentError } from '../errors.ts';
import { wasmBackend } from '../backends/wasm/wasm.ts';
import { frameCount, type LogMelConfig } from '../numeric/log-mel.ts';
import { permutation } from '../numeric/random.ts';
import { compileSpectralModel, exactSpectralModel } from './spectral-model.ts';

/** Mono samples in [-1, 1] at the head's sample rate. */
export interface Recording {
  readonly name: string;
  readonly samples: Float64Array;
}

export interface Split {
  readonly train: readonly Recording[];
  readonly validation: readonly Recording[];
  readonly test: readonly Recording[];
}

const shares = { train: 0.6, validation: 0.2 } as const;
/** Random stream of the split, apart from those of the data. */
const splitStream = 0x5911;

/**
 * Split by recording, in an order drawn from the seed: about 60 % train, 20 % validation, 20 % test by count.
 * With fewer than three recordings each is cut into contiguous blocks of time with a guard of nFft samples between.
 * Throws InvalidArgumentError if a part would hold no frame.
 */
export function splitRecordings(recordings: readonly Recording[], seed: number, head: LogMelConfig): Split {
  if (recordings.length === 0) throw new InvalidArgumentError('no recordings; expected at least one');
  const sorted = [...recordings].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const r of sorted)
    if (frameCount(r.samples.length, head) === 0)
      throw new InvalidArgumentError(
        `${r.name}: ${r.samples.length} samples are shorter than one frame of ${head.nFft}`,
      );
  if (sorted.length < 3) return splitByTime(sorted, head);
  const order = permutation(sorted.length, seed, splitStream);
  const validation = Math.max(1, Math.round(shares.validation * sorted.length));
  const train = Math.max(
    1,
    Math.min(sorted.length - validation - 1, Math.round(shares.train * sorted.length)),
  );
  const pick = (from: number, to: number): Recording[] =>
    Array.from(order.slice(from, to).sort(), (i) => sorted[i]);
  return {
    train: pick(0, train),
    validation: pick(train, train + validation),
    test: pick(train + validation, sorted.length),
  };
}

function splitByTime(recordings: readonly Recording[], head: LogMelConfig): Split {
  const guard = head.nFft;
  const part = (r: Recording, from: number, to: number, label: string): Recording => {
    const samples = r.samples.slice(from, to);
    if (frameCount(samples.length, head) === 0)
      throw new InvalidArgumentError(
        `${r.name}: too short to be cut into train, validation and test parts; give at least three recordings`,
      );
    return { name: `${r.name} (${label})`, samples };
  };
  const cut = recordings.map((r) => {
    const a = Math.floor(r.samples.length * shares.train);
    const b = Math.floor(r.samples.length * (shares.train + shares.validation));
    return {
      train: part(r, 0, a, 'first 60 %'),
      validation: part(r, a + guard, b, '60 to 80 %'),
      test: part(r, b + guard, r.samples.length, 'last 20 %'),
    };
  });
  return {
    train: cut.map((c) => c.train),
    validation: cut.map((c) => c.validation),
    test: cut.map((c) => c.test),
  };
}

/** Frames of recordings as columns, with their exact float64 log-mel; frames wholly on the floor are left out and counted. */
export interface FrameSet {
  readonly lanes: number;
  /** [nFft, lanes] */
  readonly frames: Float64Array;
  /** [mels, lanes] */
  readonly targets: Float64Array;
}

/** Is the target of frame f wholly on the floor? */
export function onFloor(logMel: ArrayLike<number>, f: number, head: LogMelConfig): boolean {
  const floor = Math.log10(head.floor);
  for (let m = 0; m < head.mels; m++) if (logMel[f * head.mels + m] > floor + 1e-9) return false;
  return true;
}

/** All usable frames of recordings with their targets, of which `limit` are drawn without replacement. */
export function frameSet(
  recordings: readonly Recording[],
  head: LogMelConfig,
  limit: number,
  seed: number,
): FrameSet {
  const exact = compileSpectralModel(exactSpectralModel(head), wasmBackend, 'f64');
  const usable: { samples: Float64Array; at: number; target: ArrayLike<number>; f: number }[] = [];
  for (const r of recordings) {
    const target = exact.logMel(r.samples);
    for (let f = 0; f < target.length / head.mels; f++)
      if (!onFloor(target, f, head)) usable.push({ samples: r.samples, at: f * head.hop, target, f });
  }
  if (usable.length === 0)
    throw new InvalidArgumentError(
      `${recordings.map((r) => r.name).join(', ')}: silent; no frame rises above the floor`,
    );
  const order = permutation(usable.length, seed, splitStream + 1);
  // A multiple of four lanes, repeating frames if there are too few.
  const lanes = 4 * Math.max(1, Math.floor(Math.min(limit, usable.length) / 4));
  const frames = new Float64Array(head.nFft * lanes);
  const targets = new Float64Array(head.mels * lanes);
  for (let lane = 0; lane < lanes; lane++) {
    const { samples, at, target, f } = usable[order[lane % usable.length]];
    for (let j = 0; j < head.nFft; j++) frames[j * lanes + lane] = samples[at + j];
    for (let m = 0; m < head.mels; m++) targets[m * lanes + lane] = target[f * head.mels + m];
  }
  return { lanes, frames, targets };
}

/** Error of a front end on recordings. */
export interface FeatureError {
  /** Mean absolute difference of log10 mel over frames and bands; frames wholly on the floor are excluded. */
  readonly mean: number;
  readonly p95: number;
  readonly perBand: readonly { readonly mean: number; readonly p95: number }[];
  readonly recordings: readonly {
    file: string;
    frames: number;
    excludedFrames: number;
    mean: number;
    p95: number;
  }[];
}

const percentile = (sorted: Float64Array, p: number): number =>
  sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];

const summarize = (values: readonly number[]): { mean: number; p95: number } => {
  const sorted = Float64Array.from(values).sort();
  return {
    mean: sorted.reduce((a, b) => a + b, 0) / Math.max(1, sorted.length),
    p95: percentile(sorted, 0.95),
  };
};

/** Compare features of recordings with their targets, both [frames, mels] per recording. */
export function featureError(
  recordings: readonly Recording[],
  features: readonly ArrayLike<number>[],
  targets: readonly ArrayLike<number>[],
  head: LogMelConfig,
): FeatureError {
  const all: number[] = [];
  const bands: number[][] = Array.from({ length: head.mels }, () => []);
  const rows = recordings.map((r, i) => {
    const own: number[] = [];
    const frames = targets[i].length / head.mels;
    let excludedFrames = 0;
    for (let f = 0; f < frames; f++) {
      if (onFloor(targets[i], f, head)) {
        excludedFrames++;
        continue;
      }
      for (let m = 0; m < head.mels; m++) {
        const d = Math.abs(features[i][f * head.mels + m] - targets[i][f * head.mels + m]);
        own.push(d);
        bands[m].push(d);
      }
    }
    for (const d of own) all.push(d);
    return { file: r.name, frames, excludedFrames, ...summarize(own) };
  });
  return { ...summarize(all), perBand: bands.map(summarize), recordings: rows };
}
