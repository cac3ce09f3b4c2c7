/** Banded matrices: number m of the result is sum_j weights[m, j] x[start[m] + j]. */
import { largest } from './largest.ts';

/** A banded matrix as it is stored: start + width is within the columns. */
export interface Banded {
  readonly width: number;
  /** First column of each row. */
  readonly start: Int32Array;
  /** [rows, width], zero padded. */
  readonly weights: Float64Array;
}

/** A row of a banded matrix: weights of the columns from `first` on, zeros elsewhere. */
export interface BandedRow {
  readonly first: number;
  readonly weights: ArrayLike<number>;
}

/** The rows of a matrix, zeros that pad them included. */
export const rowsOfBanded = ({ width, start, weights }: Banded): BandedRow[] =>
  Array.from(start, (first, m) => ({ first, weights: weights.subarray(m * width, (m + 1) * width) }));

/** Rows that weight nothing. */
export const emptyRows = (rows: readonly BandedRow[]): number[] =>
  rows.flatMap(({ weights }, m) => (Array.from(weights).every((w) => w === 0) ? [m] : []));

/** The banded matrix of rows over so many columns. */
export function banded(rows: readonly BandedRow[], columns: number): Banded {
  const width = largest(
    rows.map((row) => row.weights.length),
    1,
  );
  const start = Int32Array.from(rows, ({ first }) => Math.min(first, columns - width));
  const weights = new Float64Array(rows.length * width);
  rows.forEach((row, m) => weights.set(row.weights, m * width + row.first - start[m]));
  return { width, start, weights };
}
