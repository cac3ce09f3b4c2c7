/**
 * Where gates pay: the points of every loop are partitioned by what is known of the values they meet.
 *
 * Known values are constants that are 0, 1 or -1, constants equal up to sign, elements that are zero because of an
 * earlier stage, and results that nobody reads. Each class of points becomes one piece whose body is the same
 * expression rebuilt with that knowledge, so skipped and dropped butterflies, trivial twiddles, zero padding and dead
 * bins are one pass. The pass knows nothing of stages: it looks at loads, bodies and stores.
 */
import { rebuildBody } from '../ir/bodies.ts';
import { argument, evaluate, exprCarrier, literal, usedArguments, type Expr } from '../ir/expr.ts';
import { access, addresses, ignores, rowMajor, type Access, type Loop, type Tensor } from '../ir/graph.ts';
import type { Piece } from './lower.ts';
import { piecesOf } from './pieces.ts';
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
  readonly classOf: Int32Array;
}

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
  const needed = new Map<Tensor, Uint8Array>();
  for (const [t, count] of live) needed.set(t, new Uint8Array(t.size).fill(1, 0, count));
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
    count: l.space.reduce((a, b) => a * b, 1),
  };
}

const isConstant = (t: Tensor): boolean => t.source.kind === 'constant';

/** A load of which something may be known, over the dimensions of the space that it or another such load walks. */
interface Informed {
  readonly load: number;
  readonly at: Int32Array;
  readonly data: Float64Array | null;
  readonly zero: Uint8Array | undefined;
}

/** What is known of each informed load at point q of their common space, as one small integer each. */
function signature(informed: readonly Informed[], q: number, out: Int32Array): void {
  for (let i = 0; i < informed.length; i++) {
    const { load, at, data, zero } = informed[i];
    if (!data) {
      out[load] = zero?.[at[q]] ? symbols.zero : 0;
      continue;
    }
    const value = data[at[q]];
    if (value === 0) out[load] = symbols.zero;
    else if (value === 1) out[load] = symbols.one;
    else if (value === -1) out[load] = symbols.minusOne;
    else out[load] = equalEarlier(informed, i, q, value);
  }
}

