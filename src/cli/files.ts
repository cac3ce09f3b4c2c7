/** Files of the command line: read with errors that name them, written whole or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';

/** What went wrong with a path, in a few words. */
export function reason(error: unknown): string {
  const code = (error as { code?: string }).code;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or folder',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of the path is not a folder',
    EISDIR: 'is a folder',
    ENOSPC: 'no space left',
    EEXIST: 'is in the way',
  };
  return known[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

/** Bytes of a file. Throws InvalidArgumentError naming it. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InvalidArgumentError(`${path}: ${reason(error)}`);
  }
}

/** Make a folder and check that it can be written. Throws InvalidArgumentError naming it. */
export function ensureFolder(path: string): void {
  const probe = join(path, `.papilio-${randomUUID()}`);
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new InvalidArgumentError(`${path}: cannot write there: ${reason(error)}`);
  }
}

/** Write a file under a temporary name and rename it, so that a reader sees the old or the new one, never a part. */
export function writeAtomic(path: string, data: string | Uint8Array): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, data);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new InvalidArgumentError(`${path}: cannot write: ${reason(error)}`);
  }
}
