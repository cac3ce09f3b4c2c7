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
  termAt,
  type Access,
  type Load,
  type Store,
  type Tensor,
  type Term,
} from '../ir/graph.ts';
import { accessesOf, mapAccesses, repeatedBody, type Draft } from './draft.ts';
import type { Kernel, KernelAccess } from './kernel.ts';
import { laneGroups } from './transpose.ts';

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

/** What each access of a vector of points along loop v costs, in units of one memory operation. */
function vectorCosts(d: Draft, v: number, lanes: number): number[] {
  const side = (accesses: readonly KernelAccess[]): number[] => {
    const grouped = new Map<number, number>();
    for (const { members, pattern } of laneGroups(accesses, v, d.extents[v], lanes))
      for (const i of members) grouped.set(i, pattern ? 2 : 3);
    return accesses.map((a, i) => {
      const t = a.terms[v];
      if (t === 0 || t === 1) return 1;
      return t === -1 ? 2 : (grouped.get(i) ?? laneByLane(lanes));
    });
  };
  return [...side(d.loads), ...side(d.stores)];
}

/** Cost of an access whose lanes are reached one by one. */
const laneByLane = (lanes: number): number => 2 * lanes;

interface VectorLoop {
  readonly v: number;
  readonly cost: number;
  /** Are the lanes of some access reached one by one? */
  readonly scattered: boolean;
}

/** The loop to vectorise, or null. A reduction is strided over its last loop alone, whatever else would be cheaper. */
function vectorLoop(d: Draft, lanes: number): VectorLoop | null {
  const last = d.extents.length - 1;
  if (last < 0 || lanes === 1) return null;
  const scatters = d.stores.filter((s) => s.mode === 'scatter');
  const candidates = d.extents.flatMap((extent, v) => {
    if (extent < lanes) return [];
    if (d.reduced[v]) return v === last && extent % lanes === 0 ? [v] : [];
    // Lanes of a scatter must not meet in one element.
    if (scatters.some((s) => s.terms[v] !== 1)) return [];
    return [v];
  });
  const scalarCost = accessesOf(d).length * lanes + 4 * d.body.length;
  const best = candidates
    .map((v) => {
      const costs = vectorCosts(d, v, lanes);
      const cost = costs.reduce((a, b) => a + b, (d.extents[v] % lanes) / lanes);
      return { v, cost, scattered: lanes > 2 && costs.includes(laneByLane(lanes)) };
    })
    .filter((c) => c.cost < 2 * scalarCost)
    .sort((a, b) => a.cost - b.cost || b.v - a.v)[0];
  return best ?? null;
}

