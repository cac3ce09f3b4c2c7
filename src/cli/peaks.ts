/** papilio peaks: frequencies and levels of the strongest tones of recordings, within stated errors. */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { FileFormatError, InvalidArgumentError, PapilioError } from '../errors.ts';
import { calibratePeaks, readPeakCalibration, type BackendName, type PeakCalibration } from '../compiler.ts';
import { planPeaks, type EstimatedPeak, type PeaksOptions, type PeaksPlan } from '../index.ts';
import { anyRateFlag, jsonFlag, type Command, type FlagValues } from './args.ts';
import { channelFlag, channelOf, readRecording } from './audio.ts';
import { readBytes, writeAtomic } from './files.ts';
import type { Output } from './output.ts';
import { textTable } from './progress.ts';
import { emptyBands, findRecordings } from './recordings.ts';

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

/** Plans by length and rate, the last few. */
function planner(flags: FlagValues, output: Output): (samples: number, sampleRate: number) => PeaksPlan {
  const plans = new Map<string, PeaksPlan>();
  const segments = flags.maybeNumber('segments');
  const separation = flags.maybeNumber('separation');
  const dynamicRange = flags.maybeNumber('range');
  const calibration = flags.maybeText('calibration');
  const options: Omit<PeaksOptions, 'samples' | 'sampleRate'> = {
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
  return (samples, sampleRate) => {
    const key = `${samples} at ${sampleRate}`;
    const plan = plans.get(key) ?? planPeaks({ ...options, samples, sampleRate });
    // Kept in the order of use: the first was not used for the longest time.
    plans.delete(key);
    plans.set(key, plan);
    for (const [last, oldest] of plans) {
      if (plans.size <= mostPlans) break;
      oldest.dispose();
      plans.delete(last);
    }
    return plan;
  };
}

/** A peak as JSON has it: what may be noise has no bound, and JSON no infinity. */
interface ListedPeak extends Omit<EstimatedPeak, 'frequencyError' | 'levelError'> {
  readonly frequencyError: number | null;
  readonly levelError: number | null;
  readonly mayBeNoise: boolean;
}

const listed = (peak: EstimatedPeak): ListedPeak =>
  peak.frequencyError < Infinity
    ? { ...peak, mayBeNoise: false }
    : { ...peak, frequencyError: null, levelError: null, mayBeNoise: true };

interface FilePeaks {
  readonly file: string;
  readonly samples: number;
  /** Hz, of the file unless --rate says another. */
  readonly sampleRate: number;
  readonly why: string;
  /** Hz and dB that hold for every peak that is no noise: those of the widest; null where there is none. */
  readonly frequencyError: number | null;
  readonly levelError: number | null;
  readonly peaks: readonly ListedPeak[];
}

function widest(peaks: readonly ListedPeak[], name: 'frequencyError' | 'levelError'): number | null {
  const errors = peaks.map((p) => p[name]).filter((e) => e !== null);
  return errors.length === 0 ? null : Math.max(...errors);
}

const bounded = (x: number | null, digits: number): string => (x === null ? '-' : x.toFixed(digits));

/** "peak 2" or "peaks 1 to 4, 7", of places from 0 on */
function peaksText(places: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last?.[1] === place) last[1] = place + 1;
    else runs.push([place, place + 1]);
  }
  const texts = runs.map(([from, end]) =>
    end > from + 2 ? `${from + 1} to ${end}` : end > from + 1 ? `${from + 1}, ${end}` : String(end),
  );
  return `${places.length === 1 ? 'peak' : 'peaks'} ${texts.join(', ')}`;
}

/** What the errors hold for. */
const steady = 'steady tones only, not gliding ones such as voices';

