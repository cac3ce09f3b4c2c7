/** What several tests share: networks, signals, running a graph on a backend, central differences. */
import type { AnyProgram } from '../src/compiler/kernel.ts';
import { compileGraph, type CompileOptions } from '../src/compiler/pipeline.ts';
import { viewOf, type Backend } from '../src/backends/backend.ts';
import { jsBackend } from '../src/backends/js.ts';
import { referenceBackend } from '../src/backends/reference.ts';
import { wasmBackend } from '../src/backends/wasm/wasm.ts';
import { argument, exprCarrier as k } from '../src/ir/expr.ts';
import { constant, leavesOf, loop, type Graph, type Tensor } from '../src/ir/graph.ts';
import type { NetworkSpec } from '../src/model/network.ts';
import type { GateSpec, Parametrization } from '../src/model/parametrization.ts';
import { fillGaussian } from '../src/numeric/random.ts';

/** How many random cases a property gets where each costs much: all of them with PAPILIO_THOROUGH=1. */
export const cases = (few: number, all: number): number =>
  process.env['PAPILIO_THOROUGH'] === '1' ? all : few;

export const allBackends: readonly Backend[] = [referenceBackend, jsBackend, wasmBackend];

export function gaussian(length: number, stream: number, seed = 1): Float64Array {
  const out = new Float64Array(length);
  fillGaussian(out, seed, stream);
  return out;
}

interface NetworkOptions extends Partial<Omit<NetworkSpec, 'stages'>> {
  readonly radices?: readonly number[];
  readonly parametrization?: Parametrization;
  readonly gate?: GateSpec;
}

/** A network of radix-2 stages (or the given radices) with one parametrisation. */
export function network(n: number, options: NetworkOptions = {}): NetworkSpec {
  const { radices, parametrization = 'exact', gate, ...rest } = options;
  const chain = rest.input === 'real' ? n / 2 : n;
  const list = radices ?? new Array<number>(Math.log2(chain)).fill(2);
  return {
    n,
    input: 'complex',
    direction: 'forward',
    norm: 'backward',
    decimation: 'time',
    permutation: 'digit-reversal',
    split: 'exact',
    ...rest,
    stages: list.map((radix) => ({ radix, parametrization, ...(gate ? { gate } : {}) })),
  };
}

/** Run a graph once; returns its outputs as float64 copies. */
export const runOn = (
  backend: Backend,
  graph: Graph,
  values: Readonly<Record<string, ArrayLike<number>>>,
  options: CompileOptions,
): Record<string, Float64Array> => runProgram(backend, compileGraph(graph, options), values);

/** The same for a compiled graph. */
export function runProgram(
  backend: Backend,
  program: AnyProgram,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const e = backend.instantiate(program);
  const known = new Set([...Object.keys(e.program.inputs), ...Object.keys(e.program.parameters)]);
  for (const [name, value] of Object.entries(values)) if (known.has(name)) viewOf(e, name).set(value);
  e.run();
  return Object.fromEntries(
    Object.keys(program.outputs).map((name) => [name, Float64Array.from(viewOf(e, name))]),
  );
}

export function norm(a: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * a[i];
  return Math.sqrt(sum);
}

/** ||a - b|| / ||b|| over the length of b. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return norm(Float64Array.from(b, (x, i) => a[i] - x)) / norm(b);
}

/** Gradient of f at `values[name]` by central differences, step 1e-5 max(1, |p|); of every `step`-th number only. */
export function centralDifferences(
  f: (values: Record<string, Float64Array>) => number,
  values: Record<string, Float64Array>,
  name: string,
  step = 1,
): Float64Array {
  const p = values[name];
  return Float64Array.from({ length: Math.ceil(p.length / step) }, (_, at) => {
    const i = at * step;
    const x = p[i];
    const h = 1e-5 * Math.max(1, Math.abs(x));
    p[i] = x + h;
    const above = f(values);
    p[i] = x - h;
    const below = f(values);
    p[i] = x;
    return (above - below) / (2 * h);
  });
}

/** The leaf of a name in a graph. */
export function inputOf(graph: Graph, name: string): Tensor {
  const found = leavesOf(graph, 'input').find((t) => t.source.kind === 'input' && t.source.name === name);
  if (!found) throw new Error(`no input ${name}`);
  return found;
}

/** sum weights y^2 of an output, as a tensor [1]: a loss with a gradient everywhere. */
export function weightedSquares(y: Tensor, weights: ArrayLike<number>): Tensor {
  const whole = { offset: 0, terms: [1] };
  return loop({
    label: 'weighted squares',
    space: [y.size],
    loads: [
      { tensor: y, access: whole },
      { tensor: constant([y.size], weights), access: whole },
    ],
    body: [k.mul(argument(1), k.mul(argument(0), argument(0)))],
    stores: [{ result: 0, access: { offset: 0, terms: [0] }, combine: 'sum' }],
    shapes: [[1]],
  })[0];
}
