/**
 * A network as it is drawn: columns of butterflies of two points, their blocks as numbers, what every wire carries, and the model that
 * its edits make. A block is [2, width, 2]: y = A x of width 2, y = A x + B conj(x) of width 4.
 */
import {
  networksOf,
  networkValues,
  chainModel,
  type Matrix,
  type Model,
  type NetworkSpec,
  type ParameterValues,
  type StageSpec,
  type TrainedModel,
} from 'papilio/learn';
import type { Subject } from '../subject.ts';
import { keyOf, type Edit, type Edits } from './edits.ts';

/** One stage of one network of the model. */
export interface Column {
  readonly part: number;
  readonly stage: number;
  readonly stride: number;
  readonly inTime: boolean;
  readonly width: 2 | 4;
  /** [butterflies, 2, width, 2] before any edit. */
  readonly blocks: Float64Array;
}

export interface Drawn {
  readonly n: number;
  readonly subject: Subject;
  readonly values: ParameterValues;
  readonly columns: readonly Column[];
  /** The sample at every row on the left, the result at every row on the right. */
  readonly samples: Int32Array;
  readonly results: Int32Array;
  /** Factor behind the last column. */
  readonly scale: number;
}

/** Signals side by side, planar. */
export interface Wires {
  readonly re: Float64Array;
  readonly im: Float64Array;
}
export const wires = (n: number): Wires => ({ re: new Float64Array(n), im: new Float64Array(n) });

function bitReversal(n: number): Int32Array {
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) for (let b = 1, r = n >> 1; b < n; b <<= 1, r >>= 1) if (i & b) out[i] |= r;
  return out;
}

function tableOf({ permutation, n }: NetworkSpec): Int32Array {
  if (permutation === 'digit-reversal') return bitReversal(n);
  return permutation === 'identity'
    ? Int32Array.from({ length: n }, (_, i) => i)
    : Int32Array.from(permutation);
}

/** Row of leg 0 of a butterfly; leg 1 is a stride below. */
export const upperRow = (stride: number, b: number): number => 2 * (b - (b % stride)) + (b % stride);

/** The twiddle w(k) = exp(-2 pi i k / (2 stride)) of a stage, exact where it is 1 or -i. */
export function exactTwiddle(stride: number, b: number, inverse: boolean): [number, number] {
  const k = b % stride;
  const sign = inverse ? 1 : -1;
  if (k === 0) return [1, 0];
  if (2 * k === stride) return [0, sign];
  const angle = (Math.PI * k) / stride;
  return [Math.cos(angle), sign * Math.sin(angle)];
}

/** Blocks of a stage from its parameters. */
function blocksOf(network: NetworkSpec, s: number, values: ParameterValues, inTime: boolean): Float64Array {
  const { parametrization } = network.stages[s];
  if (parametrization === 'free') return values[`stage${s}.block`];
  if (parametrization === 'widely-linear') return values[`stage${s}.widely`];
  const count = network.n / 2;
  const out = new Float64Array(8 * count);
  for (let b = 0; b < count; b++) {
    const angle = values[`stage${s}.angle`]?.[b];
    const [re, im] =
      parametrization === 'exact'
        ? exactTwiddle(2 ** s, b, network.direction === 'inverse')
        : angle === undefined
          ? values[`stage${s}.twiddle`].subarray(2 * b, 2 * b + 2)
          : [Math.cos(angle), Math.sin(angle)];
    out.set(inTime ? [1, 0, re, im, 1, 0, -re, -im] : [1, 0, 1, 0, re, im, -re, -im], 8 * b);
  }
  return out;
}

/** Draws a model of networks of radix 2. */
export function drawn(subject: Subject, values: ParameterValues): Drawn {
  const { model } = subject;
  const networks = networksOf(model);
  const columns = networks.flatMap((network, part): Column[] => {
    const own = networkValues(model, values, part);
    const inTime = network.decimation === 'time';
    const order = network.stages.map((_, s) => s);
    if (!inTime) order.reverse();
    return order.map((s) => ({
      part,
      stage: s,
      stride: 2 ** s,
      inTime,
      width: network.stages[s].parametrization === 'widely-linear' ? 4 : 2,
      blocks: blocksOf(network, s, own, inTime),
    }));
  });
  const [first, last] = [networks[0], networks[networks.length - 1]];
  const { n } = first;
  const natural = Int32Array.from({ length: n }, (_, i) => i);
  const factor = (w: NetworkSpec): number =>
    w.norm === 'ortho'
      ? 1 / Math.sqrt(n)
      : w.norm === (w.direction === 'inverse' ? 'backward' : 'forward')
        ? 1 / n
        : 1;
  return {
    n,
    subject,
    values,
    columns,
    samples: first.decimation === 'time' ? tableOf(first) : natural,
    results: last.decimation === 'frequency' ? tableOf(last) : natural,
    scale: networks.reduce((product, network) => product * factor(network), 1),
  };
}

