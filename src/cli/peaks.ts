/** papilio peaks: frequencies and levels of the strongest tones of recordings, within stated errors. */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { FileFormatError, InvalidArgumentError, PapilioError } from '../errors.ts';
import { finite, oneOf, whole } from '../options.ts';
import { calibratePeaks, readPeakCalibration, type PeakCalibration } from '../compiler.ts';
import { planPeaks, type EstimatedPeak, type PeaksOptions, type PeaksPlan } from '../index.ts';
import { flag, known, type Command, type FlagsOf } from './args.ts';
import { channelFlag, channelOf, readRecording } from './audio.ts';
import { warnOfEmptyBands } from './dataset.ts';
import { readBytes, writeAtomic } from './files.ts';
import type { Output } from './output.ts';
import { findRecordings } from './recordings.ts';
import { tableOf, tableText } from './report/report.ts';

/** Nanoseconds per operation of every backend and dtype, a row per size. */
function ratesTable({ machine, rates }: PeakCalibration): string {
  const columns = Object.entries(rates).flatMap(([backend, dtypes]) =>
    Object.entries(dtypes).map(([dtype, list]) => ({ name: `${backend} ${dtype}`, list })),
  );
  const rows = columns[0].list.map(({ nfft }, i) => [
    String(nfft),
    ...columns.map(({ list }) => list[i]?.ns.toPrecision(3) ?? ''),
  ]);
  return `calibration of ${machine}, ns per operation:\n${tableText({ head: ['nfft', ...columns.map((c) => c.name)], rows })}`;
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
function planner(flags: Flags, output: Output): (samples: number, sampleRate: number) => PeaksPlan {
  const plans = new Map<string, PeaksPlan>();
  const { count: peaks, snr, confidence, coverage, backend, segments, separation, calibration } = flags;
  const options: Omit<PeaksOptions, 'samples' | 'sampleRate'> = {
    peaks,
    snr,
    confidence,
    coverage,
    backend,
    frequencyError: flags['frequency-error'],
    levelError: flags['level-error'],
    ...known({ segments, separation, dynamicRange: flags.range }),
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

function widest(peaks: readonly ListedPeak[], name: 'frequencyError' | 'levelError'): number | null {
  const errors = peaks.map((p) => p[name]).filter((e) => e !== null);
  return errors.length === 0 ? null : Math.max(...errors);
}

/** What a plan finds in a recording. The errors hold for every peak that is no noise, in Hz and dB; null where there is none. */
function peaksIn(plan: PeaksPlan, file: string, samples: Float64Array, sampleRate: number) {
  const peaks = plan.run(samples).map(listed);
  return {
    file,
    samples: samples.length,
    /** Hz, of the file unless --rate says another. */
    sampleRate,
    why: plan.report.why,
    frequencyError: widest(peaks, 'frequencyError'),
    levelError: widest(peaks, 'levelError'),
    peaks,
  };
}
type FilePeaks = ReturnType<typeof peaksIn>;

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

function textOf(plan: PeaksPlan, found: FilePeaks, calibrated: boolean): string {
  const { file, samples, sampleRate, peaks } = found;
  const heading = `${file}: ${samples} samples at ${sampleRate} Hz`;
  if (peaks.length === 0) return `${heading}: no peaks\n`;
  const table = tableOf('Peaks', peaks, {
    peak: (_, i) => String(i + 1),
    Hz: (p) => p.frequency.toFixed(3),
    '+- Hz': (p) => bounded(p.frequencyError, 3),
    dB: (p) => p.level.toFixed(2),
    '+- dB': (p) => bounded(p.levelError, 2),
    'snr dB': (p) => p.snr.toFixed(1),
  });
  return `${heading}\n${planText(plan, calibrated)}\n${promiseOf(plan, found)}\n${tableText(table)}\n`;
}

async function run(operands: string[], flags: Flags, output: Output): Promise<void> {
  const paths = findRecordings(operands).map((f) => f.path);
  const { rate } = flags;
  const channel = channelOf(flags);
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
      const found = peaksIn(plan, file, samples, sampleRate);
      files.push(found);
      output.print(textOf(plan, found, flags.calibration !== undefined));
    } catch (error) {
      if (!(error instanceof PapilioError)) throw error;
      // Options that no file can help are those of the command.
      if (error instanceof InvalidArgumentError && paths.length === 1) throw error;
      const message = error.message.includes(file) ? error.message : `${file}: ${error.message}`;
      failed.push({ file, error: message });
      output.warn(`papilio peaks: ${message}`);
    }
  if (rate !== undefined) warnOfEmptyBands(sourceRates, rate);
  output.json({ errorsHoldFor: steady, files, failed });
  if (failed.length > 0) process.exitCode = 1;
}

type Flags = FlagsOf<typeof flags>;

const flags = {
  count: flag.of('tones to find', whole(1, 1000), 3),
  'frequency-error': flag.of('budget in Hz', finite({ minimum: 0 }), 1),
  'level-error': flag.of('budget in dB', finite({ minimum: 0 }), 0.5),
  snr: flag.of('dB of the weakest tone over the noise in the whole band', finite({ minimum: -100 }), 20),
  separation: flag.of(
    'Hz between tones, at least (default rate / (4 count), at the rate of the file or --rate)',
    finite({ minimum: 0 }),
  ),
  range: flag.of(
    'dB from the weakest to the strongest tone (default 20, 0 for one)',
    finite({ minimum: 0, maximum: 200 }),
  ),
  confidence: flag.of(
    'probability that an error is within its budget',
    finite({ minimum: 0.5, maximum: 0.999 }),
    0.95,
  ),
  rate: flag.anyRate(' (default: that of each file)'),
  channel: channelFlag,
  segments: flag.of('segments to average (default: chosen)', whole(1)),
  coverage: flag.of('part of the samples that must be read', finite({ minimum: 0, maximum: 1 }), 1),
  backend: flag.of('what runs the transforms', oneOf(['auto', 'wasm', 'js', 'reference']), 'auto'),
  calibration: flag.text(
    'FILE with the cost of operations on this machine; measured and written if there is none (default: a model, the same everywhere)',
  ),
};

export const peaksCommand: Command<typeof flags> = {
  name: 'peaks',
  operands: '<folders or audio files>',
  summary: 'frequencies and levels of the strongest steady tones, within stated errors',
  details: `The errors hold for steady tones only, at least --separation apart, in white noise. For tones that glide or change, such
as voices and music, no bound holds: their peaks are those of the mean spectrum. Recordings are read at their own rate; with
--rate, tones above half of it are left out. In JSON the errors of a peak that may be noise are null, and those of a file hold
for all its other peaks.`,
  examples: ['peaks speech.wav --count 5', 'peaks recordings/ --frequency-error 0.5 --json peaks.json'],
  flags,
  run,
};
