/**
 * Recordings in: WAV by our own reader, other formats by the optional package audio-decode, mixed to mono and brought to
 * the sample rate that a head wants.
 */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import {
  decodeWav,
  resample,
  resultCount,
  resultSamples,
  type HeadConfig,
  type Recording,
} from '../index.ts';
import { readBytes, reason } from './files.ts';

/** Extensions that are looked for in folders. */
export const audioExtensions = [
  '.wav',
  '.flac',
  '.mp3',
  '.ogg',
  '.oga',
  '.opus',
  '.m4a',
  '.aac',
  '.webm',
  '.aiff',
  '.caf',
] as const;

export interface DecodedAudio {
  /** Hz */
  readonly sampleRate: number;
  /** The mean over the channels. */
  readonly samples: Float64Array;
}

/** What audio-decode gives: one array per channel. */
type Decode = (
  bytes: Uint8Array,
) => Promise<{ readonly sampleRate: number; readonly channelData: readonly Float32Array[] }>;

async function audioDecode(path: string): Promise<Decode> {
  // Not a literal, so that bundlers leave it alone: it is there when its user installed it.
  const name = 'audio-decode';
  try {
    return ((await import(name)) as { default: Decode }).default;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InvalidArgumentError(
      `${path}: ${extname(path)} files need the package audio-decode; npm install audio-decode, or give WAV files`,
    );
  }
}

/** The mean of channels of equal length. */
function mixed(channels: readonly Float32Array[]): Float64Array {
  const samples = new Float64Array(channels[0].length);
  for (const channel of channels)
    for (let i = 0; i < samples.length; i++) samples[i] += channel[i] / channels.length;
  return samples;
}

export interface DecodeOptions {
  /** Refuse samples that are not finite. Default true; a head says more about them than their number. */
  readonly finite?: boolean;
}

/** Samples of a file. Throws FileFormatError or InvalidArgumentError, naming it, if it is no audio that can be read. */
export async function decodeAudio(
  bytes: Uint8Array,
  path: string,
  { finite = true }: DecodeOptions = {},
): Promise<DecodedAudio> {
  const extension = extname(path).toLowerCase();
  if (extension === '.wav' || !(audioExtensions as readonly string[]).includes(extension))
    return decodeWav(bytes, path, { finite });
  const decode = await audioDecode(path);
  let audio: Awaited<ReturnType<Decode>>;
  try {
    audio = await decode(bytes);
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new FileFormatError(`${path}: no ${extension.slice(1)} audio that audio-decode can read: ${line}`);
  }
  const { channelData, sampleRate } = audio;
  if (channelData.length === 0 || channelData[0].length === 0)
    throw new FileFormatError(`${path}: holds no samples`);
  const bad = !finite ? -1 : channelData.findIndex((c) => c.some((x) => !Number.isFinite(x)));
  if (bad >= 0) throw new FileFormatError(`${path}: channel ${bad} has a sample that is not finite`);
  return { sampleRate, samples: mixed(channelData) };
}

/** Recordings among paths: files as given, folders searched one level deep. */
export function findRecordings(paths: readonly string[]): string[] {
  if (paths.length === 0)
    throw new InvalidArgumentError('no recordings given; expected a folder or audio files');
  const files = paths.flatMap((path) => {
    let isFolder: boolean;
    try {
      isFolder = statSync(path).isDirectory();
    } catch (error) {
      throw new InvalidArgumentError(`${path}: ${reason(error)}`);
    }
    if (!isFolder) return [path];
    const found = readdirSync(path)
      .filter((name) => (audioExtensions as readonly string[]).includes(extname(name).toLowerCase()))
      .sort()
      .map((name) => join(path, name));
    if (found.length === 0)
      throw new InvalidArgumentError(`${path}: no recordings in this folder (${audioExtensions.join(' ')})`);
    return found;
  });
  const names = files.map((f) => basename(f));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new InvalidArgumentError(`${twice}: given twice; recordings need different file names`);
  return files;
}

/** Samples of a file at a sample rate in Hz, resampled where the file has another, and the SHA-256 of its bytes. */
export async function readRecording(
  path: string,
  sampleRate: number,
  options: DecodeOptions = {},
): Promise<{ readonly samples: Float64Array; readonly hash: string; readonly sourceRate: number }> {
  const bytes = readBytes(path);
  const audio = await decodeAudio(bytes, path, options);
  const samples =
    audio.sampleRate === sampleRate
      ? audio.samples
      : resample(audio.samples, { from: audio.sampleRate, to: sampleRate });
  return {
    samples,
    hash: createHash('sha256').update(bytes).digest('hex'),
    sourceRate: audio.sampleRate,
  };
}

/** A recording with the hash of its file. */
export interface LoadedRecording extends Recording {
  readonly hash: string;
}

/** Read recordings for a head, resampled where needed; length and silence are checked here, each by a message naming the file. */
export async function loadRecordings(paths: readonly string[], head: HeadConfig): Promise<LoadedRecording[]> {
  const loaded: LoadedRecording[] = [];
  for (const path of findRecordings(paths)) {
    const { samples, hash } = await readRecording(path, head.sampleRate);
    if (resultCount(head, samples.length) === 0)
      throw new InvalidArgumentError(
        `${path}: ${samples.length} samples are shorter than one frame of ${resultSamples(head)}`,
      );
    if (samples.every((x) => x === 0))
      throw new InvalidArgumentError(`${path}: silent; every sample is zero`);
    loaded.push({ name: basename(path), samples, hash });
  }
  return loaded;
}
