/** papilio learn: recordings in; a pruned, compiled kernel, its checkpoint, figures and a report out. */
import { rmSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, PapilioError } from '../errors.ts';
import { finite, matching, oneOf, whole } from '../options.ts';
import { encodeJob, encodeFrontEnd, decodeJob } from '../files.ts';
import * as frontEnds from '../front.ts';
import { flag, known, ofPresets, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { commandLine } from './command-line.ts';
import { compareFrontEnds } from './front-times.ts';
import { ensureFolder, writeAtomic, readBytes } from './files.ts';
import { kernelNames, writeKernel } from './kernel-files.ts';
import { follow, jobKey, otherwise, ownResults, refuseDifferent } from './job.ts';
import type { Output } from './output.ts';
import { learnReport } from './learn-report.ts';
import {
  loadRecordings,
  recordingSet,
  warnOfEmptyBands,
  type LoadedRecording,
  type RecordingSet,
} from './dataset.ts';
import { counted } from './report/figures.ts';
import { pageOf } from './report/page.ts';
import { reportText } from './report/report.ts';
import { announceStops, endIfStopped, stopRequested } from './stop.ts';
import { modelReport, summaryOf, tablesText, targetText, verdictOf, filesOf } from './summary.ts';
import { requireCounted, targetFlags, targetOf } from './target.ts';

/** The file of an unfinished job. */
const checkpointOf = (out: string): string => join(out, 'checkpoint.safetensors');

/** The flags that settings come from. */
const flagNames = {
  budget: '--budget',
  seed: '--seed',
  start: '--start',
  snap: 'snap (--no-snap)',
  target: '--target',
  maxFlash: '--max-flash',
  maxRam: '--max-ram',
  feature: '--feature',
  'audio.channel': '--channel',
  'audio.rate': '--rate',
  'head.sampleRate': '--rate',
  'head.nFft': '--n-fft',
  'head.windowLength': '--window',
  'head.hop': '--hop',
};

/** What results are written to beside summary.json, which says what they were made with. */
const resultNames = ['model.safetensors', ...kernelNames, 'report.html'];

/**
 * The summary of this job where its results are in the output folder. Throws InvalidArgumentError if that has results of other
 * settings or recordings, or files that would be replaced while neither summary.json nor a checkpoint says what made them. A
 * checkpoint is looked at when it is gone on with.
 */
function finishedSummary(
  options: frontEnds.LearnOptions,
  split: frontEnds.Split,
  audio: RecordingSet,
  flags: Flags,
): unknown {
  const { out, force, resume } = flags;
  if (force) return undefined;
  const { seed, start, snap, budget, head, target, maxFlash, maxRam } = options;
  const own = jobKey({
    feature: flags.feature,
    seed,
    start,
    snap,
    budget,
    target,
    maxFlash,
    maxRam,
    head,
    files: filesOf(split),
    audio,
  });
  const begun = resume || existsSync(checkpointOf(out));
  const summary = ownResults(join(out, 'summary.json'), own, begun ? [] : resultNames, flagNames);
  return !begun && resultNames.every((name) => existsSync(join(out, name))) ? summary : undefined;
}

/**
 * A new job, or the one that was interrupted, with a note. Throws InvalidArgumentError if what was interrupted has other
 * settings or recordings, unless --force begins anew, and with --resume if nothing was.
 */
function createJob(
  options: frontEnds.LearnOptions,
  split: frontEnds.Split,
  recordings: readonly LoadedRecording[],
  flags: Flags,
  output: Output,
): frontEnds.LearnJob {
  const path = checkpointOf(flags.out);
  const { resume } = flags;
  if (!existsSync(path)) {
    if (resume)
      throw new InvalidArgumentError(`--resume: ${path} does not exist; nothing was interrupted there`);
    return new frontEnds.LearnJob(options, split);
  }
  if (flags.force && !resume) return new frontEnds.LearnJob(options, split);
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
  options: frontEnds.LearnOptions,
  split: frontEnds.Split,
  recordings: readonly LoadedRecording[],
): frontEnds.LearnJob {
  try {
    const { checkpoint, files } = decodeJob(readBytes(path), path);
    refuseDifferent(path, checkpoint.options, options, flagNames);
    const own = new Map(recordings.map((r) => [r.name, r.hash]));
    const changed = [...own.keys(), ...Object.keys(files)].find((name) => files[name] !== own.get(name));
    if (changed !== undefined)
      throw new InvalidArgumentError(
        `${path}: made with other recordings, ${changed} is not what it was; give the same, ${otherwise}`,
      );
    return new frontEnds.LearnJob(options, split, checkpoint);
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    const { message } = error;
    const own = message.startsWith(path) ? message : `${path}: ${message}`;
    throw new InvalidArgumentError(own.includes('--force') ? own : `${own}; ${otherwise}`);
  }
}

const evenSize = matching<number>(
  'an even number from 32 to 4096',
  (n) => whole(32, 4096).allows(n) && Number(n) % 2 === 0,
);

/** Milliseconds between checkpoints on disk: what a kill can cost. */
const checkpointEvery = 2000;

/** What the flags ask for: the head, where its errors count, and how it is learned. */
export function optionsOf(flags: Flags): frontEnds.LearnOptions {
  const { head, places } = frontEnds.namedFeature(flags.feature, flags['n-fft'], flags.rate);
  const given = known({ windowLength: flags.window, hop: flags.hop });
  if (head.average !== 'none' && Object.keys(given).length > 0)
    throw new InvalidArgumentError(
      `--window and --hop of ${flags.feature}, whose frames overlap by half; expected neither`,
    );
  const chosen = { ...head, ...given };
  frontEnds.requireTrainable(chosen);
  const options = {
    head: chosen,
    budget: flags.budget,
    seed: flags.seed,
    start: flags.start,
    snap: !flags['no-snap'],
    ...(places === 'everywhere' ? {} : { places }),
    ...targetOf(flags),
  };
  frontEnds.validateLearnOptions(options);
  return options;
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  if (frontEnds.isPresetName(flags.feature))
    given.refuse(['n-fft', 'window', 'hop', 'rate'], ofPresets(flags.feature));
  if (flags.start === 'exact')
    given.refuse(
      ['no-snap'],
      'is given with --start exact, which learns no blocks to keep; expected one of them',
    );
  requireCounted(flags, given);
  const options = optionsOf(flags);
  const { head } = options;
  const { out } = flags;
  const recordings = await loadRecordings(operands, head, { channel: channelOf(flags) });
  // Nothing is begun yet that could be gone on with.
  endIfStopped();
  const rates = recordings.map((r) => r.sourceRate);
  const lowest = rates.reduce((a, b) => Math.min(a, b));
  warnOfEmptyBands(rates, head.sampleRate, { advice: `; --rate ${lowest} learns without that` });
  const split = frontEnds.splitRecordings(recordings, options.seed, head);
  // In the order of their names, as they are split.
  const named = [...recordings].sort((a, b) => (a.name < b.name ? -1 : 1));
  const audio = recordingSet(named, { rate: head.sampleRate, channel: channelOf(flags) });
  const finished = finishedSummary(options, split, audio, flags);
  if (finished !== undefined) {
    output.json(finished);
    return output.print(`papilio learn: the results of this job are in ${out}; --force begins anew`);
  }
  const job = createJob(options, split, recordings, flags, output);
  ensureFolder(out);
  output.print(
    `papilio learn: ${flags.feature}, n_fft ${head.nFft}, ${counted(recordings.length, 'recording')}, start ${options.start}, seed ${options.seed}, budget ${options.budget} in log10`,
  );
  for (const part of ['train', 'validation', 'test'] as const)
    output.print(`  ${part.padEnd(10)} ${split[part].map((r) => r.name).join(', ')}`);

  const started = performance.now();
  await runJob(job, recordings, checkpointOf(out), output);
  const trainSeconds = (performance.now() - started) / 1000;
  writeResults(job, { split, audio, trainSeconds }, flags, output);
}

/** What a finished job gives: model, kernel, figures and page, and what they mean. */
function writeResults(
  { options, result }: frontEnds.LearnJob,
  { split, audio, trainSeconds }: { split: frontEnds.Split; audio: RecordingSet; trainSeconds: number },
  flags: Flags,
  output: Output,
): void {
  const { places } = options;
  const { smaller } = result;
  const { out } = flags;
  const { head } = frontEnds.levelsFront(result.exact);
  const targets = split.test.map((r) => frontEnds.referenceFeatures(head, r.samples));
  const rows = compareFrontEnds(
    [
      { name: 'learned kernel', model: result.model },
      { name: 'exact real-input kernel', model: result.exact },
      ...(smaller
        ? [{ name: `n_fft ${frontEnds.pointsOf(smaller.model)}, refitted`, model: smaller.model }]
        : []),
    ],
    split.test,
    targets,
    options,
  );
  const job = { feature: flags.feature, options, result, rows, split, trainSeconds };
  const summary = jobKey({ ...summaryOf(job), audio });
  const path = join(out, 'model.safetensors');
  const bytes = encodeFrontEnd(result.model, modelReport(job));
  writeAtomic(path, bytes);
  const kernel = writeKernel(out, frontEnds.standaloneModule(result.model), 'front end');
  writeAtomic(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  const [first, ...further] = verdictOf(summary, result, rows);
  const verdict = [
    first,
    ...targetText(summary, path),
    ...further,
    tablesText(summary, frontEnds.tableChoices(result.model, split.validation, places), path),
  ];
  const report = learnReport({ ...job, summary, targets, verdict, bytes }, commandLine());
  const page = join(out, 'report.html');
  writeAtomic(page, pageOf(report, page));
  output.json(summary);
  rmSync(checkpointOf(out), { force: true });
  const written = `written to ${out}: model.safetensors, ${kernel.join(', ')}, summary.json, report.html (${trainSeconds.toFixed(0)} s of training)`;
  output.print(['', reportText(report), '', written].join('\n'));
}

/** Iterate a job with progress and checkpoints. */
async function runJob(
  job: frontEnds.LearnJob,
  recordings: readonly LoadedRecording[],
  path: string,
  output: Output,
): Promise<void> {
  const hashes = Object.fromEntries(recordings.map((r) => [r.name, r.hash]));
  const save = (): void => writeAtomic(path, encodeJob(job.checkpoint(), hashes));
  try {
    save();
    announceStops('the checkpoint is written; the same command goes on from it');
    let saved = performance.now();
    await follow(job.run(), ({ phase, step, steps, loss, error, active, total, fraction }) => {
      const numbers = { loss, error, butterflies: `${active}/${total}` };
      output.progress({ phase, step, of: steps, numbers, fraction });
      if (stopRequested() || performance.now() - saved > checkpointEvery) {
        save();
        saved = performance.now();
      }
    });
  } finally {
    output.end();
  }
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  feature: flag.text(
    `the feature that is kept: ${frontEnds.featureNames.join(', ')}, or a sum as in log-mel-40+0.5*mfcc-13`,
    'log-mel-40',
  ),
  'n-fft': flag.of('transform size, even; powers of two are learned soonest', evenSize, 512),
  window: flag.of('window in samples, centred in n-fft (default 25/32 of n-fft)', whole(1)),
  hop: flag.of('samples between frames (default 10/32 of n-fft)', whole(1)),
  rate: flag.rate(),
  budget: flag.of(
    'largest mean |difference|, in log10, that nine of ten sets of recordings not seen keep',
    finite({ above: 0 }),
    0.06,
  ),
  start: flag.of('random blocks to learn from, or the exact transform', oneOf(['random', 'exact']), 'random'),
  'no-snap': flag.toggle('prune and compile the learned blocks themselves, not exact ones: more operations'),
  seed: flag.seed('split, start and data'),
  ...targetFlags,
  channel: channelFlag,
  out: flag.text('folder for the results', 'out'),
  resume: flag.toggle('go on from the checkpoint in --out, as the same command does; an error without one'),
  force: flag.toggle('begin anew: overwrite what --out has, an interrupted job or results of other settings'),
};

export const learnCommand: Command<typeof flags> = {
  name: 'learn',
  operands: '<folder or audio files>',
  summary: 'learn, prune and compile a front end on your recordings',
  details: `Phase 1 learns the transform from random blocks. Phase 2 prunes the network it learned, whose stages are exact where
their blocks came to the exact ones, which is nearly always: --start exact leaves phase 1 out and gives the same kernel sooner.

Takes one recording or more; fewer than three are split by time, and say less of recordings not seen.`,
  examples: [
    'learn my-recordings/ --budget 0.05 --feature log-mel-80 --out my-front-end',
    'learn my-recordings/ --feature whisper --start exact --out my-whisper',
    'learn my-recordings/ --target cortex-m4f --max-flash 16k --max-ram 8k --out firmware',
    'learn my-recordings/ --out my-front-end --resume',
  ],
  instead: {
    minutes:
      'learn reads all recordings and has no time limit; pareto --minutes takes minutes of them, and Ctrl-C keeps what is done',
  },
  flags,
  run,
};
