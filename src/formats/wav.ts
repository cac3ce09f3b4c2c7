/**
 * WAV recordings to and from mono samples: RIFF, RIFX and RF64; PCM, IEEE float, A-law and mu-law.
 * Sources: Microsoft, "Multiple Channel Audio Data and WAVE Files" (WAVEFORMATEX and WAVEFORMATEXTENSIBLE); ITU-T G.711.
 */

import { InvalidArgumentError } from '../errors.ts';
import {
  checkArgument,
  checkOptions,
  either,
  flag,
  oneOf,
  required,
  shown,
  text,
  whole,
  type OptionTable,
} from '../options.ts';
import { bytesOf } from './bytes.ts';
import { oneChannel, type ChannelChoice } from './channels.ts';
import { fail, readWavLayout, type WavEncoding, type WavLayout } from './wav-header.ts';

/** A decoded recording of one channel. */
export interface Wav {
  /** Samples per second, in Hz. */
  sampleRate: number;
  /** `[frames]`: the mean over the channels, or the chosen one. PCM lies in [-1, 1); float is as stored and may exceed it. */
  samples: Float64Array;
  /** Channels in the file. */
  channels: number;
  /** Bits of one stored sample (of its container, where WAVE_FORMAT_EXTENSIBLE declares fewer valid bits). */
  bitsPerSample: number;
  encoding: WavEncoding;
  /** Do the channels cancel in the mix, which has less than a hundredth of the energy that independent ones would leave? */
  cancels: boolean;
}

/** Options of `decodeWav`. */
export interface WavOptions {
  /** Refuse samples that are not finite. Default true. */
  readonly finite?: boolean;
  /** What becomes of several channels. Default `mix`, their mean. */
  readonly channel?: ChannelChoice;
}

const wavOptions: OptionTable<WavOptions> = {
  finite: flag,
  channel: either(oneOf(['mix', 'left', 'right']), whole()),
};

const codecPcm = 0x0001;
const codecFloat = 0x0003;

/**
 * Decodes a WAV file to one channel: PCM of 8 (unsigned) to 32 bits, divided by 2^(bits - 1) of whole bytes; float of 32 or 64
 * bits; A-law and mu-law over 32768. Chunks other than `fmt ` and `data` are skipped, as is everything after the samples.
 * Where `data` declares more than the file holds, or nothing (a writer that streams, a file cut short), the samples go to the
 * end of the file; a part of a frame there is left out.
 *
 * @param bytes the whole file, a Uint8Array or an ArrayBuffer
 * @param name what messages call the file
 * @throws FileFormatError (one line, naming the file) if the bytes are anything else, or lack the channel
 */
export function decodeWav(
  bytes: Uint8Array | ArrayBuffer,
  name = 'the WAV file',
  options: WavOptions = {},
): Wav {
  checkOptions('decodeWav', options, wavOptions);
  checkArgument('name', name, text);
  const { finite = true, channel = 'mix' } = options;
  const layout = readWavLayout(bytesOf(bytes, name), name);
  const { channels, sampleRate, bitsPerSample, sampleBytes, encoding } = layout.format;
  const read = sampleReader(layout);
  const { samples, cancels } = oneChannel(channel, { channels, frames: layout.frames }, name, (i, c) =>
    read(layout.offset + (i * channels + c) * sampleBytes),
  );
  if (finite) requireFinite(samples, sampleRate, name);
  return { sampleRate, samples, channels, bitsPerSample, encoding, cancels };
}

function requireFinite(samples: Float64Array, sampleRate: number, name: string): void {
  const bad = samples.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0)
    fail(
      name,
      `sample ${bad} (${(bad / sampleRate).toFixed(3)} s) is ${samples[bad]}; every sample must be finite`,
    );
}

/** The 256 values of a companded code over full scale. */
const companded = (decode: (code: number) => number): Float64Array =>
  Float64Array.from({ length: 256 }, (_, code) => decode(code) / 32768);

/** ITU-T G.711, section 3, table 1, in 16 bits: sign, 3 bits of the segment, 4 of the step; every other bit inverted. */
const aLaw = (code: number): number => {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const level = segment === 0 ? step : (step + 256) << (segment - 1);
  return bits & 0x80 ? level : -level;
};

/** ITU-T G.711, section 3, table 2, in 16 bits: all bits inverted, a bias of 132. */
const muLaw = (code: number): number => {
  const bits = ~code & 0xff;
  const level = (((bits & 15) << 3) + 132) << ((bits >> 4) & 7);
  return bits & 0x80 ? 132 - level : level - 132;
};

