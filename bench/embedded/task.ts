/** What is measured on a board: a function of some samples, and what its output should be. */
import { jsBackend } from '../../src/backends/js.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { averagedFrames, inferenceGraph, referenceFeatures, type FrontEnd } from '../../src/front.ts';
import { isExactFront } from '../../src/front/front-end.ts';
import { logUnit } from '../../src/front/spectral-head.ts';
import { dft, realDft } from '../../src/numeric/dft.ts';
import { noise } from '../signal.ts';
import type { Board } from './boards.ts';
import { encode, formats, harnessOf, printed, type Call, type Format } from './harness.ts';
import { runOnBoard, type Job, type Run } from './run.ts';
import { speechFrames } from './speech.ts';

export type TaskKind = 'real' | 'complex' | 'front end';

export interface Task {
  readonly kind: TaskKind;
  /** Points of the transform. */
  readonly n: number;
  readonly title: string;
  /** What a frame goes through, in the place of a transform. */
  readonly front?: FrontEnd;
  /** Inputs with this peak, each for one call. */
  readonly inputs: (peak: number) => readonly Float64Array[];
  /** The right output. */
  readonly reference: (input: Float64Array) => Float64Array;
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

const transform = {
  accuracy: snrOf,
  unit: 'SNR dB',
  // Single precision has about 140 dB, fixed point at -40 dB an eighth of that.
  isRight: (snr: number, format: Format) => snr > (format.startsWith('q') ? 5 : 100),
};

const noiseOf = (length: number) => (peak: number) => [noise(length, 1).map((x) => x * peak)];

/** Real samples to bins 0 to n/2: all real parts, then all imaginary ones. */
export const realTask = (n: number): Task => ({
  ...transform,
  kind: 'real',
  n,
  title: `real ${n}`,
  inputs: noiseOf(n),
  reference: (samples) => {
    const { re, im } = realDft(samples);
    return Float64Array.of(...re, ...im);
  },
});

/** Complex samples, interleaved, to n bins. */
export const complexTask = (n: number): Task => ({
  ...transform,
  kind: 'complex',
  n,
  title: `complex ${n}`,
  inputs: noiseOf(2 * n),
  reference: (samples) => {
    const part = (odd: number): Float64Array => samples.filter((_, i) => i % 2 === odd);
    const { re, im } = dft({ re: part(0), im: part(1) });
    return Float64Array.of(...re, ...im);
  },
});

/** In units of log10, whatever the logarithm's own is. */
const differenceIn =
  (unit: number) =>
  (a: Float64Array, b: Float64Array): number =>
    b.reduce((sum, x, i) => sum + Math.abs((a[i] ?? NaN) - x), 0) / unit / b.length;

/** The frame of a front end in float64: by definition where it is exact, else what its own program means. */
function frameOf(front: FrontEnd): (samples: Float64Array) => Float64Array {
  if (isExactFront(front)) return (samples) => referenceFeatures(front.head, samples);
  const graph = inferenceGraph(front, averagedFrames(front.head));
  const executable = jsBackend.instantiate(compileGraph(graph, { dtype: 'f64', vectors: false }));
  return (samples) => {
    executable.write('samples', samples);
    executable.run();
    return Float64Array.from(executable.read('features'));
  };
}

/** Frames of speech through a front end whose head needs no clip. */
export const frontTask = (title: string, front: FrontEnd): Task => ({
  kind: 'front end',
  n: front.head.nFft,
  title,
  front,
  inputs: (peak) => speechFrames(front.head.nFft, peak),
  reference: frameOf(front),
  accuracy: differenceIn(logUnit(front.head)),
  unit: 'mean |difference| of log10',
  isRight: (difference) => difference < 0.05,
});

/** A function that does a task. */
export interface Contender {
  readonly label: string;
  readonly format: Format;
  readonly job: Omit<Job, 'harness'>;
  readonly call: Call;
  /** Its output as the task has it, from the arrays that it printed. */
  readonly result: (output: (name: string) => Float64Array) => Float64Array;
}

/** Peaks that a format is judged with, in dB below full scale. */
export const levelsOf = (format: Format): readonly number[] => (format.startsWith('q') ? [0, -20, -40] : [0]);

/** Inputs of a format, the loudest first. */
const inputsOf = (task: Task, format: Format): { level: number; input: Float64Array }[] =>
  levelsOf(format).flatMap((level) => task.inputs(10 ** (level / 20)).map((input) => ({ level, input })));

export const jobOf = (task: Task, { job, call, format }: Contender): Job => ({
  ...job,
  harness: harnessOf(
    call,
    inputsOf(task, format).map((x) => x.input),
  ),
});

export interface Measured {
  readonly run: Run;
  /** By level of the input, means over inputs; the reference has the numbers that the format has. */
  readonly accuracy: readonly number[];
}

/** Does a task at every level of a format; costs are those of the first input. Throws as `runJob` does. */
export function measureOn(board: Board, task: Task, contender: Contender, runJob = runOnBoard): Measured {
  const { format, call, result } = contender;
  const run = runJob(board, jobOf(task, contender));
  const outputs = new Map(
    call.outputs.map((name) => {
      const own = call.arrays.find((a) => a.name === name)?.format ?? format;
      return [name, printed(run.stdout, name, own)];
    }),
  );
  const { one } = formats[format];
  const inputs = inputsOf(task, format).map(({ level, input }, i) => {
    const got = result((name) => outputs.get(name)?.[i] ?? new Float64Array(0));
    const exact = Float64Array.from(encode(input, format), (x) => x / one);
    return { level, accuracy: task.accuracy(got, task.reference(exact)) };
  });
  const accuracy = levelsOf(format).map((level) => {
    const own = inputs.filter((x) => x.level === level);
    return own.reduce((sum, x) => sum + x.accuracy, 0) / own.length;
  });
  return { run, accuracy };
}
