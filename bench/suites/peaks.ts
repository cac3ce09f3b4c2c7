/** Suite peaks: Welch spectra of many short signals and their largest bins, beside plain loops around fft.js. */
import { featureHead, features, planFftSync, planWelch, topBins } from '../../src/index.ts';
import type { Dtype } from '../../src/compiler.ts';
import { realDft } from '../../src/numeric/dft.ts';
import { windowByName } from '../../src/numeric/window.ts';
import type { BenchOptions } from '../args.ts';
import type { Contender, Skip } from '../contender.ts';
import { importPeer } from '../peers/load.ts';
import { defaultProtocol, measureInTurn, timedLoop } from '../protocol.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import { noise, tolerance } from '../signal.ts';
import type { Summary } from '../statistics.ts';
import type { Progress } from './transforms.ts';

const sizes = [128, 256, 512];
const batch = 32;

interface Job {
  readonly caption: string;
  readonly segments: number;
  /** Largest bins per signal; 0: the spectrum alone. */
  readonly count: number;
}
const jobs: readonly Job[] = [
  { caption: 'Welch, 8 segments', segments: 8, count: 0 },
  { caption: '16 largest bins, 8 segments', segments: 8, count: 16 },
  { caption: '16 largest bins, 2 segments', segments: 2, count: 16 },
];

/** A job at a size, and the signals, [batch, samples]. Hann windows that share half, means taken off, densities. */
export interface PeaksTask extends Job {
  readonly n: number;
  readonly samples: number;
  readonly bins: number;
  readonly signals: Float64Array;
}

export function peaksTask(job: Job, n: number): PeaksTask {
  const samples = ((job.segments + 1) * n) / 2;
  return { ...job, n, samples, bins: n / 2 + 1, signals: noise(batch * samples, 5) };
}

/** What a contender found: power [batch, bins], and the places of the largest, [batch, count]. */
export interface PeaksResult {
  readonly power: ArrayLike<number>;
  readonly places: ArrayLike<number>;
}

interface PeaksContender {
  readonly label: string;
  readonly run: () => void;
  readonly read: () => PeaksResult;
}

const signalOf = ({ signals, samples }: PeaksTask, b: number): Float64Array =>
  signals.subarray(b * samples, (b + 1) * samples);

/** Segment s of a signal without its mean, under the window. */
function segmentOf(signal: Float64Array, s: number, window: Float64Array): Float64Array {
  const { length } = window;
  const own = signal.subarray((s * length) / 2, (s * length) / 2 + length);
  const mean = own.reduce((sum, x) => sum + x, 0) / length;
  return own.map((x, j) => (x - mean) * window[j]);
}

/** The spectrum of a signal by the definition of the DFT. */
export function referencePower(task: PeaksTask, b: number): Float64Array {
  const { n, segments, bins } = task;
  const window = windowByName('hann', n, 'periodic');
  const scale = 1 / (segments * window.reduce((sum, w) => sum + w * w, 0));
  const power = new Float64Array(bins);
  for (let s = 0; s < segments; s++) {
    const { re, im } = realDft(segmentOf(signalOf(task, b), s, window));
    for (let k = 0; k < bins; k++)
      power[k] += (re[k] ** 2 + im[k] ** 2) * scale * (k === 0 || 2 * k === n ? 1 : 2);
  }
  return power;
}

/** Largest difference from the definition, as a part of the largest bin: of powers, and of the k-th largest. */
export function differenceOf(task: PeaksTask, { power, places }: PeaksResult): number {
  const { bins, count } = task;
  let worst = 0;
  for (const b of [0, batch - 1]) {
    const expected = referencePower(task, b);
    const sorted = Float64Array.from(expected).sort().reverse();
    expected.forEach((p, k) => (worst = Math.max(worst, Math.abs(power[b * bins + k] - p) / sorted[0])));
    for (let i = 0; i < count; i++) {
      const found = expected[places[b * count + i]];
      worst = Math.max(worst, Math.abs(found - sorted[i]) / sorted[0]);
    }
  }
  return worst;
}

/** A plan for the whole batch. */
function planned(task: PeaksTask, dtype: Dtype): PeaksContender {
  const { samples, n, count, signals } = task;
  const plan = planWelch({ samples, nperseg: n, batch, topBins: count, dtype });
  plan.input.set(signals);
  return {
    label: `papilio ${dtype}`,
    run: () => plan.run(),
    read: () => ({ power: plan.power, places: plan.top.bins }),
  };
}

/** A call per signal, as for recordings of any length. */
function called(task: PeaksTask): PeaksContender {
  const { n, bins, count } = task;
  const extractor = features(featureHead('scipy-welch', { sampleRate: 1, nFft: n, hop: n / 2 }));
  const signals = Array.from({ length: batch }, (_, b) => Float32Array.from(signalOf(task, b)));
  const power = new Float32Array(batch * bins);
  const places = new Int32Array(batch * count);
  return {
    label: 'papilio f32, a call per signal',
    run() {
      signals.forEach((signal, b) => {
        const { data } = extractor.run(signal);
        power.set(data, b * bins);
        if (count > 0) topBins(data, count).forEach(({ bin }, i) => (places[b * count + i] = bin));
      });
    },
    read: () => ({ power, places }),
  };
}

