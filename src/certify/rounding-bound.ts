/**
 * A-priori rounding error of a linear network, normwise, loop by loop.
 *
 * One point of a loop computes y = B x with real B. If no path from an input to an output has more than D roundings, the
 * computed y differs by at most gamma_D |B| |x|, where |B| has every coefficient and every sum of paths by its size (Higham 2002,
 * chapters 3 and 24). With sigma >= ||B|| and a >= || |B| || over all points of stage s, input x, and stages 1 .. S, the computed
 * output differs by at most (prod (sigma_s + gamma_{D_s} a_s) - prod sigma_s) ||x||, in the absence of underflow. Fused
 * multiply-adds round less. The bound is worst case: real errors are smaller by about the square root of n.
 */
import { UnsupportedError } from '../errors.ts';
import { evaluator, numberCarrier, type Carrier } from '../ir/expr.ts';
import { addresses, loopsOf, sizeOf, type Graph, type Loop, type Tensor } from '../ir/graph.ts';
import { largest } from '../numeric/largest.ts';
import { gamma } from '../numeric/positive-definite.ts';

/** What one stage contributes to a `RoundingBound`. */
export interface StageBound {
  readonly label: string;
  /** Largest 2-norm of a point's block, and of its entrywise size, as upper bounds. */
  readonly norm: number;
  readonly absoluteNorm: number;
  /** Most roundings on a path. */
  readonly depth: number;
}

/** An a-priori bound of rounding errors in a compiled network, and its parts. */
export interface RoundingBound {
  /** ||computed - exact||_2 / ||x||_2. */
  readonly bound: number;
  readonly stages: readonly StageBound[];
}

/** Most roundings on a path to a value; literals 1 and -1 and coefficients cost none. */
const depthCarrier: Carrier<number> = {
  ...numberCarrier,
  literal: () => 0,
  add: (a, b) => Math.max(a, b) + 1,
  sub: (a, b) => Math.max(a, b) + 1,
  mul: (a, b) => a + b + 1,
  div: (a) => a + 1,
  neg: (a) => a,
};

/** Numbers by their sizes: every term of a sum is taken positive. */
const sizeCarrier: Carrier<number> = {
  ...numberCarrier,
  literal: Math.abs,
  sub: (a, b) => a + b,
  neg: (a) => a,
};

/**
 * An upper bound of the 2-norm of a rows x columns matrix, at most 0.3 % too large for 16 columns: the smaller of
 * ||(B^T B)^256||_F^(1/512) and sqrt(||B||_1 ||B||_inf), which is exact for a permutation.
 */
function normBound(b: Float64Array, rows: number, columns: number): number {
  const down = new Float64Array(columns);
  const across = new Float64Array(rows);
  for (let k = 0; k < rows; k++)
    for (let i = 0; i < columns; i++) {
      down[i] += Math.abs(b[k * columns + i]);
      across[k] += Math.abs(b[k * columns + i]);
    }
  const sums = Math.sqrt(largest(down, 0) * largest(across, 0));
  return Math.min(sums, powerBound(b, rows, columns)) * (1 + 1e-12);
}

function powerBound(b: Float64Array, rows: number, columns: number): number {
  let g = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < columns; j++)
      for (let k = 0; k < rows; k++) g[i * columns + j] += b[k * columns + i] * b[k * columns + j];
  let log = 0;
  let power = 1;
  for (let step = 0; step <= 8; step++) {
    let norm = 0;
    for (let i = 0; i < g.length; i++) norm += g[i] * g[i];
    norm = Math.sqrt(norm);
    if (norm === 0) return 0;
    log += Math.log(norm) / power;
    if (step === 8) break;
    g = squared(g, columns, norm);
    power *= 2;
  }
  return Math.exp(log / 2);
}

/** (g / norm)^2 of a symmetric matrix, which is symmetric to the bit. */
function squared(g: Float64Array, n: number, norm: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += g[i * n + k] * g[j * n + k];
      out[i * n + j] = out[j * n + i] = sum / (norm * norm);
    }
  return out;
}

