/** Files of a single network, for tests. */
import { decodeModel, encodeModel } from '../src/checkpoints/checkpoint.ts';
import type { TrainingReport } from '../src/checkpoints/format.ts';
import type { TransformModel } from '../src/model/initialize.ts';
import { networkOf, transformModel } from '../src/model/model.ts';

export const encodeTransform = ({ network, values }: TransformModel, report?: TrainingReport): Uint8Array =>
  encodeModel(transformModel(network, values), report);

export function decodeTransform(
  bytes: Uint8Array,
  name: string,
): TransformModel & { readonly report: TrainingReport } {
  const { model, values, report } = decodeModel(bytes, name);
  return { network: networkOf(model), values, report };
}
