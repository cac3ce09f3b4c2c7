#!/usr/bin/env node
/** The program: a thread that computes, one that answers signals, or a process that extracts features, by where it is started. */
import { isMainThread } from 'node:worker_threads';
import { runInThread, serveCommand } from './stop.ts';
import { workerVariable } from './worker-variable.ts';

// Commands are loaded where they are needed, so that the thread that answers starts at once.
if (!isMainThread) {
  const { runCommand } = await import('./commands.ts');
  await serveCommand(runCommand);
} else if (process.env[workerVariable] !== undefined && process.send) {
  const { serveFeatures } = await import('./feature-worker.ts');
  serveFeatures(JSON.parse(process.env[workerVariable]));
} else {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that closes the pipe early (head, less) is no error.
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`papilio: standard output: cannot write: ${error.code ?? error.message}\n`);
    process.exit(2);
  });
  process.exitCode = await runInThread(new URL(import.meta.url), process.argv.slice(2));
}
