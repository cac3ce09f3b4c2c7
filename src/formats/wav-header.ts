/**
 * The head of a WAV file: its chunks up to the samples, and what they are.
 * Sources: Microsoft, "Multiple Channel Audio Data and WAVE Files" (WAVEFORMATEX and WAVEFORMATEXTENSIBLE); EBU Tech 3306, "RF64".
 */
import { FileFormatError } from '../errors.ts';
import { oneOf, whole, type Predicate } from '../options.ts';

export type WavEncoding = 'pcm' | 'float' | 'a-law' | 'mu-law';

/** How samples are stored. */
interface WavFormat {
  readonly encoding: WavEncoding;
  readonly channels: number;
  /** Hz, as stored. */
  readonly sampleRate: number;
  /** As stored: 12 and 20 bits lie in the upper ones of 2 and 3 bytes. */
  readonly bitsPerSample: number;
  /** Bytes of one sample. */
  readonly sampleBytes: number;
}

/** Where the samples are. */
export interface WavLayout {
  readonly format: WavFormat;
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Byte of the first sample, and how many whole frames follow. */
  readonly offset: number;
  readonly frames: number;
}

const encodings: ReadonlyMap<number, WavEncoding> = new Map([
  [0x0001, 'pcm'],
  [0x0003, 'float'],
  [0x0006, 'a-law'],
  [0x0007, 'mu-law'],
]);
const otherCodecs: ReadonlyMap<number, string> = new Map([
  [0x0002, 'Microsoft ADPCM'],
  [0x0011, 'IMA ADPCM'],
  [0x0031, 'GSM 6.10'],
  [0x0055, 'MPEG layer 3'],
]);
const codecExtensible = 0xfffe;
/** A writer that streams, or whose size stands in `ds64`, leaves this in the size of `data`. */
const unknownSize = 0xffffffff;
/** The last eight bytes of a sub-format GUID that wraps a codec number. */
const guidEnd = [0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];
/** Bits that a stored sample may have. */
const bitsRules: Readonly<Record<WavEncoding, Predicate>> = {
  pcm: whole(8, 32),
  float: oneOf([32, 64]),
  'a-law': oneOf([8]),
  'mu-law': oneOf([8]),
};

export function fail(name: string, problem: string): never {
  throw new FileFormatError(`${name}: ${problem}`);
}

const ascii = (view: DataView, offset: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(offset + i)));

const hex = (codec: number): string => `0x${codec.toString(16).padStart(4, '0')}`;

/** What other files begin with. */
const strangers: readonly (readonly [start: RegExp, name: string])[] = [
  [/^fLaC/, 'a FLAC file'],
  [/^OggS/, 'an Ogg file'],
  [/^(ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfd])/, 'an MP3 file'],
  [/^\xff[\xf0\xf1\xf8\xf9]/, 'an AAC stream'],
  [/^.{4}ftyp/s, 'an MP4 or M4A file'],
  [/^FORM.{4}AIF/s, 'an AIFF file'],
  [/^caff/, 'a CAF file'],
  [/^riff/, 'a Wave64 file'],
  [/^.E\xdf\xa3/s, 'a WebM or Matroska file'],
  [/^version http/, 'a pointer of Git LFS to a file'],
  [/^\s*</, 'an HTML or XML page'],
];

function strangerOf(view: DataView): string {
  const start = Array.from({ length: Math.min(12, view.byteLength) }, (_, i) => view.getUint8(i));
  const text = String.fromCharCode(...start);
  const found = strangers.find(([pattern]) => pattern.test(text));
  return found === undefined ? 'not a WAV file' : `${found[1]}, not WAV`;
}

/** RIFF and RF64 (BW64) are little endian, RIFX is big endian. */
function checkRiff(view: DataView, name: string): { wide: boolean; littleEndian: boolean } {
  const riff = view.byteLength >= 12 && ascii(view, 8) === 'WAVE' ? ascii(view, 0) : '';
  if (!['RIFF', 'RIFX', 'RF64', 'BW64'].includes(riff))
    fail(name, `this is ${strangerOf(view)}; it should start with 'RIFF', a size and 'WAVE'`);
  return { wide: riff === 'RF64' || riff === 'BW64', littleEndian: riff !== 'RIFX' };
}

/** Walks the chunks to the samples. Throws FileFormatError naming the file if it is no WAV file that can be read. */
export function readWavLayout(bytes: Uint8Array, name: string): WavLayout {
  if (bytes.length === 0) fail(name, "the file is empty; a WAV file starts with 'RIFF', a size and 'WAVE'");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { wide, littleEndian } = checkRiff(view, name);
  let format: WavFormat | undefined;
  let wideSize: number | undefined;
  let at = 12;
  while (at + 8 <= view.byteLength) {
    const [id, size, body] = [ascii(view, at), view.getUint32(at + 4, littleEndian), at + 8];
    const available = view.byteLength - body;
    if (id === 'data') {
      if (!format) fail(name, "the 'data' chunk comes before the 'fmt ' chunk; 'fmt ' must come first");
      const declared = size === unknownSize && wideSize !== undefined ? wideSize : size;
      const frames = framesOf(view, body, declared, { format, littleEndian, name });
      return { format, view, littleEndian, offset: body, frames };
    }
    if (size > available)
      fail(
        name,
        `chunk ${JSON.stringify(id)} declares ${size} bytes but the file holds only ${available} more; it is truncated`,
      );
    if (id === 'fmt ') {
      if (format) fail(name, "there are two 'fmt ' chunks; expected exactly one");
      format = readFormat(view, body, size, { littleEndian, name });
    }
    if (id === 'ds64' && wide && size >= 16) wideSize = Number(view.getBigUint64(body + 8, true));
    at = body + size + (size % 2); // chunks start at even offsets; an odd one is followed by a pad byte
  }
  if (!format) fail(name, "there is no 'fmt ' chunk; a WAV file needs 'fmt ' and then 'data'");
  return fail(name, "there is no 'data' chunk; a WAV file needs 'fmt ' and then 'data'");
}

