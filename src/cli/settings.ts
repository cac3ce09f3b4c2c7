/** Results that are there already: the same settings write them again, other settings only with --force. */
import { existsSync } from 'node:fs';
import { InvalidArgumentError } from '../errors.ts';
import { isRecord, shown } from '../options.ts';
import { readJson } from './files.ts';
import { refuseOtherEdition } from './job.ts';

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

/**
 * Throws InvalidArgumentError, naming the first difference, if the file at a path was made with settings that are not equal;
 * `flags` has the names that settings have on the command line.
 */
export function refuseDifferent(
  path: string,
  old: unknown,
  own: unknown,
  flags: Readonly<Record<string, string>> = {},
): void {
  if (isRecord(own) && 'papilio' in own) refuseOtherEdition(path, isRecord(old) ? old['papilio'] : undefined);
  // As a file has them: without what is undefined.
  const found = difference(old, JSON.parse(JSON.stringify(own)));
  if (found === null) return;
  const [setting] = found.split(' ');
  const named = Object.hasOwn(flags, setting) ? flags[setting] + found.slice(setting.length) : found;
  throw new InvalidArgumentError(
    `${path}: made with ${named}; give another --out, or --force to overwrite it`,
  );
}

/** The same for results that hold their settings among other things. */
export function refuseOthers(
  path: string,
  old: unknown,
  own: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, string>> = {},
): void {
  const kept = isRecord(old) ? Object.fromEntries(Object.keys(own).map((key) => [key, old[key]])) : {};
  refuseDifferent(path, kept, own, flags);
}

/** JSON of a file of results; undefined where there is none. Throws a PapilioError, naming it, for anything else. */
export const readResults = (path: string): unknown =>
  existsSync(path) ? readJson(path, 'give another --out or remove the file') : undefined;
