/**
 * Fitting a chain model to a target: phases of optimisers one after the other, stopped on a fixed hold-out set, begun again
 * from another start when they end far from the target, and counted. An async generator of progress that returns the result.
 */
import { InvalidArgumentError } from '../errors.ts';
import {
  callback,
  checkOptions,
  finite,
  matching,
  record,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import { seedRule, startRule, type ParameterValues, type Start } from '../model/initialize.ts';
import { initializeModel, networksOf, pointsOf, validateModel, type Model } from '../model/model.ts';
import { matrixError, type Matrix } from '../numeric/matrix.ts';
import { chainMatrix, chainTask, holdOutError, type FitTask } from './chain-task.ts';
import { checkEvery, Convergence, nearRounding } from '../optimize/convergence.ts';
import { holdOutStream, matrixPairs, splitPairs, type Pairs } from './pairs.ts';
import { stepsOf, validatePhases, type FitPhase, type PhaseStep } from './phases.ts';
import { TimeSlice } from '../optimize/time-slice.ts';

/** What `fit` fits to what, from which start, with which optimisers. */
export interface FitOptions {
  readonly model: Model;
  /** What is fitted: a matrix, from which pairs are drawn, or example pairs alone. */
  readonly target: { readonly matrix: Matrix } | { readonly examples: Pairs };
  /** Pairs drawn from a matrix; by default enough for the class. */
  readonly pairs?: number;
  readonly start: Start;
  readonly seed: number;
  readonly phases: readonly FitPhase[];
  /** How often to begin again, at most, when the hold-out error ends above `goal`. */
  readonly restarts: number;
  /** Hold-out relative L2 error that counts as reached. Default 1e-12. */
  readonly goal?: number;
  /** Starting values in place of `initialize`, by seed. */
  readonly initial?: (start: Start, seed: number) => ParameterValues;
}

/** One step of `fit`. */
export interface FitProgress {
  readonly restart: number;
  readonly phase: number;
  readonly method: FitPhase['method'];
  readonly step: number;
  readonly steps: number;
  /** Square root of what is minimised: the relative L2 error on the training pairs, and the decay. */
  readonly loss: number;
  /** Relative L2 error on the hold-out pairs when last measured. */
  readonly error: number;
}

/** What `fit` found, with its errors on pairs that were not trained on. */
export interface FitResult {
  readonly values: ParameterValues;
  /** Relative L2 error on the hold-out pairs. */
  readonly holdOut: number;
  /** Error of the whole matrix; null where only pairs are known. */
  readonly rmse: number | null;
  readonly relativeL2: number | null;
  /** Optimiser steps of all attempts, and attempts after the first. */
  readonly steps: number;
  readonly restarts: number;
  readonly seconds: number;
  readonly pairs: number;
}

/** Pairs of a hold-out set drawn from a matrix. */
const heldPairs = 16;

/** Enough pairs for a class: a few times the freedom of its butterflies per point, and never more than determine a matrix twice. */
function defaultPairs(model: Model): number {
  const n = pointsOf(model);
  const most = model.head === 'real' || networksOf(model).length > 1 ? 128 : 64;
  return Math.min(2 * n, most);
}

function dataOf(o: FitOptions): { train: Pairs; holdOut: Pairs } {
  if ('examples' in o.target)
    return splitPairs(o.target.examples, Math.max(1, Math.round(o.target.examples.count / 8)));
  const { matrix } = o.target;
  const count = o.pairs ?? defaultPairs(o.model);
  return {
    train: matrixPairs(matrix, count, o.model.head, o.seed),
    holdOut: matrixPairs(matrix, heldPairs, o.model.head, o.seed, holdOutStream),
  };
}

/** Seed of an attempt: the given one, then others far from every small seed. */
const seedOf = (seed: number, attempt: number): number => seed + attempt * 1_000_003;

const now = (): number => performance.now() / 1000;

interface Attempt {
  readonly values: ParameterValues;
  readonly error: number;
  readonly steps: number;
}

/** All phases once. */
async function* attempt(
  o: FitOptions,
  task: FitTask,
  held: ReturnType<typeof holdOutError>,
  restart: number,
): AsyncGenerator<FitProgress, Attempt> {
  const seed = seedOf(o.seed, restart);
  let values = (o.initial ?? ((start, s) => initializeModel(o.model, start, s)))(o.start, seed);
  const matrix = 'matrix' in o.target ? o.target.matrix : null;
  const known = matrix && { model: o.model, matrix };
  const context = { task, points: pointsOf(o.model), known, seed };
  let steps = 0;
  const slice = new TimeSlice();
  const convergence = new Convergence();
  for (const [phase, spec] of o.phases.entries()) {
    let last: PhaseStep | null = null;
    for await (const s of stepsOf(spec, context, values)) {
      last = s;
      steps++;
      const check = s.step % checkEvery === 0;
      const done = check && s.values !== null && convergence.note(held.of(s.values()));
      yield {
        restart,
        phase,
        method: spec.method,
        step: s.step,
        steps: spec.steps,
        loss: Math.sqrt(s.loss),
        error: convergence.error,
      };
      if (done) break;
      // Synchronous optimisers give way to the event loop now and then.
      if (slice.used()) await slice.next();
    }
    if (last?.values) values = last.values();
    if (held.of(values) < nearRounding) break;
  }
  return { values, error: held.of(values), steps };
}

/**
 * Fit a model. Throws InvalidArgumentError for options that make no sense and when a loss stops being finite.
 * The generator's return value is the best attempt.
 */
export async function* fit(options: FitOptions): AsyncGenerator<FitProgress, FitResult> {
  validateFit(options);
  const begun = now();
  const { goal = 1e-12 } = options;
  const { train: pairs, holdOut } = dataOf(options);
  const task = chainTask(options.model, pairs);
  const held = holdOutError(options.model, holdOut);
  let best: Attempt | null = null;
  let steps = 0;
  let restart = 0;
  for (; ; restart++) {
    const one: Attempt = yield* attempt(options, task, held, restart);
    steps += one.steps;
    if (!best || one.error < best.error) best = one;
    if (best.error <= goal || restart >= options.restarts) break;
  }
  held.dispose();
  const whole =
    'matrix' in options.target
      ? matrixError(chainMatrix(options.model, best.values), options.target.matrix)
      : { rmse: null, relativeL2: null };
  return {
    values: best.values,
    holdOut: best.error,
    ...whole,
    steps,
    restarts: restart,
    seconds: now() - begun,
    pairs: pairs.count,
  };
}

const fitTable = (): OptionTable<FitOptions> => ({
  model: required(record()),
  target: required(
    matching(
      '{ matrix } or { examples }',
      (x) => typeof x === 'object' && x !== null && ('matrix' in x || 'examples' in x),
    ),
  ),
  pairs: whole(),
  start: required(startRule),
  seed: required(seedRule),
  phases: required(matching('a list of phases', Array.isArray)),
  restarts: required(whole(0)),
  goal: finite({ above: 0 }),
  initial: callback(),
});

/** Throws InvalidArgumentError unless a model is complex networks of one size and nothing else. */
function requireChain(model: Model): void {
  validateModel(model);
  const bad = model.parts.find((p) => p.kind !== 'network' || p.network.input !== 'complex');
  if (bad)
    throw new InvalidArgumentError(
      `a model with a ${bad.kind === 'network' ? 'network of real samples' : bad.kind}; expected complex networks alone`,
    );
}

function validateFit(o: FitOptions): void {
  checkOptions('fit', o, fitTable());
  requireChain(o.model);
  const n = pointsOf(o.model);
  const own = 'matrix' in o.target ? o.target.matrix.n : o.target.examples.n;
  if (own !== n)
    throw new InvalidArgumentError(`the target has ${own} points; expected ${n}, those of the model`);
  validatePhases(o.phases);
}
