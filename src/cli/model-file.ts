/** Reading a model for a command, and the head it was made for. */
import { decodeModel, type SpectralModel, type TrainingReport } from '../index.ts';
import { InvalidArgumentError } from '../errors.ts';
import { readBytes } from './files.ts';

/** The spectral model in a checkpoint. Throws FileFormatError or InvalidArgumentError naming the file. */
export function readModel(path: string | undefined): SpectralModel & { report: TrainingReport } {
  if (path === undefined)
    throw new InvalidArgumentError('no checkpoint given; expected the path of a model.safetensors');
  return decodeModel(readBytes(path), path);
}
