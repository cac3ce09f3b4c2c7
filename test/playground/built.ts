/** The page as it is built, once for all files of tests and for every run of them until something changes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../..');

/** Of everything that something is made of: files, and folders with all in them. */
function hashOf(sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const source of sources) {
    const path = join(root, source);
    if (/\.\w+$/.test(source)) hash.update(source).update(readFileSync(path));
    else
      for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }).sort())
        if (/^(?!.*node_modules).*\.\w+$/.test(name))
          hash.update(name).update(readFileSync(join(path, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

export interface Built {
  readonly folder: string;
  /** Takes away what older sources made. */
  remove(): void;
}

/** A folder that `make` fills, kept until its sources change. */
export async function builtOnce(
  name: string,
  sources: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<Built> {
  const cache = join(root, `node_modules/.cache/papilio-${name}`);
  const folder = join(cache, hashOf(sources));
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(join(cache, 'new-'));
    try {
      await make(own);
      renameSync(own, folder);
    } catch (error) {
      rmSync(own, { recursive: true });
      // Unless another file of tests was faster.
      if (!existsSync(folder)) throw error;
    }
  }
  const remove = (): void => {
    for (const other of readdirSync(cache))
      if (join(cache, other) !== folder && !other.startsWith('new-'))
        rmSync(join(cache, other), { recursive: true, force: true });
  };
  return { folder, remove };
}

/** The built page; `remove` takes away what older sources made. */
export async function builtPage(): Promise<{ readonly path: string; readonly url: string; remove(): void }> {
  const { folder, remove } = await builtOnce(
    'playground',
    ['playground', 'src', 'data', 'package.json'],
    async (outDir) => {
      const configFile = join(root, 'playground/vite.config.ts');
      await build({ configFile, logLevel: 'error', build: { outDir } });
    },
  );
  const path = join(folder, 'playground.html');
  return { path, url: pathToFileURL(path).href, remove };
}
