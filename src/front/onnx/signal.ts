/** Signals of a model and the frames that a head makes of them: lengths, masks, padding, columns. */
import { afterLast, type GraphBuilder, type Length, type Value } from '../../backends/onnx/builder.ts';
import { paddingOf } from '../../spectral/features.ts';
import { withOwnEnds } from './ends.ts';
import { fewestFrames, spareSamples, type HeadConfig } from '../../spectral/head.ts';

/** Signals [batch, samples]; `lens` [batch] where each may be shorter. */
export interface Signals {
  readonly x: Value;
  readonly batch: Length;
  readonly samples: Length;
  readonly lens: Value | null;
}

/** Frames, and how many of them each signal has, [batch]. */
export interface FrameColumns {
  readonly turns: readonly Value[];
  readonly batch: Length;
  readonly frames: Length;
  readonly frameLens: Value | null;
}

/** Frames of so many samples: `headFrames`, where there are any samples. */
const framesOf = (g: GraphBuilder, head: HeadConfig, samples: Length): Length =>
  g.atLeast(g.quotient(g.add(head.fit ?? samples, spareSamples(head)), head.hop), fewestFrames(head));

/** The same, 0 without a sample. */
function framesFrom(g: GraphBuilder, head: HeadConfig, samples: Value): Value {
  const frames = framesOf(g, head, samples);
  const fewest = Math.max(fewestFrames(head), Math.floor(((head.fit ?? 0) + spareSamples(head)) / head.hop));
  if (fewest < 1 && typeof frames !== 'number') return frames;
  const factor = g.lengths([frames]);
  return g.node('Mul', [factor, g.lengths([g.atMost(samples, 1)])]);
}

/** Does a head read samples behind the last one of a signal, which are none of a longer signal beside it? */
const readsBeyond = (head: HeadConfig): boolean => head.framing !== 'inside' || head.fit !== null;

/** 1 where a position, along the last axis, is below the length of its signal; [batch, 1 ..., positions]. */
export function before(g: GraphBuilder, count: Length, lens: Value, shape: readonly number[]): Value {
  return g.node('Less', [g.range(0, count), g.reshape(lens, shape)]);
}

/** Signals with zeros behind their ends. */
export function cutToLens(g: GraphBuilder, { x, samples, lens }: Signals): Value {
  if (lens === null) return x;
  return g.node('Where', [before(g, samples, lens, [-1, 1]), x, g.scalar(0)]);
}

/** y[i] = x[i] - c x[i - 1], x[-1] = 0. */
function emphasised(g: GraphBuilder, { signalPreEmphasis: c = 0 }: HeadConfig, x: Value): Value {
  if (c === 0) return x;
  const late = g.node('Pad', [x, g.ints([0, 1, 0, -1])]);
  return g.node('Sub', [x, g.node('Mul', [late, g.scalar(c)])]);
}

/** Copies joined in one step. */
const copies = 6;

/** The last `count` samples of a unit of at least two, again and again. */
function repeated(g: GraphBuilder, unit: Value, count: number): Value {
  const end = { axis: 1, start: -count, end: afterLast };
  let out = unit;
  for (let least = 2; least < count; least *= copies)
    out = g.slice(g.concat(new Array<Value>(copies).fill(out), 1), end);
  return count > 2 ? out : g.slice(out, end);
}

/** What stands in front of a signal, [batch, count], by its first samples. */
function mirrored(g: GraphBuilder, x: Value, samples: Length, count: number, isReflect: boolean): Value {
  const skipped = isReflect ? 1 : 0;
  if (typeof samples === 'number' && samples >= count + skipped)
    return g.backwards(g.slice(x, { axis: 1, start: skipped, end: count + skipped }), 1);
  // Of a single sample, reflected, is made a second one.
  const more = { axis: 1, start: 0, end: g.atLeast(g.sub(2, samples), 0) };
  const first = g.slice(x, { axis: 1, start: 0, end: count + skipped });
  const head = isReflect ? g.concat([first, g.slice(x, more)], 1) : first;
  const there = isReflect ? g.slice(head, { axis: 1, start: 0, end: -1 }) : head;
  const back = g.backwards(isReflect ? g.slice(head, { axis: 1, start: 1, end: afterLast }) : head, 1);
  return repeated(g, g.concat([there, back], 1), count);
}

