/** papilio learn: recordings in; a pruned, compiled log-mel kernel, its checkpoint, figures and a report out. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from '../errors.ts';
import { finite, matching, oneOf, whole } from '../options.ts';
import { encodeJob, encodeFrontEnd } from '../files.ts';
import {
  type LearnJob,
  splitRecordings,
  tableChoices,
  standaloneModule,
  validateLearnOptions,
  type LearnOptions,
  namedFeature,
  isPresetName,
  featureNames,
  referenceFeatures,
  requireTrainable,
  type Split,
  pointsOf,
} from '../front.ts';
import { flag, known, ofPresets, type Command, type FlagsOf, type Given } from './args.ts';
import { channelFlag, channelOf } from './audio.ts';
import { commandLine } from './command-line.ts';
import { compareFrontEnds } from './contenders.ts';
import { ensureFolder, writeAtomic } from './files.ts';
import { writeKernel } from './kernel-files.ts';
import { follow } from './job.ts';
import type { Output } from './output.ts';
import { checkpointOf, createJob, refuseOtherResults } from './learn-job.ts';
import { learnReport } from './learn-report.ts';
import { learnStatus } from './progress.ts';
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
import { modelReport, summaryOf, tablesText, verdictOf } from './summary.ts';

const evenSize = matching<number>(
  'an even number from 32 to 4096',
  (n) => whole(32, 4096).allows(n) && Number(n) % 2 === 0,
);

/** Milliseconds between checkpoints on disk: what a kill can cost. */
const checkpointEvery = 2000;

/** What the flags ask for: the head, where its errors count, and how it is learned. */
export function optionsOf(flags: Flags): LearnOptions {
  const { head, places } = namedFeature(flags.feature, flags['n-fft'], flags.rate);
  const given = known({ windowLength: flags.window, hop: flags.hop });
  if (head.average !== 'none' && Object.keys(given).length > 0)
    throw new InvalidArgumentError(
      `--window and --hop of ${flags.feature}, whose frames overlap by half; expected neither`,
    );
  const chosen = { ...head, ...given };
  requireTrainable(chosen);
  const options = {
    head: chosen,
    budget: flags.budget,
    seed: flags.seed,
    start: flags.start,
    snap: !flags['no-snap'],
    ...(places === 'everywhere' ? {} : { places }),
  };
  validateLearnOptions(options);
  return options;
}

async function run(operands: string[], flags: Flags, output: Output, given: Given): Promise<void> {
  if (isPresetName(flags.feature)) given.refuse(['n-fft', 'window', 'hop', 'rate'], ofPresets(flags.feature));
  const options = optionsOf(flags);
  const { head } = options;
  const out = flags.out;
  const recordings = await loadRecordings(operands, head, { channel: channelOf(flags) });
  // Nothing is begun yet that could be gone on with.
  endIfStopped();
  const rates = recordings.map((r) => r.sourceRate);
  const lowest = rates.reduce((a, b) => Math.min(a, b));
  warnOfEmptyBands(rates, head.sampleRate, { advice: `; --rate ${lowest} learns without that` });
  const split = splitRecordings(recordings, options.seed, head);
  const audio = recordingsOf(recordings, head.sampleRate, flags);
  refuseOtherResults(options, split, audio, flags);
  const job = createJob(options, split, recordings, flags, output);
  ensureFolder(out);
  const say = (line: string): void => output.print(line);
  say(
    `papilio learn: ${counted(recordings.length, 'recording')}, start ${options.start}, seed ${options.seed}, budget ${options.budget} in log10`,
  );
  for (const part of ['train', 'validation', 'test'] as const)
    say(`  ${part.padEnd(10)} ${split[part].map((r) => r.name).join(', ')}`);

  const started = performance.now();
  await runJob(job, recordings, checkpointOf(out), output);
  const trainSeconds = (performance.now() - started) / 1000;
  writeResults(job, { split, audio, trainSeconds }, flags, output);
}

