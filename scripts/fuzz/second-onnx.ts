/** Models of ONNX to stand in front of: one node over an input. */
import { fields } from '../../src/backends/onnx/model.ts';
import { ProtoWriter } from '../../src/backends/onnx/protobuf.ts';

/** What a model of one node is. */
interface Second {
  readonly input?: string;
  readonly dims?: readonly (number | string)[];
  readonly type?: number;
  readonly op?: string;
  readonly opset?: number;
  /** Is the node inside the branch of another one? */
  readonly isNested?: boolean;
  /** Has the model a function? */
  readonly isFunction?: boolean;
  /** Element type of `features_lens`, where there is one. */
  readonly lens?: number;
  readonly hasOutput?: boolean;
  /** Of an input that it has beside the features, whole numbers [first dimension, not said]. */
  readonly kept?: string;
  /** Of its node. */
  readonly node?: string;
  /** Has it a tensor in another file? */
  readonly isExternal?: boolean;
}

/** A model of ONNX of one node over its input. */
export function secondOnnx({
  input = 'x',
  dims = ['B', 40, 'T'],
  type = 1,
  op = 'Neg',
  opset = 17,
  isNested = false,
  isFunction = false,
  lens,
  hasOutput = true,
  kept,
  node: nodeName = 'own',
  isExternal = false,
}: Second): Uint8Array {
  const { graph, model, node, value } = fields;
  const shape = new ProtoWriter().messages(fields.shape.dim, dims, (d) =>
    typeof d === 'number' ? new ProtoWriter().int(1, d) : new ProtoWriter().text(2, d),
  );
  const tensor = new ProtoWriter().int(1, type).message(2, shape);
  const end = (name: string): ProtoWriter =>
    new ProtoWriter().text(value.name, name).message(value.type, new ProtoWriter().message(1, tensor));
  const own = new ProtoWriter()
    .text(node.input, input)
    .text(2, isNested ? 'inner' : 'y')
    .text(node.name, nodeName)
    .text(node.op, op);
  const branch = new ProtoWriter()
    .text(1, 'then_branch')
    .message(6, new ProtoWriter().message(graph.node, own));
  const outer = new ProtoWriter().text(node.input, input).text(2, 'y').text(node.op, 'If').message(5, branch);
  const body = new ProtoWriter()
    .message(graph.node, isNested ? outer : own)
    .text(graph.name, 'second')
    .message(graph.input, end(input));
  if (hasOutput) body.message(graph.output, end('y'));
  if (isExternal) body.message(graph.constant, new ProtoWriter().text(fields.tensor.name, 'w').int(14, 1));
  if (lens !== undefined) {
    const type = new ProtoWriter().message(1, new ProtoWriter().int(1, lens));
    body.message(graph.input, new ProtoWriter().text(value.name, 'features_lens').message(value.type, type));
  }
  if (kept !== undefined) {
    const lengths = new ProtoWriter().messages(1, [String(dims[0]), ''], (d) => new ProtoWriter().text(2, d));
    const tensor = new ProtoWriter().int(1, 7).message(2, lengths);
    const type = new ProtoWriter().message(1, tensor);
    body.message(graph.input, new ProtoWriter().text(value.name, kept).message(value.type, type));
  }
  const out = new ProtoWriter().int(model.irVersion, 8).message(model.graph, body);
  if (isFunction) out.message(model.functions, new ProtoWriter().text(1, 'f'));
  return out.message(model.opset, new ProtoWriter().text(1, '').int(2, opset)).finish();
}
