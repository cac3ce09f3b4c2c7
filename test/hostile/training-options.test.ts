/**
 * Options of the functions that learn: a misspelt name, start or value is a named error at once. A start taken for the default would
 * be the exact answer, and a trainer that does nothing would pass for one that learns.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  certify,
  coderPhases,
  distill,
  encoderDecoder,
  factorizeOperator,
  fit,
  initialize,
  initializeModel,
  limbsOf,
  pruneGates,
  refineStages,
  searchGates,
  solveSharedTwiddles,
  spectrumObjective,
  spectrumSet,
  startParameters,
  targetModel,
  train,
  trainEncoderDecoder,
  trainQuantized,
  transformModel,
  transformTask,
} from '../../src/learn.ts';
import { featureHead, InvalidArgumentError } from '../../src/index.ts';
import { LearnJob, validateLearnOptions } from '../../src/front.ts';
import { network } from '../helpers.ts';

const spec = network(8, { parametrization: 'free', norm: 'ortho' });
const values = initialize(spec, 'exact', 1);
const task = transformTask(spec, 4, 1);
const target = targetModel('dft', [2, 2, 2]);
const signal = { re: new Float64Array(8), im: new Float64Array(8) };
const coder = encoderDecoder([2, 2, 2]);
const signals = {
  re: Float64Array.from({ length: 32 }, (_, i) => Math.sin(i)),
  im: Float64Array.from({ length: 32 }, (_, i) => Math.cos(i)),
};
const objective = spectrumObjective(network(8), {}, spectrumSet(network(8), signals));

/** Each function with options that it takes, and how it is called: a generator or promise runs to its first result. */
const calls: Readonly<Record<string, readonly [options: object, call: (options: never) => unknown]>> = {
  train: [
    {
      loss: task.loss,
      parameters: task.parameters,
      feed: task.feed,
      initial: values,
      steps: 1,
      learningRate: 0.1,
      schedule: 'cosine',
      warmup: 0,
      clip: 1,
      dtype: 'f64',
      relaxed: false,
    },
    (o) => train(o),
  ],
  fit: [
    {
      model: target.model,
      target: { matrix: target.matrix },
      pairs: 8,
      start: 'random',
      seed: 1,
      phases: [{ method: 'adam', steps: 1, rate: 0.1 }],
      restarts: 0,
      goal: 1e-3,
    },
    (o) => fit(o).next(),
  ],
  learn: [
    { head: featureHead('papilio'), budget: 0.05, seed: 1, start: 'random', snap: true },
    (o) => validateLearnOptions(o),
  ],
  distill: [
    {
      student: 'dense',
      seed: 1,
      steps: 1,
      learningRate: 0.1,
      grain: 'butterfly',
      sparsity: 0,
      tikhonov: 1e-6,
    },
    (o) => distill(transformModel(spec, values), o),
  ],
  certify: [{ target: 'dft', dtype: 'f64' }, (o) => certify({ network: spec, values }, o)],
  searchGates: [
    { kind: 'skip', mode: 'soft', grain: 'butterfly', sparsity: 0, warmup: 0, steps: 1, seed: 1 },
    (o) => searchGates(objective, o),
  ],
  pruneGates: [
    {
      kind: 'skip',
      grain: 'butterfly',
      budget: 0.5,
      share: 0.1,
      refitSteps: 0,
      flips: 0,
      tries: 1,
      draws: 1,
      seed: 1,
    },
    (o) => pruneGates({ training: objective, validation: objective }, o).next(),
  ],
  trainQuantized: [
    { spec, initial: values, quantization: { format: 'q8' }, steps: 1, learningRate: 0.1, batch: 4, seed: 1 },
    (o) => trainQuantized(o),
  ],
  limbsOf: [{ format: 'q8', per: 'stage' }, (o) => limbsOf(o)],
  spectrumObjective: [
    { twiddles: false },
    (o) => spectrumObjective(network(8), {}, spectrumSet(network(8), signals), o),
  ],
  factorizeOperator: [{ probes: 1, seed: 1 }, (o) => factorizeOperator(spec, () => signal, o)],
  solveSharedTwiddles: [
    { sweeps: 0 },
    (o) => solveSharedTwiddles(network(8, { parametrization: 'twiddle' }), signal, signal, 1, o),
  ],
  refineStages: [
    { sweeps: 1, tolerance: 0, iterations: 1 },
    (o) => refineStages(spec, values, signal, signal, 1, o),
  ],
  trainEncoderDecoder: [
    {
      model: coder,
      phases: coderPhases(coder, 'joint', { steps: 1 }),
      start: 'random',
      seed: 1,
      signals: 4,
      heldOut: 4,
    },
    (o) => trainEncoderDecoder(o).next(),
  ],
  coderPhases: [{ spectrumWeight: 1, steps: 1 }, (o) => coderPhases(coder, 'joint', o)],
};

