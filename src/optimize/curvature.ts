/**
 * Second-order products as graphs: the gradient of a gradient graph. (Pearlmutter, Fast exact multiplication by the
 * Hessian, 1994; the forward product from two reverse ones after Townsend, 2017.)
 */
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { gradient } from '../ir/grad.ts';
import { input, loop, map, rowMajor, scalar, type Tensor } from '../ir/graph.ts';

/** sum_i a_i b_i over tensors of one shape. */
export function innerProduct(a: Tensor, b: Tensor): Tensor {
  return loop({
    label: 'inner product',
    space: a.shape,
    loads: [a, b].map((tensor) => ({ tensor, access: { offset: 0, terms: rowMajor(a.shape) } })),
    body: [k.mul(argument(0), argument(1))],
    stores: [{ result: 0, access: scalar(a.shape), combine: 'sum' }],
    shapes: [[1]],
  })[0];
}

const sum = (list: readonly Tensor[]): Tensor =>
  list.reduce((a, b) => map('add', [a, b], [k.add(argument(0), argument(1))])[0]);

const inner = (a: readonly Tensor[], b: readonly Tensor[]): Tensor =>
  sum(a.map((t, i) => innerProduct(t, b[i])));

/** H v: the derivative of the gradient of `loss` along `vectors`, which have the shapes of `targets`. */
export function hessianVector(
  loss: Tensor,
  targets: readonly Tensor[],
  vectors: readonly Tensor[],
): Tensor[] {
  return gradient(inner(gradient(loss, targets), vectors), targets);
}

/** J v: the derivative of `outputs` along `vectors`. J^T u is linear in u, so its derivative by u, at any u, is J. */
export function jacobianVector(
  outputs: readonly Tensor[],
  targets: readonly Tensor[],
  vectors: readonly Tensor[],
): Tensor[] {
  const u = outputs.map((t, i) => input(`cotangent ${i}`, t.shape));
  return gradient(inner(gradient(inner(outputs, u), targets), vectors), u);
}

/** factor J^T J v with v from inputs "direction NAME". */
export function gaussNewtonVector(
  outputs: readonly Tensor[],
  targets: readonly Tensor[],
  factor: number,
): Tensor[] {
  const vectors = targets.map((t) =>
    input(`direction ${t.source.kind === 'parameter' ? t.source.name : ''}`, t.shape),
  );
  const along = jacobianVector(outputs, targets, vectors).map(
    (t) => map('hold', [t], [k.stopGradient(k.mul(literal(factor), argument(0)))])[0],
  );
  return gradient(inner(outputs, along), targets);
}
