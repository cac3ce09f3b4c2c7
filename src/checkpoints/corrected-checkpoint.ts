/** Checkpoints of transforms with a corrector and a mask behind them, as distillation makes them. */
import { FileFormatError } from '../errors.ts';
import { encodeSafetensors, type Tensor } from '../formats/safetensors.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { binCount, parameterShapes, type NetworkSpec } from '../model/network.ts';
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
import type { CorrectedTransform } from '../distill/corrected-transform.ts';
import { correctorShapes, validateCorrector, type CorrectorSpec } from '../distill/correctors.ts';

const kind = 'corrected-transform';

/** Bytes of a transform with its corrector and mask. */
export function encodeCorrected(t: CorrectedTransform, report: TrainingReport = {}): Uint8Array {
  const { network, values, corrector, mask } = t;
  validateStored(network);
  const shapes = { ...parameterShapes(network), ...correctorShapes(corrector.spec, corrector.bins) };
  const tensors = tensorsOf(shapes, { ...values, ...corrector.values });
  if (mask) tensors.mask = { dtype: 'U8', shape: [mask.length], data: mask };
  return encodeSafetensors(tensors, {
    papilio: String(formatVersion),
    kind,
    network: JSON.stringify(network),
    corrector: JSON.stringify(corrector.spec),
    conventions: JSON.stringify(conventions),
    report: reportText(report),
  });
}

function maskOf(t: Tensor | undefined, bins: number, name: string): Uint8Array | undefined {
  if (!t) return undefined;
  if (!(t.data instanceof Uint8Array) || t.data.length !== bins || t.data.some((kept) => kept > 1))
    throw new FileFormatError(`${name}: tensor "mask" must hold ${bins} U8 numbers of 0 and 1`);
  return t.data;
}

/** Throws FileFormatError, naming the file, if the bytes are no such checkpoint. */
export function decodeCorrected(
  bytes: Uint8Array,
  name: string,
): CorrectedTransform & { readonly report: TrainingReport } {
  const { tensors, metadata } = decode(bytes, name, kind);
  const network = parse<NetworkSpec>(metadata, 'network', name);
  checked(name, () => validateStored(network));
  const bins = binCount(network);
  const spec = parse<CorrectorSpec>(metadata, 'corrector', name);
  checked(name, () => validateCorrector(spec, bins));
  const read = (shapes: Readonly<Record<string, readonly number[]>>): ParameterValues =>
    valuesOf(shapes, tensors, name);
  const mask = maskOf(tensors.get('mask'), bins, name);
  return {
    network,
    values: read(parameterShapes(network)),
    corrector: { spec, bins, values: read(correctorShapes(spec, bins)) },
    ...(mask ? { mask } : {}),
    report: reportOf(metadata, name),
  };
}
