/** Recordings as data: read for a head or by the minute, split by recording, known by their content; or noise in their place. */
import { basename, relative } from 'node:path';
import { InvalidArgumentError, PapilioError } from '../errors.ts';
import type { ChannelChoice, WavOptions } from '../files.ts';
import { framingOf, resultCount, splitNames, type Recording } from '../front.ts';
import { frameSignals, type FrameCut, type Signals } from '../learn.ts';
import { windowByName, type HeadConfig } from '../index.ts';
import { readRecording } from './audio.ts';
import { hashOf, readBytes, warn, warnOnce } from './files.ts';
import { findAll, findRecordings } from './recordings.ts';
import { counted } from './report/figures.ts';
import { endIfStopped } from './stop.ts';

/** What is read of recordings. A type of its own, so that settings can hold it. */
export type Reading = {
  /** Hz they are brought to. */
  readonly rate: number;
  readonly channel: ChannelChoice;
  /** Of them that are read; absent where all are. */
  readonly minutes?: number;
};

/** A set of recordings and what is read of it: part of the settings of results that are made of it. */
export type RecordingSet<R extends Reading = Reading> = R & {
  /** How many, and a hash of their names and contents in their order: "5 files, 0123456789abcdef". */
  readonly recordings: string;
};

/** SHA-256 of a file; a word where it cannot be read. */
function contentOf(path: string): string {
  endIfStopped();
  try {
    return hashOf(readBytes(path));
  } catch {
    return 'unreadable';
  }
}

/** The set of recordings with these names and hashes of content. Their order counts: splits are drawn by it. */
export function recordingSet<R extends Reading>(
  recordings: readonly { readonly name: string; readonly hash: string }[],
  reading: R,
): RecordingSet<R> {
  const list = recordings.map(({ name, hash }) => `${name} ${hash}`).join('\n');
  const hash = hashOf(list).slice(0, 16);
  return { ...reading, recordings: `${recordings.length} files, ${hash}` };
}

/** The set of recordings at these paths, wherever their folders are. */
export const recordingSetOf = <R extends Reading>(paths: readonly string[], reading: R): RecordingSet<R> =>
  recordingSet(
    paths.map((path) => ({ name: basename(path), hash: contentOf(path) })),
    reading,
  );

/** A recording with the hash of its file. */
export interface LoadedRecording extends Recording {
  readonly hash: string;
  /** Hz, in the file. */
  readonly sourceRate: number;
}

/** Says what recordings of a lower rate have nothing of when they are brought to `rate`. `advice`: what would help. */
export function warnOfEmptyBands(
  sourceRates: readonly number[],
  rate: number,
  { advice = '', say = warn }: { readonly advice?: string; readonly say?: (text: string) => void } = {},
): void {
  const low = sourceRates.filter((own) => own < rate);
  if (low.length === 0) return;
  const highest = low.reduce((a, b) => Math.max(a, b));
  const [have, they] = low.length === 1 ? ['has', 'it is'] : ['have', 'they are'];
  say(
    `${low.length} of ${counted(sourceRates.length, 'recording')} ${have} ${highest} samples a second${low.length === 1 ? '' : ' or fewer'}: above ${highest / 2} Hz ${they} empty at ${rate} Hz${advice}`,
  );
}

/**
 * Reads recordings, but for those that give null; one that cannot be used is left out with a warning, or thrown if itself was
 * given and not its folder.
 */
async function loadEach<T>(
  found: readonly { readonly path: string; readonly name: string; readonly given: boolean }[],
  read: (path: string, name: string) => Promise<T | null>,
): Promise<T[]> {
  const loaded: T[] = [];
  for (const { path, name, given } of found)
    try {
      const own = await read(path, name);
      if (own !== null) loaded.push(own);
    } catch (error) {
      if (given || !(error instanceof PapilioError)) throw error;
      warnOnce(`skipped ${error.message}`);
    }
  return loaded;
}

