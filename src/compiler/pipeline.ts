/**
 * The compiler on one screen: graph -> loops -> pieces (specialize) -> expanded bodies -> kernels (lower) -> arena (plan).
 * Every step returns plain data.
 */
import { argument } from '../ir/expr.ts';
import { pruneLoads } from '../ir/grad.ts';
import { loopsOf, map, sameTable, type Graph, type Tensor } from '../ir/graph.ts';
import { verify } from '../ir/verify.ts';
import { expandBody } from './expand.ts';
import { lanesOf, type Dtype, type KernelAccess, type Program } from './kernel.ts';
import { lowerLoop, type Piece } from './lower.ts';
import { planMemory, type PlacedLoop } from './plan.ts';
import { specialize } from './specialize.ts';

/** Options of `compileGraph`. */
export interface CompileOptions {
  readonly dtype: Dtype;
  /** Elements to reserve for an input or output by name, when it is longer than one run needs (see `HostExecutable.run`). */
  readonly reserve?: Readonly<Record<string, number>>;
  /** Leading elements of an output, by name, that are read; all by default. */
  readonly live?: Readonly<Record<string, number>>;
  /** False for code without vectors: engines without SIMD, and JavaScript. Default true. */
  readonly vectors?: boolean;
  /** Numbers of a vector; default: those of 128 bits. */
  readonly lanes?: number;
  /** Skip `specialize`: what a gated network costs when nothing is known of its gates. */
  readonly specialize?: boolean;
  /** Points that special cases of constants must have to be a piece of their own; default: 16, where points are vectorised. */
  readonly smallestClass?: number;
  /** Outputs are written, never worked in: their memory is far away. */
  readonly outputsOnce?: boolean;
}

/** Compile a graph to a program of kernels. Throws IllegalGraphError if the graph is not legal. */
export function compileGraph(graph: Graph, options: CompileOptions): Program {
  verify(graph);
  return compile(graph, options, expandBody);
}

/**
 * `compileGraph` of a graph that papilio made, without exp, log, sin and cos, such as a transform's: an import of it does not
 * bring along what verifies and expands.
 */
export const compileArithmetic = (graph: Graph, options: CompileOptions): Program =>
  compile(graph, options, (body) => body);

function compile(graph: Graph, options: CompileOptions, expand: typeof expandBody): Program {
  const whole = ownedRoots(graph);
  const loops = loopsOf(whole);
  const live = new Map<Tensor, number>();
  for (const [name, t] of Object.entries(whole.outputs)) live.set(t, options.live?.[name] ?? t.size);
  for (const { value } of whole.updates ?? []) live.set(value, value.size);
  const pieces =
    options.specialize === false
      ? new Map(loops.map((l): [typeof l, Piece[]] => [l, [l]]))
      : specialize(loops, live, options);
  const placed: PlacedLoop[] = loops.flatMap((l) => {
    const own = (pieces.get(l) ?? []).map((p) => ({
      ...p,
      ...pruneLoads(p.loads, expand(p.body, options.dtype)),
    }));
    return own.length > 0 ? [{ loop: l, pieces: own }] : [];
  });
  return shareTables(
    planMemory(whole, placed, options, (own, bufferOf) =>
      lowerLoop(own, bufferOf, options.vectors === false ? 1 : (options.lanes ?? lanesOf(options.dtype))),
    ),
  );
}

/** Offset tables from zero on, equal ones as one object: addresses that move together are seen to. */
function shareTables(program: Program): Program {
  const byLength = new Map<number, Int32Array[]>();
  const fromZero = (t: Int32Array): Int32Array => {
    const first = t[0];
    const relative = first === 0 ? t : t.map((x) => x - first);
    const alike = byLength.get(t.length) ?? [];
    byLength.set(t.length, alike);
    const known = alike.find((x) => sameTable(x, relative));
    if (!known) alike.push(relative);
    return known ?? relative;
  };
  const shared = new Map<Int32Array, Int32Array>();
  const share = <A extends KernelAccess>(a: A): A => {
    if (a.terms.every((t) => typeof t === 'number')) return a;
    let { offset } = a;
    const terms = a.terms.map((t) => {
      if (typeof t === 'number') return t;
      offset += t[0];
      const table = shared.get(t) ?? fromZero(t);
      shared.set(t, table);
      return table;
    });
    return { ...a, offset, terms };
  };
  const kernels = program.kernels.map((k) => ({
    ...k,
    loads: k.loads.map(share),
    stores: k.stores.map(share),
  }));
  return { ...program, kernels };
}

/** Give every output and update a loop result of its own. */
function ownedRoots(graph: Graph): Graph {
  const taken = new Set<Tensor>();
  const own = (t: Tensor): Tensor => {
    if (t.source.kind === 'loop' && !taken.has(t)) {
      taken.add(t);
      return t;
    }
    return map('copy', [t], [argument(0)])[0];
  };
  return {
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, t]) => [name, own(t)])),
    updates: (graph.updates ?? []).map((u) => ({ parameter: u.parameter, value: own(u.value) })),
  };
}
