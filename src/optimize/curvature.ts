/**
 * Second-order products as graphs: the gradient of a gradient graph. (Pearlmutter, Fast exact multiplication by the
 * Hessian, 1994; the forward product from two reverse ones after Townsend, 2017.)
 */
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { gradient } from '../ir/grad.ts';
import { input, leafName, map, type Tensor } from '../ir/graph.ts';
import { innerProduct } from './losses.ts';

/** H v: the derivative of the gradient of `loss` along `vectors`, which have the shapes of `targets`. */
export function hessianVector(
  loss: Tensor,
  targets: readonly Tensor[],
  vectors: readonly Tensor[],
): Tensor[] {
  return gradient(innerProduct(gradient(loss, targets), vectors), targets);
}

/** J v: the derivative of `outputs` along `vectors`. J^T u is linear in u, so its derivative by u, at any u, is J. */
export function jacobianVector(
  outputs: readonly Tensor[],
  targets: readonly Tensor[],
  vectors: readonly Tensor[],
): Tensor[] {
  const u = outputs.map((t, i) => input(`cotangent ${i}`, t.shape));
  return gradient(innerProduct(gradient(innerProduct(outputs, u), targets), vectors), u);
}

/** factor J^T J v with v from inputs "direction NAME". */
export function gaussNewtonVector(
  outputs: readonly Tensor[],
  targets: readonly Tensor[],
  factor: number,
): Tensor[] {
  const vectors = targets.map((t) => input(`direction ${leafName(t)}`, t.shape));
  const along = jacobianVector(outputs, targets, vectors).map(
    (t) => map('hold', [t], [k.stopGradient(k.mul(literal(factor), argument(0)))])[0],
  );
  return gradient(innerProduct(outputs, along), targets);
}