interface Transform {
  createComplexArray(): number[];
  realTransform(out: number[], data: number[]): void;
}

/** fft.js (MIT), float64, with plain loops around it, and a sort. */
async function fftjs(task: PeaksTask): Promise<PeaksContender> {
  const { default: FFT } = await importPeer<{ default: new (n: number) => Transform }>('fft.js');
  const { n, samples, bins, segments, count, signals } = task;
  const fft = new FFT(n);
  const frame = new Array<number>(n).fill(0);
  const spectrum = fft.createComplexArray();
  const window = windowByName('hann', n, 'periodic');
  const scale = 1 / (segments * window.reduce((sum, w) => sum + w * w, 0));
  const factors = Float64Array.from({ length: bins }, (_, k) => (k === 0 || 2 * k === n ? scale : 2 * scale));
  const power = new Float64Array(batch * bins);
  const places = new Int32Array(batch * count);
  const row = new Float64Array(bins);
  const add = (from: number): void => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += signals[from + j];
    const mean = sum / n;
    for (let j = 0; j < n; j++) frame[j] = (signals[from + j] - mean) * window[j];
    fft.realTransform(spectrum, frame);
    for (let k = 0; k < bins; k++) {
      const [re, im] = [spectrum[2 * k], spectrum[2 * k + 1]];
      row[k] += re * re + im * im;
    }
  };
  return {
    label: 'fft.js f64, loops and a sort',
    run() {
      for (let b = 0; b < batch; b++) {
        row.fill(0);
        for (let s = 0; s < segments; s++) add(b * samples + (s * n) / 2);
        for (let k = 0; k < bins; k++) power[b * bins + k] = row[k] * factors[k];
        if (count === 0) continue;
        const order = Int32Array.from(row, (_, k) => k).sort(
          (p, q) => power[b * bins + q] - power[b * bins + p] || p - q,
        );
        places.set(order.subarray(0, count), b * count);
      }
    },
    read: () => ({ power, places }),
  };
}

/** The yardstick: one complex transform per signal's share of the batch, whatever is in it. */
function complexPlan(n: number): PeaksContender {
  const plan = planFftSync({ n });
  plan.input.re.set(noise(n, 1));
  return {
    label: 'papilio f32, one complex transform',
    run() {
      for (let b = 0; b < batch; b++) plan.run();
    },
    read: () => ({ power: [], places: [] }),
  };
}

interface PeaksRow {
  readonly job: string;
  readonly n: number;
  readonly label: string;
  /** Nanoseconds per signal. */
  readonly time: Summary;
}

const timed = ({ label, run }: PeaksContender): Contender => ({
  label,
  sample: timedLoop(run),
  read: () => [],
  close: () => {},
});

async function measureTask(task: PeaksTask, samples: number): Promise<{ rows: PeaksRow[]; skipped: Skip[] }> {
  const entrants = [planned(task, 'f32'), planned(task, 'f64'), called(task), await fftjs(task)];
  const errors = entrants.map((e) => {
    e.run();
    return differenceOf(task, e.read());
  });
  const right = [...entrants.filter((_, i) => errors[i] <= tolerance), complexPlan(task.n)];
  const times = await measureInTurn(right.map(timed), { ...defaultProtocol, samples });
  const perSignal = (x: number): number => x / batch;
  return {
    rows: right.map(({ label }, i) => {
      const { median, spread, samples: taken } = times[i];
      const time = { median: perSignal(median), spread: perSignal(spread), samples: taken };
      return { job: task.caption, n: task.n, label, time };
    }),
    skipped: entrants.flatMap(({ label }, i) =>
      errors[i] <= tolerance
        ? []
        : [{ label, what: `${task.caption}, n = ${task.n}`, why: `off by ${errors[i].toExponential(1)}` }],
    ),
  };
}

function tableOf(caption: string, rows: readonly PeaksRow[]): Table {
  const own = (n: number): number => rows.find((r) => r.n === n)?.time.median ?? NaN;
  return {
    caption: `${caption} of n samples that share half, ${batch} signals: time per signal.`,
    header: ['contender', 'time', 'this / papilio f32'],
    rows: rows.map((r) => [
      `${r.n}, ${r.label}`,
      duration(r.time.median, r.time.spread),
      figure(r.time.median / own(r.n)),
    ]),
  };
}

export async function peaksSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const tables: Table[] = [];
  const records: PeaksRow[] = [];
  const skipped: Skip[] = [];
  for (const job of jobs) {
    const own: PeaksRow[] = [];
    for (const n of options.sizes ?? sizes) {
      progress(`peaks: ${job.caption}, n = ${n}`);
      const found = await measureTask(peaksTask(job, n), options.samples);
      own.push(...found.rows);
      skipped.push(...found.skipped);
    }
    tables.push(tableOf(job.caption, own));
    records.push(...own);
  }
  return {
    suite: 'peaks',
    tables,
    records: records.map(({ time, ...r }) => ({ ...r, ns: time.median, spread: time.spread })),
    skipped,
  };
}
