/** Welch's method as a plan: batches of signals of one length, averaged inside the program, with the largest bins of each. */
import { headWidth } from '../spectral/banks.ts';
import { InvalidArgumentError } from '../errors.ts';
import { input, parameter, type Graph } from '../ir/graph.ts';
import {
  viewOf,
  type Backend,
  type BackendName,
  type HostExecutable,
  type FloatArray,
} from '../backends/backend.ts';
import { countPer, type Dtype, type OperationCount } from '../compiler/kernel.ts';
import { selectLargest } from '../numeric/selection.ts';
import { samplesOf } from '../spectral/features.ts';
import { headFrames, headFrequencies, oneSidedBins, type HeadConfig } from '../spectral/head.ts';
import { boundGroups, meanPower, powerBound, segmentSum, signalSums } from '../spectral/mean-power.ts';
import { checkArgument, checkOptions, extended, required, whole } from '../options.ts';
import { rowsOf, type Earlier, type Rows } from '../spectral/rows.ts';
import { arrayOf, backendOf, backendRule, dtypeRule, executableOf } from './compiled.ts';
import { newArray } from '../compiler/number-format.ts';
import { exactRealTransform } from './feature-graphs.ts';
import { segmentHead, segmentOptions, welchDefaults, type SegmentOptions } from './periodogram.ts';

/** As `welch`, whose average is the mean, for many signals. */
export interface WelchPlanOptions extends SegmentOptions {
  /** Of every signal; at least 1. */
  readonly samples: number;
  /** Signals per run; default 1. */
  readonly batch?: number;
  /** How many of the largest bins of every signal to pick, 0 (default) to the count of bins. */
  readonly topBins?: number;
  /** Default f32. */
  readonly dtype?: Dtype;
  /** Default wasm, where the engine has it. */
  readonly backend?: BackendName;
}

/** The K largest bins of every signal, largest first; of equal ones, the first. */
export interface LargestBins {
  /** [batch, K] */
  readonly bins: Int32Array;
  /** [batch, K] */
  readonly power: FloatArray;
}

/** What was compiled for a Welch plan, and what one signal costs. */
export interface WelchReport {
  readonly backend: BackendName;
  readonly dtype: Dtype;
  /** Signals, or segments of one signal, that run together, vectorised across them. */
  readonly lanes: number;
  /** Real operations of one signal, counted from the compiled programs; the choice of the largest bins is none of them. */
  readonly perSignal: OperationCount;
}

/** Welch spectra of a batch of signals: write `input`, call `run`, read `power` and `top`. */
export interface WelchPlan {
  /** [batch, samples], a view of the plan's memory. */
  readonly input: FloatArray;
  /** [batch, bins], a view of the plan's memory: the mean over the segments. */
  readonly power: FloatArray;
  /** Hz, of the bins. */
  readonly frequencies: Float64Array;
  /** Averaged segments of a signal; samples behind the last are left out. */
  readonly segments: number;
  readonly top: LargestBins;
  /**
   * From `input` to `power` and `top`; allocates nothing. Samples are not checked: where one is not finite, neither is the power, and
   * with `topBins` InvalidArgumentError names the signal. Throws InvalidArgumentError after `dispose`.
   */
  run(): void;
  readonly report: WelchReport;
  /** Lets go of the memory. */
  dispose(): void;
}

/** Largest arrays of a plan, in elements: what a page may allocate at once. */
const maximumElements = 2 ** 28;

const welchPlanOptions = extended<SegmentOptions, WelchPlanOptions>(segmentOptions, {
  samples: required(whole(1, maximumElements)),
  batch: whole(),
  topBins: whole(0),
  dtype: dtypeRule,
  backend: backendRule,
});

/** What one run of the program takes: one segment of each of several signals, or several segments of one signal. */
interface Share {
  readonly signals: number;
  readonly segments: number;
}

/**
 * Whole vectors, as many as stay in the caches, the last ones filled up: across signals, or the segments of a single one. Never fewer
 * lanes, because those of a transform alone round differently: what a signal gives does not depend on the batch.
 */
function shareOf(batch: number, segments: number, nFft: number): Share {
  const sizes = nFft <= 1024 ? [16, 8, 4] : nFft <= 4096 ? [4] : [1];
  const padded = (size: number): number => Math.ceil((batch > 1 ? batch : segments) / size) * size;
  const least = Math.min(...sizes.map(padded));
  const lanes = sizes.find((size) => padded(size) === least) ?? 1;
  return batch > 1 ? { signals: lanes, segments: 1 } : { signals: 1, segments: lanes };
}