/** 4 + 2 j (+ 1 with the opposite sign) when load j is a constant of the same magnitude, else 0. */
function equalEarlier(informed: readonly Informed[], i: number, q: number, value: number): number {
  for (let j = 0; j < i; j++) {
    const { load, at, data } = informed[j];
    if (!data) continue;
    const other = data[at[q]];
    if (other === value) return 4 + 2 * load;
    if (other === -value) return 5 + 2 * load;
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
  const count = l.space.reduce((a, b) => a * b, 1);
  const known = l.loads.flatMap((x, i) => (isConstant(x.tensor) || zero.has(x.tensor) ? [i] : []));
  if (known.length === 0 || count > maximumPoints) return null;
  const walked = l.space.map((_, d) => known.some((i) => !ignores(l.loads[i].access, d)));
  const common = l.space.map((extent, d) => (walked[d] ? extent : 1));
  if (
    common.reduce((a, b) => a * b, 1) > maximumKnownPoints &&
    !known.some((i) => zero.has(l.loads[i].tensor))
  )
    return null;
  const points = pointsOf(l);
  const informed = known.map((load): Informed => {
    const { tensor, access } = l.loads[load];
    return {
      load,
      at: addresses(access, common),
      data: tensor.source.kind === 'constant' ? tensor.source.data : null,
      zero: zero.get(tensor),
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
  const commonClass = new Int32Array(common.reduce((a, b) => a * b, 1));
  for (let q = 0; q < commonClass.length; q++) {
    signature(informed, q, symbolsAt);
    // Neighbours mostly agree; a key is made only where they do not.
    const before = q > 0 ? commonClass[q - 1] : -1;
    const same = before >= 0 && known.every((i) => signatures[before][i] === symbolsAt[i]);
    commonClass[q] = same ? before : identify(symbolsAt);
  }
  const strides = rowMajor(common);
  const spread = addresses(access(0, ...common.map((_, d) => (walked[d] ? strides[d] : 0))), l.space);
  let classOf = spread.map((q) => commonClass[q]);
  if (vectors && signatures.length > 1 && l.space[l.space.length - 1] < vectorPoints) {
    const sizes = new Int32Array(signatures.length);
    for (const id of classOf) sizes[id]++;
    const runs = new Int32Array(signatures.length);
    for (let p = 0; p < count; p++) if (p === 0 || classOf[p] !== classOf[p - 1]) runs[classOf[p]]++;
    const joined = signatures.map((own, id) => {
      const plain = (symbol: number): number => (symbol >= 4 ? 0 : symbol);
      // Equal coefficients save little: only in long runs do they pay for another loop.
      if (sizes[id] >= smallestClass && (sizes[id] >= smallestClass * runs[id] || !own.some((x) => x >= 4)))
        return id;
      const join = sizes[id] >= smallestClass ? plain : (): number => 0;
      return identify(own.map((symbol, i) => (isConstant(l.loads[i].tensor) ? join(symbol) : symbol)));
    });
    classOf = classOf.map((id) => joined[id]);
  }
  const bodies = signatures.map((own) => factored(evaluate(exprCarrier, l.body, [...own].map(knownValue))));
  markZeros(l, points, bodies, classOf, zero);
  return { points, bodies, classOf };
}

const isZero = (e: Expr): boolean => e.op === 'literal' && e.value === 0;

function markZeros(
  l: Loop,
  points: Points,
  bodies: readonly Expr[][],
  classOf: Int32Array,
  zero: Map<Tensor, Uint8Array>,
): void {
  if (!bodies.some((body) => body.some(isZero))) return;
  l.results.forEach((tensor, result) => {
    // A result is zero where every value stored or summed there is.
    const mask = new Uint8Array(tensor.size).fill(1);
    let any = false;
    for (let i = 0; i < l.stores.length; i++) {
      if (l.stores[i].result !== result) continue;
      if (l.stores[i].combine === 'max') return;
      const at = points.store(i);
      for (let p = 0; p < points.count; p++) if (!isZero(bodies[classOf[p]][i])) mask[at[p]] = 0;
    }
    for (const m of mask) any ||= m === 1;
    if (any) zero.set(tensor, mask);
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
  needed: Map<Tensor, Uint8Array>,
  outputs: Set<Tensor>,
): Piece[] {
  const masks = l.results.map((t) => needed.get(t));
  if (masks.every((m) => !m)) return [];
  const whole = masks.every((m) => m?.every((x) => x === 1));
  const count = l.space.reduce((a, b) => a * b, 1);
  if (!f && (whole || count > maximumPoints)) {
    for (const x of l.loads) if (!isConstant(x.tensor)) demand(needed, x.tensor).fill(1);
    return [l];
  }
  const { points, bodies, classOf } = f ?? {
    points: pointsOf(l),
    bodies: [l.body],
    classOf: new Int32Array(count),
  };
  const storeCount = l.stores.length;
  if (whole && bodies.every((body) => isPlain(l, body))) {
    for (const x of l.loads) if (!isConstant(x.tensor)) demand(needed, x.tensor).fill(1);
    const kept = l.stores.map((_, i) => i);
    const used = [...new Set(classOf)];
    const position = new Map(used.map((id, i) => [id, i]));
    return piecesOf(
      l,
      classOf.map((id) => position.get(id) as number),
      used.map((id) => ({ body: [...bodies[id]], kept })),
    );
  }
  const stores = l.stores.map((_, i) => points.store(i));
  const classes: { body: Expr[]; kept: number[] }[] = [];
  const ids = new Map<string, number>();
  const finalClass = new Int32Array(count).fill(-1);
  for (let p = 0; p < count; p++) {
    let key = `${classOf[p]}`;
    const kept: number[] = [];
    for (let i = 0; i < storeCount; i++) {
      const { result, combine } = l.stores[i];
      const at = stores[i][p];
      if (!masks[result]?.[at]) continue;
      const knownZero = isZero(bodies[classOf[p]][i]);
      // A zero that later loops know of needs no store, except in an output; adding zero never does, where others add.
      if (
        knownZero &&
        combine === 'store' &&
        zero.get(l.results[result])?.[at] &&
        !outputs.has(l.results[result])
      )
        continue;
      if (
        knownZero &&
        combine === 'sum' &&
        !outputs.has(l.results[result]) &&
        zero.get(l.results[result])?.[at]
      )
        continue;
      kept.push(i);
      key += `,${i}`;
    }
    if (kept.length === 0) continue;
    let id = ids.get(key);
    if (id === undefined) {
      id = classes.push({ body: kept.map((i) => bodies[classOf[p]][i]), kept }) - 1;
      ids.set(key, id);
    }
    finalClass[p] = id;
  }
  const used = classes.map((c) => [...usedArguments(c.body)]);
  const masksOf = l.loads.map((x, i) =>
    used.some((u) => u.includes(i)) && !isConstant(x.tensor) ? demand(needed, x.tensor) : null,
  );
  for (let p = 0; p < count; p++) {
    if (finalClass[p] < 0) continue;
    for (const i of used[finalClass[p]]) {
      const mask = masksOf[i];
      if (mask) mask[points.load(i)[p]] = 1;
    }
  }
  return piecesOf(l, finalClass, classes);
}

/** Does a class keep every store and read every value, so that nothing upstream can be spared? */
function isPlain(l: Loop, body: readonly Expr[]): boolean {
  const used = usedArguments(body);
  return !body.some(isZero) && l.loads.every((x, i) => isConstant(x.tensor) || used.has(i));
}

function demand(needed: Map<Tensor, Uint8Array>, t: Tensor): Uint8Array {
  const mask = needed.get(t) ?? new Uint8Array(t.size);
  needed.set(t, mask);
  return mask;
}
