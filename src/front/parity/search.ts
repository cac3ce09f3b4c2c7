/** The search for what measures frames: from hops and places by loudness, over windows and banks, one setting after the other. */
import type { MelAxis, MelScale } from '../../numeric/mel.ts';
import type { WindowName } from '../../numeric/window.ts';
import type { Example } from './clips.ts';
import { Lab, type Guess } from './guess.ts';
import { levelsOf, lineResidual, samplingOf, type Behind, type Sampling } from './score.ts';

/** A guess, and what lines leave of it. */
export interface Scored {
  readonly guess: Guess;
  readonly residual: number;
}

/** Residuals below are those of the rounding of tensors. */
const exactResidual = 1e-11;
/** Smaller gains are those of rounding. */
const leastGain = 1e-13;

const windows: readonly WindowName[] = [
  'hann',
  'hamming',
  'povey',
  'boxcar',
  'blackman',
  'bartlett',
  'cosine',
  'blackmanharris',
  'nuttall',
];
const emphases = [0, 0.97, 0.95, 0.9, 0.98, 0.96, 0.99, 1];
const offsets = [0, 2 ** -24, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1];
const lows = [0, 20, 30, 40, 50, 55, 60, 64, 70, 80, 90, 100, 120, 125, 130, 133.3333, 150, 200, 250, 300];
const scales: readonly (readonly [MelScale, MelAxis])[] = [
  ['slaney', 'hz'],
  ['htk', 'hz'],
  ['kaldi', 'mel'],
  ['kaldi', 'bins'],
  ['slaney', 'mel'],
];

const unique = (list: readonly number[]): number[] => [...new Set(list)];

/** Upper ends of banks that people take, in Hz. */
const tops = (rate: number): number[] =>
  unique(
    [0, 100, 200, 400, 500]
      .map((down) => rate / 2 - down)
      .concat([
        3400, 3700, 3800, 4000, 5000, 6000, 6600, 6800, 7000, 7200, 7500, 7600, 7800, 8000, 10000, 11000,
        11025, 12000, 14000, 15000, 16000, 20000,
      ]),
  ).filter((f) => f <= rate / 2 && f > 1000);

/** Window lengths that people take, in samples. */
const lengthsAt = (rate: number): number[] =>
  unique(
    [0.02, 0.025, 0.03, 0.032, 0.04, 0.05, 0.064]
      .map((s) => Math.round(s * rate))
      .concat([200, 240, 256, 320, 400, 480, 512, 640, 800, 1024, 1200, 2048, Math.floor(0.025 * rate)]),
  );

const transforms = (length: number): number[] =>
  unique([length, 256, 320, 400, 512, 640, 800, 1024, 2048]).filter((n) => n >= length && n <= 3 * length);

/** Of the coarse grid. */
const coarseLengths = [256, 320, 400, 512, 640, 800, 1024, 1200, 2048];
const coarseTransforms = (length: number): number[] => {
  const two = 2 ** Math.ceil(Math.log2(length));
  return unique([length, two, 2 * two]);
};

/** Where windows of frame 0 begin under the framings there are. */
export function starts(nFft: number, length: number, hop: number): number[] {
  const place = Math.floor((nFft - length) / 2);
  const half = Math.floor(nFft / 2);
  const gap = Math.floor((nFft - hop) / 2);
  const short = Math.floor(length / 2);
  return unique([
    0,
    place,
    place - half,
    -half,
    -short,
    Math.floor(hop / 2) - short,
    Math.floor(hop / 2) - half,
    Math.floor(hop / 2) - half + place,
    place - gap,
    -gap,
    -Math.floor((length - hop) / 2),
    hop - length,
    hop - nFft,
    -(length - hop) + place,
  ]);
}

/** Sums of squares of differences up to each sample: loudness that low frequencies do not decide. */
function loudnessOf(x: Float64Array): Float64Array {
  const sums = new Float64Array(x.length + 1);
  for (let i = 0; i < x.length; i++) sums[i + 1] = sums[i] + (x[i] - 0.9 * (i > 0 ? x[i - 1] : 0)) ** 2;
  return sums;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]): number => x.reduce((p, q) => p + q, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return aa > 0 && bb > 0 ? Math.abs(ab) / Math.sqrt(aa * bb) : 0;
}

