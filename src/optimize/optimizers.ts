/**
 * Optimisers as graph functions: from a loss and its parameters to updates that a program applies after every run.
 * State (moments) lives in parameters of the same program, step-dependent numbers are inputs, so a step is one kernel
 * sequence on any backend and a saved state resumes exactly.
 */
import { complex } from '../numeric/arithmetic.ts';
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import {
  checkArgument,
  checkOptions,
  finite,
  oneOf,
  record,
  required,
  type OptionTable,
} from '../options.ts';
import { input, leafName, loop, map, parameter, type Graph, type Tensor } from '../ir/graph.ts';
import { gradient } from '../ir/grad.ts';
import { addAll, sumOfSquares, sumOver } from './losses.ts';

/**
 * Adam: Kingma & Ba (2015). SGD: with momentum (0 for none). Diagonal Gauss-Newton: steps divided by the running mean of
 * (J^T signs)^2, whose expectation is the diagonal of J^T J (Bekas, Kokiopoulou & Saad, 2007), plus damping times its mean.
 */
export type OptimizerSpec =
  | { readonly kind: 'adam'; readonly beta1: number; readonly beta2: number; readonly epsilon: number }
  | { readonly kind: 'sgd'; readonly momentum: number }
  | {
      readonly kind: 'diagonal-gauss-newton';
      readonly beta1: number;
      readonly beta2: number;
      readonly damping: number;
    };

const share = finite({ minimum: 0, below: 1 });
const positive = finite({ minimum: 0 });

/** Throws InvalidArgumentError for an optimiser that does not exist or lacks a number. */
export function validateOptimizer(spec: OptimizerSpec): void {
  checkArgument('optimizer', spec, record());
  const kinds = ['adam', 'sgd', 'diagonal-gauss-newton'] as const;
  checkArgument('optimizer.kind', spec.kind, oneOf(kinds));
  const kind = required(oneOf(kinds));
  const moments = { kind, beta1: required(share), beta2: required(share) };
  const tables = {
    adam: { ...moments, epsilon: required(positive) },
    sgd: { kind, momentum: required(share) },
    'diagonal-gauss-newton': { ...moments, damping: required(positive) },
  };
  checkOptions<OptimizerSpec>(
    `optimizer ${spec.kind}`,
    spec,
    tables[spec.kind] as OptionTable<OptimizerSpec>,
  );
}

/** Adam. Its epsilon is far below any gradient, so float64 training reaches reference precision. */
export const adam = {
  kind: 'adam',
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-30,
} as const satisfies OptimizerSpec;

/** A parameter that an optimiser updates. */
export interface TrainedParameter {
  readonly tensor: Tensor;
  /** Multiplies the learning rate. */
  readonly rate?: number;
  /** unit-circle: pairs (re, im) are divided by their modulus after each step. */
  readonly projection?: 'unit-circle';
}

/** Mean of a tensor as a scalar tensor, plus the smallest normal number so that it can divide. */
const meanOf = (t: Tensor): Tensor =>
  map(
    'mean',
    [sumOver('sum', [t], argument(0))],
    [k.add(k.mul(literal(1 / t.size), argument(0)), literal(1e-300))],
  )[0];

/** re, im / |re + i im| for a tensor of shape [..., 2]. */
function onUnitCircle(t: Tensor): Tensor {
  const pairs = t.size / 2;
  const [re, im] = [argument(0), argument(1)];
  const modulus = k.sqrt(complex.squaredModulus(k, { re, im }));
  return loop({
    label: 'unit circle',
    space: [pairs],
    loads: [0, 1].map((offset) => ({ tensor: t, access: { offset, terms: [2] } })),
    body: [k.div(re, modulus), k.div(im, modulus)],
    stores: [0, 1].map((offset) => ({
      result: 0,
      access: { offset, terms: [2] },
      combine: 'store' as const,
    })),
    shapes: [t.shape],
  })[0];
}

/** Inputs every training program reads: the learning rate of this step and the bias corrections 1 - beta^step. */
const stepInputs = (): { rate: Tensor; correction1: Tensor; correction2: Tensor } => ({
  rate: input('learningRate', [1]),
  correction1: input('biasCorrection1', [1]),
  correction2: input('biasCorrection2', [1]),
});

