/**
 * Matrices of the classical transforms in their orthonormal scale, entries from the correctly rounded twiddle table.
 * Conventions of SciPy with norm="ortho"; Strang, The Discrete Cosine Transform (1999).
 */
import { InvalidArgumentError } from '../errors.ts';
import { matrixOf, transposed, type Matrix } from './matrix.ts';
import { fillGaussian } from './random.ts';
import { twiddleTable } from './twiddle.ts';

/** exp(-+ 2 pi i k j / n) / sqrt n. */
export function dftMatrix(n: number, inverse = false): Matrix {
  const root = twiddleTable(n);
  const scale = 1 / Math.sqrt(n);
  return matrixOf(n, (k, j) => {
    const [re, im] = root(k * j);
    return [re * scale, (inverse ? -im : im) * scale];
  });
}

/** (cos + sin)(2 pi k j / n) / sqrt n. */
export function hartleyMatrix(n: number): Matrix {
  const root = twiddleTable(n);
  const scale = 1 / Math.sqrt(n);
  return matrixOf(n, (k, j) => {
    const [re, im] = root(k * j);
    return [(re - im) * scale, 0];
  });
}

/** sqrt(2/n) cos(pi k (2 j + 1) / 2n), row 0 over sqrt 2. */
export function dct2Matrix(n: number): Matrix {
  const root = twiddleTable(4 * n);
  return matrixOf(n, (k, j) => [Math.sqrt((k === 0 ? 1 : 2) / n) * root(k * (2 * j + 1))[0], 0]);
}

/** The transpose and inverse of dct2. */
export const dct3Matrix = (n: number): Matrix => transposed(dct2Matrix(n));

/** sqrt(2/n) cos(pi (2 k + 1) (2 j + 1) / 4n). */
export function dct4Matrix(n: number): Matrix {
  const root = twiddleTable(8 * n);
  return matrixOf(n, (k, j) => [Math.sqrt(2 / n) * root((2 * k + 1) * (2 * j + 1))[0], 0]);
}

/** sqrt(2/n) sin(pi (k + 1) (2 j + 1) / 2n), the last row over sqrt 2. */
export function dst2Matrix(n: number): Matrix {
  const root = twiddleTable(4 * n);
  return matrixOf(n, (k, j) => [-Math.sqrt((k === n - 1 ? 1 : 2) / n) * root((k + 1) * (2 * j + 1))[1], 0]);
}

/** (-1)^(common ones of k and j) / sqrt n, natural (Hadamard) order. Throws InvalidArgumentError unless n is a power of two. */
export function hadamardMatrix(n: number): Matrix {
  if (!Number.isInteger(Math.log2(n)))
    throw new InvalidArgumentError(`n is ${n}; the Hadamard matrix needs a power of two`);
  const parity = (x: number): number => (x === 0 ? 0 : (x & 1) ^ parity(x >>> 1));
  return matrixOf(n, (k, j) => [(parity(k & j) ? -1 : 1) / Math.sqrt(n), 0]);
}

/** The kernel of `convolutionMatrix`: n Gaussian numbers of variance 1/n, so that the matrix has norm sqrt n on average. */
export function convolutionKernel(n: number, seed: number): Float64Array {
  const kernel = new Float64Array(n);
  fillGaussian(kernel, seed, 0);
  return kernel.map((x) => x / Math.sqrt(n));
}

/** y[k] = sum_j h[(k - j) mod n] x[j]. */
export const convolutionMatrix = (h: ArrayLike<number>): Matrix =>
  matrixOf(h.length, (k, j) => [h[(k - j + h.length) % h.length], 0]);
