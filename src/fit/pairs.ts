/** Example pairs: signals and what a target makes of them; what a fit is trained and judged on. */
import { InvalidArgumentError } from '../errors.ts';
import { complexArray, relativeL2, type ComplexArray } from '../numeric/complex.ts';
import { applyMatrix, zeroMatrix, type Matrix } from '../numeric/matrix.ts';
import { fillGaussian } from '../numeric/random.ts';
import type { Model } from '../model/model.ts';

/** `count` pairs, both sides [n, count] with one signal per column. */
export interface Pairs {
  readonly n: number;
  readonly count: number;
  readonly input: ComplexArray;
  readonly output: ComplexArray;
}

/** First of the streams that are held out: no training signal is one of them. */
export const heldOutStream = 2 ** 31;

/** Standard Gaussian signals [n, count] (real for a real head), from the streams `stream` and `stream` + 1 of a seed. */
export function gaussianSignals(
  n: number,
  count: number,
  seed: number,
  stream: number,
  head: Model['head'] = 'complex',
): ComplexArray {
  const signals = complexArray(n * count);
  fillGaussian(signals.re, seed, stream);
  if (head === 'complex') fillGaussian(signals.im, seed, stream + 1);
  return signals;
}

/** Gaussian pairs of a matrix. */
export function matrixPairs(
  matrix: Matrix,
  count: number,
  head: Model['head'],
  seed: number,
  stream = 0,
): Pairs {
  const input = gaussianSignals(matrix.n, count, seed, stream, head);
  return { n: matrix.n, count, input, output: applyMatrix(matrix, input, count) };
}

/** Pairs from signals as rows [count, n], the order of files. */
export function pairsOfRows(n: number, input: ComplexArray, output: ComplexArray): Pairs {
  const count = input.re.length / n;
  if (!Number.isInteger(count) || count < 1 || output.re.length !== input.re.length)
    throw new InvalidArgumentError(
      `pairs of ${input.re.length} and ${output.re.length} numbers; expected the same positive multiple of n = ${n}`,
    );
  return { n, count, input: columns(n, count, input), output: columns(n, count, output) };
}

function columns(n: number, count: number, x: ComplexArray): ComplexArray {
  const out = complexArray(n * count);
  for (let j = 0; j < n; j++)
    for (let l = 0; l < count; l++) {
      out.re[j * count + l] = x.re[l * n + j];
      out.im[j * count + l] = x.im[l * n + j];
    }
  return out;
}

/** The last `held` pairs apart from the others. */
export function splitPairs(pairs: Pairs, held: number): { train: Pairs; holdOut: Pairs } {
  if (!Number.isInteger(held) || held < 1 || held >= pairs.count)
    throw new InvalidArgumentError(
      `${held} of ${pairs.count} pairs held out; expected at least one, and one left to train on`,
    );
  const part = (from: number, to: number): Pairs => {
    const take = (x: ComplexArray): ComplexArray => {
      const out = complexArray(pairs.n * (to - from));
      for (let j = 0; j < pairs.n; j++)
        for (const side of ['re', 'im'] as const)
          out[side].set(x[side].subarray(j * pairs.count + from, j * pairs.count + to), j * (to - from));
      return out;
    };
    return { n: pairs.n, count: to - from, input: take(pairs.input), output: take(pairs.output) };
  };
  return { train: part(0, pairs.count - held), holdOut: part(pairs.count - held, pairs.count) };
}

/**
 * The matrix of a linear function, one call per column. Throws InvalidArgumentError if the function does not send a
 * Gaussian signal to the matrix times that signal (relative 1e-9): it is not linear, or not of n points.
 */
export function matrixOfFunction(n: number, f: (x: ComplexArray) => ComplexArray): Matrix {
  const matrix = zeroMatrix(n);
  for (let j = 0; j < n; j++) {
    const basis = complexArray(n);
    basis.re[j] = 1;
    const y = f(basis);
    if (y.re.length !== n || y.im.length !== n)
      throw new InvalidArgumentError(`the function gives ${y.re.length} points; expected ${n}`);
    for (let k = 0; k < n; k++) [matrix.re[k * n + j], matrix.im[k * n + j]] = [y.re[k], y.im[k]];
  }
  const x = gaussianSignals(n, 1, 1, heldOutStream);
  if (!(relativeL2(f(x), applyMatrix(matrix, x, 1)) <= 1e-9))
    throw new InvalidArgumentError('the function is not linear over the complex numbers');
  return matrix;
}
