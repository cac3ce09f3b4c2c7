/** Programs through the C backend and a C compiler of this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { printC, type CFunction } from '../../../src/backends/c/c.ts';
import { cTypes, elementType } from '../../../src/backends/c/numbers.ts';
import { referenceBackend } from '../../../src/backends/reference.ts';
import { runProgram } from '../../helpers.ts';
import type { AnyProgram } from '../../../src/compiler/kernel.ts';
import { bytesOf, numberFormats, type ArrayOf, type Format } from '../../../src/compiler/number-format.ts';

/** Is there such a compiler? */
export const hasCompiler = (name: string): boolean => spawnSync(name, ['--version']).status === 0;

/** Whatever they warn of is an error. */
export const strict = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-pedantic', '-Werror'];

/** What commands say in a folder with files. */
export function inFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (run: (...command: string[]) => string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'papilio-c-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return use((program, ...args) => execFileSync(program, args, { cwd: folder, encoding: 'utf8' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface Compiled {
  readonly name: string;
  /** With these sources, in a language. */
  readonly flags: readonly string[];
  /** What programs need of the processor, as Linux calls it. */
  readonly needs?: string;
}

/** What must compile without a warning. */
export const compilers: readonly Compiled[] = [
  { name: 'gcc', flags: ['-std=c99', '-O1'] },
  {
    name: 'gcc',
    flags: [
      '-std=c99',
      '-O0',
      '-fsanitize=undefined,address',
      '-fno-sanitize-recover=all',
      '-DPAPILIO_NO_ASM',
    ],
  },
  { name: 'g++', flags: ['-x', 'c++', '-std=c++11', '-O1', '-ffp-contract=off'] },
  { name: 'clang', flags: ['-std=c99', '-O1', '-ffp-contract=off'] },
];

export interface NativeCase {
  readonly program: AnyProgram;
  readonly values: Readonly<Record<string, ArrayLike<number>>>;
  readonly overwrite?: boolean;
  readonly lanes?: number;
}

const ends = ({ inputs, outputs }: AnyProgram): string[] => [...Object.keys(inputs), ...Object.keys(outputs)];

/** Outputs of programs of one dtype, each called once with its values by one executable. */
export function nativeRun(
  cases: readonly NativeCase[],
  { name: compiler, flags }: Compiled = compilers[0],
): Record<string, ArrayOf<Format>>[] {
  const folder = mkdtempSync(join(tmpdir(), 'papilio-c-'));
  try {
    const [{ dtype }] = cases.map((c) => c.program);
    const { array: Numbers } = numberFormats[dtype];
    const { name: type } = cTypes[dtype];
    const functions = cases.map(({ program, overwrite = false, lanes = 1 }, i): CFunction => ({
      name: `f${i}`,
      summary: ['test'],
      program,
      overwrite,
      lanes,
      parameters: ends(program).map((buffer, j) => ({ buffer, name: `a${j}`, is: buffer })),
    }));
    const { header, source } = printC({ name: 'kernels', title: ['Test.'], functions });
    const calls = cases.map(({ program }, i) => {
      const sizes = ends(program).map((name, j) => {
        const id = program.inputs[name] ?? program.outputs[name];
        const buffer = program.buffers[id];
        const at = `f${i}_a${j}`;
        return { size: buffer.size, type: elementType(buffer, dtype), isInput: name in program.inputs, at };
      });
      const arrays = sizes.map(({ at, size, type: own }) => `static ${own} ${at}[${size}];\n`).join('');
      const list = (isInput: boolean, verb: string): string =>
        sizes
          .filter((s) => s.isInput === isInput)
          .map(
            ({ at, size }) =>
              `  if (f${verb}(${at}, sizeof ${at}[0], ${size}, ${isInput ? 'in' : 'out'}) != ${size}) return 1;\n`,
          )
          .join('');
      const args = sizes.map((s) => s.at).join(', ');
      return {
        arrays: `${arrays}static ${type} f${i}_scratch[F${i}_SCRATCH + 1];\n`,
        call: `${list(true, 'read')}  f${i}(${args}, f${i}_scratch);\n${list(false, 'write')}`,
      };
    });
    const main = `#include <stdio.h>
#include "kernels.h"
${calls.map((c) => c.arrays).join('')}int main(int count, char **names)
{
  FILE *in = fopen(names[1], "rb"), *out = fopen(names[2], "wb");
  if (count != 3 || !in || !out) return 2;
${calls.map((c) => c.call).join('')}  return fclose(out);
}
`;
    const path = (file: string): string => join(folder, file);
    writeFileSync(path('kernels.h'), header);
    writeFileSync(path('kernels.c'), source);
    writeFileSync(path('main.c'), main);
    const input = cases.flatMap(({ program, values }) =>
      Object.keys(program.inputs).map((name) => {
        const { size, fixed } = program.buffers[program.inputs[name]];
        const all = fixed?.bits === 16 ? new Int16Array(size) : new Numbers(size);
        all.set(Array.from(values[name] ?? []));
        return Buffer.from(all.buffer);
      }),
    );
    writeFileSync(path('in'), Buffer.concat(input));
    execFileSync(
      compiler,
      [...flags, ...strict, '-I', folder, path('kernels.c'), path('main.c'), '-o', path('run')],
      {
        encoding: 'utf8',
      },
    );
    execFileSync(path('run'), [path('in'), path('out')], { encoding: 'utf8' });
    const bytes = readFileSync(path('out'));
    let at = 0;
    return cases.map(({ program }) =>
      Object.fromEntries(
        Object.keys(program.outputs).map((name) => {
          const { size } = program.buffers[program.outputs[name]];
          const length = size * bytesOf(dtype);
          const numbers = new Numbers(
            bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + length),
          );
          at += length;
          return [name, numbers];
        }),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const processor = ((): string => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
})();

/** Why a compiler's programs cannot run here; null where they can. */
function missing({ name, needs = '' }: Compiled): string | null {
  if (!hasCompiler(name)) return `no ${name}`;
  return processor.includes(needs) ? null : `no ${needs}`;
}

/** Tests that C of every compiler has the bits of the interpreter, which runs once for all. */
export function hasTheBits(cases: readonly NativeCase[], list: readonly Compiled[]): void {
  let expected: Record<string, Float64Array>[] | null = null;
  it.each(list.map((c): [string, Compiled] => [`${c.name} ${c.flags.join(' ')}`, c]))(
    'is bit for bit what the interpreter computes: %s',
    (_, compiler) => {
      const reason = missing(compiler);
      if (reason !== null) return console.log(`skipped: ${reason}`);
      const found = nativeRun(cases, compiler);
      expected ??= cases.map((c) => runProgram(referenceBackend, c.program, c.values));
      expected.forEach((outputs, i) => {
        for (const [name, numbers] of Object.entries(outputs))
          expect(Float64Array.from(found[i][name]), `case ${i} ${name}`).toEqual(numbers);
      });
    },
    120_000,
  );
}
