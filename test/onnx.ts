/** A slow, obvious interpreter of models of ONNX: the operators that papilio prints, in float64, from the bytes of the file. */
import { halfBits, halfValue } from '../src/numeric/half.ts';
import { onnxOperators, type OnnxOperator } from '../src/backends/onnx/operators.ts';
import { elementTypes, fields, type ElementType } from '../src/backends/onnx/model.ts';
import { intOf, messagesOf, readMessage, textOf, textsOf } from '../src/backends/onnx/protobuf.ts';

export interface Values {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** A number as a type holds it; float32 is computed in float64. */
export const half = (x: number): number => halfValue(halfBits(x));

interface Node {
  readonly op: OnnxOperator;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
}

export interface ReadModel {
  readonly opset: number;
  readonly irVersion: number;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Values>;
  /** Element types of constants and inputs. */
  readonly types: ReadonlyMap<string, ElementType>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** Repeated whole numbers, packed or not. */
function intsOf(bytes: Uint8Array, field: number): number[] {
  return readMessage(bytes, 'the model').flatMap((f) =>
    f.field === field && typeof f.value === 'bigint' ? [Number(BigInt.asIntN(64, f.value))] : [],
  );
}

const typeOf = (code: number | undefined): ElementType =>
  (Object.keys(elementTypes) as ElementType[]).find((key) => elementTypes[key] === code) ?? 'float';

function readTensor(bytes: Uint8Array): [string, Values, ElementType] {
  const all = readMessage(bytes, 'a tensor');
  const [raw] = messagesOf(all, fields.tensor.raw);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const type = typeOf(intOf(all, fields.tensor.type));
  const dims = intsOf(bytes, fields.tensor.dims);
  const readers: Partial<Record<ElementType, (i: number) => number>> = {
    float: (i) => view.getFloat32(4 * i, true),
    float16: (i) => halfValue(view.getUint16(2 * i, true)),
    int64: (i) => Number(view.getBigInt64(8 * i, true)),
  };
  const read = readers[type];
  if (!read) throw new Error(`constants of ${type} are not read`);
  return [
    textOf(all, fields.tensor.name),
    { dims, data: Float64Array.from({ length: sizeOf(dims) }, (_, i) => read(i)) },
    type,
  ];
}

function readNode(bytes: Uint8Array): Node {
  const all = readMessage(bytes, 'a node');
  const attributes = messagesOf(all, fields.node.attribute).map((attribute) => {
    const own = readMessage(attribute, 'an attribute');
    const list = intsOf(attribute, fields.attribute.ints);
    const isList = intOf(own, fields.attribute.type) === 7;
    return [textOf(own, fields.attribute.name), isList ? list : (intOf(own, fields.attribute.int) ?? 0)];
  });
  return {
    op: textOf(all, fields.node.op) as OnnxOperator,
    name: textOf(all, fields.node.name),
    inputs: textsOf(all, fields.node.input),
    output: textOf(all, 2),
    attributes: Object.fromEntries(attributes) as Node['attributes'],
  };
}

/** Name and element type of an input. */
function inputType(bytes: Uint8Array): [string, ElementType] {
  const value = readMessage(bytes, 'an input');
  const inside = (message: Uint8Array, field: number): Uint8Array =>
    messagesOf(readMessage(message, 'a type'), field)[0];
  const tensor = inside(messagesOf(value, fields.value.type)[0], fields.type.tensor);
  const code = intOf(readMessage(tensor, 'a tensor type'), fields.tensorType.element);
  return [textOf(value, fields.value.name), typeOf(code)];
}

/** A model read from its file. */
export function readOnnx(bytes: Uint8Array): ReadModel {
  const model = readMessage(bytes, 'the model');
  const graph = readMessage(messagesOf(model, fields.model.graph)[0], 'the graph');
  const names = (field: number): string[] =>
    messagesOf(graph, field).map((v) => textOf(readMessage(v, 'a value'), fields.value.name));
  const tensors = messagesOf(graph, fields.graph.constant).map(readTensor);
  const entries = messagesOf(model, fields.model.metadata).map((e) => readMessage(e, 'an entry'));
  return {
    irVersion: intOf(model, fields.model.irVersion) ?? 0,
    opset:
      intOf(readMessage(messagesOf(model, fields.model.opset)[0], 'an opset'), fields.opset.version) ?? 0,
    nodes: messagesOf(graph, fields.graph.node).map(readNode),
    constants: new Map(tensors.map(([name, values]) => [name, values])),
    types: new Map([
      ...tensors.map(([name, , type]) => [name, type] as const),
      ...messagesOf(graph, fields.graph.input).map(inputType),
    ]),
    inputs: names(fields.graph.input),
    outputs: names(fields.graph.output),
    metadata: Object.fromEntries(entries.map((e) => [textOf(e, 1), textOf(e, 2)])),
  };
}

const strides = (dims: readonly number[]): number[] => dims.map((_, d) => sizeOf(dims.slice(d + 1)));

/** Shapes spread to one as NumPy does. */
function spread(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1];
    if (x !== y && x !== 1 && y !== 1) throw new Error(`[${a.join()}] and [${b.join()}] do not spread`);
    return x === 1 ? y : x;
  });
}

