/**
 * WAV recordings to and from mono samples: RIFF chunks, PCM and IEEE float.
 * Source: Microsoft, "Multiple Channel Audio Data and WAVE Files" (WAVEFORMATEX and WAVEFORMATEXTENSIBLE).
 */

import { FileFormatError, InvalidArgumentError } from '../errors.ts';

/** A decoded recording, mixed down to one channel. */
export interface Wav {
  /** Samples per second, in Hz. */
  sampleRate: number;
  /** `[frames]`: the mean over the channels. PCM lies in [-1, 1); float is as stored and may exceed it. */
  samples: Float64Array;
  /** Channels in the file, before mixing. */
  channels: number;
  /** Bits of one stored sample (of its container, where WAVE_FORMAT_EXTENSIBLE declares fewer valid bits). */
  bitsPerSample: number;
  encoding: 'pcm' | 'float';
}

const CODEC_PCM = 0x0001;
const CODEC_FLOAT = 0x0003;
const CODEC_EXTENSIBLE = 0xfffe;
/** A writer that streams does not know the length yet and leaves one of these in the size of `data`. */
const UNKNOWN_SIZE = 0xffffffff;
/** Bytes 2..15 of every sub-format GUID that wraps a codec number: KSDATAFORMAT_SUBTYPE_WAVEFORMATEX. */
const GUID_TAIL = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];
const CODEC_NAMES: ReadonlyMap<number, string> = new Map([
  [0x0002, 'Microsoft ADPCM'],
  [0x0006, 'A-law'],
  [0x0007, 'mu-law'],
  [0x0011, 'IMA ADPCM'],
  [0x0031, 'GSM 6.10'],
  [0x0055, 'MPEG layer 3'],
]);

interface Format {
  encoding: 'pcm' | 'float';
  channels: number;
  sampleRate: number;
  bitsPerSample: number;
  /** Bytes of one frame: one sample of every channel. */
  blockAlign: number;
}

function fail(name: string, problem: string): never {
  throw new FileFormatError(`${name}: ${problem}`);
}

const ascii = (view: DataView, offset: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(offset + i)));

const hex = (codec: number): string => `0x${codec.toString(16).padStart(4, '0')}`;

/**
 * Decodes a WAV file to mono: PCM of 8 (unsigned), 16, 24 or 32 bits, divided by 2^(bits - 1); float of 32 or
 * 64 bits. Chunks other than `fmt ` and `data` are skipped, as is everything after the samples.
 *
 * @param bytes the whole file
 * @param name what messages call the file
 * @param options `finite: false` lets samples pass that are not, for a reader that says more about them
 * @throws FileFormatError (one line, naming the file) if the bytes are anything else
 */
export function decodeWav(
  bytes: Uint8Array,
  name: string,
  { finite = true }: { readonly finite?: boolean } = {},
): Wav {
  if (bytes.length === 0) fail(name, "the file is empty; a WAV file starts with 'RIFF', a size and 'WAVE'");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkRiff(view, name);
  let format: Format | undefined;
  let offset = 12;
  while (offset + 8 <= view.byteLength) {
    const id = ascii(view, offset);
    const size = view.getUint32(offset + 4, true);
    const body = offset + 8;
    const available = view.byteLength - body;
    if (id === 'data') {
      if (!format) fail(name, "the 'data' chunk comes before the 'fmt ' chunk; 'fmt ' must come first");
      checkDataSize(size, available, format, name);
      const samples = mixDown(view, body, size, format, name, finite);
      const { encoding, channels, sampleRate, bitsPerSample } = format;
      return { sampleRate, samples, channels, bitsPerSample, encoding };
    }
    if (size > available) {
      fail(
        name,
        `chunk ${JSON.stringify(id)} declares ${size} bytes but the file holds only ${available} more; it is truncated`,
      );
    }
    if (id === 'fmt ') {
      if (format) fail(name, "there are two 'fmt ' chunks; exactly one would be right");
      format = readFormat(view, body, size, name);
    }
    offset = body + size + (size % 2); // chunks start at even offsets; an odd one is followed by a pad byte
  }
  if (!format) fail(name, "there is no 'fmt ' chunk; a WAV file needs 'fmt ' and then 'data'");
  return fail(name, "there is no 'data' chunk; a WAV file needs 'fmt ' and then 'data'");
}