/** Hops that the counts of frames allow. */
function hopsOf(examples: readonly Example[], rate: number): number[] {
  const allowed = (hop: number): boolean =>
    examples.every(
      ({ samples, frames }) => Math.abs(samples.length - frames * hop) <= Math.max(2 * hop, 2600),
    );
  const most = Math.ceil(rate / 10);
  const list = Array.from({ length: most }, (_, i) => i + Math.ceil(rate / 500)).filter(allowed);
  // Clips that are filled, or cut, have as many frames whatever their length.
  return list.length > 0
    ? list
    : unique(
        [0.005, 0.008, 0.01, 0.0125, 0.016, 0.02]
          .map((s) => Math.round(s * rate))
          .concat([128, 160, 256, 512]),
      );
}

/** Is it a hop that people take? */
const roundness = (hop: number, rate: number): number => {
  const ms = (1000 * hop) / rate;
  if ([5, 8, 10, 12, 12.5, 16, 20].some((m) => Math.abs(ms - m) < 1e-9)) return 0;
  if (Number.isInteger(Math.log2(hop))) return 0;
  return hop % 10 === 0 || hop % 16 === 0 ? 1 : 2;
};

/** Hops, the likeliest first: by the correlation of features with the loudness of the signal around each frame. */
export function likelyHops(examples: readonly Example[], width: number, rate: number): number[] {
  const clips = examples.slice(0, 3).filter((e) => e.frames > 4);
  const sums = clips.map((e) => loudnessOf(e.samples));
  const half = Math.round(0.012 * rate);
  const found = hopsOf(examples, rate).map((hop) => {
    let best = 0;
    for (let centre = -half; centre <= 4 * half; centre += Math.round(half / 4))
      clips.forEach(({ values, frames, samples }, c) => {
        const [loud, means, firsts]: number[][] = [[], [], []];
        for (let f = 0; f < frames; f++) {
          const from = Math.max(0, centre + f * hop - half);
          const to = Math.min(samples.length, centre + f * hop + half);
          if (to - from < half) continue;
          loud.push(Math.log(sums[c][to] - sums[c][from] + 1e-9));
          means.push(values.subarray(f * width, (f + 1) * width).reduce((a, b) => a + b, 0));
          firsts.push(values[f * width]);
        }
        if (loud.length > 4) best = Math.max(best, correlation(loud, means), correlation(loud, firsts));
      });
    return { hop, best };
  });
  const top = found.reduce((a, b) => Math.max(a, b.best), 0);
  return found
    .filter(({ best }) => best > top - 0.03)
    .sort((a, b) => roundness(a.hop, rate) - roundness(b.hop, rate) || b.best - a.best)
    .map(({ hop }) => hop);
}

/** Everything a search goes by. */
export interface SearchTask {
  readonly examples: readonly Example[];
  readonly width: number;
  readonly rate: number;
  readonly behind: Behind;
  /** Bands of the bank; 0: bins as they are. */
  readonly bands: number;
}

/** A search over guesses: the coarse grid, then one setting after the other. */
class FrontSearch {
  private readonly lab: Lab;
  private readonly task: SearchTask;
  private readonly samplings = new Map<string, Sampling>();

  constructor(task: SearchTask, lab: Lab) {
    this.task = task;
    this.lab = lab;
  }

  private sampling(hop: number, fine: boolean): Sampling {
    const { examples, width, behind } = this.task;
    const shortest = Math.min(...examples.map((e) => e.samples.length));
    const margin = Math.min(2100, Math.floor(shortest / 4));
    const name = `${hop} ${fine}`;
    const known = this.samplings.get(name);
    if (known) return known;
    const size = fine ? { clips: 4, frames: 40, margin } : { clips: 2, frames: 12, margin };
    const made = samplingOf(name, examples, width, hop, behind, size);
    this.samplings.set(name, made);
    return made;
  }

