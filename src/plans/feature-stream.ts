/** What streams of features have in common. */
import type { FloatArray } from '../backends/backend.ts';
import type { HeadConfig } from '../spectral/head.ts';

/** Features of a signal that comes in chunks of any length; the same bits as from the whole clip. */
export interface FeatureStream {
  readonly head: HeadConfig;
  /** Numbers per frame. */
  readonly width: number;
  /**
   * frames: as soon as their samples are there. flush: all at the end, because the head has to know the whole signal (its
   * maximum without a `reference`, an average over frames, a normalisation).
   */
  readonly emits: 'frames' | 'flush';
  /**
   * Samples behind a frame's own hop that it waits for: frame length - hop, less the nFft / 2 by which centred frames begin
   * earlier, and what deltas count behind a frame. Infinity where everything comes at the end. At the start, reflected padding waits for nFft / 2 + 1 samples.
   */
  readonly latency: number;
  /** The frames of the last push or flush, [count, width]; overwritten by the next one. */
  readonly frames: FloatArray;
  /** Imaginary parts of a complex head. */
  readonly imaginary?: FloatArray;
  /** Are as many samples in as the head's `fit`? What follows is left out; `flush`, then `reset`, begins the next clip. */
  readonly full: boolean;
  /**
   * Take the samples that follow, in [-1, 1] (in [-fullScale, fullScale]); returns how many frames they complete. Throws InvalidArgumentError for a sample
   * that is not finite (naming sample, frame and time), and then takes none of them; those behind `fit` may be anything.
   */
  push(samples: ArrayLike<number>): number;
  /** The end of the signal: the frames that are left. Throws InvalidArgumentError when the whole signal held no frame. */
  flush(): number;
  /** Begin a new signal. */
  reset(): void;
  /** Lets go of the memory; push afterwards throws. */
  dispose(): void;
}