/** What stands beside a signal as `padding` has it, [batch, count]: in front of it, or behind it. */
function beside(
  g: GraphBuilder,
  { x, samples }: Pick<Signals, 'x' | 'samples'>,
  padding: 'reflect' | 'symmetric' | 'edge',
  side: 'front' | 'back',
  count: number,
): Value {
  if (padding === 'edge') {
    const one = side === 'front' ? { axis: 1, start: 0, end: 1 } : { axis: 1, start: -1, end: afterLast };
    return g.node('Mul', [g.slice(x, one), g.reals([1, count], new Float64Array(count).fill(1))]);
  }
  if (side === 'front') return mirrored(g, x, samples, count, padding === 'reflect');
  const last = g.backwards(g.slice(x, { axis: 1, start: -(count + 2), end: afterLast }), 1);
  const known = typeof samples === 'number' ? Math.min(samples, count + 2) : samples;
  return g.backwards(mirrored(g, last, known, count, padding === 'reflect'), 1);
}

/** Samples of signals, and where the first frame begins. */
interface Span {
  readonly x: Value;
  readonly samples: Length;
  readonly first: number;
}

/** Signals with what stands beside them in the frames of a head, the first of which begins `start` samples before them; zeros are none. */
function extended(
  g: GraphBuilder,
  head: HeadConfig,
  signals: Signals,
  start: number,
  { frames, overlap }: { readonly frames: Length; readonly overlap: number },
): Span {
  const { x, samples } = signals;
  const padding = paddingOf(head);
  if (padding === 'constant') return { x, samples, first: -start };
  const exact = g.sub(g.sub(g.times(g.add(frames, overlap), head.hop), start), samples);
  // Frames end at most so far behind the signal.
  const most = Math.max(0, overlap * head.hop + Math.max(0, spareSamples(head)) - start);
  const behind = typeof exact === 'number' ? Math.max(0, exact) : most;
  const front = Math.max(0, start);
  const parts = (): Value[] => [
    ...(front > 0 ? [beside(g, signals, padding, 'front', front)] : []),
    x,
    ...(behind > 0 ? [beside(g, signals, padding, 'back', behind)] : []),
  ];
  const { lens } = signals;
  const margins = { padding, front, behind };
  const whole =
    lens === null
      ? { x: g.concat(parts(), 1), samples: g.add(samples, front + behind) }
      : withOwnEnds(g, { x, samples, lens }, margins);
  return { ...whole, first: front - start };
}

/** So many samples of signals from where their first frame begins, zeros where they have none. */
function cut(g: GraphBuilder, { x, samples, first }: Span, length: Length): Value {
  // No more can be taken from a signal than it has.
  const front = first <= 0 ? -first : g.times(g.atMost(samples, first), -1);
  const behind = g.sub(g.sub(length, front), samples);
  if (front === 0 && behind === 0) return x;
  return g.node('Pad', [x, g.lengths([0, front, 0, behind])]);
}

/** Frames of `rows` samples, one every `hop`, taken in so many turns. */
interface FrameShape {
  readonly rows: number;
  readonly hop: number;
  readonly turns: number;
}

/** Columns of a signal, behind those of its frames, into which frames reach. */
export const columnsBehind = ({ rows, hop, turns }: FrameShape): number =>
  Math.ceil(((turns - 1) * hop + rows) / (turns * hop)) - 1;

