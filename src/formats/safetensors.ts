/**
 * Named tensors to and from bytes: an 8-byte size, a JSON header, then the data, little endian.
 * Source: the safetensors format, https://github.com/huggingface/safetensors (README "Format"), strictly.
 */

import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import { checkArgument, record } from '../options.ts';
import { halfBits, halfValue } from '../numeric/half.ts';
import { bytesOf } from './bytes.ts';
import { parseStrictJson, quote } from './strict-json.ts';
import type { JsonValue } from './strict-json.ts';

type TensorData = Float64Array | Float32Array | Int32Array | Int16Array | Uint8Array;
type TensorDtype = 'F64' | 'I64' | 'F32' | 'I32' | 'F16' | 'BF16' | 'I16' | 'U8';

/**
 * A dense tensor in row-major order; `data.length` is the product of `shape`, 1 for a scalar (`shape` `[]`). `data` holds numbers: those of
 * I64 in a Float64Array (beyond 2^53 rounded), those of F16 and BF16 in a Float32Array.
 */
export interface Tensor {
  dtype: TensorDtype;
  shape: number[];
  data: TensorData;
}

/** What a file holds. A Map for the tensors and no prototype for the metadata: their keys come from the file. */
interface Safetensors {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/** Largest header read or written, in bytes. The format allows 100 MB; a papilio model has a few tensors. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024;

interface DtypeRow {
  /** Bytes of one element. */
  size: number;
  array: (new (buffer: ArrayBuffer) => TensorData) & (new (length: number) => TensorData);
  /** Where numbers in memory are others than in a file: reading and writing of one at an address. */
  coded?: {
    read: (view: DataView, at: number) => number;
    write: (view: DataView, at: number, value: number) => void;
  };
}

/** The upper half of a float32, ties to even; numbers that round beyond the largest become infinite. */
function upperHalf(x: number): number {
  const [bits] = new Uint32Array(Float32Array.of(x).buffer);
  return Number.isNaN(x) ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
const lowerZero = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0];

const DTYPES: ReadonlyMap<string, DtypeRow> = new Map<TensorDtype, DtypeRow>([
  ['F64', { size: 8, array: Float64Array }],
  [
    'I64',
    {
      size: 8,
      array: Float64Array,
      coded: {
        read: (v, at) => Number(v.getBigInt64(at, true)),
        write: (v, at, x) => v.setBigInt64(at, BigInt(x), true),
      },
    },
  ],
  ['F32', { size: 4, array: Float32Array }],
  ['I32', { size: 4, array: Int32Array }],
  [
    'F16',
    {
      size: 2,
      array: Float32Array,
      coded: {
        read: (v, at) => halfValue(v.getUint16(at, true)),
        write: (v, at, x) => v.setUint16(at, halfBits(x), true),
      },
    },
  ],
  [
    'BF16',
    {
      size: 2,
      array: Float32Array,
      coded: {
        read: (v, at) => lowerZero(v.getUint16(at, true)),
        write: (v, at, x) => v.setUint16(at, upperHalf(x), true),
      },
    },
  ],
  ['I16', { size: 2, array: Int16Array }],
  ['U8', { size: 1, array: Uint8Array }],
]);
const dtypeList = (): string => [...DTYPES.keys()].join(', ');
const METADATA_KEY = '__metadata__';
const ENTRY_KEYS = ['dtype', 'shape', 'data_offsets'];
const hostIsLittleEndian = (): boolean => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `problem` of the file as a whole, or of one tensor of it. */
function fail(name: string, problem: string, tensor?: string): never {
  throw new FileFormatError(`${name}: ${tensor === undefined ? '' : `tensor ${quote(tensor)}: `}${problem}`);
}

/** Product of a shape, or undefined beyond 2^53 - 1 (also where a later 0 would hide it). */
function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const extent of shape) {
    count *= extent;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

const isSize = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);

/** Bytes between the file's order (little endian) and the host's: reversed per element on a big-endian host. */
function toHostOrder(bytes: Uint8Array, size: number): void {
  if (hostIsLittleEndian() || size === 1) return;
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** One tensor of the header, checked by itself; offsets in bytes from the start of the data. */
interface Entry {
  tensor: string;
  dtype: TensorDtype;
  row: DtypeRow;
  shape: number[];
  begin: number;
  end: number;
}

/**
 * Decodes a safetensors file. Every byte is accounted for: no overlap, no hole, nothing after the last tensor, no
 * key twice. The result shares no memory with `bytes`. Values are not inspected: NaN and infinities pass.
 *
 * @param source the whole file, at any alignment
 * @param name what messages call the file
 * @throws FileFormatError (one line, naming the file and the tensor) if the file breaks the format, uses a dtype
 *   other than F64, I64, F32, I32, F16, BF16, I16, U8, or has a header of more than `MAX_HEADER_BYTES`
 */
export function decodeSafetensors(source: Uint8Array | ArrayBuffer, name = 'the file'): Safetensors {
  const bytes = bytesOf(source, name);
  const header = readHeader(bytes, name);
  const dataStart = 8 + header.size;
  const entries: Entry[] = [];
  let metadata: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of header.entries) {
    if (key === '__proto__') fail(name, "'__proto__' is not allowed as a tensor name");
    if (key === METADATA_KEY) metadata = readMetadata(value, name);
    else entries.push(readEntry(key, value, bytes.length - dataStart, name));
  }
  checkCoverage(entries, bytes.length - dataStart, name);
  const tensors = new Map<string, Tensor>();
  for (const { tensor, dtype, row, shape, begin, end } of entries) {
    tensors.set(tensor, {
      dtype,
      shape,
      data: numbersOf(row, bytes.subarray(dataStart + begin, dataStart + end)),
    });
  }
  return { tensors, metadata };
}

