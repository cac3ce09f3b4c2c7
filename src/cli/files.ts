/** Files of the command line: read with errors that name them, written whole or not at all. */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FileFormatError, InvalidArgumentError } from '../errors.ts';
import { parseJson } from '../formats/json.ts';

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
    EDQUOT: 'no space left for this user',
    EEXIST: 'is in the way',
    ELOOP: 'a link that leads in circles',
    ENAMETOOLONG: 'the name is too long',
    EMFILE: 'too many open files',
    EIO: 'the device does not answer',
    ERR_FS_FILE_TOO_LARGE: 'is larger than 2 GiB',
  };
  const message = error instanceof Error ? error.message : String(error);
  return known[code ?? ''] ?? message.split('\n')[0];
}

/** What stands at a path that is neither a file nor a folder; null for these two. */
export function oddity(stats: Pick<Stats, 'isFile' | 'isDirectory' | 'isFIFO' | 'isSocket'>): string | null {
  if (stats.isFile() || stats.isDirectory()) return null;
  return stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
}

/** Bytes of a file. Throws InvalidArgumentError naming it; so it does for pipes and devices, which may never end. */
export function readBytes(path: string): Uint8Array {
  let odd: string | null;
  try {
    odd = oddity(statSync(path));
    if (odd === null) return readFileSync(path);
  } catch (error) {
    throw new InvalidArgumentError(`${path}: ${reason(error)}`);
  }
  throw new InvalidArgumentError(`${path}: is ${odd}; expected a file`);
}

/** SHA-256 in hexadecimal digits. */
export const hashOf = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The JSON of a file. Throws InvalidArgumentError or FileFormatError naming it; `advice` says what to do about the latter. */
export function readJson(path: string, advice: string): unknown {
  const bytes = readBytes(path);
  try {
    return parseJson(bytes, path);
  } catch (error) {
    throw new FileFormatError(`${(error as Error).message}; ${advice}`);
  }
}

/** Makes a folder and those it lies in; an error is that of the first one that cannot be made (`recursive` hides EROFS). */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as { code?: string };
    const parent = dirname(path);
    if (code === 'ENOENT' && parent !== path) {
      makeFolder(parent);
      mkdirSync(path);
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Make a folder and check that it can be written. Throws InvalidArgumentError naming it. */
export function ensureFolder(path: string): void {
  const probe = join(path, `.papilio-${randomUUID()}`);
  try {
    makeFolder(path);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new InvalidArgumentError(`${path}: cannot write there: ${reason(error)}`);
  }
}

/** Names of what a process has open: /dev/stderr and its like. */
const openFiles = /^\/(dev\/fd|proc\/[^/]+\/fd)\//;

/** The file that a link leads to, which need not be there; the path itself where it is no link. */
export function throughLinks(path: string, left = 40): string {
  if (openFiles.test(path) || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  if (left === 0) throw Object.assign(new Error('a circle'), { code: 'ELOOP' });
  return throughLinks(resolve(realpathSync(dirname(path)), readlinkSync(path)), left - 1);
}

/** Pipes, devices and what is open are written to; a new file in their place would be something else. */
function writeInto(path: string, data: string | Uint8Array): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeFileSync(file, data);
  } finally {
    closeSync(file);
  }
}

/**
 * Write a file under a temporary name and rename it, so that a reader sees the old or the new one, never a part. Links stay
 * links, pipes and devices what they are.
 */
export function writeAtomic(path: string, data: string | Uint8Array): void {
  let temporary: string | null = null;
  try {
    const file = throughLinks(path);
    const there = statSync(file, { throwIfNoEntry: false });
    if (openFiles.test(file) || (there && oddity(there) !== null)) return writeInto(file, data);
    // Not made of the file's own name, which may be as long as names can be.
    temporary = join(dirname(file), `.papilio-${randomUUID()}.tmp`);
    writeFileSync(temporary, data);
    renameSync(temporary, file);
  } catch (error) {
    if (temporary !== null) rmSync(temporary, { force: true });
    throw new InvalidArgumentError(`${path}: cannot write: ${reason(error)}`);
  }
}

export const warn = (text: string): void => void process.stderr.write(`papilio: warning: ${text}\n`);

const warned = new Set<string>();

/** Says something about a file on stderr, once; what has the same key counts as the same. */
export function warnOnce(text: string, key = text): void {
  if (!warned.has(key)) warn(text);
  warned.add(key);
}
