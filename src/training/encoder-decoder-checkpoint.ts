/** Checkpoints of encoder-decoders: model, values and the phases that are finished, so that training can go on from a file. */
import { FileFormatError } from '../errors.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import {
  encoderDecoderShapes,
  validateEncoderDecoder,
  type EncoderDecoder,
} from '../model/encoder-decoder.ts';
import {
  checked,
  conventions,
  decode,
  floats,
  formatVersion,
  parse,
  tensor,
  type TrainingReport,
} from './checkpoint.ts';
import type { CoderPhaseReport, CoderState } from './encoder-decoder.ts';

const kind = 'encoder-decoder';

/** Bytes of an encoder-decoder between two phases, or finished. */
export function encodeEncoderDecoder(
  model: EncoderDecoder,
  state: CoderState,
  report: TrainingReport = {},
): Uint8Array {
  const shapes = encoderDecoderShapes(model);
  return encodeSafetensors(
    Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, tensor(state.values[key], shape)])),
    {
      papilio: String(formatVersion),
      kind,
      model: JSON.stringify(model),
      phases: JSON.stringify(state.phases),
      conventions: JSON.stringify(conventions),
      report: JSON.stringify(report),
    },
  );
}

/** Throws FileFormatError, naming the file, if the bytes are no encoder-decoder. */
export function decodeEncoderDecoder(
  bytes: Uint8Array,
  name: string,
): { model: EncoderDecoder; state: CoderState; report: TrainingReport } {
  const { tensors, metadata } = decode(bytes, name, kind);
  const model = parse<EncoderDecoder>(metadata, 'model', name);
  checked(name, () => validateEncoderDecoder(model));
  const phases = parse<CoderPhaseReport[]>(metadata, 'phases', name);
  if (!Array.isArray(phases) || phases.some((p) => typeof p?.name !== 'string'))
    throw new FileFormatError(`${name}: metadata "phases" is no list of finished phases`);
  const values = Object.fromEntries(
    Object.entries(encoderDecoderShapes(model)).map(([key, shape]) => [
      key,
      floats(tensors.get(key), name, key, shape),
    ]),
  );
  return { model, state: { phases, values }, report: parse<TrainingReport>(metadata, 'report', name) };
}
