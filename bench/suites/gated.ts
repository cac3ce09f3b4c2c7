/** Contenders of suite sparse: compiled networks with random skip gates frozen into them, and the same without gates. */
import {
  compileGraph,
  countProgram,
  viewOf,
  wasmBackend,
  type Dtype,
  type HostExecutable,
} from '../../src/compiler.ts';
import type { GateSpec, NetworkSpec } from '../../src/learn.ts';
import { constant, input, type Graph } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import type { Storage } from '../../src/model/geometry.ts';
import { spectrum } from '../../src/model/network.ts';
import type { Provide } from '../../src/model/parametrization.ts';
import { exactNetwork } from '../../src/plans/plan.ts';
import type { Contender } from '../contender.ts';
import { timedLoop } from '../protocol.ts';
import { noise } from '../signal.ts';

export interface GatedCase {
  readonly label: string;
  readonly n: number;
  /** Transforms side by side: element (k, lane) at k lanes + lane. */
  readonly lanes: number;
  /** plan: the exact network with the radices of a plan; learned: radix 2 with twiddles that are nothing special; gated: that with gates. */
  readonly form: 'plan' | 'learned' | 'gated';
  readonly grain: 'butterfly' | 'run';
  /** Share of the gates that skip. */
  readonly skipped: number;
}

function network({ n, form, grain }: GatedCase): NetworkSpec {
  const exact = exactNetwork({ n });
  if (form === 'plan') return exact;
  const gate: GateSpec = { kind: 'skip', mode: 'hard', grain, threshold: 0.5 };
  const stage = { radix: 2, parametrization: 'twiddle', ...(form === 'gated' ? { gate } : {}) } as const;
  return { ...exact, stages: Array.from({ length: Math.log2(n) }, () => stage) };
}

/**
 * Twiddles and gates of a stage: numbers without pattern, as learning leaves them; gates the same for every share, so
 * that what 50 % skips 90 % skips too.
 */
const learned =
  (share: number): Provide =>
  (name, shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    if (name.endsWith('.twiddle'))
      return constant(shape, noise(count, 101 + Number(/\d+/.exec(name)?.[0] ?? 0)));
    const uniform = noise(count, 1 + Number(/\d+/.exec(name)?.[0] ?? 0)).map((x) => (x + 1) / 2);
    return constant(
      shape,
      uniform.map((u) => (u < share ? 0 : 1)),
    );
  };

function graphOf(c: GatedCase): Graph {
  const source = {
    re: rows(input('re', [c.n, c.lanes]), c.lanes),
    im: rows(input('im', [c.n, c.lanes]), c.lanes),
  };
  // A single dense transform is what a plan compiles; gates along k stay contiguous in place.
  const storage: Storage = c.form === 'plan' && c.lanes === 1 ? 'stockham' : 'in-place';
  const x = spectrum(network(c), source, { lanes: c.lanes, storage, provide: learned(c.skipped) });
  return { outputs: { outRe: x.re, outIm: x.im } };
}

function instantiate(graph: Graph, size: number, dtype: Dtype, specialize: boolean): HostExecutable {
  const executable = wasmBackend.instantiate(compileGraph(graph, { dtype, specialize }));
  viewOf(executable, 're').set(noise(size, 1));
  viewOf(executable, 'im').set(noise(size, 2));
  return executable;
}

/** Relative error against the same network in float64 with every gate multiplied out. */
function errorOf(executable: HostExecutable, graph: Graph, size: number): number {
  const exact = instantiate(graph, size, 'f64', false);
  for (const e of [executable, exact]) e.run();
  let [difference, total] = [0, 0];
  for (const name of ['outRe', 'outIm']) {
    const [a, b] = [viewOf(executable, name), viewOf(exact, name)];
    for (let i = 0; i < size; i++) {
      difference += (a[i] - b[i]) ** 2;
      total += b[i] ** 2;
    }
  }
  return Math.sqrt(difference / total);
}

export interface GatedContender {
  readonly contender: Contender;
  readonly error: number;
  /** Real multiplications and additions per transform. */
  readonly operations: number;
  readonly codeBytes: number;
}

export function gatedContender(c: GatedCase): GatedContender {
  const graph = graphOf(c);
  const size = c.n * c.lanes;
  const executable = instantiate(graph, size, 'f32', true);
  const error = errorOf(executable, graph, size);
  const { mul, add } = countProgram(executable.program);
  return {
    contender: {
      label: c.label,
      sample: timedLoop(() => executable.run()),
      read: () => [],
      close: () => {},
    },
    error,
    operations: (mul + add) / c.lanes,
    codeBytes: executable.codeBytes,
  };
}
