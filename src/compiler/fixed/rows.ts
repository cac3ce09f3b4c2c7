/**
 * Linear maps of the inputs, one row a value, sparse: what a value of an early stage depends on is few inputs. The L1 norm of a row is
 * the largest magnitude that its value takes over all inputs of magnitude 1, so it is attained. Sets of inputs are shared and numbered.
 */

import { sameTable } from '../../ir/graph.ts';

/** scale times the sum of data[i] x[supports[support][i]]. */
export interface Row {
  readonly support: number;
  readonly data: Float64Array;
  readonly scale: number;
}

/** The union of two sets, and where the members of either lie in it. */
interface Union {
  readonly support: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/** Two rising lists as one, and where the members of either lie in it. */
function merged(x: Int32Array, y: Int32Array) {
  const all = new Int32Array(x.length + y.length);
  const [first, second] = [new Int32Array(x.length), new Int32Array(y.length)];
  let count = 0;
  for (let i = 0, j = 0; i < x.length || j < y.length; count++) {
    const next = i === x.length || (j < y.length && y[j] < x[i]) ? y[j] : x[i];
    all[count] = next;
    if (i < x.length && x[i] === next) first[i++] = count;
    if (j < y.length && y[j] === next) second[j++] = count;
  }
  return { all: all.slice(0, count), first, second };
}

export class Rows {
  private readonly supports: Int32Array[] = [];
  private readonly unions = new Map<number, Union>();
  /** Sets by a number that equal ones share. */
  private readonly known = new Map<number, number[]>();

  /** The row of one input. */
  unit(input: number): Row {
    return { support: this.supportOf(Int32Array.of(input)), data: Float64Array.of(1), scale: 1 };
  }

  private supportOf(inputs: Int32Array): number {
    let key = inputs.length;
    for (const input of inputs) key = Math.imul(key ^ input, 0x01000193);
    const alike = this.known.get(key) ?? [];
    const known = alike.find((id) => sameTable(this.supports[id], inputs));
    if (known !== undefined) return known;
    const id = this.supports.push(inputs) - 1;
    this.known.set(key, [...alike, id]);
    return id;
  }

  private union(a: number, b: number): Union {
    const key = a * 2 ** 26 + b;
    const known = this.unions.get(key);
    if (known) return known;
    const made = merged(this.supports[a], this.supports[b]);
    const union = { support: this.supportOf(made.all), first: made.first, second: made.second };
    this.unions.set(key, union);
    return union;
  }

  /** a + by b. */
  sum(a: Row, b: Row, by: number): Row {
    const [x, y] = [a.scale, by * b.scale];
    if (a.support === b.support) {
      const data = new Float64Array(a.data.length);
      for (let i = 0; i < data.length; i++) data[i] = x * a.data[i] + y * b.data[i];
      return { support: a.support, data, scale: 1 };
    }
    const { support, first, second } = this.union(a.support, b.support);
    const data = new Float64Array(this.supports[support].length);
    for (let i = 0; i < first.length; i++) data[first[i]] = x * a.data[i];
    for (let i = 0; i < second.length; i++) data[second[i]] += y * b.data[i];
    return { support, data, scale: 1 };
  }
}

/** The largest magnitude of the value of a row. */
export function normOf({ data, scale }: Row): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Math.abs(data[i]);
  return Math.abs(scale) * sum;
}
