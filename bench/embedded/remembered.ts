/** Runs that were done before: what a board counts depends on the program, its compiler and its emulator alone. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { versionOf, type Board } from './boards.ts';
import { runOnBoard, type Job, type Run } from './run.ts';

const root = resolve(import.meta.dirname, '../..');
const support = join(import.meta.dirname, 'support');

const read = (path: string): string => readFileSync(path, 'utf8');

/** Everything that decides what `runOnBoard` gives, but for headers of includes. */
export function keyOf(board: Board, job: Job): string {
  const around = [
    ...readdirSync(support).map((name) => read(join(support, name))),
    read(join(import.meta.dirname, 'run.ts')),
    ...[board.compiler, board.emulator[0]].map(versionOf),
  ];
  return createHash('sha256')
    .update(JSON.stringify([around, board, job]))
    .digest('hex');
}

/** A run out of out/embedded, or done now and kept there; errors are not. */
export function rememberedRun(board: Board, job: Job): Run {
  const path = join(root, 'out/embedded', `${keyOf(board, job)}.json`);
  if (existsSync(path)) return JSON.parse(read(path)) as Run;
  const run = runOnBoard(board, job);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(run));
  return run;
}
