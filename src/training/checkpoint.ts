/**
 * Checkpoints: models and unfinished jobs as safetensors with metadata. Everything that can be trained can be saved,
 * loaded and run. Files are untrusted: the format is checked in formats/safetensors.ts, the meaning here.
 */
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.ts';
import type { FloatArray } from '../backends/backend.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { parameterShapes, validateNetwork, type NetworkSpec } from '../model/network.ts';
import { chainShapes, validateChains, type ChainModel } from '../model/product.ts';
import type { LearnCheckpoint } from './learn.ts';
import { validateBranches, type Branch } from '../spectral/branches.ts';
import { bandCount, requireTrainable, shapeOf, type TrainedHead } from './spectral-head.ts';
import { measurementCount, modelShapes, type SpectralModel } from './spectral-model.ts';

/** Written to every file; a file of a newer major version is refused. */
export const formatVersion = 1;

/** Conventions a reader of the file needs, in words. */
export const conventions = {
  transform: 'X[k] = sum_n x[n] exp(-2 pi i k n / N)',
  window: 'of windowLength samples, centred in nFft',
  framing: 'frame f starts at sample f hop; no padding',
  feature:
    'log(max(filterbank . |X|^2, floor)), |X|^2 averaged over the frames of a clip where the head averages, then its cepstrum',
  network: 'stages by rising stride; butterfly b = g stride + k joins positions g r stride + a stride + k',
  samples: 'mono, in [-1, 1]',
} as const;

/** What is known of how a model came about; free-form numbers and names. */
export type TrainingReport = Readonly<Record<string, unknown>>;

/** A float tensor of a file. */
export const tensor = (data: FloatArray, shape: readonly number[]): Tensor => ({
  dtype: data instanceof Float32Array ? 'F32' : 'F64',
  shape: [...shape],
  data,
});

/** A file of one kind. Throws FileFormatError, naming it, if it is none. */
export function decode(
  bytes: Uint8Array,
  name: string,
  kind: string,
): { tensors: Map<string, Tensor>; metadata: Record<string, string> } {
  const file = decodeSafetensors(bytes, name);
  const own = file.metadata['papilio'];
  if (own === undefined)
    throw new FileFormatError(`${name}: no papilio metadata; expected a file written by papilio`);
  if (own !== String(formatVersion))
    throw new FileFormatError(`${name}: format version ${own}; this papilio reads version ${formatVersion}`);
  if (file.metadata['kind'] !== kind)
    throw new FileFormatError(`${name}: holds a ${file.metadata['kind']}; expected a ${kind}`);
  return file;
}

/** JSON of a metadata key. */
export function parse<T>(metadata: Record<string, string>, key: string, name: string): T {
  try {
    return JSON.parse(metadata[key]) as T;
  } catch {
    throw new FileFormatError(
      `${name}: metadata "${key}" is no JSON; the file was not written by papilio or is damaged`,
    );
  }
}

/** Finite numbers of a tensor of the file `name`. */
export function floats(
  t: Tensor | undefined,
  name: string,
  key: string,
  shape?: readonly number[],
): Float64Array {
  if (!t) throw new FileFormatError(`${name}: tensor "${key}" is missing`);
  if (t.dtype !== 'F64' && t.dtype !== 'F32')
    throw new FileFormatError(`${name}: tensor "${key}" is ${t.dtype}; expected F64 or F32`);
  if (shape && t.shape.join() !== shape.join())
    throw new FileFormatError(
      `${name}: tensor "${key}" has shape [${t.shape.join(', ')}]; expected [${shape.join(', ')}]`,
    );
  const data = Float64Array.from(t.data);
  if (data.some((x) => !Number.isFinite(x)))
    throw new FileFormatError(`${name}: tensor "${key}" holds a number that is not finite`);
  return data;
}

/** Run a check of values from a file; what it throws names the file. */
export function checked(name: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new FileFormatError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A network that runs from its parameters alone. Throws InvalidArgumentError for a spec that is none, or is one for training. */
export function validateStored(network: NetworkSpec): void {
  validateNetwork(network);
  const s = network.stages.findIndex(({ gate }) => gate?.sampled === true || gate?.temperature === 'input');
  if (s >= 0)
    throw new InvalidArgumentError(
      `stage ${s} has gates that read inputs of the training graph; threshold them before saving`,
    );
}

/** A transform network with its parameters. */
export interface TransformModel {
  readonly network: NetworkSpec;
  readonly values: ParameterValues;
}

/** Bytes of a transform checkpoint. */
export function encodeTransform(model: TransformModel, report: TrainingReport = {}): Uint8Array {
  const shapes = parameterShapes(model.network);
  return encodeSafetensors(
    Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, tensor(model.values[key], shape)])),
    {
      papilio: String(formatVersion),
      kind: 'transform',
      network: JSON.stringify(model.network),
      conventions: JSON.stringify(conventions),
      report: JSON.stringify(report),
    },
  );
}

/** Throws FileFormatError, naming the file, if the bytes are no transform checkpoint. */
export function decodeTransform(
  bytes: Uint8Array,
  name: string,
): TransformModel & { report: TrainingReport } {
  const { tensors, metadata } = decode(bytes, name, 'transform');
  const network = parse<NetworkSpec>(metadata, 'network', name);
  checked(name, () => validateStored(network));
  const values = Object.fromEntries(
    Object.entries(parameterShapes(network)).map(([key, shape]) => [
      key,
      floats(tensors.get(key), name, key, shape),
    ]),
  );
  return { network, values, report: parse<TrainingReport>(metadata, 'report', name) };
}

