/**
 * Features of many recordings on all cores: one recording in, one NumPy file out, in processes of this same program, each given one
 * recording at a time. One that cannot be read, or that takes its process down, is reported and the others go on.
 */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PapilioError } from '../errors.ts';
import { framingOf, frontProgram } from '../front.ts';
import { encodeNpy, type ChannelChoice } from '../files.ts';
import { features, type HeadConfig } from '../index.ts';
import type { Dtype } from '../compiler.ts';
import { readRecording } from './audio.ts';
import type { FailedFile, FinishedFile } from './feature-files.ts';
import { makeFolder, reason, writeAtomic } from './files.ts';
import { readModelFile } from './model-file.ts';
import { fork, type ChildProcess } from 'node:child_process';
import { onStop, stopRequested } from './stop.ts';
import { workerVariable } from './worker-variable.ts';

export type Outcome = FinishedFile | FailedFile;

/** Everything that the numbers depend on, as plain data. */
export type FeatureSettings = {
  readonly dtype: Dtype;
  /** Of recordings with several; the mean over them where it is not there. */
  readonly channel?: ChannelChoice;
} & (
  | { readonly head: HeadConfig }
  /** Path of a learned front end, and the SHA-256 of its bytes. */
  | { readonly checkpoint: string; readonly checkpointHash: string }
);

export interface FeatureTask {
  readonly path: string;
  /** Folder of the outputs, and the path of this one in it. */
  readonly folder: string;
  readonly output: string;
}

/** A head ready to run. */
export interface Extractor {
  /** Hz */
  readonly sampleRate: number;
  readonly hop: number;
  readonly columns: number;
  /** Samples of a recording that are read at most. */
  readonly longest: number;
  /** What is allowed and rarely meant. */
  readonly warnings: readonly string[];
  /** Features [frames, columns] of a whole recording. */
  extract(samples: Float64Array): Float32Array | Float64Array;
}

/** Throws PapilioError for a checkpoint or a head that is not possible. */
export function extractorOf(settings: FeatureSettings): Extractor {
  const { dtype } = settings;
  const source =
    'checkpoint' in settings ? readModelFile(settings.checkpoint, ['front end']).model : settings.head;
  const extractor = features('transform' in source ? frontProgram(source) : source, { dtype });
  // Front ends that average give a result per clip, whatever the length of a recording.
  const framing = 'transform' in source ? framingOf(source.head) : source;
  return {
    sampleRate: framing.sampleRate,
    hop: framing.hop,
    columns: extractor.width,
    longest: framing.fit ?? Infinity,
    warnings: extractor.report.warnings.map((w) => w.message),
    extract: (samples) => extractor.run(samples).data,
  };
}

/** Another run that is done takes the folder of the parts away, also between the making of a folder and of a file in it. */
const mostTries = 4;

/** Writes a file, its folder made for it. */
function writeThere(path: string, bytes: Uint8Array, tries = 1): void {
  makeFolder(dirname(path));
  try {
    writeAtomic(path, bytes);
  } catch (error) {
    if (tries === mostTries) throw error;
    writeThere(path, bytes, tries + 1);
  }
}

/** The function that does a task; errors of a recording are its outcome, never thrown. */
function featureWorker(settings: FeatureSettings): (task: FeatureTask) => Promise<Outcome> {
  const extractor = extractorOf(settings);
  const { channel = 'mix' } = settings;
  return async ({ path, folder, output }) => {
    try {
      const { size, mtimeMs } = statSync(path);
      const { samples, hash, sourceRate } = await readRecording(path, extractor.sampleRate, {
        finite: false,
        channel,
      });
      const data = extractor.extract(samples);
      const frames = data.length / extractor.columns;
      const to = join(folder, output);
      writeThere(to, encodeNpy(data, [frames, extractor.columns]));
      return {
        file: path,
        sha256: hash,
        bytes: size,
        modified: mtimeMs,
        sampleRate: sourceRate,
        seconds: samples.length / extractor.sampleRate,
        ...(samples.length > extractor.longest
          ? { usedSeconds: extractor.longest / extractor.sampleRate }
          : {}),
        frames,
        columns: extractor.columns,
        output,
      };
    } catch (error) {
      // Whatever a recording does, the others go on.
      const message = error instanceof PapilioError ? error.message : reason(error);
      return { file: path, error: message.startsWith(path) ? message : `${path}: ${message}` };
    }
  };
}

/** Serves tasks sent by the parent process until it lets go. */
export function serveFeatures(settings: FeatureSettings): void {
  const work = featureWorker(settings);
  // A signal may reach every process of a group; the parent decides when to stop.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  process.on('message', (task: FeatureTask) => {
    void work(task).then((outcome) => process.send?.(outcome));
  });
}

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
    started.on('exit', (code, signal) => {
      const ended = (): void => lose(`its process ended with ${signal ?? `code ${code}`}`);
      // What it sent before it ended may not have been read yet.
      if (started.connected) started.once('disconnect', ended);
      else ended();
    });
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
  if (jobs === 1) return drain({ run: featureWorker(settings), close: () => {} });
  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, () => drain(processOf(settings))));
}