function checkRiff(view: DataView, name: string): void {
  const riff = view.byteLength >= 4 ? ascii(view, 0) : '';
  if (riff === 'RF64' || riff === 'BW64' || riff === 'RIFX') {
    fail(name, `${riff} files are not supported; a WAV file that starts with 'RIFF' would be right`);
  }
  if (view.byteLength < 12 || riff !== 'RIFF' || ascii(view, 8) !== 'WAVE') {
    fail(name, "this is not a WAV file; it should start with 'RIFF', a size and 'WAVE'");
  }
}

/** The `fmt ` chunk of `size` bytes at `offset`. */
function readFormat(view: DataView, offset: number, size: number, name: string): Format {
  if (size < 16) fail(name, `the 'fmt ' chunk has ${size} bytes; at least 16 would be right`);
  const channels = view.getUint16(offset + 2, true);
  const sampleRate = view.getUint32(offset + 4, true);
  const blockAlign = view.getUint16(offset + 12, true);
  const bitsPerSample = view.getUint16(offset + 14, true);
  const codec = readCodec(view, offset, size, bitsPerSample, name);
  if (codec !== CODEC_PCM && codec !== CODEC_FLOAT) {
    const codecName = CODEC_NAMES.get(codec) ?? 'unknown';
    fail(
      name,
      `codec ${hex(codec)} (${codecName}) is not supported; PCM (0x0001) or IEEE float (0x0003) would be right`,
    );
  }
  const encoding = codec === CODEC_PCM ? 'pcm' : 'float';
  const allowed = encoding === 'pcm' ? [8, 16, 24, 32] : [32, 64];
  if (!allowed.includes(bitsPerSample)) {
    fail(
      name,
      `${encoding} samples of ${bitsPerSample} bits are not supported; ${allowed.join(', ')} would be right`,
    );
  }
  if (channels === 0) fail(name, 'the number of channels is 0; at least 1 would be right');
  if (sampleRate === 0) fail(name, 'the sample rate is 0 Hz; a positive rate would be right');
  const frameBytes = (channels * bitsPerSample) / 8;
  if (blockAlign !== frameBytes) {
    fail(
      name,
      `the block align is ${blockAlign} bytes; ${channels} channels of ${bitsPerSample} bits make ${frameBytes}`,
    );
  }
  return { encoding, channels, sampleRate, bitsPerSample, blockAlign };
}

/** The codec number, unwrapped from WAVE_FORMAT_EXTENSIBLE. */
function readCodec(
  view: DataView,
  offset: number,
  size: number,
  bitsPerSample: number,
  name: string,
): number {
  const codec = view.getUint16(offset, true);
  if (codec !== CODEC_EXTENSIBLE) return codec;
  if (size < 40) fail(name, `the extensible 'fmt ' chunk has ${size} bytes; at least 40 would be right`);
  const extension = view.getUint16(offset + 16, true);
  if (extension < 22) fail(name, `the 'fmt ' extension has ${extension} bytes; at least 22 would be right`);
  const validBits = view.getUint16(offset + 18, true);
  if (validBits > bitsPerSample) {
    fail(
      name,
      `${validBits} valid bits do not fit in samples of ${bitsPerSample} bits; at most ${bitsPerSample} would be right`,
    );
  }
  if (GUID_TAIL.some((byte, i) => view.getUint8(offset + 26 + i) !== byte)) {
    fail(name, 'the sub-format GUID is not one of PCM or IEEE float; those two are supported');
  }
  return view.getUint16(offset + 24, true);
}

