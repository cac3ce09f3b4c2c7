/** What a model of ONNX reads and gives, from its file. */
import { InvalidArgumentError } from '../../errors.ts';
import { fields } from './model.ts';
import { intOf, messagesOf, readMessage, textOf, type ProtoField } from './protobuf.ts';

/** An input or output of a model. */
export interface OnnxEnd {
  readonly name: string;
  /** The number of its element type; 0 for what is no tensor. */
  readonly element: number;
  /** Numbers and names, '' for what is not known; null without a shape. */
  readonly dims: readonly (number | string)[] | null;
}

/** Inputs that a run is given, and what it gives. */
export interface OnnxSignature {
  readonly inputs: readonly OnnxEnd[];
  readonly outputs: readonly OnnxEnd[];
}

/** Element types, by their numbers. (onnx/onnx.proto, TensorProto.DataType.) */
const typeNames: readonly string[] = [
  'no tensor',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
];

/** Type and shape: float32 [batch, 80, ?]. */
export const onnxEndText = ({ element, dims }: Omit<OnnxEnd, 'name'>): string =>
  `${typeNames[element] ?? `type ${element}`}${dims === null ? '' : ` [${dims.map((d) => (d === '' ? '?' : d)).join(', ')}]`}`;

function dimOf(bytes: Uint8Array): number | string {
  const dim = readMessage(bytes, 'a dimension');
  return intOf(dim, fields.dim.value) ?? textOf(dim, fields.dim.name);
}

/** An input or output from its message. */
export function endOf(bytes: Uint8Array): OnnxEnd {
  const value = readMessage(bytes, 'an input');
  const [type = new Uint8Array()] = messagesOf(value, fields.value.type);
  const [tensor = new Uint8Array()] = messagesOf(readMessage(type, 'a type'), fields.type.tensor);
  const parts = readMessage(tensor, 'a tensor type');
  const [shape] = messagesOf(parts, fields.tensorType.shape);
  return {
    name: textOf(value, fields.value.name),
    element: intOf(parts, fields.tensorType.element) ?? 0,
    dims: shape ? messagesOf(readMessage(shape, 'a shape'), fields.shape.dim).map(dimOf) : null,
  };
}

/** The graph of a model. Throws FileFormatError, and InvalidArgumentError for a file without one. */
export function graphOf(model: readonly ProtoField[], name: string): ProtoField[] {
  const [graph] = messagesOf(model, fields.model.graph);
  if (!graph) throw new InvalidArgumentError(`${name}: has no graph; expected a model of ONNX`);
  return readMessage(graph, name);
}

/** Ends of a graph; inputs that are constants, too, are given by nobody. */
export function graphSignature(graph: readonly ProtoField[], name: string): OnnxSignature {
  const constants = messagesOf(graph, fields.graph.constant).map((b) =>
    textOf(readMessage(b, name), fields.tensor.name),
  );
  return {
    inputs: messagesOf(graph, fields.graph.input)
      .map(endOf)
      .filter((i) => !constants.includes(i.name)),
    outputs: messagesOf(graph, fields.graph.output).map(endOf),
  };
}

/** What a model reads and gives; `name` is that of its file, for messages. Throws as `graphOf` does. */
export const signatureOf = (bytes: Uint8Array, name: string): OnnxSignature =>
  graphSignature(graphOf(readMessage(bytes, name), name), name);
