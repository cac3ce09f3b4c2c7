/** Fitting from starts that are not the answer: these fail when learning stops working. The full table: papilio study learnability. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { decodeModel, encodeModel } from '../../src/checkpoints/checkpoint.ts';
import { chainMatrix } from '../../src/fit/chain-task.ts';
import { fit, type FitOptions, type FitProgress, type FitResult } from '../../src/fit/fit.ts';
import { matrixPairs } from '../../src/fit/pairs.ts';
import { recommendedPhases } from '../../src/fit/recipe.ts';
import { defaultRadices, targetModel } from '../../src/fit/targets.ts';
import type { Parametrization } from '../../src/model/parametrization.ts';
import type { Start } from '../../src/model/initialize.ts';
import { matrixError } from '../../src/numeric/matrix.ts';

interface Run {
  result: FitResult;
  progress: FitProgress[];
  options: FitOptions;
}

async function run(
  name: string,
  radices: readonly number[],
  extra: Partial<FitOptions> & { parametrization?: Parametrization } = {},
): Promise<Run> {
  const { parametrization, ...rest } = extra;
  const target = targetModel(name, radices, parametrization);
  const options: FitOptions = {
    model: target.model,
    target: { matrix: target.matrix },
    start: 'random',
    seed: 1,
    phases: recommendedPhases(target.model),
    restarts: 0,
    ...rest,
  };
  const steps = fit(options);
  const progress: FitProgress[] = [];
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) progress.push(next.value);
  return { result: next.value, progress, options };
}

it('a step has the values that it ends with', async () => {
  const { model, matrix } = targetModel('dft', [2, 2, 2]);
  const steps = fit({
    model,
    target: { matrix },
    start: 'random',
    seed: 1,
    phases: [{ method: 'adam', steps: 40, rate: 0.03 }],
    restarts: 0,
  });
  let values: FitResult['values'] | undefined;
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) values = next.value.values?.();
  expect(values).toEqual(next.value.values);
});

describe('complex targets in one chain', () => {
  for (const name of ['dft', 'idft', 'hadamard'])
    for (const parametrization of ['free', 'unitary'] as const)
      it(`${name}, ${parametrization}, N = 16 and 32`, async () => {
        for (const n of [16, 32]) {
          const { result, progress } = await run(name, defaultRadices(n), { parametrization, seed: n });
          expect(progress[0].loss).toBeGreaterThan(0.5);
          expect(result.rmse).toBeLessThan(1e-14);
        }
      });
  it('mixed radix, N = 60 = 4 3 5', async () => {
    const { result } = await run('dft', [4, 3, 5]);
    expect(result.rmse).toBeLessThan(1e-13);
  });
  it.each(['gaussian', 'noise', 'random'] as const satisfies Start[])('start %s', async (start) => {
    const { result, progress } = await run('dft', [2, 2, 2, 2], { start });
    expect(progress[0].loss).toBeGreaterThan(0.1);
    expect(result.rmse).toBeLessThan(1e-14);
  });
  it('from fewer pairs than columns: N = 32 from 10', async () => {
    const { result } = await run('dft', defaultRadices(32), { pairs: 10 });
    expect(result.pairs).toBe(10);
    expect(result.rmse).toBeLessThan(1e-12);
  });
  it('diagonal Gauss-Newton, then Gauss-Newton', async () => {
    const { result, progress } = await run('dft', defaultRadices(16), {
      phases: [
        { method: 'diagonal-gauss-newton', steps: 200, rate: 0.1 },
        { method: 'gauss-newton', steps: 40, decay: 0 },
      ],
    });
    const first = progress.filter((p) => p.method === 'diagonal-gauss-newton');
    expect(first[first.length - 1].loss).toBeLessThan(0.2);
    expect(result.rmse).toBeLessThan(1e-14);
  });
});

describe('real targets and products of two chains', () => {
  it.each(['hartley', 'dct2', 'dct3', 'dct4', 'dst2'])('%s, N = 16', async (name) => {
    const { result, progress } = await run(name, defaultRadices(16));
    expect(progress[0].loss).toBeGreaterThan(0.5);
    expect(result.rmse).toBeLessThan(1e-12);
  });
  it('complex blocks get stuck where widely linear ones do not', async () => {
    const phases = recommendedPhases(targetModel('dct2', defaultRadices(32)).model);
    const free = await run('dct2', defaultRadices(32), { parametrization: 'free', phases });
    const widely = await run('dct2', defaultRadices(32), { phases });
    expect(free.result.rmse).toBeGreaterThan(1e-3);
    expect(widely.result.rmse).toBeLessThan(1e-11);
  });
  it('convolution from the outside in, N = 8 and 32', async () => {
    for (const n of [8, 32]) {
      const { result, progress } = await run('convolution', defaultRadices(n));
      expect(progress[0].loss).toBeGreaterThan(0.1);
      expect(result.rmse).toBeLessThan(1e-14);
    }
  });
  it('convolution from pairs alone, whole product at once', async () => {
    const target = targetModel('convolution', [2, 2, 2]);
    const { result } = await run('convolution', [2, 2, 2], {
      phases: recommendedPhases(target.model, false),
    });
    expect(result.rmse).toBeLessThan(1e-12);
  });
});

describe('a fit', () => {
  it('learns example pairs and is judged on pairs it has not seen', async () => {
    const target = targetModel('dft', [2, 2, 2, 2]);
    const examples = matrixPairs(target.matrix, 24, 'complex', 9);
    const { result } = await run('dft', [2, 2, 2, 2], { target: { examples } });
    expect(result.pairs).toBe(21);
    expect([result.rmse, result.relativeL2]).toEqual([null, null]);
    expect(result.holdOut).toBeLessThan(1e-12);
    expect(matrixError(chainMatrix(target.model, result.values), target.matrix).rmse).toBeLessThan(1e-12);
  });
  it('stops when the hold-out error is rounding, before the steps are used up', async () => {
    const { result, progress } = await run('dft', [2, 2, 2, 2], {
      phases: [{ method: 'adam', steps: 3000, rate: 0.03 }],
    });
    expect(result.steps).toBeLessThan(3000);
    expect(progress[progress.length - 1].error).toBeLessThan(1e-14);
  });
  it('begins again while the goal is not reached, and counts', async () => {
    const short: Partial<FitOptions> = { phases: [{ method: 'adam', steps: 5, rate: 0.03 }], restarts: 2 };
    const { result, progress } = await run('dft', [2, 2], short);
    expect([result.restarts, result.steps]).toEqual([2, 15]);
    expect(new Set(progress.map((p) => p.restart))).toEqual(new Set([0, 1, 2]));
    // Other starts: other losses.
    expect(progress[0].loss).not.toBe(progress[5].loss);
    const reached = await run('dft', [2, 2], { ...short, goal: 10 });
    expect([reached.result.restarts, reached.result.steps]).toEqual([0, 5]);
  });
  it('is the same for the same seed', async () => {
    const one = await run('hartley', [2, 2, 2]);
    const two = await run('hartley', [2, 2, 2]);
    expect(two.result.values).toEqual(one.result.values);
  });
  it.each([
    [{ phases: [] }, /no phases/],
    [{ phases: [{ method: 'adam', steps: 0, rate: 1 }] }, /steps is 0/],
    [{ restarts: -1 }, /restarts is -1/],
    [{ pairs: 0 }, /pairs is 0/],
    [{ phases: [{ method: 'outside-in', steps: 9 }] }, /outside in needs a chain in frequency/],
    [{ target: { matrix: targetModel('dft', [2]).matrix } }, /target has 2 points; expected 4/],
  ] as [Partial<FitOptions>, RegExp][])('refuses %j', async (extra, message) => {
    await expect(run('dft', [2, 2], extra)).rejects.toThrow(message);
    await expect(run('dft', [2, 2], extra)).rejects.toThrow(InvalidArgumentError);
  });
});

describe('checkpoints', () => {
  it.each([
    ['dft', [2, 2, 2]],
    ['dct2', [2, 2]],
    ['convolution', [2, 2]],
  ] as const)('%s: saved and read bit by bit', async (name, radices) => {
    const { result, options } = await run(name, radices, {
      phases: [{ method: 'lbfgs', steps: 3, decay: 0 }],
    });
    const read = decodeModel(
      encodeModel({ model: options.model, values: result.values }, { steps: 3 }),
      'x.safetensors',
    );
    expect(read.model).toEqual(options.model);
    expect(read.values).toEqual(result.values);
    expect(read.report).toEqual({ steps: 3 });
  });
});
