/** What a head makes of frames, as nodes of ONNX: conditioning, spectra, bands, levels, what has to know the clip. */
import type { GraphBuilder, Length, Value } from '../../backends/onnx/builder.ts';
import { elementwise } from '../../backends/onnx/builder.ts';
import {
  binRows,
  dftBound,
  dftPlan,
  dftRows,
  placeOf,
  powerRows,
  type DftPlan,
} from '../../plans/onnx-dft.ts';
import { UnsupportedError } from '../../errors.ts';
import { bandCount, powerFactors } from '../../spectral/banks.ts';
import { levelOver, mirrored } from '../../spectral/features.ts';
import {
  frameLength,
  headWindow,
  oneSidedBins,
  samplesBefore,
  type HeadConfig,
} from '../../spectral/head.ts';
import { bankOf, isExactFront, type FrontEnd } from '../front-end.ts';
import { bankRows, weightedBins } from './bank.ts';
import { counts, type FrameCounts } from './clip-steps.ts';
import { complexBins } from './complex.ts';
import { learnedPower, learnedStages } from './learned.ts';
import { before, frameColumns, type FrameColumns, type Signals } from './signal.ts';

/** Results [width, batch, frames] of a model. */
export interface Results extends Clip {
  readonly cube: Value;
  readonly width: number;
  /** Of complex spectra, whose real parts `cube` holds. */
  readonly imaginary: Value | null;
  /** Of the spectra's rounding errors, `dftBound`; null for learned transforms. */
  readonly bound: number | null;
}

/** Frames, and how many of them each signal has. */
type Clip = Omit<FrameColumns, 'turns'>;

/** Are samples of a frame changed before the window? */
const isConditioned = ({ detrend, preEmphasis }: HeadConfig): boolean =>
  detrend !== 'none' || preEmphasis !== 0;

const detrendLimits = { none: 1, constant: 2, linear: 4 } as const;

/** What samples of at most 1 come to before the window. */
const conditionedLimit = ({ detrend, preEmphasis, signalPreEmphasis = 0 }: HeadConfig): number =>
  detrendLimits[detrend] * (1 + Math.abs(preEmphasis)) * (1 + Math.abs(signalPreEmphasis));

/** The samples of a frame that count, and their window: from the first that is not multiplied by zero, where phases are not asked for. */
function windowOf(head: HeadConfig): { window: Float64Array; start: number } {
  const window = headWindow(head).slice(0, frameLength(head));
  const end = window.findLastIndex((w) => w !== 0) + 1;
  const isWhole = isConditioned(head) || head.spectrum === 'complex';
  const start = isWhole
    ? 0
    : Math.max(
        0,
        window.findIndex((w) => w !== 0),
      );
  return { window: window.slice(start, isConditioned(head) ? undefined : Math.max(end, start + 1)), start };
}

/** Frames [rows, columns] less their mean or line, pre-emphasised; `length` of the rows are samples. */
function conditioned(g: GraphBuilder, head: HeadConfig, x: Value, rows: number, length: number): Value {
  const table = (f: (j: number) => number): Float64Array =>
    Float64Array.from({ length: rows }, (_, j) => (j < length ? f(j) : 0));
  const time = (j: number): number => j - (length - 1) / 2;
  let y = x;
  if (head.detrend !== 'none') {
    const mean = g.node('MatMul', [
      g.reals(
        [1, rows],
        table(() => 1 / length),
      ),
      x,
    ]);
    y = g.node('Sub', [x, mean]);
  }
  if (head.detrend === 'linear' && length > 1) {
    // sum t x / sum t^2, sum t^2 = L (L^2 - 1) / 12.
    const weight = 12 / (length * (length * length - 1));
    const slope = g.node('MatMul', [
      g.reals(
        [1, rows],
        table((j) => weight * time(j)),
      ),
      y,
    ]);
    y = g.node('Sub', [y, g.node('Mul', [slope, g.reals([rows, 1], table(time))])]);
  }
  if (head.preEmphasis === 0) return y;
  const first = g.slice(y, { axis: 0, start: 0, end: 1 });
  const late = g.concat([first, g.slice(y, { axis: 0, start: 0, end: rows - 1 })], 0);
  return g.node('Sub', [y, g.node('Mul', [late, g.scalar(head.preEmphasis)])]);
}

