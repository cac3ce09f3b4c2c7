/**
 * Known transforms as learned networks without training: closed forms by hierarchical rank-one factorisation.
 * The class of every target is in numeric/chain-targets.ts; circular convolution is a product of two chains,
 * C = F^-1 diag(F h) F, the diagonal folded into the columns of the second (so into its stage 0).
 */
import { InvalidArgumentError } from '../../errors.ts';
import { chainTarget, targetMatrix, type ChainTargetName } from '../../numeric/chain-targets.ts';
import { complex, numberArithmetic } from '../../numeric/arithmetic.ts';
import type { ComplexArray } from '../../numeric/complex.ts';
import { primeFactors } from '../../numeric/digits.ts';
import { matrixOf, type Matrix } from '../../numeric/matrix.ts';
import type { ParameterValues } from '../../model/initialize.ts';
import {
  chainModel,
  joinValues,
  networksOf,
  networkValues,
  pointsOf,
  type Model,
} from '../../model/model.ts';
import { applyChain } from '../chain.ts';
import { factorizeMatrix } from './rank-one.ts';
import { targetNetwork } from '../targets.ts';

/** A chain model of free blocks, samples and outputs in natural order, with its values. */
export interface ClosedForm {
  readonly target: ChainTargetName | 'convolution';
  readonly model: Model;
  readonly values: ParameterValues;
  /** Largest relative L2 distance between a chain and its matrix on Gaussian signals. */
  readonly residual: number;
  /** Largest relative distance of a block from rank one, see `Factorization`. */
  readonly defect: number;
}

const largestSize = 8192;

function checkSize(n: number): void {
  if (!Number.isInteger(n) || n < 2 || n > largestSize)
    throw new InvalidArgumentError(`n is ${n}; a whole matrix is factorised from 2 to ${largestSize} points`);
}

/**
 * A target of size n, unnormalised, as blocks: a chain whose network multiplies to it. Radices default to the prime
 * factors of n. Throws InvalidArgumentError for an unknown target, a size that it does not have, or radices of another product.
 */
export function closedForm(
  name: ChainTargetName,
  n: number,
  radices: readonly number[] = primeFactors(n),
): ClosedForm {
  checkSize(n);
  const target = chainTarget(name, n);
  // No factor in either direction.
  const norm = target.direction === 'inverse' ? 'forward' : 'backward';
  const network = targetNetwork(target, radices, 'free', norm);
  const { values, residual, defect } = factorizeMatrix(network, targetMatrix(target));
  return { target: name, model: chainModel([network], target.head), values, residual, defect };
}

/**
 * Circular convolution with h [n], y[k] = sum_j h[(k - j) mod n] x[j], as a product of two chains.
 * Throws InvalidArgumentError for fewer than two points or numbers that are not finite.
 */
export function closedFormConvolution(h: ComplexArray, radices?: readonly number[]): ClosedForm {
  const n = h.re.length;
  checkSize(n);
  const list = radices ?? primeFactors(n);
  const first = closedForm('dft', n, list);
  const spectrum = applyClosedForm(first, h, 1);
  const target = chainTarget('idft', n);
  const network = targetNetwork(target, list, 'free', 'backward');
  const second = factorizeMatrix(network, scaledColumns(targetMatrix(target), spectrum));
  const model = chainModel([...networksOf(first.model), network]);
  return {
    target: 'convolution',
    model,
    values: joinValues(model, [first.values, second.values]),
    residual: Math.max(first.residual, second.residual),
    defect: Math.max(first.defect, second.defect),
  };
}

/** matrix diag(c) / n. */
const scaledColumns = ({ n, re, im }: Matrix, c: ComplexArray): Matrix =>
  matrixOf(n, (row, p) => {
    const entry = { re: re[row * n + p], im: im[row * n + p] };
    const y = complex.mul(numberArithmetic, entry, { re: c.re[p], im: c.im[p] });
    return [y.re / n, y.im / n];
  });

/**
 * A closed form on `lanes` signals, planar [n, lanes] in natural order, in float64. With a real head the imaginary parts
 * of the outputs are zero, and the signals must be real. Throws InvalidArgumentError where they are not.
 */
export function applyClosedForm(
  { target, model, values }: ClosedForm,
  x: ComplexArray,
  lanes: number,
): ComplexArray {
  const n = pointsOf(model);
  if (x.re.length !== n * lanes || x.im.length !== n * lanes)
    throw new InvalidArgumentError(`x has ${x.re.length} numbers; expected ${n} x ${lanes}`);
  if (model.head === 'real' && x.im.some((v) => v !== 0))
    throw new InvalidArgumentError(`${target} takes real signals; an imaginary part is not zero`);
  let y = x;
  for (const [i, network] of networksOf(model).entries())
    y = applyChain(network, networkValues(model, values, i), y, lanes);
  return model.head === 'real' ? { re: y.re, im: new Float64Array(y.im.length) } : y;
}
