/** One run at a time reads and writes a file that several runs may add to. */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError } from '../errors.ts';
import { reason, writeAtomic } from './files.ts';

/** Milliseconds after which a lock is what a killed process left: a file is read and written in far less. */
const stale = 10_000;

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Makes the lock; false where there is one. */
function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST')
      throw new InvalidArgumentError(`${lock}: cannot write: ${reason(error)}`);
  }
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
  if (Date.now() - made > stale) rmSync(lock, { force: true });
  return false;
}

/**
 * Does something with a file while no other run does: what is read of it is still there when it is written. Keep it short.
 * Throws InvalidArgumentError naming the lock, a file beside it, if that cannot be made.
 */
export function whileLocked<T>(path: string, action: () => T): T {
  const lock = `${path}.lock`;
  while (!tryLock(lock)) Atomics.wait(pause, 0, 0, 10);
  try {
    return action();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Reads what a file holds, changes it and writes it as text, while no other run does. */
export const updateFile = <T>(path: string, change: () => T, text: (value: T) => string): T =>
  whileLocked(path, () => {
    const value = change();
    writeAtomic(path, text(value));
    return value;
  });
