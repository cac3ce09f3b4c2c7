/**
 * Where gates pay: the points of every loop are partitioned by what is known of the values they meet.
 *
 * Known values are constants that are 0, 1 or -1, constants equal up to sign, elements that are zero because of an
 * earlier stage, and results that nobody reads. Each class of points becomes one piece whose body is the same
 * expression rebuilt with that knowledge, so skipped and dropped butterflies, trivial twiddles, zero padding and dead
 * bins are one pass. The pass knows nothing of stages: it looks at loads, bodies and stores.
 */
import {
  argument,
  evaluate,
  exprCarrier,
  literal,
  topological,
  usedArguments,
  type Expr,
} from '../ir/expr.ts';
import {
  addresses,
  constant,
  rowMajor,
  type Access,
  type Load,
  type Loop,
  type Tensor,
  type Term,
} from '../ir/graph.ts';
import type { Piece } from './lower.ts';

/** Larger spaces are left as they are; exact transforms of such sizes gain nothing from it. */
const maximumPoints = 1 << 20;

interface Points {
  readonly loads: readonly Int32Array[];
  readonly stores: readonly Int32Array[];
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
 * Pieces of every loop. `live` are the tensors that must be whole (outputs, updated parameters).
 * Loops without constants or known zeros come back unchanged, as one piece.
 */
export function specialize(original: readonly Loop[], live: readonly Tensor[]): Map<Loop, Piece[]> {
  const loops = original.map(unrollReduction);
  const zero = new Map<Tensor, Uint8Array>();
  const forward = new Map<Loop, Forward>();
  for (const l of loops) {
    const f = classify(l, zero);
    if (f) forward.set(l, f);
  }
  const needed = new Map<Tensor, Uint8Array>();
  for (const t of live) needed.set(t, new Uint8Array(t.size).fill(1));
  const pieces = new Map<Loop, Piece[]>();
  for (let i = loops.length - 1; i >= 0; i--) {
    const l = loops[i];
    pieces.set(original[i], emit(l, forward.get(l), zero, needed, new Set(live)));
  }
  return pieces;
}

/** Longest reduction that becomes one body. */
const maximumUnroll = 160;

/**
 * A sum over a short dimension with constant coefficients (a banded filterbank) as one body per row, terms in order,
 * so that the zeros of each row fold away.
 */
function unrollReduction(l: Loop): Loop {
  const [s] = l.stores;
  if (l.stores.length !== 1 || s.combine !== 'sum' || !l.loads.some((x) => isConstant(x.tensor))) return l;
  const reduced = l.space.flatMap((extent, d) => (extent > 1 && s.access.terms[d] === 0 ? [d] : []));
  if (reduced.length !== 1 || reduced[0] === l.space.length - 1 || l.space[reduced[0]] > maximumUnroll)
    return l;
  const [d] = reduced;
  const without = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== d);
  const loads: Load[] = [];
  let total: Expr = literal(0);
  for (let i = 0; i < l.space[d]; i++) {
    const args = l.loads.map((x) => {
      const term = x.access.terms[d];
      const offset = x.access.offset + (typeof term === 'number' ? term * i : term[i]);
      return argument(
        loads.push({ tensor: x.tensor, access: { offset, terms: without(x.access.terms) } }) - 1,
      );
    });
    total = exprCarrier.add(total, evaluate(exprCarrier, l.body, args)[0]);
  }
  const store = { ...s, combine: 'store' as const, access: { ...s.access, terms: without(s.access.terms) } };
  return { ...l, space: without(l.space), loads, body: [total], stores: [store] };
}

function pointsOf(l: Loop): Points {
  return {
    loads: l.loads.map((x) => addresses(x.access, l.space)),
    stores: l.stores.map((s) => addresses(s.access, l.space)),
    count: l.space.reduce((a, b) => a * b, 1),
  };
}

const isConstant = (t: Tensor): boolean => t.source.kind === 'constant';

/** What is known of each loaded value at point p, as one small integer per load. */
function signature(l: Loop, points: Points, p: number, zero: Map<Tensor, Uint8Array>, out: Int32Array): void {
  l.loads.forEach((x, i) => {
    const at = points.loads[i][p];
    const { source } = x.tensor;
    out[i] = 0;
    if (source.kind !== 'constant') {
      if (zero.get(x.tensor)?.[at]) out[i] = symbols.zero;
      return;
    }
    const value = source.data[at];
    if (value === 0) out[i] = symbols.zero;
    else if (value === 1) out[i] = symbols.one;
    else if (value === -1) out[i] = symbols.minusOne;
    else out[i] = equalEarlier(l, points, p, i, value);
  });
}