/** The values of x at every point of a shape it spreads to. */
function at(x: Values, dims: readonly number[]): (point: number) => number {
  if (x.data.length === sizeOf(dims)) return (point) => x.data[point];
  if (x.data.length === 1) return () => x.data[0];
  const skip = dims.length - x.dims.length;
  const own = strides(x.dims);
  const whole = strides(dims);
  return (point) => {
    let place = 0;
    for (let d = skip; d < dims.length; d++)
      if (x.dims[d - skip] > 1) place += (Math.floor(point / whole[d]) % dims[d]) * own[d - skip];
    return x.data[place];
  };
}

function mapped(f: (...values: number[]) => number, inputs: readonly Values[]): Values {
  const dims = inputs.map((x) => x.dims).reduce(spread);
  const readers = inputs.map((x) => at(x, dims));
  return {
    dims,
    data: Float64Array.from({ length: sizeOf(dims) }, (_, i) => f(...readers.map((r) => r(i)))),
  };
}

function reduced(
  x: Values,
  axes: readonly number[],
  keep: boolean,
  [first, add]: readonly [number, (sum: number, value: number) => number],
): Values {
  const kept = x.dims.map((d, i) => (axes.includes(i) ? 1 : d));
  const data = new Float64Array(sizeOf(kept)).fill(first);
  const [whole, small] = [strides(x.dims), strides(kept).map((s, i) => (axes.includes(i) ? 0 : s))];
  for (let i = 0; i < x.data.length; i++) {
    let place = 0;
    for (let k = 0; k < whole.length; k++) place += (Math.floor(i / whole[k]) % x.dims[k]) * small[k];
    data[place] = add(data[place], x.data[i]);
  }
  return { dims: keep ? kept : x.dims.filter((_, i) => !axes.includes(i)), data };
}

function product(a: Values, b: Values): Values {
  const [m, k] = a.dims.slice(-2);
  const [k2, n] = b.dims.slice(-2);
  if (k !== k2) throw new Error(`MatMul of [${a.dims.join()}] and [${b.dims.join()}]`);
  const batch = spread(a.dims.slice(0, -2), b.dims.slice(0, -2));
  const index = (x: Values): ((point: number) => number) => {
    const own = x.dims.slice(0, -2);
    return at({ dims: own, data: Float64Array.from({ length: sizeOf(own) }, (_, i) => i) }, batch);
  };
  const [ia, ib] = [index(a), index(b)];
  const data = new Float64Array(sizeOf(batch) * m * n);
  for (let p = 0; p < sizeOf(batch); p++)
    for (let i = 0; i < m; i++)
      for (let q = 0; q < k; q++) {
        const value = a.data[(ia(p) * m + i) * k + q];
        const [from, to] = [(ib(p) * k + q) * n, (p * m + i) * n];
        for (let j = 0; j < n; j++) data[to + j] += value * b.data[from + j];
      }
  return { dims: [...batch, m, n], data };
}

