/** What is asked to hold two things, and what cannot be written. */
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, inject, it } from 'vitest';
import { viewOf } from '../../src/backends/backend.ts';
import { InvalidArgumentError } from '../../src/errors.ts';
import { compileGraph, wasmBackend } from '../../src/index.ts';
import { argument, exprCarrier as k, literal } from '../../src/ir/expr.ts';
import { input, map } from '../../src/ir/graph.ts';

it('an output that has the name of an input is refused where it is asked for', () => {
  const doubled = map('doubled', [input('re', [4])], [k.mul(argument(0), literal(2))])[0];
  const executable = wasmBackend.instantiate(compileGraph({ outputs: { re: doubled } }, { dtype: 'f64' }));
  expect(() => viewOf(executable, 're')).toThrow(InvalidArgumentError);
  expect(() => viewOf(executable, 're')).toThrow(/"re" names an input or parameter and an output; expected/);
  expect(() => viewOf(executable, 'constructor')).toThrow(/"constructor" is no input, output or parameter/);
});

it.skipIf(!existsSync('/dev/full'))('a full disk behind stdout is one line', () => {
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', '"$0" "$1" compile --n 8 --to wat > /dev/full', process.execPath, inject('cli')],
    { cwd: resolve(import.meta.dirname, '../..'), encoding: 'utf8' },
  );
  expect(stderr).toBe('papilio: standard output: cannot write: ENOSPC\n');
  expect(status).toBe(2);
});
