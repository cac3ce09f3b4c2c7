/**
 * Proof by floating-point arithmetic that a norm is below a bound: ||A||_2 <= t if t^2 I - A^H A is positive definite, and
 * that holds if the Cholesky factorisation of a slightly smaller matrix runs to its end.
 * Source: Rump, Verification of positive definiteness (2006); Higham, Accuracy and Stability of Numerical Algorithms (2002),
 * chapter 10. Complex Hermitian matrices are taken as they are: a sum of m complex products, each part a sum of 2 m real
 * ones in any order, is within sqrt(2) gamma_{2m} sum |x_i| |y_i|.
 */

/** Half a unit in the last place of 1. */
const u = 2 ** -53;

/** m u / (1 - m u): the relative error of m roundings. */
export const gamma = (m: number, unit = u): number => (m * unit) / (1 - m * unit);

/** Square complex matrix, planar, rows of `stride` entries; only j <= i of Hermitian ones is used. */
interface Square {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly stride: number;
}

const tile = 32;
const depth = 128;

/**
 * C[i][j] += sign sum_{k0 <= k < k1} A[i][k] conj(B[j][k]) for i0 <= i < i1, j0 <= j < j1, both ranges even in number; C is
 * written for whole 2 x 2 tiles that touch j <= i.
 */
function addProducts(
  c: Square,
  a: Square,
  sign: 1 | -1,
  [i0, i1]: readonly [number, number],
  [j0, j1]: readonly [number, number],
  [k0, k1]: readonly [number, number],
): void {
  const { re: ar, im: ai } = a;
  const { re: cr, im: ci } = c;
  for (let i = i0; i < i1; i += 2)
    for (let j = j0; j < j1 && j <= i + 1; j += 2) {
      let [r00, r01, r10, r11, m00, m01, m10, m11] = [0, 0, 0, 0, 0, 0, 0, 0];
      const p0 = i * a.stride;
      const p1 = p0 + a.stride;
      const q0 = j * a.stride;
      const q1 = q0 + a.stride;
      for (let k = k0; k < k1; k++) {
        const x0 = ar[p0 + k];
        const y0 = ai[p0 + k];
        const x1 = ar[p1 + k];
        const y1 = ai[p1 + k];
        const v0 = ar[q0 + k];
        const w0 = ai[q0 + k];
        const v1 = ar[q1 + k];
        const w1 = ai[q1 + k];
        r00 += x0 * v0 + y0 * w0;
        m00 += y0 * v0 - x0 * w0;
        r01 += x0 * v1 + y0 * w1;
        m01 += y0 * v1 - x0 * w1;
        r10 += x1 * v0 + y1 * w0;
        m10 += y1 * v0 - x1 * w0;
        r11 += x1 * v1 + y1 * w1;
        m11 += y1 * v1 - x1 * w1;
      }
      const at = i * c.stride + j;
      const below = at + c.stride;
      cr[at] += sign * r00;
      ci[at] += sign * m00;
      cr[at + 1] += sign * r01;
      ci[at + 1] += sign * m01;
      cr[below] += sign * r10;
      ci[below] += sign * m10;
      cr[below + 1] += sign * r11;
      ci[below + 1] += sign * m11;
    }
}

/** The same in tiles that stay in cache, rows from i0 on, columns j0 .. j1, depth k from 0 to `end`. */
function addProductsBlocked(
  c: Square,
  a: Square,
  sign: 1 | -1,
  rows: readonly [number, number],
  columns: readonly [number, number],
  end: number,
): void {
  for (let k = 0; k < end; k += depth)
    for (let j = columns[0]; j < columns[1]; j += tile)
      for (let i = rows[0]; i < rows[1]; i += tile)
        addProducts(
          c,
          a,
          sign,
          [i, Math.min(i + tile, rows[1])],
          [j, Math.min(j + tile, columns[1])],
          [k, Math.min(k + depth, end)],
        );
}

