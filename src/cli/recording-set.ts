/** What a set of recordings is, so that results are gone on with only where they are of the same sounds. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { ChannelChoice } from '../files.ts';
import { reason } from './files.ts';
import { endIfStopped } from './stop.ts';

/** What is read of recordings. A type of its own, so that settings can hold it. */
export type Reading = {
  /** Hz they are brought to. */
  readonly rate: number;
  readonly channel: ChannelChoice;
  /** Of them that are read; absent where all are. */
  readonly minutes?: number;
};

/** A set of recordings and what is read of it: part of the settings of results that are made of it. */
export type RecordingSet<R extends Reading = Reading> = R & {
  /** How many, and a hash of their names and contents in their order: "5 files, 0123456789abcdef". */
  readonly recordings: string;
};

const block = new Uint8Array(1 << 20);

/** SHA-256 of a file, block by block; why it cannot be read where it cannot. */
function contentOf(path: string): string {
  endIfStopped();
  const hash = createHash('sha256');
  try {
    const file = openSync(path, 'r');
    try {
      for (let count = readSync(file, block); count > 0; count = readSync(file, block))
        hash.update(block.subarray(0, count));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return reason(error);
  }
  return hash.digest('hex');
}

/** The set of recordings with these names and hashes of content. Their order counts: splits are drawn by it. */
export function recordingSet<R extends Reading>(
  recordings: readonly { readonly name: string; readonly hash: string }[],
  reading: R,
): RecordingSet<R> {
  const list = recordings.map(({ name, hash }) => `${name} ${hash}`).join('\n');
  const hash = createHash('sha256').update(list).digest('hex').slice(0, 16);
  return { ...reading, recordings: `${recordings.length} files, ${hash}` };
}

/** The set of recordings at these paths, wherever their folders are. */
export const recordingSetOf = <R extends Reading>(paths: readonly string[], reading: R): RecordingSet<R> =>
  recordingSet(
    paths.map((path) => ({ name: basename(path), hash: contentOf(path) })),
    reading,
  );
