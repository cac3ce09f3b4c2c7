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
  readonly outputsOnce?: boolean;
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

/** Buffers as they are made: leaves when they are first met, results where their loop puts them. */
class Memory {
  readonly buffers: Buffer[] = [];
  readonly constants = new Map<number, Float64Array>();
  readonly stored = new Map<number, StoredTable>();
  readonly arena: Arena;
  private readonly reserve: Readonly<Record<string, number>>;
  private readonly ids = new Map<Tensor, number>();
  private readonly places = new Map<number, { from: number; to: number }>();
  /** Results that are still to be read, per buffer. */
  private readonly users = new Map<number, number>();
  /** Buffers of leaves, by name or by a number of their contents: the same leaves share one. */
  private readonly leaves = new Map<string | number, number[]>();

  constructor({ dtype, reserve = {} }: Options) {
    this.arena = new Arena(lanesOf(dtype));
    this.reserve = reserve;
  }

  private create(name: string, kind: Buffer['kind'], elements: number): number {
    const size =
      kind === 'input' || kind === 'output' ? Math.max(elements, this.reserve[name] ?? 0) : elements;
    const place = this.arena.take(size);
    const id = this.buffers.push({ name, kind, size, offset: place.from }) - 1;
    this.places.set(id, place);
    return id;
  }

  private leaf({ source, size }: Tensor): number {
    if (source.kind === 'loop') throw new Error('internal: a loop result is placed by its loop');
    const isConstant = source.kind === 'constant';
    const key = isConstant ? contentKey(source.data) : `${source.kind}:${source.name}`;
    const alike = this.leaves.get(key) ?? [];
    const known = alike.find(
      (id) =>
        !isConstant ||
        (sameContent(this.constants.get(id) as Float64Array, source.data) &&
          sameStored(this.stored.get(id), source.stored)),
    );
    if (known !== undefined) return known;
    const id = this.create(isConstant ? 'constant' : source.name, source.kind, size);
    this.leaves.set(key, [...alike, id]);
    if (isConstant) this.constants.set(id, source.data);
    if (isConstant && source.stored) this.stored.set(id, source.stored);
    return id;
  }

  readonly bufferOf = (t: Tensor): number => {
    const id = this.ids.get(t) ?? this.leaf(t);
    this.ids.set(t, id);
    return id;
  };

  /** The buffer of a tensor that has one already. */
  readonly knownBuffer = (t: Tensor): number | undefined => this.ids.get(t);

  /** Puts a result into a buffer beside what is there. */
  put(t: Tensor, id: number): void {
    this.ids.set(t, id);
    this.users.set(id, (this.users.get(id) ?? 0) + 1);
  }

  putNew(t: Tensor, kind: 'output' | 'temporary', name: string): void {
    this.put(t, this.create(name, kind, t.size));
  }

  /** Is a result the only one to be read in its buffer? */
  isAlone(t: Tensor): boolean {
    return this.users.get(this.bufferOf(t)) === 1;
  }

  /** A result was read for the last time. */
  release(t: Tensor): void {
    const id = this.bufferOf(t);
    const count = (this.users.get(id) ?? 1) - 1;
    this.users.set(id, count);
    if (count === 0) this.arena.release(this.places.get(id) as { from: number; to: number });
  }

  /** An update's value is written over its parameter. */
  overwrite({ parameter, value }: Update): void {
    this.ids.set(value, this.bufferOf(parameter));
  }

  idsOf(kind: Buffer['kind']): Record<string, number> {
    return Object.fromEntries(this.buffers.flatMap((b, id) => (b.kind === kind ? [[b.name, id]] : [])));
  }
}

/** Where the last loops of an output work in place, they work in the output's own place from the first of them on. */
function workInOutputs(
  memory: Memory,
  placed: readonly PlacedLoop[],
  last: ReadonlyMap<Tensor, number>,
): void {
  for (let step = placed.length - 1; step >= 0; step--) {
    const { loop, pieces } = placed[step];
    if (!writeLast(pieces)) continue;
    loop.results.forEach((t, result) => {
      const id = memory.knownBuffer(t);
      if (id === undefined || memory.buffers[id].kind !== 'output') return;
      const isFree = (x: Tensor): boolean =>
        x.source.kind === 'loop' && memory.knownBuffer(x) === undefined && last.get(x) === step;
      const operand = aliasOf(loop, result, isFree);
      if (operand) memory.put(operand, id);
    });
  }
}

/** Places for the results of a loop, those of operands that end here where it can work in place. */
function placeResults(memory: Memory, { loop, pieces }: PlacedLoop, ends: (t: Tensor) => boolean): void {
  const inherited = new Set<number>();
  const single = writeLast(pieces);
  const isFree = (t: Tensor): boolean => ends(t) && memory.isAlone(t) && !inherited.has(memory.bufferOf(t));
  loop.results.forEach((t, result) => {
    if (memory.knownBuffer(t) !== undefined) return;
    const alias = single ? aliasOf(loop, result, isFree) : null;
    if (!alias) return memory.putNew(t, 'temporary', 'temporary');
    const id = memory.bufferOf(alias);
    inherited.add(id);
    memory.put(t, id);
  });
}

/** Place every buffer and lower every piece. */
export function planMemory(
  graph: Graph,
  placed: readonly PlacedLoop[],
  options: Options,
  lower: Lower,
): Program {
  const memory = new Memory(options);
  const { bufferOf } = memory;
  const last = lifetimes(graph, placed);
  const updates = graph.updates ?? [];
  // Leaves and outputs live from run to run, so they are placed before any temporary.
  for (const [name, t] of Object.entries(graph.outputs)) memory.putNew(t, 'output', name);
  for (const { pieces } of placed)
    for (const p of pieces) for (const x of p.loads) if (x.tensor.source.kind !== 'loop') bufferOf(x.tensor);
  const updated = updates.map((u) => bufferOf(u.parameter));
  if (!options.outputsOnce) workInOutputs(memory, placed, last);
  for (const u of updates) {
    const once = updated.filter((id) => id === bufferOf(u.parameter)).length === 1;
    if (once && mayUpdateInPlace(u, placed, last, memory.knownBuffer)) memory.overwrite(u);
  }
  const kernels: Kernel[] = [];
  placed.forEach((at, step) => {
    // Outputs and values of updates never end.
    const ends = (t: Tensor): boolean => t.source.kind === 'loop' && last.get(t) === step;
    placeResults(memory, at, ends);
    const trimmed = at.pieces.map((p) => withoutSelfCopies(p, bufferOf)).filter((p) => p.stores.length > 0);
    kernels.push(...lower(trimmed, bufferOf));
    const met = [...at.loop.results, ...at.pieces.flatMap((p) => p.loads.map((x) => x.tensor))];
    for (const t of new Set(met)) if (ends(t)) memory.release(t);
  });
  for (const u of updates)
    if (bufferOf(u.value) !== bufferOf(u.parameter))
      kernels.push(...lower([copyInto(u.parameter, u.value)], bufferOf));
  return {
    dtype: options.dtype,
    kernels,
    buffers: memory.buffers,
    constants: memory.constants,
    stored: memory.stored,
    inputs: memory.idsOf('input'),
    outputs: memory.idsOf('output'),
    parameters: memory.idsOf('parameter'),
    arena: memory.arena.size,
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
