/** Reading and writing text files with errors of one line. */
import { readFileSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError } from '../src/index.ts';

/** Throws InvalidArgumentError when there is no such file. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new InvalidArgumentError(`${path}: cannot be read; expected a text file`);
  }
}

/** Throws InvalidArgumentError when it cannot be written. */
export function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    throw new InvalidArgumentError(`${path}: cannot be written; expected a path in a folder that exists`);
  }
}
