/**
 * Memory: one arena of fixed size. Inputs, parameters, constants and outputs have places of their own; temporaries share
 * by lifetime; a stage that writes where it reads works in place, so a skipped butterfly is no code at all.
 */
import type { Expr } from '../ir/expr.ts';
import { argument } from '../ir/expr.ts';
import { sameAccess, type Graph, type Loop, type Tensor } from '../ir/graph.ts';
import { sameStored, type StoredTable } from '../ir/stored.ts';
import type { Buffer, Dtype, Kernel, Program } from './kernel.ts';
import { lanesOf } from './kernel.ts';
import { writeLast, type Piece } from './lower.ts';

export interface PlacedLoop {
  readonly loop: Loop;
  readonly pieces: readonly Piece[];
}

type Update = NonNullable<Graph['updates']>[number];
type Lower = (pieces: readonly Piece[], bufferOf: (t: Tensor) => number) => Kernel[];

interface Options {
  readonly dtype: Dtype;
  readonly reserve?: Readonly<Record<string, number>>;
}

/** Last step that reads or writes each tensor; outputs and update values live to the end. */
function lifetimes(graph: Graph, placed: readonly PlacedLoop[]): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  placed.forEach(({ loop, pieces }, step) => {
    for (const t of loop.results) last.set(t, step);
    for (const p of pieces) for (const x of p.loads) last.set(x.tensor, step);
  });
  for (const t of Object.values(graph.outputs)) last.set(t, Infinity);
  for (const u of graph.updates ?? []) last.set(u.value, Infinity);
  return last;
}

/** The operand whose storage a result may take over: read for the last time, point by point where the result is written. */
function aliasOf(l: Loop, result: number, isFree: (t: Tensor) => boolean): Tensor | null {
  const stores = l.stores.filter((s) => s.result === result);
  if (stores.some((s) => s.combine !== 'store')) return null;
  for (const tensor of new Set(l.loads.map((x) => x.tensor))) {
    if (!isFree(tensor) || tensor.size !== l.results[result].size) continue;
    const loads = l.loads.filter((x) => x.tensor === tensor);
    const matches =
      loads.every((x) => stores.some((s) => sameAccess(x.access, s.access))) &&
      stores.every((s) => loads.some((x) => sameAccess(x.access, s.access)));
    if (matches) return tensor;
  }
  return null;
}

/** Stores that copy an element onto itself. */
function withoutSelfCopies(piece: Piece, bufferOf: (t: Tensor) => number): Piece {
  if (!piece.body.some((e) => e.op === 'argument')) return piece;
  const keep = piece.stores.map((s, i) => {
    const e: Expr = piece.body[i];
    if (e.op !== 'argument' || s.combine !== 'store') return true;
    const from = piece.loads[e.value];
    return bufferOf(from.tensor) !== bufferOf(piece.results[s.result]) || !sameAccess(from.access, s.access);
  });
  return {
    ...piece,
    stores: piece.stores.filter((_, i) => keep[i]),
    body: piece.body.filter((_, i) => keep[i]),
  };
}

/**
 * Vectors of distance after a buffer of at least this many elements: five cache lines, so that streams through several
 * buffers of a power of two do not meet in the same sets of the first cache.
 */
const stagger = 20;
const staggered = 512;

/** Lowest free places in an arena, aligned to one vector. */
class Arena {
  private readonly taken: { from: number; to: number }[] = [];
  size = 0;
  private readonly lanes: number;
  constructor(lanes: number) {
    this.lanes = lanes;
  }

  take(elements: number): { from: number; to: number } {
    const whole = Math.ceil(Math.max(elements, 1) / this.lanes) * this.lanes;
    const length = whole + (whole < staggered ? 0 : stagger * this.lanes);
    let from = 0;
    let at = 0;
    for (; at < this.taken.length; at++) {
      if (this.taken[at].from - from >= length) break;
      from = this.taken[at].to;
    }
    const place = { from, to: from + length };
    this.taken.splice(at, 0, place);
    this.size = Math.max(this.size, place.to);
    return place;
  }

  release(place: { from: number; to: number }): void {
    const at = this.taken.indexOf(place);
    if (at >= 0) this.taken.splice(at, 1);
  }
}

const sampled = 64;

/** A number that equal contents share, from some of the elements. */
function contentKey(data: Float64Array): number {
  const words = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
  // An odd step meets low and high words.
  const step = 2 * Math.floor(words.length / sampled / 2) + 1;
  let key = data.length;
  for (let i = 0; i < words.length; i += step) key = Math.imul(key ^ words[i], 0x01000193);
  return key;
}

