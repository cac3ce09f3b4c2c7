/**
 * The tensor language: a graph of *loops*. A loop runs one scalar body (expr.ts) over an iteration space; its loads
 * and stores are index maps. Stages, maps, gathers, framing, banded products and reductions are all loops that differ
 * only in their index maps, so autodiff, specialisation and code generation have one case. (Idea: MLIR `linalg.generic`.)
 *
 * Tensors are real and row-major; a complex tensor is a planar pair. dtype is chosen at compilation.
 */
import { IllegalGraphError } from '../errors.ts';
import type { Expr } from './expr.ts';
import type { StoredTable } from './stored.ts';

/** Contribution of one loop index to an element address: a stride, or a table of its extent. */
export type Term = number | Int32Array;

/** Element address = offset + sum over dims of (stride * i, or table[i]). */
export interface Access {
  readonly offset: number;
  readonly terms: readonly Term[];
}

/** How a store meets what is there: `store` writes each element once; `sum` and `max` reduce. */
export type Combine = 'store' | 'sum' | 'max';

export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string }
  /** `stored`: how a file holds the numbers; `data` is what it decodes to. */
  | { readonly kind: 'constant'; readonly data: Float64Array; readonly stored?: StoredTable }
  | { readonly kind: 'loop'; readonly loop: Loop; readonly result: number };

/** A real tensor of a graph, row-major; what it holds is its source. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly size: number;
  readonly source: Source;
}

/** Planar complex tensor. */
export interface ComplexTensor {
  readonly re: Tensor;
  readonly im: Tensor;
}

export interface Load {
  readonly tensor: Tensor;
  readonly access: Access;
}

export interface Store {
  /** Index into `results`. */
  readonly result: number;
  readonly access: Access;
  readonly combine: Combine;
}

/** body[i] is stored by stores[i]; formal argument i of the body is loads[i]. */
export interface Loop {
  readonly label: string;
  readonly space: readonly number[];
  readonly loads: readonly Load[];
  readonly body: readonly Expr[];
  readonly stores: readonly Store[];
  readonly results: readonly Tensor[];
}

