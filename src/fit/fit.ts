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
import { heldOutStream, matrixPairs, splitPairs, type Pairs } from './pairs.ts';
import { runPhases, validatePhases, type FitPhase, type ValuedProgress } from './phases.ts';

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
export interface FitProgress extends ValuedProgress {
  readonly restart: number;
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
    holdOut: matrixPairs(matrix, heldPairs, o.model.head, o.seed, heldOutStream),
  };
}

/** Seed of an attempt: the given one, then others far from every small seed. */
const seedOf = (seed: number, attempt: number): number => seed + attempt * 1_000_003;

/** All phases once. */
function attempt(
  o: FitOptions,
  task: FitTask,
  errorOf: (values: ParameterValues) => number,
  restart: number,
) {
  const seed = seedOf(o.seed, restart);
  const begun = (o.initial ?? ((start, s) => initializeModel(o.model, start, s)))(o.start, seed);
  const known = 'matrix' in o.target ? { model: o.model, matrix: o.target.matrix } : null;
  const context = { task, points: pointsOf(o.model), known, seed };
  return runPhases(o.phases, context, begun, errorOf, (p): FitProgress => ({ restart, ...p }));
}

/**
 * Fit a model. Throws InvalidArgumentError for options that make no sense and when a loss stops being finite.
 * The generator's return value is the best attempt.
 */
export async function* fit(options: FitOptions): AsyncGenerator<FitProgress, FitResult> {
  validateFit(options);
  const begun = performance.now();
  const { goal = 1e-12 } = options;
  const { train: pairs, holdOut } = dataOf(options);
  const task = chainTask(options.model, pairs);
  const held = holdOutError(options.model, holdOut);
  let best: { readonly values: ParameterValues; readonly error: number } | null = null;
  let steps = 0;
  let restart = 0;
  for (; ; restart++) {
    const one = yield* attempt(options, task, held.of, restart);
    steps += one.steps;
    const error = held.of(one.values);
    if (!best || error < best.error) best = { values: one.values, error };
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
    seconds: (performance.now() - begun) / 1000,
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
