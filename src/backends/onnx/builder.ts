/**
 * Graphs of ONNX as they are written: values by name, constants and nodes that are equal once, lengths that are numbers when the graph
 * is built or when it runs.
 */
import { UnsupportedError } from '../../errors.ts';
import type { Carrier } from '../../ir/expr.ts';
import {
  elementTypes,
  encodeModel,
  type ElementType,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './model.ts';
import type { OnnxOperator } from './operators.ts';

/** The name of a value. */
export type Value = string & { readonly value?: never };

/** A length: a number, or a value [1] of int64 that is known when the model runs. */
export type Length = number | Value;

/** Attributes of a node. */
type Attributes = OnnxNode['attributes'];

/** Where a slice begins and ends along an axis; step 1 by default, -1 backwards down to, not with, the end. */
interface SliceRange {
  readonly axis: number;
  readonly start: Length;
  readonly end: Length;
  readonly step?: number;
}

/** The end of a slice that goes to the end of an axis. */
export const afterLast = 2 ** 53 - 1;

/** Constants of so many numbers or more are stored as float16, where numbers of 16 bits are asked for. */
const fewestHalves = 32;

/** What sums of float16 stay below, twice as much being their largest number. */
const halfLimit = 2 ** 15;

/**
 * A graph being written. With `f16` products of matrices are computed in float16, between `half` and `single`, and all tables are stored
 * so; without it both are no nodes.
 */
export class GraphBuilder {
  readonly f16: boolean;
  private readonly nodes: OnnxNode[] = [];
  private readonly constants = new Map<string, OnnxTensor>();
  private readonly inputs: OnnxValue[] = [];
  private readonly outputs: OnnxValue[] = [];
  /** Places of nodes by what they compute. */
  private readonly made = new Map<string, number>();

  constructor(f16 = false) {
    this.f16 = f16;
  }

  input(name: string, type: ElementType, dims: OnnxValue['dims']): Value {
    this.inputs.push({ name, type, dims });
    return name;
  }

  /** The value under a name of its own, as a result. */
  output(name: string, value: Value, type: ElementType, dims: OnnxValue['dims']): void {
    this.outputs.push({ name, type, dims });
    const last = this.nodes.findIndex((n) => n.output === value);
    this.nodes[last] = { ...this.nodes[last], output: name };
    for (let i = last + 1; i < this.nodes.length; i++)
      this.nodes[i] = {
        ...this.nodes[i],
        inputs: this.nodes[i].inputs.map((from) => (from === value ? name : from)),
      };
  }

  private constant(type: ElementType, dims: readonly number[], data: ArrayLike<number>): Value {
    const key = `${type}[${dims.join()}]${Array.from(data).join()}`;
    const name = this.constants.get(key)?.name ?? `constant_${this.constants.size}`;
    this.constants.set(key, { name, type, dims, data });
    return name;
  }

  /** Real numbers; a scalar for no dimensions. Stored as float16 they are divided by the largest, and runtimes multiply them once. */
  reals(dims: readonly number[], data: ArrayLike<number>): Value {
    if (!this.f16 || data.length < fewestHalves) return this.constant('float', dims, data);
    const largest = Array.from(data).reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    const stored = this.constant(
      'float16',
      dims,
      Array.from(data, (x) => x / largest),
    );
    const single = this.node('Cast', [stored], { to: elementTypes.float });
    return largest === 1 ? single : this.node('Mul', [single, this.scalar(largest)]);
  }

  /** A matrix of products between `half` and `single`. */
  weights(dims: readonly number[], data: ArrayLike<number>): Value {
    return this.constant(this.f16 ? 'float16' : 'float', dims, data);
  }

  /** The power of two that numbers below `bound` are multiplied by on their way through float16; 1 without it. */
  halfScale(bound: number): number {
    return this.f16 && bound > 0 ? 2 ** Math.floor(Math.log2(halfLimit / bound)) : 1;
  }

  /** As float16, where products are computed so. */
  half(x: Value): Value {
    return this.f16 ? this.node('Cast', [x], { to: elementTypes.float16 }) : x;
  }

  /** What `half` has led to, as float32, divided by `scale`. */
  single(x: Value, scale = 1): Value {
    const out = this.f16 ? this.node('Cast', [x], { to: elementTypes.float }) : x;
    return scale === 1 ? out : this.node('Mul', [out, this.scalar(1 / scale)]);
  }

  scalar(value: number): Value {
    return this.reals([], [value]);
  }

  ints(data: readonly number[], dims: readonly number[] = [data.length]): Value {
    return this.constant('int64', dims, data);
  }

  /** What an operator makes of values; what is there already is not computed again. */
  node(op: OnnxOperator, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const key = `${op}(${inputs.join()})${JSON.stringify(attributes)}`;
    const found = this.made.get(key);
    if (found !== undefined) return this.nodes[found].output;
    const output = `${op}_${this.nodes.length}`;
    this.made.set(key, this.nodes.length);
    this.nodes.push({ op, inputs, output, attributes });
    return output;
  }

  /** Values one behind the other; a single one as it is. */
  concat(values: readonly Value[], axis: number): Value {
    return values.length === 1 ? values[0] : this.node('Concat', values, { axis });
  }

  /** Lengths as one value of int64. */
  lengths(list: readonly Length[]): Value {
    const isNumber = (x: Length): x is number => typeof x === 'number';
    if (list.every(isNumber)) return this.ints(list);
    return this.concat(
      list.map((x) => (isNumber(x) ? this.ints([x]) : x)),
      0,
    );
  }

  /** To dimensions of which one may be -1: what is left; 0: as before. */
  reshape(x: Value, dims: readonly Length[]): Value {
    return this.node('Reshape', [x, this.lengths(dims)]);
  }

  /** To dimensions all of which are known, some of them perhaps 0. */
  reshapeTo(x: Value, dims: readonly Length[]): Value {
    const attributes = dims.every((d) => typeof d === 'number') ? {} : { allowzero: 1 };
    return this.node('Reshape', [x, this.lengths(dims)], attributes);
  }

  /** Whole numbers from one to before another, one behind the other. */
  range(from: number, to: Length): Value {
    const end = typeof to === 'number' ? this.ints([to], []) : this.reshape(to, []);
    return this.node('Range', [this.ints([from], []), end, this.ints([1], [])]);
  }

  /** So many times the same whole number. */
  repeated(value: Length, count: Length): Value {
    return this.node('Add', [this.times(this.range(0, count), 0), this.lengths([value])]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.node('Transpose', [x], { perm });
  }

  slice(x: Value, ...ranges: readonly SliceRange[]): Value {
    const part = (key: 'start' | 'end'): Value => this.lengths(ranges.map((r) => r[key]));
    const inputs = [x, part('start'), part('end'), this.ints(ranges.map((r) => r.axis))];
    if (ranges.some((r) => (r.step ?? 1) !== 1)) inputs.push(this.ints(ranges.map((r) => r.step ?? 1)));
    return this.node('Slice', inputs);
  }

  /** All of an axis from its end to its beginning; parts of an axis backwards go wrong with WebGPU in onnxruntime 1.30. */
  backwards(x: Value, axis: number): Value {
    return this.slice(x, { axis, start: -1, end: -afterLast, step: -1 });
  }

  /** Of lengths, and of whole numbers of any shape. */
  private arithmetic(op: 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min', a: Length, b: Length): Value {
    return this.node(
      op,
      [a, b].map((x) => (typeof x === 'number' ? this.ints([x]) : x)),
    );
  }

  add(a: Value, b: Length): Value;
  add(a: Length, b: Length): Length;
  add(a: Length, b: Length): Length {
    if (typeof a === 'number' && typeof b === 'number') return a + b;
    if (a === 0 || b === 0) return a === 0 ? b : a;
    return this.arithmetic('Add', a, b);
  }

  sub(a: Value, b: Length): Value;
  sub(a: Length, b: Length): Length;
  sub(a: Length, b: Length): Length {
    return typeof b === 'number' ? this.add(a, -b) : this.arithmetic('Sub', a, b);
  }

  times(a: Value, b: Length): Value;
  times(a: Length, b: Length): Length;
  times(a: Length, b: Length): Length {
    if (typeof a === 'number' && typeof b === 'number') return a * b;
    if (a === 1 || b === 1) return a === 1 ? b : a;
    return this.arithmetic('Mul', a, b);
  }

  /** a / b, towards zero. */
  quotient(a: Value, b: Length): Value;
  quotient(a: Length, b: Length): Length;
  quotient(a: Length, b: Length): Length {
    if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b);
    return b === 1 ? a : this.arithmetic('Div', a, b);
  }

  atLeast(a: Value, b: Length): Value;
  atLeast(a: Length, b: Length): Length;
  atLeast(a: Length, b: Length): Length {
    return typeof a === 'number' && typeof b === 'number' ? Math.max(a, b) : this.arithmetic('Max', a, b);
  }

  atMost(a: Value, b: Length): Value;
  atMost(a: Length, b: Length): Length;
  atMost(a: Length, b: Length): Length {
    return typeof a === 'number' && typeof b === 'number' ? Math.min(a, b) : this.arithmetic('Min', a, b);
  }

  /** The file. */
  encode(name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const used = new Set(this.nodes.flatMap((n) => n.inputs));
    const constants = [...this.constants.values()].filter((c) => used.has(c.name));
    const { nodes, inputs, outputs } = this;
    return encodeModel({ name, nodes, constants, inputs, outputs, metadata });
  }
}

/** The scalar language printed as nodes: a body over tensors of one shape, or of shapes that spread to one. */
export function elementwise(g: GraphBuilder): Carrier<Value> {
  const two = (op: OnnxOperator) => (a: Value, b: Value) => g.node(op, [a, b]);
  const one = (op: OnnxOperator) => (a: Value) => g.node(op, [a]);
  const none = (op: string) => (): Value => {
    throw new UnsupportedError(`"${op}" in ONNX; expected arithmetic, square roots, logarithms and choices`);
  };
  return {
    literal: (value) => g.scalar(value),
    add: two('Add'),
    sub: two('Sub'),
    mul: two('Mul'),
    neg: one('Neg'),
    div: two('Div'),
    sqrt: one('Sqrt'),
    abs: one('Abs'),
    min: two('Min'),
    max: two('Max'),
    less: two('Less'),
    equal: two('Equal'),
    select: (condition, a, b) => g.node('Where', [condition, a, b]),
    exp: one('Exp'),
    log: one('Log'),
    stopGradient: (a) => a,
    round: none('round'),
    exponent: none('exponent'),
    mantissa: none('mantissa'),
    powerOfTwo: none('powerOfTwo'),
    mulHigh: none('mulHigh'),
    mulHighDown: none('mulHighDown'),
    mulHigh16: none('mulHigh16'),
    shiftRight: none('shiftRight'),
    shiftLeft: none('shiftLeft'),
    bitLength: none('bitLength'),
    sin: none('sin'),
    cos: none('cos'),
  };
}
