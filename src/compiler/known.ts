/** What is known of the values that a loop loads: constants that are 0, 1, -1 or equal up to sign, elements that are zero. */
import { argument, exprCarrier, literal, type Expr } from '../ir/expr.ts';
import { addresses, rowMajor, sizeOf, type Access } from '../ir/graph.ts';

/** Most points along the dimensions that constants walk at which constants are looked at by themselves. */
export const maximumKnownPoints = 1 << 14;

const symbols = { zero: 1, one: 2, minusOne: 3 } as const;

/** A load of which something may be known, at every point of the dimensions that it or another such load walks. */
export interface Informed {
  readonly load: number;
  /** Values of a constant, or which elements are known to be zero. */
  readonly values: Float64Array | null;
  readonly zeros: Uint8Array | null;
}

/** The elements an access meets over a space; no copy where they follow each other. */
export function gathered<D extends Float64Array | Uint8Array>(
  data: D,
  a: Access,
  space: readonly number[],
): D {
  const strides = rowMajor(space);
  const count = sizeOf(space);
  if (a.terms.every((t, d) => t === strides[d] || (space[d] === 1 && typeof t === 'number')))
    return data.subarray(a.offset, a.offset + count) as D;
  const at = addresses(a, space);
  const found = (data instanceof Float64Array ? new Float64Array(count) : new Uint8Array(count)) as D;
  for (let q = 0; q < count; q++) found[q] = data[at[q]];
  return found;
}

/**
 * What is known of each informed load at every point of their common space as one small integer, and where any of them differs
 * from the point before. Equal coefficients are looked for in spaces that are not too large.
 */
export function symbolsOf(
  informed: readonly Informed[],
  count: number,
): { columns: Int16Array[]; changed: Uint8Array } {
  const changed = new Uint8Array(count);
  changed[0] = 1;
  const columns = informed.map(({ values, zeros }, i) => {
    const column = new Int16Array(count);
    if (zeros !== null) column.set(zeros);
    else if (values !== null) {
      for (let q = 0; q < count; q++) {
        const value = values[q];
        if (value === 0) column[q] = symbols.zero;
        else if (value === 1) column[q] = symbols.one;
        else if (value === -1) column[q] = symbols.minusOne;
      }
      if (count <= maximumKnownPoints)
        informed.slice(0, i).forEach((earlier) => markEqual(column, values, earlier));
    }
    for (let q = 1; q < count; q++) if (column[q] !== column[q - 1]) changed[q] = 1;
    return column;
  });
  return { columns, changed };
}

/** Marks unmarked points with 4 + 2 load (+ 1 with the opposite sign) where an earlier constant has the same magnitude. */
function markEqual(column: Int16Array, values: Float64Array, { load, values: earlier }: Informed): void {
  if (earlier === null) return;
  for (let q = 0; q < column.length; q++) {
    if (column[q] !== 0) continue;
    if (earlier[q] === values[q]) column[q] = 4 + 2 * load;
    else if (earlier[q] === -values[q]) column[q] = 5 + 2 * load;
  }
}

/** The value that a symbol stands for, of load i. */
export function knownValue(symbol: number, i: number): Expr {
  if (symbol === symbols.zero) return literal(0);
  if (symbol === symbols.one) return literal(1);
  if (symbol === symbols.minusOne) return literal(-1);
  if (symbol >= 4) {
    const same = argument((symbol - 4) >> 1);
    return symbol % 2 === 0 ? same : exprCarrier.neg(same);
  }
  return argument(i);
}
