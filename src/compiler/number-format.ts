/** The number formats that programs compute in, as one table: a further format is a further row. */
import { OverflowError } from '../errors.ts';

/** Number format of real numbers: IEEE single or double precision. */
export type Dtype = 'f32' | 'f64';
/** Number format of a program; 32-bit integers are those of fixed point (fixed.ts). */
export type Format = Dtype | 'i32';

export type FloatArray = Float32Array | Float64Array;
/** Arrays of a format. */
export type ArrayOf<F extends Format> = F extends Dtype ? FloatArray : Int32Array;

/** What makes the arrays of a format. */
interface ArrayConstructor<A> {
  new (length: number): A;
  new (numbers: ArrayLike<number>): A;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): A;
  readonly name: string;
}

interface NumberFormat<A> {
  /** Bytes of a number. */
  readonly bytes: 4 | 8;
  /** Unit roundoff: half the distance from 1 to the next number; of integers, which round nothing, 0. */
  readonly roundoff: number;
  /** The number of this format nearest to a float64; throws OverflowError for what is no 32-bit integer. */
  readonly round: (x: number) => number;
  /** What makes its arrays; generated code has its name. */
  readonly array: ArrayConstructor<A>;
  /** The shape of a vector of 128 bits in the names of WebAssembly's instructions; integers have none. */
  readonly vector: 'f32x4' | 'f64x2' | null;
}

/** Throws OverflowError for what is no 32-bit integer: fixed point is proven to stay within, so nothing saturates or wraps. */
function requireInteger(x: number): number {
  if (x !== (x | 0)) throw new OverflowError(`${x} in fixed point; expected an integer of 32 bits`);
  return x;
}

export const numberFormats: { readonly [F in Format]: NumberFormat<ArrayOf<F>> } = {
  f32: {
    bytes: 4,
    roundoff: 2 ** -24,
    round: Math.fround,
    array: Float32Array,
    vector: 'f32x4',
  },
  f64: {
    bytes: 8,
    roundoff: 2 ** -53,
    round: (x) => x,
    array: Float64Array,
    vector: 'f64x2',
  },
  i32: {
    bytes: 4,
    roundoff: 0,
    round: requireInteger,
    array: Int32Array,
    vector: null,
  },
};

export const bytesOf = (dtype: Format): 4 | 8 => numberFormats[dtype].bytes;
/** Elements of one 128-bit vector; also the number of strided partial sums of a reduction. */
export const lanesOf = (dtype: Format): number => 16 / bytesOf(dtype);
/** Zeros. */
export const newArray = <F extends Format>(dtype: F, length: number): ArrayOf<F> =>
  new numberFormats[dtype].array(length) as ArrayOf<F>;