/** What a finished job gives: model, kernel, figures and page, and what they mean. */
function writeResults(
  { options, result }: LearnJob,
  { split, audio, trainSeconds }: { split: Split; audio: RecordingSet; trainSeconds: number },
  flags: Flags,
  output: Output,
): void {
  const { head, places } = options;
  const { smaller } = result;
  const out = flags.out;
  const targets = split.test.map((r) => referenceFeatures(head, r.samples));
  const rows = compareFrontEnds(
    [
      { name: 'learned kernel', model: result.model },
      { name: 'exact real-input kernel', model: result.exact },
      ...(smaller ? [{ name: `n_fft ${pointsOf(smaller.model)}, refitted`, model: smaller.model }] : []),
    ],
    split.test,
    targets,
    places,
  );
  const summary = {
    ...summaryOf({ feature: flags.feature, options, result, rows, split, trainSeconds }),
    audio,
  };
  writeAtomic(
    join(out, 'model.safetensors'),
    encodeFrontEnd(result.model, modelReport(options, result, split)),
  );
  const kernel = writeKernel(out, standaloneModule(result.model), 'front end');
  writeAtomic(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  const verdict = [
    ...verdictOf(summary, result, rows),
    tablesText(summary, tableChoices(result.model, split.validation, places), join(out, 'model.safetensors')),
  ];
  const report = learnReport({ summary, result, rows, split, head, targets, verdict }, commandLine());
  writeAtomic(join(out, 'report.html'), pageOf(report));
  output.json(summary);
  rmSync(checkpointOf(out), { force: true });
  const written = `written to ${out}: model.safetensors, ${kernel.join(', ')}, summary.json, report.html (${trainSeconds.toFixed(0)} s of training)`;
  output.print(['', reportText(report), '', written].join('\n'));
}

/** What set the recordings are, in the order of their names, as they are split. */
const recordingsOf = (recordings: readonly LoadedRecording[], rate: number, flags: Flags): RecordingSet =>
  recordingSet(
    [...recordings].sort((a, b) => (a.name < b.name ? -1 : 1)),
    { rate, channel: channelOf(flags) },
  );

/** Iterate a job with progress and checkpoints. */
async function runJob(
  job: LearnJob,
  recordings: readonly LoadedRecording[],
  path: string,
  { line }: Output,
): Promise<void> {
  const hashes = Object.fromEntries(recordings.map((r) => [r.name, r.hash]));
  const save = (): void => writeAtomic(path, encodeJob(job.checkpoint(), hashes));
  try {
    save();
    announceStops('the checkpoint is written; the same command goes on from it');
    let saved = performance.now();
    await follow(job.run(), (progress) => {
      line.show(learnStatus(progress));
      if (stopRequested() || performance.now() - saved > checkpointEvery) {
        save();
        saved = performance.now();
      }
    });
  } finally {
    line.end();
  }
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  feature: flag.text(
    `the feature that is kept: ${featureNames.join(', ')}, or a sum as in log-mel-40+0.5*mfcc-13`,
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
  start: flag.of(
    'learn the transform from random blocks, or begin with the exact one',
    oneOf(['random', 'exact']),
    'random',
  ),
  'no-snap': flag.toggle(
    'prune and compile the learned blocks themselves, not the exact stages they come to; costs more operations',
  ),
  seed: flag.seed('split, start and data'),
  channel: channelFlag,
  out: flag.text('folder for the results', 'out'),
  resume: flag.toggle(
    'go on from the checkpoint of an interrupted job in --out, as the same command does; an error if there is none',
  ),
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
    'learn my-recordings/ --out my-front-end --resume',
  ],
  instead: {
    minutes:
      'learn reads all recordings and has no time limit; pareto --minutes takes minutes of them, and Ctrl-C keeps what is done',
  },
  flags,
  run,
};
