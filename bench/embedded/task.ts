/** What is measured on a board: a function with an input of some samples, and what its output should be. */
import { referenceFeatures } from '../../src/front/reference-features.ts';
import { realDft } from '../../src/numeric/dft.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { noise } from '../signal.ts';
import type { Board } from './boards.ts';
import { encode, formats, harnessOf, printed, type Call, type Format } from './harness.ts';
import { runOnBoard, type Job, type Run } from './run.ts';

export type TaskKind = 'real' | 'log-mel';

export interface Task {
  readonly kind: TaskKind;
  /** Samples, and points of the transform. */
  readonly n: number;
  readonly title: string;
  /** The right output. */
  readonly reference: (samples: Float64Array) => Float64Array;
  /** How good an output is, in `unit`. */
  readonly accuracy: (got: Float64Array, wanted: Float64Array) => number;
  readonly unit: string;
  /** Is an output of this format that good right? */
  readonly isRight: (accuracy: number, format: Format) => boolean;
}

/** Signal to noise in dB, whatever power of two the output was scaled by. */
export function snrOf(got: Float64Array, wanted: Float64Array): number {
  const sum = (f: (g: number, w: number) => number): number =>
    wanted.reduce((total, w, i) => total + f(got[i] ?? NaN, w), 0);
  const power = sum((_, w) => w * w);
  const scale = 2 ** Math.round(Math.log2(Math.abs(power / sum((g, w) => g * w))));
  return 10 * Math.log10(power / sum((g, w) => (scale * g - w) ** 2));
}

/** Real samples to bins 0 to n/2: all real parts, then all imaginary ones. */
export const realTask = (n: number): Task => ({
  kind: 'real',
  n,
  title: `real ${n}`,
  reference: (samples) => {
    const { re, im } = realDft(samples);
    return Float64Array.of(...re, ...im);
  },
  accuracy: snrOf,
  unit: 'SNR dB',
  // Single precision has about 140 dB, fixed point at -40 dB an eighth of that.
  isRight: (snr, format) => snr > (format.startsWith('q') ? 5 : 100),
});

export const logMelHead = featureHead('papilio');

const meanDifference = (a: Float64Array, b: Float64Array): number =>
  b.reduce((sum, x, i) => sum + Math.abs((a[i] ?? NaN) - x), 0) / b.length;

/** One frame of papilio's default head: Hann 400 in 512 points, 40 mels, log10. */
export const logMelTask: Task = {
  kind: 'log-mel',
  n: logMelHead.nFft,
  title: 'log-mel 40 of 512, a frame',
  reference: (samples) => Float64Array.from(referenceFeatures(logMelHead, samples)),
  accuracy: meanDifference,
  unit: 'mean |difference| of log10',
  isRight: (difference) => difference < 0.05,
};

/** A function that does a task. */
export interface Contender {
  readonly label: string;
  readonly format: Format;
  readonly job: Omit<Job, 'harness'>;
  readonly call: Call;
  /** Its output as the task has it, from the arrays that it printed. */
  readonly result: (output: (name: string) => Float64Array) => Float64Array;
}

/** Peaks of the noise that a format is judged with, in dB below full scale. */
export const levelsOf = (format: Format): readonly number[] => (format.startsWith('q') ? [0, -20, -40] : [0]);

const samplesOf = ({ n }: Task, level: number): Float64Array =>
  noise(n, 1).map((x) => x * 10 ** (level / 20));

/** The job of a contender on white noise of some level. */
export const jobOf = (task: Task, { job, call }: Contender, level = 0): Job => ({
  ...job,
  harness: harnessOf(call, samplesOf(task, level)),
});

export interface Measured {
  readonly run: Run;
  /** By level of the input; the reference has the numbers that the format has. */
  readonly accuracy: readonly number[];
}

/** Does a task at every level of a format; costs are those of the first. Throws as `runOnBoard` does. */
export function measureOn(board: Board, task: Task, contender: Contender): Measured {
  const { format, call, result } = contender;
  const runs = levelsOf(format).map((level) => {
    const run = runOnBoard(board, jobOf(task, contender, level));
    const got = result((name) => {
      const own = call.arrays.find((a) => a.name === name)?.format ?? format;
      return printed(run.stdout, name, own);
    });
    const unit = formats[format].one;
    const input = Float64Array.from(encode(samplesOf(task, level), format), (x) => x / unit);
    return { run, accuracy: task.accuracy(got, task.reference(input)) };
  });
  return { run: runs[0].run, accuracy: runs.map((r) => r.accuracy) };
}
