/** papilio peaks: frequencies and levels of the strongest tones of recordings, within stated errors. */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { FileFormatError, InvalidArgumentError, PapilioError } from '../errors.ts';
import {
  calibratePeaks,
  planPeaks,
  readPeakCalibration,
  type BackendName,
  type EstimatedPeak,
  type PeakCalibration,
  type PeaksOptions,
  type PeaksPlan,
} from '../index.ts';
import { jsonFlag, rateFlag, type Command, type FlagValues } from './args.ts';
import { channelFlag, channelOf, readRecording } from './audio.ts';
import { readBytes, writeAtomic } from './files.ts';
import type { Output } from './output.ts';
import { textTable } from './progress.ts';
import { findRecordings } from './recordings.ts';

/** Nanoseconds per operation of every backend and dtype, a row per size. */
function ratesTable({ machine, rates }: PeakCalibration): string {
  const columns = Object.entries(rates).flatMap(([backend, dtypes]) =>
    Object.entries(dtypes).map(([dtype, list]) => ({ name: `${backend} ${dtype}`, list })),
  );
  const rows = columns[0].list.map(({ nfft }, i) => [
    String(nfft),
    ...columns.map(({ list }) => list[i]?.ns.toPrecision(3) ?? ''),
  ]);
  return `calibration of ${machine}, ns per operation:\n${textTable([['nfft', ...columns.map((c) => c.name)], ...rows])}`;
}

/** The calibration of a file; where there is none, one that is measured now and written there. */
function calibrationOf(path: string, output: Output): PeakCalibration {
  if (existsSync(path)) {
    try {
      return readPeakCalibration(new TextDecoder().decode(readBytes(path)), path);
    } catch (error) {
      if (!(error instanceof FileFormatError)) throw error;
      throw new FileFormatError(`${error.message}; delete it to measure again`);
    }
  }
  const { model = 'unknown' } = cpus()[0] ?? {};
  const date = new Date().toISOString().slice(0, 10);
  const calibration = calibratePeaks(`${model.trim()}, Node ${process.version}, ${date}`);
  writeAtomic(path, `${JSON.stringify(calibration, null, 2)}\n`);
  output.note(`measured and written to ${path}: ${ratesTable(calibration)}`);
  return calibration;
}

/** Plans that are kept: recordings of one length share theirs, and folders of a thousand lengths need not hold a thousand. */
const mostPlans = 8;

/** Plans by length, the last few. */
function planner(flags: FlagValues, output: Output): (samples: number) => PeaksPlan {
  const plans = new Map<number, PeaksPlan>();
  const segments = flags.maybeNumber('segments');
  const separation = flags.maybeNumber('separation');
  const dynamicRange = flags.maybeNumber('range');
  const calibration = flags.maybeText('calibration');
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
    ...(calibration === undefined ? {} : { calibration: calibrationOf(calibration, output) }),
  };
  return (samples) => {
    const plan = plans.get(samples) ?? planPeaks({ ...options, samples });
    // Kept in the order of use: the first was not used for the longest time.
    plans.delete(samples);
    plans.set(samples, plan);
    for (const [length, oldest] of plans) {
      if (plans.size <= mostPlans) break;
      oldest.dispose();
      plans.delete(length);
    }
    return plan;
  };
}

interface FilePeaks {
  readonly file: string;
  readonly samples: number;
  readonly why: string;
  /** Hz and dB that hold for every peak of the list: those of its widest. */
  readonly frequencyError: number;
  readonly levelError: number;
  readonly peaks: readonly EstimatedPeak[];
}

const widest = (peaks: readonly EstimatedPeak[], error: 'frequencyError' | 'levelError'): number =>
  Math.max(0, ...peaks.map((p) => p[error]));

const bounded = (x: number, digits: number): string => (x < Infinity ? x.toFixed(digits) : '-');

const numbers = (places: readonly number[]): string =>
  `${places.length === 1 ? 'peak' : 'peaks'} ${places.map((i) => i + 1).join(', ')}`;

/** What holds for the rows of a table, in words: for all of them, and for whom it is more than was planned. */
function promiseOf(plan: PeaksPlan, peaks: readonly EstimatedPeak[]): string {
  const { choice, request } = plan.report;
  if (peaks.length === 0) return 'no peaks';
  const at = (test: (p: EstimatedPeak) => boolean): number[] => peaks.flatMap((p, i) => (test(p) ? [i] : []));
  const noise = at((p) => p.frequencyError === Infinity);
  const known = peaks.filter((p) => p.frequencyError < Infinity);
  const wider = at((p) => p.frequencyError < Infinity && p.frequencyError > choice.frequencyError);
  return [
    ...(known.length === 0
      ? []
      : [
          `every ${noise.length > 0 ? 'other ' : ''}peak below: frequency within ${widest(known, 'frequencyError').toFixed(3)} Hz, level within ${widest(known, 'levelError').toFixed(2)} dB, each with probability ${request.confidence}`,
        ]),
    ...(wider.length === 0
      ? []
      : [`${numbers(wider)}: less than ${request.snr} dB over the noise, so wider errors than planned`]),
    ...(noise.length === 0 ? [] : [`${numbers(noise)}: may be noise`]),
  ].join('\n');
}

function tableOf(plan: PeaksPlan, { file, why, peaks }: FilePeaks): string {
  const rows = peaks.map((p, i) => [
    String(i + 1),
    p.frequency.toFixed(3),
    bounded(p.frequencyError, 3),
    p.level.toFixed(2),
    bounded(p.levelError, 2),
    p.snr.toFixed(1),
  ]);
  return `${file}\nplan: ${why}\n${promiseOf(plan, peaks)}\n${textTable([['peak', 'Hz', '+-', 'dB', '+-', 'snr dB'], ...rows])}\n`;
}

async function run(operands: string[], flags: FlagValues, output: Output): Promise<void> {
  const paths = findRecordings(operands).map((f) => f.path);
  const channel = channelOf(flags);
  const rate = flags.number('rate');
  const planFor = planner(flags, output);
  const files: FilePeaks[] = [];
  const failed: { file: string; error: string }[] = [];
  for (const file of paths)
    try {
      const { samples } = await readRecording(file, rate, { channel });
      const plan = planFor(samples.length);
      const peaks = plan.run(samples);
      const found: FilePeaks = {
        file,
        samples: samples.length,
        why: plan.report.why,
        frequencyError: widest(peaks, 'frequencyError'),
        levelError: widest(peaks, 'levelError'),
        peaks,
      };
      files.push(found);
      output.print(tableOf(plan, found));
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
    rate: rateFlag,
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
    calibration: {
      kind: 'string',
      help: 'FILE with the cost of operations on this machine; measured and written if there is none (default: a model, the same everywhere)',
    },
    json: jsonFlag,
  },
  run,
};
