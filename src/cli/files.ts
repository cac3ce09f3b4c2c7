/** Files of the command line: recordings read and checked, outputs written whole or not at all. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { decodeWav, frameCount, type LogMelConfig, type Recording } from '../index.ts';

/** What went wrong with a path, in a few words. */
function reason(error: unknown): string {
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

/** WAV files among paths: files as given, folders searched one level deep. */
export function findRecordings(paths: readonly string[]): string[] {
  if (paths.length === 0)
    throw new InvalidArgumentError('no recordings given; expected a folder or WAV files');
  const files = paths.flatMap((path) => {
    let isFolder: boolean;
    try {
      isFolder = statSync(path).isDirectory();
    } catch (error) {
      throw new InvalidArgumentError(`${path}: ${reason(error)}`);
    }
    if (!isFolder) return [path];
    const found = readdirSync(path)
      .filter((name) => name.toLowerCase().endsWith('.wav'))
      .sort()
      .map((name) => join(path, name));
    if (found.length === 0) throw new InvalidArgumentError(`${path}: no .wav files in this folder`);
    return found;
  });
  const names = files.map((f) => basename(f));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new InvalidArgumentError(`${twice}: given twice; recordings need different file names`);
  return files;
}

/** A recording with the hash of its file. */
export interface LoadedRecording extends Recording {
  readonly hash: string;
}

/** Read recordings for a head: sample rate, length and silence are checked here, each by a message naming the file. */
export function loadRecordings(paths: readonly string[], head: LogMelConfig): LoadedRecording[] {
  return findRecordings(paths).map((path) => {
    const bytes = readBytes(path);
    const { sampleRate, samples } = decodeWav(bytes, path);
    if (sampleRate !== head.sampleRate)
      throw new InvalidArgumentError(
        `${path}: sample rate ${sampleRate} Hz; expected ${head.sampleRate} Hz (resample it first)`,
      );
    if (frameCount(samples.length, head) === 0)
      throw new InvalidArgumentError(
        `${path}: ${samples.length} samples are shorter than one frame of ${head.nFft}`,
      );
    if (samples.every((x) => x === 0))
      throw new InvalidArgumentError(`${path}: silent; every sample is zero`);
    return { name: basename(path), samples, hash: createHash('sha256').update(bytes).digest('hex') };
  });
}
