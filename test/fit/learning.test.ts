/** Learning from starts that are not the answer: these fail when a trainer does nothing. The full table: papilio study learnability. */
import { describe, expect, it } from 'vitest';
import { canonicalize, isExactNetwork, regroup, snap } from '../../src/model/canonicalize.ts';
import { exactBlock, initialize, type ParameterValues } from '../../src/model/initialize.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { jsBackend } from '../../src/backends/js.ts';
import { hasFma, wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { recommendedTraining, transformTask } from '../../src/fit/transform-task.ts';
import { rateAt, train, type Training } from '../../src/optimize/train.ts';
import { decodeTransform, encodeTransform } from '../transform-file.ts';
import type { OptimizerSpec } from '../../src/optimize/optimizers.ts';
import { exactNetwork } from '../../src/plans/plan.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { countProgram } from '../../src/compiler/kernel.ts';
import { constant, input } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { spectrum, type NetworkSpec } from '../../src/model/network.ts';
import type { Parametrization } from '../../src/model/parametrization.ts';
import { cases, network } from '../helpers.ts';

/** What `train` takes of a task. */
const minimised = ({ loss, parameters, feed }: ReturnType<typeof transformTask>) => ({
  loss,
  parameters,
  feed,
});

interface Learned {
  first: number;
  last: number;
  values: ParameterValues;
  spec: NetworkSpec;
}

async function learn(
  parametrization: Parametrization,
  n: number,
  seed: number,
  options: Partial<NetworkSpec> & { readonly radices?: readonly number[] } = {},
): Promise<Learned> {
  const spec = network(n, { parametrization, norm: 'ortho', ...options });
  const start = initialize(spec, 'random', seed);
  const training = train({
    ...minimised(transformTask(spec, 64, seed)),
    initial: start,
    ...recommendedTraining(parametrization, n),
  });
  const losses: number[] = [];
  for await (const step of training) losses.push(step.loss);
  const values = Object.fromEntries(Object.keys(start).map((name) => [name, training.value(name)]));
  return { first: Math.sqrt(losses[0]), last: Math.sqrt(losses[losses.length - 1]), values, spec };
}

describe('learning the complex DFT from random starts, float64', () => {
  it.each(['free', 'twiddle', 'unit-circle'] as const)('%s to 1e-12', async (parametrization) => {
    for (const [n, seed] of [
      [32, 1],
      [64, 2],
    ].slice(0, cases(1, 2))) {
      const { first, last } = await learn(parametrization, n, seed);
      expect(first).toBeGreaterThan(0.5);
      expect(last).toBeLessThan(1e-12);
    }
  });

  it.each(['time', 'frequency'] as const)(
    'free blocks become the exact ones after canonicalize, decimation in %s',
    async (decimation) => {
      const { values, spec } = await learn('free', 32, 3, { decimation });
      const canonical = canonicalize(spec, values);
      spec.stages.forEach((_, s) => {
        const block = canonical.values[`stage${s}.block`];
        for (let b = 0; b < block.length / 8; b++)
          exactBlock(spec, s, b % 2 ** s)
            .flat()
            .forEach((e, i) => {
              expect(Math.abs(block[8 * b + 2 * i] - e.re)).toBeLessThan(1e-12);
              expect(Math.abs(block[8 * b + 2 * i + 1] - e.im)).toBeLessThan(1e-12);
            });
      });
      for (const g of canonical.gain) expect(Math.hypot(g.re - 1, g.im)).toBeLessThan(1e-12);
      // Before, the blocks are nothing like the exact ones.
      expect(
        Math.max(...values['stage0.block'].map((x, i) => Math.abs(x - canonical.values['stage0.block'][i]))),
      ).toBeGreaterThan(0.1);

      const snapped = snap(spec, values);
      expect(snapped.spec.stages.every((s) => s.parametrization === 'exact')).toBe(true);
      // Regrouped, the snapped network compiles to the operations of the exact plan (same radices, ortho scale aside).
      const regrouped = regroup(snapped.spec, snapped.values).spec;
      expect(regrouped.stages.map((s) => s.radix)).toEqual(
        exactNetwork({ n: 32 }).stages.map((s) => s.radix),
      );
      const lanes = 4;
      const source = { re: rows(input('re', [32, lanes]), lanes), im: rows(input('im', [32, lanes]), lanes) };
      const costOf = (of: NetworkSpec): unknown => {
        const x = spectrum({ ...of, norm: 'backward' }, source, {
          lanes,
          provide: (name, shape) => constant(shape, snapped.values[name]),
        });
        return countProgram(compileGraph({ outputs: { re: x.re, im: x.im } }, { dtype: 'f32' }));
      };
      expect(costOf(regrouped)).toEqual(costOf({ ...exactNetwork({ n: 32 }), decimation }));
    },
  );

  it('snaps other radices and the split stage too, and merges the stages of radix 2 above them', async () => {
    const { values, spec } = await learn('free', 20, 1, {
      decimation: 'frequency',
      radices: [5, 2, 2],
    });
    const real: NetworkSpec = { ...spec, n: 40, input: 'real', split: 'free' };
    const split = initialize(real, 'exact', 0)['split.block'];
    const snapped = snap(real, { ...values, 'split.block': split });
    expect(snapped.distance).toBeLessThan(1e-12);
    expect(isExactNetwork(snapped.spec)).toBe(true);
    expect(snapped.values).toEqual({});
    expect(regroup(snapped.spec, {}).spec.stages.map((s) => s.radix)).toEqual([5, 4]);
    const off = snap(real, { ...values, 'split.block': split.map((x) => x + 1e-9) });
    expect([off.spec.split, off.spec.stages[0].parametrization]).toEqual(['free', 'exact']);
    expect(off.distance).toBeGreaterThan(5e-10);
  });

  it('keeps blocks in canonical form where it is told to', () => {
    const spec = network(16, { parametrization: 'free', decimation: 'frequency' });
    const exact = initialize(spec, 'exact', 1);
    const kept = snap(spec, exact, { keepBlocks: true });
    expect(kept.spec).toEqual(spec);
    expect(kept.distance).toBeLessThan(1e-12);
    expect([...kept.values['stage1.block'].subarray(0, 4)]).toEqual([1, 0, 1, 0]);
  });

  it('snap leaves a network alone that is not the transform', () => {
    const spec = network(16, { parametrization: 'free' });
    const values = initialize(spec, 'noise', 1);
    const snapped = snap(spec, values);
    expect(snapped.spec).toEqual(spec);
    expect(snapped.values).toEqual(values);
    expect(snapped.distance).toBeGreaterThan(0.01);
    expect(() => canonicalize(network(16, { parametrization: 'twiddle' }), {})).toThrow(InvalidArgumentError);
  });
});

describe('training', () => {
  const spec = network(16, { parametrization: 'twiddle', norm: 'ortho' });
  const options = (steps: number, extra: object = {}) => ({
    ...minimised(transformTask(spec, 8, 5)),
    initial: initialize(spec, 'random', 5),
    steps,
    learningRate: 0.1,
    ...extra,
  });
  const finish = async (t: Training): Promise<number[]> => {
    const losses: number[] = [];
    for await (const step of t) losses.push(step.loss);
    return losses;
  };

  it('logs what it minimises: the first loss is that of the start', async () => {
    const [first] = await finish(train(options(1)));
    const still = await finish(train(options(1, { learningRate: 1e-300 })));
    expect(first).toBe(still[0]);
  });

  it('relaxed: fused multiply-add where the engine has it, the same losses to rounding', async () => {
    const strict = train(options(10));
    const relaxed = train(options(10, { relaxed: true }));
    expect([strict.executable.fma, relaxed.executable.fma]).toEqual([false, hasFma()]);
    const [a, b] = [await finish(strict), await finish(relaxed)];
    // Ten steps of Adam amplify roundings of 1e-16 little; the loss itself falls by half.
    a.forEach((loss, i) => expect(Math.abs(b[i] / loss - 1)).toBeLessThan(1e-11));
    expect(b[9]).toBeLessThan(0.9 * b[0]);
  });

  it('stops and resumes with the same bits, on every compiled backend', async () => {
    const whole = train(options(40));
    await finish(whole);
    const first = train(options(40));
    let seen = 0;
    for await (const _ of first) if (++seen === 17) break;
    const second = train(options(40, { backend: jsBackend }));
    second.restore(first.state());
    await finish(second);
    for (const name of Object.keys(whole.state().values))
      expect(second.state().values[name], name).toEqual(whole.state().values[name]);
    expect(() => second.restore({ step: 1, values: {} })).toThrow(InvalidArgumentError);
  });

  it('diagonal Gauss-Newton learns, and stops and resumes with the same bits', async () => {
    const task = transformTask(spec, 16, 5);
    const curved = (extra: object = {}) =>
      train({
        ...minimised(task),
        initial: initialize(spec, 'random', 5),
        steps: 60,
        learningRate: 0.1,
        optimizer: { kind: 'diagonal-gauss-newton', beta1: 0.9, beta2: 0.99, damping: 1 },
        // loss = factor sum |output - target|^2 over 16 x 16 complex numbers of mean square 2.
        signs: { outputs: [task.output.re, task.output.im], factor: 1 / (2 * spec.n * 16), seed: 5 },
        ...extra,
      });
    const whole = curved();
    const losses = await finish(whole);
    expect(losses[59]).toBeLessThan(losses[0] / 3);
    const first = curved();
    let seen = 0;
    for await (const _ of first) if (++seen === 23) break;
    const second = curved({ backend: jsBackend });
    second.restore(first.state());
    await finish(second);
    for (const name of Object.keys(whole.state().values))
      expect(second.state().values[name], name).toEqual(whole.state().values[name]);
    expect(() => curved({ signs: undefined })).toThrow(InvalidArgumentError);
  });

  it('SGD with momentum, clip and projection learn too', async () => {
    const sgd: OptimizerSpec = { kind: 'sgd', momentum: 0.9 };
    const task = transformTask(spec, 16, 6);
    const parameters = task.parameters.map((p) => ({ ...p, projection: 'unit-circle' as const }));
    const t = train({
      ...minimised(task),
      parameters,
      initial: initialize(spec, 'random', 6),
      steps: 400,
      learningRate: 1,
      optimizer: sgd,
      clip: 0.5,
      backend: wasmBackend,
    });
    const losses = await finish(t);
    expect(losses[399]).toBeLessThan(losses[0] / 100);
    const w = t.value('stage2.twiddle');
    for (let i = 0; i < w.length; i += 2) expect(Math.hypot(w[i], w[i + 1])).toBeCloseTo(1, 14);
  });

  it('follows a cosine with warm-up', () => {
    const o = { steps: 100, learningRate: 2, warmup: 10 };
    expect(rateAt(0, o)).toBeCloseTo(0.2, 12);
    expect(rateAt(50, o)).toBeCloseTo(1, 12);
    expect(rateAt(99, o)).toBeLessThan(0.001);
  });

  it.each([
    [{ learningRate: 0 }, /learningRate is 0/],
    [{ learningRate: NaN }, /learningRate is NaN/],
    [{ steps: 0 }, /steps is 0/],
    [{ steps: 1.5 }, /steps is 1.5/],
    [{ initial: {} }, /starts with no values/],
  ])('refuses %j', (extra, message) => {
    expect(() => train(options(1, extra))).toThrow(message);
  });

  it('says when the loss stops being finite', async () => {
    await expect(finish(train(options(50, { learningRate: 1e200 })))).rejects.toThrow(
      /loss is .* a lower learning rate/,
    );
  });

  it('saves and loads what it trained, bit by bit', async () => {
    const t = train(options(5));
    await finish(t);
    const values = Object.fromEntries(
      Object.keys(initialize(spec, 'exact', 1)).map((name) => [name, t.value(name)]),
    );
    const read = decodeTransform(encodeTransform({ network: spec, values }, { steps: 5 }), 'x.safetensors');
    expect(read.network).toEqual(spec);
    expect(read.values).toEqual(values);
    expect(read.report).toEqual({ steps: 5 });
  });
});
