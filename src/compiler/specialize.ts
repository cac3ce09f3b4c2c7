/**
 * Where gates pay: the points of every loop are partitioned by what is known of the values they meet.
 *
 * Known values are constants that are 0, 1 or -1, constants equal up to sign, elements that are zero because of an
 * earlier stage, and results that nobody reads. Each class of points becomes one piece whose body is the same
 * expression rebuilt with that knowledge, so skipped and dropped butterflies, trivial twiddles, zero padding and dead
 * bins are one pass. The pass knows nothing of stages: it looks at loads, bodies and stores.
 */
import { perBody, rebuildBody } from '../ir/bodies.ts';
import { evaluate, exprCarrier, usedArguments, type Expr } from '../ir/expr.ts';
import {
  access,
  addresses,
  ignores,
  rangeOf,
  rowMajor,
  sizeOf,
  type Access,
  type Load,
  type Loop,
  type Tensor,
} from '../ir/graph.ts';
import { gathered, knownValue, maximumKnownPoints, symbolsOf, type Informed } from './known.ts';
import type { Piece } from './lower.ts';
import { bitsAt, overRuns, refined, runsOf, type Mask } from './masks.ts';
import { classOfEach, identified, piecesOf, type ClassBody, type Classes } from './pieces.ts';
import { unrollReduction } from './unroll.ts';

/** Larger spaces are left as they are; exact transforms of such sizes gain nothing from it. */
const maximumPoints = 1 << 20;

/** Addresses of every access at every point, made when first asked for. */
interface Points {
  readonly load: (i: number) => Int32Array;
  readonly store: (i: number) => Int32Array;
  readonly count: number;
}

/** Class of each point after the forward pass: an index into `bodies`. */
interface Forward {
  readonly bodies: readonly (readonly Expr[])[];
  readonly classes: Classes;
}

/** Elements of a tensor that somebody reads: all, or those marked. */
type Needed = true | Mask;

/** What pieces are made for. */
interface PieceOptions {
  /** Code without vectors has a piece per class. Default true. */
  readonly vectors?: boolean | undefined;
  /** Points that a class must have to be a piece of its own, where constants alone tell it apart. */
  readonly smallestClass?: number | undefined;
}

/**
 * Pieces of every loop. `live` are outputs and updated parameters with the count of leading elements that are wanted.
 * Loops without constants or known zeros come back unchanged, as one piece.
 */
export function specialize(
  original: readonly Loop[],
  live: ReadonlyMap<Tensor, number>,
  options: PieceOptions,
): Map<Loop, Piece[]> {
  const loops = original.map(unrollReduction);
  const zero = new Map<Tensor, Mask>();
  const forward = new Map<Loop, Forward>();
  for (const l of loops) {
    const f = classify(l, zero, options);
    if (f) forward.set(l, f);
  }
  const needed = new Map<Tensor, Needed>();
  for (const [t, count] of live)
    needed.set(t, count >= t.size ? true : { unit: 1, bits: new Uint8Array(t.size).fill(1, 0, count) });
  const pieces = new Map<Loop, Piece[]>();
  for (let i = loops.length - 1; i >= 0; i--) {
    const l = loops[i];
    pieces.set(original[i], emit(l, forward.get(l), zero, needed, new Set(live.keys())));
  }
  return pieces;
}

function pointsOf(l: Loop): Points {
  const lazy = (accesses: readonly Access[]): ((i: number) => Int32Array) => {
    const made: Int32Array[] = [];
    return (i) => (made[i] ??= addresses(accesses[i], l.space));
  };
  return {
    load: lazy(l.loads.map((x) => x.access)),
    store: lazy(l.stores.map((s) => s.access)),
    count: sizeOf(l.space),
  };
}

/** `usedArguments`, remembered. */
const readBy = /* @__PURE__ */ perBody(usedArguments);

const isConstant = (t: Tensor): boolean => t.source.kind === 'constant';

