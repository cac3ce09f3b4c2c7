/**
 * Where gates pay: the points of every loop are partitioned by what is known of the values they meet.
 *
 * Known values are constants that are 0, 1 or -1, constants equal up to sign, elements that are zero because of an
 * earlier stage, and results that nobody reads. Each class of points becomes one piece whose body is the same
 * expression rebuilt with that knowledge, so skipped and dropped butterflies, trivial twiddles, zero padding and dead
 * bins are one pass. The pass knows nothing of stages: it looks at loads, bodies and stores.
 */
import { perBody, rebuildBody } from '../ir/bodies.ts';
import { argument, evaluate, exprCarrier, literal, usedArguments, type Expr } from '../ir/expr.ts';
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
import type { Piece } from './lower.ts';
import { classOfEach, piecesOf, type ClassBody, type Classes } from './pieces.ts';
import { unrollReduction } from './unroll.ts';

/** Larger spaces are left as they are; exact transforms of such sizes gain nothing from it. */
const maximumPoints = 1 << 20;
/** The same for the points along the dimensions that constants walk. */
const maximumKnownPoints = 1 << 14;

/** Addresses of every access at every point, made when first asked for. */
interface Points {
  readonly load: (i: number) => Int32Array;
  readonly store: (i: number) => Int32Array;
  readonly count: number;
}

/** Class of each point after the forward pass: an index into `bodies`. */
interface Forward {
  readonly points: Points;
  readonly bodies: readonly (readonly Expr[])[];
  readonly classes: Classes;
}

/** Elements of a tensor that somebody reads: all, or those marked. */
type Needed = true | Uint8Array;

const symbols = { zero: 1, one: 2, minusOne: 3 } as const;

/**
 * Pieces of every loop, for code with or without vectors. `live` are outputs and updated parameters with the count of leading elements that are wanted.
 * Loops without constants or known zeros come back unchanged, as one piece.
 */
