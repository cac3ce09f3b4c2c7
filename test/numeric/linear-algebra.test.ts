/** Small matrices, tridiagonal eigenvalues, the largest singular value and the proof of a norm. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { numberArithmetic } from '../../src/numeric/arithmetic.ts';
import { complexArray } from '../../src/numeric/complex.ts';
import { add, mul, neg, pairArithmetic, sub, type DoubleDouble } from '../../src/numeric/double-double.ts';
import { adjointInPlace, dominantEigenvector, invertInPlace } from '../../src/numeric/blocks.ts';
import { gramMatrix, proveNorm } from '../../src/numeric/positive-definite.ts';
import { norm as normOf } from '../../src/numeric/complex.ts';
import { largestSingularValue, applyColumns } from '../../src/numeric/spectral-norm.ts';
import { eigenvectorOf, extremeEigenvalue } from '../../src/numeric/tridiagonal.ts';
import { gaussian, norm } from '../helpers.ts';

/** Gaussian columns, [rows, columns] over sqrt(rows). */
function columns(rows: number, count: number, seed: number) {
  const size = 1 / Math.sqrt(rows);
  return {
    re: gaussian(rows * count, 0, seed).map((v) => v * size),
    im: gaussian(rows * count, 1, seed).map((v) => v * size),
    rows,
    columns: count,
  };
}

describe('double-double over another carrier', () => {
  it('is bit for bit the one on numbers', () => {
    const pairs = pairArithmetic(numberArithmetic);
    const value = fc.double({ noNaN: true, min: -1e100, max: 1e100 });
    const pair = fc.tuple(value, value).map(([a, b]): DoubleDouble => add([a, 0], [b * 1e-17, 0]));
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        expect(pairs.add(a, b)).toEqual(add(a, b));
        expect(pairs.sub(a, b)).toEqual(sub(a, b));
        expect(pairs.mul(a, b)).toEqual(mul(a, b));
        expect(pairs.neg(a)).toEqual(neg(a));
      }),
    );
  });
});

describe('small matrices', () => {
  it('inverse times matrix is one; the condition of a scaled unitary matrix is one', () => {
    for (const r of [1, 2, 3, 5]) {
      const a = gaussian(2 * r * r, r);
      const inverse = a.slice();
      const condition = invertInPlace(inverse, 0, r);
      expect(condition).toBeGreaterThanOrEqual(1 - 1e-12);
      for (let i = 0; i < r; i++)
        for (let j = 0; j < r; j++) {
          let [re, im] = [0, 0];
          for (let k = 0; k < r; k++) {
            const [p, q] = [2 * (i * r + k), 2 * (k * r + j)];
            re += a[p] * inverse[q] - a[p + 1] * inverse[q + 1];
            im += a[p] * inverse[q + 1] + a[p + 1] * inverse[q];
          }
          expect(Math.hypot(re - (i === j ? 1 : 0), im)).toBeLessThan(1e-11 * condition);
        }
    }
    expect(invertInPlace(Float64Array.of(3, 0, 0, 3, 0, 3, 3, 0), 0, 2)).toBeCloseTo(1, 12);
    expect(invertInPlace(Float64Array.of(1, 0, 2, 0, 2, 0, 4, 0), 0, 2)).toBe(Infinity);
    expect(invertInPlace(new Float64Array(8), 0, 2)).toBe(Infinity);
  });

  it('the adjoint twice is the matrix', () => {
    const a = gaussian(18, 1);
    const b = a.slice();
    adjointInPlace(b, 0, 3);
    expect(b[2]).toBe(a[6]);
    expect(b[3]).toBe(-a[7]);
    adjointInPlace(b, 0, 3);
    expect(b).toEqual(a);
  });

  it('finds the eigenvector of rank one, and of zero', () => {
    const v = gaussian(6, 4);
    const gram = new Float64Array(18);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++)
        gram.set(
          [
            v[2 * i] * v[2 * j] + v[2 * i + 1] * v[2 * j + 1],
            v[2 * i + 1] * v[2 * j] - v[2 * i] * v[2 * j + 1],
          ],
          2 * (3 * i + j),
        );
    const u = new Float64Array(6);
    expect(dominantEigenvector(gram, 3, u)).toBeCloseTo(norm(v) ** 2, 10);
    let [re, im] = [0, 0];
    for (let i = 0; i < 6; i += 2) {
      re += u[i] * v[i] + u[i + 1] * v[i + 1];
      im += u[i] * v[i + 1] - u[i + 1] * v[i];
    }
    expect(Math.hypot(re, im)).toBeCloseTo(norm(v), 10);
    expect(dominantEigenvector(new Float64Array(18), 3, u)).toBe(0);
    expect([...u]).toEqual([1, 0, 0, 0, 0, 0]);
  });
});

