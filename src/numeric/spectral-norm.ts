/** The largest singular value of a dense complex matrix and the input that attains it: Lanczos on A^H A (Golub & Van Loan, chapter 10). */
import { complexArray, copyOf, norm, type ComplexArray } from './complex.ts';
import { fillGaussian } from './random.ts';
import { eigenvectorOf, extremeEigenvalue } from './tridiagonal.ts';

/** Column j of A is row j here: planar [columns, rows]. */
export interface Columns extends ComplexArray {
  readonly columns: number;
  readonly rows: number;
}

/** y = A v. */
export function applyColumns(a: Columns, v: ComplexArray): ComplexArray {
  const { re, im, rows, columns } = a;
  const y = complexArray(rows);
  for (let j = 0, at = 0; j < columns; j++) {
    const x = v.re[j];
    const z = v.im[j];
    for (let k = 0; k < rows; k++, at++) {
      y.re[k] += re[at] * x - im[at] * z;
      y.im[k] += re[at] * z + im[at] * x;
    }
  }
  return y;
}

/** A^H y; its real part alone for real inputs. */
function applyAdjoint(a: Columns, y: ComplexArray, real: boolean): ComplexArray {
  const { re, im, rows, columns } = a;
  const v = complexArray(columns);
  for (let j = 0, at = 0; j < columns; j++) {
    let x = 0;
    let z = 0;
    for (let k = 0; k < rows; k++, at++) {
      x += re[at] * y.re[k] + im[at] * y.im[k];
      z += re[at] * y.im[k] - im[at] * y.re[k];
    }
    v.re[j] = x;
    v.im[j] = real ? 0 : z;
  }
  return v;
}

/** y -= (q^H y) q; returns the real part of q^H y. */
function removeComponent(y: ComplexArray, q: ComplexArray): number {
  let [re, im] = [0, 0];
  for (let i = 0; i < y.re.length; i++) {
    re += q.re[i] * y.re[i] + q.im[i] * y.im[i];
    im += q.re[i] * y.im[i] - q.im[i] * y.re[i];
  }
  for (let i = 0; i < y.re.length; i++) {
    y.re[i] -= re * q.re[i] - im * q.im[i];
    y.im[i] -= re * q.im[i] + im * q.re[i];
  }
  return re;
}

/**
 * ||A||_2 from below, as ||A v|| of the unit input v that is returned with it. `real` restricts the inputs to real signals.
 * Entries of size about one; stops when the largest Ritz value rises by less than `tolerance`, or after `limit` steps.
 */
export function largestSingularValue(
  a: Columns,
  real: boolean,
  { tolerance = 1e-7, limit = 150, seed = 7 } = {},
): { value: number; input: ComplexArray } {
  let q = complexArray(a.columns);
  fillGaussian(q.re, seed, 0);
  if (!real) fillGaussian(q.im, seed, 1);
  q = copyOf(q, 1 / norm(q));
  const basis: ComplexArray[] = [];
  const [diagonal, off]: [number[], number[]] = [[], []];
  let [largest, calm] = [0, 0];
  while (basis.length < Math.min(limit, a.columns) && calm < 3) {
    basis.push(q);
    const next = applyAdjoint(a, applyColumns(a, q), real);
    diagonal.push(removeComponent(next, q));
    for (const known of basis) removeComponent(next, known);
    for (const known of basis) removeComponent(next, known);
    const top = extremeEigenvalue('largest', diagonal, off);
    calm = top - largest <= tolerance * top ? calm + 1 : 0;
    largest = top;
    const beta = norm(next);
    if (!(beta > 1e-14 * largest)) break;
    off.push(beta);
    q = copyOf(next, 1 / beta);
  }
  const weights = eigenvectorOf(diagonal, off.slice(0, diagonal.length - 1), largest);
  const input = complexArray(a.columns);
  basis.forEach((b, i) => {
    for (let j = 0; j < a.columns; j++) {
      input.re[j] += weights[i] * b.re[j];
      input.im[j] += weights[i] * b.im[j];
    }
  });
  const unit = copyOf(input, 1 / norm(input));
  return { value: norm(applyColumns(a, unit)) / norm(unit), input: unit };
}
