/** The search for what measures frames: from presets and places of a coarse grid, one setting after the other. */
import type { Guess } from './guess.ts';
import { Scorer, type Scored, type SearchTask } from './scorer.ts';
import { seedsOf } from './seeds.ts';
import {
  cepstrumBands,
  emphases,
  lengthsAt,
  lows,
  offsets,
  roots,
  scales,
  starts,
  tops,
  transformsOf,
  unique,
  windowKinds,
  windows,
} from './usual.ts';

/** Residuals below are those of the rounding of tensors. */
const exactResidual = 1e-11;
/** Smaller gains are those of rounding. */
const leastGain = 1e-13;

/** Lists of guesses, each made when it is its turn. */
type Lists = readonly (() => readonly Guess[])[];

const nearest = (list: readonly number[], f: number, count: number): number[] =>
  list.toSorted((a, b) => Math.abs(a - f) - Math.abs(b - f)).slice(0, count);

/** Ends of banks: one of them any, or both near their own. */
function endsNear({ fMin, fMax }: Guess, rate: number): { fMin: number; fMax: number }[] {
  const [all, few] = [tops(rate), unique([rate / 2, fMax])];
  return [
    ...nearest(lows, fMin, 5).flatMap((low) =>
      nearest(all, fMax, 4).map((high) => ({ fMin: low, fMax: high })),
    ),
    ...lows.flatMap((low) => few.map((high) => ({ fMin: low, fMax: high }))),
    ...unique([0, 20, fMin]).flatMap((low) => all.map((high) => ({ fMin: low, fMax: high }))),
  ];
}

/** Other ends and kinds of bank. */
const banksNear = (g: Guess, rate: number): Guess[] =>
  g.bands === 0
    ? []
    : scales.flatMap(([scale, axis]) =>
        endsNear(g, rate).map((end): Guess => ({ ...g, ...end, scale, axis })),
      );

/** Powers or magnitudes, and what is added under the logarithm. */
const levelsNear = (g: Guess, isLinear: boolean): Guess[] =>
  [false, true].flatMap((magnitude) =>
    (g.bands > 0 ? (['none', 'slaney'] as const) : (['none'] as const)).flatMap((norm) =>
      (isLinear ? [0] : offsets).flatMap((offset) =>
        unique([offset, offset / 2 ** 15, offset / 2 ** 30]).map((o): Guess => ({
          ...g,
          magnitude,
          norm,
          offset: o,
        })),
      ),
    ),
  );

/** Offsets within half a decade. */
const finerOffsets = (g: Guess): Guess[] =>
  g.offset === 0
    ? []
    : [-4, -3, -2, -1, 1, 2, 3, 4].map((i): Guess => ({ ...g, offset: g.offset * Math.exp(0.3 * i) }));

/** The guess with a window of another length around the same place. */
const centred = (g: Guess, length: number): Guess => ({
  ...g,
  length,
  start: g.start + Math.floor((g.length - length) / 2),
});

/** Other lengths and transforms, around the same place or at the places of framings. */
const sizesNear = (g: Guess, rate: number): Guess[] =>
  lengthsAt(rate)
    .filter((length) => g.bands > 0 || length <= g.nFft)
    .flatMap((length) =>
      (g.bands > 0 ? transformsOf(length) : [g.nFft]).flatMap((nFft) => {
        const own = centred(g, length).start;
        const near = unique([own, ...starts(nFft, length, g.hop)]).filter((s) => Math.abs(s - own) < 100);
        return near.map((start): Guess => ({ ...g, length, nFft, start }));
      }),
    );

const emphasesNear = (g: Guess): Guess[] =>
  (['none', 'constant', 'linear'] as const).flatMap((detrend) =>
    emphases.flatMap((emphasis) =>
      [false, true]
        .filter((perFrame) => emphasis > 0 || !perFrame)
        .flatMap((perFrame) =>
          [false, true]
            .filter((wide) => !wide || (g.length < g.nFft && (perFrame || detrend !== 'none')))
            .map((wide): Guess => ({ ...g, emphasis, perFrame, detrend, wide })),
        ),
    ),
  );

/** Guesses of usual numbers in the place of those next to them, which made up for an offset that was not found yet. */
function plainer(g: Guess, rate: number): Guess[] {
  const [emphasis] = nearest(emphases, g.emphasis, 1);
  const [length] = nearest(
    lengthsAt(rate).filter((n) => n <= g.nFft),
    g.length,
    1,
  );
  const lengths = [g, centred(g, length), { ...g, length }];
  return lengths.flatMap((own) =>
    unique([g.emphasis, emphasis]).flatMap((e) =>
      unique([g.under, 0]).flatMap((under) =>
        windowKinds.map((kind): Guess => ({ ...own, emphasis: e, under, kind })),
      ),
    ),
  );
}