export function specialize(
  original: readonly Loop[],
  live: ReadonlyMap<Tensor, number>,
  vectors: boolean,
): Map<Loop, Piece[]> {
  const loops = original.map(unrollReduction);
  const zero = new Map<Tensor, Uint8Array>();
  const forward = new Map<Loop, Forward>();
  for (const l of loops) {
    const f = classify(l, zero, vectors);
    if (f) forward.set(l, f);
  }
  const needed = new Map<Tensor, Needed>();
  for (const [t, count] of live)
    needed.set(t, count >= t.size ? true : new Uint8Array(t.size).fill(1, 0, count));
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

/** A load of which something may be known, at every point of the dimensions that it or another such load walks. */
interface Informed {
  readonly load: number;
  /** Values of a constant, or which elements are known to be zero. */
  readonly values: Float64Array | null;
  readonly zeros: Uint8Array | null;
}

/** The elements an access meets over a space; no copy where they follow each other. */
function gathered<D extends Float64Array | Uint8Array>(data: D, a: Access, space: readonly number[]): D {
  const strides = rowMajor(space);
  const count = sizeOf(space);
  if (a.terms.every((t, d) => t === strides[d] || (space[d] === 1 && typeof t === 'number')))
    return data.subarray(a.offset, a.offset + count) as D;
  const at = addresses(a, space);
  const found = (data instanceof Float64Array ? new Float64Array(count) : new Uint8Array(count)) as D;
  for (let q = 0; q < count; q++) found[q] = data[at[q]];
  return found;
}

/** Writes what is known of each informed load at point q of their common space as one small integer; has any changed? */
function signature(informed: readonly Informed[], q: number, out: Int32Array): boolean {
  let changed = false;
  for (let i = 0; i < informed.length; i++) {
    const { load, values, zeros } = informed[i];
    const symbol = values ? constantSymbol(informed, i, q, values[q]) : zeros?.[q] ? symbols.zero : 0;
    if (out[load] === symbol) continue;
    out[load] = symbol;
    changed = true;
  }
  return changed;
}

/** Of a constant that is none of 0, 1, -1: 4 + 2 j (+ 1 with the opposite sign) when load j is one of the same magnitude. */
function constantSymbol(informed: readonly Informed[], i: number, q: number, value: number): number {
  if (value === 0) return symbols.zero;
  if (value === 1) return symbols.one;
  if (value === -1) return symbols.minusOne;
  for (let j = 0; j < i; j++) {
    const other = informed[j].values?.[q];
    if (other === value) return 4 + 2 * informed[j].load;
    if (other === -value) return 5 + 2 * informed[j].load;
  }
  return 0;
}

function knownValue(symbol: number, i: number): Expr {
  if (symbol === symbols.zero) return literal(0);
  if (symbol === symbols.one) return literal(1);
  if (symbol === symbols.minusOne) return literal(-1);
  if (symbol >= 4) {
    const same = argument((symbol - 4) >> 1);
    return symbol % 2 === 0 ? same : exprCarrier.neg(same);
  }
  return argument(i);
}

/**
 * Fewest points that are worth a piece of their own when the points themselves are what is vectorised.
 * Smaller classes join the one in which constants are only loaded: an isolated trivial twiddle would break a run.
 */
const smallestClass = 16;
/** Points that share a vector along the last dimension need no such company. */
const vectorPoints = 4;

/** Forward pass over one loop: classes of points, and which results are zero. */
function classify(l: Loop, zero: Map<Tensor, Uint8Array>, vectors: boolean): Forward | null {
  const count = sizeOf(l.space);
  const known = l.loads.flatMap((x, i) => (isConstant(x.tensor) || zero.has(x.tensor) ? [i] : []));
  if (known.length === 0 || count > maximumPoints) return null;
  const walked = l.space.map((_, d) => known.some((i) => !ignores(l.loads[i].access, d)));
  const common = l.space.map((extent, d) => (walked[d] ? extent : 1));
  if (sizeOf(common) > maximumKnownPoints && !known.some((i) => zero.has(l.loads[i].tensor))) return null;
  const points = pointsOf(l);
  const informed = known.map((load): Informed => {
    const { tensor, access } = l.loads[load];
    const { source } = tensor;
    const isZeroAt = zero.get(tensor);
    return {
      load,
      values: source.kind === 'constant' ? gathered(source.data, access, common) : null,
      zeros: isZeroAt ? gathered(isZeroAt, access, common) : null,
    };
  });
  const signatures: Int32Array[] = [];
  const ids = new Map<string, number>();
  const symbolsAt = new Int32Array(l.loads.length);
  const identify = (symbolsOf: Int32Array): number => {
    const key = symbolsOf.join();
    const id = ids.get(key) ?? signatures.push(symbolsOf.slice()) - 1;
    ids.set(key, id);
    return id;
  };
  const commonClass = new Int32Array(sizeOf(common));
  // Neighbours mostly agree; a key is made only where they do not.
  for (let q = 0; q < commonClass.length; q++)
    commonClass[q] = signature(informed, q, symbolsAt) || q === 0 ? identify(symbolsAt) : commonClass[q - 1];
  const strides = rowMajor(common);
  // Along the last dimensions that are not walked a class goes on as it is.
  const space = l.space.slice(0, walked.lastIndexOf(true) + 1);
  const spread = addresses(access(0, ...space.map((_, d) => (walked[d] ? strides[d] : 0))), space);
  let classOf: Int32Array = spread.map((q) => commonClass[q]);
  if (vectors && signatures.length > 1 && l.space[l.space.length - 1] < vectorPoints) {
    const constants = l.loads.map((x) => isConstant(x.tensor));
    const joined = joinSmall(signatures, classOf, count / classOf.length, constants).map(identify);
    classOf = classOf.map((id) => joined[id]);
  }
  const bodies = signatures.map((own) => knowing(l.body, own));
  const classes = { space, classOf };
  markZeros(l, points, bodies, classes, zero);
  return { points, bodies, classes };
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
): Int32Array[] {
  const sizes = new Int32Array(signatures.length);
  const runs = new Int32Array(signatures.length);
  classOf.forEach((id, p) => {
    sizes[id] += depth;
    if (p === 0 || id !== classOf[p - 1]) runs[id]++;
  });
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
  l: Loop,
  points: Points,
  bodies: readonly (readonly Expr[])[],
  classes: Classes,
  zero: Map<Tensor, Uint8Array>,
): void {
  if (!bodies.some((body) => body.some(isZero))) return;
  const classOf = classOfEach(classes, l.space);
  const isZeroIn = zerosOf(bodies);
  l.results.forEach((tensor, result) => {
    // A result is zero where every value stored or summed there is.
    const mask = new Uint8Array(tensor.size).fill(1);
    for (let i = 0; i < l.stores.length; i++) {
      if (l.stores[i].result !== result) continue;
      if (l.stores[i].combine === 'max') return;
      const at = points.store(i);
      for (let p = 0; p < points.count; p++) if (isZeroIn[classOf[p]][i] === 0) mask[at[p]] = 0;
    }
    if (mask.includes(1)) zero.set(tensor, mask);
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
  zero: Map<Tensor, Uint8Array>,
  needed: Map<Tensor, Needed>,
  outputs: Set<Tensor>,
): Piece[] {
  const masks = l.results.map((t) => needed.get(t));
  if (masks.every((m) => !m)) return [];
  const whole = masks.every((m) => m === true || m?.every((x) => x === 1));
  const demandAll = (): void => {
    for (const x of l.loads) if (!isConstant(x.tensor)) demandRange(x, l.space, needed);
  };
  if (!f && (whole || sizeOf(l.space) > maximumPoints)) {
    demandAll();
    return [l];
  }
  const forward = f ?? {
    points: pointsOf(l),
    bodies: [l.body],
    classes: { space: [], classOf: Int32Array.of(0) },
  };
  if (!whole || !forward.bodies.every((body) => isPlain(l, body)))
    return emitLive(l, forward, zero, needed, outputs);
  demandAll();
  const { bodies, classes } = forward;
  const kept = l.stores.map((_, i) => i);
  const used: ClassBody[] = [];
  const position = new Int32Array(bodies.length).fill(-1);
  const classOf = classes.classOf.map((id) => {
    if (position[id] < 0) position[id] = used.push({ body: bodies[id], kept }) - 1;
    return position[id];
  });
  return piecesOf(l, { ...classes, classOf }, used);
}

/** The pieces of a loop some of whose stores are spared at some points. */
function emitLive(
  l: Loop,
  f: Forward,
  zero: Map<Tensor, Uint8Array>,
  needed: Map<Tensor, Needed>,
  outputs: Set<Tensor>,
): Piece[] {
  const { points, bodies } = f;
  const classOf = classOfEach(f.classes, l.space);
  const isZeroIn = zerosOf(bodies);
  const stores = l.stores.map(({ result, combine }, i) => {
    const tensor = l.results[result];
    // A zero that later loops know of needs no store, except in an output; adding zero never does, where others add.
    const spared = combine === 'max' || outputs.has(tensor) ? undefined : zero.get(tensor);
    return { at: points.store(i), mask: needed.get(tensor), spared };
  });
  const classes: ClassBody[] = [];
  const ids = new Map<string, number>();
  const finalClass = new Int32Array(points.count).fill(-1);
  const keeps = new Uint8Array(stores.length);
  /** The class of points with this body that keep the stores in `keeps`; -1 where they keep none. */
  const classWith = (own: number): number => {
    const kept = l.stores.flatMap((_, i) => (keeps[i] === 1 ? [i] : []));
    if (kept.length === 0) return -1;
    const key = `${own},${kept.join()}`;
    const id = ids.get(key) ?? classes.push({ body: kept.map((i) => bodies[own][i]), kept }) - 1;
    ids.set(key, id);
    return id;
  };
  for (let p = 0; p < points.count; p++) {
    const own = classOf[p];
    let same = p > 0 && own === classOf[p - 1];
    for (let i = 0; i < stores.length; i++) {
      const { at, mask, spared } = stores[i];
      const isRead = mask === true || mask?.[at[p]] === 1;
      const keep = isRead && !(isZeroIn[own][i] === 1 && spared?.[at[p]] === 1) ? 1 : 0;
      if (keeps[i] === keep) continue;
      keeps[i] = keep;
      same = false;
    }
    // Neighbours mostly agree.
    finalClass[p] = same ? finalClass[p - 1] : classWith(own);
  }
  demandReads(l, points, finalClass, classes, needed);
  return piecesOf(l, { space: l.space, classOf: finalClass }, classes);
}

/** Marks what the points of each class read. */
function demandReads(
  l: Loop,
  points: Points,
  classOf: Int32Array,
  classes: readonly ClassBody[],
  needed: Map<Tensor, Needed>,
): void {
  const used = classes.map((c) => readBy(c.body));
  l.loads.forEach((x, i) => {
    if (isConstant(x.tensor) || !used.some((u) => u.has(i))) return;
    const mask = demand(needed, x.tensor);
    if (mask === true) return;
    const reads = Uint8Array.from(used, (u) => (u.has(i) ? 1 : 0));
    const at = points.load(i);
    for (let p = 0; p < classOf.length; p++) if (reads[classOf[p]] === 1) mask[at[p]] = 1;
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
  else (demand(needed, tensor) as Uint8Array).fill(1, low, high + 1);
}

function demand(needed: Map<Tensor, Needed>, t: Tensor): Needed {
  const mask = needed.get(t) ?? new Uint8Array(t.size);
  needed.set(t, mask);
  return mask;
}