  residual(guess: Guess, fine: boolean): number {
    const sampling = this.sampling(guess.hop, fine);
    const levels = levelsOf(this.lab, guess, sampling, this.task.behind);
    return levels ? lineResidual(levels, sampling) : Infinity;
  }

  private bestOf(guesses: readonly Guess[], from: Scored | null, fine: boolean): Scored {
    let best = from;
    for (const guess of guesses) {
      const residual = this.residual(guess, fine);
      if (!best || residual < best.residual * 0.999 - leastGain) best = { guess, residual };
      if (best.residual <= exactResidual) break;
    }
    return best as Scored;
  }

  /** The best guesses of a grid, different ones. */
  coarse(hops: readonly number[], most: number): Scored[] {
    const { rate, bands, width } = this.task;
    const found: Scored[] = [];
    const lengths = bands === 0 ? [2 * (width - 1), ...coarseLengths] : coarseLengths;
    const ffts = (length: number): number[] =>
      bands === 0 ? [2 * (width - 1)].filter((n) => n >= length) : coarseTransforms(length);
    for (const hop of hops)
      for (const length of lengths)
        for (const nFft of ffts(length)) {
          const banks = bands === 0 ? [scales[0]] : [scales[0], scales[2]];
          const base = { hop, length, nFft, window: 'hann', kind: 'periodic' } as const;
          const rest = {
            emphasis: 0,
            perFrame: false,
            detrend: false,
            bands,
            norm: 'none',
            offset: 0,
          } as const;
          const apart = starts(nFft, length, hop).filter(
            (s, i, all) => all.findIndex((t) => Math.abs(s - t) < length / 10) === i,
          );
          const guesses = apart.flatMap((start) =>
            banks.flatMap(([scale, axis]) =>
              [false, true].map((magnitude): Guess => ({
                ...base,
                ...rest,
                start,
                scale,
                axis,
                fMin: 0,
                fMax: rate / 2,
                magnitude,
              })),
            ),
          );
          found.push(this.bestOf(guesses, null, false));
        }
    return found.sort((a, b) => a.residual - b.residual).slice(0, most);
  }

  /** Guesses that differ in one setting, or in few that go together: the lists of a round. */
  private neighbours({ guess }: Scored): (() => Guess[])[] {
    const { rate, bands } = this.task;
    const g = guess;
    const few = unique([g.fMin, 0, 20, 60, 125]);
    const ends = [
      ...lows.flatMap((fMin) => unique([g.fMax, rate / 2, 4000, 7600, 8000]).map((fMax) => ({ fMin, fMax }))),
      ...few.flatMap((fMin) => tops(rate).map((fMax) => ({ fMin, fMax }))),
    ];
    const banks = (): Guess[] =>
      scales.flatMap(([scale, axis]) => ends.map((end): Guess => ({ ...g, ...end, scale, axis })));
    const near = (nFft: number, length: number): number[] => {
      const centred = g.start + Math.floor((g.length - length) / 2);
      return unique([centred, ...starts(nFft, length, g.hop)]).filter((s) => Math.abs(s - centred) < 100);
    };
    const kinds = ['periodic', 'symmetric'] as const;
    return [
      () => (bands === 0 ? [] : banks()),
      () =>
        [false, true].flatMap((magnitude) =>
          (['none', 'slaney'] as const).flatMap((norm) =>
            offsets.flatMap((offset) =>
              [offset, offset / 2 ** 15, offset / 2 ** 30].map((o): Guess => ({
                ...g,
                magnitude,
                norm,
                offset: o,
              })),
            ),
          ),
        ),
      () =>
        lengthsAt(rate)
          .filter((length) => bands > 0 || length <= g.nFft)
          .flatMap((length) =>
            (bands > 0 ? transforms(length) : [g.nFft]).flatMap((nFft) =>
              near(nFft, length).map((start): Guess => ({ ...g, length, nFft, start })),
            ),
          ),
      () =>
        windows.flatMap((window) =>
          lengthsAt(rate)
            .filter((length) => length <= g.nFft)
            .map((length): Guess => ({
              ...g,
              window,
              length,
              start: g.start + Math.floor((g.length - length) / 2),
            })),
        ),
      () => windows.flatMap((window) => kinds.map((kind): Guess => ({ ...g, window, kind }))),
      () =>
        [false, true].flatMap((perFrame) =>
          [false, true].flatMap((detrend) =>
            emphases.map((emphasis): Guess => ({ ...g, emphasis, perFrame, detrend })),
          ),
        ),
      () => starts(g.nFft, g.length, g.hop).map((start): Guess => ({ ...g, start })),
      () =>
        bands === 0 ? [] : lows.flatMap((fMin) => tops(rate).map((fMax): Guess => ({ ...g, fMin, fMax }))),
    ];
  }