/** Bytes of a spectral model checkpoint. */
export function encodeModel(model: SpectralModel, report: TrainingReport = {}): Uint8Array {
  const shapes = modelShapes(model);
  const tensors: Record<string, Tensor> = {
    'bands.start': { dtype: 'I32', shape: [model.bands.start.length], data: model.bands.start },
  };
  for (const [key, shape] of Object.entries(shapes)) tensors[key] = tensor(model.values[key], shape);
  if (model.values.gain) tensors.gain = tensor(model.values.gain, [model.values.gain.length / 2, 2]);
  return encodeSafetensors(tensors, {
    papilio: String(formatVersion),
    kind: 'spectral-model',
    head: JSON.stringify(model.head),
    network: JSON.stringify(model.network),
    ...(model.branches ? { branches: JSON.stringify(model.branches) } : {}),
    bandWidth: String(model.bands.width),
    conventions: JSON.stringify(conventions),
    report: JSON.stringify(report),
  });
}

/** Throws FileFormatError, naming the file, if the bytes are no spectral model. */
export function decodeModel(bytes: Uint8Array, name: string): SpectralModel & { report: TrainingReport } {
  const { tensors, metadata } = decode(bytes, name, 'spectral-model');
  const head = parse<TrainedHead>(metadata, 'head', name);
  const network = parse<NetworkSpec>(metadata, 'network', name);
  checked(name, () => requireTrainable(head));
  checked(name, () => validateStored(network));
  const branches =
    metadata['branches'] === undefined ? undefined : parse<Branch[]>(metadata, 'branches', name);
  if (branches) checked(name, () => validateBranches(shapeOf(head), branches));
  const shape = { head, network, ...(branches ? { branches } : {}) };
  const width = Number(metadata['bandWidth']);
  const bins = measurementCount(shape);
  if (network.input !== 'real' || network.direction !== 'forward' || network.n > head.nFft)
    throw new FileFormatError(
      `${name}: a front end needs a forward network of at most nFft = ${head.nFft} real samples`,
    );
  if (!Number.isInteger(width) || width < 1 || width > bins)
    throw new FileFormatError(`${name}: bandWidth is ${metadata['bandWidth']}; expected 1 to ${bins}`);
  const startTensor = tensors.get('bands.start');
  if (
    !startTensor ||
    !(startTensor.data instanceof Int32Array) ||
    startTensor.data.length !== bandCount(head)
  )
    throw new FileFormatError(`${name}: tensor "bands.start" must hold ${bandCount(head)} I32 numbers`);
  const start = startTensor.data;
  if (start.some((s) => s < 0 || s + width > bins))
    throw new FileFormatError(`${name}: tensor "bands.start" leaves the ${bins} bins`);
  const model = { ...shape, bands: { start, width } };
  const values: ParameterValues = Object.fromEntries(
    Object.entries(modelShapes(model)).map(([key, shape]) => [
      key,
      floats(tensors.get(key), name, key, shape),
    ]),
  );
  if (tensors.has('gain')) values.gain = floats(tensors.get('gain'), name, 'gain', [bins, 2]);
  return { ...model, values, report: parse<TrainingReport>(metadata, 'report', name) };
}

/** Bytes of an unfinished learn job. */
export function encodeJob(checkpoint: LearnCheckpoint, files: Readonly<Record<string, string>>): Uint8Array {
  return encodeSafetensors(
    Object.fromEntries(
      Object.entries(checkpoint.arrays).map(([key, data]) => [key, tensor(data, [data.length])]),
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
  return {
    checkpoint: {
      options: parse<LearnCheckpoint['options']>(metadata, 'options', name),
      progress: parse<LearnCheckpoint['progress']>(metadata, 'progress', name),
      step,
      arrays,
    },
    files: parse<Record<string, string>>(metadata, 'files', name),
  };
}

/** Bytes of a chain model; a single complex chain is an ordinary transform checkpoint. */
export function encodeChains(
  model: ChainModel,
  values: ParameterValues,
  report: TrainingReport = {},
): Uint8Array {
  if (model.head === 'complex' && model.chains.length === 1)
    return encodeTransform({ network: model.chains[0], values }, report);
  return encodeSafetensors(
    Object.fromEntries(
      Object.entries(chainShapes(model)).map(([key, shape]) => [key, tensor(values[key], shape)]),
    ),
    {
      papilio: String(formatVersion),
      kind: 'chains',
      model: JSON.stringify(model),
      conventions: JSON.stringify(conventions),
      report: JSON.stringify(report),
    },
  );
}

/** Throws FileFormatError, naming the file, if the bytes hold neither a transform nor a chain model. */
export function decodeChains(
  bytes: Uint8Array,
  name: string,
): { model: ChainModel; values: ParameterValues; report: TrainingReport } {
  if (decodeSafetensors(bytes, name).metadata['kind'] === 'transform') {
    const { network, values, report } = decodeTransform(bytes, name);
    const model: ChainModel = { chains: [network], head: 'complex' };
    checked(name, () => validateChains(model));
    return { model, values, report };
  }
  const { tensors, metadata } = decode(bytes, name, 'chains');
  const model = parse<ChainModel>(metadata, 'model', name);
  checked(name, () => validateChains(model));
  const values = Object.fromEntries(
    Object.entries(chainShapes(model)).map(([key, shape]) => [
      key,
      floats(tensors.get(key), name, key, shape),
    ]),
  );
  return { model, values, report: parse<TrainingReport>(metadata, 'report', name) };
}