function numbersOf({ size, array, coded }: DtypeRow, bytes: Uint8Array): TensorData {
  if (coded) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const data = new array(bytes.length / size);
    for (let i = 0; i < data.length; i++) data[i] = coded.read(view, size * i);
    return data;
  }
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  toHostOrder(copy, size);
  return new array(copy.buffer);
}

function writeNumbers({ size, coded }: DtypeRow, data: TensorData, target: Uint8Array): void {
  if (coded) {
    const view = new DataView(target.buffer, target.byteOffset, target.length);
    data.forEach((x, i) => coded.write(view, size * i, x));
    return;
  }
  target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  toHostOrder(target, size);
}

function readHeader(bytes: Uint8Array, name: string): { size: number; entries: Map<string, JsonValue> } {
  if (bytes.length < 8)
    fail(name, `the file has ${bytes.length} bytes; a safetensors file starts with 8 bytes of header size`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getBigUint64(0, true);
  if (size < 2n) fail(name, `the header size is ${size} bytes; expected at least 2 ('{}')`);
  if (size > BigInt(MAX_HEADER_BYTES))
    fail(name, `the header size is ${size} bytes; expected at most ${MAX_HEADER_BYTES}`);
  const headerBytes = Number(size);
  if (headerBytes > bytes.length - 8)
    fail(
      name,
      `the header size is ${size} bytes but the file holds only ${bytes.length - 8} after it; it is truncated`,
    );
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(8, 8 + headerBytes),
    );
  } catch {
    return fail(name, 'the header is not valid UTF-8; expected UTF-8 JSON');
  }
  if (text[0] !== '{') fail(name, "the header does not start with '{'; expected a JSON object");
  const value = parseStrictJson(text, (problem) => fail(name, `the header is not strict JSON: ${problem}`));
  if (!(value instanceof Map)) return fail(name, 'the header is not a JSON object');
  return { size: headerBytes, entries: value };
}

function readMetadata(value: JsonValue, name: string): Record<string, string> {
  if (!(value instanceof Map))
    return fail(name, `${METADATA_KEY} is not an object; expected an object of strings`);
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, text] of value) {
    if (key === '__proto__') fail(name, `'__proto__' is not allowed as a key of ${METADATA_KEY}`);
    if (typeof text !== 'string')
      fail(name, `${METADATA_KEY} ${quote(key)} is not a string; every value must be one`);
    metadata[key] = text;
  }
  return metadata;
}

/** Checks everything that one entry of the header says about itself. */
function readEntry(tensor: string, value: JsonValue, dataBytes: number, name: string): Entry {
  if (!(value instanceof Map)) return fail(name, `it is not an object of ${ENTRY_KEYS.join(', ')}`, tensor);
  for (const key of ENTRY_KEYS) if (!value.has(key)) fail(name, `${key} is missing`, tensor);
  for (const key of value.keys()) {
    if (!ENTRY_KEYS.includes(key))
      fail(name, `key ${quote(key)} is unknown; expected ${ENTRY_KEYS.join(', ')}`, tensor);
  }
  const dtype = value.get('dtype');
  const row = typeof dtype === 'string' ? DTYPES.get(dtype) : undefined;
  if (!row) {
    const shown = typeof dtype === 'string' ? quote(dtype) : 'not a string';
    return fail(name, `dtype is ${shown}; expected one of ${dtypeList()}`, tensor);
  }
  const shape = value.get('shape');
  if (!Array.isArray(shape) || !shape.every(isSize))
    return fail(name, 'shape is not an array of integers from 0 to 2^53 - 1', tensor);
  const offsets = value.get('data_offsets');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    return fail(name, 'data_offsets is not two integers [begin, end] from 0 to 2^53 - 1', tensor);
  const [begin, end] = offsets;
  if (begin > end) fail(name, `data_offsets [${begin}, ${end}] are reversed; expected begin <= end`, tensor);
  if (end > dataBytes)
    fail(name, `data_offsets [${begin}, ${end}] reach beyond the ${dataBytes} bytes of data`, tensor);
  const count = elementCount(shape);
  if (count === undefined || !Number.isSafeInteger(count * row.size))
    return fail(name, 'the product of shape overflows; expected at most 2^53 - 1 bytes', tensor);
  if (count * row.size !== end - begin) {
    fail(
      name,
      `data_offsets span ${end - begin} bytes; ${count} elements of ${String(dtype)} make ${count * row.size}`,
      tensor,
    );
  }
  return { tensor, dtype: dtype as TensorDtype, row, shape, begin, end };
}

