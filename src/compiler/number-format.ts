/** The number formats that programs compute in, as one table: a further format is a further row. */

/** Number format of a program: IEEE single or double precision. */
export type Dtype = 'f32' | 'f64';

export type FloatArray = Float32Array | Float64Array;

/** What makes the arrays of a format. */
interface FloatArrayConstructor {
  new (length: number): FloatArray;
  new (numbers: ArrayLike<number>): FloatArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): FloatArray;
  readonly name: string;
}

interface NumberFormat {
  /** Bytes of a number. */
  readonly bytes: number;
  /** Unit roundoff: half the distance from 1 to the next number. */
  readonly roundoff: number;
  /** The number of this format nearest to a float64. */
  readonly round: (x: number) => number;
  /** What makes its arrays; generated code has its name. */
  readonly array: FloatArrayConstructor;
  /** The shape of a vector of 128 bits in the names of WebAssembly's instructions. */
  readonly vector: 'f32x4' | 'f64x2';
}

export const numberFormats: Readonly<Record<Dtype, NumberFormat>> = {
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
};

export const bytesOf = (dtype: Dtype): number => numberFormats[dtype].bytes;
/** Elements of one 128-bit vector; also the number of strided partial sums of a reduction. */
export const lanesOf = (dtype: Dtype): number => 16 / bytesOf(dtype);
/** Zeros. */
export const newArray = (dtype: Dtype, length: number): FloatArray => new numberFormats[dtype].array(length);
