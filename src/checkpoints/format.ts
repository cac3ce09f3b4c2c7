/**
 * What a file of papilio is, whatever it holds: a kind, a spec (plain data), arrays by name, a report; as safetensors with metadata.
 * Files are untrusted: the format is checked in formats/safetensors.ts, the meaning by each kind.
 */
import { FileFormatError, InvalidArgumentError, PapilioError, UnsupportedError } from '../errors.ts';
import { parseJson } from '../formats/json.ts';
import { isRecord } from '../options.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../formats/safetensors.ts';
import type { FloatArray } from '../backends/backend.ts';
import type { ParameterValues } from '../model/initialize.ts';

/** Written to every file; a file of a newer version is refused. */
const formatVersion = 2;

const fileKinds = ['model', 'front-end', 'learn-job'] as const;
type FileKind = (typeof fileKinds)[number];

/** What a file holds, before its kind has looked at it. */
export interface Stored {
  readonly kind: FileKind;
  /** What version 1 called a file of its own, whose spec is in several keys; null for files of this version. */
  readonly old: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Value of a metadata key. Throws FileFormatError, naming the file, where it is missing or no JSON. */
  readonly read: (key: string) => unknown;
  readonly arrays: ReadonlyMap<string, Tensor>;
  readonly report: TrainingReport;
}

/** What the kinds of version 1 are called now. */
const kindsOfVersion1: Readonly<Record<string, FileKind>> = {
  'spectral-model': 'front-end',
  transform: 'model',
  'corrected-transform': 'model',
  chains: 'model',
  'encoder-decoder': 'model',
};

/** Conventions a reader of the file needs, in words. */
const conventions = {
  transform: 'X[k] = sum_n x[n] exp(-2 pi i k n / N)',
  window: 'of windowLength samples, where in nFft the placement of the head says',
  framing: 'frame f starts at sample f hop of the signal, padded as the head says',
  feature:
    'the steps of the head behind |X|^2, averaged over the frames of a clip where it averages; weights of a bank have its scaling in them',
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

/** Bytes of a file. Throws InvalidArgumentError for a spec or a report that would not come back as it is. */
export function encodeFile(
  kind: FileKind,
  spec: unknown,
  arrays: Readonly<Record<string, Tensor>>,
  report: TrainingReport = {},
): Uint8Array {
  if (!isRecord(report))
    throw new InvalidArgumentError(`the report is ${String(report)}; expected an object`);
  return encodeSafetensors(arrays, {
    papilio: String(formatVersion),
    kind,
    spec: stored(spec, 'the spec'),
    conventions: JSON.stringify(conventions),
    report: stored(report, 'the report'),
  });
}

/** A file of this version or of version 1. Throws FileFormatError, naming it, if it is none; UnsupportedError for an old job. */
export function decodeFile(bytes: Uint8Array, name: string): Stored {
  const { tensors, metadata } = decodeSafetensors(bytes, name);
  const { papilio: version, kind = 'nothing' } = metadata;
  if (version === undefined)
    throw new FileFormatError(`${name}: no papilio metadata; expected a file written by papilio`);
  // Where models have a version, feature files have what they were made with as JSON.
  if (version.startsWith('{')) throw new FileFormatError(`${name}: holds features, no model`);
  if (version !== '1' && version !== String(formatVersion))
    throw new FileFormatError(
      `${name}: format version ${version}; this papilio reads versions 1 and ${formatVersion}`,
    );
  const isOld = version === '1';
  if (isOld && kind === 'learn-job')
    throw new UnsupportedError(
      `${name}: an unfinished job of papilio 0.1 (format version 1), which this version cannot continue; finish it with papilio 0.1, or begin it anew with --force`,
    );
  const known = isOld ? kindsOfVersion1 : Object.fromEntries(fileKinds.map((own) => [own, own]));
  if (!Object.hasOwn(known, kind))
    throw new FileFormatError(
      `${name}: holds ${JSON.stringify(kind)}; expected ${isOld ? 'a model of papilio' : fileKinds.join(', ')}`,
    );
  const read = (key: string): unknown => {
    if (!Object.hasOwn(metadata, key)) throw new FileFormatError(`${name}: metadata "${key}" is missing`);
    return parseJson(metadata[key], `${name}: metadata "${key}"`);
  };
  const report = read('report');
  if (!isRecord(report)) throw new FileFormatError(`${name}: metadata "report" is no object`);
  return { kind: known[kind], old: isOld ? kind : null, metadata, read, arrays: tensors, report };
}

/** A file of one kind. Throws FileFormatError, naming it, for another. */
export function decodeKind(bytes: Uint8Array, name: string, kind: FileKind): Stored {
  const file = decodeFile(bytes, name);
  if (file.kind !== kind) throw new FileFormatError(`${name}: holds a ${file.kind}; expected a ${kind}`);
  return file;
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