/** min(1, limit / norm): the factor of clipping by global norm. */
function clipFactor(norm2: Tensor, limit: number): Tensor {
  const norm = k.sqrt(argument(0));
  return map(
    'clip factor',
    [norm2],
    [k.min(literal(1), k.div(literal(limit), k.max(norm, literal(1e-300))))],
  )[0];
}

/**
 * The training step of a loss: outputs `loss`, `gradientNorm` and the given terms; updates of parameters and moments.
 * `clip` bounds the global gradient norm (Infinity for none).
 */
export function trainingStep(
  loss: Tensor,
  parameters: readonly TrainedParameter[],
  optimizer: OptimizerSpec,
  clip: number,
  terms: Readonly<Record<string, Tensor>> = {},
  /** sqrt(2 factor) <outputs, signs>: its squared gradient estimates the diagonal of the Gauss-Newton matrix. */
  probe: Tensor | null = null,
): Graph {
  const tensors = parameters.map((p) => p.tensor);
  const gradients = gradient(loss, tensors);
  const probes = optimizer.kind === 'diagonal-gauss-newton' ? gradient(probe ?? loss, tensors) : null;
  const norm2 = addAll(gradients.map(sumOfSquares));
  const factor = Number.isFinite(clip) ? clipFactor(norm2, clip) : null;
  const inputs = stepInputs();
  const updates = parameters.flatMap((p, i) =>
    updatesOf(p, gradients[i], factor, optimizer, inputs, probes?.[i] ?? null),
  );
  return { outputs: { loss, gradientNorm2: norm2, ...terms }, updates };
}

function updatesOf(
  p: TrainedParameter,
  gradientOf: Tensor,
  factor: Tensor | null,
  optimizer: OptimizerSpec,
  inputs: ReturnType<typeof stepInputs>,
  probe: Tensor | null,
): { parameter: Tensor; value: Tensor }[] {
  const { tensor, rate = 1, projection } = p;
  const name = leafName(tensor);
  const momentum = parameter(`${name}/momentum`, tensor.shape);
  const operands = [tensor, gradientOf, momentum, inputs.rate];
  const at = (t: Tensor): Expr => argument(operands.push(t) - 1);
  const [value, raw, m, learningRate] = [0, 1, 2, 3].map(argument);
  const g = factor ? k.mul(raw, at(factor)) : raw;
  const step = k.mul(learningRate, literal(rate));
  const finish = (t: Tensor): Tensor => (projection ? onUnitCircle(t) : t);
  /** One loop that makes the step and the moments behind it; `second` where it was made before. */
  const updated = (direction: Expr, moments: readonly Expr[], second?: Tensor) => {
    const made = map(`${optimizer.kind} ${name}`, operands, [
      k.sub(value, k.mul(step, direction)),
      ...moments,
    ]);
    const values = [finish(made[0]), ...made.slice(1), ...(second ? [second] : [])];
    return values.map((own, i) => ({ parameter: [tensor, momentum, secondMoment][i], value: own }));
  };
  const secondMoment = parameter(`${name}/second-moment`, tensor.shape);
  if (optimizer.kind === 'sgd') {
    const m1 = k.add(k.mul(literal(optimizer.momentum), m), g);
    return updated(m1, [m1]);
  }
  const c1 = at(inputs.correction1);
  const c2 = at(inputs.correction2);
  const blend = (beta: number, old: Expr, x: Expr): Expr =>
    k.add(k.mul(literal(beta), old), k.mul(literal(1 - beta), x));
  const m1 = blend(optimizer.beta1, m, g);
  const mean = k.div(m1, c1);
  if (optimizer.kind === 'adam') {
    const v1 = blend(optimizer.beta2, at(secondMoment), k.mul(g, g));
    return updated(k.div(mean, k.add(k.sqrt(k.div(v1, c2)), literal(optimizer.epsilon))), [m1, v1]);
  }
  const [second] = map(
    `curvature of ${name}`,
    [secondMoment, probe as Tensor],
    [blend(optimizer.beta2, argument(0), k.mul(argument(1), argument(1)))],
  );
  const damped = k.add(at(second), k.mul(literal(optimizer.damping), at(meanOf(second))));
  return updated(k.div(k.mul(mean, c2), damped), [m1], second);
}
