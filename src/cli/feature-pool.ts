/**
 * Many recordings on all cores: processes of this same program, each given one recording at a time. A recording that cannot
 * be read, or that takes its process down, is reported and the others go on.
 */
import { fork, type ChildProcess } from 'node:child_process';
import type { FailedFile, FinishedFile } from './feature-files.ts';
import { featureWorker, type FeatureSettings, type FeatureTask } from './feature-worker.ts';
import { reason } from './files.ts';
import { onStop, stopRequested } from './stop.ts';
import { workerVariable } from './worker-variable.ts';

export type Outcome = FinishedFile | FailedFile;

interface Pool {
  /** The features of one recording. */
  run(task: FeatureTask): Promise<Outcome>;
  close(): void;
}

/** An answer, or why there will be none. */
type Answer = Outcome | { readonly lost: string };

/** One process, replaced when it is gone, also between two tasks. */
function processOf(settings: FeatureSettings): Pool {
  let child: ChildProcess | null = null;
  /** Takes the answer to the task that the process has. */
  let settle: (answer: Answer) => void = () => {};
  onStop(() => child?.kill('SIGKILL'));
  const start = (): ChildProcess => {
    const started = fork(process.argv[1], [], {
      env: { ...process.env, [workerVariable]: JSON.stringify(settings) },
      serialization: 'advanced',
    });
    const lose = (lost: string): void => {
      if (child !== started) return;
      child = null;
      settle({ lost });
    };
    started.on('message', (outcome: Outcome) => settle(outcome));
    started.on('exit', (code, signal) => lose(`its process ended with ${signal ?? `code ${code}`}`));
    started.on('error', (error) => lose(`its process cannot be started: ${reason(error)}`));
    return started;
  };
  const give = (task: FeatureTask): Promise<Answer> =>
    new Promise((resolve) => {
      settle = resolve;
      const own = (child ??= start());
      // Where it cannot be sent, exit or error follow.
      if (own.connected) own.send(task, () => {});
    });
  return {
    run: async (task) => {
      const fresh = child === null;
      let answer = await give(task);
      // Gone before it had this task, or by it? A new process says.
      if ('lost' in answer && !fresh && !stopRequested()) answer = await give(task);
      return 'lost' in answer ? { file: task.path, error: `${task.path}: ${answer.lost}` } : answer;
    },
    close: () => {
      if (child?.connected) child.disconnect();
    },
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
