/**
 * Graphs that are linear in their inputs as products of sparse matrices: one per loop, over the numbers that are still wanted. A row is the
 * sum that one number is of those before; weights that are zero count where a graph multiplies by them, which keeps patterns regular.
 */
import { UnsupportedError } from '../errors.ts';
import { evaluate, numberCarrier, type Carrier } from '../ir/expr.ts';
import { addresses, loopsOf, type Graph, type Load, type Loop, type Tensor } from '../ir/graph.ts';

/** Weights of numbers by their places. */
export type SparseRow = ReadonlyMap<number, number>;

/** A number that is known, or a weighted sum of places. */
type Form = number | SparseRow;

const notLinear = (op: string) => (): never => {
  throw new UnsupportedError(`"${op}" of what depends on the input; expected a linear graph`);
};

function scaled(row: SparseRow, by: number): SparseRow {
  return new Map([...row].map(([place, weight]) => [place, weight * by]));
}

/** a x + b y */
export function combined(x: SparseRow, y: SparseRow, by: number): SparseRow {
  const out = new Map(x);
  for (const [place, weight] of y) {
    out.set(place, (out.get(place) ?? 0) + by * weight);
  }
  return out;
}

const nothing: SparseRow = new Map();

function sum(a: Form, b: Form, by: number): Form {
  if (typeof a === 'number' && typeof b === 'number') return a + by * b;
  if (a === 0 || b === 0) return b === 0 ? a : typeof b === 'number' ? by * b : scaled(b, by);
  if (typeof a === 'number' || typeof b === 'number') return notLinear('a constant beside a sum')();
  return combined(a, b, by);
}

function product(a: Form, b: Form): Form {
  if (typeof a === 'number') return typeof b === 'number' ? a * b : scaled(b, a);
  return typeof b === 'number' ? product(b, a) : notLinear('a product')();
}

/** Ops of numbers that are known; sums, differences and multiples of others. */
const forms: Carrier<Form> = {
  ...(Object.fromEntries(
    Object.entries(numberCarrier).map(([op, f]: [string, (...args: number[]) => number]) => [
      op,
      (...args: Form[]): Form => (args.every((x) => typeof x === 'number') ? f(...args) : notLinear(op)()),
    ]),
  ) as Carrier<Form>),
  literal: (value) => value,
  add: (a, b) => sum(a, b, 1),
  sub: (a, b) => sum(a, b, -1),
  neg: (a) => product(a, -1),
  mul: product,
  stopGradient: (a) => a,
};

/** Where the numbers of tensors lie among those that are still wanted. */
type Places = ReadonlyMap<Tensor, number>;

function placesOf(tensors: Iterable<Tensor>): { places: Places; size: number } {
  const places = new Map<Tensor, number>();
  let size = 0;
  for (const t of tensors) {
    places.set(t, size);
    size += t.size;
  }
  return { places, size };
}

/** What a load reads at each point. */
function reader({ tensor, access }: Load, space: readonly number[], places: Places): (point: number) => Form {
  const at = addresses(access, space);
  const { source } = tensor;
  if (source.kind === 'constant') return (point) => source.data[at[point]];
  const first = places.get(tensor);
  if (first === undefined) return notLinear('a tensor that nothing has written');
  return (point) => new Map([[first + at[point], 1]]);
}

/** Results of a loop, number by number. */
function rowsOf(loop: Loop, places: Places): Map<Tensor, SparseRow[]> {
  const results = loop.results.map((t) => Array.from({ length: t.size }, () => nothing));
  const loads = loop.loads.map((load) => reader(load, loop.space, places));
  const stores = loop.stores.map((s) => ({ ...s, at: addresses(s.access, loop.space) }));
  const points = loop.space.reduce((a, b) => a * b, 1);
  for (let point = 0; point < points; point++) {
    const values = evaluate(
      forms,
      loop.body,
      loads.map((read) => read(point)),
    );
    stores.forEach(({ result, combine, at }, i) => {
      const value = values[i];
      const row = value === 0 ? nothing : typeof value === 'number' ? notLinear('a constant')() : value;
      if (combine === 'max') notLinear('a maximum')();
      const to = results[result];
      to[at[point]] = combine === 'sum' ? combined(to[at[point]], row, 1) : row;
    });
  }
  return new Map(loop.results.map((t, i) => [t, results[i]]));
}

/** The matrices of a graph, first to last: rows of each over the numbers that the one before it gives. */
export interface LinearStages {
  readonly inputs: number;
  readonly stages: readonly (readonly SparseRow[])[];
}

/**
 * The matrices of a graph that is linear in its inputs: from the numbers of `inputs`, one behind the other, to those of its outputs. Throws
 * UnsupportedError, naming the op, for a graph that is not.
 */
export function linearStages(graph: Graph, inputs: readonly Tensor[]): LinearStages {
  const loops = loopsOf(graph);
  const outputs = Object.values(graph.outputs);
  let { places, size } = placesOf(inputs);
  const all = size;
  const stages: SparseRow[][] = [];
  loops.forEach((loop, i) => {
    const made = rowsOf(loop, places);
    const wanted = new Set<Tensor>([
      ...outputs,
      ...loops.slice(i + 1).flatMap((l) => l.loads.map(({ tensor }) => tensor)),
    ]);
    const isLast = i === loops.length - 1;
    const live = isLast ? outputs : [...places.keys(), ...made.keys()].filter((t) => wanted.has(t));
    const rows = live.flatMap(
      (t) =>
        made.get(t) ??
        Array.from({ length: t.size }, (_, k): SparseRow => new Map([[(places.get(t) ?? 0) + k, 1]])),
    );
    ({ places, size } = placesOf(live));
    stages.push(rows);
  });
  return { inputs: all, stages };
}

/** Matrices without weights that are zero. */
export const withoutZeros = ({ inputs, stages }: LinearStages): LinearStages => ({
  inputs,
  stages: stages.map((rows) =>
    rows.map((row): SparseRow => new Map([...row].filter(([, weight]) => weight !== 0))),
  ),
});

/** The product of two matrices: rows of `after` over what `before` gives. */
export function multiplied(after: readonly SparseRow[], before: readonly SparseRow[]): SparseRow[] {
  const rows = before.map((row) => ({ places: [...row.keys()], values: [...row.values()] }));
  const size = rows.reduce((most, { places }) => places.reduce((a, b) => Math.max(a, b), most), -1) + 1;
  const sums = new Float64Array(size);
  const marks = new Int32Array(size);
  return after.map((row, i): SparseRow => {
    const touched: number[] = [];
    for (const [middle, weight] of row) {
      const { places, values } = rows[middle];
      for (let k = 0; k < places.length; k++) {
        const place = places[k];
        if (marks[place] !== i + 1) {
          marks[place] = i + 1;
          sums[place] = 0;
          touched.push(place);
        }
        sums[place] += weight * values[k];
      }
    }
    return new Map(touched.map((place) => [place, sums[place]]));
  });
}
