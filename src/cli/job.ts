/** Long commands: a job is followed step by step, and gone on with only where all that decides its result is the same. */
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { isRecord, shown } from '../options.ts';
import { readJson, reason, writeAtomic } from './files.ts';
import { endIfStopped } from './stop.ts';
import { version } from './version.ts';

/** Versions of one edition go on with each other's jobs. */
const editionOf = (text: string): string => text.split('.').slice(0, 2).join('.');
export const edition = editionOf(version);

/** What decides the result of a job: every setting of it, and the edition that gives them their meaning. */
export const jobKey = <S extends object>(settings: S): S & { readonly papilio: string } => ({
  papilio: edition,
  ...settings,
});

/** What to do where a folder has results that are not this job's. */
export const otherwise = 'give another --out, or --force to overwrite it';

/** Throws InvalidArgumentError if another edition has left a job in a file; those before 0.2 said nothing of it. */
export function refuseOtherEdition(path: string, papilio: unknown, advice = otherwise): void {
  const found = typeof papilio === 'string' ? editionOf(papilio) : '0.1';
  if (found !== edition)
    throw new InvalidArgumentError(
      `${path}: a job of papilio ${found}, which papilio ${edition} does not go on with; ${advice}`,
    );
}

/** A value of JSON that has parts: keys of an object, or of an array. */
const partsOf = (x: unknown): Readonly<Record<string, unknown>> | null =>
  isRecord(x) ? x : Array.isArray(x) ? { ...(x as unknown[]) } : null;

const shownOrNone = (x: unknown): string => (x === undefined ? 'none' : shown(x));

/** Where two values differ first, and how: "head.nFft 512, not 256"; null where they are equal. Keys in any order. */
export function difference(old: unknown, own: unknown, path = ''): string | null {
  const [before, now] = [partsOf(old), partsOf(own)];
  if (before && now) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
      const found = difference(before[key], now[key], path === '' ? key : `${path}.${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  return JSON.stringify(old ?? null) === JSON.stringify(own ?? null)
    ? null
    : `${path} ${shownOrNone(old)}, not ${shownOrNone(own)}`;
}

/** Names that settings have on the command line. */
type FlagNames = Readonly<Record<string, string>>;

/** Throws InvalidArgumentError, naming the first difference, if the file at a path was made with settings that are not equal. */
export function refuseDifferent(path: string, old: unknown, own: unknown, flags: FlagNames = {}): void {
  if (isRecord(own) && 'papilio' in own) refuseOtherEdition(path, isRecord(old) ? old['papilio'] : undefined);
  // As a file has them: without what is undefined.
  const found = difference(old, JSON.parse(JSON.stringify(own)));
  if (found === null) return;
  const [setting] = found.split(' ');
  const named = Object.hasOwn(flags, setting) ? flags[setting] + found.slice(setting.length) : found;
  throw new InvalidArgumentError(`${path}: made with ${named}; ${otherwise}`);
}

/** The same for results that hold their settings among other things. */
export function refuseOthers(path: string, old: unknown, own: object, flags?: FlagNames): void {
  const kept = isRecord(old) ? Object.fromEntries(Object.keys(own).map((key) => [key, old[key]])) : {};
  refuseDifferent(path, kept, own, flags);
}

/** Throws InvalidArgumentError, naming the first, if a folder has files of these names, which no job there says it made. */
export function refuseThere(folder: string, names: readonly string[]): void {
  const there = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (there !== undefined)
    throw new InvalidArgumentError(`${there}: is there and would be replaced; ${otherwise}`);
}

/**
 * What a file says of finished results; undefined where there is none. Throws InvalidArgumentError if they were made with other
 * settings, or if there is no such file and files of these names are in its folder.
 */
export function ownResults(path: string, own: object, names: readonly string[], flags?: FlagNames): unknown {
  const old = readResults(path);
  if (old === undefined) refuseThere(dirname(path), names);
  else refuseOthers(path, old, own, flags);
  return old;
}

const remove = 'give another --out or remove the file';

/** JSON of a file of results; undefined where there is none. Throws a PapilioError, naming it, for anything else. */
export const readResults = (path: string): unknown => (existsSync(path) ? readJson(path, remove) : undefined);

/** Rows of an earlier run; none where there is no file. Throws InvalidArgumentError, naming it, if it holds anything else. */
export function readRows<R>(path: string, isRows: (value: unknown) => value is R[], what: string): R[] {
  const value = readResults(path);
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
  if (isRows(value)) return value;
  throw new InvalidArgumentError(`${path}: not the rows of ${what}; ${remove}`);
}

/** The result of a job. Every step is shown, and saved where that is said; it ends behind one where a stop was asked for. */
export async function follow<S, R>(
  steps: AsyncGenerator<S, R> | Generator<S, R>,
  show: (step: S) => void = () => {},
): Promise<R> {
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
    show(next.value);
    endIfStopped();
  }
}

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
