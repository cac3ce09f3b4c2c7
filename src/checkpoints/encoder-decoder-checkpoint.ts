/** Checkpoints of encoder-decoders: model, values and the phases that are finished, so that training can go on from a file. */
import { encodeSafetensors } from '../formats/safetensors.ts';
import {
  count,
  each,
  finite,
  listOf,
  object,
  oneOf,
  optional,
  orNull,
  requireShape,
  text,
} from '../formats/shape.ts';
import {
  encoderDecoderShapes,
  parts,
  validateEncoderDecoder,
  type EncoderDecoder,
} from '../model/encoder-decoder.ts';
import {
  checked,
  conventions,
  decode,
  formatVersion,
  parse,
  reportOf,
  reportText,
  tensorsOf,
  validateStored,
  valuesOf,
  type TrainingReport,
} from './checkpoint.ts';
import { terms } from '../fit/encoder-decoder-task.ts';
import type { CoderPhaseReport, CoderState } from '../fit/encoder-decoder.ts';

const kind = 'encoder-decoder';

/** Bytes of an encoder-decoder between two phases, or finished. */
export function encodeEncoderDecoder(
  model: EncoderDecoder,
  state: CoderState,
  report: TrainingReport = {},
): Uint8Array {
  validateCoder(model);
  return encodeSafetensors(tensorsOf(encoderDecoderShapes(model), state.values), {
    papilio: String(formatVersion),
    kind,
    model: JSON.stringify(model),
    phases: JSON.stringify(state.phases),
    conventions: JSON.stringify(conventions),
    report: reportText(report),
  });
}

function validateCoder(model: EncoderDecoder): void {
  validateEncoderDecoder(model);
  validateStored(model.encoder);
  validateStored(model.decoder);
}

// Errors that are not finite are null in JSON.
const signalError = orNull(object(each(['relativeL2', 'worst'], orNull(finite))));

const phasesShape = listOf(
  object({
    name: text,
    trains: listOf(oneOf(parts)),
    terms: object(each(terms, optional(finite))),
    steps: count,
    seconds: finite,
    errors: object(each(terms, signalError)),
    maskError: orNull(finite),
  }),
);

/** Throws FileFormatError, naming the file, if the bytes are no encoder-decoder. */
export function decodeEncoderDecoder(
  bytes: Uint8Array,
  name: string,
): { model: EncoderDecoder; state: CoderState; report: TrainingReport } {
  const { tensors, metadata } = decode(bytes, name, kind);
  const model = parse<EncoderDecoder>(metadata, 'model', name);
  checked(name, () => validateCoder(model));
  const phases = parse<CoderPhaseReport[]>(metadata, 'phases', name);
  requireShape(phasesShape, phases, name, 'metadata "phases"');
  const values = valuesOf(encoderDecoderShapes(model), tensors, name);
  return { model, state: { phases, values }, report: reportOf(metadata, name) };
}
