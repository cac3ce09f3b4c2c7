/** The rules of the tensor language, executable: a graph that passes can be interpreted, differentiated and compiled. */
import { IllegalGraphError } from '../errors.ts';
import { ops, topological, type Expr } from './expr.ts';
import { loopsOf, rangeOf, rootsOf, type Access, type Graph, type Loop } from './graph.ts';

const predicates = new Set<string>(['less', 'equal']);

function verifyBody(l: Loop): void {
  const fail = (message: string): never => {
    throw new IllegalGraphError(`loop "${l.label}": ${message}`);
  };
  if (l.body.length !== l.stores.length) fail(`${l.body.length} body values for ${l.stores.length} stores`);
  for (const e of topological(l.body)) {
    if (e.args.length !== ops[e.op]) fail(`${e.op} with ${e.args.length} arguments`);
    if (e.op === 'argument' && e.value >= l.loads.length)
      fail(`argument ${e.value} of ${l.loads.length} loads`);
    e.args.forEach((a: Expr, i) => {
      if (predicates.has(a.op) !== (e.op === 'select' && i === 0 && a.op !== 'literal'))
        fail(`${a.op} used as argument ${i} of ${e.op}`);
    });
  }
  if (l.body.some((e) => predicates.has(e.op))) fail('a predicate is stored');
}

function verifyAccess(l: Loop, kind: 'load' | 'store', i: number, a: Access, size: number): void {
  if (a.terms.length !== l.space.length)
    throw new IllegalGraphError(
      `loop "${l.label}": ${kind} ${i} has ${a.terms.length} terms for ${l.space.length} dimensions`,
    );
  let low = a.offset;
  let high = a.offset;
  a.terms.forEach((t, d) => {
    if (typeof t !== 'number' && t.length < l.space[d])
      throw new IllegalGraphError(
        `loop "${l.label}": ${kind} ${i} has a table of ${t.length} for an extent of ${l.space[d]}`,
      );
    const [least, most] = rangeOf(t, l.space[d]);
    low += least;
    high += most;
  });
  if (low < 0 || high >= size || !Number.isInteger(low) || !Number.isInteger(high))
    throw new IllegalGraphError(
      `loop "${l.label}": ${kind} ${i} reaches elements ${low} to ${high} of ${size}`,
    );
}

/** Throws IllegalGraphError, naming the loop, if a graph breaks a rule. */
export function verify(graph: Graph): void {
  for (const l of loopsOf(graph)) {
    if (l.space.some((extent) => !Number.isInteger(extent) || extent < 1))
      throw new IllegalGraphError(
        `loop "${l.label}": space [${l.space.join(', ')}]; extents must be positive integers`,
      );
    verifyBody(l);
    l.loads.forEach((x, i) => verifyAccess(l, 'load', i, x.access, x.tensor.size));
    l.stores.forEach((s, i) => {
      if (!l.results[s.result])
        throw new IllegalGraphError(
          `loop "${l.label}": store ${i} into result ${s.result} of ${l.results.length}`,
        );
      verifyAccess(l, 'store', i, s.access, l.results[s.result].size);
    });
  }
  verifyNames(graph);
  for (const u of graph.updates ?? [])
    if (u.parameter.source.kind !== 'parameter' || u.parameter.size !== u.value.size)
      throw new IllegalGraphError('an update needs a parameter and a value of its size');
}

/** One name, one leaf shape. */
function verifyNames(graph: Graph): void {
  const sizes = new Map<string, number>();
  const leaves = [...loopsOf(graph).flatMap((l) => l.loads.map((x) => x.tensor)), ...rootsOf(graph)];
  for (const t of leaves) {
    if (t.source.kind !== 'input' && t.source.kind !== 'parameter') continue;
    const known = sizes.get(t.source.name) ?? t.size;
    if (known !== t.size)
      throw new IllegalGraphError(`"${t.source.name}" is used with ${known} and with ${t.size} elements`);
    sizes.set(t.source.name, t.size);
  }
}
