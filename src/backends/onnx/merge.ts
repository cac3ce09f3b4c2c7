/** One model of ONNX in front of another: nothing of the second is changed but what its inputs are. */
import { InvalidArgumentError, UnsupportedError } from '../../errors.ts';
import {
  elementName,
  elementTypes,
  encodeTensor,
  fields,
  opset as ownOpset,
  writeEntry,
  writeValue,
} from './model.ts';
import { intOf, messagesOf, ProtoWriter, readMessage, textOf, textsOf, type ProtoField } from './protobuf.ts';
import { endOf, graphOf, graphSignature, type OnnxEnd } from './signature.ts';

/** How models are joined. */
interface MergeOptions {
  /** Of the file of the second model, for messages. */
  readonly name: string;
  /** The input of the second model that gets the features. Default: the one called features, or the only one of three dimensions. */
  readonly input?: string;
  /** Numbers of a frame. */
  readonly width: number;
  /** Frames, where that is known. */
  readonly frames?: number;
}

/** Operators whose meaning changed on the way from 11 to 17; those of 13 and later are alike but for RoiAlign. */
const changed: Readonly<Record<string, number>> = {
  Dropout: 12,
  Hardmax: 13,
  LogSoftmax: 13,
  ReduceSum: 13,
  Resize: 13,
  RoiAlign: 16,
  Softmax: 13,
  Split: 13,
  Squeeze: 13,
  Unsqueeze: 13,
};
const [oldest, newest] = [11, 23];

/** Numbers, and 0 for what is not known. */
const lengthsOf = ({ dims }: OnnxEnd): number[] | null =>
  dims?.map((d) => (typeof d === 'number' ? d : 0)) ?? null;

const inputsText = (inputs: readonly OnnxEnd[]): string =>
  inputs
    .map(
      (i) =>
        `${i.name} [${
          lengthsOf(i)
            ?.map((d) => d || '?')
            .join(', ') ?? '?'
        }]`,
    )
    .join(', ');

/** The input that gets the features. Throws InvalidArgumentError listing what there is. */
function featuresInput(inputs: readonly OnnxEnd[], { name, input }: MergeOptions): OnnxEnd {
  const fits = ({ name, dims }: OnnxEnd): boolean =>
    name !== 'features_lens' && (dims === null || dims.length === 3);
  const named = inputs.filter((i) => i.name === (input ?? 'features'));
  const found = input !== undefined || named.length > 0 ? named : inputs.filter(fits);
  if (found.length !== 1)
    throw new InvalidArgumentError(
      `${name}: ${found.length === 0 ? 'no input' : 'several inputs'} for the features${input === undefined ? '' : ` called "${input}"`}; expected one of ${inputsText(inputs)}`,
    );
  return found[0];
}

/** Nodes between features [batch, width, T] and an input: what turns and converts them. Throws InvalidArgumentError for another shape. */
function adapter(target: OnnxEnd, { name: file, width, frames = 0 }: MergeOptions): ProtoWriter[] {
  const { name, element: type } = target;
  const dims = lengthsOf(target);
  const { float, float16 } = elementTypes;
  if (type !== float && type !== float16)
    throw new InvalidArgumentError(
      `${file}: input "${name}" has element type ${type}; expected float or float16`,
    );
  // Frames first where the width stands last, and may not stand in the middle.
  const turned = dims?.length === 3 && dims[2] === width && dims[1] !== width;
  // A last dimension that is known beside a middle one that is not is more likely another width than a count of frames.
  const isFrames = dims?.[2] === 0 || dims?.[2] === frames;
  const upright = dims === null || (dims.length === 3 && (dims[1] === width || (dims[1] === 0 && isFrames)));
  const isBatched = frames > 0 && dims !== null && dims[0] > 1;
  if ((!upright && !turned) || isBatched)
    throw new InvalidArgumentError(
      `${file}: input "${name}" is ${inputsText([target])}; expected [${frames > 0 ? 1 : 'batch'}, ${width}, frames] or [${frames > 0 ? 1 : 'batch'}, frames, ${width}]`,
    );
  const [, , count = 0] = turned ? [0, 0, dims[1]] : (dims ?? []);
  if (frames > 0 && count > 0 && frames !== count)
    throw new InvalidArgumentError(
      `${file}: input "${name}" has ${count} frames, the front end ${frames}; expected equal numbers`,
    );
  const steps: ((from: string, to: string) => ProtoWriter)[] = [];
  const node = (op: string, from: string, to: string): ProtoWriter =>
    new ProtoWriter()
      .text(own.input, from)
      .text(own.output, to)
      .text(own.name, `${prefix}${op}_features`)
      .text(own.op, op);
  const { attribute, node: own } = fields;
  const named = (key: string): ProtoWriter => new ProtoWriter().text(attribute.name, key);
  if (turned)
    steps.push((from, to) =>
      node('Transpose', from, to).message(
        own.attribute,
        named('perm')
          .int(attribute.ints, 0)
          .int(attribute.ints, 2)
          .int(attribute.ints, 1)
          .int(attribute.type, 7),
      ),
    );
  if (type === float16)
    steps.push((from, to) =>
      node('Cast', from, to).message(
        own.attribute,
        named('to').int(attribute.int, float16).int(attribute.type, 2),
      ),
    );
  return steps.map((step, i) =>
    step(
      i === 0 ? featuresName : `${prefix}features_${i}`,
      i === steps.length - 1 ? name : `${prefix}features_${i + 1}`,
    ),
  );
}

