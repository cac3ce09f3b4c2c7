/**
 * What the steps behind a spectrum work on: a matrix of so many numbers per frame, and the loops that every step is: a map of
 * every number, a banded or a full matrix over the numbers of a frame, sums over them.
 */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { constant, loop, scalar, scaleTerm, type Load, type Tensor, type Term } from '../ir/graph.ts';

/** Number i of frame f is tensor[offset + row i + lane f]. */
export interface Rows {
  readonly tensor: Tensor;
  readonly count: number;
  readonly lanes: number;
  readonly row: number;
  readonly lane: number;
  readonly offset: number;
}

/** How results are stored: rows [count, lanes], contiguous across frames; frames [lanes, count], frame by frame. */
export type Order = 'rows' | 'frames';

/** A tensor [count (+ spare rows), lanes]; in the order of frames [lanes, count]. */
export function rowsOf(tensor: Tensor, count: number, lanes: number, order: Order = 'rows'): Rows {
  const [row, lane] = strides(count, lanes, order);
  return { tensor, count, lanes, row, lane, offset: 0 };
}

const shapeOf = (count: number, lanes: number, order: Order): readonly number[] =>
  order === 'rows' ? [count, lanes] : [lanes, count];

const strides = (count: number, lanes: number, order: Order): readonly [row: number, lane: number] =>
  order === 'rows' ? [lanes, 1] : [1, count];

/** The load of numbers by what each dimension of a loop adds to their address. */
const at = (x: Rows, terms: readonly Term[]): Load => ({
  tensor: x.tensor,
  access: { offset: x.offset, terms },
});

/** One tensor [count, lanes] per result of a body over rows and lanes. */
export const rowLoop = (
  label: string,
  [count, lanes]: readonly [number, number],
  { loads }: { readonly loads: readonly Load[] },
  body: readonly Expr[],
): readonly Tensor[] =>
  loop({
    label,
    space: [count, lanes],
    loads,
    body,
    stores: body.map((_, result) => ({ result, access: { offset: 0, terms: [lanes, 1] }, combine: 'store' })),
    shapes: body.map(() => [count, lanes]),
  });

const constantPerRow = (data: Float64Array): Load => ({
  tensor: constant([data.length], data),
  access: { offset: 0, terms: [1, 0] },
});

/** Value of every number from those of the same place in `sources`, then constants per row [count]. */
export function mapRows(
  label: string,
  sources: readonly Rows[],
  perRow: readonly Float64Array[],
  body: Expr,
  order: Order,
  from?: Int32Array,
): Rows {
  const { lanes } = sources[0];
  const count = from?.length ?? sources[0].count;
  const [row, lane] = strides(count, lanes, order);
  const [tensor] = loop({
    label,
    space: [count, lanes],
    loads: [
      ...sources.map((x) => at(x, [from ? scaleTerm(from, x.row) : x.row, x.lane])),
      ...perRow.map(constantPerRow),
    ],
    body: [body],
    stores: [{ result: 0, access: { offset: 0, terms: [row, lane] }, combine: 'store' }],
    shapes: [shapeOf(count, lanes, order)],
  });
  return rowsOf(tensor, count, lanes, order);
}

/** Where each band of a filterbank begins, and how many bins it may weight. */
export interface Bands {
  /** First bin of each band. */
  readonly start: Int32Array;
  readonly width: number;
}

/** Banded matrix: band m = sum_j weights[m, j] x[start[m] + j]; `weights` has shape [bands, width]. */
export function filterbank(x: Rows, weights: Tensor, bands: Bands, order: Order = 'rows'): Rows {
  const count = bands.start.length;
  const [row, lane] = strides(count, x.lanes, order);
  const [tensor] = loop({
    label: 'filterbank',
    space: [count, bands.width, x.lanes],
    loads: [
      { tensor: weights, access: { offset: 0, terms: [bands.width, 1, 0] } },
      at(x, [bands.start.map((s) => s * x.row), x.row, x.lane]),
    ],
    body: [k.mul(argument(0), argument(1))],
    stores: [{ result: 0, access: { offset: 0, terms: [row, 0, lane] }, combine: 'sum' }],
    shapes: [shapeOf(count, x.lanes, order)],
  });
  return rowsOf(tensor, count, x.lanes, order);
}

/** A full matrix [count, x.count] over the numbers of each frame. */
export const matrixRows = (x: Rows, matrix: Float64Array, order: Order): Rows => {
  const count = matrix.length / x.count;
  return filterbank(
    x,
    constant([count, x.count], matrix),
    { start: new Int32Array(count), width: x.count },
    order,
  );
};

/** Sums over the numbers of each frame of functions of them and of constants per row; one [1, lanes] per body. */
export function sumRows(
  label: string,
  x: Rows,
  perRow: readonly Float64Array[],
  bodies: readonly Expr[],
): Rows[] {
  const results = loop({
    label,
    space: [x.count, x.lanes],
    loads: [at(x, [x.row, x.lane]), ...perRow.map(constantPerRow)],
    body: bodies,
    stores: bodies.map((_, result) => ({
      result,
      access: { offset: 0, terms: [0, 1] },
      combine: 'sum' as const,
    })),
    shapes: bodies.map(() => [1, x.lanes]),
  });
  return results.map((tensor) => rowsOf(tensor, 1, x.lanes));
}

/** One value per frame, seen as one for every row. */
export const repeated = (x: Rows, count: number): Rows => ({ ...x, count, row: 0 });

