/** The r x r blocks of butterflies: interleaved complex numbers, row-major, inside larger arrays; inverses and eigenvectors. */
import type { ComplexArray } from './complex.ts';

/** Conjugate transpose of an r x r matrix stored as interleaved complex numbers at `at`, in place. */
export const adjointInPlace = (m: Float64Array, at: number, r: number): void =>
  transposeInPlace(m, at, r, -1);

/** Transpose of an r x r matrix stored as interleaved complex numbers at `at`, imaginary parts times `sign`, in place. */
export function transposeInPlace(m: Float64Array, at: number, r: number, sign: 1 | -1 = 1): void {
  for (let i = 0; i < r; i++)
    for (let j = i; j < r; j++) {
      const [p, q] = [at + 2 * (i * r + j), at + 2 * (j * r + i)];
      const [re, im] = [m[p], m[p + 1]];
      m[p] = m[q];
      m[p + 1] = sign * m[q + 1];
      m[q] = re;
      m[q + 1] = sign * im;
    }
}

/**
 * Inverse of the r x r matrix of interleaved complex numbers at `at`, in place, by Gauss-Jordan elimination with row
 * pivoting. Returns ||A||_F ||A^-1||_F / r, the condition (1 for a scaled unitary matrix), or Infinity, the matrix
 * left undefined, when a pivot vanishes.
 */
export function invertInPlace(m: Float64Array, at: number, r: number): number {
  const a = new Float64Array(4 * r * r);
  const width = 4 * r;
  for (let i = 0; i < r; i++) {
    a.set(m.subarray(at + 2 * i * r, at + 2 * (i + 1) * r), i * width);
    a[i * width + 2 * r + 2 * i] = 1;
  }
  const norm = frobenius(m, at, r);
  for (let c = 0; c < r; c++) {
    let pivot = c;
    for (let i = c + 1; i < r; i++)
      if (modulus(a, i * width + 2 * c) > modulus(a, pivot * width + 2 * c)) pivot = i;
    if (!(modulus(a, pivot * width + 2 * c) > norm * 1e-15)) return Infinity;
    const row = a.slice(pivot * width, (pivot + 1) * width);
    a.copyWithin(pivot * width, c * width, (c + 1) * width);
    const [x, y] = [row[2 * c], row[2 * c + 1]];
    const square = x * x + y * y;
    for (let j = 0; j < width; j += 2) {
      const [re, im] = [row[j], row[j + 1]];
      row[j] = (re * x + im * y) / square;
      row[j + 1] = (im * x - re * y) / square;
    }
    a.set(row, c * width);
    for (let i = 0; i < r; i++)
      if (i !== c) subtractMultiple(a, i * width, row, a[i * width + 2 * c], a[i * width + 2 * c + 1]);
  }
  for (let i = 0; i < r; i++) m.set(a.subarray(i * width + 2 * r, (i + 1) * width), at + 2 * i * r);
  return (norm * frobenius(m, at, r)) / r;
}

const modulus = (a: Float64Array, at: number): number => Math.sqrt(a[at] * a[at] + a[at + 1] * a[at + 1]);

function subtractMultiple(a: Float64Array, at: number, row: Float64Array, re: number, im: number): void {
  for (let j = 0; j < row.length; j += 2) {
    a[at + j] -= re * row[j] - im * row[j + 1];
    a[at + j + 1] -= re * row[j + 1] + im * row[j];
  }
}

function frobenius(m: Float64Array, at: number, r: number): number {
  let sum = 0;
  for (let i = at; i < at + 2 * r * r; i++) sum += m[i] * m[i];
  return Math.sqrt(sum);
}

/**
 * The largest eigenvalue of a Hermitian positive semidefinite r x r matrix of interleaved numbers, its unit eigenvector
 * into `u`, by power iteration from the largest column; one step is enough for rank one. The zero matrix gives 0 and e_0.
 */
export function dominantEigenvector(gram: Float64Array, r: number, u: Float64Array): number {
  let start = 0;
  for (let i = 1; i < r; i++) if (gram[2 * (i * r + i)] > gram[2 * (start * r + start)]) start = i;
  for (let i = 0; i < r; i++) {
    u[2 * i] = gram[2 * (i * r + start)];
    u[2 * i + 1] = gram[2 * (i * r + start) + 1];
  }
  let value = normalize(u);
  if (!(value > 0)) {
    u.fill(0);
    u[0] = 1;
    return 0;
  }
  const next = new Float64Array(2 * r);
  for (let step = 0; step < 500; step++) {
    next.fill(0);
    for (let i = 0; i < r; i++)
      for (let j = 0; j < r; j++) {
        const at = 2 * (i * r + j);
        next[2 * i] += gram[at] * u[2 * j] - gram[at + 1] * u[2 * j + 1];
        next[2 * i + 1] += gram[at] * u[2 * j + 1] + gram[at + 1] * u[2 * j];
      }
    value = normalize(next);
    let change = 0;
    for (let i = 0; i < 2 * r; i++) {
      change = Math.max(change, Math.abs(next[i] - u[i]));
      u[i] = next[i];
    }
    if (change <= 4e-16) break;
  }
  return value;
}

/** Divides u by its norm and returns the norm; leaves a zero vector alone. */
function normalize(u: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i] * u[i];
  const norm = Math.sqrt(sum);
  if (norm > 0) for (let i = 0; i < u.length; i++) u[i] /= norm;
  return norm;
}

/** Legs of a butterfly over many lanes: lane l of leg a is number at + a step + l lane. */
export interface Legs extends ComplexArray {
  at: number;
  readonly step: number;
  /** Distance of lanes. Default 1; `multiplyBlock` takes no other. */
  readonly lane?: number;
}

/** out[j][a] += sum over all lanes of y_j conj(x_a), an r x r block of interleaved numbers at `at`. */
export function addMoments(
  { blocks, at, r }: { readonly blocks: Float64Array; readonly at: number; readonly r: number },
  y: Legs,
  x: Legs,
  lanes: number,
): void {
  const [ly, lx] = [y.lane ?? 1, x.lane ?? 1];
  for (let j = 0; j < r; j++)
    for (let a = 0; a < r; a++) {
      const to = at + 2 * (j * r + a);
      let [re, im] = [blocks[to], blocks[to + 1]];
      for (let l = 0, p = y.at + j * y.step, q = x.at + a * x.step; l < lanes; l++, p += ly, q += lx) {
        re += y.re[p] * x.re[q] + y.im[p] * x.im[q];
        im += y.im[p] * x.re[q] - y.re[p] * x.im[q];
      }
      blocks[to] = re;
      blocks[to + 1] = im;
    }
}

/** y_j = sum_a b[j][a] x_a over all lanes, b the r x r block of interleaved complex numbers at `at`; y is not x. */
export function multiplyBlock(
  { blocks, at, r }: { readonly blocks: Float64Array; readonly at: number; readonly r: number },
  { re: xr, im: xi, at: from, step }: Legs,
  { re: yr, im: yi, at: to, step: stepTo }: Legs,
  lanes: number,
): void {
  for (let j = 0; j < r; j++) {
    const q = to + j * stepTo;
    for (let l = q; l < q + lanes; l++) yr[l] = yi[l] = 0;
    for (let a = 0; a < r; a++) {
      const p = from + a * step;
      const re = blocks[at + 2 * (j * r + a)];
      const im = blocks[at + 2 * (j * r + a) + 1];
      for (let l = 0; l < lanes; l++) {
        const u = xr[p + l];
        const v = xi[p + l];
        yr[q + l] += re * u - im * v;
        yi[q + l] += re * v + im * u;
      }
    }
  }
}
