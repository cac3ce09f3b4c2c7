/**
 * npm run size: files and lines per room, the longest files and functions, parameters, and names at every entry point. Fails when a
 * file is above 450 lines, a function above 60 or has more than 6 parameters, but for those named here: tables, and what writes code.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');
const most = { lines: 450, functionLines: 60, parameters: 6 };
/** Tables, and the emitter. */
const allowed: ReadonlySet<string> = new Set(['encodeModule', 'presetTable', 'printModule', 'headTable']);

interface Measured {
  readonly file: string;
  readonly room: string;
  readonly lines: number;
  readonly functions: readonly { name: string; lines: number; parameters: number }[];
}

const nameOf = (node: ts.Node): string => {
  const { name } = node as ts.NamedDeclaration;
  if (name && 'text' in name) return String(name.text);
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : '';
};

function measured(path: string): Measured {
  const text = readFileSync(path, 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const functions: { name: string; lines: number; parameters: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const [first, last] = [node.getStart(), node.end].map(
        (at) => source.getLineAndCharacterOfPosition(at).line,
      );
      functions.push({ name: nameOf(node), lines: last - first + 1, parameters: node.parameters.length });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const file = relative(root, path);
  const room = file.replace(/^src\//, '').replace(/\/.*$/, '');
  return {
    file,
    room: room.endsWith('.ts') ? 'entries' : room,
    lines: text.split('\n').length - 1,
    functions,
  };
}

const quantile = (sorted: readonly number[], p: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];

const files = ['src', 'studies']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((f) => join(root, folder, f)),
  )
  .filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts'))
  .map(measured);

const row = (room: string, of: readonly Measured[]): Record<string, number | string> => {
  const lines = of.map((f) => f.lines).sort((a, b) => a - b);
  const total = lines.reduce((a, b) => a + b, 0);
  return {
    room,
    files: of.length,
    lines: total,
    median: quantile(lines, 0.5),
    p90: quantile(lines, 0.9),
    max: lines[lines.length - 1],
  };
};
console.table([
  ...[...new Set(files.map((f) => f.room))].sort().map((room) =>
    row(
      room,
      files.filter((f) => f.room === room),
    ),
  ),
  row('all', files),
]);

for (const entry of ['index', 'learn', 'front', 'compiler', 'files', 'webgpu']) {
  const text = readFileSync(join(root, `src/${entry}.ts`), 'utf8');
  const names = [...text.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, type, list]) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean)
      .map((name) => (type || name.startsWith('type ') ? 'type' : 'value')),
  );
  const values = names.filter((kind) => kind === 'value').length;
  console.log(`${entry}: ${values} names at run time, ${names.length - values} types`);
}

const wrong = files.flatMap(({ file, lines, functions }) => [
  ...(lines > most.lines ? [`${file}: ${lines} lines`] : []),
  ...functions
    .filter(({ name }) => !allowed.has(name))
    .flatMap(({ name, lines: long, parameters }) => [
      ...(long > most.functionLines ? [`${file}: ${name} has ${long} lines`] : []),
      ...(parameters > most.parameters ? [`${file}: ${name} has ${parameters} parameters`] : []),
    ]),
]);
for (const line of wrong) console.log(line);
console.log(
  `${wrong.length} above ${most.lines} lines, functions of ${most.functionLines} or ${most.parameters} parameters`,
);
if (wrong.length > 0) process.exitCode = 1;
