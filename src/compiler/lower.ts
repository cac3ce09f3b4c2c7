/**
 * From loops to kernels: order the dimensions (reductions inside), drop and merge trivial ones, choose the one that is
 * vectorised. A piece is a loop, or one class of its points after specialisation, that writes into the loop's results.
 */
import { literal, topological, type Expr } from '../ir/expr.ts';
import { pruneLoads } from '../ir/grad.ts';
import {
  access,
  addresses,
  ignores,
  straighten,
  type Access,
  type Load,
  type Store,
  type Tensor,
  type Term,
} from '../ir/graph.ts';
import { accessesOf, mapAccesses, type Draft } from './draft.ts';
import type { Kernel, KernelAccess } from './kernel.ts';
import { cutToRepeat, shortestStretch, slice, splitRuns, vectorised } from './vector-loop.ts';

export interface Piece {
  readonly label: string;
  readonly space: readonly number[];
  readonly loads: readonly Load[];
  readonly body: readonly Expr[];
  readonly stores: readonly Store[];
  readonly results: readonly Tensor[];
}

type BufferOf = (t: Tensor) => number;

/** Dimensions a combining store accumulates over. */
const reducedDims = (s: Store, space: readonly number[]): number[] =>
  s.combine === 'store' ? [] : space.flatMap((extent, d) => (extent > 1 && ignores(s.access, d) ? [d] : []));

/**
 * How the sums (and maxima) of a loop reach memory, decided over all its pieces together. scattered: an element is met
 * at several points that are not one reduction, so sums cannot stay in registers. partial: some elements are met never.
 */
function sumResults(pieces: readonly Piece[]): { scattered: Set<number>; partial: Set<number> } {
  const scattered = new Set<number>();
  const seen = new Map<number, Set<number>>();
  const sizes = new Map<number, number>();
  for (const piece of pieces)
    for (const s of piece.stores) {
      if (s.combine === 'store') continue;
      const reduced = reducedDims(s, piece.space);
      const own = seen.get(s.result) ?? new Set<number>();
      seen.set(s.result, own);
      sizes.set(s.result, piece.results[s.result].size);
      for (const at of addresses(
        s.access,
        piece.space.map((extent, d) => (reduced.includes(d) ? 1 : extent)),
      )) {
        if (own.has(at)) scattered.add(s.result);
        own.add(at);
      }
    }
  const partial = [...seen].flatMap(([result, own]) =>
    own.size < (sizes.get(result) as number) ? [result] : [],
  );
  return { scattered, partial: new Set(partial) };
}

interface StoreGroup {
  reduced: number[];
  members: number[];
  scatter: boolean;
}

/** Stores of a piece in groups that can share one loop nest: plain ones and one set of reduction dimensions; each scatter alone. */
function groupStores(piece: Piece, scattered: ReadonlySet<number>): StoreGroup[] {
  const plain: number[] = [];
  const groups: StoreGroup[] = [];
  piece.stores.forEach((s, i) => {
    if (s.combine === 'store') {
      plain.push(i);
      return;
    }
    if (scattered.has(s.result)) {
      groups.push({ reduced: [], members: [i], scatter: true });
      return;
    }
    const reduced = reducedDims(s, piece.space);
    const same = groups.find((g) => !g.scatter && g.reduced.join() === reduced.join());
    if (same) same.members.push(i);
    else groups.push({ reduced, members: [i], scatter: false });
  });
  if (plain.length > 0) {
    const host = groups.find((g) => !g.scatter);
    if (host && fitOneNest(piece, host, plain)) host.members.unshift(...plain);
    else groups.push({ reduced: [], members: plain, scatter: false });
  }
  return groups;
}

/** 128-bit registers of x86-64. */
const registers = 16;

/**
 * Do plain stores share the nest of sums? Not where the running sums and what stays in registers beside them already
 * take all there are, as in the adjoint of a stage of free blocks: its values and its sums make two nests without
 * spills, unless much would be computed twice.
 */
function fitOneNest(piece: Piece, sums: StoreGroup, plain: readonly number[]): boolean {
  const fixed = piece.loads.filter((x) => sums.reduced.every((d) => ignores(x.access, d)));
  if (sums.members.length + fixed.length < registers) return true;
  const computed = (members: readonly number[]): Expr[] =>
    topological(members.map((i) => piece.body[i])).filter((e) => e.args.length > 0);
  const summed = new Set(computed(sums.members));
  const values = computed(plain);
  return 4 * values.filter((e) => summed.has(e)).length > values.length;
}

