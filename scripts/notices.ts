/**
 * Notices of what a build bundles: a plugin that sees which packages' code is in the files, copies their licence texts, and
 * fails where one is missing or not permissive. `node_modules` may hold more; what counts is what was written.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences that ask for no more than their text. */
const permissive = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense']);

/** Folder of the package that a module belongs to, or null for our own. */
export function packageFolder(id: string): string | null {
  const path = id.replaceAll('\\', '/').replace(/^\0/, '');
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;
}

/** The licence file; else what stands under the heading "License" of the README. */
function licenceText(folder: string): string | null {
  const files = readdirSync(folder);
  const own = files.filter((f) => /^(licen[cs]e|copying|notice)/i.test(f));
  if (own.length > 0) return own.map((f) => readFileSync(join(folder, f), 'utf8').trim()).join('\n\n');
  const readme = files.find((f) => /^readme/i.test(f));
  const section = /^#+\s*licen[cs]e\s*\n([\s\S]+?)(?=^\[|^#|$(?![\s\S]))/im;
  const text = readme && section.exec(readFileSync(join(folder, readme), 'utf8'))?.[1].trim();
  return text && /copyright/i.test(text) ? text : null;
}

/** Name, version, licence and its text of the package in a folder. Throws an Error that names the package. */
export function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    'name' | 'version' | 'license',
    string
  >;
  if (!permissive.has(license))
    throw new Error(
      `${name} ${version} has the licence ${JSON.stringify(license)}; expected ${[...permissive].join(', ')}`,
    );
  const text = licenceText(folder);
  if (text === null) throw new Error(`${name} ${version} comes without a licence text`);
  return `${name} ${version}, ${license}\n\n${text}\n`;
}

/** The text of all notices. */
export const noticesText = (folders: Iterable<string>): string =>
  [
    'dist/cli.js and the files that it loads hold code of these packages. The other files of dist hold none.\n',
    ...[...new Set(folders)].map(noticeOf).sort((a, b) => a.localeCompare(b, 'en')),
  ].join(`\n${'-'.repeat(80)}\n\n`);

interface Chunk {
  readonly type: string;
  readonly moduleIds?: readonly string[];
}

interface Output {
  emitFile(file: { type: 'asset'; fileName: string; source: string }): string;
}

/** A plugin of the bundler. Without a file name: nothing of other packages may be bundled. */
export const notices = (
  fileName?: string,
): { name: string; generateBundle(this: Output, options: unknown, bundle: Record<string, Chunk>): void } => ({
  name: 'papilio-notices',
  generateBundle(_options, bundle) {
    const ids = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? []);
    const folders = ids.flatMap((id) => packageFolder(id) ?? []);
    if (fileName) this.emitFile({ type: 'asset', fileName, source: noticesText(folders) });
    else if (folders.length > 0)
      throw new Error(`${noticesText(folders).split('\n')[0]} Found ${[...new Set(folders)].join(', ')}`);
  },
});
