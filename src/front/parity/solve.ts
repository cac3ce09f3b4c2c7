/** The settings of an unknown front end, from clips and what it made of them. */
import { InvalidArgumentError } from '../../errors.ts';
import { checkOptions, finite, required, type OptionTable } from '../../options.ts';
import { rateBounds } from '../../numeric/frequencies.ts';
import { parityExamples, type Example, type Examples, type ParityTensor } from './clips.ts';
import { closestOf } from './closest.ts';
import { deltasOf } from './deltas.ts';
import { Powers } from './guess.ts';
import { verdictOf, type Closest, type Verdict } from './verdict.ts';
import { likelyHops } from './hops.ts';
import { pcenSets, withoutPcen } from './pcen.ts';
import { presetOf } from './presets.ts';
import { begin, searchFront, type Begun } from './search.ts';
import { Scorer, type Scored, type SearchTask } from './scorer.ts';
import type { PcenOptions } from '../../numeric/pcen.ts';

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

/** Residuals of settings that are right, tensors of 32 bits. */
const surely = 1e-9;
/** Part of the variance that even the wrong settings explain where clips and features belong together. */
const unrelated = 0.7;

/** What was found: the closest head, and what is to be said of it. */
export interface ParityResult extends Verdict {
  readonly framesFirst: boolean;
  readonly width: number;
}

/** Are features energies: most of what is above the least of them is far below the largest? */
function isEnergy(examples: readonly Example[]): boolean {
  return examples.every(({ values }) => {
    const least = values.reduce((a, b) => Math.min(a, b), Infinity);
    const top = values.reduce((a, b) => Math.max(a, b), -Infinity) - least;
    const above = values.filter((y) => y - least > 1e-6 * top);
    return above.reduce((a, y) => a + (y - least) / above.length, 0) < 0.12 * top;
  });
}

/** Narrower features are coefficients as a rule. */
const mostlyCepstra = 14;

/** Widths of spectra of powers of two and of ten milliseconds. */
const isBins = (width: number): boolean => [129, 161, 201, 257, 321, 513, 1025].includes(width);

/** Wider features are levels of bands. */
const mostCepstra = 64;

/** What features may be, the likeliest first. */
export function tasks(list: readonly Example[], width: number, rate: number): SearchTask[] {
  const task = (isCepstrum: boolean, isLinear: boolean, bands: number, hasEnergy = false): SearchTask => ({
    examples: list,
    width,
    rate,
    behind: { isCepstrum, isLinear },
    bands,
    hasEnergy,
    pcen: null,
  });
  const banks = (isLinear: boolean): SearchTask[] => [
    ...(isBins(width) ? [task(false, isLinear, 0)] : []),
    task(false, isLinear, width),
    task(false, isLinear, width - 1, true),
  ];
  const cepstra = width <= mostCepstra ? [task(true, false, Math.max(40, width))] : [];
  if (isEnergy(list)) return banks(true);
  return width <= mostlyCepstra ? [...cepstra, ...banks(false)] : [...banks(false), ...cepstra];
}

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
interface Open {
  readonly begun: Begun;
  /** What its seeds leave. */
  readonly off: number;
  readonly search: Generator<readonly Scored[]>;
  /** Guesses so far, the best first. */
  found: readonly Scored[];
}

const isFound = ({ found }: Open): boolean => found.length > 0 && found[0].residual < surely;

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
function inTurn(begun: readonly Open[]): readonly Open[] {
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
