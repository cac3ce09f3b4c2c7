/** The settings of an unknown front end, from clips and what it made of them. */
import { InvalidArgumentError } from '../../errors.ts';
import { checkOptions, finite, required, type OptionTable } from '../../options.ts';
import { rateBounds } from '../../numeric/frequencies.ts';
import { parityExamples, type Example, type Examples, type ParityTensor } from './clips.ts';
import { closestOf } from './closest.ts';
import { deltasOf } from './deltas.ts';
import { Powers } from './guess.ts';
import { likelyHops } from './hops.ts';
import { tasks } from './kinds.ts';
import { withoutPcen } from './pcen.ts';
import { presetOf } from './presets.ts';
import type { SearchTask } from './scorer.ts';
import { begunTasks, inTurn, isFound, type Open } from './turns.ts';
import { verdictOf, type Closest, type Verdict } from './verdict.ts';

/** What a search is given beside clips and tensors. */
export interface ParityOptions {
  /** Of the clips, in Hz. */
  readonly rate: number;
  /** Seconds after which it takes what it has. Default 55. */
  readonly seconds?: number;
}

const parityOptions: OptionTable<ParityOptions> = {
  rate: required(finite(rateBounds)),
  seconds: finite({ above: 0 }),
};

/** Part of the variance that even the wrong settings explain where clips and features belong together. */
const unrelated = 0.7;

/** What was found: the closest head, and what is to be said of it. */
export interface ParityResult extends Verdict {
  readonly framesFirst: boolean;
  readonly width: number;
}

/** Clips that are searched over: short ones have few frames inside, and count at their ends. */
function longOf(examples: readonly Example[]): Example[] {
  const longest = examples.reduce((most, e) => Math.max(most, e.samples.length), 0);
  return examples.filter((e) => 4 * e.samples.length >= longest);
}

/** A search that has begun: features without their deltas, and tasks. */
interface Beginning {
  readonly examples: Examples;
  readonly statics: ReturnType<typeof deltasOf>;
  readonly tasks: readonly Open[];
}

/** Nothing where no hop gives so many frames. */
function beginningOf(examples: Examples, rate: number, stop: () => boolean): Beginning[] {
  const statics = deltasOf(examples.list, examples.width);
  const long = longOf(statics.list);
  const hops = likelyHops(long, statics.width, rate).slice(0, 2);
  if (hops.length === 0) return [];
  return [{ examples, statics, tasks: begunTasks(tasks(long, statics.width, rate), hops, stop) }];
}

/**
 * The head that makes these features [frames, width or transposed, batch axes of 1] of these clips (samples at `rate`), a tensor for each
 * or one for all. Throws InvalidArgumentError for clips and tensors that do not match.
 */
export function solveParity(
  clips: readonly ArrayLike<number>[],
  tensors: readonly ParityTensor[],
  options: ParityOptions,
): ParityResult {
  checkOptions('parity', options, parityOptions);
  const { rate, seconds = 55 } = options;
  const ways = parityExamples(clips, tensors, rate);
  const from = performance.now();
  const past = (part: number) => (): boolean => performance.now() > from + 1000 * seconds * part;
  const stop = past(framePart);
  const powers = new Powers();
  const means = { powers, stop: past(1) };
  for (const { list, width, framesFirst } of ways) {
    const preset = presetOf(list, width, rate, { powers, stop });
    if (preset) return { ...verdictOf(preset, list, means), framesFirst, width };
  }
  const begun: Beginning[] = [];
  for (const examples of ways)
    if (!begun.some(({ tasks: [first] }) => isFound(first))) begun.push(...beginningOf(examples, rate, stop));
  if (begun.length === 0)
    throw new InvalidArgumentError(
      `clip 0 has ${clips[0].length} samples and ${ways[0].list[0].frames} frames; expected clips that these are the features of`,
    );
  const best = begun.reduce((a, b) => (isFound(b.tasks[0]) || b.tasks[0].off < a.tasks[0].off ? b : a));
  const { framesFirst, width, list } = best.examples;
  const closest = searched(best, { rate, powers, seconds, past });
  return { ...verdictOf(closest, list, means), framesFirst, width };
}

/** Guesses that are completed. */
const mostCompleted = 3;

/** What a search may take. */
interface Budget {
  readonly rate: number;
  readonly powers: Powers;
  readonly seconds: number;
  /** Is this part of them over? */
  readonly past: (part: number) => () => boolean;
}

/** Parts of the time until what measures frames is searched, and until levels are: the verdict takes the rest. */
const [framePart, levelPart] = [0.65, 0.8];

/** The closest head of a search that has begun. Throws InvalidArgumentError where there is none. */
function searched({ examples, statics, tasks: begun }: Beginning, budget: Budget): Closest {
  const { rate, powers, seconds, past } = budget;
  const { list, width } = examples;
  const found = inTurn(begun).flatMap(({ begun: { task }, found: guesses }) => {
    const all = task.pcen ? withoutPcen(statics.list, task.pcen) : statics.list;
    const own: SearchTask = { ...task, examples: all ?? task.examples };
    return guesses.slice(0, 2).map((scored) => ({ task: own, scored }));
  });
  found.sort((a, b) => a.scored.residual - b.scored.residual);
  const none = (why: string): InvalidArgumentError =>
    new InvalidArgumentError(
      past(framePart)()
        ? `nothing was found within ${seconds} s; expected more seconds, or clips at ${rate} Hz that the features were made of`
        : why,
    );
  // Features of other clips follow nothing of these.
  if (!found.some(({ scored }) => scored.residual < unrelated))
    throw none(
      `the features do not follow clip 0 and its neighbours: ${list[0].samples.length} samples, ${list[0].frames} frames of ${width}; expected clips at ${rate} Hz that they were made of`,
    );
  const best = closestOf(found.slice(0, mostCompleted), list, {
    deltas: statics.deltas,
    whole: list,
    powers,
    stop: past(levelPart),
    telling: null,
  });
  if (best && Number.isFinite(best.difference)) return best;
  throw none('no front end gives so many frames; expected the clips that the features are of');
}
