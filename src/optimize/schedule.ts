/** Schedules: which of several sizes trains next, and the temperature of gates by step. */
import { InvalidArgumentError } from '../errors.ts';
import { power } from '../numeric/elementary.ts';
import { randomUint32 } from '../numeric/random.ts';
import { finite, required, type OptionTable } from '../options.ts';

/**
 * single: one size after the other, each to its end. round-robin: in turn. random: any, by seed and turn alone.
 * balanced: the one with the least work done, in butterfly points (steps n log2 n), so that sizes share the time evenly.
 */
export const sizeSchedules = ['single', 'round-robin', 'random', 'balanced'] as const;
/** A name of `sizeSchedules`. */
export type SizeSchedule = (typeof sizeSchedules)[number];

interface SizeState {
  readonly n: number;
  /** Steps taken so far. */
  readonly steps: number;
  readonly done: boolean;
}

/** Position of the size that takes the next step, -1 when all are done. */
export function nextSize(
  schedule: SizeSchedule,
  sizes: readonly SizeState[],
  turn: number,
  seed: number,
): number {
  const open = sizes.flatMap((s, i) => (s.done ? [] : [i]));
  if (open.length === 0) return -1;
  const work = (i: number): number => sizes[i].steps * sizes[i].n * Math.log2(sizes[i].n);
  switch (schedule) {
    case 'single':
      return open[0];
    case 'round-robin':
      return open[turn % open.length];
    case 'random':
      return open[randomUint32(seed, 2 ** 42, turn) % open.length];
    case 'balanced':
      return open.reduce((best, i) => (work(i) < work(best) ? i : best));
    default:
      throw new InvalidArgumentError(
        `schedule is ${JSON.stringify(schedule satisfies never)}; expected ${sizeSchedules.join(', ')}`,
      );
  }
}

/**
 * Interleave several generators, one per size. Yields what they yield, with the size's position; returns their results in
 * the order of the sizes.
 */
export async function* interleave<P, R>(
  schedule: SizeSchedule,
  jobs: readonly { readonly n: number; readonly run: AsyncGenerator<P, R> }[],
  seed: number,
): AsyncGenerator<{ job: number; progress: P }, R[]> {
  const states: SizeState[] = jobs.map(({ n }) => ({ n, steps: 0, done: false }));
  const results = new Array<R>(jobs.length);
  for (let turn = 0; ; turn++) {
    const job = nextSize(schedule, states, turn, seed);
    if (job < 0) return results;
    const next = await jobs[job].run.next();
    if (next.done) results[job] = next.value;
    states[job] = { ...states[job], steps: states[job].steps + 1, done: next.done === true };
    if (!next.done) yield { job, progress: next.value };
  }
}

/** Temperatures > 0 of the first steps and of the last one. */
export interface Annealing {
  readonly from: number;
  readonly to: number;
  /** Share of the steps, 0 to below 1, that stay at `from`. Default 1/2. */
  readonly hold?: number;
}

export const annealingTable: OptionTable<Annealing> = {
  from: required(finite({ above: 0 })),
  to: required(finite({ above: 0 })),
  hold: finite({ minimum: 0, below: 1 }),
};

/** Temperature of step 0 .. steps - 1: `from` while held, then geometric to `to` at the last step. */
export function temperatureAt(step: number, steps: number, { from, to, hold = 0.5 }: Annealing): number {
  const first = hold * (steps - 1);
  if (step <= first) return steps === 1 ? to : from;
  return from * power(to / from, (step - first) / (steps - 1 - first));
}