/**
 * Fewest points that are worth a piece of their own when the points themselves are what is vectorised.
 * Smaller classes join the one in which constants are only loaded: an isolated trivial twiddle would break a run.
 */
const vectorClass = 16;
/** Points that share a vector along the last dimension need no such company. */
const vectorPoints = 4;

/** The loop over the longest runs of points that these marks and the first `least` dimensions do not tell apart, with the marks of those runs. */
function inRuns(
  l: Loop,
  least: number,
  marks: readonly (Mask | undefined)[],
): { runs: Loop; unit: number; bits: (Uint8Array | undefined)[] } {
  for (const { from, unit } of runsOf(l, least)) {
    const bits = marks.map((m) => m && bitsAt(m, unit));
    if (!bits.includes(null))
      return { runs: overRuns(l, from, unit), unit, bits: bits as (Uint8Array | undefined)[] };
  }
  throw new Error('internal: single points are runs');
}

/** Forward pass over one loop: classes of points, and which results are zero. */
function classify(
  l: Loop,
  zero: Map<Tensor, Mask>,
  { vectors = true, smallestClass = vectorClass }: PieceOptions,
): Forward | null {
  const known = l.loads.flatMap((x, i) => (isConstant(x.tensor) || zero.has(x.tensor) ? [i] : []));
  if (known.length === 0) return null;
  const { runs, unit, bits } = inRuns(
    l,
    0,
    known.map((i) => zero.get(l.loads[i].tensor)),
  );
  const count = sizeOf(runs.space);
  if (count > maximumPoints) return null;
  const walked = runs.space.map((_, d) => known.some((i) => !ignores(runs.loads[i].access, d)));
  const common = runs.space.map((extent, d) => (walked[d] ? extent : 1));
  if (sizeOf(common) > maximumKnownPoints && !bits.some((b) => b)) return null;
  const informed = known.map((load, i): Informed => {
    const { tensor, access } = runs.loads[load];
    const { source } = tensor;
    const zeros = bits[i];
    return {
      load,
      values: source.kind === 'constant' ? gathered(source.data, access, common) : null,
      zeros: zeros ? gathered(zeros, access, common) : null,
    };
  });
  const { signatures, identify } = identified();
  const { columns, changed } = symbolsOf(informed, sizeOf(common));
  const symbolsAt = new Int32Array(l.loads.length);
  const commonClass = new Int32Array(changed.length);
  // Neighbours mostly agree; a key is made only where they do not.
  for (let q = 0; q < commonClass.length; q++) {
    if (changed[q] === 0) {
      commonClass[q] = commonClass[q - 1];
      continue;
    }
    columns.forEach((column, i) => (symbolsAt[known[i]] = column[q]));
    commonClass[q] = identify(symbolsAt);
  }
  const strides = rowMajor(common);
  // Along the last dimensions that are not walked a class goes on as it is.
  const space = runs.space.slice(0, walked.lastIndexOf(true) + 1);
  const spread = addresses(access(0, ...space.map((_, d) => (walked[d] ? strides[d] : 0))), space);
  let classOf = translated(commonClass, spread);
  if (vectors && signatures.length > 1 && l.space[l.space.length - 1] < vectorPoints) {
    const constants = l.loads.map((x) => isConstant(x.tensor));
    const depth = (unit * count) / classOf.length;
    const joined = joinSmall(signatures, classOf, depth, constants, smallestClass).map(identify);
    classOf = translated(joined, classOf);
  }
  const bodies = signatures.map((own) => knowing(l.body, own));
  const classes = { space, classOf };
  markZeros(runs, unit, bodies, classes, zero);
  return { bodies, classes };
}

/** table[i] for every i of a list. */
function translated(table: ArrayLike<number>, list: Int32Array): Int32Array {
  const out = new Int32Array(list.length);
  for (let i = 0; i < out.length; i++) out[i] = table[list[i]];
  return out;
}

