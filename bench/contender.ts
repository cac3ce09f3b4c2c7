/** What is measured: a shape of work, a peer that can do it, and a contender prepared to be timed. */

export type Kind = 'complex' | 'real';
export type Dtype = 'f32' | 'f64';

/** `batch` transforms of n points, row-major; real means n real samples to floor(n/2) + 1 bins. */
export interface Shape {
  readonly kind: Kind;
  readonly n: number;
  readonly batch: number;
}

/** Input rows [batch, n]; im is zero for real shapes. */
export interface Signal {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export type Bin = readonly [re: number, im: number];

/** A transform on buffers of its own, written once. */
export interface Prepared {
  /** All rows of the batch, from the prepared input; may be repeated. */
  readonly run: () => void;
  /** Bin k of a row of what the last run wrote. */
  readonly bin: (row: number, k: number) => Bin;
  /** What turned out only when preparing, for the report. */
  readonly note?: string;
}

/** A library behind one adapter. */
export interface Peer {
  readonly name: string;
  readonly dtype: Dtype;
  /** The sizes it has, in words: printed when one is skipped. */
  readonly sizes: string;
  readonly supports: (n: number, kind: Kind) => boolean;
  /** Throws when it cannot do this shape after all; the message is printed and the peer skipped. */
  readonly make: (shape: Shape, signal: Signal) => Prepared;
}

/** Something that can be timed, in this process or another one. */
export interface Contender {
  readonly label: string;
  readonly note?: string | undefined;
  /** Milliseconds of `repetitions` runs. */
  readonly sample: (repetitions: number) => number | Promise<number>;
  /** Bins of a row of the last run. */
  readonly read: (row: number, bins: readonly number[]) => Bin[] | Promise<Bin[]>;
  readonly close: () => void;
}

/** A contender that could not be, and why. */
export interface Skip {
  readonly label: string;
  readonly what: string;
  readonly why: string;
}

export const labelOf = (peer: { readonly name: string; readonly dtype: Dtype }): string =>
  `${peer.name} ${peer.dtype}`;

export const describeShape = ({ kind, n, batch }: Shape): string =>
  `${kind} ${batch === 1 ? '' : `${batch} x `}n = ${n}`;

/** Rows of an interleaved or planar array as bins. */
export const interleavedBin =
  (at: (index: number) => number, rowLength: number) =>
  (row: number, k: number): Bin => [at(2 * (row * rowLength + k)), at(2 * (row * rowLength + k) + 1)];
export const planarBin =
  (re: ArrayLike<number>, im: ArrayLike<number>, rowLength: number) =>
  (row: number, k: number): Bin => [re[row * rowLength + k], im[row * rowLength + k]];

export const isPowerOfTwo = (n: number): boolean => Number.isInteger(Math.log2(n));

/** Interleaved complex numbers of row `row`. */
export function interleavedRow(signal: Signal, n: number, row: number): Float64Array {
  const out = new Float64Array(2 * n);
  for (let j = 0; j < n; j++) {
    out[2 * j] = signal.re[row * n + j];
    out[2 * j + 1] = signal.im[row * n + j];
  }
  return out;
}

/** Real samples of row `row`. */
export const realRow = (signal: Signal, n: number, row: number): Float64Array =>
  signal.re.slice(row * n, (row + 1) * n);

export const rowsOf = <T>(batch: number, make: (row: number) => T): T[] =>
  Array.from({ length: batch }, (_, row) => make(row));