describe('tridiagonal matrices', () => {
  it('second differences have known eigenvalues', () => {
    const n = 20;
    const matrix = [new Array<number>(n).fill(2), new Array<number>(n - 1).fill(-1)] as const;
    const [low, high] = [extremeEigenvalue('smallest', ...matrix), extremeEigenvalue('largest', ...matrix)];
    expect(low).toBeCloseTo(4 * Math.sin(Math.PI / (2 * (n + 1))) ** 2, 13);
    expect(high).toBeCloseTo(4 * Math.sin((n * Math.PI) / (2 * (n + 1))) ** 2, 13);
  });

  it('eigenvectors satisfy their equation', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(1000), (n, seed) => {
        const diagonal = [...gaussian(n, 1, seed)];
        const off = [...gaussian(n, 2, seed)].slice(0, n - 1);
        const high = extremeEigenvalue('largest', diagonal, off);
        const x = eigenvectorOf(diagonal, off, high);
        for (let i = 0; i < n; i++) {
          const y =
            diagonal[i] * x[i] + (off[i - 1] ?? 0) * (x[i - 1] ?? 0) + (off[i] ?? 0) * (x[i + 1] ?? 0);
          expect(Math.abs(y - high * x[i])).toBeLessThan(1e-10);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('the norm of a matrix', () => {
  it.each([
    [30, 30, false],
    [33, 20, false],
    [33, 20, true],
    [7, 2, true],
  ])(
    '%i x %i, real inputs %s: attained from below, proven from above, and not below it',
    (rows, count, real) => {
      const a = columns(rows, count, 5);
      const { value, input } = largestSingularValue(a, real);
      expect(normOf(input)).toBeCloseTo(1, 12);
      if (real) expect(input.im.every((v) => v === 0)).toBe(true);
      expect(normOf(applyColumns(a, input))).toBeCloseTo(value, 12);
      const gram = gramMatrix(a.re, a.im, count, rows);
      if (real) gram.im.fill(0);
      const frobenius = Math.hypot(norm(a.re), norm(a.im));
      expect(proveNorm(gram, count, rows, frobenius, (1.0001 * value) ** 2)).not.toBeNull();
      // Break the claim by a hair: no proof.
      expect(proveNorm(gram, count, rows, frobenius, (0.9999 * value) ** 2)).toBeNull();
      expect(proveNorm(gram, count, rows, frobenius, 0)).toBeNull();
    },
  );

  it('agrees with the direct product in every size of tiles', () => {
    for (const [rows, count] of [
      [5, 66],
      [130, 34],
      [257, 2],
    ]) {
      const a = columns(rows, count, 3);
      const gram = gramMatrix(a.re, a.im, count, rows);
      for (let i = 0; i < count; i++)
        for (let j = 0; j <= i; j++) {
          let [re, im] = [0, 0];
          for (let k = 0; k < rows; k++) {
            const [p, q] = [i * rows + k, j * rows + k];
            re += a.re[p] * a.re[q] + a.im[p] * a.im[q];
            im += a.im[p] * a.re[q] - a.re[p] * a.im[q];
          }
          expect(Math.hypot(gram.re[i * count + j] - re, gram.im[i * count + j] - im)).toBeLessThan(1e-13);
        }
    }
  });

  it('a matrix of one large singular value among equal small ones', () => {
    const n = 40;
    const a = { ...complexArray(n * n), rows: n, columns: n };
    for (let i = 0; i < n; i++) a.re[i * n + i] = i === 17 ? 1.01 : 1;
    expect(largestSingularValue(a, false).value).toBeCloseTo(1.01, 8);
  });
});
