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

/** Frames [rows, batch, frames], and how many of them each signal has, [batch]. */
export interface FrameColumns {
  readonly columns: Value;
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
  const one = (x: Length): Value => g.reshape(g.lengths([x]), []);
  const positions = g.node('Range', [g.ints([0], []), one(count), g.ints([1], [])]);
  return g.node('Less', [positions, g.reshape(lens, shape)]);
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

/**
 * Signals from `start` before their first sample on, so many blocks of hop samples, padded as a head wants. All frames but the last
 * `overlap` blocks begin in one of their own.
 */
function padded(
  g: GraphBuilder,
  head: HeadConfig,
  signals: Signals,
  start: number,
  { frames, overlap }: { readonly frames: Length; readonly overlap: number },
): Value {
  const { x, samples } = signals;
  const padding = paddingOf(head);
  const total = g.times(g.add(frames, overlap), head.hop);
  if (padding === 'constant') {
    // No more can be taken from a signal than it has.
    const front = start < 0 ? g.times(g.atMost(samples, -start), -1) : start;
    const behind = g.sub(g.sub(total, front), samples);
    if (front === 0 && behind === 0) return x;
    return g.node('Pad', [x, g.lengths([0, front, 0, behind])]);
  }
  const exact = g.sub(g.sub(total, start), samples);
  // Frames end at most so far behind the signal.
  const most = Math.max(0, overlap * head.hop + Math.max(0, spareSamples(head)) - start);
  const behind = typeof exact === 'number' ? Math.max(0, exact) : most;
  const parts = (): Value[] => [
    ...(start > 0 ? [beside(g, signals, padding, 'front', start)] : []),
    x,
    ...(behind > 0 ? [beside(g, signals, padding, 'back', behind)] : []),
  ];
  const { lens } = signals;
  const margins = { padding, front: Math.max(0, start), behind };
  const whole = lens === null ? g.concat(parts(), 1) : withOwnEnds(g, { x, samples, lens }, margins);
  if (typeof exact === 'number' && exact === behind && start >= 0) return whole;
  const from = Math.max(0, -start);
  return g.slice(whole, { axis: 1, start: from, end: g.add(total, from) });
}

/** Columns [rows, batch, frames] of signals [batch, whole blocks of hop]: column f begins at sample f hop. */
export function columnsOf(g: GraphBuilder, x: Value, rows: number, hop: number, frames: Length): Value {
  const blocks = g.transpose(g.reshape(x, [0, -1, hop]), [2, 0, 1]);
  const parts = Array.from({ length: Math.ceil(rows / hop) }, (_, a) => {
    const count = Math.min(hop, rows - a * hop);
    const ranges = [
      ...(count < hop ? [{ axis: 0, start: 0, end: count }] : []),
      ...(rows > hop ? [{ axis: 2, start: a, end: g.add(frames, a) }] : []),
    ];
    return ranges.length === 0 ? blocks : g.slice(blocks, ...ranges);
  });
  return g.concat(parts, 0);
}

/** Frames of a head as columns of `rows` samples, the first of which begins `start` samples before the signal. */
export function frameColumns(
  g: GraphBuilder,
  head: HeadConfig,
  signals: Signals,
  rows: number,
  start: number,
): FrameColumns {
  const { batch, lens } = signals;
  let { samples } = signals;
  let x = emphasised(g, head, signals.x);
  const frames = typeof samples === 'number' ? framesOf(g, head, samples) : dynamicFrames(g, head, samples);
  if (readsBeyond(head)) x = cutToLens(g, { ...signals, x });
  if (head.fit !== null) {
    const missing = g.sub(head.fit, samples);
    if (missing !== 0) x = g.node('Pad', [x, g.lengths([0, 0, 0, missing])]);
    samples = head.fit;
  }
  const overlap = Math.ceil(rows / head.hop) - 1;
  // A clip that is filled up has no end of its own.
  const own = { x, batch, samples, lens: head.fit === null ? lens : null };
  const all = padded(g, head, own, start, { frames, overlap });
  const frameLens = lens === null ? null : framesFrom(g, head, lens);
  return { columns: columnsOf(g, all, rows, head.hop, frames), batch, frames, frameLens };
}

/** Frames of signals whose length is known when the model runs; a clip that is filled up has them all. */
function dynamicFrames(g: GraphBuilder, head: HeadConfig, samples: Value): Length {
  return head.fit === null ? framesFrom(g, head, samples) : framesOf(g, head, samples);
}
