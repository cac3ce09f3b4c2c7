/** From classes of points to pieces: loops over the points of one class, with constants repacked in the order they are read. */
import { usedArguments, type Expr } from '../ir/expr.ts';
import {
  addresses,
  constant,
  rowMajor,
  sizeOf,
  termAt,
  type Access,
  type Load,
  type Loop,
  type Term,
} from '../ir/graph.ts';
import { takeElements } from '../ir/stored.ts';
import type { Piece } from './lower.ts';

/** Class of each point (-1: none) over the first dimensions of a loop; along the others it stays the same. */
export interface Classes {
  readonly space: readonly number[];
  readonly classOf: Int32Array;
}

/** The class of every point of the whole space. */
export function classOfEach({ space, classOf }: Classes, whole: readonly number[]): Int32Array {
  const depth = sizeOf(whole) / classOf.length;
  if (space.length === whole.length || depth === 1) return classOf;
  const each = new Int32Array(classOf.length * depth);
  for (let q = 0; q < classOf.length; q++) each.fill(classOf[q], q * depth, (q + 1) * depth);
  return each;
}

/** Is the class of a point independent of its index along dimension d? */
function uniformAlong({ space, classOf }: Classes, d: number): boolean {
  const stride = rowMajor(space)[d];
  const block = stride * space[d];
  for (let start = 0; start < classOf.length; start += block)
    for (let i = 0; i < block - stride; i++)
      if (classOf[start + i] !== classOf[start + i + stride]) return false;
  return true;
}

/** What the points of a class compute, and the stores of the loop that take it. */
export interface ClassBody {
  readonly body: readonly Expr[];
  readonly kept: readonly number[];
}

/** One piece per class: the dimensions along which classes differ become runs of points, the others stay as they are. */
export function piecesOf(l: Loop, found: Classes, classes: readonly ClassBody[]): Piece[] {
  const { space, classOf } = found;
  const free = l.space.map((extent, d) => extent === 1 || d >= space.length || uniformAlong(found, d));
  const fixed = l.space.flatMap((_, d) => (free[d] ? [] : [d]));
  const rest = l.space.flatMap((_, d) => (free[d] ? [d] : []));
  if (classes.length === 1 && fixed.length === 0) return [pieceOf(l, classes[0], [], [], rest)];
  const strides = rowMajor(space);
  const members: number[][] = classes.map(() => []);
  const index = new Array<number>(fixed.length).fill(0);
  const total = fixed.reduce((n, d) => n * l.space[d], 1);
  for (let q = 0; q < total; q++) {
    let p = 0;
    for (let j = fixed.length - 1, r = q; j >= 0; j--) {
      index[j] = r % l.space[fixed[j]];
      r = (r - index[j]) / l.space[fixed[j]];
      p += index[j] * strides[fixed[j]];
    }
    if (classOf[p] >= 0) members[classOf[p]].push(...index);
  }
  return classes.map((c, id) => pieceOf(l, c, fixed, members[id], rest));
}

/** The piece of the points in `list` (their indices along the dimensions `fixed`, point by point), whole along the dimensions `rest`. */
function pieceOf(l: Loop, c: ClassBody, fixed: number[], list: number[], rest: number[]): Piece {
  const width = fixed.length;
  const product = width < 2 ? [list] : productOf(list, width);
  /** The contributions of the chosen indices of each dimension, which accesses of equal stride share. */
  const tables = fixed.map(() => new Map<Term, Int32Array>());
  const chosen = (term: Term, indices: readonly number[], j: number): Int32Array => {
    const table = tables[j].get(term) ?? contributions(term, indices);
    tables[j].set(term, table);
    return table;
  };
  const along = (a: Access): Int32Array[] => {
    if (product) return product.map((indices, j) => chosen(a.terms[fixed[j]], indices, j));
    const table = new Int32Array(list.length / width);
    for (let i = 0; i < list.length; i++)
      table[Math.floor(i / width)] += termAt(a.terms[fixed[i % width]], list[i]);
    return [table];
  };
  const convert = (a: Access): Access => ({
    offset: a.offset,
    terms: [...(width > 0 ? along(a) : []), ...rest.map((d) => a.terms[d])],
  });
  const head = width === 0 ? [] : product ? product.map((x) => x.length) : [list.length / width];
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

/** What a term adds at each of some indices. */
function contributions(term: Term, indices: readonly number[]): Int32Array {
  const table = new Int32Array(indices.length);
  if (typeof term === 'number') for (let i = 0; i < table.length; i++) table[i] = term * indices[i];
  else for (let i = 0; i < table.length; i++) table[i] = term[indices[i]];
  return table;
}

/** Index sets whose product is exactly this list of points (in order), or null. */
function productOf(list: readonly number[], width: number): number[][] | null {
  if (list.length === 0) return null;
  const sets = Array.from({ length: width }, (_, j) => [...new Set(list.filter((_x, i) => i % width === j))]);
  if (width * sets.reduce((n, s) => n * s.length, 1) !== list.length) return null;
  for (let q = 0; q * width < list.length; q++)
    for (let j = width - 1, r = q; j >= 0; j--) {
      if (list[q * width + j] !== sets[j][r % sets[j].length]) return null;
      r = Math.floor(r / sets[j].length);
    }
  return sets;
}

/** Constants of a piece in the order the piece reads them, one contiguous stream per load. */
function repack(loads: readonly Load[], space: readonly number[], used: Set<number>): Load[] {
  return loads.map((x, i) => {
    const { source } = x.tensor;
    if (source.kind !== 'constant' || !used.has(i)) return x;
    const dims = space.flatMap((extent, d) => (extent > 1 && x.access.terms[d] !== 0 ? [d] : []));
    const shape = dims.map((d) => space[d]);
    const packed = rowMajor(shape);
    if (dims.every((d, j) => x.access.terms[d] === packed[j])) return x;
    const table = addresses(
      {
        offset: x.access.offset,
        terms: space.map((_, d) => (dims.includes(d) ? x.access.terms[d] : firstTerm(x.access.terms[d]))),
      },
      space.map((extent, d) => (dims.includes(d) ? extent : 1)),
    );
    const data = new Float64Array(table.length);
    for (let q = 0; q < table.length; q++) data[q] = source.data[table[q]];
    return {
      tensor: constant([table.length], data, source.stored && takeElements(source.stored, table)),
      access: { offset: 0, terms: space.map((_, d) => (dims.includes(d) ? packed[dims.indexOf(d)] : 0)) },
    };
  });
}

/** Of a dimension that is not walked only the first entry counts. */
const firstTerm = (t: Term): Term => (typeof t === 'number' ? 0 : t.subarray(0, 1));

/** Signatures by numbers that equal ones share. */
export function identified(): { signatures: Int32Array[]; identify: (own: Int32Array) => number } {
  const signatures: Int32Array[] = [];
  const ids = new Map<string, number>();
  const identify = (own: Int32Array): number => {
    const key = own.join();
    const id = ids.get(key) ?? signatures.push(own.slice()) - 1;
    ids.set(key, id);
    return id;
  };
  return { signatures, identify };
}