function sliced(x: Values, [starts, ends, axes, steps]: readonly Values[]): Values {
  let out = x;
  axes.data.forEach((axis, i) => {
    const size = out.dims[axis];
    const step = steps?.data[i] ?? 1;
    const bound = (v: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, v < 0 ? v + size : v));
    const from = step > 0 ? bound(starts.data[i], 0, size) : bound(starts.data[i], -1, size - 1);
    const to = step > 0 ? bound(ends.data[i], 0, size) : bound(ends.data[i], -1, size - 1);
    const count = Math.max(0, Math.ceil((to - from) / step));
    const dims = out.dims.map((d, k) => (k === axis ? count : d));
    const [inner, outer] = [sizeOf(dims.slice(axis + 1)), sizeOf(dims.slice(0, axis))];
    const data = new Float64Array(sizeOf(dims));
    for (let o = 0; o < outer; o++)
      for (let c = 0; c < count; c++) {
        const source = (o * size + from + c * step) * inner;
        data.set(out.data.subarray(source, source + inner), (o * count + c) * inner);
      }
    out = { dims, data };
  });
  return out;
}

function joined(parts: readonly Values[], axis: number): Values {
  const dims = parts[0].dims.map((d, k) => (k === axis ? parts.reduce((sum, p) => sum + p.dims[k], 0) : d));
  const [inner, outer] = [sizeOf(dims.slice(axis + 1)), sizeOf(dims.slice(0, axis))];
  const data = new Float64Array(sizeOf(dims));
  let to = 0;
  for (let o = 0; o < outer; o++)
    for (const p of parts) {
      const run = p.dims[axis] * inner;
      data.set(p.data.subarray(o * run, (o + 1) * run), to);
      to += run;
    }
  return { dims, data };
}

function transposed(x: Values, perm: readonly number[]): Values {
  const dims = perm.map((p) => x.dims[p]);
  const own = strides(x.dims);
  const whole = strides(dims);
  const data = Float64Array.from({ length: x.data.length }, (_, i) => {
    let place = 0;
    dims.forEach((d, k) => (place += (Math.floor(i / whole[k]) % d) * own[perm[k]]));
    return x.data[place];
  });
  return { dims, data };
}

/** Zeros beside; negative counts take away. */
function padded(x: Values, pads: Float64Array): Values {
  const rank = x.dims.length;
  const zeros = (dims: readonly number[]): Values => ({ dims, data: new Float64Array(sizeOf(dims)) });
  let out = x;
  for (let axis = 0; axis < rank; axis++) {
    const [front, back] = [pads[axis], pads[axis + rank]];
    const list = (v: number): Values => ({ dims: [1], data: Float64Array.of(v) });
    const cut = sliced(out, [
      list(Math.max(0, -front)),
      list(out.dims[axis] - Math.max(0, -back)),
      list(axis),
    ]);
    const side = (count: number): Values =>
      zeros(cut.dims.map((d, k) => (k === axis ? Math.max(0, count) : d)));
    out = joined([side(front), cut, side(back)], axis);
  }
  return out;
}

function reshaped(x: Values, wanted: Float64Array, allowZero: boolean): Values {
  const dims = Array.from(wanted, (d, i) => (d === 0 && !allowZero ? x.dims[i] : d));
  const known = sizeOf(dims.filter((d) => d >= 0));
  const all = dims.map((d) => (d < 0 ? x.data.length / Math.max(known, 1) : d));
  if (sizeOf(all) !== x.data.length) throw new Error(`Reshape of [${x.dims.join()}] to [${all.join()}]`);
  return { dims: all, data: x.data };
}

const lists = (value: number | readonly number[] | undefined): readonly number[] =>
  typeof value === 'object' ? value : [];

/** `isLength`: are the numbers whole, so that quotients are towards zero? */
type Rule = (inputs: readonly Values[], attributes: Node['attributes'], isLength: boolean) => Values;
const each =
  (f: (...values: number[]) => number): Rule =>
  (inputs) =>
    mapped(f, inputs);