/** What a program computes: named outputs, and updates that overwrite parameters after everything was read. */
export interface Graph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates?: readonly { readonly parameter: Tensor; readonly value: Tensor }[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const leaf = (shape: readonly number[], source: Source): Tensor => ({ shape, size: sizeOf(shape), source });
/** A tensor whose numbers are written before every run, by name. */
export const input = (name: string, shape: readonly number[]): Tensor => leaf(shape, { kind: 'input', name });
/** A tensor whose numbers stay in the program from run to run, by name. */
export const parameter = (name: string, shape: readonly number[]): Tensor =>
  leaf(shape, { kind: 'parameter', name });

/** The name of an input or a parameter; '' for other tensors. */
export const leafName = ({ source }: Tensor): string =>
  source.kind === 'input' || source.kind === 'parameter' ? source.name : '';

/**
 * A constant tensor, and the codes that files hold it as, where it has any; throws IllegalGraphError if the data does not fill the
 * shape.
 */
export function constant(shape: readonly number[], data: ArrayLike<number>, stored?: StoredTable): Tensor {
  if (data.length !== sizeOf(shape))
    throw new IllegalGraphError(`constant of shape [${shape.join(', ')}] given ${data.length} values`);
  return leaf(shape, { kind: 'constant', data: new Float64Array(data), ...(stored ? { stored } : {}) });
}

type LoopSpec = Omit<Loop, 'results'> & { readonly shapes: readonly (readonly number[])[] };

/** Build a loop, tables that are arithmetic progressions as strides; returns its result tensors. */
export function loop(spec: LoopSpec): readonly Tensor[] {
  const results: Tensor[] = [];
  const { shapes, ...rest } = spec;
  const made: Loop = {
    ...rest,
    loads: spec.loads.map((x) => ({ ...x, access: straighten(x.access) })),
    stores: spec.stores.map((s) => ({ ...s, access: straighten(s.access) })),
    results,
  };
  shapes.forEach((shape, result) => results.push(leaf(shape, { kind: 'loop', loop: made, result })));
  return results;
}

export const access = (offset: number, ...terms: Term[]): Access => ({ offset, terms });

/** Turn tables that are arithmetic progressions into strides. */
export function straighten<A extends Access>(a: A): A {
  if (a.terms.every((t) => typeof t === 'number')) return a;
  let { offset } = a;
  const terms = a.terms.map((t) => {
    if (typeof t === 'number') return t;
    const step = t.length > 1 ? t[1] - t[0] : 0;
    for (let i = 1; i < t.length; i++) if (t[i] - t[i - 1] !== step) return t;
    offset += t[0];
    return step;
  });
  return { ...a, offset, terms };
}

/** Row-major strides of a shape. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

export const termAt = (term: Term, index: number): number =>
  typeof term === 'number' ? term * index : term[index];

/** Least and greatest contribution of a term over an index below `extent`. */
export function rangeOf(term: Term, extent: number): [low: number, high: number] {
  if (typeof term === 'number') {
    const end = term * (extent - 1);
    return end < 0 ? [end, 0] : [0, end];
  }
  let [low, high] = [term[0], term[0]];
  for (let i = 1; i < extent; i++) {
    if (term[i] < low) low = term[i];
    else if (term[i] > high) high = term[i];
  }
  return [low, high];
}

export function scaleTerm(t: Term, by: number): Term {
  if (typeof t === 'number') return t * by;
  const table = new Int32Array(t.length);
  for (let i = 0; i < t.length; i++) table[i] = t[i] * by;
  return table;
}

/** Sum of two contributions of one index. */
export function addTerms(t: Term, u: Term): Term {
  if (typeof t === 'number' && typeof u === 'number') return t + u;
  const [table, other] = typeof t === 'number' ? [u as Int32Array, t] : [t, u];
  return table.map((x, i) => x + termAt(other, i));
}

/** floor(contribution / by) of every index below `extent`. */
export const floorTerm = (t: Term, by: number, extent: number): Term =>
  t === 0 ? 0 : Int32Array.from({ length: extent }, (_, i) => Math.floor(termAt(t, i) / by));

/** Addresses of an access over its whole space, last dimension fastest. */
export function addresses(a: Access, space: readonly number[]): Int32Array {
  let table = Int32Array.of(a.offset);
  for (let d = 0; d < space.length; d++) {
    const term = a.terms[d];
    if (space[d] === 1 && typeof term === 'number') continue;
    const extent = space[d];
    const next = new Int32Array(table.length * extent);
    if (typeof term === 'number')
      for (let i = 0, o = 0; i < table.length; i++)
        for (let j = 0, at = table[i]; j < extent; j++, at += term) next[o++] = at;
    else
      for (let i = 0, o = 0; i < table.length; i++)
        for (let j = 0; j < extent; j++) next[o++] = table[i] + term[j];
    table = next;
  }
  return table;
}

/** Does the address ignore dimension d? */
export const ignores = (a: Access, d: number): boolean => a.terms[d] === 0;

export function sameAccess(a: Access, b: Access): boolean {
  return a.offset === b.offset && sameTerms(a, b);
}

export function sameTerms(a: Access, b: Access): boolean {
  return a.terms.every((t, d) => {
    const u = b.terms[d];
    return t === u || (typeof t !== 'number' && typeof u !== 'number' && sameTable(t, u));
  });
}

export function sameTable(t: Int32Array, u: Int32Array): boolean {
  if (t.length !== u.length) return false;
  for (let i = 0; i < t.length; i++) if (t[i] !== u[i]) return false;
  return true;
}

/** The loops a graph needs, producers first. */
export function loopsOf(graph: Graph): Loop[] {
  const order: Loop[] = [];
  const seen = new Set<Loop>();
  const visit = (t: Tensor): void => {
    if (t.source.kind !== 'loop' || seen.has(t.source.loop)) return;
    seen.add(t.source.loop);
    for (const load of t.source.loop.loads) visit(load.tensor);
    order.push(t.source.loop);
  };
  for (const root of rootsOf(graph)) visit(root);
  return order;
}

export const rootsOf = (graph: Graph): Tensor[] => [
  ...Object.values(graph.outputs),
  ...(graph.updates ?? []).map((u) => u.value),
];

/** Leaves of one kind, each once, in order of first use. */
export function leavesOf(graph: Graph, kind: 'input' | 'parameter' | 'constant'): Tensor[] {
  const found = new Set<Tensor>();
  for (const l of loopsOf(graph))
    for (const { tensor } of l.loads) if (tensor.source.kind === kind) found.add(tensor);
  for (const root of rootsOf(graph)) if (root.source.kind === kind) found.add(root);
  for (const u of graph.updates ?? []) if (kind === 'parameter') found.add(u.parameter);
  return [...found];
}

/** Elementwise loop over tensors of one shape: result = body(arguments), one result per body expression. */
export function map(label: string, tensors: readonly Tensor[], body: readonly Expr[]): readonly Tensor[] {
  const shape = tensors[0].shape;
  const strides = rowMajor(shape);
  const whole: Access = { offset: 0, terms: strides };
  return loop({
    label,
    space: shape,
    loads: tensors.map((tensor) => ({ tensor, access: tensor.size === 1 ? scalar(shape) : whole })),
    body,
    stores: body.map((_, result) => ({ result, access: whole, combine: 'store' })),
    shapes: body.map(() => shape),
  });
}

/** The access that reads one scalar everywhere in a space. */
export const scalar = (space: readonly number[]): Access => ({ offset: 0, terms: space.map(() => 0) });
