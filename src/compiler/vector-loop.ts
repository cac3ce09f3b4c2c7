/**
 * The loop of a nest that is vectorised: what each choice costs, and the forms a nest can take for it (aligned runs as a loop of their own,
 * short loops made one, several points in one body).
 */
import { straighten, termAt, type Term } from '../ir/graph.ts';
import { accessesOf, mapAccesses, repeatedBody, type Draft } from './draft.ts';
import type { KernelAccess } from './kernel.ts';
import { laneGroups } from './transpose.ts';

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

const sliceTerm = (t: Term, from: number, count: number): Term =>
  typeof t === 'number' ? t : t.subarray(from, from + count);

/** The kernel over elements from `from` on of loop v, `count` of them. */
export function slice(d: Draft, v: number, from: number, count: number): Draft {
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

/** Fewest points per stretch for which a loop is cut where its tables break. */
export const shortestStretch = 16;

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
export function splitRuns(d: Draft, lanes: number): Draft {
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
export function vectorised(nest: Draft, lanes: number): { d: Draft; v: number } | null {
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
export function cutToRepeat(nest: Draft, lanes: number): Draft[] | null {
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