  /** Rounds over all settings until none is better. */
  refine(from: Scored, rounds: number, fine = false): Scored {
    let best: Scored = { guess: from.guess, residual: this.residual(from.guess, fine) };
    for (let round = 0; round < rounds && best.residual > exactResidual; round++) {
      const before = best.residual;
      for (let list = 0; list < this.neighbours(best).length && best.residual > exactResidual; list++)
        best = this.bestOf(this.neighbours(best)[list](), best, fine);
      if (best.residual > before * 0.999) break;
    }
    return best;
  }

  /** Steps of numbers that no list has: starts, lengths, ends of the bank, pre-emphasis. */
  polish(from: Scored): Scored {
    const { rate, bands } = this.task;
    let best: Scored = { guess: from.guess, residual: this.residual(from.guess, true) };
    for (let round = 0; round < 6 && best.residual > exactResidual; round++) {
      const before = best.residual;
      const walk = (steps: readonly number[], move: (g: Guess, by: number) => Guess): void => {
        for (const step of steps)
          for (let tries = 0; tries < 12; tries++) {
            const next = this.bestOf([move(best.guess, step), move(best.guess, -step)], best, true);
            if (next === best) break;
            best = next;
          }
      };
      walk([64, 16, 4, 1], (g, by) => ({ ...g, start: g.start + by }));
      walk([16, 4, 1], (g, by) => ({
        ...g,
        length: Math.max(8, Math.min(g.nFft, g.length + by)),
        start: g.start - Math.floor(by / 2),
      }));
      if (bands > 0) {
        walk([100, 20, 5, 1], (g, by) => ({ ...g, fMin: Math.max(0, g.fMin + by) }));
        walk([200, 50, 10, 1], (g, by) => ({ ...g, fMax: Math.min(rate / 2, g.fMax + by) }));
      }
      walk([0.05, 0.01, 0.001], (g, by) => ({ ...g, emphasis: Math.round((g.emphasis + by) * 1000) / 1000 }));
      if (best.residual > before * 0.99) break;
    }
    return best;
  }
}

/** Starts that are followed for a round, and to the end. */
const [begun, followed] = [6, 3];
/** What is followed at once, and what no other hop betters. */
const promising = 1e-4;

/** What measures frames, as far as it is found: guesses, the best first. `stop` says when time is over. */
export function searchFront(task: SearchTask, hops: readonly number[], stop: () => boolean): Scored[] {
  const search = new FrontSearch(
    task,
    new Lab(
      task.examples.map((e) => e.samples),
      task.rate,
    ),
  );
  const found: Scored[] = [];
  const order = (): Scored[] => found.sort((a, b) => a.residual - b.residual);
  const isDone = (): boolean => stop() || (found.length > 0 && order()[0].residual <= exactResidual);
  for (const hop of hops) {
    for (const start of search.coarse([hop], begun)) {
      if (isDone()) break;
      const round = search.refine(start, 1);
      found.push(round.residual < promising ? search.polish(search.refine(round, 4)) : round);
    }
    for (const start of order().slice(0, followed)) {
      if (isDone()) break;
      found.push(search.polish(search.refine(start, 4)));
    }
    if (isDone() || order()[0].residual < promising) break;
  }
  return order();
}