function checkDataSize(size: number, available: number, format: Format, name: string): void {
  if (size === UNKNOWN_SIZE) {
    fail(
      name,
      "the size of 'data' is 0xFFFFFFFF, a streaming writer's placeholder; rewrite the file with its true size",
    );
  }
  if (size === 0) {
    fail(
      name,
      "the size of 'data' is 0: no samples, or a streaming writer's placeholder; rewrite the file with its true size",
    );
  }
  if (size > available) {
    fail(name, `'data' declares ${size} bytes but the file holds only ${available} of them; it is truncated`);
  }
  if (size % format.blockAlign !== 0) {
    fail(
      name,
      `'data' has ${size} bytes; a multiple of the frame of ${format.blockAlign} bytes would be right`,
    );
  }
}

/** Reads one stored sample at a byte offset, in units of full scale. */
function sampleReader(view: DataView, format: Format): (offset: number) => number {
  if (format.encoding === 'float') {
    return format.bitsPerSample === 32
      ? (at) => view.getFloat32(at, true)
      : (at) => view.getFloat64(at, true);
  }
  switch (format.bitsPerSample) {
    case 8:
      return (at) => (view.getUint8(at) - 128) / 128;
    case 16:
      return (at) => view.getInt16(at, true) / 32768;
    case 24:
      return (at) => (view.getUint16(at, true) + 65536 * view.getInt8(at + 2)) / 8388608;
    default:
      return (at) => view.getInt32(at, true) / 2147483648;
  }
}

/** `[frames]` samples: the mean over the channels of `size` bytes at `offset`. */
function mixDown(
  view: DataView,
  offset: number,
  size: number,
  format: Format,
  name: string,
  finite: boolean,
): Float64Array {
  const { channels, blockAlign, bitsPerSample } = format;
  const read = sampleReader(view, format);
  const samples = new Float64Array(size / blockAlign);
  for (let i = 0; i < samples.length; i++) {
    const at = offset + i * blockAlign;
    let sum = read(at); // not 0 + ...: that would lose the sign of -0
    for (let c = 1; c < channels; c++) sum += read(at + (c * bitsPerSample) / 8);
    const mean = sum / channels;
    if (finite && !Number.isFinite(mean))
      fail(
        name,
        `sample ${i} (${(i / format.sampleRate).toFixed(3)} s) is ${mean}; every sample must be finite`,
      );
    samples[i] = mean;
  }
  return samples;
}

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
  options: { format: 'pcm16' | 'float32' },
): Uint8Array {
  const isFloat = options.format === 'float32';
  if (!isFloat && options.format !== 'pcm16') {
    throw new InvalidArgumentError(
      `format is ${String(options.format)}; 'pcm16' or 'float32' would be right`,
    );
  }
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > 0xffffffff / 4) {
    throw new InvalidArgumentError(
      `sampleRate is ${sampleRate}; an integer number of Hz from 1 to 2^30 - 1 would be right`,
    );
  }
  const sampleBytes = isFloat ? 4 : 2;
  const dataBytes = samples.length * sampleBytes;
  if (samples.length === 0)
    throw new InvalidArgumentError('samples is empty; at least one sample would be right');
  if (dataBytes > 0xffffffff - 64) {
    throw new InvalidArgumentError(`samples has ${samples.length} entries; a WAV file holds less than 4 GiB`);
  }
  const headerBytes = isFloat ? 58 : 44;
  const view = new DataView(new ArrayBuffer(headerBytes + dataBytes));
  writeHeader(view, isFloat, sampleRate, samples.length, sampleBytes);
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i];
    const at = headerBytes + i * sampleBytes;
    if (isFloat) {
      if (!Number.isFinite(Math.fround(x))) {
        throw new InvalidArgumentError(`sample ${i} is ${x}; a finite float32 would be right`);
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
  u16(isFloat ? CODEC_FLOAT : CODEC_PCM);
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
