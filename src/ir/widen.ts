/**
 * A graph in double-double: every tensor becomes a pair hi + lo and every body runs on the double-double carrier, so the
 * compiled program computes the same graph with 106 bits. For graphs of ring operations and stores without reduction.
 */
import { UnsupportedError } from '../errors.ts';
import { pairArithmetic, type Pair } from '../numeric/double-double.ts';
import { argument, exprCarrier, literal, topological, type Expr } from './expr.ts';
import { loop, loopsOf, type Graph, type Load, type Loop, type Store, type Tensor } from './graph.ts';

const pairs = /* @__PURE__ */ pairArithmetic(exprCarrier);

/** a / b for a literal float64 b: the quotient of hi, and that of what is left. */
function divide(a: Pair<Expr>, b: Expr): Pair<Expr> {
  const q = exprCarrier.div(a[0], b);
  const rest = pairs.sub(a, pairs.mul([q, literal(0)], [b, literal(0)]));
  return pairs.add([q, literal(0)], [exprCarrier.div(rest[0], b), literal(0)]);
}

function widenBody(l: Loop, args: readonly Pair<Expr>[]): Pair<Expr>[] {
  const values = new Map<Expr, Pair<Expr>>();
  for (const e of topological(l.body)) {
    const [a, b] = e.args.map((x) => values.get(x) as Pair<Expr>);
    if (e.op === 'literal') values.set(e, pairs.literal(e.value));
    else if (e.op === 'argument') values.set(e, args[e.value]);
    else if (e.op === 'add' || e.op === 'sub' || e.op === 'mul') values.set(e, pairs[e.op](a, b));
    else if (e.op === 'neg') values.set(e, pairs.neg(a));
    else if (e.op === 'div' && e.args[1].op === 'literal') values.set(e, divide(a, e.args[1]));
    else throw new UnsupportedError(`${l.label}: ${e.op} is not available in double-double`);
  }
  return l.body.map((e) => values.get(e) as Pair<Expr>);
}

function widenLoop(l: Loop, low: Map<Tensor, Pair<Tensor>>): readonly Tensor[] {
  const loads: Load[] = [];
  const read = (load: Load): Expr => argument(loads.push(load) - 1);
  const args = l.loads.map((load): Pair<Expr> => {
    const pair = low.get(load.tensor);
    if (!pair) return [read(load), literal(0)];
    return [read({ ...load, tensor: pair[0] }), read({ ...load, tensor: pair[1] })];
  });
  const body = widenBody(l, args);
  const stores = l.stores.flatMap((s): Store[] => {
    if (s.combine !== 'store')
      throw new UnsupportedError(`${l.label}: a ${s.combine} is not available in double-double`);
    return [
      { ...s, result: 2 * s.result },
      { ...s, result: 2 * s.result + 1 },
    ];
  });
  return loop({
    label: l.label,
    space: l.space,
    loads,
    body: body.flat(),
    stores,
    shapes: l.results.flatMap((t) => [t.shape, t.shape]),
  });
}

/**
 * The graph in double-double: output `x` becomes `x.hi` and `x.lo`; inputs and constants are float64 as they are. Compile it
 * for f64 without relaxed arithmetic. Throws UnsupportedError, naming the loop, for other ops and for reductions.
 */
export function widen(graph: Graph): Graph {
  const wide = new Map<Tensor, Pair<Tensor>>();
  for (const l of loopsOf(graph)) {
    const results = widenLoop(l, wide);
    l.results.forEach((t, i) => wide.set(t, [results[2 * i], results[2 * i + 1]]));
  }
  const outputs: Record<string, Tensor> = {};
  for (const [name, t] of Object.entries(graph.outputs)) {
    const pair = wide.get(t);
    if (!pair) throw new UnsupportedError(`output "${name}" is a leaf; only results of loops are widened`);
    [outputs[`${name}.hi`], outputs[`${name}.lo`]] = pair;
  }
  return { outputs };
}
