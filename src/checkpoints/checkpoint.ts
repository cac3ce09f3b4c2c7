/**
 * Checkpoints: models and unfinished jobs as safetensors with metadata. Everything that can be trained can be saved,
 * loaded and run. Files are untrusted: the format is checked in formats/safetensors.ts, the meaning here.
 */
import { FileFormatError, InvalidArgumentError, PapilioError } from '../errors.ts';
import { parseJson } from '../formats/json.ts';
import { isRecord } from '../options.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.ts';
import type { FloatArray } from '../backends/backend.ts';
import type { ParameterValues, TransformModel } from '../model/initialize.ts';
import { parameterShapes, validateNetwork, type NetworkSpec } from '../model/network.ts';
import { chainShapes, validateChains, type ChainModel } from '../model/product.ts';
import { validateBranches, type Branch } from '../spectral/branches.ts';
import { bandCount, requireTrainable, shapeOf, type TrainedHead } from '../front/spectral-head.ts';
import { measurementCount, modelShapes, type SpectralModel } from '../front/spectral-model.ts';

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

/** A float tensor of a file. Throws InvalidArgumentError for numbers that no reader would take. */
export function tensor(data: FloatArray | undefined, shape: readonly number[], key = 'values'): Tensor {
  if (data === undefined) throw new InvalidArgumentError(`parameter "${key}" is missing`);
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0)
    throw new InvalidArgumentError(
      `parameter "${key}" holds ${data[bad]} at ${bad}; expected finite numbers`,
    );
  return { dtype: data instanceof Float32Array ? 'F32' : 'F64', shape: [...shape], data };
}

/** Tensors of parameters by their names and shapes. */
export const tensorsOf = (
  shapes: Readonly<Record<string, readonly number[]>>,
  values: ParameterValues,
): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, tensor(values[key], shape, key)]));

/** Parameters by their names and shapes from the tensors of the file `name`. */
export const valuesOf = (
  shapes: Readonly<Record<string, readonly number[]>>,
  tensors: ReadonlyMap<string, Tensor>,
  name: string,
): ParameterValues =>
  Object.fromEntries(
    Object.entries(shapes).map(([key, shape]) => [key, floats(tensors.get(key), name, key, shape)]),
  );

/** JSON that a reader takes back. Throws InvalidArgumentError for values that would come back as others, or nest too deep. */
function stored(value: unknown, what: string): string {
  const text = JSON.stringify(value) as string | undefined;
  try {
    parseJson(text ?? '', what);
  } catch {
    throw new InvalidArgumentError(`${what} is ${typeof value}; expected plain data that is not nested deep`);
  }
  return text as string;
}

/** A training report as metadata. */
export function reportText(report: TrainingReport): string {
  if (!isRecord(report))
    throw new InvalidArgumentError(`the report is ${String(report)}; expected an object`);
  return stored(report, 'the report');
}

/** The training report of a file. */
export function reportOf(metadata: Record<string, string>, name: string): TrainingReport {
  const report = parse<unknown>(metadata, 'report', name);
  if (!isRecord(report)) throw new FileFormatError(`${name}: metadata "report" is no object`);
  return report;
}

