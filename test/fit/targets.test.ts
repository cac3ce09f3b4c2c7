/** The class of every target contains it: exact parameters reach the matrix before anything is trained. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { dft } from '../../src/numeric/dft.ts';
import { applyMatrix, frobenius, matrixError, matrixOf, transposed } from '../../src/numeric/matrix.ts';
import { chainMatrix } from '../../src/fit/chain-task.ts';
import { initializeModel } from '../../src/model/model.ts';
import { matrixOfFunction } from '../../src/fit/pairs.ts';
import { exactParameters, targetByName, targetModel, targetNames } from '../../src/fit/targets.ts';

/** A few ulps a stage: entries of size 1 / sqrt n, errors of size eps sqrt(stages). */
const tolerance = 2e-15;

describe('every target', () => {
  for (const name of targetNames)
    for (const radices of [[2], [2, 2, 2], [2, 2, 2, 2], [4, 2], [2, 3], [3, 5, 2]])
      for (const parametrization of targetByName(name).parametrizations) {
        if (name === 'hadamard' && radices.some((r) => r !== 2)) continue;
        // The complex conjugate of a twiddle is no real angle of the widely linear part.
        it(`${name}, radices ${radices}, ${parametrization}: the class contains it`, () => {
          const target = targetModel(name, radices, parametrization);
          const exact = chainMatrix(target.model, exactParameters(name, target));
          expect(matrixError(exact, target.matrix).relativeL2).toBeLessThan(tolerance);
          const random = chainMatrix(target.model, initializeModel(target.model, 'random', 3));
          expect(matrixError(random, target.matrix).relativeL2).toBeGreaterThan(0.1);
        });
      }
  it.each(targetNames)('%s has orthonormal rows, or a kernel of variance 1/n', (name) => {
    for (const n of [16, 15]) {
      if (name === 'hadamard' && n === 15) continue;
      const m = targetByName(name).matrix(n);
      if (name === 'convolution') {
        expect(frobenius(m) / Math.sqrt(n)).toBeGreaterThan(0.5);
        continue;
      }
      const adjoint = transposed({ ...m, im: m.im.map((v) => -v) });
      const identity = matrixOf(n, (k, j) => [k === j ? 1 : 0, 0]);
      // Sums of n products of roots rounded once: sqrt n ulps a row of norm one.
      const product = { n, ...applyMatrix(m, adjoint, n) };
      expect(matrixError(product, identity).relativeL2).toBeLessThan(4 * 2 ** -53 * Math.sqrt(n));
    }
  });
});

it('a shuffled target is its matrix after the signal was put in order', () => {
  const plain = targetModel('dft', [2, 2, 2]);
  const shuffled = targetModel('dft', [2, 2, 2], 'free', 7);
  expect(matrixError(shuffled.matrix, plain.matrix).relativeL2).toBeGreaterThan(0.5);
  const exact = chainMatrix(shuffled.model, exactParameters('dft', shuffled));
  expect(matrixError(exact, shuffled.matrix).relativeL2).toBeLessThan(tolerance);
  expect(() => targetModel('dct3', [2, 2], undefined, 1)).toThrow(InvalidArgumentError);
});

it('a function becomes its matrix; one that is not linear is refused', () => {
  const matrix = matrixOfFunction(6, (x) => dft(x, { norm: 'ortho' }));
  expect(matrixError(matrix, targetByName('dft').matrix(6)).relativeL2).toBeLessThan(tolerance);
  expect(() => matrixOfFunction(4, (x) => ({ re: x.re.map((v) => v * v), im: x.im }))).toThrow(/not linear/);
  expect(() => matrixOfFunction(4, () => dft({ re: Float64Array.of(1), im: Float64Array.of(0) }))).toThrow(
    /1 points/,
  );
});

it('applies a matrix to signals in columns', () => {
  const m = matrixOf(2, (k, j) => [k + 1, j]);
  const y = applyMatrix(m, { re: Float64Array.of(1, 2, 3, 4), im: Float64Array.of(0, 1, 0, 0) }, 2);
  expect([...y.re]).toEqual([1 + 3, 2 + 4, 2 + 6, 4 + 8]);
  expect([...y.im]).toEqual([3, 5, 3, 6]);
});

it('refuses what is not in the class', () => {
  expect(() => targetModel('dct2', [2, 2], 'unitary')).toThrow(/dct2 is not in the class of unitary blocks/);
  expect(() => targetByName('fft')).toThrow(/target is "fft"/);
  expect(() => targetModel('hadamard', [3])).toThrow(/power of two/);
});
