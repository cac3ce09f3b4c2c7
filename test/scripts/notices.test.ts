/** Notices of bundled packages: the build fails where one is missing or not permissive. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { noticeOf, notices, noticesText, packageFolder } from '../../scripts/notices.ts';

const root = mkdtempSync(join(tmpdir(), 'papilio-notices-'));
afterAll(() => rmSync(root, { recursive: true }));

function packageOf(name: string, license: unknown, files: Record<string, string>): string {
  const folder = join(root, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', license }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

const good = packageOf('@scope/good', 'ISC', { LICENSE: 'Copyright A\nPermission ...' });

describe('notices', () => {
  it('take the licence from its file, or from the README', () => {
    expect(noticeOf(good)).toBe('@scope/good 1.2.3, ISC\n\nCopyright A\nPermission ...\n');
    const readme = '# x\n\n#### License\n\nCopyright B\n\nPermission ...\n\n[0]: http://x\n';
    expect(noticeOf(packageOf('b', 'MIT', { 'README.md': readme }))).toBe(
      'b 1.2.3, MIT\n\nCopyright B\n\nPermission ...\n',
    );
  });

  it.each([
    [
      'a licence that asks for more',
      'GPL-3.0',
      { LICENSE: 'Copyright C' },
      /^c0 1\.2\.3 has the licence "GPL-3\.0"; expected 0BSD/,
    ],
    ['no licence', undefined, { LICENSE: 'Copyright C' }, /^c1 1\.2\.3 has the licence undefined/],
    ['no text', 'MIT', { 'README.md': '# License\n\nMIT\n' }, /^c2 1\.2\.3 comes without a licence text/],
  ])('refuse %s, naming the package', (_, license, files, message) => {
    const name = `c${['GPL-3.0', undefined, 'MIT'].indexOf(license)}`;
    expect(() => noticeOf(packageOf(name, license, files))).toThrow(message);
  });

  it('come from the modules that are in a file, once each', () => {
    const ids = ['index.js', 'deep/x.js'].map((file) => join(good, file));
    expect(ids.map(packageFolder)).toEqual([good, good]);
    expect(packageFolder('/checkout/src/index.ts')).toBeNull();
    expect(packageFolder('/x/node_modules/a/node_modules/b/c.js')).toBe('/x/node_modules/a/node_modules/b');
    const written: string[] = [];
    const output = { emitFile: ({ source }: { source: string }) => `${written.push(source)}` };
    const bundle = { 'cli.js': { type: 'chunk', moduleIds: [...ids, '/checkout/src/index.ts'] } };
    notices('NOTICES.txt').generateBundle.call(output, {}, bundle);
    expect(written).toEqual([noticesText([good])]);
    expect(() => notices().generateBundle.call(output, {}, bundle)).toThrow('@scope/good');
  });
});
