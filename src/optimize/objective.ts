/**
 * A loss as a function of one vector: value and gradient from one compiled program, with weight decay, and products with
 * the Gauss-Newton matrix. For deterministic optimisers, which see the same data at every step.
 */
import { viewOf, type Backend, type Executable } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { gradient } from '../ir/grad.ts';
import { input, map, type Tensor } from '../ir/graph.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { gaussNewtonVector } from './curvature.ts';
import { sumOfSquares, type TrainedParameter } from './optimizers.ts';

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

interface ObjectiveOptions {
  readonly loss: Tensor;
  readonly parameters: readonly TrainedParameter[];
  /** `curvature` needs these: loss = factor sum |outputs - target|^2. */
  readonly outputs?: readonly Tensor[];
  readonly factor?: number;
  /** Inputs by name, the same at every evaluation. */
  readonly data: Readonly<Record<string, Float64Array>>;
  readonly backend?: Backend;
}

const nameOf = (t: Tensor): string => (t.source.kind === 'parameter' ? t.source.name : '');

/** loss + decay / 2 sum |parameters|^2, with the coefficient as input "decay". */
function withDecay(loss: Tensor, tensors: readonly Tensor[]): Tensor {
  const total = tensors
    .map(sumOfSquares)
    .reduce((a, b) => map('add', [a, b], [k.add(argument(0), argument(1))])[0]);
  const half = k.mul(literal(0.5), k.mul(argument(1), argument(2)));
  return map('decay', [loss, input('decay', [1]), total], [k.add(argument(0), half)])[0];
}

/** Compile a loss for optimisers that work on one vector. */
export function compileObjective(options: ObjectiveOptions): Objective {
  const { loss, parameters, data, backend = defaultBackend(), outputs = [], factor = 1 } = options;
  const tensors = parameters.map((p) => p.tensor);
  const names = tensors.map(nameOf);
  const offsets: number[] = [];
  let size = 0;
  for (const t of tensors) {
    offsets.push(size);
    size += t.size;
  }
  const total = withDecay(loss, tensors);
  const gradients = gradient(total, tensors);
  const named = (list: readonly Tensor[]): Record<string, Tensor> =>
    Object.fromEntries(list.map((t, i) => [`d ${names[i]}`, t]));
  const instantiate = (graphOutputs: Record<string, Tensor>): Executable => {
    const e = backend.instantiate(compileGraph({ outputs: graphOutputs }, { dtype: 'f64' }));
    const known = new Set(Object.keys(e.program.inputs));
    // A program has only the inputs that its outputs need.
    for (const [name, value] of Object.entries(data)) if (known.has(name)) viewOf(e, name).set(value);
    return e;
  };
  const first = instantiate({ value: total, ...named(gradients) });
  let second: Executable | null = null;
  // The curvature of a linear model is the same everywhere.
  const needs = ({ program }: Executable, name: string): boolean =>
    name in program.inputs || name in program.parameters;
  const setAll = (e: Executable, x: Float64Array, prefix = ''): void =>
    tensors.forEach((t, i) => {
      const name = prefix + names[i];
      if (needs(e, name)) viewOf(e, name).set(x.subarray(offsets[i], offsets[i] + t.size));
    });
  const read = (e: Executable, out: Float64Array): void =>
    tensors.forEach((_, i) => out.set(viewOf(e, `d ${names[i]}`), offsets[i]));
  return {
    size,
    decay: 0,
    evaluate(x, g) {
      viewOf(first, 'decay')[0] = this.decay;
      setAll(first, x);
      first.run();
      read(first, g);
      return viewOf(first, 'value')[0];
    },
    curvature(x, v, product) {
      second ??= instantiate(named(gaussNewtonVector(outputs, tensors, 2 * factor)));
      setAll(second, x);
      setAll(second, v, 'direction ');
      second.run();
      read(second, product);
      for (let i = 0; i < size; i++) product[i] += this.decay * v[i];
    },
    pack(values) {
      const x = new Float64Array(size);
      names.forEach((name, i) => x.set(values[name], offsets[i]));
      return x;
    },
    unpack: (x) =>
      Object.fromEntries(names.map((name, i) => [name, x.slice(offsets[i], offsets[i] + tensors[i].size)])),
    dispose() {
      first.dispose();
      second?.dispose();
    },
  };
}