/** What holds for the rows of a table, in words: for whom, and for whom it is less than was planned. */
function promiseOf({ report: { choice, request } }: PeaksPlan, found: FilePeaks): string {
  const { peaks, frequencyError, levelError } = found;
  const at = (test: (p: ListedPeak) => boolean): number[] => peaks.flatMap((p, i) => (test(p) ? [i] : []));
  const noise = at((p) => p.mayBeNoise);
  const known = at((p) => !p.mayBeNoise);
  const wider = at((p) => p.frequencyError !== null && p.frequencyError > choice.frequencyError);
  return [
    ...(known.length === 0
      ? []
      : [
          `${peaksText(known)}: frequency within ${bounded(frequencyError, 3)} Hz, level within ${bounded(levelError, 2)} dB, each with probability ${request.confidence} (${steady})`,
        ]),
    ...(wider.length === 0
      ? []
      : [`${peaksText(wider)}: less than ${request.snr} dB over the noise, so wider errors than planned`]),
    ...(noise.length === 0 ? [] : [`${peaksText(noise)}: may be noise, so no bound`]),
  ].join('\n');
}

/** The transforms of a plan in a few words; its whole reason is in the JSON. */
function planText({ report: { choice, request } }: PeaksPlan, calibrated: boolean): string {
  const { segments, segmentLength, hop, nfft, backend } = choice;
  const by = calibrated ? `, by the calibration of ${request.calibration.machine}` : '';
  return `plan: ${segments} x ${segmentLength} samples, hop ${hop}, nfft ${nfft} on ${backend}${by}`;
}

function tableOf(plan: PeaksPlan, found: FilePeaks, calibrated: boolean): string {
  const { file, samples, sampleRate, peaks } = found;
  const heading = `${file}: ${samples} samples at ${sampleRate} Hz`;
  if (peaks.length === 0) return `${heading}: no peaks\n`;
  const rows = peaks.map((p, i) => [
    String(i + 1),
    p.frequency.toFixed(3),
    bounded(p.frequencyError, 3),
    p.level.toFixed(2),
    bounded(p.levelError, 2),
    p.snr.toFixed(1),
  ]);
  const table = textTable([['peak', 'Hz', '+-', 'dB', '+-', 'snr dB'], ...rows]);
  return `${heading}\n${planText(plan, calibrated)}\n${promiseOf(plan, found)}\n${table}\n`;
}

async function run(operands: string[], flags: FlagValues, output: Output): Promise<void> {
  const paths = findRecordings(operands).map((f) => f.path);
  const channel = channelOf(flags);
  const rate = flags.maybeNumber('rate');
  const planFor = planner(flags, output);
  const files: FilePeaks[] = [];
  const sourceRates: number[] = [];
  const failed: { file: string; error: string }[] = [];
  for (const file of paths)
    try {
      const { samples, sourceRate } = await readRecording(file, rate, { channel });
      sourceRates.push(sourceRate);
      const sampleRate = rate ?? sourceRate;
      const plan = planFor(samples.length, sampleRate);
      const peaks = plan.run(samples).map(listed);
      const found: FilePeaks = {
        file,
        samples: samples.length,
        sampleRate,
        why: plan.report.why,
        frequencyError: widest(peaks, 'frequencyError'),
        levelError: widest(peaks, 'levelError'),
        peaks,
      };
      files.push(found);
      output.print(tableOf(plan, found, flags.has('calibration')));
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      // Options that no file can help are those of the command.
      if (error instanceof InvalidArgumentError && paths.length === 1) throw error;
      const message = error.message.includes(file) ? error.message : `${file}: ${error.message}`;
      failed.push({ file, error: message });
      output.warn(`papilio peaks: ${message}`);
    }
  const empty = rate === undefined ? null : emptyBands(sourceRates, rate);
  if (empty !== null) output.warn(`papilio peaks: warning: ${empty}`);
  output.json({ errorsHoldFor: steady, files, failed });
  if (failed.length > 0) process.exitCode = 1;
}

export const peaksCommand: Command = {
  name: 'peaks',
  operands: '<folders or audio files>',
  summary: 'frequencies and levels of the strongest steady tones, within stated errors',
  details: `The errors hold for steady tones only, at least --separation apart, in white noise. For tones that glide or change, such
as voices and music, no bound holds: their peaks are those of the mean spectrum. Recordings are read at their own rate; with
--rate, tones above half of it are left out. In JSON the errors of a peak that may be noise are null, and those of a file hold
for all its other peaks.`,
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
    separation: {
      kind: 'number',
      minimum: 0,
      help: 'Hz between tones, at least (default rate / (4 count), at the rate of the file or --rate)',
    },
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
    rate: { ...anyRateFlag, help: `${anyRateFlag.help} (default: that of each file)` },
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
