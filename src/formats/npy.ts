/**
 * NumPy arrays from bytes: format versions 1 to 3, little-endian numbers in C or Fortran order.
 * Source: numpy.lib.format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import { halfValue } from '../numeric/half.ts';
import { shown } from '../options.ts';
import { bytesOf } from './bytes.ts';

/** A dense array in C order; `im` only for complex dtypes. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly re: Float64Array;
  readonly im?: Float64Array;
}

/** As many as NumPy has. */
const mostDimensions = 64;
/** Longest header, in bytes: NumPy's own limit for files it does not trust. */
const longestHeader = 10000;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Numbers that a shape holds; null for what is no shape. */
const countOf = (shape: unknown): number | null =>
  Array.isArray(shape) &&
  shape.length <= mostDimensions &&
  shape.every((e) => Number.isSafeInteger(e) && e >= 0)
    ? shape.reduce((a, b) => a * b, 1)
    : null;

/** Bytes of one number, reader of one real number, and whether two make a complex one. */
const dtypes: Readonly<
  Record<string, { bytes: number; read: (v: DataView, at: number) => number; complex: boolean }>
> = {
  '<f4': { bytes: 4, read: (v, at) => v.getFloat32(at, true), complex: false },
  '<f8': { bytes: 8, read: (v, at) => v.getFloat64(at, true), complex: false },
  '<c8': { bytes: 4, read: (v, at) => v.getFloat32(at, true), complex: true },
  '<c16': { bytes: 8, read: (v, at) => v.getFloat64(at, true), complex: true },
  '<f2': { bytes: 2, read: (v, at) => halfValue(v.getUint16(at, true)), complex: false },
  '|i1': { bytes: 1, read: (v, at) => v.getInt8(at), complex: false },
  '|u1': { bytes: 1, read: (v, at) => v.getUint8(at), complex: false },
  '<i2': { bytes: 2, read: (v, at) => v.getInt16(at, true), complex: false },
  '<i4': { bytes: 4, read: (v, at) => v.getInt32(at, true), complex: false },
  '<i8': { bytes: 8, read: (v, at) => Number(v.getBigInt64(at, true)), complex: false },
};

function headerOf(bytes: Uint8Array, name: string): { text: string; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || magic.some((b, i) => bytes[i] !== b))
    throw new FileFormatError(`${name}: no NumPy file (.npy)`);
  const wide = bytes[6] >= 2;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const end = (wide ? 12 : 10) + length;
  if (bytes[6] < 1 || bytes[6] > 3 || end > bytes.length || length > longestHeader)
    throw new FileFormatError(`${name}: the NumPy header is damaged`);
  return { text: new TextDecoder().decode(bytes.subarray(wide ? 12 : 10, end)), end };
}

/** The address in C order of element i of an array in Fortran order. */
function fromFortran(i: number, shape: readonly number[]): number {
  let [rest, at, stride] = [i, 0, shape.reduce((a, b) => a * b, 1)];
  for (const extent of shape) {
    stride /= extent;
    at += (rest % extent) * stride;
    rest = Math.floor(rest / extent);
  }
  return at;
}

/** Throws FileFormatError, naming the file, for anything that is not such an array. */
export function decodeNpy(source: Uint8Array | ArrayBuffer, name = 'the NumPy file'): NpyArray {
  const bytes = bytesOf(source, name);
  const { text, end } = headerOf(bytes, name);
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1] ?? '';
  const dtype = Object.hasOwn(dtypes, descr) ? dtypes[descr] : undefined;
  if (!dtype)
    throw new FileFormatError(
      `${name}: dtype ${JSON.stringify(descr)}; expected ${Object.keys(dtypes).join(', ')}`,
    );
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(text)?.[1] ?? 'x')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const size = countOf(shape);
  if (size === null) throw new FileFormatError(`${name}: the shape in the NumPy header is damaged`);
  const order = /'fortran_order':\s*(True|False)\s*[,}]/.exec(text)?.[1];
  if (order === undefined)
    throw new FileFormatError(`${name}: fortran_order in the NumPy header is neither True nor False`);
  const parts = dtype.complex ? 2 : 1;
  if (bytes.length - end !== size * parts * dtype.bytes)
    throw new FileFormatError(
      `${name}: ${bytes.length - end} bytes of data; expected ${size * parts * dtype.bytes} for shape [${shape.join(', ')}]`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset + end, bytes.length - end);
  const fortran = order === 'True';
  const re = new Float64Array(size);
  const im = dtype.complex ? new Float64Array(size) : undefined;
  for (let i = 0; i < size; i++) {
    const to = fortran ? fromFortran(i, shape) : i;
    re[to] = dtype.read(view, i * parts * dtype.bytes);
    if (im) im[to] = dtype.read(view, (2 * i + 1) * dtype.bytes);
  }
  return im ? { shape, re, im } : { shape, re };
}

/**
 * A real array in C order as a NumPy file of format version 1, `<f4` or `<f8` by its class. Throws InvalidArgumentError when
 * the shape does not hold its numbers.
 */
export function encodeNpy(data: Float32Array | Float64Array, shape: readonly number[]): Uint8Array {
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new InvalidArgumentError('data is no Float32Array or Float64Array; expected one of them');
  if (countOf(shape) !== data.length)
    throw new InvalidArgumentError(
      `an array of ${data.length} numbers; expected as many as the shape ${Array.isArray(shape) ? `[${shape.join(', ')}]` : shown(shape)} holds`,
    );
  const descr = data instanceof Float32Array ? '<f4' : '<f8';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The data begin at a multiple of 64 bytes, and the header ends with a line feed.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + data.byteLength);
  bytes.set([...magic, 1, 0, length & 255, length >> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  const view = new DataView(bytes.buffer, 10 + length);
  const size = data.BYTES_PER_ELEMENT;
  for (let i = 0; i < data.length; i++)
    if (size === 4) view.setFloat32(4 * i, data[i], true);
    else view.setFloat64(8 * i, data[i], true);
  return bytes;
}
