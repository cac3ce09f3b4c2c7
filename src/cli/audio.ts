/**
 * Recordings in: WAV by our own reader, other formats by the optional package audio-decode, mixed to mono or one channel of
 * them, and brought to the sample rate that a head wants.
 */
import { extname } from 'node:path';
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import { oneChannel } from '../formats/channels.ts';
import { decodeWav, type ChannelChoice, type Wav, type WavOptions } from '../files.ts';
import { resample } from '../index.ts';
import { flag } from './args.ts';
import { hashOf, readBytes, warnOnce } from './files.ts';

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

/** For every command that reads recordings. */
export const channelFlag = flag.text(
  'of recordings with several channels: mix (their mean), left, right or a number from 1 on',
  'mix',
);

/** The channel of the flags. Throws InvalidArgumentError naming the flag. */
export function channelOf({ channel: text }: { readonly channel: string }): ChannelChoice {
  if (text === 'mix' || text === 'left' || text === 'right') return text;
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(
    `--channel is ${JSON.stringify(text)}; expected mix, left, right or a number from 1 on`,
  );
}

/** Samples of a file. Throws FileFormatError or InvalidArgumentError, naming it, if it is no audio that can be read. */
export async function decodeAudio(
  bytes: Uint8Array,
  path: string,
  { finite = true, channel = 'mix' }: WavOptions = {},
): Promise<Pick<Wav, 'sampleRate' | 'samples' | 'cancels'>> {
  const extension = extname(path).toLowerCase();
  if (extension === '.wav' || !(audioExtensions as readonly string[]).includes(extension))
    return decodeWav(bytes, path, { finite, channel });
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
  const size = { channels: channelData.length, frames: channelData[0].length };
  return { sampleRate, ...oneChannel(channel, size, path, (i, c) => channelData[c][i]) };
}

/** Rates that are resampled: from those of slow sensors to the fastest that `resample` takes. A file at the wanted rate may have any. */
const rates = { lowest: 100, highest: 2 ** 22 } as const;

/**
 * Samples of a file at a sample rate in Hz, resampled where the file has another, and the SHA-256 of its bytes. Without a rate, at
 * the file's own.
 */
export async function readRecording(
  path: string,
  rate: number | undefined,
  options: WavOptions = {},
): Promise<{ readonly samples: Float64Array; readonly hash: string; readonly sourceRate: number }> {
  const bytes = readBytes(path);
  const { samples, sampleRate: sourceRate, cancels } = await decodeAudio(bytes, path, options);
  if (cancels)
    warnOnce(`${path}: its channels cancel in their mean (antiphase); give --channel left or right`);
  const sampleRate = rate ?? sourceRate;
  if (sourceRate !== sampleRate && (sourceRate < rates.lowest || sourceRate > rates.highest))
    throw new FileFormatError(
      `${path}: its header says ${sourceRate} Hz; expected ${rates.lowest} to ${rates.highest} Hz, or the ${sampleRate} Hz that are wanted`,
    );
  const { channel = 'mix' } = options;
  return {
    samples: sourceRate === sampleRate ? samples : resampled(samples, sourceRate, sampleRate, path),
    // What is read of it is part of what it is.
    hash: hashOf(bytes) + (channel === 'mix' ? '' : ` ${channel}`),
    sourceRate,
  };
}

function resampled(samples: Float64Array, from: number, to: number, path: string): Float64Array {
  try {
    return resample(samples, { from, to });
  } catch (error) {
    throw new FileFormatError(`${path}: ${(error as Error).message}`);
  }
}
