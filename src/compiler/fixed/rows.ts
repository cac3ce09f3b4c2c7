/**
 * Linear maps of the inputs, one row a value, sparse: what a value of an early stage depends on is few inputs. The L1 norm of a row is
 * the largest magnitude that its value takes over all inputs of magnitude 1, so it is attained. Sets of inputs are shared and numbered.
 */

/** sum of data[i] x[supports[support][i]]. */
export interface Row {
  readonly support: number;
  readonly data: Float64Array;
}

/** The union of two sets, and where the members of either lie in it. */
interface Union {
  readonly support: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
}

export class Rows {
  private readonly supports: Int32Array[] = [];
  private readonly unions = new Map<number, Union>();
  private readonly known = new Map<string, number>();

  /** The row of one input. */
  unit(input: number): Row {
    return { support: this.supportOf(Int32Array.of(input)), data: Float64Array.of(1) };
  }

  private supportOf(inputs: Int32Array): number {
    const key = inputs.join();
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const id = this.supports.push(inputs) - 1;
    this.known.set(key, id);
    return id;
  }

  private union(a: number, b: number): Union {
    const key = a * 2 ** 26 + b;
    const known = this.unions.get(key);
    if (known) return known;
    const [x, y] = [this.supports[a], this.supports[b]];
    const all = Int32Array.from(new Set([...x, ...y])).sort();
    const places = new Map(Array.from(all, (input, i): [number, number] => [input, i]));
    const place = (input: number): number => places.get(input) as number;
    const made = { support: this.supportOf(all), first: x.map(place), second: y.map(place) };
    this.unions.set(key, made);
    return made;
  }

  /** a + by b. */
  sum(a: Row, b: Row, by: number): Row {
    if (a.support === b.support) {
      const data = new Float64Array(a.data.length);
      for (let i = 0; i < data.length; i++) data[i] = a.data[i] + by * b.data[i];
      return { support: a.support, data };
    }
    const { support, first, second } = this.union(a.support, b.support);
    const data = new Float64Array(this.supports[support].length);
    for (let i = 0; i < first.length; i++) data[first[i]] = a.data[i];
    for (let i = 0; i < second.length; i++) data[second[i]] += by * b.data[i];
    return { support, data };
  }

  scaled({ support, data }: Row, by: number): Row {
    const scaled = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) scaled[i] = by * data[i];
    return { support, data: scaled };
  }
}

/** The largest magnitude of the value of a row. */
export function normOf({ data }: Row): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Math.abs(data[i]);
  return sum;
}