/**
 * The signature under which the points of each class go on. A small class joins the largest one that knows nothing else
 * than it does; those without such a host join each other, with what all of them know. What is known of values that are
 * no constants stays as it is: an element that is zero may never be stored. `depth` points of the loop stand behind each
 * entry of `classOf`.
 */
function joinSmall(
  signatures: readonly Int32Array[],
  classOf: Int32Array,
  depth: number,
  constants: readonly boolean[],
  smallestClass: number,
): Int32Array[] {
  const sizes = new Int32Array(signatures.length);
  const runs = new Int32Array(signatures.length);
  for (let p = 0; p < classOf.length; p++) {
    const id = classOf[p];
    sizes[id] += depth;
    if (p === 0 || id !== classOf[p - 1]) runs[id]++;
  }
  const isLarge = (id: number): boolean => sizes[id] >= smallestClass;
  // Equal coefficients save little: only in long runs do they pay for another loop.
  const kept = signatures.map((own, id) =>
    isLarge(id) && sizes[id] < smallestClass * runs[id]
      ? own.map((x, i) => (constants[i] && x >= 4 ? 0 : x))
      : own,
  );
  const hosts = [...kept.keys()].filter(isLarge).sort((a, b) => sizes[b] - sizes[a]);
  const admits = (host: Int32Array, guest: Int32Array): boolean =>
    host.every((x, i) => x === guest[i] || (x === 0 && constants[i]));
  const groups = new Map<string, Int32Array>();
  const groupOf = (own: Int32Array): string => own.filter((_, i) => !constants[i]).join();
  const hostOf = kept.map((own, id) =>
    isLarge(id) ? own : kept[hosts.find((h) => admits(kept[h], own)) ?? -1],
  );
  kept.forEach((own, id) => {
    if (hostOf[id]) return;
    const others = groups.get(groupOf(own)) ?? own;
    groups.set(
      groupOf(own),
      others.map((x, i) => (x === own[i] ? x : 0)),
    );
  });
  return kept.map((own, id) => hostOf[id] ?? (groups.get(groupOf(own)) as Int32Array));
}

const maximumKnowing = 256;
const knownBodies = new Map<string, readonly Expr[]>();

/** The body rebuilt with what is known of its loads; the same few cases recur from stage to stage. */
function knowing(body: readonly Expr[], symbolsOf: Int32Array): readonly Expr[] {
  const key = `${body.map((e) => e.id).join()};${symbolsOf.join()}`;
  let known = knownBodies.get(key);
  if (!known) {
    known = factored(evaluate(exprCarrier, body, Array.from(symbolsOf, knownValue)));
    if (knownBodies.size >= maximumKnowing) knownBodies.clear();
    knownBodies.set(key, known);
  }
  return known;
}

const isZero = (e: Expr): boolean => e.op === 'literal' && e.value === 0;

/** Per class and result, 1 where the body is zero. */
const zerosOf = (bodies: readonly (readonly Expr[])[]): Uint8Array[] =>
  bodies.map((body) => Uint8Array.from(body, (e) => (isZero(e) ? 1 : 0)));

function markZeros(
  runs: Loop,
  unit: number,
  bodies: readonly (readonly Expr[])[],
  classes: Classes,
  zero: Map<Tensor, Mask>,
): void {
  if (!bodies.some((body) => body.some(isZero))) return;
  const points = pointsOf(runs);
  const classOf = classOfEach(classes, runs.space);
  const isZeroIn = zerosOf(bodies);
  runs.results.forEach((tensor, result) => {
    // A result is zero where every value stored or summed there is.
    const bits = new Uint8Array(tensor.size / unit).fill(1);
    for (let i = 0; i < runs.stores.length; i++) {
      if (runs.stores[i].result !== result) continue;
      if (runs.stores[i].combine === 'max') return;
      const at = points.store(i);
      const spared = Uint8Array.from(isZeroIn, (own) => own[i]);
      for (let p = 0; p < points.count; p++) if (spared[classOf[p]] === 0) bits[at[p]] = 0;
    }
    if (bits.includes(1)) zero.set(tensor, { unit, bits });
  });
}

