/**
 * What papilio features writes: a NumPy file per recording in a folder, or all recordings in one safetensors or Parquet file;
 * a manifest beside them. Every file is whole or not there, and what a manifest lists is not computed again.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import * as shape from '../formats/shape.ts';
import { decodeNpy, encodeSafetensors } from '../files.ts';
import { ensureFolder, hashOf, readBytes, readJson, reason, writeAtomic } from './files.ts';
import { otherwise } from './job.ts';
import type { FoundRecording } from './recordings.ts';

/** A recording whose features are written. */
const finishedShape = shape.object({
  /** Path as given; `output`: path of the features, relative to the manifest. */
  ...shape.each(['file', 'sha256', 'output'], shape.text),
  ...shape.each(['bytes', 'frames', 'columns'], shape.count),
  /** `sampleRate`: Hz, in the file. `seconds`: duration. */
  ...shape.each(['modified', 'sampleRate', 'seconds'], shape.finite),
  /** From its beginning, what a head of fixed length takes of it; absent where that is all. */
  usedSeconds: shape.optional(shape.finite),
});
const failedShape = shape.object(shape.each(['file', 'error'], shape.text));

const manifestShape = shape.object({
  papilio: shape.text,
  /** Everything that the numbers depend on. */
  settings: shape.anything,
  files: shape.listOf(finishedShape),
  failed: shape.listOf(failedShape),
});

export type FinishedFile = shape.ShapeOf<typeof finishedShape>;
export type FailedFile = shape.ShapeOf<typeof failedShape>;
export type Manifest = shape.ShapeOf<typeof manifestShape>;

/** Where features go: `folder` holds one NumPy file per recording; `file`, if there is one, is made of them at the end. */
export interface Destination {
  readonly folder: string;
  readonly file: string | null;
  readonly manifest: string;
}

const single = ['.safetensors', '.parquet'] as const;

/** A folder, or a file by its extension. Throws InvalidArgumentError naming it if nothing can be written there. */
export function destinationOf(out: string): Destination {
  const extension = extname(out).toLowerCase();
  if (!(single as readonly string[]).includes(extension)) {
    if (['.npy', '.npz', '.csv', '.json', '.h5'].includes(extension))
      throw new InvalidArgumentError(
        `--out is ${out}; expected a folder (for .npy files), or a file ending in ${single.join(' or ')}`,
      );
    ensureFolder(out);
    return { folder: out, file: null, manifest: join(out, 'manifest.json') };
  }
  ensureFolder(dirname(out));
  return { folder: `${out}.parts`, file: out, manifest: `${out}.manifest.json` };
}

/** Longest file name of the usual file systems, in bytes. */
const longestName = 255;

/** A file name that is too long, cut and told apart by its hash. */
function fitting(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name;
  const hash = hashOf(name).slice(0, 12);
  let stem = name.slice(0, longestName - 24);
  while (Buffer.byteLength(stem) > longestName - 24) stem = stem.slice(0, -1);
  return `${stem}~${hash}.npy`;
}

/**
 * Where the features of recordings go in their folder: the recording's name with another extension, behind its own where two
 * recordings differ by it alone.
 */
export function outputNames(recordings: readonly FoundRecording[]): string[] {
  const short = ({ name }: FoundRecording): string =>
    join(dirname(name), `${basename(name, extname(name))}.npy`);
  const counts = new Map<string, number>();
  for (const r of recordings) counts.set(short(r), (counts.get(short(r)) ?? 0) + 1);
  return recordings.map((r) => {
    const name = counts.get(short(r)) === 1 ? short(r) : `${r.name}.npy`;
    return join(dirname(name), fitting(basename(name)));
  });
}

const anotherPlace = 'move it away or give another --out';

/** Throws FileFormatError, naming the file, for a value that is no manifest. */
export function manifestOf(value: unknown, path: string): Manifest {
  if (!shape.matches(manifestShape, value))
    throw new FileFormatError(`${path}: not a manifest of papilio features; ${anotherPlace}`);
  return value;
}

/** The manifest of an earlier run, if there is one. Throws FileFormatError naming the file if it is something else. */
export const readManifest = (path: string): Manifest | null =>
  existsSync(path) ? manifestOf(readJson(path, anotherPlace), path) : null;

/** Bytes from a place in a file on, one character each, as many as there are. */
function textAt(file: number, position: number, length: number): string {
  const bytes = Buffer.alloc(length);
  return bytes.toString('latin1', 0, readSync(file, bytes, 0, length, position));
}

