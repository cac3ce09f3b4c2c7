/** The job of papilio learn: a new one, or the unfinished one of the output folder where settings and recordings are the same. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, PapilioError } from '../errors.ts';
import { decodeJob } from '../files.ts';
import { LearnJob, type LearnOptions, type Split } from '../front.ts';
import { readBytes } from './files.ts';
import type { Output } from './output.ts';
import type { LoadedRecording, RecordingSet } from './dataset.ts';
import { readResults, refuseDifferent, refuseOthers } from './settings.ts';
import { filesOf } from './summary.ts';

interface JobFlags {
  readonly out: string;
  readonly feature: string;
  readonly resume: boolean;
  readonly force: boolean;
}

/** The file of an unfinished job. */
export const checkpointOf = (out: string): string => join(out, 'checkpoint.safetensors');

/** The flags that settings come from. */
const flagNames = {
  budget: '--budget',
  seed: '--seed',
  start: '--start',
  snap: 'snap (--no-snap)',
  feature: '--feature',
  'audio.channel': '--channel',
  'audio.rate': '--rate',
  'head.sampleRate': '--rate',
  'head.nFft': '--n-fft',
  'head.windowLength': '--window',
  'head.hop': '--hop',
};

/** Throws InvalidArgumentError if the output folder has results of other settings or recordings. */
export function refuseOtherResults(
  options: LearnOptions,
  split: Split,
  audio: RecordingSet,
  flags: JobFlags,
): void {
  if (flags.force) return;
  const path = join(flags.out, 'summary.json');
  const old = readResults(path);
  const { seed, start, snap, budget, head } = options;
  const own = { feature: flags.feature, seed, start, snap, budget, head, files: filesOf(split), audio };
  if (old !== undefined) refuseOthers(path, old, own, flagNames);
}

/**
 * A new job, or the one that was interrupted, with a note. Throws InvalidArgumentError if what was interrupted has other
 * settings or recordings, unless --force begins anew, and with --resume if nothing was.
 */
export function createJob(
  options: LearnOptions,
  split: Split,
  recordings: readonly LoadedRecording[],
  flags: JobFlags,
  output: Output,
): LearnJob {
  const path = checkpointOf(flags.out);
  const resume = flags.resume;
  if (!existsSync(path)) {
    if (resume)
      throw new InvalidArgumentError(`--resume: ${path} does not exist; nothing was interrupted there`);
    return new LearnJob(options, split);
  }
  if (flags.force && !resume) return new LearnJob(options, split);
  const job = interruptedJob(path, options, split, recordings);
  const { progress, step } = job.checkpoint();
  output.note(
    `papilio learn: going on from ${path}, phase ${progress.phase}${step > 0 ? `, step ${step}` : ''}; --force begins anew`,
  );
  return job;
}

/** The unfinished job of a file. Throws InvalidArgumentError, naming it, for a broken one or one of something else. */
function interruptedJob(
  path: string,
  options: LearnOptions,
  split: Split,
  recordings: readonly LoadedRecording[],
): LearnJob {
  const otherwise = 'give another --out, or --force to overwrite it';
  try {
    const { checkpoint, files } = decodeJob(readBytes(path), path);
    refuseDifferent(path, checkpoint.options, options, flagNames);
    const changed =
      recordings.find((r) => files[r.name] !== r.hash)?.name ??
      Object.keys(files).find((name) => !recordings.some((r) => r.name === name));
    if (changed !== undefined)
      throw new InvalidArgumentError(
        `${path}: made with other recordings, ${changed} is not what it was; give the same, ${otherwise}`,
      );
    return new LearnJob(options, split, checkpoint);
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    const { message } = error;
    const own = message.startsWith(path) ? message : `${path}: ${message}`;
    throw new InvalidArgumentError(own.includes('--force') ? own : `${own}; ${otherwise}`);
  }
}
