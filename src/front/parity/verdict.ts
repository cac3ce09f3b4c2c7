/** What is to be said of the closest head: exact, exact but for noise, or not; and what the clips leave open. */
import type { HeadConfig } from '../../spectral/head.ts';
import type { Example } from './clips.ts';
import type { Powers } from './guess.ts';
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
}

/** Seconds that neighbours of a head are tried for. */
const mostSeconds = 8;

/** The verdict of a head by the examples it was found from. */
export function verdictOf(
  { head, difference, rms }: Closest,
  examples: readonly Example[],
  powers: Powers,
): Verdict {
  const isExact = difference <= exactDifference;
  const noise = isExact || rms > noisy ? null : noiseOf(head, examples, powers);
  if (!isExact && noise === null) return { verdict: rms < near ? 'close' : 'unknown', noise, undecided: [] };
  const end = performance.now() + 1000 * mostSeconds;
  const undecided = undecidedStages(head, examples, powers, () => performance.now() > end);
  return { verdict: isExact ? 'exact' : 'noise', noise, undecided };
}
