/** Reading a model for a command: a front end, or a transform. */
import {
  decodeCorrected,
  decodeModel,
  decodeSafetensors,
  decodeTransform,
  teacherTransform,
  type CorrectedTransform,
  type SpectralModel,
  type TrainingReport,
} from '../index.ts';
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { readBytes } from './files.ts';

/** The spectral model in a checkpoint. Throws FileFormatError or InvalidArgumentError naming the file. */
export function readModel(path: string | undefined): SpectralModel & { report: TrainingReport } {
  if (path === undefined)
    throw new InvalidArgumentError('no checkpoint given; expected the path of a model.safetensors');
  return decodeModel(readBytes(path), path);
}

/** What a checkpoint holds. */
export type ModelFile =
  | { readonly kind: 'front end'; readonly model: SpectralModel }
  | { readonly kind: 'transform'; readonly model: CorrectedTransform };

/**
 * A front end, a transform, or a distilled student. Throws FileFormatError, InvalidArgumentError or UnsupportedError, naming the
 * file, for anything else.
 */
export function readModelFile(path: string): ModelFile {
  const bytes = readBytes(path);
  const { kind } = decodeSafetensors(bytes, path).metadata;
  switch (kind) {
    case 'transform': {
      const { network, values } = decodeTransform(bytes, path);
      return { kind, model: teacherTransform(network, values) };
    }
    case 'corrected-transform':
      return { kind: 'transform', model: decodeCorrected(bytes, path) };
    case 'chains':
    case 'encoder-decoder':
    case 'learn-job':
      throw new UnsupportedError(
        `${path}: holds ${kind}; expected a front end (papilio learn, pareto) or one complex chain (papilio fit dft, idft, hadamard)`,
      );
    default:
      return { kind: 'front end', model: decodeModel(bytes, path) };
  }
}
