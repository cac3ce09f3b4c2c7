/** Reading a model for a command: every kind of file that papilio writes. */
import { extname } from 'node:path';
import { decodeCheckpoint, type TrainingReport } from '../files.ts';
import { formOf, mapOf, type LinearMap, type ModelForm, type TrainedModel } from '../learn.ts';
import type { FrontEnd } from '../front.ts';
import { FileFormatError, UnsupportedError } from '../errors.ts';
import { readBytes } from './files.ts';

/** A model of a form, with its values. */
export type FormedModel = {
  readonly [K in ModelForm]: TrainedModel & { readonly kind: K };
}[ModelForm];

/** What a checkpoint holds. */
export type ModelFile = { readonly report: TrainingReport } & (
  { readonly kind: 'front end'; readonly model: FrontEnd } | FormedModel
);

type ModelKind = ModelFile['kind'];

/** Every kind that there is, and what writes it. */
const kindTexts: Readonly<Record<ModelKind, string>> = {
  'front end': 'a front end (papilio learn, pareto)',
  transform: 'a transform (papilio fit dft, idft, hadamard; distill; roundtrip)',
  chain: 'a chain (papilio fit of other targets, matrices and pairs)',
  'encoder-decoder': 'an encoder-decoder (papilio roundtrip)',
};

/** "a front end (...) or a transform (...)" */
const oneOf = (kinds: readonly ModelKind[]): string => kinds.map((k) => kindTexts[k]).join(' or ');

/** Bytes near the start of files that are no models, where they stand, and what the files are. */
const signatures: readonly (readonly [string, number, string])[] = [
  ['WAVE', 8, 'a WAV file'],
  ['fLaC', 0, 'an audio file'],
  ['OggS', 0, 'an audio file'],
  ['\0asm', 0, 'WebAssembly'],
  ['\x93NUMPY', 0, 'a NumPy file'],
  ['PAR1', 0, 'a Parquet file'],
  ['PK\x03\x04', 0, 'a zip archive'],
];

/** What files of text are by their names. */
const textKinds: Readonly<Record<string, string>> = {
  '.js': 'a JavaScript file',
  '.mjs': 'a JavaScript file',
  '.ts': 'a TypeScript file',
  '.mts': 'a TypeScript file',
  '.json': 'a JSON file',
  '.html': 'an HTML page',
};

/** Printing characters and white space, behind a mark of UTF-8. */
const onlyText = /^(\xef\xbb\xbf)?[\t\n\f\r -~]{8}/;

/** What a file is by its first bytes that is no model; null where it may be one: a model begins with a size below 2^24. */
function foreignKind(bytes: Uint8Array, path: string): string | null {
  const start = Array.from(bytes.subarray(0, 16), (b) => String.fromCharCode(b)).join('');
  const found = signatures.find(([text, at]) => start.startsWith(text, at));
  if (found) return found[2];
  return onlyText.test(start) ? (textKinds[extname(path).toLowerCase()] ?? 'a text file') : null;
}

function decodeFile(bytes: Uint8Array, path: string): ModelFile {
  const file = decodeCheckpoint(bytes, path);
  if (file.kind === 'model') return { ...file, kind: formOf(file.model) };
  const { report, ...model } = file.front;
  return { kind: 'front end', model, report };
}

/**
 * A model of one of some kinds. Throws FileFormatError, InvalidArgumentError or UnsupportedError, naming the file and what it
 * holds, for anything else.
 */
export function readModelFile<K extends ModelKind>(
  path: string,
  kinds: readonly K[],
): Extract<ModelFile, { readonly kind: K }> {
  const bytes = readBytes(path);
  const foreign = foreignKind(bytes, path);
  if (foreign !== null)
    throw new FileFormatError(`${path}: is ${foreign}; expected a .safetensors file with ${oneOf(kinds)}`);
  const file = decodeFile(bytes, path);
  if (!(kinds as readonly ModelKind[]).includes(file.kind))
    throw new UnsupportedError(`${path}: holds ${kindTexts[file.kind]}; expected ${oneOf(kinds)}`);
  return file as Extract<ModelFile, { readonly kind: K }>;
}

/** Of every kind. */
export const allKinds = Object.keys(kindTexts) as ModelKind[];

/** A model of a file as the linear map that it is. */
export const mapOfFile = (file: FormedModel & { readonly report: TrainingReport }): LinearMap =>
  mapOf(file, typeof file.report['target'] === 'string' ? file.report['target'] : undefined);
