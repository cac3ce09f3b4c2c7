/** What is to be said of the closest head: exact, exact but for noise, or not; and what the clips leave open. */
import type { HeadConfig } from '../../spectral/head.ts';
import { apart, featuresUnder, orElse, type Apart } from './apply.ts';
import type { Example } from './clips.ts';
import type { Powers } from './guess.ts';
import { learnedBank, type LearnedBank } from './learned.ts';
import { mended, withoutMap, withUsualLevels } from './mend.ts';
import { noiseOf, type ParityNoise } from './noise.ts';
import { undecidedStages, type UndecidedStage } from './undecided.ts';

/** Differences up to here are those of float32 arithmetic. */
export const exactDifference = 1e-5;
/** What noise leaves at most, RMS. */
const noisy = 0.5;
/** RMS differences below are near. */
const near = 0.05;

/** A head and how far its features are off: the largest difference over the largest magnitude, RMS over that about the mean. */
export interface Closest extends Apart {
  readonly head: HeadConfig;
}

/** What is said of a head, which may have plainer levels than the closest one. */
export interface Verdict extends Closest {
  /** exact: within 1e-5. noise: the rest is `noise`. close, unknown: no setting explains it; RMS differences below and above 0.05. */
  readonly verdict: 'exact' | 'noise' | 'close' | 'unknown';
  /** What the difference is, where it is none of settings. */
  readonly noise: ParityNoise | null;
  /** Stages that the clips do not decide, of a front end that is found. */
  readonly undecided: readonly UndecidedStage[];
  /** Where no settings fit: a learned bank, if that is nearer. */
  readonly learned: LearnedBank | null;
}

/** Seconds that levels are mended for, that neighbours of a head are tried for, and that a bank is looked for. */
const [mendSeconds, neighbourSeconds, bankSeconds] = [5, 8, 15];
/** A learned bank is taken that leaves at most this part of the difference. */
const nearer = 0.8;

/** Is so much time over, from now on, or all there was? */
function timer(seconds: number, stop: () => boolean): () => boolean {
  const end = performance.now() + 1000 * seconds;
  return () => performance.now() > end || stop();
}

/** A head and how far it is off. */
function measured(head: HeadConfig, examples: readonly Example[], powers: Powers): Closest {
  const run = featuresUnder(head, powers);
  const made = examples.map(({ samples }) => run(samples));
  return {
    head,
    ...apart(
      made,
      examples.map(({ values }) => values),
    ),
  };
}

/** Plans that are kept, and when time is over. */
export interface Means {
  readonly powers: Powers;
  readonly stop: () => boolean;
}

/** The closest head in its plainest form: noise is not fitted. */
function plainest(closest: Closest, examples: readonly Example[], { powers, stop: over }: Means): Closest {
  const { head, difference, rms } = closest;
  const stop = timer(mendSeconds, over);
  const isRight = (h: HeadConfig): boolean =>
    orElse(() => measured(h, examples, powers).difference, Infinity) <= exactDifference;
  const usual = (): HeadConfig =>
    difference <= exactDifference
      ? withUsualLevels(head, isRight, stop)
      : mended(head, examples, powers, stop);
  const own = withoutMap(rms > noisy ? head : usual());
  return own === head ? closest : measured(own, examples, powers);
}

/** The verdict of the closest head by the examples it was found from. */
export function verdictOf(closest: Closest, examples: readonly Example[], means: Means): Verdict {
  const { powers, stop } = means;
  const own = plainest(closest, examples, means);
  const { head, difference, rms } = own;
  const isExact = difference <= exactDifference;
  const noise = isExact || rms > noisy ? null : noiseOf(head, examples, powers);
  if (isExact || noise !== null) {
    const undecided = undecidedStages(head, examples, powers, timer(neighbourSeconds, stop));
    return { ...own, verdict: isExact ? 'exact' : 'noise', noise, undecided, learned: null };
  }
  const bank = learnedBank(closest.head, examples, powers, timer(bankSeconds, stop));
  const learned = bank && bank.rms < nearer * closest.rms ? bank : null;
  return { ...closest, verdict: closest.rms < near ? 'close' : 'unknown', noise, undecided: [], learned };
}
