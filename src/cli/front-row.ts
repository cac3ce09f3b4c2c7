/** Rows of a front of error against cost: front.json. */
import * as shape from '../formats/shape.ts';

/** Rows name files of their own folder, and no other is read. */
const ownFile: shape.Shape<string> = (value) =>
  typeof value === 'string' && /^(examples\/)?[\w-]+(\.[\w-]+)*$/.test(value)
    ? null
    : ': expected a file of its own folder';

const spread = shape.orNull(shape.object(shape.each(['mean', 'p95'], shape.finite)));

const rowShape = shape.object({
  /** What the recordings are, as in speech; absent where it was not said. */
  corpus: shape.optional(shape.text),
  ...shape.each(['feature', 'structure'], shape.text),
  /** Its role in a comparison: the exact kernel, or a cheap way to spend less. */
  kind: shape.oneOf(['exact', 'learned', 'baseline']),
  /** `mels`: bands, 0 for a feature without. */
  ...shape.each(['nFft', 'mels', 'seed'], shape.finite),
  /** Mean |difference| in log10 on test recordings, its 95th percentile; on validation recordings, null where it was not measured. */
  ...shape.each(['error', 'errorP95'], shape.finite),
  validationError: shape.orNull(shape.finite),
  /** What the error may be on recordings not seen: what budgets are compared with. Absent where nothing was known of it. */
  estimate: shape.optional(shape.object(shape.each(['mean', 'margin', 'recordings'], shape.finite))),
  /** For the head `peaks`: peaks found in the results, compared with peaks of the exact results. */
  peaks: shape.optional(
    shape.object({
      ...shape.each(['peaks', 'missed', 'extra'], shape.count),
      ...shape.each(['frequency', 'level'], spread),
    }),
  ),
  /** Mean per band; null where nothing was measured (no peak near). */
  bandErrors: shape.listOf(shape.orNull(shape.finite)),
  /** Real operations per frame, counted from compiled programs: of the whole front end; of its transform; without its windows. */
  ...shape.each(['operations', 'exactOperations'], shape.finite),
  ...shape.each(['transformOperations', 'exactTransformOperations'], shape.finite),
  ...shape.each(['fftOperations', 'exactFftOperations'], shape.finite),
  /** Nanoseconds per frame, whole front end, medians of interleaved samples of one run; null where nothing was timed. */
  ...shape.each(['nsPerFrame', 'exactNsPerFrame'], shape.orNull(shape.finite)),
  ...shape.each(['tableBytes', 'codeBytes'], shape.finite),
  /** What it takes of the target that `settings` names: instructions per frame, bytes; absent where that is not counted. */
  needs: shape.optional(shape.object(shape.each(['instructions', 'flash', 'ram'], shape.finite))),
  /** Model and kernel as written. */
  files: shape.listOf(ownFile),
  /** What else decides a search: minutes of recordings, whether gates were tried, and a word for the recordings themselves. */
  settings: shape.optional(shape.recordOf(shape.either(shape.either(shape.text, shape.finite), shape.flag))),
  /** The command line that measured it. */
  command: shape.optional(shape.text),
  /** Of a few rows: a stretch of a test recording, sound made from the features alone, pictures of them and of what differs. */
  example: shape.optional(
    shape.object({
      recording: shape.text,
      ...shape.each(['original', 'sound', 'features'], ownFile),
      difference: shape.orNull(ownFile),
    }),
  ),
});

/** One front end of a front, measured on test recordings. Plain data: a line of JSON or CSV. */
export type FrontRow = shape.ShapeOf<typeof rowShape>;

export const isFront = (value: unknown): value is FrontRow[] =>
  shape.matches(shape.listOf(rowShape, 1), value);