/** Before names of the first model, so that none is one of the second. */
const prefix = 'papilio_';
const featuresName = `${prefix}features`;

/** A message with the texts of some fields changed. */
function renamed(
  message: readonly ProtoField[],
  names: readonly number[],
  rename: (x: string) => string,
): ProtoWriter {
  const out = new ProtoWriter();
  for (const f of message)
    if (names.includes(f.field) && typeof f.value !== 'bigint')
      out.text(f.field, rename(new TextDecoder().decode(f.value)));
    else out.field(f);
  return out;
}

/** From opset 18 on ReduceMax reads its axes. */
function withAxesRead(node: readonly ProtoField[]): { node: ProtoWriter; constant: ProtoWriter } {
  const attributes = messagesOf(node, fields.node.attribute).map((bytes) =>
    readMessage(bytes, 'an attribute'),
  );
  const axes = attributes
    .filter((a) => textOf(a, fields.attribute.name) === 'axes')
    .flatMap((a) => a.filter((f) => f.field === fields.attribute.ints).map((f) => Number(f.value)));
  const name = `${textOf(node, fields.node.name)}_axes`;
  const out = new ProtoWriter();
  for (const input of [...textsOf(node, fields.node.input), name]) out.text(fields.node.input, input);
  for (const f of node) if (f.field !== fields.node.input && f.field !== fields.node.attribute) out.field(f);
  for (const a of attributes)
    if (textOf(a, fields.attribute.name) !== 'axes') {
      const kept = new ProtoWriter();
      for (const f of a) kept.field(f);
      out.message(fields.node.attribute, kept);
    }
  return { node: out, constant: encodeTensor({ name, type: 'int64', dims: [axes.length], data: axes }) };
}

/** The opset that both models can have. Throws UnsupportedError naming the node that has no meaning in it. */
function commonOpset(
  model: readonly ProtoField[],
  nodes: readonly (readonly ProtoField[])[],
  name: string,
): number {
  const imports = messagesOf(model, fields.model.opset).map((bytes) => readMessage(bytes, 'an opset'));
  const own = imports.find((o) => ['', 'ai.onnx'].includes(textOf(o, fields.opset.domain)));
  const version = (own && intOf(own, fields.opset.version)) ?? 1;
  if (version >= ownOpset && version <= newest) return version;
  if (version > newest || version < oldest)
    throw new UnsupportedError(`${name}: has opset ${version}; expected ${oldest} to ${newest}`);
  const wrong = nodes.find((node) => version < (changed[textOf(node, fields.node.op)] ?? 0));
  if (wrong)
    throw new UnsupportedError(
      `${name}: node "${textOf(wrong, fields.node.name) || textsOf(wrong, fields.node.output)[0]}" is ${textOf(wrong, fields.node.op)} of opset ${version}, which means something else in ${ownOpset}; expected a model of opset ${ownOpset} to ${newest}`,
    );
  const [first] = messagesOf(model, fields.model.functions);
  if (first)
    throw new UnsupportedError(
      `${name}: function "${textOf(readMessage(first, 'a function'), 1)}" is of opset ${version}; expected a model of opset ${ownOpset} to ${newest}, or without functions`,
    );
  return ownOpset;
}

