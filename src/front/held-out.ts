/**
 * What a front end's error may be on recordings that nothing has seen: errors of single recordings, each by a filterbank that was
 * fitted without it (cross-validation over recordings, Stone 1974), and how far they scatter.
 */
import type { HeadConfig } from '../spectral/head.ts';
import type { Bank } from '../spectral/banks.ts';
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, whole } from '../options.ts';
import type { FeatureError, FrameSet, Recording } from './corpus.ts';
import { bankError, lanesOf, type RefitData } from './refit.ts';

/** The mean error over some frames that belong together: a recording, or a stretch of one. */
export interface PartError {
  readonly mean: number;
  readonly frames: number;
}

/** Errors by recording, without recordings that have nothing above the floor. */
export const partErrors = ({ recordings }: FeatureError): PartError[] =>
  recordings
    .map(({ mean, frames, excludedFrames }) => ({ mean, frames: frames - excludedFrames }))
    .filter((p) => p.frames > 0);

/** An error to be expected of recordings not seen, in log10. Plain data. */
export interface ErrorEstimate {
  /** Mean over recordings, each by a front end that was not fitted to it. */
  readonly mean: number;
  /** How much more the mean over other recordings may be: nine of ten sets of them stay below mean + margin. */
  readonly margin: number;
  /** Recordings behind it, or stretches of time where there are fewer than three. */
  readonly recordings: number;
}

/** What nine of ten sets of other recordings stay below: mean plus margin. */
export const upperError = ({ mean, margin }: ErrorEstimate): number => mean + margin;

/** The error that a budget is compared with: of validation recordings, or the upper end of what is expected of others if that is more. */
export const judgedError = ({
  validationError,
  estimate,
}: {
  readonly validationError: number;
  readonly estimate?: ErrorEstimate;
}): number => (estimate ? Math.max(validationError, upperError(estimate)) : validationError);

/** Nine of ten of a normal law are less than this many standard deviations above its mean. */
const ninetieth = 1.2816;
/** Errors below this part of the mean count as this large, because the logarithm of a vanishing error is meaningless. */
const least = 1e-2;

/**
 * The mean of errors by recording, weighted by frames, and how far above it the mean over `unseen` other recordings may be. Errors
 * of recordings differ by factors, a few being several times the others, so their logarithms are taken to be normal with spread s,
 * and the upper end of a one-sided 90 % prediction is mean exp(1.28 s sqrt(1 / R + 1 / unseen)). R is the number of recordings,
 * weighted: (sum w)^2 / sum w^2 (Kish, Survey sampling, 1965). One recording says nothing of others: its margin is as large as
 * its error.
 */
export function estimateError(parts: readonly PartError[], unseen: number): ErrorEstimate {
  const frames = parts.reduce((sum, p) => sum + p.frames, 0);
  if (!(frames > 0)) throw new InvalidArgumentError('no frames were measured; expected parts that have some');
  checkArgument('unseen', unseen, whole());
  const average = (of: (p: PartError) => number): number =>
    parts.reduce((sum, p) => sum + p.frames * of(p), 0) / frames;
  const mean = average((p) => p.mean);
  const recordings = parts.length;
  if (recordings < 2 || mean === 0) return { mean, margin: mean, recordings };
  const logarithm = (p: PartError): number => Math.log(Math.max(p.mean, least * mean));
  const middle = average(logarithm);
  const count = frames / average((p) => p.frames);
  const variance = average((p) => (logarithm(p) - middle) ** 2) * (count / (count - 1));
  const factor = Math.exp(ninetieth * Math.sqrt(variance * (1 / count + 1 / unseen)));
  return { mean, margin: (factor - 1) * mean, recordings };
}

/** Parts of the training recordings, each as large as the validation part. */
const folds = 3;
/** Fits without a fold are shorter than the one that is kept: their errors are a little larger, which is on the safe side. */
const foldFit = { lanes: 1024, steps: 250 } as const;

/** How a front end was fitted, so that it can be fitted again without some of the recordings. */
export interface Fitting {
  /** What it measures of the training frames, in their order. */
  readonly data: RefitData;
  /** A filterbank for some of them, in so many steps. */
  readonly fit: (data: RefitData, steps: number) => Promise<Bank>;
}

/** Lanes of each recording, or stretch of one, that has some in a set. */
function lanesOfParts(recordings: readonly Recording[], { starts, lanes }: FrameSet): number[][] {
  const stretches = recordings.length < folds ? Math.ceil(folds / recordings.length) : 1;
  const parts = Array.from({ length: recordings.length * stretches }, (): number[] => []);
  for (let lane = 0; lane < lanes; lane++) {
    const { samples, at, recording } = starts[lane];
    parts[recording * stretches + Math.floor((at * stretches) / samples.length)].push(lane);
  }
  return parts.filter((p) => p.length > 0);
}

/** Errors of training recordings, whose frames are `set`, by filterbanks fitted without them. */
export async function heldOutErrors(
  head: HeadConfig,
  recordings: readonly Recording[],
  set: FrameSet,
  { data, fit }: Fitting,
): Promise<PartError[]> {
  const parts = lanesOfParts(recordings, set);
  const errors: PartError[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const others = parts.filter((_, i) => i % folds !== fold).flat();
    const own = parts.filter((_, i) => i % folds === fold);
    if (others.length === 0 || own.length === 0) continue;
    // In the order in which the frames were drawn, so that every recording has its share.
    const lanes = others.sort((a, b) => a - b).slice(0, foldFit.lanes);
    while (lanes.length % 4 !== 0) lanes.push(lanes[lanes.length % others.length]);
    const bank = await fit(lanesOf(data, lanes), foldFit.steps);
    for (const part of own)
      errors.push({ mean: bankError(head, bank, lanesOf(data, part)), frames: part.length });
  }
  return errors;
}