/** Where the twiddle of a block of width 2 is: second of its first row (in time) or of its first column. */
export function twiddleOf({ inTime }: Column, block: ArrayLike<number>): [number, number] {
  const at = inTime ? 2 : 4;
  return divided([block[at], block[at + 1]], [block[0], block[1]]);
}

function divided([a, b]: readonly number[], [c, d]: readonly number[]): [number, number] {
  const m = c * c + d * d;
  return m === 0 ? [0, 0] : [(a * c + b * d) / m, (b * c - a * d) / m];
}

const quantized = (x: number, bits: number): number => Math.round(x * 2 ** (bits - 1)) / 2 ** (bits - 1);

/** The block of a butterfly after its edit. */
export function editedBlock(column: Column, b: number, edit: Edit | undefined): Float64Array {
  const { width, inTime, blocks } = column;
  const size = 4 * width;
  const block = blocks.slice(b * size, (b + 1) * size);
  if (!edit) return block;
  if (edit.w && width === 2) {
    // The entries that hold the twiddle turn with it; both of an exact block are it, up to the sign.
    const [re, im] = divided(edit.w, twiddleOf(column, block));
    const places = inTime ? [2, 6] : [4, 6];
    const exact = block[0] === 1 && block[1] === 0 && block[places[0]] === -block[places[1]];
    for (const [i, at] of places.entries()) {
      const [x, y] = [block[at], block[at + 1]];
      const sign = i === 0 ? 1 : -1;
      block.set(exact ? [sign * edit.w[0], sign * edit.w[1]] : [re * x - im * y, re * y + im * x], at);
    }
  }
  if (edit.bits !== undefined) for (let i = 0; i < size; i++) block[i] = quantized(block[i], edit.bits);
  const [upper, lower] = [block.slice(0, size / 2), block.slice(size / 2)];
  switch (edit.act) {
    case undefined:
      break;
    case 'skip':
      block.fill(0);
      block[0] = 1;
      block[size / 2 + 2] = 1;
      break;
    case 'reverse':
      block.set(lower);
      block.set(upper, size / 2);
      break;
    case 'drop-sum':
      block.fill(0, 0, size / 2);
      break;
    case 'drop-difference':
      block.fill(0, size / 2);
      break;
    case 'drop':
      block.fill(0);
      break;
    default:
      edit.act satisfies never;
  }
  return block;
}

/** Blocks of every column after all edits. */
export const editedBlocks = ({ columns, n }: Drawn, edits: Edits): Float64Array[] =>
  columns.map((column, c) => {
    const size = 4 * column.width;
    const own = column.blocks.slice();
    for (let b = 0; b < n / 2; b++) {
      const edit = edits.get(keyOf(c, b));
      if (edit) own.set(editedBlock(column, b, edit), b * size);
    }
    return own;
  });

/** One column: y = A x (+ B conj(x)). */
function through({ stride, width }: Column, blocks: Float64Array, x: Wires): Wires {
  const n = x.re.length;
  const y = wires(n);
  for (let b = 0, at = 0; b < n / 2; b++) {
    const top = upperRow(stride, b);
    for (let row = top, j = 0; j < 2; j++, row += stride) {
      let [re, im] = [0, 0];
      for (let a = 0; a < width; a++, at += 2) {
        const from = top + (a % 2) * stride;
        const [p, q] = [x.re[from], a < 2 ? x.im[from] : -x.im[from]];
        re += blocks[at] * p - blocks[at + 1] * q;
        im += blocks[at] * q + blocks[at + 1] * p;
      }
      y.re[row] = re;
      y.im[row] = im;
    }
  }
  return y;
}

/** What every wire carries: [columns + 1], the samples in their order first, the last without the factor. */
export function carried(d: Drawn, blocks: readonly Float64Array[], x: Wires): Wires[] {
  const first = wires(d.n);
  d.samples.forEach((sample, row) => {
    first.re[row] = x.re[sample];
    first.im[row] = x.im[sample];
  });
  const all = [first];
  d.columns.forEach((column, c) => all.push(through(column, blocks[c], all[c])));
  return all;
}

