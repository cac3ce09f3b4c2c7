/**
 * What a compiled program multiplies signals by, as numbers: every subexpression of constants alone is evaluated point by
 * point in the arithmetic of the dtype, and becomes a table. Afterwards gates, thresholds and sines are gone and a loop of a
 * linear network is a linear combination of its signals with known coefficients, which can be analysed exactly.
 */
import { UnsupportedError } from '../errors.ts';
import {
  argument,
  exprCarrier,
  literal,
  evaluator,
  rebuild,
  roundedCarrier,
  topological,
  usedArguments,
  type Carrier,
  type Expr,
} from '../ir/expr.ts';
import {
  addresses,
  constant,
  ignores,
  loop,
  loopsOf,
  rowMajor,
  sizeOf,
  type Graph,
  type Load,
  type Loop,
  type Tensor,
} from '../ir/graph.ts';
import { expandBody } from './expand.ts';
import { numberFormats, type Dtype } from './number-format.ts';

const isSignal = (t: Tensor): boolean => t.source.kind === 'input' || t.source.kind === 'loop';

/** Values of a constant expression at every point of `space`, rounded after every operation. */
function tabulate(
  e: Expr,
  loads: readonly Load[],
  space: readonly number[],
  k: Carrier<number>,
): Float64Array {
  const used = usedArguments([e]);
  const columns = loads.map(({ tensor, access }, i) =>
    used.has(i) && tensor.source.kind === 'constant'
      ? { data: tensor.source.data, at: addresses(access, space) }
      : null,
  );
  const evaluate = evaluator(k, [e]);
  return Float64Array.from({ length: sizeOf(space) }, (_, p) => {
    const args = columns.map((c) => (c ? k.literal(c.data[c.at[p]]) : NaN));
    return evaluate(args)[0];
  });
}

/** The dimensions that a constant expression depends on. */
function dependsOn(e: Expr, loads: readonly Load[], dims: number): boolean[] {
  const used = topological([e]).flatMap((x) => (x.op === 'argument' ? [loads[x.value].access] : []));
  return Array.from({ length: dims }, (_, d) => used.some((access) => !ignores(access, d)));
}

function withTables(l: Loop, moved: Map<Tensor, Tensor>, dtype: Dtype): readonly Tensor[] {
  const body = expandBody(l.body, dtype);
  const { round } = numberFormats[dtype];
  const k = roundedCarrier(round);
  const loads: Load[] = [];
  const read = (load: Load): Expr => argument(loads.push(load) - 1);
  const known = new Map<Expr, boolean>();
  const rebuilt = new Map<Expr, Expr>();
  /** The new form of a constant expression that a signal, or a store, meets. */
  const tableOf = (e: Expr): Expr => {
    if (e.op === 'literal') return literal(round(e.value));
    const depends = dependsOn(e, l.loads, l.space.length);
    const space = l.space.map((extent, d) => (depends[d] ? extent : 1));
    const data = tabulate(e, l.loads, space, k);
    if (data.every((x) => x === data[0])) return literal(data[0]);
    const terms = rowMajor(space).map((stride, d) => (depends[d] ? stride : 0));
    return read({ tensor: constant(space, data), access: { offset: 0, terms } });
  };
  const use = (e: Expr): Expr => {
    const done = rebuilt.get(e) ?? tableOf(e);
    rebuilt.set(e, done);
    return done;
  };
  for (const e of topological(body)) {
    if (e.op === 'argument') {
      const load = l.loads[e.value];
      known.set(e, !isSignal(load.tensor));
      if (isSignal(load.tensor))
        rebuilt.set(e, read({ ...load, tensor: moved.get(load.tensor) ?? load.tensor }));
      continue;
    }
    known.set(
      e,
      e.args.every((a) => known.get(a)),
    );
    if (known.get(e)) continue;
    if (!['add', 'sub', 'mul', 'neg', 'div'].includes(e.op))
      throw new UnsupportedError(`${l.label}: ${e.op} of a signal; only linear networks have coefficients`);
    rebuilt.set(e, rebuild(exprCarrier, e, e.args.map(use), []));
  }
  return loop({
    label: l.label,
    space: l.space,
    loads,
    body: body.map(use),
    stores: l.stores,
    shapes: l.results.map((t) => t.shape),
  });
}

/**
 * The graph with all constant subexpressions as tables (or literals, where all points agree) of numbers of the dtype.
 * Throws UnsupportedError, naming the loop, for trainable parameters and for ops of signals that are not linear.
 */
export function tabulateCoefficients(graph: Graph, dtype: Dtype): Graph {
  const moved = new Map<Tensor, Tensor>();
  for (const l of loopsOf(graph)) {
    const trainable = l.loads.find((x) => x.tensor.source.kind === 'parameter');
    if (trainable) throw new UnsupportedError(`${l.label} reads a trainable parameter; freeze it first`);
    withTables(l, moved, dtype).forEach((t, i) => moved.set(l.results[i], t));
  }
  return {
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, t]) => [name, moved.get(t) ?? t])),
  };
}
