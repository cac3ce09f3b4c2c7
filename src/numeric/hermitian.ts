/**
 * Hermitian positive-definite systems over planar complex matrices (row-major): Cholesky factor, solutions, and the leading
 * eigenvectors by orthogonal iteration. (Golub & Van Loan, Matrix Computations, sections 4.2 and 8.2.)
 */
import { InvalidArgumentError } from '../errors.ts';
import { complexArray, type ComplexArray } from './complex.ts';

/** sum over l of a[row i, l] conj(b[row j, l]) for all rows i of a (count m) and j of b (count n): [m, n]. */
export function crossMoments(
  a: ComplexArray,
  m: number,
  b: ComplexArray,
  n: number,
  lanes: number,
): ComplexArray {
  const out = complexArray(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let [re, im] = [0, 0];
      for (let l = 0, p = i * lanes, q = j * lanes; l < lanes; l++, p++, q++) {
        re += a.re[p] * b.re[q] + a.im[p] * b.im[q];
        im += a.im[p] * b.re[q] - a.re[p] * b.im[q];
      }
      out.re[i * n + j] = re;
      out.im[i * n + j] = im;
    }
  return out;
}

/** Product of [m, k] and [k, n]. */
export function multiply(a: ComplexArray, b: ComplexArray, m: number, k: number, n: number): ComplexArray {
  const out = complexArray(m * n);
  for (let i = 0; i < m; i++)
    for (let c = 0; c < k; c++) {
      const [re, im] = [a.re[i * k + c], a.im[i * k + c]];
      if (re === 0 && im === 0) continue;
      for (let j = 0, p = i * n, q = c * n; j < n; j++, p++, q++) {
        out.re[p] += re * b.re[q] - im * b.im[q];
        out.im[p] += re * b.im[q] + im * b.re[q];
      }
    }
  return out;
}

/** Conjugate transpose of [m, n]. */
export function adjoint(a: ComplexArray, m: number, n: number): ComplexArray {
  const out = complexArray(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      out.re[j * m + i] = a.re[i * n + j];
      out.im[j * m + i] = -a.im[i * n + j];
    }
  return out;
}

/**
 * Lower factor L of G = L L^H, [n, n]. Pivots below a floor are raised to it; without one, throws InvalidArgumentError unless G is
 * positive definite.
 */
export function choleskyFactor(g: ComplexArray, n: number, floor = 0): ComplexArray {
  const l = complexArray(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let [re, im] = [g.re[i * n + j], g.im[i * n + j]];
      for (let c = 0, p = i * n, q = j * n; c < j; c++, p++, q++) {
        re -= l.re[p] * l.re[q] + l.im[p] * l.im[q];
        im -= l.im[p] * l.re[q] - l.re[p] * l.im[q];
      }
      if (i === j) {
        if (!(re > 0) && floor === 0)
          throw new InvalidArgumentError(
            `pivot ${j} is ${re}; expected a positive definite matrix (more signals, or more Tikhonov)`,
          );
        l.re[i * n + j] = Math.sqrt(Math.max(re, floor));
      } else {
        l.re[i * n + j] = re / l.re[j * n + j];
        l.im[i * n + j] = im / l.re[j * n + j];
      }
    }
  }
  return l;
}

/** X with X G = B, that is B G^-1, for Hermitian G = L L^H: B and X are [m, n]. */
export function divideByHermitian(b: ComplexArray, g: ComplexArray, m: number, n: number): ComplexArray {
  const l = choleskyFactor(g, n);
  const x = { re: Float64Array.from(b.re), im: Float64Array.from(b.im) };
  for (let row = 0; row < m; row++) {
    const at = row * n;
    // y L^H = b, from the first entry on; then x L = y, from the last.
    for (let j = 0; j < n; j++) {
      let [re, im] = [x.re[at + j], x.im[at + j]];
      for (let c = 0, q = j * n; c < j; c++, q++) {
        re -= x.re[at + c] * l.re[q] + x.im[at + c] * l.im[q];
        im -= x.im[at + c] * l.re[q] - x.re[at + c] * l.im[q];
      }
      x.re[at + j] = re / l.re[j * n + j];
      x.im[at + j] = im / l.re[j * n + j];
    }
    for (let j = n - 1; j >= 0; j--) {
      let [re, im] = [x.re[at + j], x.im[at + j]];
      for (let c = j + 1; c < n; c++) {
        const q = c * n + j;
        re -= x.re[at + c] * l.re[q] - x.im[at + c] * l.im[q];
        im -= x.re[at + c] * l.im[q] + x.im[at + c] * l.re[q];
      }
      x.re[at + j] = re / l.re[j * n + j];
      x.im[at + j] = im / l.re[j * n + j];
    }
  }
  return x;
}

/** Columns of [n, r] made orthonormal in order (modified Gram-Schmidt, twice); a column that vanishes becomes zero. */
function orthonormalize(q: ComplexArray, n: number, r: number): void {
  for (let j = 0; j < r; j++) {
    for (let pass = 0; pass < 2; pass++)
      for (let c = 0; c < j; c++) {
        let [re, im] = [0, 0];
        for (let i = 0, p = c, s = j; i < n; i++, p += r, s += r) {
          re += q.re[p] * q.re[s] + q.im[p] * q.im[s];
          im += q.re[p] * q.im[s] - q.im[p] * q.re[s];
        }
        for (let i = 0, p = c, s = j; i < n; i++, p += r, s += r) {
          q.re[s] -= re * q.re[p] - im * q.im[p];
          q.im[s] -= re * q.im[p] + im * q.re[p];
        }
      }
    let norm = 0;
    for (let i = 0, s = j; i < n; i++, s += r) norm += q.re[s] ** 2 + q.im[s] ** 2;
    const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0;
    for (let i = 0, s = j; i < n; i++, s += r) {
      q.re[s] *= scale;
      q.im[s] *= scale;
    }
  }
}

/**
 * Eigenvectors [n, r] of the r largest eigenvalues of a Hermitian positive semidefinite matrix, by `iterations` of orthogonal
 * iteration on a few more vectors than asked for, from a start that depends on nothing.
 */
export function leadingEigenvectors(m: ComplexArray, n: number, r: number, iterations = 60): ComplexArray {
  const wide = Math.min(n, r + 4);
  let q = complexArray(n * wide);
  // Quadratic chirps: neither sparse nor symmetric.
  for (let i = 0; i < n * wide; i++) {
    q.re[i] = Math.cos(0.7 * i + 0.31 * i * i);
    q.im[i] = Math.sin(1.3 * i + 0.17 * i * i);
  }
  orthonormalize(q, n, wide);
  for (let t = 0; t < iterations; t++) {
    q = multiply(m, q, n, n, wide);
    orthonormalize(q, n, wide);
  }
  const out = complexArray(n * r);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < r; j++) {
      out.re[i * r + j] = q.re[i * wide + j];
      out.im[i * r + j] = q.im[i * wide + j];
    }
  return out;
}
