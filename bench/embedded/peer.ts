/** What the libraries beside papilio have in common: where their sources are, and how all are compiled. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedError } from '../../src/index.ts';
import type { Board } from './boards.ts';
import type { Format } from './harness.ts';
import type { Files } from './run.ts';
import type { Contender, Task, TaskKind } from './task.ts';

export interface Peer {
  /** For --peers. */
  readonly name: string;
  readonly format: Format;
  readonly kind: TaskKind;
  readonly runsOn: (board: Board) => boolean;
  /** Throws UnsupportedError for sizes it has not, or where a source is missing. */
  readonly make: (task: Task, board: Board) => Contender;
}

/** What everyone is compiled with, papilio too. */
export const commonFlags = ['-O2', '-std=gnu11', '-ffp-contract=fast'];

/**
 * The folder of a library's source, which is nobody's dependency: a checkout in the folder that PAPILIO_PEERS names. Throws
 * UnsupportedError where there is none with such a file.
 */
export function checkout(name: string, file: string): string {
  const root = process.env['PAPILIO_PEERS'];
  if (root === undefined)
    throw new UnsupportedError(`PAPILIO_PEERS is not set; expected a folder with a checkout of ${name}`);
  const folder = join(root, name);
  if (!existsSync(join(folder, file)))
    throw new UnsupportedError(`${folder} has no ${file}; expected a checkout of ${name}`);
  return folder;
}

export const filesOf = (folder: string, names: readonly string[]): Files =>
  Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

/** Bins as pairs of one array; `count` bins from those that it has. */
export function fromPairs(data: Float64Array, count: number): Float64Array {
  const part = (odd: number): Float64Array =>
    Float64Array.from({ length: count }, (_, k) => data[2 * k + odd]);
  return Float64Array.of(...part(0), ...part(1));
}

/** The same where the last bin, which is real, stands in the place of the first one's imaginary part. */
export const fromPairsWithLast = (data: Float64Array): Float64Array =>
  fromPairs(Float64Array.of(data[0], 0, ...data.subarray(2), data[1], 0), data.length / 2 + 1);
