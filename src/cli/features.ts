/** papilio features: features of many recordings as files, on all cores; resumes, and reports what it could not read. */
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { oneOf, whole } from '../options.ts';
import { featureHead, presetNames } from '../index.ts';
import { overridesFlag, overridesOf } from './overrides.ts';
import { flag, known, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { warnOfEmptyBands } from './dataset.ts';
import {
  assemble,
  destinationOf,
  isFeatureFile,
  outputNames,
  readManifest,
  refuseOtherFile,
  type Destination,
  type FailedFile,
  type FinishedFile,
  type Manifest,
  type Part,
} from './feature-files.ts';
import { hashOf, makeFolder, readBytes, writeAtomic } from './files.ts';
import {
  extractorOf,
  runPool,
  type FeatureSettings,
  type FeatureTask,
  type Outcome,
} from './feature-worker.ts';
import { refuseDifferent, refuseOtherEdition, refuseThere, whileLocked } from './job.ts';
import type { Output } from './output.ts';
import { findRecordings, type FoundRecording } from './recordings.ts';
import { announceStops, endIfStopped, stopRequested } from './stop.ts';
import { version } from './version.ts';

/** Milliseconds between manifests on disk: what a kill can cost. */
const manifestEvery = 1000;

function settingsOf(flags: Flags, given: Given): FeatureSettings {
  const { preset, checkpoint, options, dtype, rate } = flags;
  const channel = channelOf(flags);
  const shared = { dtype, ...(channel === 'mix' ? {} : { channel }) };
  if (preset !== undefined && checkpoint !== undefined)
    throw new InvalidArgumentError(
      `both --preset ${preset} and --checkpoint ${checkpoint} are given; expected one`,
    );
  if (checkpoint === undefined) {
    const head = featureHead(preset ?? 'papilio', {
      ...known({ sampleRate: rate }),
      ...overridesOf(options),
    });
    if (head.spectrum === 'complex')
      throw new InvalidArgumentError('--options makes a complex head; files hold real numbers only');
    if (head.sampleRate === 1)
      throw new InvalidArgumentError(
        `--preset ${preset} counts in cycles per sample; expected --rate 16000 or another rate in Hz`,
      );
    return { ...shared, head };
  }
  given.refuse(['rate'], 'is given with --checkpoint, whose rate is its own');
  given.refuse(['options'], 'is given with --checkpoint, whose head is its own');
  const checkpointHash = hashOf(readBytes(checkpoint));
  return { ...shared, checkpoint, checkpointHash };
}

/** A recording, and where its features go. */
interface Wanted extends FoundRecording {
  readonly output: string;
}

/** Is what the features were made of still there as it was? */
function isUnchanged({ file, bytes, modified }: FinishedFile): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.size === bytes && stats.mtimeMs === modified;
}

/**
 * Files of an earlier run with these settings that are as they were, features included. Where the features are is known here:
 * a manifest that says something else is not believed.
 */
function alreadyDone(
  found: Manifest | null,
  settings: FeatureSettings,
  wanted: readonly Wanted[],
  { folder, file }: Destination,
): Map<string, FinishedFile> {
  const done = new Map<string, FinishedFile>();
  if (found?.papilio !== version || JSON.stringify(found.settings) !== JSON.stringify(settings)) return done;
  const outputs = new Map(wanted.map(({ path, output }) => [path, output]));
  const whole = file !== null && isFeatureFile(file) && found.failed.length === 0;
  for (const entry of found.files) {
    const output = outputs.get(entry.file);
    if (output === undefined || output !== entry.output) continue;
    if ((whole || existsSync(join(folder, output))) && isUnchanged(entry)) done.set(entry.file, entry);
  }
  // One file is made anew of all its parts, or it is complete already.
  return whole && done.size < wanted.length ? new Map() : done;
}

/** The state of a run: what is done, what failed, and how both are kept on disk. */
class Job {
  readonly failed: FailedFile[] = [];
  readonly done: Map<string, FinishedFile>;
  readonly skipped: number;
  private readonly settings: FeatureSettings;
  private readonly wanted: readonly Wanted[];
  private readonly destination: Destination;
  private saved = performance.now();

  constructor(settings: FeatureSettings, wanted: readonly Wanted[], destination: Destination) {
    this.settings = settings;
    this.wanted = wanted;
    this.destination = destination;
    this.done = alreadyDone(readManifest(destination.manifest), settings, wanted, destination);
    this.skipped = this.done.size;
  }

  /** What is left to do; `lost`: also what was done and is no longer there. */
  tasks(lost = false): FeatureTask[] {
    const { folder } = this.destination;
    const failed = new Set(this.failed.map((f) => f.file));
    return this.wanted
      .filter(({ path, output }) =>
        this.done.has(path) ? lost && !existsSync(join(folder, output)) : !failed.has(path),
      )
      .map(({ path, output }) => ({ path, folder, output }));
  }

  get parts(): Part[] {
    return this.wanted.filter((w) => this.done.has(w.path));
  }

  get manifest(): Manifest {
    return {
      papilio: version,
      settings: this.settings,
      files: this.wanted.flatMap(({ path }) => this.done.get(path) ?? []),
      failed: this.failed,
    };
  }