/** Which bins a front end reads, from the first to the last. */
const binsOf = (front: FrontEnd): [number, number] =>
  isPlain(front) ? [0, oneSidedBins(front.head.nFft) - 1] : weightedBins(bankOf(front));

/** Has a front end bins in the place of bands? */
const isPlain = ({ bank, head }: FrontEnd): boolean =>
  bank.kind === 'rule' && head.bank === null && !head.also;

/** Bins as they are [width, columns]: what the head calls its spectrum. */
function plainRows(g: GraphBuilder, head: HeadConfig, plan: DftPlan, power: Value): Value {
  const bins =
    head.sides === 'two'
      ? mirrored(head.nFft)
      : Int32Array.from({ length: oneSidedBins(head.nFft) }, (_, k) => k);
  const rows = rooted(g, head, binRows(g, plan, power, bins));
  const powers = powerFactors(head);
  const factors = head.spectrum === 'magnitude' ? powers.map(Math.sqrt) : powers;
  return factors.every((f) => f === 1) ? rows : g.node('Mul', [rows, g.reals([factors.length, 1], factors)]);
}

/** Powers, or the magnitudes that they are the squares of. */
function rooted(g: GraphBuilder, { spectrum, magnitudeOffset = 0 }: HeadConfig, power: Value): Value {
  if (spectrum !== 'magnitude') return power;
  return g.node('Sqrt', [magnitudeOffset === 0 ? power : g.node('Add', [power, g.scalar(magnitudeOffset)])]);
}

/** Levels [bands, columns] of energies. */
const levels = (g: GraphBuilder, head: HeadConfig, energies: Value): Value =>
  levelOver(elementwise(g), head)(energies);

/** Means over the frames of each clip, [bins1, segments, batch]. */
function averaged(
  g: GraphBuilder,
  { bins1, segments }: DftPlan,
  power: Value,
  { frames, frameLens, batch }: FrameCounts & { readonly batch: Length },
): Value {
  const every = g.reshape(power, [bins1, segments, batch, -1]);
  const all = g.slice(every, { axis: 3, start: 0, end: frames });
  const own =
    frameLens === null
      ? all
      : g.node('Where', [before(g, frames, frameLens, [1, 1, -1, 1]), all, g.scalar(0)]);
  const sums = g.node('ReduceSum', [own, g.ints([3])], { keepdims: 0 });
  return g.node('Div', [sums, g.reshape(counts(g, { frames, frameLens }), [1, 1, -1])]);
}

/** What a front end measures: frames as they come, and energies [bands, columns] of columns, or real and imaginary parts. */
interface Measured {
  readonly frames: FrameColumns;
  readonly energies: (columns: Value) => readonly Value[];
  /** Of the spectra's errors, where there is one. */
  readonly bound: number | null;
}

/** By the head's own DFT. */
function exactEnergies(g: GraphBuilder, front: FrontEnd, signals: Signals): Measured {
  const { head } = front;
  const { window, start } = windowOf(head);
  const plan = dftPlan(head.nFft, window.length, binsOf(front));
  const isMean = head.average !== 'none';
  const frames = frameColumns(g, head, signals, {
    rows: plan.rows,
    start: samplesBefore(head) - start,
    isWhole: isMean || isPlain(front),
  });
  const layout = { ...plan, place: (bin: number) => placeOf(plan, bin) };
  const energies = (columns: Value): Value[] => {
    const x = isConditioned(head) ? conditioned(g, head, columns, plan.rows, window.length) : columns;
    const all = powerRows(g, plan, dftRows(g, plan, x, window, conditionedLimit(head)));
    const power = isMean ? averaged(g, plan, all, frames) : all;
    return [
      isPlain(front)
        ? plainRows(g, head, plan, power)
        : bankRows(g, layout, bankOf(front), rooted(g, head, power)),
    ];
  };
  return { frames, energies, bound: dftBound(plan, g.f16) };
}

