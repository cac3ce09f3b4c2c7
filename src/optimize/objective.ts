/**
 * A loss as a function of one vector: value and gradient from one compiled program, with weight decay, and products with
 * the Gauss-Newton matrix. For deterministic optimisers, which see the same data at every step.
 */
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { gradient } from '../ir/grad.ts';
import { input, leafName, map, type Tensor } from '../ir/graph.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { gaussNewtonVector } from './curvature.ts';
import { Evaluation } from './evaluation.ts';
import { addAll, sumOfSquares } from './losses.ts';
import type { TrainedParameter } from './optimizers.ts';

/** A compiled loss as a function of one vector, with its gradient and curvature. */
export interface Objective {
  readonly size: number;
  /** Coefficient of |x|^2 / 2 in the value; 0 at first. */
  decay: number;
  /** The value at x; fills `gradient`. */
  evaluate(x: Float64Array, gradient: Float64Array): number;
  /** (factor J^T J + decay) v at x, filled into `product`. */
  curvature(x: Float64Array, v: Float64Array, product: Float64Array): void;
  /** The vector [size] of parameter values by name. */
  pack(values: Readonly<Record<string, ArrayLike<number>>>): Float64Array;
  /** Parameter values by name, copied from a vector [size]. */
  unpack(x: Float64Array): ParameterValues;
  /** Lets go of the compiled programs. */
  dispose(): void;
}

export interface ObjectiveOptions {
  readonly loss: Tensor;
  readonly parameters: readonly TrainedParameter[];
  /** `curvature` needs these: loss = factor sum |outputs - target|^2. */
  readonly outputs?: readonly Tensor[];
  readonly factor?: number;
  /** Inputs by name, the same at every evaluation. */
  readonly data: Readonly<Record<string, Float64Array>>;
}

/** loss + decay / 2 sum |parameters|^2, with the coefficient as input "decay". */
function withDecay(loss: Tensor, tensors: readonly Tensor[]): Tensor {
  const total = addAll(tensors.map(sumOfSquares));
  const half = k.mul(literal(0.5), k.mul(argument(1), argument(2)));
  return map('decay', [loss, input('decay', [1]), total], [k.add(argument(0), half)])[0];
}

/** Compile a loss for optimisers that work on one vector. */
export function compileObjective(options: ObjectiveOptions): Objective {
  const { loss, parameters, data, outputs = [], factor = 1 } = options;
  const tensors = parameters.map((p) => p.tensor);
  const names = tensors.map(leafName);
  const size = tensors.reduce((sum, t) => sum + t.size, 0);
  /** The part of a vector that holds each parameter, as a view. */
  const parts = (x: Float64Array, prefix = ''): Record<string, Float64Array> => {
    let end = 0;
    return Object.fromEntries(tensors.map((t, i) => [prefix + names[i], x.subarray(end, (end += t.size))]));
  };
  const compile = (own: Readonly<Record<string, Tensor>>, gradients: readonly Tensor[]): Evaluation => {
    const named = gradients.map((t, i) => [`d ${names[i]}`, t] as const);
    const e = new Evaluation({ ...own, ...Object.fromEntries(named) });
    e.set(data);
    return e;
  };
  const read = (e: Evaluation, out: Float64Array): void => {
    for (const [name, part] of Object.entries(parts(out))) part.set(e.view(`d ${name}`));
  };
  const value = withDecay(loss, tensors);
  const first = compile({ value }, gradient(value, tensors));
  let second: Evaluation | null = null;
  return {
    size,
    decay: 0,
    evaluate(x, g) {
      first.run({ decay: [this.decay], ...parts(x) });
      read(first, g);
      return first.view('value')[0];
    },
    curvature(x, v, product) {
      second ??= compile({}, gaussNewtonVector(outputs, tensors, 2 * factor));
      second.run({ ...parts(x), ...parts(v, 'direction ') });
      read(second, product);
      for (let i = 0; i < size; i++) product[i] += this.decay * v[i];
    },
    pack(values) {
      const x = new Float64Array(size);
      for (const [name, part] of Object.entries(parts(x))) part.set(values[name]);
      return x;
    },
    unpack: (x) => Object.fromEntries(Object.entries(parts(x)).map(([name, part]) => [name, part.slice()])),
    dispose() {
      first.dispose();
      second?.dispose();
    },
  };
}
