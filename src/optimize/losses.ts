/** Losses as graph functions: each returns a scalar tensor. */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { loop, map, rowMajor, scalar, type ComplexTensor, type Tensor } from '../ir/graph.ts';

/** sum over the first `count` elements of body(a, b), times `factor`. Tensors may have spare rows at the end. */
function reduceOver(
  label: string,
  tensors: readonly Tensor[],
  shape: readonly number[],
  value: Expr,
  factor: number,
): Tensor {
  const terms = rowMajor(shape);
  const total = loop({
    label,
    space: shape,
    loads: tensors.map((tensor) => ({
      tensor,
      access: tensor.size === 1 ? scalar(shape) : { offset: 0, terms },
    })),
    body: [value],
    stores: [{ result: 0, access: scalar(shape), combine: 'sum' }],
    shapes: [[1]],
  })[0];
  return map('scale', [total], [k.mul(literal(factor), argument(0))])[0];
}

/** sum over all elements of tensors of one shape of body(a, b, ...). */
export const sumOver = (label: string, tensors: readonly Tensor[], value: Expr): Tensor =>
  reduceOver(label, tensors, tensors[0].shape, value, 1);

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
  return reduceOver('spectrum loss', tensors, [bins, lanes], difference, 1 / (bins * lanes * unit));
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
  return reduceOver('smooth absolute loss', [actual, target, weights], actual.shape, value, factor);
}

/** Expected share of active butterflies: mean over the stages of the mean openness of their gates, which cover equally many. */
export function expectedShare(openness: readonly Tensor[]): Tensor {
  return openness
    .map((g) => reduceOver('gate share', [g], g.shape, argument(0), 1 / (g.size * openness.length)))
    .reduce((a, b) => map('add', [a, b], [k.add(argument(0), argument(1))])[0]);
}

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