interface Job {
  readonly head: HeadConfig;
  readonly samples: number;
  readonly batch: number;
  readonly segments: number;
  readonly share: Share;
  /** Runs for one signal, or for those of a share. */
  readonly runs: number;
  /** Signals of all runs; those that fill up the last one are zeros. */
  readonly rows: number;
  /** Bins of a signal, and how many of the largest to pick. */
  readonly width: number;
  readonly count: number;
  readonly dtype: Dtype;
  readonly backend: Backend;
}

/** From the samples of all signals to their powers. */
interface Averager {
  readonly executables: readonly HostExecutable[];
  readonly input: FloatArray;
  readonly power: FloatArray;
  /** A power that at least `count` bins of a signal reach, one element per signal of a run; null where nothing is known. */
  readonly bounds: FloatArray | null;
  run(): void;
  /** Real operations of one signal. */
  readonly perSignal: OperationCount;
}

/** The sums of |X|^2 over a share, [bins, signals]; or over what `counted` says of it, added to earlier ones. */
function sumsOf({ head, samples, share, segments }: Job, earlier?: Earlier): Rows {
  const transform = exactRealTransform(head.nFft);
  const { signals: count, segments: lanes } = share;
  if (count > 1) {
    const signals = input('samples', [(count - 1) * samples + head.nFft]);
    return signalSums(head, { signals, count, distance: samples }, transform, earlier?.sum);
  }
  const signal = input('samples', [samplesOf(head, lanes)]);
  return segmentSum(head, signal, { lanes, segments: Math.min(lanes, segments) }, transform, earlier);
}

/** Elements of the ends of both programs. */
const reserveOf = ({ head, samples, share, runs, rows, width }: Job): Record<string, number> => ({
  // With what segments that fill up the last run, and zero padding, read behind the last signal.
  samples: (rows - 1) * samples + Math.max(samples, samplesOf(head, runs * share.segments)),
  sums: rows * oneSidedBins(head.nFft),
  power: rows * width,
  // Outputs move together: a run's bounds lie as far from those of the next as its powers do.
  bounds: (rows - share.signals) * width + share.signals,
});

/** Powers from sums, signal by signal, and bounds on the largest where they are found in vectors. */
function powersOf({ head, segments, share, width, count, backend }: Job, sums: Rows): Graph {
  const inVectors = share.signals > 1 && backend.name === 'wasm' && head.sides === 'one';
  const bounded = inVectors && boundGroups(width, count) > 0;
  return {
    outputs: {
      power: meanPower(head, sums, segments).tensor,
      ...(bounded ? { bounds: powerBound(head, sums, segments, count).tensor } : {}),
    },
  };
}

const boundsOf = (executable: HostExecutable): FloatArray | null =>
  'bounds' in executable.program.outputs ? viewOf(executable, 'bounds') : null;

/** Every share is all of its signals: one program, one call. */
function inOneRun(job: Job): Averager {
  const { samples, batch, share, rows, width } = job;
  const executable = executableOf(powersOf(job, sumsOf(job)), reserveOf(job), job);
  return {
    executables: [executable],
    input: arrayOf(executable, 'samples', batch * samples),
    power: viewOf(executable, 'power', batch * width),
    bounds: boundsOf(executable),
    run: () => executable.run(rows / share.signals, share.signals * samples, share.signals * width),
    perSignal: countPer(executable.program, share.signals),
  };
}