/** Rows `first` to `first + count`. */
export const someRows = (x: Rows, first: number, count: number): Rows => ({
  ...x,
  count,
  offset: x.offset + first * x.row,
});

/** One frame, seen as one for every frame. */
export const everywhere = (x: Rows, lanes: number): Rows => ({ ...x, lanes, lane: 0 });

/** Frames `first` to `first + lanes`. */
export const someFrames = (x: Rows, first: number, lanes: number): Rows => ({
  ...x,
  lanes,
  offset: x.offset + first * x.lane,
});

/** Several values per frame as the rows of one matrix. */
export function joinRows(parts: readonly Rows[], order: Order): Rows {
  const count = parts.length;
  const { lanes } = parts[0];
  const [row, lane] = strides(count, lanes, order);
  const [tensor] = loop({
    label: 'join',
    space: [lanes],
    loads: parts.map((x) => at(x, [x.lane])),
    body: parts.map((_, i) => argument(i)),
    stores: parts.map((_, i) => ({
      result: 0,
      access: { offset: i * row, terms: [lane] },
      combine: 'store',
    })),
    shapes: [shapeOf(count, lanes, order)],
  });
  return rowsOf(tensor, count, lanes, order);
}

/** The largest of all numbers, as a tensor [1]. */
export function largest(x: Rows): Tensor {
  const space = [x.count, x.lanes];
  return loop({
    label: 'largest',
    space,
    loads: [at(x, [x.row, x.lane])],
    body: [argument(0)],
    stores: [{ result: 0, access: scalar(space), combine: 'max' }],
    shapes: [[1]],
  })[0];
}

/** The largest number of each frame: [1, lanes]. */
export function largestPerFrame(x: Rows): Rows {
  const [tensor] = loop({
    label: 'largest per frame',
    space: [x.count, x.lanes],
    loads: [at(x, [x.row, x.lane])],
    body: [argument(0)],
    stores: [{ result: 0, access: { offset: 0, terms: [0, 1] }, combine: 'max' }],
    shapes: [[1, x.lanes]],
  });
  return rowsOf(tensor, 1, x.lanes);
}

/** The mean over frames: one frame. */
export function meanOverFrames(x: Rows): Rows {
  const [tensor] = loop({
    label: 'mean over frames',
    space: [x.count, x.lanes],
    loads: [at(x, [x.row, x.lane])],
    body: [k.mul(argument(0), k.literal(1 / x.lanes))],
    stores: [{ result: 0, access: { offset: 0, terms: [1, 0] }, combine: 'sum' }],
    shapes: [[x.count, 1]],
  });
  return rowsOf(tensor, x.count, 1);
}

/** Sums over frames that share a lane of a vector: partial sums are added once all frames are in. */
const sumLanes = 4;

/** The sum over frames: one frame. */
export function sumOverFrames(x: Rows): Rows {
  const lanes = x.lanes % sumLanes === 0 ? sumLanes : 1;
  const [partial] = loop({
    label: 'sums over frames',
    space: [x.count, x.lanes / lanes, lanes],
    loads: [at(x, [x.row, x.lane * lanes, x.lane])],
    body: [argument(0)],
    stores: [{ result: 0, access: { offset: 0, terms: [lanes, 0, 1] }, combine: 'sum' }],
    shapes: [[x.count, lanes]],
  });
  if (lanes === 1) return rowsOf(partial, x.count, 1);
  const [tensor] = loop({
    label: 'sum over frames',
    space: [x.count, lanes],
    loads: [{ tensor: partial, access: { offset: 0, terms: [lanes, 1] } }],
    body: [argument(0)],
    stores: [{ result: 0, access: { offset: 0, terms: [1, 0] }, combine: 'sum' }],
    shapes: [[x.count, 1]],
  });
  return rowsOf(tensor, x.count, 1);
}

/** A sum of earlier frames [count, 1] to go on from, and which of the frames at hand count: [lanes], 1 or 0. */
export interface Earlier {
  readonly sum: Rows;
  readonly counted: Tensor;
}

/**
 * The sum over frames, one after another, from that of earlier ones on where there are some: [count, 1]. The order is part of the
 * loop's body: the same on vectors and without, and however frames are shared out to runs.
 */
export function sumInOrder(x: Rows, earlier?: Earlier): Rows {
  const frames = Array.from({ length: x.lanes }, (_, f) => f);
  const column = (r: Rows, f: number): Load => at(someFrames(r, f, 1), [r.row]);
  const own = frames.map((f) => argument(f));
  const zero = literal(0);
  const values = earlier
    ? [
        argument(2 * x.lanes),
        ...own.map((value, f) => k.select(k.less(zero, argument(x.lanes + f)), value, zero)),
      ]
    : own;
  const [tensor] = loop({
    label: 'sum over frames',
    space: [x.count],
    loads: [
      ...frames.map((f) => column(x, f)),
      ...(earlier
        ? [
            ...frames.map((f): Load => ({ tensor: earlier.counted, access: { offset: f, terms: [0] } })),
            column(earlier.sum, 0),
          ]
        : []),
    ],
    body: [values.reduce((sum, value) => k.add(sum, value))],
    stores: [{ result: 0, access: { offset: 0, terms: [1] }, combine: 'store' }],
    shapes: [[x.count, 1]],
  });
  return rowsOf(tensor, x.count, 1);
}

/** A scalar tensor [1], the same everywhere. */
export const scalarRows = (tensor: Tensor, like: Rows): Rows => ({
  ...like,
  tensor,
  row: 0,
  lane: 0,
  offset: 0,
});
