/** Writes the site into dist/site. The playground is built before it, into dist. */
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { playgroundOfSite, siteFiles, writeSite } from './build.ts';
import { LinkError } from './links.ts';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'dist/site');

const files = await siteFiles(root).catch((error: unknown) => {
  if (!(error instanceof LinkError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
files.set('playground.html', playgroundOfSite(readFileSync(join(root, 'dist/playground.html'), 'utf8')));
rmSync(out, { recursive: true, force: true });
writeSite(files, out);