interface Context {
  readonly littleEndian: boolean;
  readonly name: string;
}

/** Whole frames of a `data` chunk: to its end, or to that of the file where it declares more or does not know. */
function framesOf(
  view: DataView,
  body: number,
  declared: number,
  { format, littleEndian, name }: Context & { readonly format: WavFormat },
): number {
  const available = view.byteLength - body;
  // A streaming writer leaves 0 too. Where chunks follow to the very end, the file says what it means: no samples.
  const placeholder = declared === 0 && !areChunks(view, body, littleEndian);
  const size = placeholder ? available : Math.min(declared, available);
  const frame = format.channels * format.sampleBytes;
  const frames = Math.floor(size / frame);
  if (frames === 0) fail(name, `'data' holds ${size} bytes; expected at least one frame of ${frame} bytes`);
  return frames;
}

/** Is what follows a list of whole chunks with names of letters, or nothing? */
function areChunks(view: DataView, from: number, littleEndian: boolean): boolean {
  let at = from;
  while (at + 8 <= view.byteLength) {
    if (!/^[\x20-\x7e]{4}$/.test(ascii(view, at))) return false;
    const size = view.getUint32(at + 4, littleEndian);
    at += 8 + size + (size % 2);
  }
  return at === view.byteLength || at === view.byteLength + 1;
}

/** The `fmt ` chunk of `size` bytes at `offset`. */
function readFormat(view: DataView, offset: number, size: number, context: Context): WavFormat {
  const { littleEndian, name } = context;
  if (size < 16) fail(name, `the 'fmt ' chunk has ${size} bytes; expected at least 16`);
  const channels = view.getUint16(offset + 2, littleEndian);
  const sampleRate = view.getUint32(offset + 4, littleEndian);
  const blockAlign = view.getUint16(offset + 12, littleEndian);
  const bitsPerSample = view.getUint16(offset + 14, littleEndian);
  const codec = readCodec(view, offset, size, bitsPerSample, context);
  const encoding = encodings.get(codec);
  if (encoding === undefined)
    return fail(
      name,
      `codec ${hex(codec)} (${otherCodecs.get(codec) ?? 'unknown'}) is not supported; expected PCM, IEEE float, A-law or mu-law`,
    );
  const { allows, expected } = bitsRules[encoding];
  if (!allows(bitsPerSample))
    fail(name, `${encoding} samples of ${bitsPerSample} bits are not supported; expected ${expected}`);
  if (channels === 0) fail(name, 'the number of channels is 0; expected at least 1');
  if (sampleRate === 0) fail(name, 'the sample rate is 0 Hz; expected a positive rate');
  const sampleBytes = Math.ceil(bitsPerSample / 8);
  // Some writers leave the block align 0; it says nothing that channels and bits do not.
  if (blockAlign !== 0 && blockAlign !== channels * sampleBytes)
    fail(
      name,
      `the block align is ${blockAlign} bytes; ${channels} channels of ${bitsPerSample} bits make ${channels * sampleBytes}`,
    );
  return { encoding, channels, sampleRate, bitsPerSample, sampleBytes };
}

/** The codec number, unwrapped from WAVE_FORMAT_EXTENSIBLE. */
function readCodec(
  view: DataView,
  offset: number,
  size: number,
  bits: number,
  { littleEndian, name }: Context,
): number {
  const codec = view.getUint16(offset, littleEndian);
  if (codec !== codecExtensible) return codec;
  if (size < 40) fail(name, `the extensible 'fmt ' chunk has ${size} bytes; expected at least 40`);
  const extension = view.getUint16(offset + 16, littleEndian);
  if (extension < 22) fail(name, `the 'fmt ' extension has ${extension} bytes; expected at least 22`);
  const validBits = view.getUint16(offset + 18, littleEndian);
  if (validBits > bits)
    fail(name, `${validBits} valid bits do not fit in samples of ${bits} bits; expected at most ${bits}`);
  // {0000cccc-0000-0010-8000-00aa00389b71}, cccc the codec: KSDATAFORMAT_SUBTYPE_WAVEFORMATEX.
  const wrapped = view.getUint32(offset + 24, littleEndian);
  const fields = [view.getUint16(offset + 28, littleEndian), view.getUint16(offset + 30, littleEndian)];
  if (
    wrapped > 0xffff ||
    fields.join() !== '0,16' ||
    guidEnd.some((b, i) => view.getUint8(offset + 32 + i) !== b)
  )
    fail(name, 'the sub-format GUID is not one of PCM, IEEE float, A-law or mu-law; those are supported');
  return wrapped;
}
