/** The page as it is built, once for all tests of a file, and a tab on it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../..');

/** Builds the page into a folder of its own. */
export async function builtPage(): Promise<{ readonly path: string; readonly url: string; remove(): void }> {
  const outDir = mkdtempSync(join(tmpdir(), 'papilio-playground-'));
  await build({ configFile: join(root, 'playground/vite.config.ts'), logLevel: 'error', build: { outDir } });
  const path = join(outDir, 'playground.html');
  return {
    path,
    url: pathToFileURL(path).href,
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}
