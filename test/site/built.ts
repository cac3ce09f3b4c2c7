/** The site as it is built, once for all tests until something changes. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { playgroundOfSite, siteFiles, writeSite } from '../../site/build.ts';
import { builtOnce, builtPage, type Built } from '../playground/built.ts';

const root = resolve(import.meta.dirname, '../..');

const sources =
  'site src docs examples playground bench scripts data test/examples README.md CHANGELOG.md CONTRIBUTING.md package.json tsconfig.json'.split(
    ' ',
  );

export const builtSite = (): Promise<Built> =>
  builtOnce('site', sources, async (folder) => {
    const files = await siteFiles(root);
    const playground = await builtPage();
    files.set('playground.html', playgroundOfSite(readFileSync(playground.path, 'utf8')));
    writeSite(files, folder);
  });
