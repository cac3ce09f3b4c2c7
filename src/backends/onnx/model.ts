/** A model of ONNX as data, and its bytes. (onnx/onnx.proto; opset 17, IR version 8.) */
import { limbCode } from '../../ir/stored.ts';
import { matching, type Rule } from '../../options.ts';
import type { OnnxOperator } from './operators.ts';
import { ProtoWriter } from './protobuf.ts';

/** Numbers of element types in files. */
export const elementTypes = {
  float: 1,
  int16: 5,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;
export type ElementType = keyof typeof elementTypes;

/** The element type of a number, of those that papilio writes. */
export const elementName = (code: number): ElementType =>
  (Object.keys(elementTypes) as ElementType[]).find((key) => elementTypes[key] === code) ?? 'float';

/** A constant of a graph. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A node; attributes are whole numbers or lists of them. */
export interface OnnxNode {
  readonly op: OnnxOperator;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, number | readonly number[]>>;
}

/** An input or output; dimensions are numbers or names. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly (number | string)[];
}

/** A model as data: nodes in an order in which they can run. */
interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Fields of messages. */
export const fields = {
  model: { irVersion: 1, producer: 2, graph: 7, opset: 8, metadata: 14, functions: 25 },
  opset: { domain: 1, version: 2 },
  entry: { key: 1, value: 2 },
  graph: { node: 1, name: 2, constant: 5, input: 11, output: 12, value: 13 },
  node: { input: 1, output: 2, name: 3, op: 4, attribute: 5 },
  attribute: { name: 1, int: 3, ints: 8, graph: 6, graphs: 11, type: 20 },
  tensor: { dims: 1, type: 2, name: 8, raw: 9, location: 14 },
  value: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { element: 1, shape: 2 },
  shape: { dim: 1 },
  dim: { value: 1, name: 2 },
} as const;

/** What a model, and its files, may be called. */
export const nameRule: Rule<string> = /* @__PURE__ */ matching(
  'letters, digits, _, - and .',
  (name) => typeof name === 'string' && /^[\w.-]+$/.test(name),
);

export const opset = 17;
export const irVersion = 8;

/** The bytes of numbers of a type, little-endian. */
function rawBytes(type: ElementType, data: ArrayLike<number>): Uint8Array {
  const width = { float: 4, float16: 2, int16: 2, int64: 8, bool: 1 }[type];
  const bytes = new Uint8Array(data.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < data.length; i++) {
    if (type === 'float') view.setFloat32(i * width, data[i], true);
    else if (type === 'float16') view.setUint16(i * width, limbCode('f16', data[i], 0), true);
    else if (type === 'int64') view.setBigInt64(i * width, BigInt(data[i]), true);
    else if (type === 'int16') view.setInt16(i * width, data[i], true);
    else bytes[i] = data[i];
  }
  return bytes;
}

export function encodeTensor({ name, type, dims, data }: OnnxTensor): ProtoWriter {
  const { tensor } = fields;
  const out = new ProtoWriter();
  for (const dim of dims) out.int(tensor.dims, dim);
  return out
    .int(tensor.type, elementTypes[type])
    .text(tensor.name, name)
    .bytes(tensor.raw, rawBytes(type, data));
}

function writeAttribute([name, value]: readonly [string, number | readonly number[]]): ProtoWriter {
  const { attribute } = fields;
  const out = new ProtoWriter().text(attribute.name, name);
  if (typeof value === 'number') return out.int(attribute.int, value).int(attribute.type, 2);
  for (const one of value) out.int(attribute.ints, one);
  return out.int(attribute.type, 7);
}

function writeNode({ op, inputs, output, attributes }: OnnxNode): ProtoWriter {
  const { node } = fields;
  const out = new ProtoWriter();
  for (const input of inputs) out.text(node.input, input);
  return out
    .text(node.output, output)
    .text(node.name, output)
    .text(node.op, op)
    .messages(node.attribute, Object.entries(attributes), writeAttribute);
}

export function writeValue({ name, type, dims }: OnnxValue): ProtoWriter {
  const { dim, shape, tensorType } = fields;
  const dimensions = new ProtoWriter().messages(shape.dim, dims, (d) =>
    typeof d === 'number' ? new ProtoWriter().int(dim.value, d) : new ProtoWriter().text(dim.name, d),
  );
  const tensor = new ProtoWriter()
    .int(tensorType.element, elementTypes[type])
    .message(tensorType.shape, dimensions);
  return new ProtoWriter()
    .text(fields.value.name, name)
    .message(fields.value.type, new ProtoWriter().message(fields.type.tensor, tensor));
}

/** The fields of metadata. */
export const writeEntry = ([key, value]: readonly [string, string]): ProtoWriter =>
  new ProtoWriter().text(fields.entry.key, key).text(fields.entry.value, value);

/** The bytes of a model: the file. */
export function encodeModel({ name, nodes, constants, inputs, outputs, metadata }: OnnxModel): Uint8Array {
  const { graph, model } = fields;
  const body = new ProtoWriter()
    .messages(graph.node, nodes, writeNode)
    .text(graph.name, name)
    .messages(graph.constant, constants, encodeTensor)
    .messages(graph.input, inputs, writeValue)
    .messages(graph.output, outputs, writeValue);
  return new ProtoWriter()
    .int(model.irVersion, irVersion)
    .text(model.producer, 'papilio')
    .message(model.graph, body)
    .message(model.opset, new ProtoWriter().text(fields.opset.domain, '').int(fields.opset.version, opset))
    .messages(model.metadata, Object.entries(metadata), writeEntry)
    .finish();
}
