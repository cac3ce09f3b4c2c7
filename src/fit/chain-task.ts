/** Fitting a chain model to pairs: its loss, its error on held-out pairs, its matrix. */
import { viewOf, type Executable, type FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { input, loop, map, rowMajor, scalar, type ComplexTensor, type Tensor } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import type { Provide } from '../model/parametrization.ts';
import { modelOutput, modelShapes, pointsOf, type Model } from '../model/model.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { zeroMatrix, type Matrix } from '../numeric/matrix.ts';
import { spectrumLoss } from '../optimize/losses.ts';
import type { TrainedParameter } from '../optimize/optimizers.ts';
import { namedLeaves } from './transform-task.ts';
import type { Pairs } from './pairs.ts';

/** Signals [n, lanes] as inputs "re" and, for a complex head, "im". */
function signals(model: Model, lanes: number): { re: Tensor; im?: Tensor } {
  const shape = [pointsOf(model), lanes];
  return model.head === 'real'
    ? { re: input('re', shape) }
    : { re: input('re', shape), im: input('im', shape) };
}

function outputOf(model: Model, lanes: number, provide: Provide): ComplexTensor {
  const { re, im } = signals(model, lanes);
  const source = im ? { re: rows(re, lanes), im: rows(im, lanes) } : { re: rows(re, lanes) };
  const output = modelOutput(model, source, { lanes, provide });
  return { re: output.re, im: output.im ?? output.re };
}

/** sum (actual - target)^2 over the real parts, times factor. */
function realLoss(actual: Tensor, target: Tensor, factor: number): Tensor {
  const d = k.sub(argument(0), argument(1));
  const total = loop({
    label: 'real loss',
    space: target.shape,
    loads: [actual, target].map((tensor) => ({
      tensor,
      access: { offset: 0, terms: rowMajor(target.shape) },
    })),
    body: [k.mul(d, d)],
    stores: [{ result: 0, access: scalar(target.shape), combine: 'sum' }],
    shapes: [[1]],
  })[0];
  return map('scale', [total], [k.mul(literal(factor), argument(0))])[0];
}

/** What a phase minimises. */
export interface FitTask {
  /** Square of the relative L2 error on the pairs. */
  readonly loss: Tensor;
  readonly parameters: readonly TrainedParameter[];
  /** Output tensors that enter the loss, and loss = factor times their squared distance from the target. */
  readonly outputs: readonly Tensor[];
  readonly factor: number;
  /** The pairs, as inputs by name. */
  readonly data: Readonly<Record<string, Float64Array>>;
}

/** The task of fitting a model to pairs. */
export function chainTask(model: Model, pairs: Pairs): FitTask {
  const { count: lanes } = pairs;
  const n = pointsOf(model);
  const { provide, leaves } = namedLeaves();
  const output = outputOf(model, lanes, provide);
  const target = { re: input('targetRe', [n, lanes]), im: input('targetIm', [n, lanes]) };
  const real = model.head === 'real';
  const energy = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);
  const norm = energy(pairs.output.re) + (real ? 0 : energy(pairs.output.im));
  const factor = 1 / (norm || 1);
  return {
    loss: real
      ? realLoss(output.re, target.re, factor)
      : spectrumLoss(output, target, n, lanes, norm / (n * lanes)),
    parameters: Object.keys(modelShapes(model)).map((name) => ({ tensor: leaves.get(name) as Tensor })),
    outputs: real ? [output.re] : [output.re, output.im],
    factor,
    data: {
      re: pairs.input.re,
      targetRe: pairs.output.re,
      ...(real ? {} : { im: pairs.input.im, targetIm: pairs.output.im }),
    },
  };
}

/** A compiled chain model whose parameters are inputs, for any values of them. */
class ChainRunner {
  readonly model: Model;
  readonly lanes: number;
  private readonly executable: Executable;

  constructor(model: Model, lanes: number) {
    this.model = model;
    this.lanes = lanes;
    const { re, im } = outputOf(model, lanes, (name, shape) => input(name, shape));
    const outputs = model.head === 'real' ? { outRe: re } : { outRe: re, outIm: im };
    this.executable = defaultBackend().instantiate(compileGraph({ outputs }, { dtype: 'f64' }));
  }

  set(values: ParameterValues): void {
    for (const name of Object.keys(modelShapes(this.model)))
      if (name in this.executable.program.inputs) viewOf(this.executable, name).set(values[name]);
  }

  /** Views of the result for signals [n, lanes]; `im` is absent for a real head. */
  run(re: Float64Array, im: Float64Array): { re: FloatArray; im?: FloatArray } {
    viewOf(this.executable, 're').set(re);
    if (this.model.head === 'complex') viewOf(this.executable, 'im').set(im);
    this.executable.run();
    const out = viewOf(this.executable, 'outRe');
    return this.model.head === 'real' ? { re: out } : { re: out, im: viewOf(this.executable, 'outIm') };
  }

  dispose(): void {
    this.executable.dispose();
  }
}

/** Relative L2 error of a model on fixed pairs, again and again. */
export function holdOutError(
  model: Model,
  pairs: Pairs,
): { of(values: ParameterValues): number; dispose(): void } {
  const runner = new ChainRunner(model, pairs.count);
  const { output } = pairs;
  return {
    of(values) {
      runner.set(values);
      const { re, im } = runner.run(pairs.input.re, pairs.input.im);
      let [difference, norm] = [0, 0];
      for (let i = 0; i < re.length; i++) {
        difference += (re[i] - output.re[i]) ** 2 + (im ? (im[i] - output.im[i]) ** 2 : 0);
        norm += output.re[i] ** 2 + (im ? output.im[i] ** 2 : 0);
      }
      return Math.sqrt(difference / (norm || 1));
    },
    dispose: () => runner.dispose(),
  };
}

/** The matrix of a model: its columns are the results of the unit signals. */
export function chainMatrix(model: Model, values: ParameterValues): Matrix {
  const n = pointsOf(model);
  const lanes = Math.min(n, 16);
  const runner = new ChainRunner(model, lanes);
  runner.set(values);
  const matrix = zeroMatrix(n);
  const zero = new Float64Array(n * lanes);
  for (let column = 0; column < n; column += lanes) {
    const unit = new Float64Array(n * lanes);
    const count = Math.min(lanes, n - column);
    for (let l = 0; l < count; l++) unit[(column + l) * lanes + l] = 1;
    const { re, im } = runner.run(unit, zero);
    for (let row = 0; row < n; row++)
      for (let l = 0; l < count; l++) {
        matrix.re[row * n + column + l] = re[row * lanes + l];
        if (im) matrix.im[row * n + column + l] = im[row * lanes + l];
      }
  }
  runner.dispose();
  return matrix;
}