const accumulates = (piece: Piece): boolean => piece.stores.some((s) => s.combine !== 'store');

/** Is the last loop nest of each piece the only one that stores point by point, so that it may write where all of them read? */
export function writeLast(pieces: readonly Piece[]): boolean {
  if (!pieces.some(accumulates)) return true;
  const { scattered, partial } = sumResults(pieces);
  const writes = (piece: Piece, g: StoreGroup): boolean =>
    g.members.some((i) => piece.stores[i].combine === 'store');
  return (
    scattered.size + partial.size === 0 &&
    pieces.every((piece) =>
      groupStores(piece, scattered).every((g, i, { length }) => i === length - 1 || !writes(piece, g)),
    )
  );
}

function draft(piece: Piece, group: StoreGroup, bufferOf: BufferOf): Draft {
  const kept = piece.space.flatMap((extent, d) =>
    extent > 1 && (group.scatter || !group.reduced.includes(d)) ? [d] : [],
  );
  const inner = group.scatter ? [] : group.reduced;
  const order = [...kept, ...inner];
  const dropped = piece.space.flatMap((extent, d) => (extent === 1 ? [d] : []));
  const at = (t: Tensor, a: Access): KernelAccess => ({
    buffer: bufferOf(t),
    offset: dropped.reduce((o, d) => o + firstOf(a.terms[d]), a.offset),
    terms: order.map((d) => a.terms[d]),
  });
  const pruned = pruneLoads(
    piece.loads,
    group.members.map((i) => piece.body[i]),
  );
  return {
    label: piece.label,
    extents: order.map((d) => piece.space[d]),
    reduced: order.map((d) => inner.includes(d)),
    loads: pruned.loads.map((l) => at(l.tensor, l.access)),
    body: pruned.body,
    stores: group.members.map((i) => {
      const s = piece.stores[i];
      const mode = s.combine === 'store' ? 'write' : group.scatter ? 'scatter' : 'reduce';
      return { ...at(piece.results[s.result], s.access), combine: s.combine, mode };
    }),
  };
}

const firstOf = (t: Term): number => (typeof t === 'number' ? 0 : t[0]);

/** Merge loop i with loop i + 1 where every address runs through both evenly. */
function collapse(d: Draft): Draft {
  for (let i = 0; i + 1 < d.extents.length; i++) {
    const inner = d.extents[i + 1];
    const even = (a: KernelAccess): boolean => {
      const term = a.terms[i + 1];
      return typeof term === 'number' && a.terms[i] === term * inner;
    };
    if (d.reduced[i] !== d.reduced[i + 1] || !d.loads.every(even) || !d.stores.every(even)) continue;
    const merged = mapAccesses(d, (a) => ({ ...a, terms: a.terms.filter((_, j) => j !== i) }));
    merged.extents = d.extents.flatMap((e, j) => (j === i ? [] : j === i + 1 ? [e * d.extents[i]] : [e]));
    merged.reduced = d.reduced.filter((_, j) => j !== i);
    return collapse(merged);
  }
  return d;
}

function finish(d: Draft, vector: number | null): Kernel {
  const firstReduced = d.reduced.indexOf(true);
  return {
    label: d.label,
    extents: d.extents,
    reduceFrom: firstReduced < 0 ? d.extents.length : firstReduced,
    vector,
    loads: d.loads,
    body: d.body,
    stores: d.stores,
  };
}

/** Kernels of a loop given as its pieces; results that are summed into memory, or not wholly, are filled first. */
export function lowerLoop(pieces: readonly Piece[], bufferOf: BufferOf, lanes: number): Kernel[] {
  const { scattered, partial } = sumResults(pieces);
  const fills: Kernel[] = [];
  const filled = new Set<number>();
  for (const piece of pieces)
    for (const s of piece.stores) {
      if (!(scattered.has(s.result) || partial.has(s.result)) || filled.has(s.result)) continue;
      filled.add(s.result);
      fills.push(fillKernel(piece, s, bufferOf(piece.results[s.result]), lanes));
    }
  const nests = pieces.flatMap((piece) =>
    groupStores(piece, scattered).flatMap((group) => lowerGroup(draft(piece, group, bufferOf), lanes)),
  );
  return [...fills, ...nests];
}

