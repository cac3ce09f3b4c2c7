/** papilio peaks: frequencies and levels of the strongest tones of recordings, within stated errors. */
import { InvalidArgumentError, PapilioError } from '../errors.ts';
import {
  planPeaks,
  type BackendName,
  type EstimatedPeak,
  type PeaksOptions,
  type PeaksPlan,
} from '../index.ts';
import { jsonFlag, type Command, type FlagValues } from './args.ts';
import { channelFlag, channelOf, readRecording } from './audio.ts';
import type { Output } from './output.ts';
import { textTable } from './progress.ts';
import { findRecordings } from './recordings.ts';

/** Plans by length: recordings of one length share theirs. */
function planner(flags: FlagValues): (samples: number) => PeaksPlan {
  const plans = new Map<number, PeaksPlan>();
  const segments = flags.maybeNumber('segments');
  const separation = flags.maybeNumber('separation');
  const dynamicRange = flags.maybeNumber('range');
  const options: Omit<PeaksOptions, 'samples'> = {
    sampleRate: flags.number('rate'),
    peaks: flags.number('count'),
    frequencyError: flags.number('frequency-error'),
    levelError: flags.number('level-error'),
    snr: flags.number('snr'),
    confidence: flags.number('confidence'),
    coverage: flags.number('coverage'),
    backend: flags.text('backend') as BackendName | 'auto',
    ...(segments === undefined ? {} : { segments }),
    ...(separation === undefined ? {} : { separation }),
    ...(dynamicRange === undefined ? {} : { dynamicRange }),
  };
  return (samples) => {
    let plan = plans.get(samples);
    if (!plan) plans.set(samples, (plan = planPeaks({ ...options, samples })));
    return plan;
  };
}

interface FilePeaks {
  readonly file: string;
  readonly samples: number;
  readonly why: string;
  readonly peaks: readonly EstimatedPeak[];
}

const bounded = (x: number, digits: number): string => (x < Infinity ? x.toFixed(digits) : '-');

function tableOf({ file, why, peaks }: FilePeaks): string {
  const rows = peaks.map((p, i) => [
    String(i + 1),
    p.frequency.toFixed(3),
    bounded(p.frequencyError, 3),
    p.level.toFixed(2),
    bounded(p.levelError, 2),
    p.snr.toFixed(1),
  ]);
  return `${file}\n${why}\n${textTable([['peak', 'Hz', '+-', 'dB', '+-', 'snr dB'], ...rows])}\n`;
}

async function run(operands: string[], flags: FlagValues, output: Output): Promise<void> {
  const paths = findRecordings(operands).map((f) => f.path);
  const channel = channelOf(flags);
  const rate = flags.number('rate');
  const planFor = planner(flags);
  const files: FilePeaks[] = [];
  const failed: { file: string; error: string }[] = [];
  for (const file of paths)
    try {
      const { samples } = await readRecording(file, rate, { channel });
      const plan = planFor(samples.length);
      const found = { file, samples: samples.length, why: plan.report.why, peaks: plan.run(samples) };
      files.push(found);
      output.print(tableOf(found));
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      // Options that no file can help are those of the command.
      if (error instanceof InvalidArgumentError && paths.length === 1) throw error;
      const message = error.message.includes(file) ? error.message : `${file}: ${error.message}`;
      failed.push({ file, error: message });
      output.warn(`papilio peaks: ${message}`);
    }
  // Infinite errors, where noise may be all there is, become null.
  output.json({ sampleRate: rate, files, failed });
  if (failed.length > 0) process.exitCode = 1;
}

export const peaksCommand: Command = {
  name: 'peaks',
  operands: '<folders or audio files>',
  summary: 'frequencies and levels of the strongest tones, within stated errors',
  examples: ['peaks speech.wav --count 5', 'peaks recordings/ --frequency-error 0.5 --json peaks.json'],
  flags: {
    count: { kind: 'integer', default: 3, minimum: 1, maximum: 1000, help: 'tones to find' },
    'frequency-error': { kind: 'number', default: 1, minimum: 0, help: 'budget in Hz' },
    'level-error': { kind: 'number', default: 0.5, minimum: 0, help: 'budget in dB' },
    snr: {
      kind: 'number',
      default: 20,
      minimum: -100,
      help: 'dB of the weakest tone over the noise in the whole band',
    },
    separation: { kind: 'number', minimum: 0, help: 'Hz between tones, at least (default rate / (4 count))' },
    range: {
      kind: 'number',
      minimum: 0,
      maximum: 200,
      help: 'dB from the weakest to the strongest tone (default 20, 0 for one)',
    },
    confidence: {
      kind: 'number',
      default: 0.95,
      minimum: 0.5,
      maximum: 0.999,
      help: 'probability that an error is within its budget',
    },
    rate: {
      kind: 'integer',
      default: 16000,
      minimum: 1,
      help: 'sample rate in Hz that recordings are brought to',
    },
    channel: channelFlag,
    segments: { kind: 'integer', minimum: 1, help: 'segments to average (default: chosen)' },
    coverage: {
      kind: 'number',
      default: 1,
      minimum: 0,
      maximum: 1,
      help: 'part of the samples that must be read',
    },
    backend: {
      kind: 'string',
      default: 'auto',
      choices: ['auto', 'wasm', 'js', 'reference'],
      help: 'what runs the transforms',
    },
    json: jsonFlag,
  },
  run,
};
