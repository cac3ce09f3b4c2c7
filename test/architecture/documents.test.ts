/** What a stranger reads: every public name has a docstring, and every example in a document is TypeScript that compiles. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const entries = [
  'index',
  'learn',
  'front',
  'compiler',
  'files',
  'webgpu',
  'node',
  'worklet',
  'compat/fft',
  'compat/meyda',
];
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((f) => `docs/${f}`)].filter((f) =>
  f.endsWith('.md'),
);

/** What examples are about and do not declare themselves. */
const given = `
declare const samples: Float32Array, signals: Float32Array, chunk: Float32Array;
declare const bytesOfModelSafetensors: Uint8Array;
declare const parameters: import('papilio/learn').ParameterValues, program: import('papilio/compiler').Program;
`;

/** Code of the ts blocks of the documents, by a file name that says where each begins. */
const blocks = new Map<string, string>();
for (const document of documents) {
  const text = readFileSync(join(root, document), 'utf8');
  for (const block of text.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
    const line = text.slice(0, block.index).split('\n').length;
    blocks.set(join(root, `${document}.line-${line}.ts`), `${block[1]}\nexport {};`);
  }
}
const givenPath = join(root, 'docs/given.d.ts');

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
  config: object;
};
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const compilerOptions = { ...options, noUnusedLocals: false };
// Programs and blocks of one compiler: blocks are read from memory.
const host = ts.createCompilerHost(compilerOptions);
const ofDocuments = (path: string): string | undefined => (path === givenPath ? given : blocks.get(path));
const { fileExists, readFile } = host;
host.fileExists = (path) => ofDocuments(path) !== undefined || fileExists(path);
host.readFile = (path) => ofDocuments(path) ?? readFile(path);
host.getSourceFile = (path, languageVersion) => {
  const text = host.readFile(path);
  return text === undefined ? undefined : ts.createSourceFile(path, text, languageVersion, true);
};
const program = ts.createProgram(
  [...entries.map((e) => join(root, `src/${e}.ts`)), givenPath, ...blocks.keys()],
  compilerOptions,
  host,
);
const checker = program.getTypeChecker();

/** Is there text about it, at the name itself? */
const isDocumented = (symbol: ts.Symbol): boolean =>
  symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;

/** Its methods, of which each needs a docstring too. */
const methodsOf = (symbol: ts.Symbol): ts.Symbol[] =>
  [...(symbol.members?.values() ?? [])].filter(
    (m) => (m.flags & ts.SymbolFlags.Method) !== 0 && !isPrivate(m),
  );
const isPrivate = (symbol: ts.Symbol): boolean =>
  (symbol.declarations ?? []).some(
    (d) =>
      (ts.isMethodDeclaration(d) && ts.isPrivateIdentifier(d.name)) ||
      (ts.getCombinedModifierFlags(d) & ts.ModifierFlags.Private) !== 0 ||
      ts.getJSDocTags(d).some((t) => t.tagName.text === 'internal'),
  );

function undocumented(entry: string): string[] {
  const file = program.getSourceFile(join(root, `src/${entry}.ts`));
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`src/${entry}.ts exports nothing`);
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const alias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
    const methods = methodsOf(symbol).filter((m) => !isDocumented(m));
    return [
      ...(isDocumented(symbol) ? [] : [exported.name]),
      ...methods.map((m) => `${exported.name}.${m.name}`),
    ];
  });
}

describe('every public name, and every method of one, has a docstring', () => {
  it.each(entries)('%s', (entry) => {
    expect(undocumented(entry)).toEqual([]);
  });
});

describe('every example in a document compiles against the public entries', () => {
  it('finds them', () => {
    expect(blocks.size).toBeGreaterThan(5);
  });

  it.each([...blocks.keys()].map((path) => relative(root, path)))('%s', (block) => {
    const path = join(root, block);
    const file = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    const text = found.map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'));
    expect(text).toEqual([]);
  });

  it('imports nothing that is not public', () => {
    const imported = [...blocks.values()].flatMap((code) =>
      [...code.matchAll(/from '([^']+)'/g)].map((m) => m[1]),
    );
    const allowed = new Set([
      'papilio',
      ...entries.slice(1).map((e) => `papilio/${e}`),
      'papilio/compat/fft.js',
    ]);
    expect(imported.filter((name) => !name.startsWith('node:') && !allowed.has(name))).toEqual([]);
  });
});

describe('every file that a document links to is there', () => {
  it.each(documents)('%s', (document) => {
    const text = readFileSync(join(root, document), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((m) => m[1])
      .filter((path) => !/^https?:/.test(path));
    expect(links.filter((path) => !existsSync(resolve(root, dirname(document), path)))).toEqual([]);
  });

  it('and so are those that docs/adding.md sends one to', () => {
    const text = readFileSync(join(root, 'docs/adding.md'), 'utf8');
    const paths = [...text.matchAll(/(?:`|^ \/\/ )((?:src|test|scripts)\/[\w./-]+)/gm)].map((m) => m[1]);
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !path.includes('NAME') && !existsSync(join(root, path)))).toEqual([]);
  });
});
