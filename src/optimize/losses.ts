/** Losses as graph functions: each returns a scalar tensor. */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { loop, map, rowMajor, scalar, type ComplexTensor, type Tensor } from '../ir/graph.ts';

/**
 * sum of value(arguments) over the elements of tensors of one shape, by default that of the first. A tensor of one number is read
 * everywhere; others may have spare rows at the end.
 */
export function sumOver(
  label: string,
  tensors: readonly Tensor[],
  value: Expr,
  shape: readonly number[] = tensors[0].shape,
): Tensor {
  const whole = { offset: 0, terms: rowMajor(shape) };
  return loop({
    label,
    space: shape,
    loads: tensors.map((tensor) => ({ tensor, access: tensor.size === 1 ? scalar(shape) : whole })),
    body: [value],
    stores: [{ result: 0, access: scalar(shape), combine: 'sum' }],
    shapes: [[1]],
  })[0];
}

/** The sum of tensors of one shape. */
export const addAll = (tensors: readonly Tensor[]): Tensor =>
  tensors.reduce((a, b) => map('add', [a, b], [k.add(argument(0), argument(1))])[0]);

/** factor t. */
export const scaled = (t: Tensor, factor: number): Tensor =>
  map('scale', [t], [k.mul(literal(factor), argument(0))])[0];

/** sum_i a_i b_i over two lists of tensors of the same shapes. */
export const innerProduct = (a: readonly Tensor[], b: readonly Tensor[]): Tensor =>
  addAll(a.map((t, i) => sumOver('inner product', [t, b[i]], k.mul(argument(0), argument(1)))));

/** Sum of squares of a tensor. */
export const sumOfSquares = (t: Tensor): Tensor => sumOver('sum of squares', [t], square(argument(0)));

const square = (e: Expr): Expr => k.mul(e, e);

/**
 * Mean squared modulus of actual - target over [bins, lanes] complex numbers, divided by `unit`,
 * the expected squared modulus of a target number: the square of the relative L2 error.
 */
export function spectrumLoss(
  actual: ComplexTensor,
  target: ComplexTensor,
  bins: number,
  lanes: number,
  unit: number,
): Tensor {
  const difference = k.add(square(k.sub(argument(0), argument(2))), square(k.sub(argument(1), argument(3))));
  const tensors = [actual.re, actual.im, target.re, target.im];
  const total = sumOver('spectrum loss', tensors, difference, [bins, lanes]);
  return scaled(total, 1 / (bins * lanes * unit));
}

/** Sum of smooth |actual - target| = sqrt(d^2 + width^2) - width, times weights (same shape, or one number) and factor. */
export function smoothAbsoluteLoss(
  actual: Tensor,
  target: Tensor,
  weights: Tensor,
  width: number,
  factor: number,
): Tensor {
  const d = k.sub(argument(0), argument(1));
  const value = k.mul(argument(2), k.sub(k.sqrt(k.add(square(d), literal(width * width))), literal(width)));
  return scaled(sumOver('smooth absolute loss', [actual, target, weights], value), factor);
}

/** Expected share of active butterflies: mean over the stages of the mean openness of their gates, which cover equally many. */
export const expectedShare = (openness: readonly Tensor[]): Tensor =>
  addAll(
    openness.map((g) => scaled(sumOver('gate share', [g], argument(0)), 1 / (g.size * openness.length))),
  );

/** sum_i weight_i loss_i: the one objective. A weight that changes from step to step is a tensor [1]. */
export function weightedSum(
  terms: readonly { readonly weight: number | Tensor; readonly loss: Tensor }[],
): Tensor {
  const tensors = terms.map((t) => t.loss);
  const body = terms.map(({ weight }, i) => {
    const factor = typeof weight === 'number' ? literal(weight) : argument(tensors.push(weight) - 1);
    return k.mul(factor, argument(i));
  });
  return map('objective', tensors, [body.reduce((a, b) => k.add(a, b))])[0];
}
