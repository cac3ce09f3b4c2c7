/** Rows of a front of error against cost. */
import type { ErrorEstimate, PeakErrors } from '../front.ts';

/** A stretch of a test recording, and what a front end made of it; names of files beside the rows. */
interface FrontExample {
  readonly recording: string;
  readonly original: string;
  /** Sound made from the features alone. */
  readonly sound: string;
  /** Pictures of the features, and of their difference from the exact ones; null for the exact front end. */
  readonly features: string;
  readonly difference: string | null;
}

/** One front end of a front, measured on test recordings. Plain data: a line of JSON or CSV. */
export interface FrontRow {
  /** What the recordings are, as in speech; absent where it was not said. */
  readonly corpus?: string;
  readonly feature: string;
  readonly nFft: number;
  /** Mel bands; 0 for a feature without. */
  readonly mels: number;
  readonly structure: string;
  /** Its role in a comparison: the exact kernel, or a cheap way to spend less. */
  readonly kind: 'exact' | 'learned' | 'baseline';
  readonly seed: number;
  /** Mean |difference| in log10 on test recordings, its 95th percentile, and the same mean on validation recordings (null where it was not measured). */
  readonly error: number;
  readonly errorP95: number;
  readonly validationError: number | null;
  /** What the error may be on recordings not seen: what budgets are compared with. Absent where nothing was known of it. */
  readonly estimate?: ErrorEstimate;
  /** For the head `peaks`: peaks found in the results, compared with peaks of the exact results. */
  readonly peaks?: PeakErrors;
  /** Mean per band; null where nothing was measured (no peak near). */
  readonly bandErrors: readonly (number | null)[];
  /** Real multiplications and additions per frame of the whole front end, counted from the compiled program. */
  readonly operations: number;
  readonly exactOperations: number;
  /** Operations of the transform alone, windows and filters included. */
  readonly transformOperations: number;
  readonly exactTransformOperations: number;
  /** The same without multiplications by windows. */
  readonly fftOperations: number;
  readonly exactFftOperations: number;
  /** Nanoseconds per frame, whole front end, medians of interleaved samples of one run; null where nothing was timed. */
  readonly nsPerFrame: number | null;
  readonly exactNsPerFrame: number | null;
  readonly tableBytes: number;
  readonly codeBytes: number;
  /** Model and kernel as written. */
  readonly files: readonly string[];
  /** What else decides a search: minutes of recordings, whether gates were tried, and a word for the recordings themselves. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** The command line that measured it. */
  readonly command?: string;
  /** Files of a test recording to see and hear, of a few rows. */
  readonly example?: FrontExample;
}