const run = async (name: string, options: unknown): Promise<unknown> =>
  await calls[name][1](options as never);

/** Nothing that any of the options could be. */
const wrong = fc.constantFrom<unknown>(
  null,
  NaN,
  -1.5,
  'Random',
  true,
  [],
  Infinity,
  Symbol('x'),
  { a: 1 },
  1n,
);

describe('options of learning', () => {
  it.each(Object.keys(calls))('%s takes no option that it does not have', async (name) => {
    await expect(run(name, { ...calls[name][0], stepz: 3 })).rejects.toThrow(/no option "stepz"; expected /);
    for (const options of [null, 5, 'adam', []])
      await expect(run(name, options)).rejects.toThrow(InvalidArgumentError);
  });

  it.each(Object.keys(calls))('%s refuses values of a wrong type by name', async (name) => {
    const [options] = calls[name];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(options)), wrong, async (key, value) => {
        // What is right for this option after all.
        fc.pre(
          typeof value !== typeof options[key as keyof typeof options] || value === null || value !== value,
        );
        fc.pre(!(Array.isArray(value) && Array.isArray(options[key as keyof typeof options])));
        await expect(run(name, { ...options, [key]: value })).rejects.toThrow(InvalidArgumentError);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('takes misspelt starts for errors, never for the exact answer', async () => {
    for (const start of ['exat', 'Random', '', undefined, null, 0] as unknown as 'random'[]) {
      expect(() => initialize(spec, start, 1)).toThrow(
        /^start is .*; expected exact, noise, random, gaussian, ones/,
      );
      expect(() => initializeModel(target.model, start, 1)).toThrow(InvalidArgumentError);
      expect(() => startParameters('dft', target, start, 1)).toThrow(InvalidArgumentError);
      await expect(run('fit', { ...calls.fit[0], start })).rejects.toThrow(/^start is /);
      const learn = { head: featureHead('papilio'), budget: 0.05, seed: 1, start, snap: true };
      expect(() => validateLearnOptions(learn)).toThrow(/^start is .*; expected random, exact/);
      expect(() => new LearnJob(learn, { train: [], validation: [] })).toThrow(/^start is /);
    }
  });

  it('names options of phases and optimisers', async () => {
    const phase = (p: unknown): Promise<unknown> => run('fit', { ...calls.fit[0], phases: [p] });
    await expect(phase({ method: 'adamw', steps: 1, rate: 1 })).rejects.toThrow(
      /method is "adamw"; expected adam/,
    );
    await expect(phase({ method: 'adam', steps: 1, rate: 1, decay: 1 })).rejects.toThrow(/no option "decay"/);
    await expect(phase({ method: 'lbfgs', steps: 1, rate: 1 })).rejects.toThrow(/no option "rate"/);
    await expect(phase({ method: 'adam', steps: 1 })).rejects.toThrow(/rate is undefined/);
    await expect(phase(null)).rejects.toThrow(/a phase is null/);
    const optimizer = (o: unknown): Promise<unknown> => run('train', { ...calls.train[0], optimizer: o });
    await expect(optimizer({ kind: 'rmsprop' })).rejects.toThrow(
      /optimizer.kind is "rmsprop"; expected adam/,
    );
    await expect(optimizer({ kind: 'sgd', momentum: 0.9, nesterov: true })).rejects.toThrow(
      /no option "nesterov"/,
    );
    await expect(optimizer({ kind: 'adam', beta1: 0.9 })).rejects.toThrow(/beta2 is undefined/);
  });
});
