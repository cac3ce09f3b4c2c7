#!/usr/bin/env node
/** The program: a thread that computes, one that answers signals, or a process that extracts features, by where it is started. */
import { isMainThread } from 'node:worker_threads';
import { runInThread, serveCommand } from './stop.ts';
import { workerVariable } from './worker-variable.ts';

// Commands are loaded where they are needed, so that the thread that answers starts at once.
// A reader of messages that is gone, or a full disk behind it, ends no job.
process.stderr.on('error', () => {});
if (!isMainThread) {
  const { runCommand } = await import('./commands.ts');
  await serveCommand(runCommand);
} else if (process.env[workerVariable] !== undefined && process.send) {
  const { serveFeatures } = await import('./feature-worker.ts');
  serveFeatures(JSON.parse(process.env[workerVariable]));
} else {
  let lost = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that closes the pipe early (head, less) is no error. The job goes on in any case: its files are worth having.
    if (error.code === 'EPIPE' || lost) return;
    lost = true;
    process.exitCode = 2;
    process.stderr.write(`papilio: standard output: cannot write: ${error.code ?? error.message}\n`);
  });
  const code = await runInThread(new URL(import.meta.url), process.argv.slice(2));
  process.exitCode = lost ? 2 : code;
}