/** c x + c y = c (x + y): one multiplication for coefficients of equal magnitude, as in (1 - i) / sqrt 2. */
const factored = (body: readonly Expr[]): Expr[] =>
  rebuildBody(body, (e, args) => {
    if (e.op === 'literal' || e.op === 'argument') return e;
    const common = e.op === 'add' || e.op === 'sub' ? commonFactor(e.op, args[0], args[1]) : null;
    return common ?? exprCarrier[e.op](...args);
  });

function commonFactor(op: 'add' | 'sub', x: Expr, y: Expr): Expr | null {
  if (x.op !== 'mul' || y.op !== 'mul') return null;
  for (let i = 0; i < 2; i++)
    for (let j = 0; j < 2; j++)
      if (x.args[i] === y.args[j])
        return exprCarrier.mul(x.args[i], exprCarrier[op](x.args[1 - i], y.args[1 - j]));
  return null;
}

/** Backward pass over one loop: drop what nobody reads, then group points into pieces. */
function emit(
  l: Loop,
  f: Forward | undefined,
  zero: Map<Tensor, Mask>,
  needed: Map<Tensor, Needed>,
  outputs: Set<Tensor>,
): Piece[] {
  const masks = l.results.map((t) => needed.get(t));
  if (masks.every((m) => !m)) return [];
  const whole = masks.every((m) => m === true || (m !== undefined && !m.bits.includes(0)));
  const demandAll = (): void => {
    for (const x of l.loads) if (!isConstant(x.tensor)) demandRange(x, l.space, needed);
  };
  if (!f && whole) {
    demandAll();
    return [l];
  }
  const forward = f ?? { bodies: [l.body], classes: { space: [], classOf: Int32Array.of(0) } };
  if (!whole || !forward.bodies.every((body) => isPlain(l, body))) {
    const pieces = emitLive(l, forward, zero, needed, outputs);
    if (pieces) return pieces;
  }
  demandAll();
  const { bodies, classes } = forward;
  const kept = l.stores.map((_, i) => i);
  const used: ClassBody[] = [];
  const position = new Int32Array(bodies.length).fill(-1);
  const classOf = classes.classOf.map((id) => {
    if (position[id] < 0) position[id] = used.push({ body: bodies[id], kept }) - 1;
    return position[id];
  });
  return f ? piecesOf(l, { ...classes, classOf }, used) : [l];
}

