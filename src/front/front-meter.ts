/** How far front ends of a search are off on validation recordings, and may be on recordings not seen. */
import type { HeadConfig } from '../spectral/head.ts';
import type { FloatArray } from '../backends/backend.ts';
import {
  exactFeatures,
  featureError,
  frameSet,
  type FeatureError,
  type FrameSet,
  type Split,
} from './corpus.ts';
import type { ErrorPlaces } from './error-places.ts';
import { compileFrontEnd } from './compile.ts';
import type { TargetOptions } from './front-costs.ts';
import { estimateError, heldOutErrors, partErrors, type ErrorEstimate, type Fitting } from './held-out.ts';
import type { FrontEnd } from './front-end.ts';

/** The recordings that a search reads. */
export type SearchSplit = Pick<Split, 'train' | 'validation'>;

export interface SearchOptions extends TargetOptions {
  readonly head: HeadConfig;
  /** Where errors count; default everywhere. */
  readonly places?: ErrorPlaces;
  /** What the error to be expected on recordings not seen must stay within, margin included. */
  readonly budget: number;
  readonly seed: number;
}

/** Frames and steps of a fit that is kept. */
export const fullFit = { frames: 4096, steps: 500 } as const;

/** Error of a front end on validation recordings, and what it may be on others. */
export interface Judgement {
  readonly validationError: number;
  readonly estimate: ErrorEstimate;
}

export class FrontMeter {
  private readonly options: SearchOptions;
  private readonly split: SearchSplit;
  /** Exact features of the validation recordings, computed once. */
  private readonly targets: readonly FloatArray[];
  private known: FrameSet | null = null;

  constructor(options: SearchOptions, split: SearchSplit) {
    this.options = options;
    this.split = split;
    this.targets = exactFeatures(options.head, split.validation);
  }

  frames(part: 'train' | 'validation', limit: number, seed: number): FrameSet {
    const { head, places } = this.options;
    return frameSet(this.split[part], head, limit, seed, places);
  }

  /** The training frames of fits that are kept. */
  get trainSet(): FrameSet {
    return (this.known ??= this.frames('train', fullFit.frames, this.options.seed));
  }

  /** Error of the compiled float32 front end on validation recordings. */
  validate(model: FrontEnd): FeatureError {
    const { validation } = this.split;
    const { head, places } = this.options;
    const front = compileFrontEnd(model);
    const features = validation.map((r) => front.features(r.samples));
    return featureError(validation, features, this.targets, head, places);
  }

  /**
   * A front end by the validation recordings, and where it was fitted by the training recordings too, each with a filterbank
   * fitted without it: not so where the first is above the budget already. The test part is as large as the validation part.
   */
  async judge(model: FrontEnd, fitting: Fitting | null): Promise<Judgement> {
    const { head, budget } = this.options;
    const error = this.validate(model);
    const heldOut =
      fitting && error.mean <= budget
        ? await heldOutErrors(head, this.split.train, this.trainSet, fitting)
        : [];
    return {
      validationError: error.mean,
      estimate: estimateError([...partErrors(error), ...heldOut], this.split.validation.length),
    };
  }
}