/** Complex spectra of the head's own DFT. */
function complexSpectra(g: GraphBuilder, { head }: FrontEnd, signals: Signals): Measured {
  const { window } = windowOf(head);
  const rows = window.length;
  const frames = frameColumns(g, head, signals, { rows, start: samplesBefore(head), isWhole: true });
  const energies = (columns: Value): Value[] => {
    const x = isConditioned(head) ? conditioned(g, head, columns, rows, rows) : columns;
    const { re, im } = complexBins(g, head, x, window, conditionedLimit(head));
    return [re, im];
  };
  return { frames, energies, bound: null };
}

/** By a learned transform. */
function learnedEnergies(g: GraphBuilder, front: FrontEnd, signals: Signals): Measured {
  const { head } = front;
  const stages = learnedStages(front);
  const rows = stages.linear.inputs;
  const start = samplesBefore(head) - stages.start;
  const frames = frameColumns(g, head, signals, { rows, start, isWhole: false });
  const energies = (columns: Value): Value[] => {
    const { power, layout } = learnedPower(g, stages, columns);
    return [bankRows(g, layout, bankOf(front), rooted(g, head, power))];
  };
  return { frames, energies, bound: null };
}

/** Throws UnsupportedError for what is not printed yet. */
function requirePrintable(front: FrontEnd): void {
  const { head } = front;
  const refuse = (what: string, expected: string): never => {
    throw new UnsupportedError(`${what} in ONNX; expected ${expected}`);
  };
  if (head.bank?.kind === 'descriptors') refuse('spectral descriptors', 'a bank of bands, or none');
  if (!isExactFront(front) && head.average !== 'none')
    refuse('a learned average over frames', 'average "none"');
  if (head.average === 'median') refuse('average "median"', '"none" or "mean"');
}

/** Rows [width, columns] of turns as [width, batch, frames], without columns that are no frames. */
function inOrder(g: GraphBuilder, rows: readonly Value[], width: number, { batch, frames }: Clip): Value {
  const shape = [width, batch, -1];
  const all =
    rows.length === 1
      ? rows[0]
      : g.transpose(g.reshape(g.concat(rows, 0), [rows.length, ...shape]), [1, 2, 3, 0]);
  return g.slice(g.reshape(all, shape), { axis: 2, start: 0, end: frames });
}

/** The frames of signals as a front end sees them, up to the levels of its bands. */
export function headLevels(g: GraphBuilder, front: FrontEnd, signals: Signals): Results {
  const { head } = front;
  requirePrintable(front);
  const exact = head.spectrum === 'complex' ? complexSpectra : exactEnergies;
  const make = front.transform.kind === 'exact' ? exact : learnedEnergies;
  const { frames, energies, bound } = make(g, front, signals);
  const { turns, ...clip } = frames;
  const width = bandCount(head);
  const parts = turns.map((turn) => energies(turn).map((part) => levels(g, head, part)));
  const isMean = head.average !== 'none';
  const [cube, imaginary = null] = parts[0].map((_, part) =>
    isMean
      ? g.reshape(parts[0][part], [width, clip.batch, -1])
      : inOrder(
          g,
          parts.map((turn) => turn[part]),
          width,
          clip,
        ),
  );
  const results = { ...clip, cube, imaginary, width, bound };
  if (!isMean) return results;
  const frameLens = clip.frameLens && g.lengths([g.atMost(clip.frameLens, 1)]);
  return { ...results, frames: 1, frameLens };
}