/** The pieces of a loop some of whose stores are spared at some points; null where that would be too many points to look at. */
function emitLive(
  l: Loop,
  { bodies, classes: given }: Forward,
  zero: Map<Tensor, Mask>,
  needed: Map<Tensor, Needed>,
  outputs: Set<Tensor>,
): Piece[] | null {
  const masks = l.results.map((t): Mask | undefined => {
    const own = needed.get(t);
    return own === true ? undefined : (own ?? { unit: t.size, bits: new Uint8Array(1) });
  });
  // A zero that later loops know of needs no store, except in an output; adding zero never does, where others add.
  const zeros = l.results.map((t) => (outputs.has(t) ? undefined : zero.get(t)));
  const { runs, unit, bits } = inRuns(l, given.space.length, [...masks, ...zeros]);
  const points = pointsOf(runs);
  if (points.count > maximumPoints) return null;
  const classOf = classOfEach(given, runs.space);
  const isZeroIn = zerosOf(bodies);
  const changed = new Uint8Array(points.count);
  const keeps = runs.stores.map(({ result, combine }, i) => {
    const at = points.store(i);
    const mask = bits[result];
    const spared = combine === 'max' ? undefined : bits[masks.length + result];
    const isZeroOf = Uint8Array.from(isZeroIn, (own) => own[i]);
    const keep = new Uint8Array(points.count);
    for (let p = 0; p < keep.length; p++) {
      const isRead = mask === undefined || mask[at[p]] === 1;
      keep[p] =
        isRead && !(isZeroOf[classOf[p]] === 1 && spared !== undefined && spared[at[p]] === 1) ? 1 : 0;
      if (p > 0 && keep[p] !== keep[p - 1]) changed[p] = 1;
    }
    return keep;
  });
  const classes: ClassBody[] = [];
  const ids = new Map<string, number>();
  /** The class of points with this body that keep the stores they keep at p; -1 where they keep none. */
  const classAt = (p: number): number => {
    const own = classOf[p];
    const kept = keeps.flatMap((keep, i) => (keep[p] === 1 ? [i] : []));
    if (kept.length === 0) return -1;
    const key = `${own},${kept.join()}`;
    const id = ids.get(key) ?? classes.push({ body: kept.map((i) => bodies[own][i]), kept }) - 1;
    ids.set(key, id);
    return id;
  };
  const finalClass = new Int32Array(points.count);
  // Neighbours mostly agree.
  for (let p = 0; p < finalClass.length; p++)
    finalClass[p] =
      p > 0 && classOf[p] === classOf[p - 1] && changed[p] === 0 ? finalClass[p - 1] : classAt(p);
  demandReads({ runs, unit, points }, { classOf: finalClass, classes }, needed);
  return piecesOf(l, { space: runs.space, classOf: finalClass }, classes);
}

/** Marks what the points of each class read. */
function demandReads(
  { runs, unit, points }: { runs: Loop; unit: number; points: Points },
  { classOf, classes }: { classOf: Int32Array; classes: readonly ClassBody[] },
  needed: Map<Tensor, Needed>,
): void {
  const used = classes.map((c) => readBy(c.body));
  runs.loads.forEach((x, i) => {
    if (isConstant(x.tensor) || !used.some((u) => u.has(i))) return;
    const mask = demand(needed, x.tensor, unit);
    if (mask === true) return;
    const reads = Uint8Array.from(used, (u) => (u.has(i) ? 1 : 0));
    const at = points.load(i);
    const { bits } = mask;
    const times = unit / mask.unit;
    for (let p = 0; p < classOf.length; p++) {
      if (classOf[p] < 0 || reads[classOf[p]] === 0) continue;
      if (times === 1) bits[at[p]] = 1;
      else bits.fill(1, at[p] * times, (at[p] + 1) * times);
    }
  });
}

/** Does a class keep every store and read every value, so that nothing upstream can be spared? */
function isPlain(l: Loop, body: readonly Expr[]): boolean {
  const used = readBy(body);
  return !body.some(isZero) && l.loads.every((x, i) => isConstant(x.tensor) || used.has(i));
}

/** What must be left unread of a tensor before it is worth knowing. */
const worthSparing = 1 / 32;

/** Marks all that a load may read: everything, or the elements from the first to the last when they are clearly fewer. */
function demandRange({ tensor, access }: Load, space: readonly number[], needed: Map<Tensor, Needed>): void {
  if (needed.get(tensor) === true) return;
  let [low, high] = [access.offset, access.offset];
  access.terms.forEach((t, d) => {
    const [least, most] = rangeOf(t, space[d]);
    low += least;
    high += most;
  });
  if (high - low + 1 > (1 - worthSparing) * tensor.size) needed.set(tensor, true);
  else (demand(needed, tensor, 1) as Mask).bits.fill(1, low, high + 1);
}

/** What is demanded of a tensor so far, in marks that runs of `unit` elements can be added to. */
function demand(needed: Map<Tensor, Needed>, t: Tensor, unit: number): Needed {
  const known = needed.get(t) ?? { unit, bits: new Uint8Array(t.size / unit) };
  const mask = known === true ? known : refined(known, unit);
  needed.set(t, mask);
  return mask;
}
