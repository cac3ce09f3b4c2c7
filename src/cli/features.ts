/** papilio features: features of many recordings as files, on all cores; resumes, and reports what it could not read. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { featureHead, presetNames, type Dtype, type HeadOverrides, type PresetName } from '../index.ts';
import type { Command, FlagValues } from './args.ts';
import { findRecordings } from './audio.ts';
import {
  assemble,
  destinationOf,
  outputName,
  prepare,
  readManifest,
  writeManifest,
  type Destination,
  type FailedFile,
  type FinishedFile,
  type Manifest,
} from './feature-files.ts';
import { readBytes } from './files.ts';
import { runPool } from './feature-pool.ts';
import { extractorOf, type FeatureSettings, type FeatureTask } from './feature-worker.ts';
import { ProgressLine } from './progress.ts';
import { stopSignal } from './stop.ts';
import { version } from './version.ts';

/** Milliseconds between manifests on disk: what a kill can cost. */
const manifestEvery = 1000;

/** Overrides of a head as JSON. */
function overridesOf(text: string | undefined): HeadOverrides {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as HeadOverrides;
  } catch {
    throw new InvalidArgumentError(
      `--options is ${JSON.stringify(text)}; expected JSON as in '{"hop": 80, "bank": {"bands": 128}}'`,
    );
  }
}

function settingsOf(flags: FlagValues): FeatureSettings {
  const [preset, checkpoint, options] = ['preset', 'checkpoint', 'options'].map((f) => flags.maybeText(f));
  const dtype = flags.text('dtype') as Dtype;
  if (preset !== undefined && checkpoint !== undefined)
    throw new InvalidArgumentError(
      `both --preset ${preset} and --checkpoint ${checkpoint} are given; expected one`,
    );
  if (checkpoint === undefined) {
    const head = featureHead((preset ?? 'papilio') as PresetName, overridesOf(options));
    if (head.spectrum === 'complex')
      throw new InvalidArgumentError('--options makes a complex head; files hold real numbers only');
    if (head.sampleRate === 1)
      throw new InvalidArgumentError(
        `--preset ${preset} counts in cycles per sample; expected --options '{"sampleRate": 16000}' or another rate in Hz`,
      );
    return { dtype, head };
  }
  if (options !== undefined)
    throw new InvalidArgumentError('--options is given with --checkpoint, whose head is its own');
  const checkpointHash = createHash('sha256').update(readBytes(checkpoint)).digest('hex');
  return { dtype, checkpoint, checkpointHash };
}

/** Files of an earlier run with these settings that are as they were, features included. */
function alreadyDone(
  found: Manifest | null,
  settings: FeatureSettings,
  paths: readonly string[],
  { folder, file }: Destination,
): Map<string, FinishedFile> {
  const done = new Map<string, FinishedFile>();
  if (found?.papilio !== version || JSON.stringify(found.settings) !== JSON.stringify(settings)) return done;
  const wanted = new Set(paths);
  const whole = file !== null && existsSync(file) && found.failed.length === 0;
  for (const entry of found.files) {
    if (!wanted.has(entry.file) || !(whole || existsSync(join(folder, entry.output)))) continue;
    const { size, mtimeMs } = statSync(entry.file);
    if (size === entry.bytes && mtimeMs === entry.modified) done.set(entry.file, entry);
  }
  // One file is made anew of all its parts, or it is complete already.
  return whole && done.size < paths.length ? new Map() : done;
}

function checkNames(paths: readonly string[]): void {
  const names = paths.map(outputName);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0)
    throw new InvalidArgumentError(
      `${paths[names.indexOf(names[twice])]} and ${paths[twice]} would both become ${names[twice]}; give them to runs of their own`,
    );
}

async function run(operands: string[], flags: FlagValues): Promise<void> {
  const settings = settingsOf(flags);
  const paths = findRecordings(operands);
  checkNames(paths);
  const extractor = extractorOf(settings);
  for (const warning of extractor.warnings) process.stderr.write(`papilio features: warning: ${warning}\n`);
  const destination = destinationOf(flags.text('out'));
  const done = alreadyDone(readManifest(destination.manifest), settings, paths, destination);
  const failed: FailedFile[] = [];
  const tasks = paths
    .filter((path) => !done.has(path))
    .map((path): FeatureTask => ({ path, folder: destination.folder }));
  if (tasks.length > 0) prepare(destination);
  const skipped = done.size;
  const manifest = (): Manifest => ({
    papilio: version,
    settings,
    files: paths.flatMap((path) => done.get(path) ?? []),
    failed,
  });
  const line = new ProgressLine(process.stderr);
  const stop = stopSignal();
  const begun = performance.now();
  let saved = begun;
  await runPool(
    settings,
    tasks,
    flags.number('jobs'),
    () => stop.requested,
    (outcome) => {
      if ('error' in outcome) {
        failed.push(outcome);
        line.say(`papilio features: ${outcome.error}`);
      } else done.set(outcome.file, outcome);
      const count = done.size - skipped + failed.length;
      line.show({
        fraction: count / tasks.length,
        phase: 'features',
        text: `${count}/${tasks.length} files`,
      });
      if (performance.now() - saved < manifestEvery) return;
      saved = performance.now();
      writeManifest(destination.manifest, manifest());
    },
  );
  line.end();
  stop.end();
  writeManifest(destination.manifest, manifest());
  if (stop.requested) {
    process.stderr.write('stopped; the same command goes on with the files that are left\n');
    process.exitCode = 130;
    return;
  }
  if (tasks.length > 0 && done.size > 0)
    assemble(destination, manifest(), extractor.hop / extractor.sampleRate);
  const seconds = manifest().files.reduce((sum, f) => sum + f.seconds, 0);
  const took = (performance.now() - begun) / 1000;
  process.stdout.write(
    `${done.size} of ${paths.length} files (${skipped} from before, ${failed.length} failed), ${seconds.toFixed(1)} s of audio, in ${took.toFixed(1)} s; written to ${flags.text('out')}\n`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

export const featuresCommand: Command = {
  name: 'features',
  operands: '<folders or audio files>',
  summary: 'features of recordings as NumPy, safetensors or Parquet files',
  flags: {
    preset: { kind: 'string', choices: presetNames, help: 'whose features (default papilio)' },
    options: { kind: 'string', help: `changes to the preset as JSON, as in '{"bank": {"bands": 128}}'` },
    checkpoint: { kind: 'string', help: 'learned front end (model.safetensors) instead of a preset' },
    dtype: { kind: 'string', default: 'f32', choices: ['f32', 'f64'], help: 'number format' },
    out: {
      kind: 'string',
      default: 'features',
      help: 'folder for a .npy file per recording, or one .safetensors or .parquet file for all',
    },
    jobs: {
      kind: 'integer',
      default: availableParallelism(),
      minimum: 1,
      maximum: 256,
      help: 'processes that work at the same time',
    },
  },
  run,
};
