/**
 * The specification of the tensor language: a slow, obvious float64 interpreter. Backends are compared with it.
 */
import { InvalidArgumentError } from '../errors.ts';
import { evaluator, numberCarrier } from './expr.ts';
import { addresses, leavesOf, loopsOf, type Graph, type Loop, type Tensor } from './graph.ts';

/** Named float64 arrays for inputs and parameters. */
export type Values = Readonly<Record<string, ArrayLike<number>>>;

const initial = { store: NaN, sum: 0, max: -Infinity } as const;

function runLoop(l: Loop, data: Map<Tensor, Float64Array>): void {
  const results = l.results.map((t) => new Float64Array(t.size));
  for (const s of l.stores) results[s.result].fill(initial[s.combine]);
  const loads = l.loads.map((x) => ({
    from: data.get(x.tensor) as Float64Array,
    at: addresses(x.access, l.space),
  }));
  const stores = l.stores.map((s) => ({ ...s, to: results[s.result], at: addresses(s.access, l.space) }));
  const points = l.space.reduce((a, b) => a * b, 1);
  const evaluate = evaluator(numberCarrier, l.body);
  for (let p = 0; p < points; p++) {
    const args = loads.map((x) => x.from[x.at[p]]);
    const values = evaluate(args);
    stores.forEach((s, i) => {
      const at = s.at[p];
      if (s.combine === 'store') s.to[at] = values[i];
      else if (s.combine === 'sum') s.to[at] += values[i];
      else s.to[at] = Math.max(s.to[at], values[i]);
    });
  }
  l.results.forEach((t, i) => data.set(t, results[i]));
}

/**
 * Run a graph in float64. `values` has every input and parameter by name.
 * Returns outputs and the new values of updated parameters, by name.
 */
export function interpret(graph: Graph, values: Values): Record<string, Float64Array> {
  const data = new Map<Tensor, Float64Array>();
  for (const kind of ['input', 'parameter', 'constant'] as const)
    for (const tensor of leavesOf(graph, kind)) data.set(tensor, leafValue(tensor, values));
  for (const l of loopsOf(graph)) runLoop(l, data);
  const out: Record<string, Float64Array> = {};
  for (const [name, tensor] of Object.entries(graph.outputs)) out[name] = data.get(tensor) as Float64Array;
  for (const u of graph.updates ?? [])
    if (u.parameter.source.kind === 'parameter')
      out[u.parameter.source.name] = data.get(u.value) as Float64Array;
  return out;
}

function leafValue(tensor: Tensor, values: Values): Float64Array {
  const { source } = tensor;
  if (source.kind === 'constant') return source.data;
  if (source.kind === 'loop') throw new InvalidArgumentError('a loop result is not a leaf');
  const value = values[source.name];
  if (!value)
    throw new InvalidArgumentError(
      `${source.kind} "${source.name}" has no value; expected ${tensor.size} numbers`,
    );
  if (value.length !== tensor.size)
    throw new InvalidArgumentError(
      `${source.kind} "${source.name}" has ${value.length} numbers; expected ${tensor.size}`,
    );
  return Float64Array.from(value);
}