/** The results in their order, from the last wires. */
export function resultsOf({ results, scale, n, subject }: Drawn, last: Wires): Wires {
  const y = wires(n);
  results.forEach((result, row) => {
    y.re[result] = scale * last.re[row];
    if (subject.model.head === 'complex') y.im[result] = scale * last.im[row];
  });
  return y;
}

/** A matrix times a signal. */
export function applied({ n, re, im }: Matrix, x: Wires): Wires {
  const y = wires(n);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j < n; j++, at++) {
      y.re[i] += re[at] * x.re[j] - im[at] * x.im[j];
      y.im[i] += re[at] * x.im[j] + im[at] * x.re[j];
    }
  return y;
}

function withoutAct(edit: Edit | undefined): Edit | undefined {
  if (!edit) return edit;
  const { act: _act, ...rest } = edit;
  return rest;
}

/** What gates can say of all edits of a stage: none, of one kind, or more than gates can. */
function gateKind(edits: readonly Edit[]): 'none' | 'ternary' | 'drop' | 'mixed' {
  const turned = edits.some(({ act }) => act === 'skip' || act === 'reverse');
  const dropped = edits.some(({ act }) => act?.startsWith('drop'));
  return turned && dropped ? 'mixed' : turned ? 'ternary' : dropped ? 'drop' : 'none';
}

const shares: Readonly<Record<string, readonly number[]>> = {
  skip: [1, 0, 0],
  reverse: [0, 0, 1],
  'drop-sum': [0, 1],
  'drop-difference': [1, 0],
  drop: [0, 0],
};

/** A stage after its edits: twiddles and gates where they can say it, else free blocks. Parameters are put into `values`. */
function editedStage(
  d: Drawn,
  c: number,
  stage: StageSpec,
  edits: Edits,
  values: ParameterValues,
): StageSpec {
  const column = d.columns[c];
  const own = Array.from({ length: d.n / 2 }, (_, b) => edits.get(keyOf(c, b)));
  const present = own.filter((x) => x !== undefined);
  if (present.length === 0) return stage;
  const s = column.stage;
  const kind = gateKind(present);
  const blocks = own.map((edit, b) => editedBlock(column, b, edit));
  if (stage.parametrization === 'widely-linear') {
    values[`stage${s}.widely`] = Float64Array.from(blocks.flatMap((x) => [...x]));
    return stage;
  }
  if (stage.parametrization === 'free' || kind === 'mixed') {
    delete values[`stage${s}.twiddle`];
    delete values[`stage${s}.angle`];
    values[`stage${s}.block`] = Float64Array.from(blocks.flatMap((x) => [...x]));
    return { radix: 2, parametrization: 'free' };
  }
  let spec = stage;
  if (present.some((e) => e.w || e.bits !== undefined)) {
    const bare = own.map((edit, b) => editedBlock(column, b, withoutAct(edit)));
    delete values[`stage${s}.angle`];
    values[`stage${s}.twiddle`] = Float64Array.from(bare.flatMap((x) => twiddleOf(column, x)));
    spec = { radix: 2, parametrization: 'twiddle' };
  }
  if (kind === 'none') return spec;
  const open = kind === 'drop' ? [1, 1] : [0, 1, 0];
  values[`stage${s}.gate`] = Float64Array.from(own.flatMap((e) => (e?.act ? shares[e.act] : open)));
  return { ...spec, gate: { kind, mode: 'hard', grain: 'butterfly', threshold: 0.5 } };
}

/** The model that the edits make. */
export function editedModel(d: Drawn, edits: Edits): TrainedModel {
  const { model } = d.subject;
  const networks = networksOf(model);
  const values: ParameterValues = {};
  const specs = networks.map((network, part) => {
    const own = { ...networkValues(model, d.values, part) };
    const stages = [...network.stages];
    d.columns.forEach((column, c) => {
      if (column.part === part)
        stages[column.stage] = editedStage(d, c, network.stages[column.stage], edits, own);
    });
    for (const [name, value] of Object.entries(own))
      values[networks.length === 1 ? name : `chain${part}.${name}`] = value;
    return { ...network, stages };
  });
  return { model: chainModel(specs, model.head) as Model, values };
}