/** 4 + 2 j (+ 1 with the opposite sign) when load j is a constant of the same magnitude, else 0. */
function equalEarlier(l: Loop, points: Points, p: number, i: number, value: number): number {
  for (let j = 0; j < i; j++) {
    const { source } = l.loads[j].tensor;
    if (source.kind !== 'constant') continue;
    const other = source.data[points.loads[j][p]];
    if (other === value) return 4 + 2 * j;
    if (other === -value) return 5 + 2 * j;
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
function classify(l: Loop, zero: Map<Tensor, Uint8Array>): Forward | null {
  const count = l.space.reduce((a, b) => a * b, 1);
  const informed = l.loads.some((x) => isConstant(x.tensor) || zero.has(x.tensor));
  if (!informed || count > maximumPoints) return null;
  const points = pointsOf(l);
  const signatures: Int32Array[] = [];
  const known = new Map<string, number>();
  let classOf = new Int32Array(count);
  const symbolsAt = new Int32Array(l.loads.length);
  const identify = (symbolsOf: Int32Array): number => {
    const key = symbolsOf.join();
    const id = known.get(key) ?? signatures.push(symbolsOf.slice()) - 1;
    known.set(key, id);
    return id;
  };
  for (let p = 0; p < count; p++) {
    signature(l, points, p, zero, symbolsAt);
    classOf[p] = identify(symbolsAt);
  }
  if (l.space[l.space.length - 1] < vectorPoints) {
    const sizes = new Int32Array(signatures.length);
    for (const id of classOf) sizes[id]++;
    const joined = signatures.map((own, id) => {
      if (sizes[id] >= smallestClass) return id;
      return identify(own.map((symbol, i) => (isConstant(l.loads[i].tensor) ? 0 : symbol)));
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
  l.results.forEach((tensor, result) => {
    // A result is zero where every value stored or summed there is.
    const mask = new Uint8Array(tensor.size).fill(1);
    let any = false;
    for (let i = 0; i < l.stores.length; i++) {
      if (l.stores[i].result !== result) continue;
      if (l.stores[i].combine === 'max') return;
      for (let p = 0; p < points.count; p++)
        if (!isZero(bodies[classOf[p]][i])) mask[points.stores[i][p]] = 0;
    }
    for (const m of mask) any ||= m === 1;
    if (any) zero.set(tensor, mask);
  });
}

/** c x + c y = c (x + y): one multiplication for coefficients of equal magnitude, as in (1 - i) / sqrt 2. */
function factored(body: readonly Expr[]): Expr[] {
  const k = exprCarrier;
  const rebuilt = new Map<Expr, Expr>();
  for (const e of topological(body)) {
    if (e.op === 'literal' || e.op === 'argument') {
      rebuilt.set(e, e);
      continue;
    }
    const args = e.args.map((a) => rebuilt.get(a) as Expr);
    rebuilt.set(
      e,
      (e.op === 'add' || e.op === 'sub' ? commonFactor(e.op, args[0], args[1]) : null) ?? k[e.op](...args),
    );
  }
  return body.map((e) => rebuilt.get(e) as Expr);
}

function commonFactor(op: 'add' | 'sub', x: Expr, y: Expr): Expr | null {
  if (x.op !== 'mul' || y.op !== 'mul') return null;
  for (const [c, a] of [x.args, [...x.args].reverse()])
    for (const [d, b] of [y.args, [...y.args].reverse()])
      if (c === d) return exprCarrier.mul(c, exprCarrier[op](a, b));
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
    for (const x of l.loads) demand(needed, x.tensor).fill(1);
    return [l];
  }
  const { points, bodies, classOf } = f ?? {
    points: pointsOf(l),
    bodies: [l.body],
    classOf: new Int32Array(count),
  };
  const storeCount = l.stores.length;
  const classes: { body: Expr[]; kept: number[] }[] = [];
  const ids = new Map<string, number>();
  const finalClass = new Int32Array(count).fill(-1);
  for (let p = 0; p < count; p++) {
    let key = `${classOf[p]}`;
    const kept: number[] = [];
    for (let i = 0; i < storeCount; i++) {
      const { result, combine } = l.stores[i];
      const at = points.stores[i][p];
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
  for (let p = 0; p < count; p++) {
    if (finalClass[p] < 0) continue;
    for (const i of used[finalClass[p]]) demand(needed, l.loads[i].tensor)[points.loads[i][p]] = 1;
  }
  return piecesOf(l, finalClass, classes);
}

function demand(needed: Map<Tensor, Uint8Array>, t: Tensor): Uint8Array {
  const mask = needed.get(t) ?? new Uint8Array(t.size);
  needed.set(t, mask);
  return mask;
}

/** Is the class of a point independent of its index along dimension d? */
function uniformAlong(space: readonly number[], d: number, classOf: Int32Array): boolean {
  const stride = rowMajor(space)[d];
  const block = stride * space[d];
  for (let start = 0; start < classOf.length; start += block)
    for (let i = 0; i < block - stride; i++)
      if (classOf[start + i] !== classOf[start + i + stride]) return false;
  return true;
}

/** One piece per class: the dimensions along which classes differ become runs of points, the others stay as they are. */
function piecesOf(
  l: Loop,
  classOf: Int32Array,
  classes: readonly { body: Expr[]; kept: number[] }[],
): Piece[] {
  const strides = rowMajor(l.space);
  const free = l.space.map((extent, d) => extent === 1 || uniformAlong(l.space, d, classOf));
  if (classes.length === 1 && free.every(Boolean))
    return [
      pieceOf(
        l,
        classes[0],
        [],
        [],
        l.space.map((_, d) => d),
      ),
    ];
  const fixed = l.space.flatMap((_, d) => (free[d] ? [] : [d]));
  const rest = l.space.flatMap((_, d) => (free[d] ? [d] : []));
  const members: number[][][] = classes.map(() => []);
  const index = new Array<number>(fixed.length).fill(0);
  const total = fixed.reduce((n, d) => n * l.space[d], 1);
  for (let q = 0; q < total; q++) {
    let p = 0;
    for (let j = fixed.length - 1, r = q; j >= 0; j--) {
      index[j] = r % l.space[fixed[j]];
      r = (r - index[j]) / l.space[fixed[j]];
      p += index[j] * strides[fixed[j]];
    }
    if (classOf[p] >= 0) members[classOf[p]].push([...index]);
  }
  return classes.map((c, id) => pieceOf(l, c, fixed, members[id], rest));
}

/** The piece of the points in `list` (indices along the dimensions `fixed`), whole along the dimensions `rest`. */
function pieceOf(
  l: Loop,
  c: { body: Expr[]; kept: number[] },
  fixed: number[],
  list: number[][],
  rest: number[],
): Piece {
  const product = productOf(list);
  const pointTerms = (a: Access): { offset: number; terms: Term[] } => {
    if (fixed.length === 0) return { offset: a.offset, terms: [] };
    const at = (term: Term, i: number): number => (typeof term === 'number' ? term * i : term[i]);
    if (product)
      return {
        offset: a.offset,
        terms: product.map((indices, j) => Int32Array.from(indices, (i) => at(a.terms[fixed[j]], i))),
      };
    const table = Int32Array.from(list, (p) => p.reduce((sum, i, j) => sum + at(a.terms[fixed[j]], i), 0));
    return { offset: a.offset, terms: [table] };
  };
  const convert = (a: Access): Access => {
    const { offset, terms } = pointTerms(a);
    return { offset, terms: [...terms, ...rest.map((d) => a.terms[d])] };
  };
  const head = fixed.length === 0 ? [] : product ? product.map((x) => x.length) : [list.length];
  const space = [...head, ...rest.map((d) => l.space[d])];
  const loads = l.loads.map((x) => ({ tensor: x.tensor, access: convert(x.access) }));
  return {
    label: l.label,
    space,
    loads: repack(loads, space, usedArguments(c.body)),
    body: c.body,
    stores: c.kept.map((i) => ({ ...l.stores[i], access: convert(l.stores[i].access) })),
    results: l.results,
  };
}

/** Index sets whose product is exactly this list of points (in order), or null. */
function productOf(list: readonly (readonly number[])[]): number[][] | null {
  if (list.length === 0) return null;
  const sets = list[0].map((_, j) => [...new Set(list.map((p) => p[j]))]);
  if (sets.reduce((n, s) => n * s.length, 1) !== list.length) return null;
  const inOrder = list.every((p, q) => {
    let r = q;
    for (let j = sets.length - 1; j >= 0; j--) {
      if (p[j] !== sets[j][r % sets[j].length]) return false;
      r = Math.floor(r / sets[j].length);
    }
    return true;
  });
  return inOrder ? sets : null;
}

/** Constants of a piece in the order the piece reads them, one contiguous stream per load. */
function repack(loads: readonly Load[], space: readonly number[], used: Set<number>): Load[] {
  return loads.map((x, i) => {
    const { source } = x.tensor;
    if (source.kind !== 'constant' || !used.has(i)) return x;
    const dims = space.flatMap((extent, d) => (extent > 1 && x.access.terms[d] !== 0 ? [d] : []));
    const shape = dims.map((d) => space[d]);
    const table = addresses(
      {
        offset: x.access.offset,
        terms: space.map((_, d) => (dims.includes(d) ? x.access.terms[d] : firstTerm(x.access.terms[d]))),
      },
      space.map((extent, d) => (dims.includes(d) ? extent : 1)),
    );
    const strides = rowMajor(shape);
    return {
      tensor: constant(
        [table.length],
        Float64Array.from(table, (at) => source.data[at]),
      ),
      access: { offset: 0, terms: space.map((_, d) => (dims.includes(d) ? strides[dims.indexOf(d)] : 0)) },
    };
  });
}

/** Of a dimension that is not walked only the first entry counts. */
const firstTerm = (t: Term): Term => (typeof t === 'number' ? 0 : t.subarray(0, 1));