/** Shares one after another, whose sum stays in the program; a second program scales it. */
function inShares(job: Job): Averager {
  const { head, samples, batch, segments, share, runs, rows, width } = job;
  const [bins, count] = [oneSidedBins(head.nFft), share.signals];
  const sumSoFar = parameter('sum', [bins, count]);
  const counted = parameter('counted', [share.segments]);
  const value = sumsOf(job, { sum: rowsOf(sumSoFar, bins, count), counted }).tensor;
  const updates = [{ parameter: sumSoFar, value }];
  const adding = executableOf({ outputs: {}, updates }, reserveOf(job), job);
  const graph = powersOf(job, rowsOf(input('sums', [bins, count]), bins, count));
  const scaling = executableOf(graph, reserveOf(job), job);
  const [sum, sums] = [viewOf(adding, 'sum'), viewOf(scaling, 'sums')];
  const step = share.segments * head.hop;
  const kept = count === 1 ? viewOf(adding, 'counted').fill(1) : null;
  const last = segments - (runs - 1) * share.segments;
  const [many, once] = [countPer(adding.program, count), countPer(scaling.program, count)];
  const total = (key: keyof OperationCount): number => runs * many[key] + once[key];
  return {
    executables: [adding, scaling],
    input: arrayOf(adding, 'samples', batch * samples),
    power: viewOf(scaling, 'power', batch * width),
    bounds: boundsOf(scaling),
    run() {
      for (let row = 0; row < rows; row += count) {
        sum.fill(0);
        for (let i = 0; i < runs; i++) {
          if (i === runs - 1) kept?.fill(0, last);
          adding.run(1, 0, 0, row * samples + i * step);
        }
        kept?.fill(1);
        sums.set(sum, row * bins);
      }
      scaling.run(rows / count, count * bins, count * width);
    },
    perSignal: {
      mul: total('mul'),
      add: total('add'),
      other: total('other'),
      loads: total('loads'),
      stores: total('stores'),
    },
  };
}

/** The largest bins of every signal, into arrays of their own. */
function selection({ batch, width, count, dtype, share }: Job, { power, bounds }: Averager) {
  const bins = new Int32Array(batch * count);
  const largest = newArray(dtype, batch * count);
  const rows = Array.from({ length: batch }, (_, b) => bins.subarray(b * count, (b + 1) * count));
  const boundAt = (b: number): number => {
    const lane = b % share.signals;
    return (b - lane) * width + lane;
  };
  const top: LargestBins = { bins, power: largest };
  return {
    top,
    select() {
      for (let b = 0; b < batch; b++) {
        const from = b * width;
        try {
          selectLargest(power, from, from + width, rows[b], bounds ? bounds[boundAt(b)] : -Infinity);
        } catch (error) {
          if (!(error instanceof InvalidArgumentError)) throw error;
          throw new InvalidArgumentError(
            `the power of signal ${b} is NaN; expected finite samples below 1e18`,
          );
        }
        for (let i = b * count; i < (b + 1) * count; i++) largest[i] = power[from + bins[i]];
      }
    },
  };
}

/**
 * Plans the power spectral densities of many signals of one length by averaged periodograms (Welch 1967): `welch` with its options,
 * whose average is the mean, to float32 rounding unless `dtype` is f64. The sums have one order, whatever the batch.
 * Throws InvalidArgumentError for options that are not possible.
 */
export function planWelch(options: WelchPlanOptions): WelchPlan {
  checkOptions('planWelch', options, welchPlanOptions);
  const { samples, batch = 1, topBins: count = 0 } = options;
  const { dtype = 'f32' } = options;
  const backend = backendOf(options.backend);
  const head = segmentHead(samples, options, welchDefaults);
  const width = headWidth(head);
  const most = Math.floor(maximumElements / Math.max(samples, width));
  checkArgument('batch', batch, whole(1, most));
  if (count > width)
    throw new InvalidArgumentError(`topBins is ${count}; expected 0 to the count of bins, ${width}`);
  const segments = headFrames(head, samples);
  const share = shareOf(batch, segments, head.nFft);
  const runs = Math.ceil(segments / share.segments);
  const rows = Math.ceil(batch / share.signals) * share.signals;
  const job = { head, samples, batch, segments, share, runs, rows, width, count, dtype, backend };
  let averager: Averager | null = runs === 1 ? inOneRun(job) : inShares(job);
  const { input: signals, power, perSignal, executables } = averager;
  const { top, select } = selection(job, averager);
  const empty = newArray(dtype, 0);
  return {
    get input() {
      return averager ? signals : empty;
    },
    get power() {
      return averager ? power : empty;
    },
    frequencies: headFrequencies(head),
    segments,
    top,
    run() {
      if (!averager) throw new InvalidArgumentError('this plan was disposed; plan again to run it');
      averager.run();
      if (count > 0) select();
    },
    report: { backend: backend.name, dtype, lanes: share.signals * share.segments, perSignal },
    dispose() {
      averager = null;
      for (const executable of executables) executable.dispose();
    },
  };
}
