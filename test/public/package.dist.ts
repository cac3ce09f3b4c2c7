/** What the package holds; run with the built package only (npm run test:dist). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledSize, importBudgets } from '../../scripts/bundle-size.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');

/** The command line: cli.js, and the files that it loads. */
const parts = (path: string, seen = new Set<string>()): Set<string> => {
  seen.add(path);
  for (const [, next] of read(path).matchAll(/(?:from |import\(|import )"\.\/([\w-]+\.js)"/g))
    if (!seen.has(`dist/${next}`)) parts(`dist/${next}`, seen);
  return seen;
};
const program = [...parts('dist/cli.js')].map(read).join('\n');

describe('the package', () => {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as { files: { path: string }[] }[];
  const files = new Set(packed[0].files.map((f) => f.path));

  it('holds every document that the README and the command line name', () => {
    const linked = [...read('README.md').matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map((m) => m[1]);
    const local = linked.filter((path) => !/^https?:/.test(path));
    const named = [...program.matchAll(/\bdocs\/[\w-]+\.md/g)].map((m) => m[0]);
    expect(local.length).toBeGreaterThan(10);
    expect(named.length).toBeGreaterThan(3);
    for (const path of new Set([...local, ...named])) expect(files, path).toContain(path);
  });

  it('holds what its exports point to, and the notices', () => {
    const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, unknown> };
    const targets = JSON.stringify(exports).match(/\.\/[\w./-]+\.(?:js|ts|json)(?=")/g) ?? [];
    for (const path of targets.filter((t) => t.startsWith('./dist/') || t === './package.json'))
      expect(files, path).toContain(path.slice(2));
    expect(files).toContain('dist/THIRD-PARTY-NOTICES.txt');
  });

  it('does not grow by the site, which is built beside it', () => {
    expect(files).toContain('dist/playground.html');
    expect([...files].filter((path) => path.startsWith('dist/site/'))).toEqual([]);
    expect(existsSync(resolve(root, 'dist/site/index.html'))).toBe(true);
  });

  it('brings the notice of every package whose code is in it', () => {
    const notices = read('dist/THIRD-PARTY-NOTICES.txt');
    const bundled = [...program.matchAll(/^\/\/#region node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)];
    const names = [...new Set(bundled.map((m) => m[1]))];
    expect(names).toContain('@observablehq/plot');
    for (const name of names) expect(notices, name).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+, `, 'm'));
    expect(notices.match(/Copyright|public domain/gi)?.length).toBeGreaterThanOrEqual(names.length);
  });

  it('has a module for pages that transforms as it is', async () => {
    const page = (await import(resolve(root, 'dist/papilio.min.js'))) as typeof import('../../src/page.ts');
    expect([...page.rfft([1, 2, 3, 4]).re]).toEqual([10, -2, -2]);
    expect(page.features('papilio').run(new Float32Array(1600)).width).toBe(40);
    expect(existsSync(resolve(root, 'dist/papilio.min.js'))).toBe(true);
  });
});

describe('what an import brings along, bundled, minified and compressed', () => {
  it.each(importBudgets)('%s', async (name, limit) => {
    expect(await bundledSize(name.split(', '))).toBeLessThanOrEqual(limit * 1000);
  });
});