/** Guesses that differ in one setting, or in few that go together. */
function listsNear(g: Guess, { rate, behind }: SearchTask): Lists {
  return [
    () => (behind.isCepstrum ? cepstrumBands.map((bands): Guess => ({ ...g, bands })) : []),
    // Under a large offset all else is hidden.
    () => levelsNear(g, behind.isLinear),
    () => finerOffsets(g),
    () => banksNear(g, rate),
    () => (g.magnitude ? roots.map((under): Guess => ({ ...g, under })) : []),
    () => sizesNear(g, rate),
    () =>
      windows.flatMap((window) =>
        lengthsAt(rate)
          .filter((length) => length <= g.nFft)
          .map((length): Guess => ({ ...centred(g, length), window })),
      ),
    () => windows.flatMap((window) => windowKinds.map((kind): Guess => ({ ...g, window, kind }))),
    () =>
      // A symmetric window is one of a sample more, or less, next to it.
      [0, -1, 1].flatMap((longer) =>
        windowKinds.flatMap((kind) =>
          [0, -1, 1]
            .filter(() => g.length + longer <= g.nFft)
            .map((by): Guess => ({ ...g, kind, start: g.start + by, length: g.length + longer })),
        ),
      ),
    () => emphasesNear(g),
    () => starts(g.nFft, g.length, g.hop).map((start): Guess => ({ ...g, start })),
    () =>
      g.energy === 'none' ? [] : (['bins', 'samples'] as const).map((energy): Guess => ({ ...g, energy })),
    () =>
      g.bands === 0 ? [] : lows.flatMap((fMin) => tops(rate).map((fMax): Guess => ({ ...g, fMin, fMax }))),
  ];
}

/** Moves by steps of both signs, each as long as they help. */
interface Walk {
  readonly steps: readonly number[];
  readonly move: (g: Guess, by: number) => Guess;
}

const offsetWalk: Walk = {
  steps: [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001],
  move: (g, by) => ({ ...g, offset: g.offset * Math.exp(by) }),
};

const walksOf = (rate: number, { bands, offset }: Guess): Walk[] => [
  { steps: [64, 16, 4, 1], move: (g, by) => ({ ...g, start: g.start + by }) },
  {
    steps: [16, 4, 1],
    move: (g, by) => ({
      ...g,
      length: Math.max(8, Math.min(g.nFft, g.length + by)),
      start: g.start - Math.floor(by / 2),
    }),
  },
  ...(bands === 0
    ? []
    : [
        {
          steps: [100, 20, 5, 1],
          move: (g: Guess, by: number) => ({ ...g, fMin: Math.max(0, g.fMin + by) }),
        },
        {
          steps: [200, 50, 10, 1],
          move: (g: Guess, by: number) => ({ ...g, fMax: Math.min(rate / 2, g.fMax + by) }),
        },
      ]),
  {
    steps: [0.05, 0.01, 0.001],
    move: (g, by) => ({
      ...g,
      emphasis: Math.max(0, Math.min(1, Math.round((g.emphasis + by) * 1000) / 1000)),
    }),
  },
  ...(offset === 0 ? [] : [offsetWalk]),
];

/** Emphases and trends of signals and of frames. */
const beginnings = [
  { emphasis: 0, perFrame: false, detrend: 'none' },
  { emphasis: 0.97, perFrame: false, detrend: 'none' },
  { emphasis: 0.97, perFrame: true, detrend: 'constant' },
] as const;
/** Guesses that leave more are off in other things. */
const hopeful = 0.02;

/** From a guess to better ones, one setting after the other. */
class Refinement {
  private readonly scorer: Scorer;
  private readonly task: SearchTask;
  private readonly stop: () => boolean;

  constructor(scorer: Scorer, task: SearchTask, stop: () => boolean) {
    this.scorer = scorer;
    this.task = task;
    this.stop = stop;
  }

  private bestOf(guesses: readonly Guess[], from: Scored, fine: boolean): Scored {
    let best = from;
    let near = fine ? this.scorer.residual(from.guess, false) : Infinity;
    for (const guess of guesses) {
      // What is far off on few frames is not measured on many.
      const rough = this.scorer.residual(guess, false);
      if (rough > 4 * near + 1e-9) continue;
      const residual = fine ? this.scorer.residual(guess, true) : rough;
      if (residual < best.residual * 0.999 - leastGain) {
        best = { guess, residual };
        near = fine ? Math.max(rough, 1e-3 * near) : Infinity;
      }
      if (best.residual <= exactResidual || this.stop()) break;
    }
    return best;
  }

  private walked(from: Scored, { steps, move }: Walk, fine: boolean): Scored {
    let best = from;
    for (const step of steps)
      for (let tries = 0; tries < 12; tries++) {
        const next = this.bestOf([move(best.guess, step), move(best.guess, -step)], best, fine);
        if (next === best) break;
        best = next;
      }
    return best;
  }

