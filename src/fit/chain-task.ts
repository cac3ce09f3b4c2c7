/** Fitting a chain model to pairs: its loss, its error on held-out pairs, its matrix. */
import { argument, exprCarrier as k } from '../ir/expr.ts';
import { input, type Tensor } from '../ir/graph.ts';
import { inputSignals, planarOutputs } from '../ir/view.ts';
import type { Provide } from '../model/parametrization.ts';
import { modelOutput, modelShapes, pointsOf, type Model } from '../model/model.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { zeroMatrix, type Matrix } from '../numeric/matrix.ts';
import { Evaluation } from '../optimize/evaluation.ts';
import { scaled, spectrumLoss, sumOver } from '../optimize/losses.ts';
import type { ObjectiveOptions } from '../optimize/objective.ts';
import { namedLeaves } from './transform-task.ts';
import type { Pairs } from './pairs.ts';

const outputOf = (model: Model, lanes: number, provide: Provide): { re: Tensor; im?: Tensor } =>
  modelOutput(model, inputSignals(pointsOf(model), lanes, model.head), { lanes, provide });

/** sum (actual - target)^2 over the real parts, times factor. */
function realLoss(actual: Tensor, target: Tensor, factor: number): Tensor {
  const d = k.sub(argument(0), argument(1));
  return scaled(sumOver('real loss', [actual, target], k.mul(d, d), target.shape), factor);
}

/** What a phase minimises; of a fit, the square of the relative L2 error on the pairs. */
export type FitTask = Required<ObjectiveOptions>;

/** The task of fitting a model to pairs. */
export function chainTask(model: Model, pairs: Pairs): FitTask {
  const { count: lanes } = pairs;
  const n = pointsOf(model);
  const { provide, leaves } = namedLeaves();
  const { re, im } = outputOf(model, lanes, provide);
  const target = { re: input('targetRe', [n, lanes]), im: input('targetIm', [n, lanes]) };
  const energy = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);
  const norm = energy(pairs.output.re) + (im ? energy(pairs.output.im) : 0);
  const factor = 1 / (norm || 1);
  return {
    loss: im
      ? spectrumLoss({ re, im }, target, n, lanes, norm / (n * lanes))
      : realLoss(re, target.re, factor),
    parameters: Object.keys(modelShapes(model)).map((name) => ({ tensor: leaves.get(name) as Tensor })),
    outputs: im ? [re, im] : [re],
    factor,
    data: {
      re: pairs.input.re,
      targetRe: pairs.output.re,
      ...(im ? { im: pairs.input.im, targetIm: pairs.output.im } : {}),
    },
  };
}

/** A chain model as a function of its parameters and of `lanes` signals. */
const chainEvaluation = (model: Model, lanes: number): Evaluation =>
  new Evaluation(planarOutputs(outputOf(model, lanes, input)));

/** Relative L2 error of a model on fixed pairs, again and again. */
export function holdOutError(
  model: Model,
  { input: signals, output, count }: Pairs,
): { of(values: ParameterValues): number; dispose(): void } {
  const evaluation = chainEvaluation(model, count);
  evaluation.set({ re: signals.re, im: signals.im });
  return {
    of(values) {
      evaluation.run(values);
      const re = evaluation.view('outRe');
      const im = model.head === 'complex' ? evaluation.view('outIm') : null;
      let [difference, norm] = [0, 0];
      for (let i = 0; i < re.length; i++) {
        difference += (re[i] - output.re[i]) ** 2 + (im ? (im[i] - output.im[i]) ** 2 : 0);
        norm += output.re[i] ** 2 + (im ? output.im[i] ** 2 : 0);
      }
      return Math.sqrt(difference / (norm || 1));
    },
    dispose: () => evaluation.dispose(),
  };
}

/** The matrix of a model: its columns are the results of the unit signals. */
export function chainMatrix(model: Model, values: ParameterValues): Matrix {
  const n = pointsOf(model);
  const lanes = Math.min(n, 16);
  const evaluation = chainEvaluation(model, lanes);
  evaluation.set(values);
  const matrix = zeroMatrix(n);
  for (let column = 0; column < n; column += lanes) {
    const unit = new Float64Array(n * lanes);
    const count = Math.min(lanes, n - column);
    for (let l = 0; l < count; l++) unit[(column + l) * lanes + l] = 1;
    evaluation.run({ re: unit });
    for (const part of model.head === 'real' ? (['re'] as const) : (['re', 'im'] as const)) {
      const out = evaluation.view({ re: 'outRe', im: 'outIm' }[part]);
      for (let row = 0; row < n; row++)
        for (let l = 0; l < count; l++) matrix[part][row * n + column + l] = out[row * lanes + l];
    }
  }
  evaluation.dispose();
  return matrix;
}
