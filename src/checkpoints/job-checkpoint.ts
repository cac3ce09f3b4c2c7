/** Checkpoints of unfinished learn jobs. */
import { InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import type { Tensor } from '../formats/safetensors.ts';
import {
  count,
  each,
  either,
  finite,
  listOf,
  object,
  oneOf,
  optional,
  orNull,
  recordOf,
  requireShape,
  text,
} from '../formats/shape.ts';
import { validateBranches } from '../spectral/branches.ts';
import { checked, decodeKind, encodeFile, floats, tensor } from './format.ts';
import {
  learnPhases,
  validateLearnOptions,
  type LearnCheckpoint,
  type LearnOptions,
} from '../prune/learn.ts';
import { isTree } from '../prune/structure-models.ts';

type Progress = LearnCheckpoint['progress'];

// Numbers that are not finite are null in JSON.
const measured = orNull(finite);

/** What a job knows after each phase; structures are checked against the head afterwards. */
const shapeOfProgress = () =>
  object({
    phase: oneOf([...learnPhases, 'done']),
    restarts: count,
    spectrumCurve: listOf(object({ step: count, ...each(['loss', 'error'], measured) })),
    screened: listOf(
      object({
        name: text,
        ...each(['operations', 'cost', 'validationError'], measured),
        needs: optional(object(each(['instructions', 'flash', 'ram'], finite))),
        structure: either(
          object({ depth: count, dropped: listOf(count) }),
          object({ branches: listOf(object({})) }),
        ),
        gates: oneOf(['none', 'skip', 'drop']),
      }),
    ),
  });
const progressShape = /* @__PURE__ */ shapeOfProgress();

/** Deepest tree that a file may name: more than 2^20 residues make no sense. */
const deepest = 20;

function validateScreened({ head }: LearnOptions, { screened }: Progress): void {
  for (const { structure } of screened)
    if (!isTree(structure)) validateBranches(head, structure.branches);
    else if (structure.depth > deepest || structure.dropped.some((r) => r >= 2 ** structure.depth))
      throw new InvalidArgumentError(`a structure of depth ${structure.depth} that drops residues beyond it`);
}

/** What a job file says beside its arrays. `files`: recording name to content hash. */
interface JobSpec extends Omit<LearnCheckpoint, 'arrays'> {
  readonly files: Readonly<Record<string, string>>;
}

function validateJob(spec: JobSpec, name: string): void {
  checked(name, () => validateLearnOptions(spec.options));
  const rest = { step: spec.step, progress: spec.progress, files: spec.files };
  requireShape(
    object({ step: count, progress: progressShape, files: recordOf(text) }),
    rest,
    name,
    'the spec',
  );
  checked(name, () => validateScreened(spec.options, spec.progress));
}

/** Bytes of an unfinished learn job. */
export function encodeJob({ arrays, ...job }: LearnCheckpoint, files: JobSpec['files']): Uint8Array {
  const tensors = Object.entries(arrays).map(([key, data]): [string, Tensor] => [
    key,
    tensor(data, [data.length], key),
  ]);
  return encodeFile('learn-job', { ...job, files }, Object.fromEntries(tensors));
}

/** Throws FileFormatError, naming the file, if the bytes are no learn job; UnsupportedError for one of papilio 0.1. */
export function decodeJob(
  bytes: Uint8Array,
  name = 'the job',
): { checkpoint: LearnCheckpoint; files: Readonly<Record<string, string>> } {
  const file = decodeKind(bytes, name, 'learn-job');
  const arrays: Record<string, FloatArray> = {};
  for (const [key, t] of file.arrays) {
    floats(t, name, key);
    arrays[key] = t.data as FloatArray;
  }
  const spec = file.read('spec') as JobSpec;
  validateJob(spec, name);
  const { options, progress, step, files } = spec;
  return { checkpoint: { options, progress, step, arrays }, files };
}
