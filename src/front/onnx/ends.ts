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

/** Whole numbers, element by element. */
class Whole {
  readonly g: GraphBuilder;
  constructor(g: GraphBuilder) {
    this.g = g;
  }
  private two(op: 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min', a: Value, b: Value | number): Value {
    return this.g.node(op, [a, typeof b === 'number' ? this.g.ints([b]) : b]);
  }
  add = (a: Value, b: Value | number): Value => this.two('Add', a, b);
  sub = (a: Value, b: Value | number): Value => this.two('Sub', a, b);
  times = (a: Value, b: Value | number): Value => this.two('Mul', a, b);
  over = (a: Value, b: Value | number): Value => this.two('Div', a, b);
  least = (a: Value, b: Value | number): Value => this.two('Min', a, b);
  most = (a: Value, b: Value | number): Value => this.two('Max', a, b);
  /** What is left of a / b, a >= 0. */
  rest = (a: Value, b: Value): Value => this.sub(a, this.times(this.over(a, b), b));
}

/** The samples [batch, count] that stand at positions from -front on of signals [batch, 1] long. */
function sourceOf(w: Whole, at: Value, lens: Value, { padding, front }: Margins): Value {
  const some = w.most(lens, 1);
  if (padding === 'edge') return w.most(w.least(at, w.sub(some, 1)), 0);
  const isReflect = padding === 'reflect';
  const period = isReflect ? w.most(w.times(w.sub(some, 1), 2), 1) : w.times(some, 2);
  const place = w.rest(w.add(at, w.times(period, front)), period);
  return w.least(place, w.sub(period, isReflect ? place : w.add(place, 1)));
}

/** One where two whole numbers are equal. */
const ones = (g: GraphBuilder, a: Value, b: Value): Value =>
  g.node('Cast', [g.node('Equal', [a, b])], { to: elementTypes.float });

/** Whole numbers one behind the other, in an order of axes. */
function range(g: GraphBuilder, from: number, to: Length, dims: readonly number[]): Value {
  const end = typeof to === 'number' ? g.ints([to], []) : g.reshape(to, []);
  return g.reshape(g.node('Range', [g.ints([from], []), end, g.ints([1], [])]), dims);
}

/** The numbers of rows [batch, length] at places [batch, count]. */
function taken(w: Whole, x: Value, length: number, places: Value, count: number): Value {
  const { g } = w;
  const cube = g.reshape(places, [-1, count, 1]);
  const step = w.over(cube, stride);
  const rows = g.reshape(x, [-1, length / stride, stride]);
  const near = g.node('MatMul', [ones(g, step, range(g, 0, length / stride, [1, 1, -1])), rows]);
  const own = ones(g, w.sub(cube, w.times(step, stride)), range(g, 0, stride, [1, 1, -1]));
  return g.node('ReduceSum', [g.node('Mul', [near, own]), g.ints([2])], { keepdims: 0 });
}

/** Signals [batch, samples], each with what stands beside it; zeros behind the last sample of each before. */
export function withOwnEnds(
  g: GraphBuilder,
  { x, samples, lens }: { readonly x: Value; readonly samples: Length; readonly lens: Value },
  margins: Margins,
): { x: Value; samples: Length } {
  const { front, behind } = margins;
  const w = new Whole(g);
  const block = stride * Math.ceil((Math.max(front, behind) + 1) / stride);
  const count = g.quotient(g.add(samples, behind + block - 1), block);
  const whole = g.node('Pad', [x, g.lengths([0, 0, 0, g.sub(g.times(count, block), samples)])]);
  const blocks = g.reshape(whole, [0, -1, block]);
  const own = g.reshape(lens, [-1, 1]);
  // The block of the last sample, and the one before it.
  const last = w.over(w.most(w.sub(own, 1), 0), block);
  const cube = g.reshape(last, [-1, 1, 1]);
  const numbers = range(g, 0, count, [1, 1, -1]);
  const before = w.sub(cube, g.ints([1, 0], [1, 2, 1]));
  const window = g.reshape(g.node('MatMul', [ones(g, before, numbers), blocks]), [0, -1]);
  // That block and the one behind it, with what stands there.
  const first = w.times(last, block);
  const at = w.add(first, range(g, 0, 2 * block, [1, -1]));
  const isOwn = g.node('Less', [at, own]);
  const source = g.node('Where', [isOwn, at, sourceOf(w, at, own, margins)]);
  const places = w.add(w.sub(source, first), block);
  const filled = g.reshape(taken(w, window, 2 * block, places, 2 * block), [-1, 2, block]);
  const part = (i: number): Value => g.slice(filled, { axis: 1, start: i, end: i + 1 });
  const column = g.reshape(numbers, [1, -1, 1]);
  const isLast = g.node('Equal', [column, cube]);
  const isBehind = g.node('Equal', [column, w.add(cube, 1)]);
  const body = g.node('Where', [isLast, part(0), g.node('Where', [isBehind, part(1), blocks])]);
  const rows = g.reshape(body, [0, -1]);
  const length = g.add(g.times(count, block), front);
  if (front === 0) return { x: rows, samples: length };
  const start = g.slice(rows, { axis: 1, start: 0, end: block });
  const ahead = sourceOf(w, range(g, -front, 0, [1, -1]), own, margins);
  return { x: g.concat([taken(w, start, block, ahead, front), rows], 1), samples: length };
}
