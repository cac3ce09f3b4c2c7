import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const src = join(root, 'src');

/** Rooms from the top of the ladder down; a room imports only from those before it. */
const ladder = [
  'errors.ts',
  'options.ts',
  'numeric',
  'formats',
  'ir',
  'model',
  'spectral',
  'compiler',
  'backends',
  'plans',
  'optimize',
  'fit',
  'front',
  'prune',
  'distill',
  'certify',
  'checkpoints',
  'index.ts',
  'learn.ts',
  'front.ts',
  'compiler.ts',
  'files.ts',
  'webgpu.ts',
] as const;

const entries = ['index.ts', 'learn.ts', 'front.ts', 'compiler.ts', 'files.ts', 'webgpu.ts'];
const nothing = ['errors.ts', 'options.ts'];

/** Rooms that may import less than all of those before them. */
const less: Readonly<Record<string, readonly string[]>> = {
  formats: [...nothing, 'numeric'],
  ir: [...nothing, 'numeric'],
  model: [...nothing, 'numeric', 'ir'],
  spectral: [...nothing, 'numeric', 'ir'],
  compiler: [...nothing, 'ir'],
  backends: [...nothing, 'ir', 'compiler'],
  cli: [...nothing, 'formats', ...entries, 'studies'],
  // Entries of their own: Node streams, a module for audio worklets, one for pages.
  'node.ts': entries,
  'worklet.ts': entries,
  // Calls of other libraries, over the entry of all.
  compat: [...nothing, 'numeric', 'index.ts'],
  'page.ts': entries,
};

/** Rooms, and what each may import besides itself. */
const above: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(ladder.map((room, i) => [room, ladder.slice(0, i)])),
  ...less,
  // Beside src: studies and measurements look inside, and only the command line runs a study.
  studies: ladder,
  bench: ladder,
  scripts: [...ladder, 'page.ts', 'cli', 'bench', 'studies', 'test'],
  // The site is made of texts, the names of entries among them.
  site: ['cli', 'scripts'],
  // The playground meets papilio as everybody does, by its name.
  playground: [],
};

const files = ['src', 'studies', 'bench', 'scripts', 'playground', 'site'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts') && !f.includes('node_modules'))
    .map((f) => join(root, folder, f)),
);

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g;

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(importPattern)].map((m) => m[1] ?? m[2] ?? m[3]);
}

/** The room of a file in src, the folder of one beside it. */
const room = (file: string): string =>
  relative(root, file)
    .replace(/^src\//, '')
    .split('/')[0];
const inside = files.filter((f) => f.startsWith(src));

describe('import ladder', () => {
  it('finds imports at all', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  it('rooms import only from rooms above them', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((path) => path.startsWith('.'))
        .map((path) => room(resolve(dirname(file), path)))
        .filter((to) => to !== room(file) && !above[room(file)]?.includes(to))
        .map((to) => `${relative(src, file)} imports ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('the playground imports papilio by its name, and nothing else', () => {
    // The rivals in the room Race are others.
    const rivals = ['fft.js', '@echogarden/pffft-wasm/simd', 'pffft.wasm?url&inline', '@jax-js/jax'];
    const names = ['papilio', ...entries.slice(1).map((e) => `papilio/${e.replace('.ts', '')}`), ...rivals];
    const wrong = files
      .filter((f) => room(f) === 'playground' && !f.endsWith('vite.config.ts'))
      .flatMap((f) =>
        importsOf(f)
          .filter((path) => !path.startsWith('.') && !names.includes(path))
          .map((path) => `${relative(root, f)} imports ${path}`),
      );
    expect(wrong).toEqual([]);
  });

  it('only the command line and the entry for Node use Node modules, packages, the console or the process', () => {
    const wrong = inside
      .filter((f) => room(f) !== 'cli' && room(f) !== 'node.ts')
      .flatMap((f) => {
        const outside = importsOf(f).filter((path) => !path.startsWith('.'));
        const text = readFileSync(f, 'utf8');
        // The warning that there is no WebAssembly.
        const speaks = relative(src, f) === 'backends/default.ts';
        if (!speaks && /\bconsole\.|\bprocess\./.test(text)) outside.push('console or process');
        return outside.map((what) => `${relative(src, f)}: ${what}`);
      });
    expect(wrong).toEqual([]);
  });

  it('what learns names no backend: it is the default, or passed in', () => {
    const learning = ['optimize', 'fit', 'front', 'prune', 'distill', 'certify', 'checkpoints'];
    const wrong = files.filter(
      (f) => learning.includes(room(f)) && /(?:wasm|js|reference)Backend/.test(readFileSync(f, 'utf8')),
    );
    expect(wrong.map((f) => relative(root, f))).toEqual([]);
  });

  it('nothing is exported that no other file names', () => {
    const everywhere = ['src', 'studies', 'bench', 'scripts', 'playground', 'site', 'test'].flatMap(
      (folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((f) => f.endsWith('.ts') && !f.includes('node_modules'))
          .map((f) => join(root, folder, f)),
    );
    const users = new Map<string, number>();
    for (const f of everywhere)
      for (const word of new Set(readFileSync(f, 'utf8').match(/\w+/g)))
        users.set(word, (users.get(word) ?? 0) + 1);
    const exported = /^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm;
    const wrong = files
      .filter((f) => (ladder as readonly string[]).includes(room(f)) || ['cli', 'studies'].includes(room(f)))
      .flatMap((f) =>
        [...readFileSync(f, 'utf8').matchAll(exported)]
          .filter(([, name]) => users.get(name) === 1)
          .map(([, name]) => `${relative(root, f)}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map(
      files.map((f) => [
        f,
        importsOf(f)
          .filter((p) => p.startsWith('.'))
          .map((p) => resolve(dirname(f), p)),
      ]),
    );
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (f: string, path: string[]): void => {
      if (state.get(f) === 'done') return;
      if (state.get(f) === 'open') {
        cycles.push([...path.slice(path.indexOf(f)), f].map((x) => relative(src, x)).join(' -> '));
        return;
      }
      state.set(f, 'open');
      for (const to of graph.get(f) ?? []) visit(to, [...path, f]);
      state.set(f, 'done');
    };
    for (const f of files) visit(f, []);
    expect(cycles).toEqual([]);
  });
});