/** Does an open file hold features, in the format of an extension? Its head, or the foot of a Parquet file, has the manifest. */
function holdsFeatures(file: number, extension: string): boolean {
  if (extension === '.safetensors') return textAt(file, 8, 64).startsWith('{"__metadata__":{"papilio":"{');
  const { size } = fstatSync(file);
  const end = Buffer.from(textAt(file, Math.max(0, size - 8), 8), 'latin1');
  if (end.toString('latin1', 4) !== 'PAR1') return false;
  const length = end.readUInt32LE(0);
  return length <= size - 8 && textAt(file, size - 8 - length, length).includes('{"papilio":"');
}

/** What stands at a path: features in the format of its extension, something else, or nothing that has bytes to lose. */
function contentOf(path: string): 'features' | 'other' | 'nothing' {
  let file: number | null = null;
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (!there?.isFile() || there.size === 0) return 'nothing';
    file = openSync(path, 'r');
    return holdsFeatures(file, extname(path).toLowerCase()) ? 'features' : 'other';
  } catch (error) {
    throw new InvalidArgumentError(`${path}: ${reason(error)}`);
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** Is a file one of features, in the format of its extension? Throws InvalidArgumentError, naming it, if it cannot be read. */
export const isFeatureFile = (path: string): boolean => contentOf(path) === 'features';

/** Throws InvalidArgumentError, naming it, if features would replace a file that holds something else, or cannot be read. */
export function refuseOtherFile({ file }: Destination): void {
  if (file !== null && contentOf(file) === 'other')
    throw new InvalidArgumentError(`${file}: holds no features and would be replaced; ${otherwise}`);
}

/** Features of one recording, by its name in the file of all, and where they lie. */
export interface Part {
  readonly name: string;
  readonly output: string;
}

const matricesOf = ({ folder }: Destination, parts: readonly Part[]) =>
  parts.map(({ name, output }) => {
    const path = join(folder, output);
    const { shape, re } = decodeNpy(readBytes(path), path);
    return { name, frames: shape[0], columns: shape[1] ?? 1, data: re };
  });

/** One row per frame: file, frame, time (s), and a column per number. */
function parquetOf(
  matrices: ReturnType<typeof matricesOf>,
  metadata: string,
  hopSeconds: number,
): Uint8Array {
  const columns = matrices.reduce((most, m) => Math.max(most, m.columns), 1);
  const rows = matrices.reduce((sum, m) => sum + m.frames, 0);
  const [file, frame, time] = [new Array<string>(rows), new Int32Array(rows), new Float64Array(rows)];
  const values = Array.from({ length: columns }, () => new Float32Array(rows));
  let row = 0;
  for (const m of matrices)
    for (let f = 0; f < m.frames; f++, row++) {
      file[row] = m.name;
      frame[row] = f;
      time[row] = f * hopSeconds;
      for (let c = 0; c < m.columns; c++) values[c][row] = m.data[f * m.columns + c];
    }
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'file', data: file, type: 'STRING' },
      { name: 'frame', data: frame, type: 'INT32' },
      { name: 'time', data: time, type: 'DOUBLE' },
      ...values.map((data, c) => ({ name: `feature_${c}`, data, type: 'FLOAT' as const })),
    ],
    kvMetadata: [{ key: 'papilio', value: metadata }],
  });
  return new Uint8Array(buffer);
}

/** Makes the one file of a destination of its parts, and removes them when nothing is left to do. */
export function assemble(
  destination: Destination,
  parts: readonly Part[],
  manifest: Manifest,
  hopSeconds: number,
): void {
  const { file, folder } = destination;
  if (file === null) return;
  const matrices = matricesOf(destination, parts);
  const metadata = JSON.stringify({ ...manifest, files: undefined });
  if (extname(file).toLowerCase() === '.parquet')
    writeAtomic(file, parquetOf(matrices, metadata, hopSeconds));
  else {
    const tensors = Object.fromEntries(
      matrices.map((m) => [
        m.name,
        { dtype: 'F32' as const, shape: [m.frames, m.columns], data: Float32Array.from(m.data) },
      ]),
    );
    writeAtomic(file, encodeSafetensors(tensors, { papilio: metadata }));
  }
  if (manifest.failed.length === 0) rmSync(folder, { recursive: true, force: true });
}
