/** Recordings, their split into train, validation and test, and batches of frames. Splits never share a recording. */
import { levelsHead, headWidth } from '../spectral/banks.ts';
import { InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { spreadOf, type Spread } from '../numeric/percentiles.ts';
import { permutation } from '../numeric/random.ts';
import { checkArgument, matching } from '../options.ts';
import { samplesBefore, type HeadConfig } from '../spectral/head.ts';
import { compileFrontEnd } from './compile.ts';
import { errorWeights, type ErrorPlaces } from './error-places.ts';
import {
  averagedFrames,
  cepstraOf,
  floorBelow,
  floorFeatures,
  framingOf,
  hasFloor,
  logUnit,
  resultCount,
  trainingHead,
} from './spectral-head.ts';
import { conditionedFrame, paddedSamples } from './reference-features.ts';
import { exactFrontEnd } from './front-end.ts';

/** Mono samples in [-1, 1] at the head's sample rate. */
export interface Recording {
  readonly name: string;
  readonly samples: Float64Array;
}

type Parts<T> = Readonly<Record<'train' | 'validation' | 'test', T>>;

/** Recordings for training, for choices, and for the figures reported; no recording is in two of them. */
export type Split = Parts<readonly Recording[]>;

const shares = { train: 0.6, validation: 0.2 } as const;
/** Random stream of the split, apart from those of the data. */
const splitStream = 0x5911;

/** The recording of a file: pieces of one (`name.00.wav`, `name.01.wav`) belong together. */
const recordingOf = (name: string): string => name.replace(/(\.\d+)?\.[^./\\]*$/, '');

/** Names by recording, sorted. */
function piecesOf(names: readonly string[]): string[][] {
  const recordings = new Map<string, string[]>();
  for (const name of [...names].sort())
    recordings.set(recordingOf(name), [...(recordings.get(recordingOf(name)) ?? []), name]);
  return [...recordings.values()];
}

/** Recordings, three or more, into parts in an order drawn from the seed. */
function drawParts(pieces: readonly (readonly string[])[], seed: number): Parts<string[]> {
  const { length } = pieces;
  const order = Array.from(permutation(length, seed, splitStream), (i) => pieces[i]);
  const validation = Math.max(1, Math.round(shares.validation * length));
  const train = Math.max(1, Math.min(length - validation - 1, Math.round(shares.train * length)));
  return {
    train: order.slice(0, train).flat(),
    validation: order.slice(train, train + validation).flat(),
    test: order.slice(train + validation).flat(),
  };
}

const namesRule = matching<readonly string[]>(
  'a list of names',
  (x) => Array.isArray(x) && x.every((name) => typeof name === 'string'),
);

/**
 * Names of files into training, validation and test parts, about 60 : 20 : 20 by count of recordings, in an order drawn from the
 * seed; pieces of one recording (`a.00.wav`, `a.01.wav`) stay together. Throws InvalidArgumentError for fewer than five recordings.
 */
export function splitNames(names: readonly string[], seed: number): Parts<readonly string[]> {
  checkArgument('names', names, namesRule);
  const pieces = piecesOf(names);
  if (pieces.length < 5)
    throw new InvalidArgumentError(
      `${pieces.length} recordings; expected at least 5, to be split by recording`,
    );
  return drawParts(pieces, seed);
}

/**
 * The same split of what is read already, each part in the order of names. With fewer than three recordings each file is cut into
 * contiguous blocks of time with a guard of nFft samples between. Throws InvalidArgumentError if a part would hold no frame.
 */
export function splitRecordings(recordings: readonly Recording[], seed: number, head: HeadConfig): Split {
  if (recordings.length === 0) throw new InvalidArgumentError('no recordings; expected at least one');
  const sorted = [...recordings].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const r of sorted)
    if (resultCount(head, r.samples.length) === 0)
      throw new InvalidArgumentError(
        `${r.name}: ${r.samples.length} samples are shorter than ${lengthText(head)}`,
      );
  const pieces = piecesOf(sorted.map((r) => r.name));
  if (pieces.length < 3) return splitByTime(sorted, head);
  const names = drawParts(pieces, seed);
  const pick = (part: readonly string[]): Recording[] => sorted.filter((r) => part.includes(r.name));
  return { train: pick(names.train), validation: pick(names.validation), test: pick(names.test) };
}

/** The number of samples of one result, in words. */
const lengthText = (head: HeadConfig): string =>
  averagedFrames(head) === 1 ? `one frame of ${head.nFft}` : `one clip of ${framingOf(head).nFft} samples`;

