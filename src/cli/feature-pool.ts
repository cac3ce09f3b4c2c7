/**
 * Many recordings on all cores: processes of this same program, each given one recording at a time. A recording that cannot
 * be read, or that takes its process down, is reported and the others go on.
 */
import { fork, type ChildProcess } from 'node:child_process';
import type { FailedFile, FinishedFile } from './feature-files.ts';
import { featureWorker, type FeatureSettings, type FeatureTask } from './feature-worker.ts';
import { onStop, stopRequested } from './stop.ts';
import { workerVariable } from './worker-variable.ts';

export type Outcome = FinishedFile | FailedFile;

interface Pool {
  /** The features of one recording. */
  run(task: FeatureTask): Promise<Outcome>;
  close(): void;
}

/** One process, replaced when it dies. */
function processOf(settings: FeatureSettings): Pool {
  let child: ChildProcess | null = null;
  onStop(() => child?.kill('SIGKILL'));
  const start = (): ChildProcess => {
    const started = fork(process.argv[1], [], {
      env: { ...process.env, [workerVariable]: JSON.stringify(settings) },
      serialization: 'advanced',
    });
    return started;
  };
  return {
    run: (task) =>
      new Promise((resolve) => {
        const own = (child ??= start());
        const onMessage = (outcome: Outcome): void => {
          own.off('exit', onExit);
          resolve(outcome);
        };
        const onExit = (code: number | null, signal: string | null): void => {
          own.off('message', onMessage);
          child = null;
          resolve({
            file: task.path,
            error: `${task.path}: its process ended with ${signal ?? `code ${code}`}`,
          });
        };
        own.once('message', onMessage);
        own.once('exit', onExit);
        own.send(task);
      }),
    close: () => child?.disconnect(),
  };
}

/** This process. */
function inProcess(settings: FeatureSettings): Pool {
  const work = featureWorker(settings);
  return { run: work, close: () => {} };
}

/**
 * Works off all tasks with so many processes (one: this one), in the order given, and calls `done` for each as it ends.
 * Begins no task once a stop is asked for, and reports none that it ended.
 */
export async function runPool(
  settings: FeatureSettings,
  tasks: readonly FeatureTask[],
  jobs: number,
  done: (outcome: Outcome) => void,
): Promise<void> {
  let next = 0;
  const drain = async (pool: Pool): Promise<void> => {
    while (next < tasks.length && !stopRequested()) {
      const outcome = await pool.run(tasks[next++]);
      if (!(stopRequested() && 'error' in outcome)) done(outcome);
    }
    pool.close();
  };
  if (jobs === 1) return drain(inProcess(settings));
  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, () => drain(processOf(settings))));
}