/** A A^H of `rows` x `columns` A, its lower triangle; `rows` is even. */
export function gramMatrix(re: Float64Array, im: Float64Array, rows: number, columns: number): Square {
  const gram = { re: new Float64Array(rows * rows), im: new Float64Array(rows * rows), stride: rows };
  const a = { re, im, stride: columns };
  for (let j = 0; j < rows; j += tile)
    addProductsBlocked(gram, a, 1, [j, rows], [j, Math.min(j + tile, rows)], columns);
  return gram;
}

/**
 * Cholesky factorisation in place of a Hermitian matrix of even order n given by its lower triangle, blocked, left-looking.
 * Returns whether all pivots were positive; then the lower triangle holds L.
 */
function factor(m: Square, n: number): boolean {
  for (let j0 = 0; j0 < n; j0 += tile) {
    const j1 = Math.min(j0 + tile, n);
    addProductsBlocked(m, m, -1, [j0, n], [j0, j1], j0);
    if (!factorColumns(m, j0, j1, n)) return false;
  }
  return true;
}

/** Columns j0 .. j1 of L, everything before them subtracted already. */
function factorColumns({ re, im, stride }: Square, j0: number, j1: number, n: number): boolean {
  for (let i = j0; i < n; i++) {
    const row = i * stride;
    for (let j = j0; j < Math.min(j1, i + 1); j++) {
      const other = j * stride;
      let x = re[row + j];
      let y = im[row + j];
      for (let k = j0; k < j; k++) {
        x -= re[row + k] * re[other + k] + im[row + k] * im[other + k];
        y -= im[row + k] * re[other + k] - re[row + k] * im[other + k];
      }
      if (j < i) {
        re[row + j] = x / re[other + j];
        im[row + j] = y / re[other + j];
        continue;
      }
      if (!(x > 0)) return false;
      re[row + j] = Math.sqrt(x);
      im[row + j] = 0;
    }
  }
  return true;
}

/** What was proven, for a second program to repeat. */
export interface NormProof {
  /** t^2, the shift of the identity. */
  readonly square: number;
  /** What was taken off the diagonal for all rounding errors together. */
  readonly correction: number;
  /** Bounds of the single ones, their sum below the correction. */
  readonly gramError: number;
  readonly choleskyError: number;
  readonly diagonalError: number;
}

/**
 * Try to prove that A (rows x columns, rows even, entries of size about one, given by its Gram matrix A A^H and Frobenius norm)
 * has ||A||_2^2 <= square. Returns the proof, or null when the factorisation breaks down. The Gram matrix is left as it was.
 */
export function proveNorm(
  gram: Square,
  rows: number,
  columns: number,
  frobenius: number,
  square: number,
): NormProof | null {
  // Errors of the computed Gram matrix, and underflow of its products.
  const gramError =
    Math.SQRT2 * gamma(2 * columns + 4) * frobenius ** 2 * (1 + 1e-12) + rows * columns * 2 ** -1070;
  // ||Delta A|| <= alpha trace, alpha = sqrt(2) gamma / (1 - sqrt(2) gamma), trace at most rows * square.
  const g = Math.SQRT2 * gamma(2 * rows + 8);
  const choleskyError = (g / (1 - g)) * rows * square + rows * rows * 2 ** -1070;
  // Two subtractions per diagonal entry, operands at most the trace of one entry.
  const diagonalError = 4 * u * (square + frobenius ** 2);
  const correction = 1.01 * (gramError + choleskyError + diagonalError);
  if (!(correction < square / 2)) return null;
  const shifted = {
    re: new Float64Array(gram.re.length),
    im: new Float64Array(gram.im.length),
    stride: gram.stride,
  };
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      const at = i * gram.stride + j;
      shifted.re[at] = -gram.re[at];
      shifted.im[at] = -gram.im[at];
    }
    const at = i * gram.stride + i;
    shifted.re[at] = square - correction - gram.re[at];
    shifted.im[at] = 0;
  }
  return factor(shifted, rows) ? { square, correction, gramError, choleskyError, diagonalError } : null;
}