  take(outcome: Outcome): void {
    if ('error' in outcome) this.failed.push(outcome);
    else this.done.set(outcome.file, outcome);
    if (performance.now() - this.saved >= manifestEvery) this.save();
  }

  save(): void {
    this.saved = performance.now();
    writeAtomic(this.destination.manifest, `${JSON.stringify(this.manifest, null, 1)}\n`);
  }
}

/** Times that parts are made again which another run of the same command took away. */
const mostRounds = 3;

/** What of a recording is in its features. */
const usedSeconds = (f: FinishedFile): number => f.usedSeconds ?? f.seconds;

function warnOfCuts(files: readonly FinishedFile[], output: Output): void {
  const cut = files.filter((f) => usedSeconds(f) < f.seconds);
  if (cut.length === 0) return;
  const lost = cut.reduce((sum, f) => sum + f.seconds - usedSeconds(f), 0);
  output.warn(
    `papilio features: ${cut.length} of ${files.length} files are longer than the ${usedSeconds(cut[0]).toFixed(1)} s that this head takes; ${lost.toFixed(1)} s at their ends are left out`,
  );
}

/**
 * The job of these settings, its manifest written: a run beside this one meets the settings, and files of a killed one are known. Throws
 * InvalidArgumentError for a destination that others made, without `force`.
 */
const startedJob = (
  settings: FeatureSettings,
  wanted: readonly Wanted[],
  destination: Destination,
  force: boolean,
): Job =>
  whileLocked(destination.manifest, () => {
    const old = readManifest(destination.manifest);
    if (!force) {
      refuseOtherFile(destination);
      if (old === null)
        refuseThere(
          destination.folder,
          wanted.map((w) => w.output),
        );
      else {
        refuseOtherEdition(destination.manifest, old.papilio);
        refuseDifferent(destination.manifest, old.settings, settings);
      }
    }
    const job = new Job(settings, wanted, destination);
    job.save();
    return job;
  });

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  const settings = settingsOf(flags, given);
  const recordings = findRecordings(operands);
  const outputs = outputNames(recordings);
  const wanted = recordings.map((r, i): Wanted => ({ ...r, output: outputs[i] }));
  const extractor = extractorOf(settings);
  for (const warning of extractor.warnings) output.warn(`papilio features: warning: ${warning}`);
  const destination = destinationOf(flags.out);
  const job = startedJob(settings, wanted, destination, flags.force);
  announceStops('finished recordings are kept; the same command goes on with the others');
  const begun = performance.now();
  let tasks = job.tasks();
  const count = tasks.length;
  const hopSeconds = extractor.hop / extractor.sampleRate;
  for (let round = 1; tasks.length > 0 && !stopRequested(); round++) {
    makeFolder(destination.folder);
    await runPool(settings, tasks, flags.jobs, (outcome) => {
      job.take(outcome);
      if ('error' in outcome) output.warn(`papilio features: ${outcome.error}`);
      const finished = job.done.size - job.skipped + job.failed.length;
      const step = Math.min(finished, count);
      output.progress({ phase: 'files', step, of: count, fraction: step / count });
    });
    if (stopRequested()) break;
    tasks = whileLocked(destination.manifest, () => {
      // Another run of the same command may have ended first, and taken the parts with it.
      const lost = job.tasks(true);
      if (job.done.size > 0 && (lost.length === 0 || round === mostRounds))
        assemble(destination, job.parts, job.manifest, hopSeconds);
      return lost;
    });
  }
  output.end();
  job.save();
  endIfStopped();
  output.json(job.manifest);
  warnOfCuts(job.manifest.files, output);
  const rates = job.manifest.files.map((f) => f.sampleRate);
  warnOfEmptyBands(rates, extractor.sampleRate);
  const { done, failed, skipped } = job;
  const seconds = job.manifest.files.reduce((sum, f) => sum + usedSeconds(f), 0);
  const took = (performance.now() - begun) / 1000;
  const where =
    done.size > 0 ? `written to ${flags.out}` : `no features were written, ${destination.manifest} says why`;
  output.print(
    `${done.size} of ${wanted.length} files (${skipped} from before, ${failed.length} failed), ${seconds.toFixed(1)} s of audio, in ${took.toFixed(1)} s; ${where}`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  preset: flag.of('whose features (default papilio)', oneOf(presetNames)),
  options: overridesFlag,
  checkpoint: flag.text('learned front end (model.safetensors) instead of a preset'),
  rate: flag.anyRate(' (default that of the preset)'),
  dtype: flag.of('number format', oneOf(['f32', 'f64']), 'f32'),
  channel: channelFlag,
  out: flag.text('folder for a .npy per recording, or one .safetensors or .parquet for all', 'features'),
  force: flag.force,
  jobs: flag.of('processes that work at the same time', whole(1, 256), availableParallelism()),
};

export const featuresCommand: Command<typeof flags> = {
  name: 'features',
  operands: '<folders or audio files>',
  summary: 'features of recordings as NumPy, safetensors or Parquet files',
  examples: [
    'features recordings/ --preset whisper --out whisper-features',
    'features recordings/ --checkpoint my-front-end/model.safetensors --out all.parquet',
    `features speech.wav --preset librosa --options '{"bank": {"bands": 64}}'`,
  ],
  flags,
  run,
};