function sameContent(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Place every buffer and lower every piece. */
export function planMemory(
  graph: Graph,
  placed: readonly PlacedLoop[],
  options: Options,
  lower: Lower,
): Program {
  const buffers: Buffer[] = [];
  const constants = new Map<number, Float64Array>();
  const stored = new Map<number, StoredTable>();
  const ids = new Map<Tensor, number>();
  const places = new Map<number, { from: number; to: number }>();
  const arena = new Arena(lanesOf(options.dtype));
  const last = lifetimes(graph, placed);
  const outputs = new Map(Object.entries(graph.outputs).map(([name, t]) => [t, name]));

  const create = (name: string, kind: Buffer['kind'], size: number): number => {
    const place = arena.take(size);
    const id = buffers.push({ name, kind, size, offset: place.from }) - 1;
    places.set(id, place);
    return id;
  };
  const users = new Map<number, number>();
  const contents = new Map<number, number[]>();
  const leafBuffer = (t: Tensor): number => {
    const { source } = t;
    if (source.kind === 'loop') throw new Error('internal: a loop result is placed by its loop');
    if (source.kind !== 'constant')
      return create(source.name, source.kind, Math.max(t.size, options.reserve?.[source.name] ?? 0));
    const key = contentKey(source.data);
    const alike = contents.get(key) ?? [];
    const known = alike.find(
      (id) =>
        sameContent(constants.get(id) as Float64Array, source.data) &&
        sameStored(stored.get(id), source.stored),
    );
    if (known !== undefined) return known;
    const id = create('constant', 'constant', t.size);
    contents.set(key, [...alike, id]);
    constants.set(id, source.data);
    if (source.stored) stored.set(id, source.stored);
    return id;
  };
  const byName = new Map<string, number>();
  const bufferOf = (t: Tensor): number => {
    let id = ids.get(t);
    if (id !== undefined) return id;
    const name =
      t.source.kind === 'input' || t.source.kind === 'parameter' ? `${t.source.kind}:${t.source.name}` : '';
    id = byName.get(name) ?? leafBuffer(t);
    if (name) byName.set(name, id);
    ids.set(t, id);
    return id;
  };

  // Leaves and outputs live from run to run, so they are placed before any temporary.
  for (const [t, name] of outputs) {
    const id = create(name, 'output', Math.max(t.size, options.reserve?.[name] ?? 0));
    ids.set(t, id);
    users.set(id, 1);
  }
  for (const { pieces } of placed)
    for (const p of pieces) for (const x of p.loads) if (x.tensor.source.kind !== 'loop') bufferOf(x.tensor);
  const updated = (graph.updates ?? []).map((u) => bufferOf(u.parameter));

  // Where the last loops of an output work in place, they work in the output's own place from the first of them on.
  for (let step = placed.length - 1; step >= 0; step--) {
    const { loop, pieces } = placed[step];
    if (!writeLast(pieces)) continue;
    loop.results.forEach((t, result) => {
      const id = ids.get(t);
      if (id === undefined || buffers[id].kind !== 'output') return;
      const isFree = (x: Tensor): boolean =>
        x.source.kind === 'loop' && !outputs.has(x) && !ids.has(x) && last.get(x) === step;
      const operand = aliasOf(loop, result, isFree);
      if (!operand) return;
      ids.set(operand, id);
      users.set(id, (users.get(id) ?? 0) + 1);
    });
  }

  for (const u of graph.updates ?? []) {
    const id = bufferOf(u.parameter);
    const once = updated.filter((x) => x === id).length === 1;
    if (once && mayUpdateInPlace(u, placed, last, (t) => ids.get(t))) ids.set(u.value, id);
  }

  const kernels: Kernel[] = [];
  placed.forEach(({ loop, pieces }, step) => {
    const ending = (t: Tensor): boolean =>
      t.source.kind === 'loop' && !outputs.has(t) && last.get(t) === step && users.get(bufferOf(t)) === 1;
    const inherited = new Set<number>();
    const single = writeLast(pieces);
    loop.results.forEach((t, result) => {
      if (ids.has(t)) return;
      const alias = single ? aliasOf(loop, result, (x) => ending(x) && !inherited.has(bufferOf(x))) : null;
      const id = alias ? bufferOf(alias) : create('temporary', 'temporary', t.size);
      if (alias) inherited.add(id);
      ids.set(t, id);
      users.set(id, (users.get(id) ?? 0) + 1);
    });
    const trimmed = pieces.map((p) => withoutSelfCopies(p, bufferOf)).filter((p) => p.stores.length > 0);
    kernels.push(...lower(trimmed, bufferOf));
    const done = new Set<Tensor>();
    for (const t of [...loop.results, ...pieces.flatMap((p) => p.loads.map((x) => x.tensor))])
      if (t.source.kind === 'loop' && last.get(t) === step) done.add(t);
    for (const t of done) {
      const id = bufferOf(t);
      const count = (users.get(id) ?? 1) - 1;
      users.set(id, count);
      if (count === 0) arena.release(places.get(id) as { from: number; to: number });
    }
  });
  for (const u of graph.updates ?? [])
    if (bufferOf(u.value) !== bufferOf(u.parameter))
      kernels.push(...lower([copyInto(u.parameter, u.value)], bufferOf));

  const named = (kind: Buffer['kind']): Record<string, number> =>
    Object.fromEntries(buffers.flatMap((b, id) => (b.kind === kind ? [[b.name, id]] : [])));
  return {
    dtype: options.dtype,
    kernels,
    buffers,
    constants,
    stored,
    inputs: named('input'),
    outputs: named('output'),
    parameters: named('parameter'),
    arena: arena.size,
  };
}

/** Is the loop that makes an update the last to read its parameter, point by point where it writes? */
function mayUpdateInPlace(
  { parameter, value }: Update,
  placed: readonly PlacedLoop[],
  last: ReadonlyMap<Tensor, number>,
  idOf: (t: Tensor) => number | undefined,
): boolean {
  const step = last.get(parameter);
  if (step === undefined || idOf(value) !== undefined) return false;
  const { loop, pieces } = placed[step];
  const result = loop.results.indexOf(value);
  if (result < 0 || !writeLast(pieces) || !aliasOf(loop, result, (t) => t === parameter)) return false;
  // Several leaves may name one parameter.
  return [...last.keys()].every((t) => t === parameter || idOf(t) !== idOf(parameter));
}

/** The piece that overwrites a parameter with its new value. */
function copyInto(parameter: Tensor, value: Tensor): Piece {
  const whole = { offset: 0, terms: [1] };
  return {
    label: 'update',
    space: [parameter.size],
    loads: [{ tensor: value, access: whole }],
    body: [argument(0)],
    stores: [{ result: 0, access: whole, combine: 'store' }],
    results: [parameter],
  };
}
