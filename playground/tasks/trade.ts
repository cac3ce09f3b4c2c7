/** Front ends of a feature on one recording: how far off, how many operations, how fast on this machine, how large on another. */
import { features } from 'papilio';
import { measure, type Machine } from 'papilio/compiler';
import { decodeFrontEnd } from 'papilio/files';
import {
  compileFrontEnd,
  exactFrontEnd,
  featureError,
  frontEndNeeds,
  frontProgram,
  headFrames,
  levelsFront,
  type FrontEnd,
} from 'papilio/front';
import { atRate, headOf } from '../sound/heads.ts';
import type { Task } from '../shell/task.ts';

interface TradeInput {
  readonly samples: Float64Array;
  readonly rate: number;
  readonly feature: string;
  /** Files of front ends; null: the exact one, which is the first. */
  readonly fronts: readonly (Uint8Array | null)[];
  readonly machine: Machine;
}

/** What is known of a front end; null: not yet, or C has not these features. */
export interface Traded {
  /** Mean and 95th percentile of |difference| in log10, on the recording. */
  readonly error: number;
  readonly p95: number;
  /** Additions and multiplications per frame. */
  readonly operations: number;
  /** Nanoseconds per frame, the median, and half the distance between the quartiles. */
  readonly ns: number | null;
  readonly spread: number | null;
  /** Of the machine: bytes, and instructions per frame. */
  readonly flash: number | null;
  readonly ram: number | null;
  readonly instructions: number | null;
  /** Has the machine been counted, or found not to be countable? */
  readonly counted: boolean;
}

/** Times of all, in turn: samples of a few milliseconds. */
const timing = { samples: 9, sampleMs: 4, warmupMs: 20 } as const;

function needsOf(
  front: FrontEnd,
  machine: Machine,
): Pick<Traded, 'flash' | 'ram' | 'instructions' | 'counted'> {
  try {
    const needs = frontEndNeeds(levelsFront(front), machine);
    if (needs) return { ...needs, counted: true };
  } catch {
    // A head that C has not.
  }
  return { flash: null, ram: null, instructions: null, counted: true };
}

const trade: Task<TradeInput, Traded[], Traded[]> = async (
  { samples: given, rate, feature, fronts, machine },
  { progress, breathe },
) => {
  const own = exactFrontEnd(headOf(feature));
  const models = fronts.map((bytes) => (bytes ? decodeFrontEnd(bytes, 'a front end') : own));
  const samples = atRate(given, rate, own.head.sampleRate);
  const recordings = [{ name: 'the recording', samples }];
  const levels = models.map((front) => compileFrontEnd(levelsFront(front)));
  const exact = compileFrontEnd(levelsFront(own)).features(samples);
  const traded: Traded[] = levels.map((front) => {
    const { head } = levelsFront(own);
    const { mean: error, p95 } = featureError(recordings, [front.features(samples)], [exact], head);
    const { mul, add } = front.perFrame;
    const none = { ns: null, spread: null, flash: null, ram: null, instructions: null, counted: false };
    return { error, p95, operations: mul + add, ...none };
  });
  progress([...traded]);
  await breathe();
  const extractors = models.map((front) => features(frontProgram(front)));
  const units = headFrames(own.head, samples.length);
  const run = extractors.map((extractor, i) => ({
    name: String(i),
    run: () => void extractor.run(samples),
    units,
  }));
  measure(run, timing).forEach(({ ns, spread }, i) => (traded[i] = { ...traded[i], ns, spread }));
  for (const extractor of extractors) extractor.dispose();
  for (const [i, front] of models.entries()) {
    progress([...traded]);
    await breathe();
    traded[i] = { ...traded[i], ...needsOf(front, machine) };
  }
  return traded;
};
export default trade;
