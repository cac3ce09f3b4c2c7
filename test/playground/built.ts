/** The page as it is built, once for all files of tests and for every run of them until something changes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache/papilio-playground');

/** Of everything that the page is made of. */
function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of ['playground', 'src', 'data'])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.\w+$/.test(name)) hash.update(name).update(readFileSync(join(root, folder, name)));
  return hash
    .update(readFileSync(join(root, 'package.json')))
    .digest('hex')
    .slice(0, 16);
}

/** The built page; `remove` takes away what older sources made. */
export async function builtPage(): Promise<{ readonly path: string; readonly url: string; remove(): void }> {
  const folder = join(cache, hashOfSources());
  const path = join(folder, 'playground.html');
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    const outDir = mkdtempSync(join(cache, 'new-'));
    await build({
      configFile: join(root, 'playground/vite.config.ts'),
      logLevel: 'error',
      build: { outDir },
    });
    try {
      renameSync(outDir, folder);
    } catch (error) {
      // Another file of tests was faster.
      rmSync(outDir, { recursive: true });
      if (!existsSync(path)) throw error;
    }
  }
  const remove = (): void => {
    for (const name of readdirSync(cache))
      if (join(cache, name) !== folder && !name.startsWith('new-'))
        rmSync(join(cache, name), { recursive: true, force: true });
  };
  return { path, url: pathToFileURL(path).href, remove };
}