function splitByTime(recordings: readonly Recording[], head: HeadConfig): Split {
  const guard = head.nFft;
  const part = (r: Recording, from: number, to: number, label: string): Recording => {
    const samples = r.samples.slice(from, to);
    if (resultCount(head, samples.length) === 0)
      throw new InvalidArgumentError(
        `${r.name}: too short to be cut into train, validation and test parts; give at least three recordings`,
      );
    return { name: `${r.name} (${label})`, samples };
  };
  const at = (r: Recording, share: number): number => Math.floor(r.samples.length * share);
  const [a, b] = [shares.train, shares.train + shares.validation];
  return {
    train: recordings.map((r) => part(r, 0, at(r, a), 'first 60 %')),
    validation: recordings.map((r) => part(r, at(r, a) + guard, at(r, b), '60 to 80 %')),
    test: recordings.map((r) => part(r, at(r, b) + guard, r.samples.length, 'last 20 %')),
  };
}

/** Results of recordings: where their frames begin, and their exact float64 features; those wholly on the floor are left out. */
export interface FrameSet {
  readonly lanes: number;
  /** First sample of each result, in a recording, by its place among all, that is padded as the head says. */
  readonly starts: readonly {
    readonly samples: ArrayLike<number>;
    readonly at: number;
    readonly recording: number;
  }[];
  /** [width, lanes] */
  readonly targets: Float64Array;
  /** Levels of the bands [bands, lanes]: the targets, but for a cepstrum. */
  readonly levels: Float64Array;
  /** Weights of errors [width, lanes]. */
  readonly weights: Float64Array;
}

/** Results [results, width] of each, as arrays. */
const resultsOf = (features: ArrayLike<number>, width: number): Float64Array[] =>
  Array.from({ length: features.length / width }, (_, f) =>
    Float64Array.from({ length: width }, (__, m) => features[f * width + m]),
  );

/** Is a result wholly on the floor? */
const onFloor = (result: Float64Array, floor: Float64Array): boolean =>
  result.every((x, m) => !(Math.abs(x - floor[m]) > 1e-9));

/** Features of recordings by the exact front end of a head, in float64; none of those that are too short for a result. */
export function exactFeatures(head: HeadConfig, recordings: readonly Recording[]): FloatArray[] {
  const exact = compileFrontEnd(exactFrontEnd(head), defaultBackend(), 'f64');
  return recordings.map(({ samples }) =>
    resultCount(head, samples.length) > 0 ? exact.features(samples) : new Float64Array(0),
  );
}

const largestOf = (features: readonly ArrayLike<number>[]): number =>
  features.reduce((most, x) => Float64Array.from(x).reduce((a, b) => Math.max(a, b), most), 0);

/** What front ends of a head are trained on, with these recordings: its frame-wise levels (`trainingHead`). */
export function headTrainedOn(head: HeadConfig, recordings: readonly Recording[]): HeadConfig {
  const energies = { ...levelsHead(head), log: null, affine: null };
  return trainingHead(head, () => floorBelow(largestOf(exactFeatures(energies, recordings))));
}

/** Rows of one length as columns [width, rows]. */
const asColumns = (rows: readonly Float64Array[]): Float64Array =>
  Float64Array.from(
    { length: rows[0].length * rows.length },
    (_, i) => rows[i % rows.length][Math.floor(i / rows.length)],
  );

/** All usable results of recordings with their targets, of which `limit` are drawn without replacement. */
export function frameSet(
  recordings: readonly Recording[],
  head: HeadConfig,
  limit: number,
  seed: number,
  places: ErrorPlaces = 'everywhere',
): FrameSet {
  const banks = levelsHead(head);
  const floor = floorFeatures(banks);
  const { hop } = framingOf(head);
  const usable: (FrameSet['starts'][number] & { readonly result: Float64Array })[] = [];
  for (const [recording, features] of exactFeatures(banks, recordings).entries()) {
    if (features.length === 0) continue;
    const samples = paddedSamples(head, recordings[recording].samples);
    resultsOf(features, floor.length).forEach((result, f) => {
      if (!onFloor(result, floor)) usable.push({ samples, at: f * hop, recording, result });
    });
  }
  if (usable.length === 0)
    throw new InvalidArgumentError(
      `${recordings.map((r) => r.name).join(', ')}: silent; no frame rises above the floor`,
    );
  const order = permutation(usable.length, seed, splitStream + 1);
  // A multiple of four lanes, repeating results if there are too few.
  const lanes = 4 * Math.max(1, Math.floor(Math.min(limit, usable.length) / 4));
  const drawn = Array.from({ length: lanes }, (_, lane) => usable[order[lane % usable.length]]);
  const levels = asColumns(drawn.map((d) => d.result));
  const targets = cepstraOf(head, levels, lanes);
  const weights = asColumns(drawn.map((d) => errorWeights(places, head, d.result)));
  if (weights.every((w) => w === 0))
    throw new InvalidArgumentError(
      'no result of the training recordings has a peak; expected tonal recordings or another feature',
    );
  return { lanes, starts: drawn, levels, targets, weights };
}

