/** Checkpoints of unfinished learn jobs. */
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import {
  count,
  each,
  either,
  finite,
  listOf,
  object,
  oneOf,
  orNull,
  recordOf,
  requireShape,
  text,
} from '../formats/shape.ts';
import { validateBranches } from '../spectral/branches.ts';
import { checked, decode, floats, formatVersion, parse, tensor } from './checkpoint.ts';
import { validateLearnOptions, type LearnCheckpoint, type LearnOptions } from '../prune/learn.ts';
import { shapeOf } from '../front/spectral-head.ts';
import { isTree } from '../prune/structure-models.ts';

type Progress = LearnCheckpoint['progress'];

// Numbers that are not finite are null in JSON.
const measured = /* @__PURE__ */ orNull(finite);

/** What a job knows after each phase; structures are checked against the head afterwards. */
const shapeOfProgress = () =>
  object({
    phase: oneOf(['transform', 'split', 'structures', 'refit', 'gates', 'done']),
    restarts: count,
    ...each(['startError', 'spectrumError', 'snapDistance'], measured),
    spectrumCurve: listOf(object({ step: count, ...each(['loss', 'error'], measured) })),
    screened: listOf(
      object({
        name: text,
        ...each(['operations', 'cost', 'validationError'], measured),
        structure: either(
          object({ depth: count, dropped: listOf(count) }),
          object({ branches: listOf(object({})) }),
        ),
        gates: oneOf(['none', 'skip', 'drop']),
      }),
    ),
  });
const progressShape = /* @__PURE__ */ shapeOfProgress();

/** Deepest tree that is searched has 3 levels; more than 2^20 residues make no sense. */
const deepest = 20;

function validateScreened({ head }: LearnOptions, { screened }: Progress): void {
  for (const { structure } of screened)
    if (!isTree(structure)) validateBranches(shapeOf(head), structure.branches);
    else if (structure.depth > deepest || structure.dropped.some((r) => r >= 2 ** structure.depth))
      throw new InvalidArgumentError(`a structure of depth ${structure.depth} that drops residues beyond it`);
}

/** Bytes of an unfinished learn job. */
export function encodeJob(checkpoint: LearnCheckpoint, files: Readonly<Record<string, string>>): Uint8Array {
  return encodeSafetensors(
    Object.fromEntries(
      Object.entries(checkpoint.arrays).map(([key, data]) => [key, tensor(data, [data.length], key)]),
    ),
    {
      papilio: String(formatVersion),
      kind: 'learn-job',
      options: JSON.stringify(checkpoint.options),
      progress: JSON.stringify(checkpoint.progress),
      step: String(checkpoint.step),
      files: JSON.stringify(files),
    },
  );
}

/** Throws FileFormatError, naming the file, if the bytes are no learn job. `files`: recording name to content hash. */
export function decodeJob(
  bytes: Uint8Array,
  name: string,
): { checkpoint: LearnCheckpoint; files: Record<string, string> } {
  const { tensors, metadata } = decode(bytes, name, 'learn-job');
  const arrays: Record<string, FloatArray> = {};
  for (const [key, t] of tensors) {
    floats(t, name, key);
    arrays[key] = t.data as FloatArray;
  }
  const step = Number(metadata['step']);
  if (!Number.isInteger(step) || step < 0)
    throw new FileFormatError(`${name}: step is ${metadata['step']}; expected a whole number`);
  const [options, progress, files] = ['options', 'progress', 'files'].map((key) =>
    parse<unknown>(metadata, key, name),
  );
  checked(name, () => validateLearnOptions(options as LearnOptions));
  requireShape(progressShape, progress, name, 'metadata "progress"');
  requireShape(recordOf(text), files, name, 'metadata "files"');
  checked(name, () => validateScreened(options as LearnOptions, progress as Progress));
  return {
    checkpoint: {
      options: options as LearnOptions,
      progress: progress as Progress,
      step,
      arrays,
    },
    files: files as Record<string, string>,
  };
}