  /** The one list of which a guess helps most: of a preset with one change, that change. */
  private steepest(from: Scored): Scored {
    return listsNear(from.guess, this.task).reduce((best, list) => {
      const own = this.stop() ? from : this.bestOf(list(), from, false);
      return own.residual < best.residual ? own : best;
    }, from);
  }

  /** Rounds over all settings until none is better. */
  refine(from: Scored, rounds: number, fine: boolean): Scored {
    let best: Scored = { guess: from.guess, residual: this.scorer.residual(from.guess, fine) };
    for (let round = 0; round < rounds && best.residual > exactResidual; round++) {
      const before = best.residual;
      best = this.walked(best, walksOf(this.task.rate, best.guess)[0], fine);
      if (round === 0 && !fine) best = this.steepest(best);
      const count = listsNear(best.guess, this.task).length;
      for (let list = 0; list < count && best.residual > exactResidual && !this.stop(); list++)
        best = this.bestOf(listsNear(best.guess, this.task)[list](), best, fine);
      if (best.residual > before * 0.999 || this.stop()) break;
    }
    return best;
  }

  /** Steps of numbers that no list has: starts, lengths, ends of the bank, pre-emphasis, offsets. */
  polish(from: Scored): Scored {
    let best: Scored = { guess: from.guess, residual: this.scorer.residual(from.guess, true) };
    for (let round = 0; round < 6 && best.residual > exactResidual && !this.stop(); round++) {
      const before = best.residual;
      for (const walk of walksOf(this.task.rate, best.guess)) best = this.walked(best, walk, true);
      if (best.residual > before * 0.99) break;
    }
    return best;
  }

  /** Usual numbers with the offset that goes with them, where that leaves less. */
  private plain(from: Scored): Scored {
    let best = from;
    if (from.guess.offset === 0) return best;
    for (const guess of plainer(from.guess, this.task.rate)) {
      if (this.stop()) break;
      const own = this.walked({ guess, residual: this.scorer.residual(guess, true) }, offsetWalk, true);
      if (own.residual < best.residual) best = own;
    }
    return best;
  }

  /** The same from other emphases and trends, whose banks are usual ones again: a bank that is shifted makes up for them. */
  private otherwise(from: Scored): Scored {
    const { guess, residual } = from;
    if (residual <= exactResidual || residual > hopeful) return from;
    const { rate } = this.task;
    const [fMin] = nearest(lows, guess.fMin, 1);
    const [fMax] = nearest(tops(rate), guess.fMax, 1);
    const [length] = nearest(lengthsAt(rate), guess.length, 1);
    const usual = guess.bands === 0 ? {} : { fMin, fMax };
    return beginnings
      .filter((b) => b.emphasis > 0 !== guess.emphasis > 0 || b.perFrame !== guess.perFrame)
      .map((b) => ({ ...centred(guess, Math.min(length, guess.nFft)), ...usual, ...b, wide: false }))
      .reduce((best, own) => {
        if (this.stop() || best.residual <= exactResidual) return best;
        const next = this.refine({ guess: own, residual: Infinity }, 2, false);
        return next.residual < best.residual ? next : best;
      }, from);
  }

  /** Rounds on few frames, on many, and steps. */
  whole(from: Scored): Scored {
    const rough = this.otherwise(this.refine(from, 4, false));
    const fine = this.refine(rough, 2, true);
    return fine.residual <= exactResidual ? fine : this.refine(this.plain(this.polish(fine)), 2, true);
  }
}

/** Seeds that are followed for a round, and those of which the best one is followed to the end. */
const [mostSeeds, together] = [9, 3];
/** What is followed at once. */
const nearly = 1e-6;

/** A task at a hop, and where to begin. */
export interface Begun {
  readonly task: SearchTask;
  readonly scorer: Scorer;
  readonly seeds: readonly Scored[];
}

/** Seeds of a task at a hop. */
export function begin(task: SearchTask, hop: number): Begun {
  const scorer = new Scorer(task);
  return { task, scorer, seeds: seedsOf(scorer, task, hop) };
}

/** What measures frames, as far as it is found: guesses, the best first, after every few seeds more of them. `stop` says when time is over. */
export function* searchFront(
  { task, scorer, seeds }: Begun,
  stop: () => boolean,
): Generator<readonly Scored[]> {
  const refinement = new Refinement(scorer, task, stop);
  const found: Scored[] = [];
  for (let at = 0; at < seeds.length && at < mostSeeds && !stop(); at += together) {
    const rounds: Scored[] = [];
    for (const seed of seeds.slice(at, at + together))
      if (!rounds.some((r) => r.residual < nearly)) rounds.push(refinement.refine(seed, 1, false));
    rounds.sort((a, b) => a.residual - b.residual);
    found.push(...rounds.slice(1), refinement.whole(rounds[0]));
    yield found.sort((a, b) => a.residual - b.residual);
  }
}