const hasTables = (d: Draft): boolean =>
  accessesOf(d).some((a) => a.terms.some((t) => typeof t !== 'number'));

/** Starts of the stretches of loop v along which every table of the nest is an arithmetic progression. */
function stretches(d: Draft, v: number): number[] {
  const tables = new Set(accessesOf(d).map((a) => a.terms[v]));
  const starts = [0];
  for (let i = 2; i < d.extents[v]; i++) {
    if (i - starts[starts.length - 1] < 2) continue;
    const breaks = [...tables].some((t) => typeof t !== 'number' && t[i] - t[i - 1] !== t[i - 1] - t[i - 2]);
    if (!breaks) continue;
    // A lone first point belongs to no progression: the break shows one step late.
    const late = i - starts[starts.length - 1] === 2;
    starts.push(late ? i - 1 : i);
  }
  return starts;
}

/** The nest cut where its tables break, as a mirrored index does at its ends; few cuts only. */
function cutAtBreaks(d: Draft): Draft[] {
  for (let v = 0; v < d.extents.length; v++) {
    if (d.reduced[v] || accessesOf(d).every((a) => typeof a.terms[v] === 'number')) continue;
    const starts = stretches(d, v);
    if (starts.length === 1 || d.extents[v] / starts.length < shortestStretch) continue;
    return starts.map((from, i) =>
      mapAccesses(slice(d, v, from, (starts[i + 1] ?? d.extents[v]) - from), straighten),
    );
  }
  return [d];
}

function lowerGroup(nest: Draft, lanes: number): Kernel[] {
  const straight = mapAccesses(nest, straighten);
  if (!hasTables(straight)) return lowerNest(collapse(straight), lanes);
  return cutAtBreaks(straight).flatMap((part) => lowerNest(splitRuns(collapse(part), lanes), lanes));
}

/** One loop nest; points that fill no vector are computed twice where that is harmless, else one by one. */
function lowerNest(whole: Draft, lanes: number): Kernel[] {
  const parts = cutToRepeat(whole, lanes);
  if (parts) return parts.flatMap((part) => lowerNest(part, lanes));
  const best = vectorised(whole, lanes);
  if (!best) return [finish(whole, null)];
  const { d, v: at } = best;
  const rest = d.extents[at] % lanes;
  if (rest === 0) return [finish(d, at)];
  if (mayRepeat(d, at)) return [finish(overlapped(d, at, lanes), at + 1)];
  const main = d.extents[at] - rest;
  return [finish(slice(d, at, 0, main), at), finish(slice(d, at, main, rest), null)];
}

/** May points be computed twice? Yes where nothing accumulates and nothing is overwritten that is still to be read. */
function mayRepeat(d: Draft, v: number): boolean {
  const loaded = new Set(d.loads.map((l) => l.buffer));
  return (
    d.stores.every((s) => s.mode === 'write' && !loaded.has(s.buffer)) &&
    accessesOf(d).every((a) => typeof a.terms[v] === 'number')
  );
}

/** Loop v as whole vectors, the last of which reaches back to end at the last point. */
function overlapped(d: Draft, v: number, lanes: number): Draft {
  const count = Math.ceil(d.extents[v] / lanes);
  const start = (i: number): number => Math.min(i * lanes, d.extents[v] - lanes);
  const tables = new Map<number, Int32Array>();
  const split = mapAccesses(d, (a) => {
    const t = a.terms[v] as number;
    const table = tables.get(t) ?? Int32Array.from({ length: count }, (_, i) => start(i) * t);
    tables.set(t, table);
    return { ...a, terms: a.terms.flatMap((x, i) => (i === v ? [t === 0 ? 0 : table, t] : [x])) };
  });
  split.extents = d.extents.flatMap((e, i) => (i === v ? [count, lanes] : [e]));
  split.reduced = d.reduced.flatMap((r, i) => (i === v ? [false, r] : [r]));
  return split;
}

function fillKernel(piece: Piece, s: Store, buffer: number, lanes: number): Kernel {
  const size = piece.results[s.result].size;
  const fill: Draft = {
    label: `fill for ${piece.label}`,
    extents: [size],
    reduced: [false],
    loads: [],
    body: [literal(s.combine === 'max' ? -Infinity : 0)],
    stores: [{ buffer, offset: 0, terms: access(0, 1).terms, mode: 'write', combine: 'store' }],
  };
  return finish(fill, lanes > 1 && size % lanes === 0 ? 0 : null);
}