/**
 * The tensors, in order of their offsets, must tile the data exactly. A tensor of no elements may stand at any
 * boundary between tiles, any number of them at the same one, but not inside a tile.
 */
function checkCoverage(entries: readonly Entry[], dataBytes: number, name: string): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let cursor = 0;
  for (const { tensor, begin, end } of ordered) {
    if (begin < cursor)
      fail(name, `data_offsets [${begin}, ${end}] overlap a tensor that ends at ${cursor}`, tensor);
    if (begin > cursor)
      fail(name, `data_offsets [${begin}, ${end}] leave a hole; expected begin ${cursor}`, tensor);
    cursor = end;
  }
  if (cursor !== dataBytes)
    fail(name, `${dataBytes - cursor} bytes of data belong to no tensor; every byte must be covered`);
}

/**
 * Encodes named tensors. The bytes depend on the contents only, not on key order: tensors are stored by element
 * size, largest first, then by name, so that each is aligned to its element; metadata is stored by key.
 *
 * @param tensors names other than `__metadata__` and `__proto__`; `data` of the class that `dtype` says
 * @param metadata free text about the file
 * @throws InvalidArgumentError naming the tensor or key that cannot be stored
 */
export function encodeSafetensors(
  tensors: Record<string, Tensor>,
  metadata: Record<string, string>,
): Uint8Array {
  checkArgument('tensors', tensors, record('an object of tensors by name'));
  checkArgument('metadata', metadata, record('an object of text'));
  const sorted = Object.entries(tensors)
    .map(([tensor, value]) => ({ tensor, ...value, row: checkTensor(tensor, value) }))
    .sort((a, b) => b.row.size - a.row.size || (a.tensor < b.tensor ? -1 : 1));
  const fields: string[] = [];
  const metadataText = metadataJson(metadata);
  if (metadataText !== '{}') fields.push(`"${METADATA_KEY}":${metadataText}`);
  let dataBytes = 0;
  for (const { tensor, dtype, shape, data, row } of sorted) {
    const offsets = [dataBytes, dataBytes + data.length * row.size];
    fields.push(`${JSON.stringify(tensor)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`);
    [, dataBytes] = offsets;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new InvalidArgumentError(
      `the header would have ${headerBytes} bytes; expected at most ${MAX_HEADER_BYTES}`,
    );
  const bytes = new Uint8Array(8 + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const { data, row } of sorted) {
    const end = at + data.length * row.size;
    writeNumbers(row, data, bytes.subarray(at, end));
    at = end;
  }
  return bytes;
}

/** Half of a surrogate pair: such text has no UTF-8 form. */
const LONE_SURROGATE = /\p{Surrogate}/u;

function checkTensor(tensor: string, value: Tensor): DtypeRow {
  checkArgument(`tensor ${quote(tensor)}`, value, record('{ dtype, shape, data }'));
  const { dtype, shape, data } = value;
  const refuse = (problem: string): never => {
    throw new InvalidArgumentError(`tensor ${quote(tensor)}: ${problem}`);
  };
  if (tensor === METADATA_KEY || tensor === '__proto__' || LONE_SURROGATE.test(tensor))
    refuse('the name is reserved or is not well-formed text');
  const row = DTYPES.get(dtype) ?? refuse(`dtype is ${quote(String(dtype))}; expected one of ${dtypeList()}`);
  if (!(data instanceof row.array)) refuse(`data is not the typed array of dtype ${dtype}`);
  if (dtype === 'I64' && !data.every((x) => Number.isSafeInteger(x)))
    refuse('a number of dtype I64 is not a whole one of at most 2^53 - 1');
  if (!Array.isArray(shape) || !shape.every(isSize))
    refuse('shape is not an array of integers from 0 to 2^53 - 1');
  const count = elementCount(shape);
  if (count !== data.length)
    refuse(`shape [${shape.join(', ')}] does not match ${data.length} elements of data`);
  return row;
}

function metadataJson(metadata: Record<string, string>): string {
  const fields = Object.keys(metadata)
    .sort()
    .map((key) => {
      const text = metadata[key];
      if (
        typeof text !== 'string' ||
        key === '__proto__' ||
        LONE_SURROGATE.test(key) ||
        LONE_SURROGATE.test(text)
      ) {
        throw new InvalidArgumentError(
          `metadata ${quote(key)}: key and value must be well-formed text, the key not __proto__`,
        );
      }
      return `${JSON.stringify(key)}:${JSON.stringify(text)}`;
    });
  return `{${fields.join(',')}}`;
}
