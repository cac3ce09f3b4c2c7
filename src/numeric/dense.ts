/** Dense complex matrices: what a fit aims at, applied to signals and compared. */
import { InvalidArgumentError } from '../errors.ts';
import { complexArray, type ComplexArray } from './complex.ts';

/** An n x n complex matrix, row-major and planar. */
export interface Matrix extends ComplexArray {
  readonly n: number;
}

/** The matrix with entries f(row, column) = [re, im]. */
export function matrixOf(n: number, f: (row: number, column: number) => readonly [number, number]): Matrix {
  const { re, im } = complexArray(n * n);
  for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) [re[k * n + j], im[k * n + j]] = f(k, j);
  return { n, re, im };
}

export const transposed = (m: Matrix): Matrix =>
  matrixOf(m.n, (k, j) => [m.re[j * m.n + k], m.im[j * m.n + k]]);

/** Column j of the result is column order[j]: the matrix after the signal was put in another order. */
export const withColumns = (m: Matrix, order: ArrayLike<number>): Matrix =>
  matrixOf(m.n, (k, j) => [m.re[k * m.n + order[j]], m.im[k * m.n + order[j]]]);

/** sqrt(sum |entry|^2). */
export const frobenius = (m: ComplexArray): number =>
  Math.sqrt(m.re.reduce((sum, x, i) => sum + x * x + m.im[i] * m.im[i], 0));

/** m times signals [n, lanes], one per column. */
export function applyMatrix(m: Matrix, x: ComplexArray, lanes: number): ComplexArray {
  const { n } = m;
  if (x.re.length !== n * lanes || x.im.length !== n * lanes)
    throw new InvalidArgumentError(`signals have ${x.re.length} numbers; expected ${n} x ${lanes}`);
  const out = complexArray(n * lanes);
  for (let k = 0; k < n; k++)
    for (let j = 0; j < n; j++) {
      const [a, b] = [m.re[k * n + j], m.im[k * n + j]];
      if (a === 0 && b === 0) continue;
      for (let l = 0, to = k * lanes, from = j * lanes; l < lanes; l++, to++, from++) {
        out.re[to] += a * x.re[from] - b * x.im[from];
        out.im[to] += a * x.im[from] + b * x.re[from];
      }
    }
  return out;
}

export interface MatrixError {
  /** sqrt(mean |actual - expected|^2) over all entries. */
  readonly rmse: number;
  /** ||actual - expected||_F / ||expected||_F. */
  readonly relativeL2: number;
}

export function matrixError(actual: Matrix, expected: Matrix): MatrixError {
  const difference = frobenius({
    re: actual.re.map((x, i) => x - expected.re[i]),
    im: actual.im.map((x, i) => x - expected.im[i]),
  });
  return { rmse: difference / expected.n, relativeL2: difference / frobenius(expected) };
}
