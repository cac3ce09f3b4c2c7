/** From classes of points to pieces: loops over the points of one class, with constants repacked in the order they are read. */
import { usedArguments, type Expr } from '../ir/expr.ts';
import { addresses, constant, rowMajor, type Access, type Load, type Loop, type Term } from '../ir/graph.ts';
import type { Piece } from './lower.ts';

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
export function piecesOf(
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
    const packed = rowMajor(shape);
    if (dims.every((d, j) => x.access.terms[d] === packed[j])) return x;
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