/** What every operator means. */
const rules: Record<OnnxOperator, Rule> = {
  Abs: each(Math.abs),
  Add: each((a, b) => a + b),
  Cast: each((a) => a),
  Concat: (inputs, { axis }) => joined(inputs, Number(axis)),
  Div: (inputs, _, isLength) => mapped((a, b) => (isLength ? Math.trunc(a / b) : a / b), inputs),
  Equal: each((a, b) => Number(a === b)),
  Exp: each(Math.exp),
  Less: each((a, b) => Number(a < b)),
  Log: each(Math.log),
  MatMul: ([a, b]) => product(a, b),
  Max: each(Math.max),
  Min: each(Math.min),
  Mul: each((a, b) => a * b),
  Neg: each((a) => -a),
  Pad: ([x, pads]) => padded(x, pads.data),
  Range: ([a, b, c]) => {
    const data = Float64Array.from(
      { length: Math.max(0, (b.data[0] - a.data[0]) / c.data[0]) },
      (_, i) => a.data[0] + i * c.data[0],
    );
    return { dims: [data.length], data };
  },
  ReduceMax: ([x], { axes, keepdims }) => reduced(x, lists(axes), keepdims === 1, [-Infinity, Math.max]),
  ReduceSum: ([x, axes], { keepdims }) => reduced(x, [...axes.data], keepdims === 1, [0, (a, b) => a + b]),
  Reshape: ([x, dims], { allowzero }) => reshaped(x, dims.data, allowzero === 1),
  Shape: ([x]) => ({ dims: [x.dims.length], data: Float64Array.from(x.dims) }),
  Slice: ([x, ...ranges]) => sliced(x, ranges),
  Sqrt: each(Math.sqrt),
  Sub: each((a, b) => a - b),
  Transpose: ([x], { perm }) => transposed(x, lists(perm)),
  Where: each((c, a, b) => (c !== 0 ? a : b)),
};

/** Element types of all values. Throws for nodes whose inputs are of several. */
function typesOf({ nodes, types }: ReadModel): ReadonlyMap<string, ElementType> {
  const found = new Map(types);
  const fixed: Partial<Record<OnnxOperator, ElementType>> = { Shape: 'int64', Less: 'bool', Equal: 'bool' };
  for (const { op, inputs, output, attributes } of nodes) {
    const own = inputs.map((name) => found.get(name));
    const alike =
      { Where: own.slice(1), Reshape: [], Slice: [], Pad: [], ReduceSum: [] }[op as string] ?? own;
    if (alike.some((type) => type !== alike[0])) throw new Error(`${output} reads ${own.join()}`);
    const first = op === 'Where' ? own[1] : own[0];
    const type = op === 'Cast' ? typeOf(Number(attributes['to'])) : (fixed[op] ?? first);
    if (type === undefined) throw new Error(`${output} reads what has no type`);
    found.set(output, type);
  }
  return found;
}

/** Element types of the values of a model, and those of nodes that read constants alone. */
interface Known {
  readonly types: ReadonlyMap<string, ElementType>;
  readonly values: ReadonlyMap<string, Values>;
}
const known = new WeakMap<ReadModel, Known>();

function runNodes(
  model: ReadModel,
  types: Known['types'],
  values: Map<string, Values>,
  mayWait: boolean,
): void {
  for (const node of model.nodes) {
    if (values.has(node.output)) continue;
    if (!(node.op in onnxOperators)) throw new Error(`${node.op} is no operator of the list`);
    const own = node.inputs.flatMap((name) => values.get(name) ?? []);
    const missing = own.length < node.inputs.length;
    if (missing && !mayWait) throw new Error(`${node.output} reads what nothing has written`);
    if (missing) continue;
    const out = rules[node.op](own, node.attributes, types.get(node.inputs[0]) === 'int64');
    const isHalf = types.get(node.output) === 'float16';
    values.set(node.output, isHalf ? { ...out, data: out.data.map(half) } : out);
  }
}

function knownOf(model: ReadModel): Known {
  const before = known.get(model);
  if (before) return before;
  const types = typesOf(model);
  const values = new Map(model.constants);
  runNodes(model, types, values, true);
  known.set(model, { types, values });
  return { types, values };
}

/** Runs a model on inputs by name; its outputs. Throws for operators outside the list, and for shapes that do not fit. */
export function runOnnx(model: ReadModel, inputs: Readonly<Record<string, Values>>): Record<string, Values> {
  const { types, values } = knownOf(model);
  const all = new Map([...values, ...Object.entries(inputs)]);
  runNodes(model, types, all, false);
  return Object.fromEntries(model.outputs.map((name) => [name, all.get(name) as Values]));
}
