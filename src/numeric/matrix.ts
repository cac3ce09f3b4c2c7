/** Square dense complex matrices: what a fit or a closed form aims at, applied to signals and compared. */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, record, whole } from '../options.ts';
import { complexArray, difference, norm, type ComplexArray } from './complex.ts';
import { multiply } from './hermitian.ts';
import { requireNumbers, requirePlanar } from './samples.ts';

/** An n x n matrix, planar and row-major: entry (k, j) is re[k n + j] + i im[k n + j]. */
export interface Matrix extends ComplexArray {
  readonly n: number;
}

export const zeroMatrix = (n: number): Matrix => ({ n, ...complexArray(n * n) });

/** Rows of the largest matrix made whole: 2^26 entries, a gigabyte. */
const largestMatrix = 2 ** 13;

/** The matrix with entries f(row, column) = [re, im]. */
export function matrixOf(n: number, f: (row: number, column: number) => readonly [number, number]): Matrix {
  checkArgument('n', n, whole(1, largestMatrix));
  const m = zeroMatrix(n);
  for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) [m.re[k * n + j], m.im[k * n + j]] = f(k, j);
  return m;
}

/** Throws InvalidArgumentError unless the matrix is n x n (by default of any size), its arrays are full and its numbers finite. */
export function requireMatrix(matrix: Matrix, n = matrix?.n): void {
  checkArgument('the matrix', matrix, record('{ n, re, im }'));
  checkArgument('matrix.n', matrix.n, whole());
  const { re, im } = matrix;
  requireNumbers('matrix.re', re);
  requireNumbers('matrix.im', im);
  if (matrix.n !== n)
    throw new InvalidArgumentError(`the matrix is ${matrix.n} x ${matrix.n}; expected ${n} x ${n}`);
  if (re.length !== n * n || im.length !== n * n)
    throw new InvalidArgumentError(
      `matrix: re has ${re.length} and im ${im.length} numbers; expected ${n} x ${n}`,
    );
  for (let i = 0; i < n * n; i++)
    if (!Number.isFinite(re[i]) || !Number.isFinite(im[i]))
      throw new InvalidArgumentError(`matrix: entry (${Math.floor(i / n)}, ${i % n}) is not finite`);
}

/** Entry (k, j) of the result is entry source(k, j) of the arrays. */
function rearranged({ n, re, im }: Matrix, source: (row: number, column: number) => number): Matrix {
  const out = zeroMatrix(n);
  for (let k = 0, at = 0; k < n; k++)
    for (let j = 0; j < n; j++, at++) {
      const from = source(k, j);
      out.re[at] = re[from];
      out.im[at] = im[from];
    }
  return out;
}

export const transposed = (m: Matrix): Matrix => rearranged(m, (k, j) => j * m.n + k);

/** Column j of the result is column order[j]: the matrix after the signal was put in another order. */
export const withColumns = (m: Matrix, order: ArrayLike<number>): Matrix =>
  rearranged(m, (k, j) => k * m.n + order[j]);

/** sqrt(sum |entry|^2). */
export function frobenius(matrix: ComplexArray): number {
  requirePlanar('the matrix', matrix);
  return norm(matrix);
}

/** m times signals [n, lanes], one per column. */
export function applyMatrix(m: Matrix, x: ComplexArray, lanes: number): ComplexArray {
  const { n } = m;
  if (x.re.length !== n * lanes || x.im.length !== n * lanes)
    throw new InvalidArgumentError(`signals have ${x.re.length} numbers; expected ${n} x ${lanes}`);
  return multiply(m, x, n, n, lanes);
}

interface MatrixError {
  /** sqrt(mean |actual - expected|^2) over all entries. */
  readonly rmse: number;
  /** ||actual - expected||_F / ||expected||_F. */
  readonly relativeL2: number;
}

/**
 * Root mean square difference of the entries, and relative Frobenius distance. Throws InvalidArgumentError
 * for sizes that differ and numbers that are not finite.
 */
export function matrixError(actual: Matrix, expected: Matrix): MatrixError {
  requireMatrix(expected);
  requireMatrix(actual, expected.n);
  const off = norm(difference(actual, expected));
  return { rmse: off / expected.n, relativeL2: off === 0 ? 0 : off / norm(expected) };
}
