/**
 * Linear maps as products of matrices in ONNX: the stages of a network, as many joined to each matrix as is cheapest. What stages do not
 * mix falls into blocks, of which equal sizes are one product; numbers are put in order between them by transpositions and slices.
 */
import type { GraphBuilder, Value } from '../backends/onnx/builder.ts';
import { UnsupportedError } from '../errors.ts';
import { multiplied, withoutZeros, type LinearStages, type SparseRow } from './linear-stages.ts';

/** A dense matrix between numbers that nothing else reads or gives. */
interface Block {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Blocks of one size. */
interface Bucket {
  readonly blocks: readonly Block[];
  readonly inputs: number;
  readonly outputs: number;
}

/** Stages joined: blocks, and the place of each number behind them. */
interface Segment {
  /** The first of them, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly buckets: readonly Bucket[];
  readonly places: Int32Array;
}

/** Which numbers are mixed: rows that share an input belong to one block. */
function blocksOf(rows: readonly SparseRow[]): Block[] {
  const parent = new Map<number, number>();
  const rootOf = (x: number): number => {
    let root = x;
    while ((parent.get(root) ?? root) !== root) root = parent.get(root) ?? root;
    parent.set(x, root);
    return root;
  };
  for (const row of rows) {
    const [first, ...more] = row.keys();
    for (const place of more) parent.set(rootOf(place), rootOf(first));
  }
  const found = new Map<number, { inputs: Set<number>; outputs: number[] }>();
  rows.forEach((row, i) => {
    // A number that is always zero is one of some input, times zero.
    const places = row.size > 0 ? [...row.keys()] : [0];
    const root = rootOf(places[0]);
    const block = found.get(root) ?? { inputs: new Set(), outputs: [] };
    for (const place of places) block.inputs.add(place);
    block.outputs.push(i);
    found.set(root, block);
  });
  return [...found.values()]
    .map(({ inputs, outputs }) => ({ inputs: [...inputs].sort((a, b) => a - b), outputs }))
    .sort((a, b) => a.inputs[0] - b.inputs[0]);
}

function segmentOf(rows: readonly SparseRow[], from: number, to: number): Segment {
  const buckets = new Map<string, Block[]>();
  for (const block of blocksOf(rows)) {
    const key = `${block.inputs.length},${block.outputs.length}`;
    buckets.set(key, [...(buckets.get(key) ?? []), block]);
  }
  const places = new Int32Array(rows.length);
  let at = 0;
  const list = [...buckets.values()].map((blocks): Bucket => {
    for (const { outputs } of blocks) for (const output of outputs) places[output] = at++;
    return { blocks, inputs: blocks[0].inputs.length, outputs: blocks[0].outputs.length };
  });
  return { from, to, buckets: list, places };
}

/** An index as digits: lengths and strides, the slowest first. Null where it is none. */
function digitsOf(index: readonly number[]): { lengths: number[]; strides: number[] } | null {
  const [lengths, strides]: [number[], number[]] = [[], []];
  let known = 1;
  while (known < index.length) {
    const stride = index[known] - index[0];
    let count = 1;
    while (known * count < index.length && index[known * count] === index[0] + stride * count) count++;
    lengths.unshift(count);
    strides.unshift(stride);
    known *= count;
  }
  if (known !== index.length) return null;
  const isSame = index.every((value, i) => {
    let [rest, sum] = [i, index[0]];
    for (let d = lengths.length - 1; d >= 0; d--) {
      sum += (rest % lengths[d]) * strides[d];
      rest = Math.floor(rest / lengths[d]);
    }
    return value === sum;
  });
  return isSame ? { lengths, strides } : null;
}

/** How rows come into another order. */
type Order =
  | { readonly kind: 'same' }
  | { readonly kind: 'turned'; readonly dims: readonly number[]; readonly perm: readonly number[] }
  | {
      readonly kind: 'runs';
      readonly runs: readonly (readonly [start: number, step: number, count: number])[];
    };

function orderOf(index: readonly number[], rows: number): Order {
  if (index.length === rows && index.every((x, i) => x === i)) return { kind: 'same' };
  const digits = index.length === rows && index[0] === 0 ? digitsOf(index) : null;
  if (digits) {
    const { lengths, strides } = digits;
    const slowest = lengths.map((_, d) => d).sort((a, b) => strides[b] - strides[a]);
    const dims = slowest.map((d) => lengths[d]);
    const isWhole = slowest.every((d, i) => strides[d] === dims.slice(i + 1).reduce((a, b) => a * b, 1));
    if (isWhole) return { kind: 'turned', dims, perm: lengths.map((_, d) => slowest.indexOf(d)) };
  }
  const runs: [number, number, number][] = [];
  for (let from = 0; from < index.length;) {
    const step = (index[from + 1] ?? index[from] + 1) - index[from] || 1;
    let count = 1;
    while (from + count < index.length && index[from + count] === index[from] + step * count) count++;
    runs.push([index[from], count === 1 ? 1 : step, count]);
    from += count;
  }
  return { kind: 'runs', runs };
}

function ordered(g: GraphBuilder, x: Value, order: Order): Value {
  if (order.kind === 'same') return x;
  if (order.kind === 'turned') {
    const rank = order.dims.length;
    return g.transpose(g.reshape(x, [...order.dims, -1]), [...order.perm, rank]);
  }
  const parts = order.runs.map(([start, step, count]) => {
    const last = start + step * (count - 1);
    const part = g.slice(x, {
      axis: 0,
      start: Math.min(start, last),
      end: Math.max(start, last) + 1,
      step: Math.abs(step),
    });
    return step < 0 ? g.backwards(part, 0) : part;
  });
  return g.concat(parts, 0);
}

/** Multiplications that a node, a row that is copied and a row that is made cost. */
const costs = { node: 2500, copy: 20, row: 30 } as const;
const mostRuns = 48;

const orderCost = (order: Order, rows: number): number => {
  if (order.kind === 'same') return 0;
  if (order.kind === 'turned') return costs.copy * rows + costs.node;
  return order.runs.length > mostRuns ? Infinity : costs.copy * 2 * rows + costs.node * order.runs.length;
};

const productCost = ({ buckets }: Segment): number =>
  buckets.reduce(
    (sum, { blocks, inputs, outputs }) => sum + blocks.length * outputs * (inputs + costs.row) + costs.node,
    0,
  );

/** How a bucket reads numbers: block by block, or the first number of all blocks before the second ones. */
interface Reading {
  readonly order: Order;
  readonly byBlock: boolean;
  readonly cost: number;
}

/** The cheapest way in which a bucket reads numbers that lie at `places`. */
function readingOf({ blocks, inputs }: Bucket, places: Int32Array | null, rows: number): Reading {
  const at = (place: number): number => (places ? places[place] : place);
  const count = blocks.length * inputs;
  const direct = orderOf(
    blocks.flatMap((block) => block.inputs.map(at)),
    rows,
  );
  const first = { order: direct, byBlock: true, cost: orderCost(direct, count) };
  if (direct.kind !== 'runs') return first;
  const turned = orderOf(
    Array.from({ length: inputs }, (_, i) => blocks.map((block) => at(block.inputs[i]))).flat(),
    rows,
  );
  const second = {
    order: turned,
    byBlock: false,
    cost: orderCost(turned, count) + costs.copy * count + costs.node,
  };
  return second.cost < first.cost ? second : first;
}

function costBehind(segment: Segment, places: Int32Array | null, rows: number): number {
  return segment.buckets.reduce(
    (sum, bucket) => sum + readingOf(bucket, places, rows).cost,
    productCost(segment),
  );
}

/** Weights of a matrix that is tried: a dense one of 640 points. */
const mostWeights = 640 * 640;

const weightsOf = ({ stages }: LinearStages): number => stages.flat().reduce((sum, row) => sum + row.size, 0);

/** All stages from one to another joined, for every pair that may be worth it. */
function segmentsOf({ stages }: LinearStages): Map<string, Segment> {
  const found = new Map<string, Segment>();
  stages.forEach((_, from) => {
    let rows = stages[from];
    found.set(`${from},${from + 1}`, segmentOf(rows, from, from + 1));
    for (let to = from + 1; to < stages.length; to++) {
      rows = multiplied(stages[to], rows);
      if (rows.reduce((sum, row) => sum + row.size, 0) > mostWeights) return;
      found.set(`${from},${to + 1}`, segmentOf(rows, from, to + 1));
    }
  });
  return found;
}

/** The rows of a segment: not kept while segments are compared. */
const rowsOf = ({ stages }: LinearStages, { from, to }: Segment): readonly SparseRow[] =>
  stages.slice(from + 1, to).reduce((rows, stage) => multiplied(stage, rows), stages[from]);

/** Segments, and what they cost. */
interface Chain {
  readonly cost: number;
  readonly list: readonly Segment[];
}

/** The cheapest segments of a chain. */
function cheapest(linear: LinearStages): Chain {
  const segments = segmentsOf(linear);
  const count = linear.stages.length;
  const of = (from: number, to: number): Segment | undefined => segments.get(`${from},${to}`);
  /** By where the last segment begins and ends: the least cost, and the segments. */
  const best = new Map<string, Chain>();
  for (let to = 1; to <= count; to++)
    for (let from = 0; from < to; from++) {
      const own = of(from, to);
      if (!own) continue;
      let found: Chain = { cost: Infinity, list: [] };
      if (from === 0) found = { cost: costBehind(own, null, linear.inputs), list: [own] };
      for (let before = 0; before < from; before++) {
        const earlier = best.get(`${before},${from}`);
        const last = earlier?.list.at(-1);
        if (!earlier || !last || earlier.cost === Infinity) continue;
        const cost = earlier.cost + costBehind(own, last.places, last.places.length);
        if (cost < found.cost) found = { cost, list: [...earlier.list, own] };
      }
      best.set(`${from},${to}`, found);
    }
  return Array.from({ length: count }, (_, from) => best.get(`${from},${count}`))
    .flatMap((x) => x ?? [])
    .reduce((a, b) => (b.cost < a.cost ? b : a), { cost: Infinity, list: [] });
}

/** The matrices of a bucket, [blocks, outputs, inputs]; one for all where they are equal. */
function matrices(
  g: GraphBuilder,
  rows: readonly SparseRow[],
  { blocks, inputs, outputs }: Bucket,
  scale: number,
): Value {
  const own = blocks.map((block) => {
    const matrix = new Float64Array(outputs * inputs);
    block.outputs.forEach((output, r) =>
      block.inputs.forEach((input, c) => (matrix[r * inputs + c] = scale * (rows[output].get(input) ?? 0))),
    );
    return matrix;
  });
  if (own.every((m) => m.every((x, i) => x === own[0][i]))) return g.weights([outputs, inputs], own[0]);
  const all = new Float64Array(blocks.length * outputs * inputs);
  own.forEach((m, b) => all.set(m, b * m.length));
  return g.weights([blocks.length, outputs, inputs], all);
}

/** A linear map of columns: its last numbers lie at `places`. */
interface LinearRows {
  /** [numbers, columns] */
  readonly rows: Value;
  readonly places: Int32Array;
}

/** The largest number that joined stages make of numbers of at most 1. */
function largestOf(inputs: number, list: readonly (readonly SparseRow[])[]): number {
  let bounds = new Float64Array(inputs).fill(1);
  let largest = 0;
  for (const rows of list) {
    bounds = Float64Array.from(rows, (row) => {
      let sum = 0;
      for (const [place, weight] of row) sum += Math.abs(weight) * bounds[place];
      return sum;
    });
    largest = bounds.reduce((a, b) => Math.max(a, b), largest);
  }
  return largest;
}

/** A linear map as the products that it is computed by. */
export interface LinearPlan {
  readonly inputs: number;
  readonly list: readonly Segment[];
  /** Rows of each product. */
  readonly weights: readonly (readonly SparseRow[])[];
}

/** The cheapest products of a linear map. Throws UnsupportedError for stages that no few transpositions and slices join. */
export function linearPlan(linear: LinearStages): LinearPlan {
  const regular = cheapest(linear);
  const fewer = withoutZeros(linear);
  const sparse = weightsOf(fewer) < weightsOf(linear) ? cheapest(fewer) : regular;
  const best = sparse.cost < regular.cost ? sparse : regular;
  if (best.cost === Infinity)
    throw new UnsupportedError(
      `a transform of ${linear.inputs} numbers in ONNX, whose stages share no order; expected a smaller one`,
    );
  const chosen = best === regular ? linear : fewer;
  return { inputs: linear.inputs, list: best.list, weights: best.list.map((own) => rowsOf(chosen, own)) };
}

/** A linear map of rows [inputs, columns]. */
export function linearRows(g: GraphBuilder, plan: LinearPlan, x: Value): LinearRows {
  const { list, weights } = plan;
  let rows = g.half(x);
  let places: Int32Array | null = null;
  let count = plan.inputs;
  const scale = g.f16 ? g.halfScale(largestOf(count, weights)) : 1;
  list.forEach((segment, i) => {
    const parts: Value[] = [];
    for (const bucket of segment.buckets) {
      const { blocks, inputs, outputs } = bucket;
      const { order, byBlock } = readingOf(bucket, places, count);
      const read = ordered(g, rows, order);
      const columns = byBlock
        ? g.reshape(read, [blocks.length, inputs, -1])
        : g.transpose(g.reshape(read, [inputs, blocks.length, -1]), [1, 0, 2]);
      const product = g.node('MatMul', [matrices(g, weights[i], bucket, i === 0 ? scale : 1), columns]);
      parts.push(g.reshape(product, [blocks.length * outputs, -1]));
    }
    rows = g.concat(parts, 0);
    ({ places } = segment);
    count = segment.places.length;
  });
  rows = g.single(rows, scale);
  return { rows, places: places ?? Int32Array.from({ length: count }, (_, i) => i) };
}

/** Some numbers of a linear map, one behind the other: [wanted, columns]. */
export function orderedRows(g: GraphBuilder, { rows, places }: LinearRows, wanted: readonly number[]): Value {
  const order = orderOf(
    wanted.map((i) => places[i]),
    places.length,
  );
  const out = ordered(g, rows, order);
  return order.kind === 'turned' ? g.reshape(out, [wanted.length, -1]) : out;
}
