/** The phases of a fit: one optimiser each, as a stream of steps. */
import { InvalidArgumentError } from '../errors.ts';
import { leafName } from '../ir/graph.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { Model } from '../model/model.ts';
import type { Matrix } from '../numeric/matrix.ts';
import { addGaussian } from '../numeric/random.ts';
import {
  anything,
  checkArgument,
  checkOptions,
  finite,
  oneOf,
  record,
  required,
  whole,
  type OptionTable,
} from '../options.ts';
import type { FitTask } from './chain-task.ts';
import { gaussNewton, lbfgs } from '../optimize/finishers.ts';
import { compileObjective } from '../optimize/objective.ts';
import { adam, type OptimizerSpec } from '../optimize/optimizers.ts';
import { outsideIn } from './outside-in.ts';
import { TimeSlice } from '../optimize/time-slice.ts';
import { train } from '../optimize/train.ts';

/** First-order phases follow a cosine to rate zero; deterministic ones may carry weight decay, given times n. */
export type FitPhase =
  | {
      readonly method: 'adam' | 'sgd' | 'diagonal-gauss-newton';
      readonly steps: number;
      readonly rate: number;
      /** beta2 of Adam, when it is not the usual one. */
      readonly memory?: number;
      /** Bound of the global gradient norm. */
      readonly clip?: number;
    }
  | {
      readonly method: 'lbfgs' | 'gauss-newton';
      readonly steps: number;
      readonly decay: number;
      /** Deviation of Gaussian noise that is added to the parameters first. It leaves the saddle that a decay has led to. */
      readonly noise?: number;
    }
  /** Level by level from a matrix (outside-in.ts); begins from angles of its own. */
  | { readonly method: 'outside-in'; readonly steps: number };

/** A phase of steps in one compiled program. */
type FirstOrder = Extract<FitPhase, { readonly rate: number }>;
type Finisher = Extract<FitPhase, { readonly decay: number }>;
type Levels = Exclude<FitPhase, FirstOrder | Finisher>;

const firstOrder: OptionTable<FirstOrder> = {
  method: required(anything()),
  steps: required(whole()),
  rate: required(finite({ above: 0 })),
  memory: finite({ minimum: 0, below: 1 }),
  clip: finite({ above: 0 }),
};
const finisher: OptionTable<Finisher> = {
  method: required(anything()),
  steps: required(whole()),
  decay: required(finite({ minimum: 0 })),
  noise: finite({ minimum: 0 }),
};
const levelled: OptionTable<Levels> = { method: required(anything()), steps: required(whole()) };

/** What a phase of each method may say. */
const phaseTables = {
  adam: firstOrder,
  sgd: firstOrder,
  'diagonal-gauss-newton': firstOrder,
  lbfgs: finisher,
  'gauss-newton': finisher,
  'outside-in': levelled,
} satisfies Record<FitPhase['method'], unknown>;

/** Optimisers that a phase of `fit` can use. */
export const methods = Object.keys(phaseTables) as FitPhase['method'][];

/** Throws InvalidArgumentError for an empty list of phases, by what it is `called`, a method that does not exist, and options that a method does not have. */
export function validatePhases(phases: readonly FitPhase[], called = 'phases'): void {
  if (phases.length === 0) throw new InvalidArgumentError(`no ${called}; expected at least one`);
  for (const phase of phases) {
    checkArgument('a phase', phase, record());
    checkArgument('method', phase.method, oneOf(methods));
    checkOptions(`a phase of ${phase.method}`, phase, phaseTables[phase.method] as OptionTable<FitPhase>);
  }
}

function optimizerOf(phase: FirstOrder): OptimizerSpec {
  switch (phase.method) {
    case 'adam':
      return phase.memory === undefined ? adam : { ...adam, beta2: phase.memory };
    case 'sgd':
      return { kind: 'sgd', momentum: 0.9 };
    case 'diagonal-gauss-newton':
      return { kind: 'diagonal-gauss-newton', beta1: 0.9, beta2: 0.99, damping: 1 };
    default:
      return phase.method satisfies never;
  }
}

/** Noise of a phase comes from a stream that neither starts nor pairs use. */
const noiseStream = 2 ** 41;

/** What a phase may look at. */
interface PhaseContext {
  readonly task: FitTask;
  /** Points of the model: a decay is given times that. */
  readonly points: number;
  /** Chains with the matrix they should be, where it is known; only outside-in looks at them. */
  readonly known: { readonly model: Model; readonly matrix: Matrix } | null;
  readonly seed: number;
}

interface PhaseStep {
  readonly step: number;
  readonly loss: number;
  /** Of the parameters of the task; null while a phase has no whole set of values yet. */
  readonly values: (() => ParameterValues) | null;
}

