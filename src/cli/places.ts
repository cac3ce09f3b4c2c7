/** Where results may go: they replace nothing that the same command reads or writes, and no file of another kind. */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { oddity, reason, throughLinks } from './files.ts';

/** What is written: JSON for programs, or a page for people. */
type PlaceKind = 'json' | 'page';

/** A path without links; of what is not there, its folder's. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const whole = resolve(path);
    const parent = dirname(whole);
    return parent === whole ? whole : join(realPath(parent), basename(whole));
  }
}

/** Do two paths lead to one file? */
const samePlace = (a: string, b: string): boolean => realPath(a) === realPath(b);

/** What the first bytes of a file say: nothing in it, JSON, other text, or no text. */
function looks(path: string): 'empty' | 'json' | 'text' | 'bytes' {
  const head = Buffer.alloc(512);
  const file = openSync(path, 'r');
  try {
    const text = head.toString('latin1', 0, readSync(file, head));
    if (text.includes('\0')) return 'bytes';
    if (text.trim() === '') return 'empty';
    return /^\s*[[{]/.test(text) ? 'json' : 'text';
  } finally {
    closeSync(file);
  }
}

/** Throws InvalidArgumentError, naming it, if a file that results would replace is of another kind. */
export function refuseOtherKind(path: string, kind: PlaceKind): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  const found = looks(path);
  if (kind === 'json' && found !== 'empty' && found !== 'json')
    throw new InvalidArgumentError(`${path}: is no JSON and would be replaced by it; expected another name`);
  if (kind === 'page' && (found === 'json' || found === 'bytes'))
    throw new InvalidArgumentError(
      `${path}: is ${found === 'json' ? 'JSON' : 'no page'} and would be replaced by a page; expected another name`,
    );
}

/**
 * Throws InvalidArgumentError if a file cannot be written, is a folder, holds something of another kind or is one of those that
 * are read. `flag`: what names it; `made`: the folder that the command makes.
 */
export function refusePlace(
  flag: string,
  path: string,
  kind: PlaceKind,
  read: readonly string[],
  made = '',
): void {
  if (path === '') {
    const or = kind === 'json' ? ', or - for stdout' : '';
    throw new InvalidArgumentError(`${flag} is empty; expected a file${or}`);
  }
  if (read.some((other) => samePlace(path, other)))
    throw new InvalidArgumentError(`${flag} is ${path}, which is read, too; expected another file`);
  const probe = `.papilio-${randomUUID()}`;
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) throw new InvalidArgumentError(`${flag} is ${path}, a folder; expected a file`);
    if (there && oddity(there) !== null) return;
    refuseOtherKind(path, kind);
    const parent = dirname(throughLinks(path));
    if (!existsSync(parent) && made !== '' && samePlace(parent, made)) return;
    const place = join(parent, probe);
    writeFileSync(place, '');
    rmSync(place);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    throw new InvalidArgumentError(`${flag} is ${path}: cannot write there: ${reason(error)}`);
  }
}

/** Flags that name one file to write. */
const kinds: Readonly<Record<string, PlaceKind>> = { json: 'json', html: 'page', docs: 'page' };

/** Checks every file that flags name for results, before anything is computed. Throws InvalidArgumentError naming the flag. */
export function checkPlaces(
  operands: readonly string[],
  texts: readonly (readonly [name: string, value: string])[],
): void {
  const isPlace = (name: string, value: string): boolean =>
    name in kinds ? value !== '-' : value !== '' && (name === 'out' || existsSync(value));
  const places = texts.filter(([name, value]) => isPlace(name, value));
  const out = texts.find(([name]) => name === 'out')?.[1];
  const results = [...places.filter(([n]) => n in kinds), ...places.filter(([n]) => n === 'out')];
  for (const [name, path] of results) {
    if (name in kinds) refusePlace(`--${name}`, path, kinds[name], operands, out);
    const twin = places.find(([other, value]) => other !== name && samePlace(path, value));
    // A folder may have what is read beside what is written.
    if (twin && !statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new InvalidArgumentError(`--${name} and --${twin[0]} are both ${path}; expected two files`);
  }
}
