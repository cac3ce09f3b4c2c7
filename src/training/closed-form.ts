/**
 * Known transforms as learned networks without training: closed forms by hierarchical rank-one factorisation.
 * The class of every target is in numeric/chain-targets.ts; circular convolution is a product of two chains,
 * C = F^-1 diag(F h) F, the diagonal folded into the columns of the second (so into its stage 0).
 */
import { InvalidArgumentError } from '../errors.ts';
import { chainTarget, targetMatrix, type ChainTargetName } from '../numeric/chain-targets.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { zeroMatrix, type Matrix } from '../numeric/matrix.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { applyChain, chainOf } from './chain.ts';
import { factorizeMatrix } from './rank-one.ts';

/** One chain of free blocks; position p of its input, before P, is sample source[p] (null: p itself). */
export interface ClosedFormModel {
  readonly network: NetworkSpec;
  readonly values: ParameterValues;
  readonly source: Int32Array | null;
}

export interface ClosedForm {
  readonly target: ChainTargetName | 'convolution';
  readonly n: number;
  /** Applied in this order; the model class is one chain, or a product of two. */
  readonly chains: readonly ClosedFormModel[];
  /** real: the transform of real signals is the real part of the outputs. */
  readonly head: 'complex' | 'real';
  /** Largest relative L2 distance between a chain and its matrix on Gaussian signals. */
  readonly residual: number;
  /** Largest relative distance of a block from rank one, see `Factorization`. */
  readonly defect: number;
}

/** Prime factors by rising size. */
export function primeRadices(n: number): number[] {
  const radices: number[] = [];
  let rest = n;
  for (let p = 2; p * p <= rest; p++)
    while (rest % p === 0) {
      radices.push(p);
      rest /= p;
    }
  return rest > 1 ? [...radices, rest] : radices;
}

const largestSize = 8192;

function networkOf(
  n: number,
  radices: readonly number[],
  rest: Pick<NetworkSpec, 'direction' | 'norm' | 'permutation'>,
): NetworkSpec {
  return {
    n,
    input: 'complex',
    decimation: 'time',
    ...rest,
    stages: radices.map((radix) => ({ radix, parametrization: 'free' })),
    split: 'exact',
  };
}

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
  radices: readonly number[] = primeRadices(n),
): ClosedForm {
  checkSize(n);
  const target = chainTarget(name, n);
  const network = networkOf(n, radices, {
    direction: target.direction,
    // No factor in either direction.
    norm: target.direction === 'inverse' ? 'forward' : 'backward',
    permutation: target.permutation,
  });
  const { values, residual, defect } = factorizeMatrix(network, targetMatrix(target));
  return {
    target: name,
    n,
    chains: [{ network, values, source: target.source }],
    head: target.head,
    residual,
    defect,
  };
}

/**
 * Circular convolution with h [n], y[k] = sum_j h[(k - j) mod n] x[j], as a product of two chains.
 * Throws InvalidArgumentError for fewer than two points or numbers that are not finite.
 */
export function closedFormConvolution(h: ComplexArray, radices?: readonly number[]): ClosedForm {
  const n = h.re.length;
  checkSize(n);
  const list = radices ?? primeRadices(n);
  const first = closedForm('dft', n, list);
  const spectrum = applyClosedForm(first, h, 1);
  const inverse = targetMatrix(chainTarget('idft', n));
  const network = networkOf(n, list, {
    direction: 'inverse',
    norm: 'backward',
    permutation: 'digit-reversal',
  });
  const second = factorizeMatrix(network, scaledColumns(inverse, spectrum));
  return {
    target: 'convolution',
    n,
    chains: [...first.chains, { network, values: second.values, source: null }],
    head: 'complex',
    residual: Math.max(first.residual, second.residual),
    defect: Math.max(first.defect, second.defect),
  };
}

/** matrix diag(c) / n. */
function scaledColumns(matrix: Matrix, c: ComplexArray): Matrix {
  const { n } = matrix;
  const out = zeroMatrix(n);
  for (let i = 0, at = 0; i < n; i++)
    for (let p = 0; p < n; p++, at++) {
      out.re[at] = (matrix.re[at] * c.re[p] - matrix.im[at] * c.im[p]) / n;
      out.im[at] = (matrix.re[at] * c.im[p] + matrix.im[at] * c.re[p]) / n;
    }
  return out;
}

/**
 * A closed form on `lanes` signals, planar [n, lanes] in natural order, in float64. With a real head the imaginary parts
 * of the outputs are zero, and the signals must be real. Throws InvalidArgumentError where they are not.
 */
export function applyClosedForm(form: ClosedForm, x: ComplexArray, lanes: number): ComplexArray {
  if (x.re.length !== form.n * lanes || x.im.length !== form.n * lanes)
    throw new InvalidArgumentError(`x has ${x.re.length} numbers; expected ${form.n} x ${lanes}`);
  if (form.head === 'real' && x.im.some((v) => v !== 0))
    throw new InvalidArgumentError(`${form.target} takes real signals; an imaginary part is not zero`);
  let y = x;
  for (const { network, values, source } of form.chains)
    y = applyChain(chainOf(network, values, source), y, lanes);
  return form.head === 'real' ? { re: y.re, im: new Float64Array(y.im.length) } : y;
}