/** Outside-in as a phase. */
function* levels({ known, seed }: PhaseContext, perLevel: number): Generator<PhaseStep> {
  if (!known)
    throw new InvalidArgumentError('outside-in needs a matrix; expected another method for example pairs');
  const steps = outsideIn(known.model, known.matrix, perLevel, seed);
  let step = 0;
  let next = steps.next();
  for (; !next.done; next = steps.next()) yield { step: ++step, loss: next.value, values: null };
  const values = next.value;
  yield { step: ++step, loss: 0, values: () => values };
}

/** The steps of one phase from `values` on. */
async function* stepsOf(
  phase: FitPhase,
  context: PhaseContext,
  values: ParameterValues,
): AsyncGenerator<PhaseStep> {
  const { points, task, seed } = context;
  if (phase.method === 'outside-in') {
    yield* levels(context, phase.steps);
    return;
  }
  if ('decay' in phase) {
    const objective = compileObjective(task);
    objective.decay = phase.decay / points;
    const x = objective.pack(values);
    if (phase.noise) addGaussian(x, phase.noise, seed, noiseStream);
    const steps = (phase.method === 'lbfgs' ? lbfgs : gaussNewton)(objective, x, phase.steps);
    try {
      for (const s of steps) yield { step: s.step, loss: s.loss, values: () => objective.unpack(x) };
    } finally {
      objective.dispose();
    }
    return;
  }
  let fed = false;
  const training = train({
    loss: task.loss,
    parameters: task.parameters,
    initial: values,
    steps: phase.steps,
    learningRate: phase.rate,
    optimizer: optimizerOf(phase),
    ...(phase.clip === undefined ? {} : { clip: phase.clip }),
    signs: { outputs: task.outputs, factor: task.factor, seed },
    feed(_, view) {
      if (!fed) for (const [name, value] of Object.entries(task.data)) view(name).set(value);
      fed = true;
    },
  });
  const names = task.parameters.map((p) => leafName(p.tensor));
  const current = (): ParameterValues =>
    Object.fromEntries(names.map((name) => [name, training.value(name)]));
  // A program that was disposed shows no values.
  let final: ParameterValues | null = null;
  try {
    for await (const s of training) yield { step: s.step, loss: s.loss, values: () => final ?? current() };
  } finally {
    final = current();
    training.executable.dispose();
  }
}

/** Steps between measurements of the hold-out error. */
const checkEvery = 20;
/** Hold-out errors below this that no longer halve are rounding: a few times eps sqrt(stages). */
const nearRounding = 4e-15;

/** Says when to stop: the error is as small as rounding allows. */
class Convergence {
  error = Infinity;
  private best = Infinity;
  private idle = 0;
  /** Note an error; true once it is rounding. */
  note(error: number): boolean {
    this.error = error;
    this.idle = error < this.best / 2 ? 0 : this.idle + 1;
    this.best = Math.min(this.best, error);
    return error === 0 || (error < nearRounding && this.idle >= 3);
  }
}

/** One step of a list of phases. */
export interface PhaseProgress {
  readonly phase: number;
  readonly method: FitPhase['method'];
  readonly step: number;
  readonly steps: number;
  /** Square root of what is minimised: a relative L2 error on what is trained on, and the decay. */
  readonly loss: number;
  /** The error on what is held out, when last measured. */
  readonly error: number;
}

/** The same with what was learned so far. */
export interface ValuedProgress extends PhaseProgress {
  /** Parameters as they are now, copied; null while a phase has no whole set of them. Not to be called once the step is over. */
  readonly values: (() => ParameterValues) | null;
}

/**
 * Phases one after the other, until the error on what is held out is rounding. Yields what `report` makes of every step and
 * returns the values, what the task does not train included, with the number of steps.
 */
export async function* runPhases<P>(
  phases: readonly FitPhase[],
  context: PhaseContext,
  begun: ParameterValues,
  errorOf: (values: ParameterValues) => number,
  report: (progress: ValuedProgress) => P,
): AsyncGenerator<P, { values: ParameterValues; steps: number }> {
  const slice = new TimeSlice();
  const convergence = new Convergence();
  let values = begun;
  let steps = 0;
  for (const [phase, spec] of phases.entries()) {
    let current: PhaseStep['values'] = null;
    for await (const s of stepsOf(spec, context, values)) {
      current = s.values;
      steps++;
      const [own, known] = [s.values, values];
      const whole = own && ((): ParameterValues => ({ ...known, ...own() }));
      const done = s.step % checkEvery === 0 && whole !== null && convergence.note(errorOf(whole()));
      const loss = Math.sqrt(s.loss);
      const { error } = convergence;
      yield report({
        phase,
        method: spec.method,
        step: s.step,
        steps: spec.steps,
        loss,
        error,
        values: whole,
      });
      if (done) break;
      // Synchronous optimisers give way to the event loop now and then.
      if (slice.used()) await slice.next();
    }
    if (current) values = { ...values, ...current() };
    if (errorOf(values) < nearRounding) break;
  }
  return { values, steps };
}