/**
 * The frames of results from `first` on, trend and pre-emphasis done, to the columns of `out`, of shape [nFft, columns]: as many
 * to a result as the head averages.
 */
export function fillFrames(
  { starts }: FrameSet,
  head: HeadConfig,
  first: number,
  columns: number,
  out: FloatArray,
): void {
  const frame = new Float64Array(head.nFft);
  const averaged = averagedFrames(head);
  for (let column = 0; column < columns; column++) {
    const { samples, at } = starts[first + Math.floor(column / averaged)];
    conditionedFrame(head, samples, at + (column % averaged) * head.hop, frame);
    for (let j = 0; j < frame.length; j++) out[j * columns + column] = frame[j];
  }
}

/** The frames of a set whose head does not average, as columns [nFft, lanes]. */
export function framesOfSet(set: FrameSet, head: HeadConfig): Float64Array {
  const out = new Float64Array(head.nFft * set.lanes);
  fillFrames(set, head, 0, set.lanes, out);
  return out;
}

/** Absolute differences of the features of a front end over frames and bands, in log10; frames without sound are excluded. */
export interface FeatureError extends Spread {
  /** `count` errors of a band; a band near no peak has none. */
  readonly perBand: readonly (Spread & { readonly count: number })[];
  readonly recordings: readonly (Spread & {
    readonly file: string;
    readonly frames: number;
    readonly excludedFrames: number;
  })[];
}

/** How features are compared: as they are, energies in log10 above a floor 80 dB below the largest target; and what silence gives. */
function readingOf(
  head: HeadConfig,
  targets: readonly ArrayLike<number>[],
): { read: (x: ArrayLike<number>) => ArrayLike<number>; floor: Float64Array } {
  if (hasFloor(head)) return { read: (x) => x, floor: floorFeatures(head) };
  if (head.log)
    throw new InvalidArgumentError('log.floor is 0; expected a positive floor or offset to compare levels');
  const floor = floorBelow(largestOf(targets));
  const read = (x: ArrayLike<number>): Float64Array =>
    Float64Array.from(x, (energy) => Math.log10(Math.max(energy, floor)));
  return { read, floor: new Float64Array(headWidth(head)).fill(Math.log10(floor)) };
}

/**
 * Does a result say nothing of a clip, whose targets [results, width] these are: wholly on the floor of the logarithm, wholly so far below
 * the largest of the clip as the range of the head, or of frames behind a clip that was filled up?
 */
function isSilentBy(
  head: HeadConfig,
  floor: Float64Array,
  { samples }: Recording,
  targets: ArrayLike<number>,
): (result: Float64Array, at: number) => boolean {
  const hasRange = head.log !== null && head.log.range !== null && !head.cepstrum && !head.normalize;
  const least = hasRange ? Float64Array.from(targets).reduce((a, b) => Math.min(a, b), Infinity) : -Infinity;
  const sound = samples.length + samplesBefore(head);
  const isFilled = head.fit !== null && head.average === 'none';
  return (result, at) =>
    onFloor(result, floor) || result.every((x) => x - least <= 1e-9) || (isFilled && at * head.hop >= sound);
}

/** Compare features of recordings with their targets, both [results, width] per recording. */
export function featureError(
  recordings: readonly Recording[],
  features: readonly ArrayLike<number>[],
  targets: readonly ArrayLike<number>[],
  head: HeadConfig,
  places: ErrorPlaces = 'everywhere',
): FeatureError {
  if (
    recordings.length === 0 ||
    features.length !== recordings.length ||
    targets.length !== recordings.length
  )
    throw new InvalidArgumentError(
      `${recordings.length} recordings, features of ${features.length} and targets of ${targets.length}; expected as many of each, at least one`,
    );
  const { read, floor } = readingOf(head, targets);
  const [width, unit] = [headWidth(head), logUnit(head)];
  const all: number[] = [];
  const bands: number[][] = Array.from({ length: width }, () => []);
  const rows = recordings.map((r, i) => {
    const own: number[] = [];
    const [found, wanted] = [features[i], targets[i]].map(read);
    const results = resultsOf(wanted, width);
    const isSilent = isSilentBy(head, floor, r, wanted);
    let excludedFrames = 0;
    for (const [f, exact] of results.entries()) {
      if (isSilent(exact, f)) {
        excludedFrames++;
        continue;
      }
      const weights = errorWeights(places, head, exact);
      for (let m = 0; m < width; m++) {
        if (weights[m] === 0) continue;
        const d = (Math.abs(found[f * width + m] - exact[m]) / unit) * weights[m];
        own.push(d);
        bands[m].push(d);
      }
    }
    for (const d of own) all.push(d);
    return { file: r.name, frames: results.length, excludedFrames, ...spreadOf(own) };
  });
  const perBand = bands.map((own) => ({ ...spreadOf(own), count: own.length }));
  return { ...spreadOf(all), perBand, recordings: rows };
}
