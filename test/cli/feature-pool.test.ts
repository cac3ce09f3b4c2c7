/** Processes of papilio features that end where they should not, and that cannot be started. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runPool, type Outcome } from '../../src/cli/feature-worker.ts';
import { featureHead } from '../../src/index.ts';
import { temporary } from './helpers.ts';

const folder = temporary();
const program = join(folder, 'program.mjs');
const { argv, execPath } = process;
const [, own] = argv;
afterEach(() => {
  argv[1] = own;
  process.execPath = execPath;
});

/** Works tasks off by a program in place of papilio's; `done` waits until what happened meanwhile has happened. */
async function work(count: number, code: string): Promise<string[]> {
  writeFileSync(program, code);
  argv[1] = program;
  const tasks = [...Array(count).keys()].map((i) => ({ path: `${i}.wav`, folder, output: `${i}.npy` }));
  const outcomes: Outcome[] = [];
  const pause = new Int32Array(new SharedArrayBuffer(4));
  await runPool({ head: featureHead('papilio'), dtype: 'f32' }, tasks, 2, (outcome) => {
    outcomes.push(outcome);
    Atomics.wait(pause, 0, 0, 150);
  });
  return outcomes.map((o) => ('error' in o ? o.error : o.file)).sort();
}

it('a process that ends between two tasks is replaced, and no recording pays for it', async () => {
  const code = `process.on('message', (task) => process.send({ file: task.path }, () => process.exit(0)));`;
  expect(await work(4, code)).toEqual(['0.wav', '1.wav', '2.wav', '3.wav']);
});

it('one that closes its channel between two tasks is replaced too', async () => {
  const code = `process.on('message', (task) => process.send({ file: task.path }, () => process.disconnect()));`;
  expect(await work(4, code)).toEqual(['0.wav', '1.wav', '2.wav', '3.wav']);
});

it('a recording that takes its process down is the only one that fails', async () => {
  const code = `process.on('message', ({ path }) => path === '2.wav' ? process.exit(7) : process.send({ file: path }));`;
  expect(await work(4, code)).toEqual(['0.wav', '1.wav', '2.wav: its process ended with code 7', '3.wav']);
});

it('processes that cannot be started fail their recordings, not the run', async () => {
  process.execPath = join(folder, 'no-node');
  expect(await work(3, '')).toEqual(
    [0, 1, 2].map((i) => `${i}.wav: its process cannot be started: no such file or folder`),
  );
});