/** How often, at most, one element is read as a signal. */
function multiplicity(loads: Loop['loads'], signals: readonly number[], space: readonly number[]): number {
  const counts = new Map<Tensor, Int32Array>();
  let most = 1;
  for (const i of signals) {
    const { tensor, access } = loads[i];
    const own = counts.get(tensor) ?? new Int32Array(tensor.size);
    counts.set(tensor, own);
    for (const at of addresses(access, space)) most = Math.max(most, ++own[at]);
  }
  return most;
}

/** One point of a loop: y = B x for elements of the tensors before and behind it. */
interface Point {
  /** B and, entrywise, the sizes of its sums of paths: [outputs, inputs]. */
  readonly block: Float64Array;
  readonly sizes: Float64Array;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** All points of a loop, elements counted over its signals and its results, one tensor after the other. */
interface Blocks {
  readonly label: string;
  readonly points: readonly Point[];
  readonly inputs: number;
  readonly outputs: number;
  readonly depth: number;
  readonly shared: number;
}

/** Where each tensor begins when they lie one behind the other, and the size of all. */
function offsetsOf(tensors: readonly Tensor[]): { at: Map<Tensor, number>; size: number } {
  const at = new Map<Tensor, number>();
  let size = 0;
  for (const t of tensors) {
    if (at.has(t)) continue;
    at.set(t, size);
    size += t.size;
  }
  return { at, size };
}

/** The points of a loop whose signals are all tensors of `before`, in that order. */
function blocksOf(l: Loop, before: readonly Tensor[]): Blocks {
  const signals = l.loads.flatMap(({ tensor }, i) => (tensor.source.kind === 'constant' ? [] : [i]));
  const tables = l.loads.map((x) => addresses(x.access, l.space));
  const targets = l.stores.map((x) => addresses(x.access, l.space));
  const data = l.loads.map((x) => (x.tensor.source.kind === 'constant' ? x.tensor.source.data : null));
  const [from, to] = [offsetsOf(before), offsetsOf(l.results)];
  const toResult = l.stores.map(({ result }) => to.at.get(l.results[result]) as number);
  const fromSignal = signals.map((i) => from.at.get(l.loads[i].tensor) as number);
  const [m, k] = [l.body.length, signals.length];
  const none = new Array<number>(l.loads.length).fill(0);
  const args = [...none];
  const alike = data.map((x) => (x ? classes(x) : null));
  const [valuesOf, sizesOf] = [numberCarrier, sizeCarrier].map((carrier) => evaluator(carrier, l.body));
  const known = new Map<string, Pick<Point, 'block' | 'sizes'>>();
  const points = Array.from({ length: sizeOf(l.space) }, (_, p): Point => {
    // Points often have the same coefficients.
    let key = '';
    for (let i = 0; i < alike.length; i++) key += `${alike[i]?.[tables[i][p]] ?? ''},`;
    let values = known.get(key);
    if (!values) {
      for (let i = 0; i < args.length; i++) args[i] = data[i]?.[tables[i][p]] ?? 0;
      const [block, sizes] = [new Float64Array(m * k), new Float64Array(m * k)];
      signals.forEach((signal, c) => {
        args[signal] = 1;
        valuesOf(args).forEach((v, j) => (block[j * k + c] = v));
        sizesOf(args.map(Math.abs)).forEach((v, j) => (sizes[j * k + c] = v));
        args[signal] = 0;
      });
      values = { block, sizes };
      known.set(key, values);
    }
    const outputs = targets.map((at, i) => toResult[i] + at[p]);
    const inputs = signals.map((at, i) => fromSignal[i] + tables[at][p]);
    return { ...values, inputs, outputs };
  });
  return {
    label: l.label,
    points,
    inputs: from.size,
    outputs: to.size,
    depth: largest(evaluator(depthCarrier, l.body)(none)),
    shared: Math.sqrt(multiplicity(l.loads, signals, l.space)),
  };
}

/** Equal numbers by one small one. */
function classes(x: Float64Array): Int32Array {
  const known = new Map<number, number>();
  return Int32Array.from(x, (v) => {
    const own = known.get(v) ?? known.size;
    known.set(v, own);
    return own;
  });
}

/** Norms of a loop between scaled signals: of D' B D^-1, where D and D' are the scales of its inputs and outputs. */
function boundOf(b: Blocks, before: Float64Array, behind: Float64Array): StageBound {
  let [norm, absoluteNorm] = [0, 0];
  const seen = new Map<Float64Array, Set<string>>();
  const [classBefore, classBehind] = [classes(before), classes(behind)];
  for (const { block, sizes, inputs, outputs } of b.points) {
    // Neighbouring points often have the same block, between the same scales.
    const key = `${inputs.map((i) => classBefore[i]).join()} ${outputs.map((j) => classBehind[j]).join()}`;
    const scales = seen.get(block) ?? new Set();
    seen.set(block, scales);
    if (scales.has(key)) continue;
    scales.add(key);
    const [m, k] = [outputs.length, inputs.length];
    const factor = (j: number, i: number): number => behind[outputs[j]] / before[inputs[i]];
    const scaled = (x: Float64Array): Float64Array =>
      x.map((v, at) => v * factor(Math.floor(at / k), at % k));
    norm = Math.max(norm, normBound(scaled(block), m, k));
    absoluteNorm = Math.max(absoluteNorm, normBound(scaled(sizes), m, k));
  }
  return { label: b.label, norm: b.shared * norm, absoluteNorm: b.shared * absoluteNorm, depth: b.depth };
}

/** Scales behind a loop that make the rows of D' B D^-1 of one norm; 1 where a row vanishes. */
function evenRows(b: Blocks, before: Float64Array): Float64Array {
  const squares = new Float64Array(b.outputs);
  for (const { block, inputs, outputs } of b.points)
    outputs.forEach((to, j) =>
      inputs.forEach((from, i) => (squares[to] += (block[j * inputs.length + i] / before[from]) ** 2)),
    );
  return squares.map((x) => (x > 0 ? 1 / Math.sqrt(x) : 1));
}

const ones = (n: number): Float64Array => new Float64Array(n).fill(1);

/**
 * The stages with signals between them scaled: |B| bounds the rounding of D' B D^-1 as well as that of B, for any positive diagonal D,
 * so every D gives a bound. Learned blocks are the exact ones but for such a D, which makes large blocks of small ones and back;
 * rows of one norm undo it. The last loop that computes ends in the outputs as they are.
 */
function evened(blocks: readonly Blocks[]): StageBound[] {
  const last = blocks.findLastIndex((b) => b.depth > 0);
  let before = ones(blocks[0].inputs);
  return blocks.map((b, i) => {
    const behind = i < last ? evenRows(b, before) : ones(b.outputs);
    const stage = boundOf(b, before, behind);
    before = behind;
    return stage;
  });
}

/**
 * The bound of a graph of loops each reading the one before, with tabulated coefficients (compiler/coefficients.ts) and one
 * lane; `unit` is the unit roundoff. The better of the one of the loops as they are, and between scaled signals. Throws
 * UnsupportedError if a loop reads more than the one before it.
 */
export function roundingBound(graph: Graph, unit: number): RoundingBound {
  const loops = loopsOf(graph);
  const blocks = loops.map((l, i) => {
    const signals = l.loads.map((x) => x.tensor).filter((t) => t.source.kind !== 'constant');
    for (const t of signals)
      if (i > 0 && !(t.source.kind === 'loop' && t.source.loop === loops[i - 1]))
        throw new UnsupportedError(
          `${l.label} reads more than the loop before it; no rounding bound is known`,
        );
    return blocksOf(l, i === 0 ? signals : loops[i - 1].results);
  });
  const plain = blocks.map((b) => boundOf(b, ones(b.inputs), ones(b.outputs)));
  const even = evened(blocks);
  const [a, b] = [chainBound(plain, unit), chainBound(even, unit)];
  return b < a ? { bound: b, stages: even } : { bound: a, stages: plain };
}

/** prod (sigma + gamma a) - prod sigma without cancellation, rounded up. */
export function chainBound(stages: readonly StageBound[], unit: number): number {
  let [error, size] = [0, 1];
  for (const { norm, absoluteNorm, depth } of stages) {
    const own = gamma(depth, unit) * absoluteNorm;
    error = error * (norm + own) + size * own;
    size *= norm;
  }
  return error * (1 + 1e-12);
}