/** Reads one stored sample at a byte offset, in units of full scale. */
function sampleReader({ view, littleEndian, format }: WavLayout): (offset: number) => number {
  const { encoding, sampleBytes } = format;
  if (encoding === 'a-law' || encoding === 'mu-law') {
    const table = companded(encoding === 'a-law' ? aLaw : muLaw);
    return (at) => table[view.getUint8(at)];
  }
  if (encoding === 'float')
    return sampleBytes === 4
      ? (at) => view.getFloat32(at, littleEndian)
      : (at) => view.getFloat64(at, littleEndian);
  switch (sampleBytes) {
    case 1:
      return (at) => (view.getUint8(at) - 128) / 128;
    case 2:
      return (at) => view.getInt16(at, littleEndian) / 32768;
    case 3:
      return littleEndian
        ? (at) => (view.getUint16(at, true) + 65536 * view.getInt8(at + 2)) / 8388608
        : (at) => (view.getUint16(at + 1, false) + 65536 * view.getInt8(at)) / 8388608;
    default:
      return (at) => view.getInt32(at, littleEndian) / 2147483648;
  }
}

interface WavEncodeOptions {
  /** Default pcm16. */
  readonly format: 'pcm16' | 'float32';
}
const encodeOptions: OptionTable<WavEncodeOptions> = {
  format: required(oneOf(['pcm16', 'float32'])),
};

/**
 * Encodes mono samples as a WAV file.
 *
 * `pcm16` rounds 32768 x to the nearest integer; x = 1 becomes 32767, the largest there is. `float32` rounds to
 * float32. Decoding gives x back to within 1/65536 (1/32768 at x = 1) or half a float32 ulp.
 *
 * @param samples `[frames]`, at least one; within [-1, 1] for `pcm16`
 * @param sampleRate in Hz, an integer from 1 to 2^30 - 1
 * @throws InvalidArgumentError if a sample cannot be stored (never clipped silently), or a size or rate is out of range
 */
export function encodeWav(
  samples: Float64Array | Float32Array,
  sampleRate: number,
  options: WavEncodeOptions = { format: 'pcm16' },
): Uint8Array {
  checkOptions('encodeWav', options, encodeOptions);
  const isFloat = options.format === 'float32';
  if (!(samples instanceof Float32Array) && !(samples instanceof Float64Array))
    throw new InvalidArgumentError(`samples is ${shown(samples)}; expected a Float32Array or Float64Array`);
  checkArgument('sampleRate', sampleRate, whole(1, 2 ** 30 - 1));
  const sampleBytes = isFloat ? 4 : 2;
  const dataBytes = samples.length * sampleBytes;
  if (samples.length === 0) throw new InvalidArgumentError('samples is empty; expected at least one sample');
  if (dataBytes > 0xffffffff - 64)
    throw new InvalidArgumentError(`samples has ${samples.length} entries; a WAV file holds less than 4 GiB`);
  const headerBytes = isFloat ? 58 : 44;
  const view = new DataView(new ArrayBuffer(headerBytes + dataBytes));
  writeHeader(view, isFloat, sampleRate, samples.length, sampleBytes);
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i];
    const at = headerBytes + i * sampleBytes;
    if (isFloat) {
      if (!Number.isFinite(Math.fround(x))) {
        throw new InvalidArgumentError(`sample ${i} is ${x}; expected a finite float32`);
      }
      view.setFloat32(at, x, true);
    } else {
      if (!(Math.abs(x) <= 1)) {
        throw new InvalidArgumentError(
          `sample ${i} is ${x}; pcm16 holds values from -1 to 1, so scale the samples first`,
        );
      }
      view.setInt16(at, Math.min(32767, Math.round(x * 32768)), true);
    }
  }
  return new Uint8Array(view.buffer);
}

/** RIFF, `fmt `, for float the `fact` chunk that codecs other than PCM need, and the start of `data`. */
function writeHeader(
  view: DataView,
  isFloat: boolean,
  sampleRate: number,
  frames: number,
  sampleBytes: number,
): void {
  let at = 0;
  const text = (id: string): void => {
    for (const character of id) view.setUint8(at++, character.charCodeAt(0));
  };
  const u16 = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  text('RIFF');
  u32(view.byteLength - 8);
  text('WAVE');
  text('fmt ');
  u32(isFloat ? 18 : 16);
  u16(isFloat ? codecFloat : codecPcm);
  u16(1);
  u32(sampleRate);
  u32(sampleRate * sampleBytes);
  u16(sampleBytes);
  u16(sampleBytes * 8);
  if (isFloat) {
    u16(0); // no extension
    text('fact');
    u32(4);
    u32(frames);
  }
  text('data');
  u32(frames * sampleBytes);
}
