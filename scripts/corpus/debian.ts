/** Debian packages by apt-get download and dpkg-deb: fetched to a folder and unpacked there, nothing is installed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FileFormatError, PapilioError } from '../../src/errors.ts';
import { unzip } from './zip.ts';

/** A package that cannot be fetched or unpacked. */
export class PackageError extends PapilioError {
  override name = 'PackageError';
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    const why = code === 'ENOENT' ? 'there is no such command; the corpus needs Debian or Ubuntu' : stderr;
    throw new PackageError(`${command} ${args.join(' ')}: ${lastLine(why ?? String(error))}`);
  }
}

export interface Unpacked {
  readonly root: string;
  readonly version: string;
  readonly download: number;
}

/**
 * Fetch and unpack a package into `folder`; what is already there is used. Throws PackageError.
 * apt's lists have to be there: apt-get update.
 */
export function fetchPackage(name: string, folder: string): Unpacked {
  mkdirSync(folder, { recursive: true });
  const find = (): string | undefined =>
    readdirSync(folder).find((f) => f.startsWith(`${name}_`) && f.endsWith('.deb'));
  if (!find()) {
    const part = join(folder, `.part-${name}`);
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part);
    try {
      run('apt-get', ['download', name], part);
      for (const file of readdirSync(part)) renameSync(join(part, file), join(folder, file));
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      throw new PackageError(`${name}: cannot be fetched (${error.message}); apt-get update may help`);
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  }
  const archive = find();
  if (!archive) throw new PackageError(`${name}: apt-get download left no .deb`);
  const root = join(folder, name);
  rmSync(root, { recursive: true, force: true });
  run('dpkg-deb', ['-x', archive, name], folder);
  return {
    root,
    version: run('dpkg-deb', ['-f', archive, 'Version'], folder).trim(),
    download: statSync(join(folder, archive)).size,
  };
}

/** All files of an unpacked package, those inside .pk3 archives by `archive.pk3/path`, in the order of their names. */
export function* filesOf(root: string): Generator<{ source: string; read(): Uint8Array }> {
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of paths) {
    const source = relative(root, path);
    if (!path.endsWith('.pk3')) yield { source, read: () => readFileSync(path) };
    else
      for (const { path: inside, data } of unzip(readFileSync(path), source))
        yield { source: `${source}/${inside}`, read: () => data };
  }
}

/** The text of a package's debian/copyright. Throws FileFormatError where it has none of its own. */
export function copyrightOf(name: string, root: string): string {
  try {
    return readFileSync(join(root, 'usr/share/doc', name, 'copyright'), 'utf8');
  } catch {
    throw new FileFormatError(`${name}: has no usr/share/doc/${name}/copyright of its own`);
  }
}