/**
 * Frames of signals [batch, columns times turns times hop] in turns: turn t has the frames t, t + turns, ... of each signal as columns
 * [rows, batch columns], and columns that are no frames behind them. All are rows of one matrix, a block of samples in a column, and of that
 * matrix from a later column on: they lie side by side, so that they are copied once.
 */
export function framesInTurns(g: GraphBuilder, x: Value, shape: FrameShape, columns: Length): Value[] {
  const { rows, hop, turns } = shape;
  const block = turns * hop;
  const matrix = g.reshape(g.transpose(g.reshape(x, [0, -1, block]), [2, 0, 1]), [block, -1]);
  const numbers = g.reshape(matrix, [-1]);
  return Array.from({ length: turns }, (_, turn) => {
    const first = turn * hop;
    const end = Math.min(block, first + rows);
    const own = first === 0 && end === block ? matrix : g.slice(matrix, { axis: 0, start: first, end });
    if (first + rows <= block) return own;
    const parts = [g.reshape(own, [-1])];
    for (let late = 1; late * block < first + rows; late++) {
      const count = Math.min(block, first + rows - late * block);
      const last = count === block ? afterLast : g.add(g.times(columns, count), late);
      parts.push(g.slice(numbers, { axis: 0, start: late, end: last }));
      if (count === block) parts.push(g.reals([late], new Float64Array(late)));
    }
    return g.reshape(g.concat(parts, 0), [rows, -1]);
  });
}

/** Numbers of frames that are measured together: a few tables of as many stay in the cache of a core. */
const turnNumbers = 100_000;

/** Turns for signals whose length is not known: those of ten seconds. */
const usualTurns = 4;
const mostTurns = 12;

const turnsOf = (frames: Length, rows: number): number =>
  typeof frames === 'number'
    ? Math.min(mostTurns, Math.max(1, Math.round((rows * frames) / turnNumbers)))
    : usualTurns;

/** Which frames are taken. */
interface FrameRange {
  /** Samples of a frame. */
  readonly rows: number;
  /** The first begins so many samples before the signal. */
  readonly start: number;
  /** Are all of them taken in one turn? */
  readonly isWhole: boolean;
}

/** Frames of a head as columns. */
export function frameColumns(
  g: GraphBuilder,
  head: HeadConfig,
  signals: Signals,
  { rows, start, isWhole }: FrameRange,
): FrameColumns {
  const { batch, lens } = signals;
  const { hop } = head;
  let { samples } = signals;
  let x = emphasised(g, head, signals.x);
  const frames = typeof samples === 'number' ? framesOf(g, head, samples) : dynamicFrames(g, head, samples);
  if (readsBeyond(head)) x = cutToLens(g, { ...signals, x });
  if (head.fit !== null) {
    const missing = g.sub(head.fit, samples);
    if (missing !== 0) x = g.node('Pad', [x, g.lengths([0, 0, 0, missing])]);
    samples = head.fit;
  }
  const overlap = Math.ceil(rows / hop) - 1;
  // A clip that is filled up has no end of its own.
  const own = { x, batch, samples, lens: head.fit === null ? lens : null };
  const span = extended(g, head, own, start, { frames, overlap });
  const shape = { rows, hop, turns: isWhole ? 1 : turnsOf(frames, rows) };
  const columns = g.add(g.quotient(g.add(frames, shape.turns - 1), shape.turns), columnsBehind(shape));
  const taken = cut(g, span, g.times(columns, shape.turns * hop));
  const turns = framesInTurns(g, taken, shape, g.times(columns, batch));
  const frameLens = lens === null ? null : framesFrom(g, head, lens);
  return { turns, batch, frames, frameLens };
}

/** Frames of signals whose length is known when the model runs; a clip that is filled up has them all. */
function dynamicFrames(g: GraphBuilder, head: HeadConfig, samples: Value): Length {
  return head.fit === null ? framesFrom(g, head, samples) : framesOf(g, head, samples);
}
