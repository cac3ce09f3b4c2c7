/**
 * Timing, the one way everything here is timed: contenders in turn, in an order that rotates and turns round, on code that has
 * stopped getting faster; medians with quartiles, ratios of one round, and what two equal contenders differ by.
 */
import { checkOptions, finite, whole, type OptionTable } from '../options.ts';
import { percentiles, type Percentiles } from '../numeric/percentiles.ts';

/** Work to be timed by `measure`. */
export interface Contender {
  readonly name: string;
  /** Does `units` pieces of work. */
  readonly run: () => void;
  readonly units: number;
}

/** Times of one contender. */
export interface Timing {
  readonly name: string;
  /** Median nanoseconds per unit. */
  readonly ns: number;
  /** Half the distance between the quartiles, nanoseconds. */
  readonly spread: number;
  readonly samples: number;
  /** Nanoseconds per unit of every sample, in the order taken: sample i of all contenders is of one round. */
  readonly values: readonly number[];
}

interface MeasureOptions {
  /** Samples per contender. Default 15. */
  readonly samples?: number;
  /** Shortest sample in milliseconds. Default 20. */
  readonly sampleMs?: number;
  /** Shortest warm-up per contender in milliseconds; it goes on while the code still gets faster. Default 100. */
  readonly warmupMs?: number;
}

/** Milliseconds; audio worklets have the calendar's clock alone. */
const now = (): number => (typeof performance === 'undefined' ? Date.now() : performance.now());

/** A warm-up ends when a round of it is not this much faster than the best before, or after so many rounds. */
const steady = { gain: 0.95, rounds: 8 } as const;

/** Runs of a contender in so many milliseconds, at least `least`; and milliseconds per run. */
function runFor({ run }: Contender, ms: number, least: number): { runs: number; each: number } {
  const start = now();
  let runs = 0;
  let end = start;
  while (end - start < ms || runs < least) {
    run();
    runs++;
    end = now();
  }
  return { runs, each: (end - start) / runs };
}

/** Run every contender until none gets faster: a busy machine compiles the fast code late. Rounds of all, as they are timed. */
function warmUp(contenders: readonly Contender[], ms: number): void {
  const best = contenders.map((c) => runFor(c, ms, 3).each);
  for (let round = 0; round < steady.rounds; round++) {
    let faster = false;
    contenders.forEach((c, i) => {
      const { each } = runFor(c, ms / 4, 3);
      if (each < steady.gain * best[i]) faster = true;
      best[i] = Math.min(best[i], each);
    });
    if (!faster) return;
  }
}

/** Order of a round: it begins with another contender each time and turns round, so that none has always the same one before it. */
export const orderOf = (round: number, count: number): number[] => {
  const rotated = Array.from({ length: count }, (_, i) => (i + (round >> 1)) % count);
  return round % 2 === 0 ? rotated : rotated.reverse();
};

const measureOptions: OptionTable<MeasureOptions> = {
  samples: whole(),
  sampleMs: finite({ minimum: 0 }),
  warmupMs: finite({ minimum: 0 }),
};

/** Time contenders in turn, so that drift of the machine meets all alike. */
export function measure(contenders: readonly Contender[], options: MeasureOptions = {}): Timing[] {
  checkOptions('measure', options, measureOptions);
  const { samples = 15, sampleMs = 20, warmupMs = 100 } = options;
  warmUp(contenders, warmupMs);
  // The most of three: whoever is interrupted runs less often in its time.
  const repetitions = contenders.map((c) => Math.max(...[1, 2, 3].map(() => runFor(c, sampleMs, 1).runs)));
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < samples; round++)
    for (const i of orderOf(round, contenders.length)) {
      const { run, units } = contenders[i];
      const start = now();
      for (let r = 0; r < repetitions[i]; r++) run();
      times[i].push(((now() - start) * 1e6) / (repetitions[i] * units));
    }
  return contenders.map((c, i) => {
    const { p25, p50, p75 } = percentiles(times[i]);
    return { name: c.name, ns: p50, spread: (p75 - p25) / 2, samples, values: times[i] };
  });
}

/** The times of one contender over those of another in the same round. */
export const ratioOf = (a: Timing, b: Timing): Percentiles =>
  percentiles(a.values.map((t, round) => t / b.values[round]));

type Quartiles = Pick<Percentiles, 'p25' | 'p75'>;

/** What equal contenders differ by in half of all rounds, from the ratio of two: a part of 1. */
export const noiseOf = ({ p25, p75 }: Quartiles): number => Math.max(1 - p25, p75 - 1, 0);

/** Is a ratio of times another than 1: are both its quartiles on one side, further off than equal contenders are? */
export const differs = ({ p25, p75 }: Quartiles, noise = 0): boolean => p25 > 1 + noise || p75 < 1 - noise;
