/** Second-order products against central differences, and finishers that reach rounding from starts that are not the answer. */
import { describe, expect, it } from 'vitest';
import { gradient } from '../../src/ir/grad.ts';
import { input } from '../../src/ir/graph.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { initializeModel, modelShapes } from '../../src/model/model.ts';
import type { Parametrization } from '../../src/model/parametrization.ts';
import { chainMatrix, chainTask } from '../../src/fit/chain-task.ts';
import { gaussNewtonVector, hessianVector, jacobianVector } from '../../src/optimize/curvature.ts';
import { gaussNewton, lbfgs, type FinisherStep } from '../../src/optimize/finishers.ts';
import { compileObjective } from '../../src/optimize/objective.ts';
import { matrixPairs } from '../../src/fit/pairs.ts';
import { defaultRadices, targetModel } from '../../src/fit/targets.ts';
import { matrixError } from '../../src/numeric/matrix.ts';
import { distance, gaussian } from '../helpers.ts';

function problem(name: string, n: number, parametrization: Parametrization, count: number, seed = 1) {
  const target = targetModel(name, defaultRadices(n), parametrization);
  const task = chainTask(target.model, matrixPairs(target.matrix, count, target.model.head, seed));
  return { target, task, start: initializeModel(target.model, 'random', seed) };
}

describe('second-order products', () => {
  for (const parametrization of ['twiddle', 'unit-circle', 'free', 'unitary', 'widely-linear'] as const)
    it(`${parametrization}: H v, J v and J^T J v along random directions`, () => {
      const { target, task, start } = problem('dft', 6, parametrization, 3);
      const names = Object.keys(modelShapes(target.model));
      const tensors = task.parameters.map((p) => p.tensor);
      const values = { ...start, ...task.data };
      const directions = Object.fromEntries(
        names.map((name, i) => [`direction ${name}`, gaussian(start[name].length, 40 + i)]),
      );
      const vectors = tensors.map((t, i) => input(`direction ${names[i]}`, t.shape));
      const named = <T>(list: readonly T[]): Record<string, T> =>
        Object.fromEntries(list.map((t, i) => [String(i), t]));
      /** The graph at start + h direction. */
      const at = (graph: Parameters<typeof interpret>[0], h: number): Record<string, Float64Array> =>
        interpret(graph, {
          ...values,
          ...Object.fromEntries(
            names.map((name) => [
              name,
              start[name].map((x, i) => x + h * directions[`direction ${name}`][i]),
            ]),
          ),
        });
      const along = (graph: Parameters<typeof interpret>[0]): Float64Array[] => {
        const h = 1e-5;
        const [above, below] = [at(graph, h), at(graph, -h)];
        return Object.keys(graph.outputs).map((key) =>
          above[key].map((x, i) => (x - below[key][i]) / (2 * h)),
        );
      };
      const flat = (list: readonly Float64Array[]): number[] => list.flatMap((x) => [...x]);
      const of = (list: Parameters<typeof named>[0]): number[] =>
        flat(
          Object.values(
            interpret({ outputs: named(list) as never }, { ...values, ...directions, ...cotangents }),
          ),
        );
      const cotangents = Object.fromEntries(
        task.outputs.map((t, i) => [`cotangent ${i}`, gaussian(t.size, 60 + i)]),
      );

      const hessian = of(hessianVector(task.loss, tensors, vectors));
      expect(distance(hessian, flat(along({ outputs: named(gradient(task.loss, tensors)) })))).toBeLessThan(
        1e-6,
      );
      const jacobian = of(jacobianVector(task.outputs, tensors, vectors));
      const forward = along({ outputs: named(task.outputs) });
      expect(distance(jacobian, flat(forward))).toBeLessThan(1e-6);
      // v^T J^T J v = |J v|^2, and the factor.
      const product = of(gaussNewtonVector(task.outputs, tensors, 3));
      const v = flat(names.map((name) => directions[`direction ${name}`]));
      const quadratic = product.reduce((sum, x, i) => sum + x * v[i], 0);
      const expected = 3 * flat(forward).reduce((sum, x) => sum + x * x, 0);
      expect(Math.abs(quadratic / expected - 1)).toBeLessThan(1e-6);
    });
});

describe('finishers reach rounding from random starts', () => {
  const finish = (
    method: typeof lbfgs,
    name: string,
    n: number,
    parametrization: Parametrization,
    phases: readonly (readonly [decay: number, steps: number])[],
  ): { rmse: number; first: number; steps: FinisherStep[] } => {
    const { target, task, start } = problem(name, n, parametrization, 2 * n);
    const objective = compileObjective(task);
    const x = objective.pack(start);
    const first = Math.sqrt(objective.evaluate(x, new Float64Array(objective.size)));
    const steps: FinisherStep[] = [];
    for (const [decay, count] of phases) {
      objective.decay = decay / n;
      steps.push(...method(objective, x, count));
    }
    const { rmse } = matrixError(chainMatrix(target.model, objective.unpack(x)), target.matrix);
    objective.dispose();
    return { rmse, first, steps };
  };

  it.each(['free', 'unitary'] as const)('L-BFGS: the DFT of 16 points, %s', (parametrization) => {
    const { rmse, first, steps } = finish(lbfgs, 'dft', 16, parametrization, [[0, 300]]);
    expect(first).toBeGreaterThan(0.5);
    expect(rmse).toBeLessThan(1e-14);
    for (let i = 1; i < steps.length; i++) expect(steps[i].loss).toBeLessThan(steps[i - 1].loss);
  });
  it('Gauss-Newton: the DFT of 16 points in fewer steps', () => {
    const { rmse, first, steps } = finish(gaussNewton, 'dft', 16, 'free', [[0, 100]]);
    expect(first).toBeGreaterThan(0.5);
    expect(rmse).toBeLessThan(1e-14);
    expect(steps.length).toBeLessThan(60);
  });
});