/** Recordings for a head, resampled where needed; length and silence are checked here, each by a message naming the file. */
export async function loadRecordings(
  paths: readonly string[],
  head: HeadConfig,
  options: WavOptions = {},
): Promise<LoadedRecording[]> {
  const found = findRecordings(paths);
  const loaded = await loadEach(found, async (path, name) => {
    const { samples, hash, sourceRate } = await readRecording(path, head.sampleRate, options);
    if (resultCount(head, samples.length) === 0)
      throw new InvalidArgumentError(
        `${path}: ${samples.length} samples are shorter than one frame of ${framingOf(head).nFft}`,
      );
    if (samples.every((x) => x === 0))
      throw new InvalidArgumentError(`${path}: silent; every sample is zero`);
    return { name, samples, hash, sourceRate };
  });
  if (loaded.length === 0) throw new InvalidArgumentError(`none of ${found.length} recordings can be used`);
  return loaded;
}

/** What recordings are needed for. */
interface Audio extends WavOptions {
  readonly sampleRate: number;
  /** Samples below which a recording is left out. */
  readonly shortest: number;
}

/** For a head: a result, and a frame more. */
export const headAudio = (head: HeadConfig, options: WavOptions): Audio => ({
  ...options,
  sampleRate: head.sampleRate,
  shortest: head.nFft + framingOf(head).nFft,
});

/** Recordings in the order given until they last so many minutes; silent and short ones are left out, and with a warning broken ones. */
export async function loadMinutes(
  paths: readonly string[],
  { sampleRate, shortest, ...options }: Audio,
  minutes: number,
): Promise<Recording[]> {
  const rates: number[] = [];
  let left = minutes * 60 * sampleRate;
  const found = paths.map((path) => ({ path, name: relative('.', path), given: paths.length === 1 }));
  const loaded = await loadEach(found, async (path, name) => {
    if (left <= 0) return null;
    const { samples, sourceRate } = await readRecording(path, sampleRate, options);
    if (samples.length < shortest || samples.every((x) => x === 0)) return null;
    const kept = samples.length > left ? samples.slice(0, Math.max(left, shortest)) : samples;
    rates.push(sourceRate);
    left -= kept.length;
    return { name, samples: kept };
  });
  if (loaded.length === 0)
    throw new InvalidArgumentError(
      `none of ${paths.length} recordings is as long as ${shortest} samples at ${sampleRate} Hz, and not silent`,
    );
  warnOfEmptyBands(rates, sampleRate, { say: (text) => warnOnce(text, `lower than ${sampleRate}`) });
  return loaded;
}

/** Frames of n samples under a Hann window, every n / 2. */
export const hannFrames = (n: number): FrameCut => ({
  start: 0,
  hop: Math.max(1, n >> 1),
  window: windowByName('hann', n, 'periodic'),
});

/** Signals to fit to and to measure on, in words, and the recordings that they are made of. */
interface SignalSet {
  readonly signals: Signals;
  readonly name: string;
  readonly set?: RecordingSet;
}

/** Windowed frames of recordings: so many minutes to fit to, and half as many of others to measure; noise where none are given. */
export async function signalsOf(
  operands: readonly string[],
  cut: FrameCut,
  { rate, channel, minutes, seed }: Reading & { readonly minutes: number; readonly seed: number },
  noise: SignalSet,
): Promise<SignalSet> {
  if (operands.length === 0) return noise;
  const paths = findAll(operands);
  const names = splitNames(paths, seed);
  const audio = { sampleRate: rate, shortest: cut.start + cut.window.length, channel };
  const own = await loadMinutes([...names.train, ...names.validation], audio, minutes);
  const held = await loadMinutes(names.test, audio, minutes / 2);
  return {
    signals: frameSignals(own, held, cut, seed),
    name: `windowed frames of ${operands.join(' ')} at ${rate} Hz${channel === 'mix' ? '' : `, channel ${channel}`}, ${own.length} recordings to fit, ${held.length} to measure`,
    set: recordingSetOf(paths, { rate, channel, minutes }),
  };
}
