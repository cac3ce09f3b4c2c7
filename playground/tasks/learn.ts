/** Training, as `papilio fit` does it, step by step. */
import {
  fit,
  networkOf,
  recommendedPhases,
  startParameters,
  type FitProgress,
  type FitResult,
  type ParameterValues,
  type Start,
} from 'papilio/learn';
import type { Task } from '../shell/task.ts';
import { subjectOf, type SubjectOptions } from '../subject.ts';

interface LearnInput extends SubjectOptions {
  readonly seed: number;
  readonly start: Start;
}

/** Steps between two reports, and milliseconds that are waited then: slow enough to be watched, or as fast as it goes. */
const paces = {
  slow: { steps: 1, wait: 25 },
  watch: { steps: 3, wait: 12 },
  fast: { steps: Infinity, wait: 0 },
} as const;
export type Pace = keyof typeof paces;

/** What the page says: go on to so many steps. */
export interface LearnOrder {
  readonly until: number;
  readonly pace: Pace;
}

export interface LearnProgress {
  /** Steps of all phases. */
  readonly count: number;
  readonly method: FitProgress['method'];
  /** Relative L2 errors on what is trained on, of every step since the last report, and on what is held out. */
  readonly losses: readonly number[];
  readonly error: number;
  readonly values: ParameterValues | null;
  /** Of training alone, without waiting. */
  readonly seconds: number;
}

export interface Learned {
  readonly values: ParameterValues;
  readonly figures: Omit<FitResult, 'values'>;
  /** What `papilio fit` writes into the file of a model. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** Milliseconds between two reports. */
const every = 60;
const goal = 1e-12;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function settingsOf(input: LearnInput, subject: ReturnType<typeof subjectOf>) {
  const { start, seed } = input;
  const { n, stages } = networkOf(subject.model);
  const phases = recommendedPhases(subject.model, true);
  return {
    papilio: __PAPILIO__,
    target: subject.name,
    sha256: null,
    n,
    radices: stages.map(({ radix }) => radix),
    parametrization: stages[0].parametrization,
    head: subject.model.head,
    permutation: null,
    start,
    seed,
    phases,
    goal,
    asked: { pairs: null, restarts: 0 },
  };
}

const learn: Task<LearnInput, Learned, LearnProgress, LearnOrder> = async (input, context) => {
  const { start, seed, target } = input;
  const subject = subjectOf(input);
  const settings = settingsOf(input, subject);
  const { matrix, model } = subject;
  const run = fit({
    model,
    target: { matrix },
    start,
    seed,
    phases: settings.phases,
    restarts: 0,
    goal,
    ...(target === 'matrix'
      ? {}
      : { initial: (from: Start, s: number) => startParameters(target, subject, from, s) }),
  });
  let [count, waited, told] = [0, 0, 0];
  const begun = performance.now();
  let losses: number[] = [];
  const order = (): LearnOrder => context.said() ?? { until: Infinity, pace: 'fast' };
  let next = await run.next();
  for (; !next.done; next = await run.next()) {
    const { method, loss, error, values } = next.value;
    count++;
    losses.push(loss);
    const { until, pace } = order();
    const { steps, wait } = paces[pace];
    const now = performance.now();
    if (losses.length >= steps || count >= until || now - told >= every) {
      context.progress({
        count,
        method,
        losses,
        error,
        values: values?.() ?? null,
        seconds: (now - begun - waited) / 1000,
      });
      losses = [];
      told = now;
      // The page's word is heard between two steps.
      await (wait > 0 ? pause(wait) : context.breathe());
      while (count >= order().until) await pause(20);
      waited += performance.now() - now;
    }
  }
  if (losses.length > 0)
    context.progress({
      count,
      method: 'adam',
      losses,
      error: next.value.holdOut,
      values: next.value.values,
      seconds: next.value.seconds - waited / 1000,
    });
  const { values, ...figures } = next.value;
  return { values, figures, report: { ...settings, ...figures } };
};
export default learn;