const withArticle = (kind: string): string => `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;

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
    throw new FileFormatError(
      `${name}: holds ${withArticle(file.metadata['kind'] ?? 'model of no kind')}; expected ${withArticle(kind)}`,
    );
  return file;
}

/** JSON of a metadata key. */
export function parse<T>(metadata: Record<string, string>, key: string, name: string): T {
  if (!Object.hasOwn(metadata, key)) throw new FileFormatError(`${name}: metadata "${key}" is missing`);
  return parseJson(metadata[key], `${name}: metadata "${key}"`) as T;
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
    // Values of a file are anything: what a check does not expect is not what it expects.
    const what = error instanceof PapilioError ? error.message : 'its metadata is not what papilio writes';
    throw new FileFormatError(`${name}: ${what}`);
  }
}

/** A network that runs from its parameters alone. Throws InvalidArgumentError for a spec that is none, or is one for training. */
export function validateStored(network: NetworkSpec): void {
  validateNetwork(network);
  if (network.stages.length === 0)
    throw new InvalidArgumentError('a network without stages; expected at least one');
  const s = network.stages.findIndex(({ gate }) => gate?.sampled === true || gate?.temperature === 'input');
  if (s >= 0)
    throw new InvalidArgumentError(
      `stage ${s} has gates that read inputs of the training graph; threshold them before saving`,
    );
}

/** Bytes of a transform checkpoint. Throws InvalidArgumentError for a network or values that `decodeTransform` would refuse. */
export function encodeTransform(model: TransformModel, report: TrainingReport = {}): Uint8Array {
  validateStored(model.network);
  return encodeSafetensors(tensorsOf(parameterShapes(model.network), model.values), {
    papilio: String(formatVersion),
    kind: 'transform',
    network: JSON.stringify(model.network),
    conventions: JSON.stringify(conventions),
    report: reportText(report),
  });
}

/** Throws FileFormatError, naming the file, if the bytes are no transform checkpoint. */
export function decodeTransform(
  bytes: Uint8Array,
  name: string,
): TransformModel & { report: TrainingReport } {
  const { tensors, metadata } = decode(bytes, name, 'transform');
  const network = parse<NetworkSpec>(metadata, 'network', name);
  checked(name, () => validateStored(network));
  const values = valuesOf(parameterShapes(network), tensors, name);
  return { network, values, report: reportOf(metadata, name) };
}

/** Bytes of a spectral model checkpoint. */
export function encodeFrontEnd(model: SpectralModel, report: TrainingReport = {}): Uint8Array {
  requireTrainable(model.head);
  validateStored(model.network);
  if (model.branches) validateBranches(shapeOf(model.head), model.branches);
  const tensors: Record<string, Tensor> = {
    'bands.start': { dtype: 'I32', shape: [model.bands.start.length], data: model.bands.start },
    ...tensorsOf(modelShapes(model), model.values),
  };
  if (model.values.gain) tensors.gain = tensor(model.values.gain, [model.values.gain.length / 2, 2], 'gain');
  return encodeSafetensors(tensors, {
    papilio: String(formatVersion),
    kind: 'spectral-model',
    head: JSON.stringify(model.head),
    network: JSON.stringify(model.network),
    ...(model.branches ? { branches: JSON.stringify(model.branches) } : {}),
    bandWidth: String(model.bands.width),
    conventions: JSON.stringify(conventions),
    report: reportText(report),
  });
}

/** Throws FileFormatError, naming the file, if the bytes are no spectral model. */
export function decodeFrontEnd(bytes: Uint8Array, name: string): SpectralModel & { report: TrainingReport } {
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
  const values: ParameterValues = valuesOf(modelShapes(model), tensors, name);
  if (tensors.has('gain')) values.gain = floats(tensors.get('gain'), name, 'gain', [bins, 2]);
  return { ...model, values, report: reportOf(metadata, name) };
}

/** Bytes of a chain model; a single complex chain is an ordinary transform checkpoint. */
export function encodeChains(
  model: ChainModel,
  values: ParameterValues,
  report: TrainingReport = {},
): Uint8Array {
  if (model.head === 'complex' && model.chains.length === 1)
    return encodeTransform({ network: model.chains[0], values }, report);
  validateStoredChains(model);
  return encodeSafetensors(tensorsOf(chainShapes(model), values), {
    papilio: String(formatVersion),
    kind: 'chains',
    model: JSON.stringify(model),
    conventions: JSON.stringify(conventions),
    report: reportText(report),
  });
}

function validateStoredChains(model: ChainModel): void {
  validateChains(model);
  model.chains.forEach(validateStored);
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
  checked(name, () => validateStoredChains(model));
  const values = valuesOf(chainShapes(model), tensors, name);
  return { model, values, report: reportOf(metadata, name) };
}
