/**
 * Signals of a batch that are reflected, mirrored or repeated each at its own end. Nothing is gathered: positions are computed as whole
 * numbers, and what stands there is a product with a matrix that has a one in each row. Rows of blocks are few, so that a product with all
 * of them costs no more than a copy: the two blocks around the end of each signal are taken out, filled, and put in their places.
 */
import { elementTypes } from '../../backends/onnx/model.ts';
import type { GraphBuilder, Length, Value } from '../../backends/onnx/builder.ts';

/** Samples that are asked for in front of signals, and behind the longest. */
interface Margins {
  readonly padding: 'reflect' | 'symmetric' | 'edge';
  readonly front: number;
  readonly behind: number;
}

/** Samples of a step of two steps to a position. */
const stride = 32;

/** What is left of a / b, a >= 0. */
const rest = (g: GraphBuilder, a: Value, b: Value): Value => g.sub(a, g.times(g.quotient(a, b), b));

/** The samples [batch, count] that stand at positions from -front on of signals [batch, 1] long. */
function sourceOf(g: GraphBuilder, at: Value, lens: Value, { padding, front }: Margins): Value {
  const some = g.atLeast(lens, 1);
  if (padding === 'edge') return g.atLeast(g.atMost(at, g.sub(some, 1)), 0);
  const isReflect = padding === 'reflect';
  const period = isReflect ? g.atLeast(g.times(g.sub(some, 1), 2), 1) : g.times(some, 2);
  const place = rest(g, g.add(at, g.times(period, front)), period);
  return g.atMost(place, g.sub(period, isReflect ? place : g.add(place, 1)));
}

/** One where two whole numbers are equal. */
const ones = (g: GraphBuilder, a: Value, b: Value): Value =>
  g.node('Cast', [g.node('Equal', [a, b])], { to: elementTypes.float });

/** The numbers of rows [batch, length] at places [batch, count]. */
function taken(g: GraphBuilder, x: Value, length: number, places: Value, count: number): Value {
  const cube = g.reshape(places, [-1, count, 1]);
  const step = g.quotient(cube, stride);
  const rows = g.reshape(x, [-1, length / stride, stride]);
  const near = g.node('MatMul', [ones(g, step, g.reshape(g.range(0, length / stride), [1, 1, -1])), rows]);
  const own = ones(g, g.sub(cube, g.times(step, stride)), g.reshape(g.range(0, stride), [1, 1, -1]));
  return g.node('ReduceSum', [g.node('Mul', [near, own]), g.ints([2])], { keepdims: 0 });
}

/** Signals [batch, samples], each with what stands beside it; zeros behind the last sample of each before. */
export function withOwnEnds(
  g: GraphBuilder,
  { x, samples, lens }: { readonly x: Value; readonly samples: Length; readonly lens: Value },
  margins: Margins,
): { x: Value; samples: Length } {
  const { front, behind } = margins;
  const block = stride * Math.ceil((Math.max(front, behind) + 1) / stride);
  const count = g.quotient(g.add(samples, behind + block - 1), block);
  const whole = g.node('Pad', [x, g.lengths([0, 0, 0, g.sub(g.times(count, block), samples)])]);
  const blocks = g.reshape(whole, [0, -1, block]);
  const own = g.reshape(lens, [-1, 1]);
  // The block of the last sample, and the one before it.
  const last = g.quotient(g.atLeast(g.sub(own, 1), 0), block);
  const cube = g.reshape(last, [-1, 1, 1]);
  const numbers = g.reshape(g.range(0, count), [1, 1, -1]);
  const before = g.sub(cube, g.ints([1, 0], [1, 2, 1]));
  const window = g.reshape(g.node('MatMul', [ones(g, before, numbers), blocks]), [0, -1]);
  // That block and the one behind it, with what stands there.
  const first = g.times(last, block);
  const at = g.add(first, g.reshape(g.range(0, 2 * block), [1, -1]));
  const isOwn = g.node('Less', [at, own]);
  const source = g.node('Where', [isOwn, at, sourceOf(g, at, own, margins)]);
  const places = g.add(g.sub(source, first), block);
  const filled = g.reshape(taken(g, window, 2 * block, places, 2 * block), [-1, 2, block]);
  const part = (i: number): Value => g.slice(filled, { axis: 1, start: i, end: i + 1 });
  const column = g.reshape(numbers, [1, -1, 1]);
  const isLast = g.node('Equal', [column, cube]);
  const isBehind = g.node('Equal', [column, g.add(cube, 1)]);
  const body = g.node('Where', [isLast, part(0), g.node('Where', [isBehind, part(1), blocks])]);
  const rows = g.reshape(body, [0, -1]);
  const length = g.add(g.times(count, block), front);
  if (front === 0) return { x: rows, samples: length };
  const start = g.slice(rows, { axis: 1, start: 0, end: block });
  const ahead = sourceOf(g, g.reshape(g.range(-front, 0), [1, -1]), own, margins);
  return { x: g.concat([taken(g, start, block, ahead, front), rows], 1), samples: length };
}
