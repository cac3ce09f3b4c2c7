/** What is to be said of the closest head: exact, exact but for noise, or not; and what the clips leave open. */
import type { HeadConfig } from '../../spectral/head.ts';
import type { Example } from './clips.ts';
import type { Powers } from './guess.ts';
import { learnedBank, type LearnedBank } from './learned.ts';
import { noiseOf, type ParityNoise } from './noise.ts';
import { undecidedStages, type UndecidedStage } from './undecided.ts';

/** Differences up to here are those of float32 arithmetic. */
export const exactDifference = 1e-5;
/** What noise leaves at most, RMS. */
const noisy = 0.5;
/** RMS differences below are near. */
const near = 0.05;

/** A head and how far its features are off: the largest difference over the largest magnitude, RMS over that about the mean. */
export interface Closest {
  readonly head: HeadConfig;
  readonly difference: number;
  readonly rms: number;
}

export interface Verdict {
  /** exact: within 1e-5. noise: the rest is `noise`. close, unknown: no setting explains it; RMS differences below and above 0.05. */
  readonly verdict: 'exact' | 'noise' | 'close' | 'unknown';
  /** What the difference is, where it is none of settings. */
  readonly noise: ParityNoise | null;
  /** Stages that the clips do not decide, of a front end that is found. */
  readonly undecided: readonly UndecidedStage[];
  /** Where no settings fit: a learned bank, if that is nearer. */
  readonly learned: LearnedBank | null;
}

/** Seconds that neighbours of a head are tried for, and that a bank is looked for. */
const [neighbourSeconds, bankSeconds] = [8, 15];
/** A learned bank is taken that leaves at most this part of the difference. */
const nearer = 0.8;

/** Is so much time over, from now on? */
function timer(seconds: number): () => boolean {
  const end = performance.now() + 1000 * seconds;
  return () => performance.now() > end;
}

/** The verdict of a head by the examples it was found from. */
export function verdictOf(
  { head, difference, rms }: Closest,
  examples: readonly Example[],
  powers: Powers,
): Verdict {
  const isExact = difference <= exactDifference;
  const noise = isExact || rms > noisy ? null : noiseOf(head, examples, powers);
  if (isExact || noise !== null) {
    const undecided = undecidedStages(head, examples, powers, timer(neighbourSeconds));
    return { verdict: isExact ? 'exact' : 'noise', noise, undecided, learned: null };
  }
  const bank = learnedBank(head, examples, powers, timer(bankSeconds));
  const learned = bank && bank.rms < nearer * rms ? bank : null;
  return { verdict: rms < near ? 'close' : 'unknown', noise, undecided: [], learned };
}