/** A vectorised loop in the innermost place of its kind makes the best code. */
function innermost(d: Draft, v: number): { d: Draft; v: number } {
  const firstReduced = d.reduced.indexOf(true);
  const target = d.reduced[v]
    ? d.extents.length - 1
    : (firstReduced < 0 ? d.extents.length : firstReduced) - 1;
  if (v === target) return { d, v };
  const order = d.extents.map((_, i) => i).filter((i) => i !== v);
  order.splice(target, 0, v);
  const moved = mapAccesses(d, (a) => ({ ...a, terms: order.map((i) => a.terms[i]) }));
  moved.extents = order.map((i) => d.extents[i]);
  moved.reduced = order.map((i) => d.reduced[i]);
  return { d: moved, v: target };
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

const sliceTerm = (t: Term, from: number, count: number): Term =>
  typeof t === 'number' ? t : t.subarray(from, from + count);

/** The kernel over elements from `from` on of loop v, `count` of them. */
function slice(d: Draft, v: number, from: number, count: number): Draft {
  const cut = mapAccesses(d, (a) => {
    const t = a.terms[v];
    return {
      ...a,
      offset: a.offset + (typeof t === 'number' ? t * from : 0),
      terms: a.terms.map((x, i) => (i === v ? sliceTerm(x, from, count) : x)),
    };
  });
  cut.extents = d.extents.map((e, i) => (i === v ? count : e));
  return cut;
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

/** Fewest points per stretch for which a loop is cut where its tables break. */
const shortestStretch = 16;

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

/** What every aligned run of this length adds to its first entry, or null where runs differ. */
function runTerm(t: Term, length: number): Term | null {
  if (typeof t === 'number') return t;
  const run = Int32Array.from({ length }, (_, i) => t[i] - t[0]);
  for (let i = 0; i < t.length; i++) if (t[i] - t[i - (i % length)] !== run[i % length]) return null;
  return straighten({ offset: 0, terms: [run] }).terms[0];
}

/** Loop v as runs of this length, each a loop of its own; null where the runs of some access are not alike. */
function inRuns(d: Draft, v: number, length: number): Draft | null {
  if (d.reduced[v] || d.extents[v] % length !== 0) return null;
  const runs = new Map<Term, Term>();
  for (const a of accessesOf(d)) {
    const run = runs.get(a.terms[v]) ?? runTerm(a.terms[v], length);
    if (run === null) return null;
    runs.set(a.terms[v], run);
  }
  const starts = (t: Term): Term =>
    typeof t === 'number' ? t * length : t.filter((_, i) => i % length === 0);
  const split = mapAccesses(d, (a) => ({
    ...a,
    terms: a.terms.flatMap((t, i) => (i === v ? [starts(t), runs.get(t) as Term] : [t])),
  }));
  split.extents = d.extents.flatMap((e, i) => (i === v ? [e / length, length] : [e]));
  split.reduced = d.reduced.flatMap((r, i) => (i === v ? [r, r] : [r]));
  return split;
}

const isTabled = (d: Draft, v: number): boolean => accessesOf(d).some((a) => typeof a.terms[v] !== 'number');

/** Points given by tables, but evenly in aligned runs of a vector: the runs become a loop of their own. */
function splitRuns(d: Draft, lanes: number): Draft {
  if (lanes === 1) return d;
  for (let v = 0; v < d.extents.length; v++) {
    if (!isTabled(d, v)) continue;
    const split = inRuns(d, v, lanes);
    if (split && !isTabled(split, v + 1)) return split;
  }
  return d;
}

/** A last loop too short for a vector, made one together with runs of the loop around it; null where that is not possible. */
function widened(d: Draft, lanes: number): Draft | null {
  const last = d.extents.length - 1;
  const short = d.extents[last];
  if (last < 1 || short >= lanes || lanes % short !== 0 || d.reduced[last]) return null;
  if (d.stores.some((s) => s.mode !== 'write')) return null;
  const split = inRuns(d, last - 1, lanes / short);
  if (!split) return null;
  const laneTerm = (run: Term, t: Term): Term =>
    Int32Array.from({ length: lanes }, (_, l) => termAt(run, Math.floor(l / short)) + termAt(t, l % short));
  const merged = mapAccesses(split, (a) =>
    straighten({ ...a, terms: [...a.terms.slice(0, last), laneTerm(a.terms[last], a.terms[last + 1])] }),
  );
  merged.extents = [...split.extents.slice(0, last), lanes];
  merged.reduced = split.reduced.slice(0, -1);
  return merged;
}

/**
 * A nest with the loop to vectorise, if any: as it is, with the lanes of a vector as a loop of their own, or with several points
 * in one body so that strided accesses become squares of vectors, where that is cheaper.
 */
function vectorised(nest: Draft, lanes: number): { d: Draft; v: number } | null {
  if (lanes === 1) return null;
  const forms = [nest];
  const wide = widened(nest, lanes);
  if (wide) forms.push(wide);
  nest.extents.forEach((extent, v) => {
    const split = extent > lanes && isTabled(nest, v) ? inRuns(nest, v, lanes) : null;
    if (split) forms.push(split);
  });
  const best = cheapest(forms, lanes);
  if (!best) return null;
  const repeated = best.scattered ? cheapestRepeated(nest, lanes) : null;
  const { d, v } = repeated && repeated.cost < lanes * best.cost ? repeated : best;
  return innermost(d, v);
}

const cheapest = (forms: readonly Draft[], lanes: number): (VectorLoop & { d: Draft }) | undefined =>
  forms
    .flatMap((d) => {
      const loop = vectorLoop(d, lanes);
      return loop ? [{ d, ...loop }] : [];
    })
    .sort((a, b) => a.cost - b.cost)[0];

/** Part of the points that may be computed twice for it. */
const mostTwice = 1 / 32;

/** As many points as a vector has lanes in one body, along the best loop for that. */
function cheapestRepeated(nest: Draft, lanes: number): ReturnType<typeof cheapest> | null {
  const best = cheapest(
    nest.extents.flatMap((_, v) => repeatedBody(nest, v, lanes) ?? []),
    lanes,
  );
  if (!best) return null;
  const extent = best.d.extents[best.v];
  return lanes * Math.ceil(extent / lanes) <= (1 + mostTwice) * extent ? best : null;
}

/** A nest too ragged to be repeated without waste as one that is not, and a short rest; null where that gains nothing. */
function cutToRepeat(nest: Draft, lanes: number): Draft[] | null {
  const base = lanes > 1 ? cheapest([nest], lanes) : undefined;
  if (!base?.scattered || cheapestRepeated(nest, lanes)) return null;
  for (const [v, extent] of nest.extents.entries()) {
    const rest = extent % lanes;
    if (rest === 0 || extent < shortestStretch || nest.reduced[v]) continue;
    const main = slice(nest, v, 0, extent - rest);
    const repeated = cheapestRepeated(main, lanes);
    if (repeated && repeated.cost < lanes * base.cost) return [main, slice(nest, v, extent - rest, rest)];
  }
  return null;
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