/** A graph, and those inside its nodes: branches and bodies of loops. */
function graphsIn(graph: readonly ProtoField[], name: string): (readonly ProtoField[])[] {
  const { attribute } = fields;
  const inner = messagesOf(graph, fields.graph.node)
    .flatMap((bytes) => messagesOf(readMessage(bytes, name), fields.node.attribute))
    .map((bytes) => readMessage(bytes, name))
    .flatMap((one) => [...messagesOf(one, attribute.graph), ...messagesOf(one, attribute.graphs)]);
  return [graph, ...inner.flatMap((bytes) => graphsIn(readMessage(bytes, name), name))];
}

/** What is wrong with a graph that has to stay as it is. Throws UnsupportedError, InvalidArgumentError. */
function requireMergeable(graph: readonly ProtoField[], taken: readonly string[], name: string): void {
  for (const bytes of messagesOf(graph, fields.graph.constant)) {
    const tensor = readMessage(bytes, 'a tensor');
    if (intOf(tensor, fields.tensor.location) === 1)
      throw new UnsupportedError(
        `${name}: tensor "${textOf(tensor, fields.tensor.name)}" lies in a file of its own; expected a model of one file`,
      );
  }
  const values = [
    ...messagesOf(graph, fields.graph.input).map((bytes) => endOf(bytes).name),
    ...messagesOf(graph, fields.graph.node).flatMap((bytes) =>
      textsOf(readMessage(bytes, 'a node'), fields.node.output),
    ),
    ...messagesOf(graph, fields.graph.constant).map((b) =>
      textOf(readMessage(b, 'a tensor'), fields.tensor.name),
    ),
  ];
  const twice = values.find((v) => taken.includes(v) || v.startsWith(prefix));
  if (twice !== undefined)
    throw new InvalidArgumentError(`${name}: has a value "${twice}" already; expected another name`);
  const nodes = messagesOf(graph, fields.graph.node).map((b) =>
    textOf(readMessage(b, 'a node'), fields.node.name),
  );
  const own = nodes.find((n) => n.startsWith(prefix));
  if (own !== undefined)
    throw new InvalidArgumentError(`${name}: has a node "${own}" already; expected another name`);
}

/** The graph of the first model as a part of the joined one: names prefixed, results as the inputs of the second. */
function frontParts(front: readonly ProtoField[], names: Readonly<Record<string, string>>, opset: number) {
  const rename = (x: string): string => names[x] ?? `${prefix}${x}`;
  const nodes: ProtoWriter[] = [];
  const constants: ProtoWriter[] = messagesOf(front, fields.graph.constant).map((bytes) =>
    renamed(readMessage(bytes, 'a tensor'), [fields.tensor.name], rename),
  );
  for (const bytes of messagesOf(front, fields.graph.node)) {
    const named = renamed(readMessage(bytes, 'a node'), [fields.node.input, fields.node.output], rename);
    // Nodes have names beside those of values.
    const own = readMessage(named.finish(), 'a node');
    const node = renamed(own, [fields.node.name], (x) => `${prefix}${x}`);
    const read = readMessage(node.finish(), 'a node');
    if (opset < 18 || textOf(read, fields.node.op) !== 'ReduceMax') nodes.push(node);
    else {
      const { node: other, constant } = withAxesRead(read);
      nodes.push(other);
      constants.push(constant);
    }
  }
  return { nodes, constants };
}

/** The names of lengths in a model. */
const lengthNames = (graph: readonly ProtoField[]): string[] =>
  [fields.graph.input, fields.graph.output, fields.graph.value]
    .flatMap((field) => messagesOf(graph, field))
    .flatMap((bytes) => endOf(bytes).dims ?? [])
    .filter((d): d is string => typeof d === 'string');

