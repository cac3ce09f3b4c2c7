/** Eigenvalues and eigenvectors of real symmetric tridiagonal matrices, as Lanczos and conjugate gradients make them. */
import { largest } from './largest.ts';

/** How many eigenvalues lie below x: sign changes of the Sturm sequence (Golub & Van Loan, section 8.4). */
function countBelow(diagonal: readonly number[], off: readonly number[], x: number): number {
  let count = 0;
  let q = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i === 0 ? 0 : off[i - 1] ** 2;
    q = diagonal[i] - x - (coupling === 0 ? 0 : coupling / (q === 0 ? Number.MIN_VALUE : q));
    if (q < 0) count++;
  }
  return count;
}

/** The smallest or the largest eigenvalue, by bisection between Gershgorin's bounds to the last bits. 0 for an empty matrix. */
export function extremeEigenvalue(
  which: 'smallest' | 'largest',
  diagonal: readonly number[],
  off: readonly number[],
): number {
  const n = diagonal.length;
  if (n === 0) return 0;
  const radius = (i: number): number => Math.abs(off[i - 1] ?? 0) + (i < n - 1 ? Math.abs(off[i] ?? 0) : 0);
  const rank = which === 'smallest' ? 0 : n - 1;
  let low = -largest(diagonal.map((d, i) => radius(i) - d));
  let high = largest(diagonal.map((d, i) => d + radius(i)));
  for (let step = 0; step < 200; step++) {
    const middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) break;
    if (countBelow(diagonal, off, middle) > rank) high = middle;
    else low = middle;
  }
  return low + (high - low) / 2;
}

/** Unit eigenvector of an eigenvalue, by two steps of inverse iteration with partial pivoting. */
export function eigenvectorOf(
  diagonal: readonly number[],
  off: readonly number[],
  value: number,
): Float64Array {
  const n = diagonal.length;
  let x = new Float64Array(n).fill(1 / Math.sqrt(n));
  const tiny = 1e-300 + 2 ** -52 * largest(off.map(Math.abs), largest(diagonal.map(Math.abs), 0));
  for (let step = 0; step < 3; step++) {
    x = solveShifted(diagonal, off, value, x, tiny);
    const norm = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
    x = x.map((v) => v / norm);
  }
  return x;
}

/** (T - shift I) y = b by elimination with row exchanges; a vanishing pivot becomes `tiny`. */
function solveShifted(
  diagonal: readonly number[],
  off: readonly number[],
  shift: number,
  b: Float64Array,
  tiny: number,
): Float64Array<ArrayBuffer> {
  const n = diagonal.length;
  // Rows hold columns i, i + 1, i + 2 and the right-hand side.
  const rows = diagonal.map((d, i) => [d - shift, off[i] ?? 0, 0, b[i]]);
  for (let i = 0; i + 1 < n; i++) {
    let next = [off[i], rows[i + 1][0], rows[i + 1][1], rows[i + 1][3]];
    if (Math.abs(next[0]) > Math.abs(rows[i][0])) [rows[i], next] = [next, rows[i]];
    if (rows[i][0] === 0) rows[i][0] = tiny;
    const q = next[0] / rows[i][0];
    rows[i + 1] = [next[1] - q * rows[i][1], next[2] - q * rows[i][2], 0, next[3] - q * rows[i][3]];
  }
  const y = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const [d, e, f, c] = rows[i];
    y[i] = (c - e * (y[i + 1] ?? 0) - f * (y[i + 2] ?? 0)) / (Math.abs(d) < tiny ? tiny : d);
  }
  return y;
}
