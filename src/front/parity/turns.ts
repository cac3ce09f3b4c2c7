/** Which searches are begun, and when each goes on: likely kinds of features first, no search taking the time of others. */
import type { PcenOptions } from '../../numeric/pcen.ts';
import type { Example } from './clips.ts';
import { pcenSets, withoutPcen } from './pcen.ts';
import { Scorer, type Scored, type SearchTask } from './scorer.ts';
import { begin, searchFront, type Begun } from './search.ts';

/** Residuals of settings that are right, tensors of 32 bits. */
const surely = 1e-9;
/** Seeds that leave less are of the right kind as a rule, and surely. */
const [likely, certain] = [0.08, 5e-3];
/** A kind whose seeds leave so many times more than the best is none. */
const hopeless = 30;
/** Seeds that leave less have no other hop. */
const ofItsHop = 0.1;
/** Sets of numbers of a normalisation that are followed. */
const mostSets = 3;
/** Frames that tell sets of numbers apart, and samples behind them. */
const [fewFrames, margin] = [90, 4200];
/** Tasks that are followed. */
const mostBegun = 4;

/** What the best seeds of a task leave. */
const left = ({ seeds, scorer }: Begun): number =>
  seeds.slice(0, 5).reduce((least, { guess }) => Math.min(least, scorer.even(guess)), Infinity);

/** A task at a hop whose search goes on when it is its turn. */
export interface Open {
  readonly begun: Begun;
  /** What its seeds leave. */
  readonly off: number;
  readonly search: Generator<readonly Scored[]>;
  /** Guesses so far, the best first. */
  found: readonly Scored[];
}

export const isFound = ({ found }: Open): boolean => found.length > 0 && found[0].residual < surely;

/** Takes a search some seeds further; false at its end. */
function advance(open: Open): boolean {
  const { done, value } = open.search.next();
  if (done) return false;
  open.found = value;
  return true;
}

/** Tasks at hops in the order of what their seeds leave; one that is likely is searched before others are begun. */
export function begunTasks(
  list: readonly SearchTask[],
  hops: readonly number[],
  stop: () => boolean,
): Open[] {
  const all: Open[] = [];
  const add = (task: SearchTask, hop: number): Open => {
    const begun = begin(task, hop);
    const open: Open = { begun, off: left(begun), search: searchFront(begun, stop), found: begun.seeds };
    all.push(open);
    if (open.off < likely) advance(open);
    return open;
  };
  const ordered = (): Open[] => {
    const [first, ...rest] = all.toSorted((a, b) => a.off - b.off).slice(0, mostBegun);
    return [first, ...rest.filter(({ off }) => off < hopeless * first.off)];
  };
  for (const task of list)
    for (const hop of hops) {
      if (all.length > 0 && stop()) return ordered();
      const open = add(task, hop);
      if (isFound(open)) return [open];
      if (open.off < certain) return ordered();
      if (open.off < ofItsHop) break;
      if (hop !== hops[0]) continue;
      for (const own of pcenTasks(open.begun, hop)) {
        const undone = add(own, hop);
        if (isFound(undone)) return [undone];
        if (stop()) return ordered();
      }
    }
  return ordered();
}

/** A task of bands with a normalisation undone whose numbers bring features near to energies of its seeds; nothing for others. */
function pcenTasks(begun: Begun, hop: number): SearchTask[] {
  const { task } = begun;
  const { examples, rate, behind } = task;
  if (behind.isCepstrum || task.bands === 0 || examples[0].values.some((y) => y < -1e-3)) return [];
  const some = examples.slice(0, 1).map(({ samples, values, frames }): Example => {
    const count = Math.min(frames, fewFrames);
    const own = samples.subarray(0, count * hop + margin);
    return { samples: own, values: values.subarray(0, count * task.width), frames: count };
  });
  // What is normalised is more like levels than like energies.
  const { seeds } = behind.isLinear ? begin({ ...task, behind: { ...behind, isLinear: false } }, hop) : begun;
  return pcenSets(rate, hop)
    .flatMap((pcen) => {
      const list = withoutPcen(some, pcen);
      const own: SearchTask = { ...task, examples: list ?? [], behind: { ...behind, isLinear: true }, pcen };
      if (!list) return [];
      const scorer = new Scorer(own);
      return [{ own, off: Math.min(...seeds.slice(0, 3).map((seed) => scorer.residual(seed.guess, false))) }];
    })
    .sort((a, b) => a.off - b.off)
    .slice(0, mostSets)
    .map(({ own }) => ({ ...own, examples: withoutPcen(examples, own.pcen as PcenOptions) ?? own.examples }));
}

/** Searches in turn, so that none takes the time of others. */
export function inTurn(begun: readonly Open[]): readonly Open[] {
  let open = begun.filter((one) => !isFound(one));
  if (open.length < begun.length) return begun.filter(isFound);
  while (open.length > 0) {
    const still: Open[] = [];
    for (const one of open) {
      if (!advance(one)) continue;
      if (isFound(one)) return [one];
      still.push(one);
    }
    open = still;
  }
  return begun;
}