/** Inputs of the first model: its batch is that of the second; no other length is called as one of the second. Runtimes take lengths of one name for equal. */
function frontInputs(own: readonly OnnxEnd[], target: OnnxEnd, taken: readonly string[]): ProtoWriter[] {
  const [batch] = target.dims ?? [];
  const rename = (d: number | string): number | string => {
    if (typeof d === 'number') return d;
    if (d === 'batch' && typeof batch === 'string' && batch !== '') return batch;
    return taken.includes(d) ? `${prefix}${d}` : d;
  };
  return own.map(({ name, element, dims }) =>
    writeValue({ name, type: elementName(element), dims: (dims ?? []).map(rename) }),
  );
}

/**
 * A front end in front of a model: `features` become one of its inputs, transposed and as float16 where it wants that, and
 * `features_lens` the one of that name. Throws FileFormatError, InvalidArgumentError and UnsupportedError, naming the input or node, for models
 * that cannot be joined.
 */
export function mergeOnnx(front: Uint8Array, model: Uint8Array, options: MergeOptions): Uint8Array {
  const { name } = options;
  const second = readMessage(model, name);
  const graph = graphOf(second, name);
  const first = readMessage(front, 'the front end');
  const own = graphOf(first, 'the front end');
  const ownInputs = graphSignature(own, 'the front end').inputs;
  const taken = ownInputs.map((i) => i.name);
  const graphs = graphsIn(graph, name);
  for (const one of graphs) requireMergeable(one, taken, name);
  const { inputs, outputs } = graphSignature(graph, name);
  if (outputs.length === 0)
    throw new InvalidArgumentError(`${name}: has no output; expected a model of ONNX`);
  const target = featuresInput(inputs, options);
  const lens = inputs.find((i) => i.name === 'features_lens');
  const between = adapter(target, options);
  if (lens && lens.element !== elementTypes.int64)
    throw new InvalidArgumentError(
      `${name}: input "${lens.name}" has element type ${lens.element}; expected int64`,
    );
  const nodes = graphs.flatMap((one) =>
    messagesOf(one, fields.graph.node).map((bytes) => readMessage(bytes, name)),
  );
  const opset = commonOpset(second, nodes, name);
  const names = {
    ...Object.fromEntries(taken.map((x) => [x, x])),
    features: between.length > 0 ? featuresName : target.name,
    ...(lens ? { features_lens: lens.name } : {}),
  };
  const parts = frontParts(own, names, opset);
  const joined = new ProtoWriter();
  for (const node of [...parts.nodes, ...between]) joined.message(fields.graph.node, node);
  for (const constant of parts.constants) joined.message(fields.graph.constant, constant);
  for (const end of frontInputs(ownInputs, target, lengthNames(graph)))
    joined.message(fields.graph.input, end);
  for (const f of graph) {
    const isFed =
      f.field === fields.graph.input &&
      typeof f.value !== 'bigint' &&
      [target, lens].some((i) => i?.name === endOf(f.value as Uint8Array).name);
    if (!isFed) joined.field(f);
  }
  return joinedModel(first, second, joined, opset);
}

/** The second model with another graph and opset, and the metadata of both. */
function joinedModel(
  first: readonly ProtoField[],
  second: readonly ProtoField[],
  graph: ProtoWriter,
  opset: number,
): Uint8Array {
  const { model } = fields;
  const out = new ProtoWriter();
  const version = Math.max(intOf(first, model.irVersion) ?? 0, intOf(second, model.irVersion) ?? 0);
  out.int(model.irVersion, version).message(model.graph, graph);
  out.message(model.opset, new ProtoWriter().text(fields.opset.domain, '').int(fields.opset.version, opset));
  for (const bytes of messagesOf(second, model.opset)) {
    const domain = textOf(readMessage(bytes, 'an opset'), fields.opset.domain);
    if (domain !== '' && domain !== 'ai.onnx') out.bytes(model.opset, bytes);
  }
  const rewritten: readonly number[] = [model.irVersion, model.graph, model.opset];
  for (const f of second) if (!rewritten.includes(f.field)) out.field(f);
  for (const bytes of messagesOf(first, model.metadata)) {
    const entry = readMessage(bytes, 'an entry');
    const key = textOf(entry, fields.entry.key);
    if (key !== 'papilio.sha256')
      out.message(model.metadata, writeEntry([key, textOf(entry, fields.entry.value)]));
  }
  return out.finish();
}
