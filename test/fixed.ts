/** What tests of fixed point share: transforms and gated networks as graphs, and inputs of full scale. */
import { compileArithmetic } from '../src/compiler/pipeline.ts';
import { toFixed, type FixedName, type FixedProgram } from '../src/compiler/fixed/fixed.ts';
import type { AnyProgram, Program } from '../src/compiler/kernel.ts';
import { constant, input, type Graph, type Tensor } from '../src/ir/graph.ts';
import { rows } from '../src/ir/view.ts';
import { initialize } from '../src/model/initialize.ts';
import { parameterShapes, spectrum, type NetworkSpec } from '../src/model/network.ts';
import type { GateSpec } from '../src/model/parametrization.ts';
import { featureGraph } from '../src/plans/feature-graphs.ts';
import type { HeadConfig } from '../src/spectral/head.ts';
import { featureHead } from '../src/spectral/presets.ts';
import { planGraph, type PlanOptions } from '../src/plans/plan.ts';
import { gaussian, network } from './helpers.ts';

const gate = (kind: GateSpec['kind'], grain: GateSpec['grain']): GateSpec => ({
  kind,
  mode: 'hard',
  grain,
  threshold: 0.5,
});

/** A frozen network with random parameters, about a third of its gates closed. */
function networkGraph(spec: NetworkSpec): Graph {
  const values: Record<string, Float64Array> = { ...initialize(spec, 'random', 5) };
  Object.keys(parameterShapes(spec)).forEach((name, i) => {
    if (name.endsWith('gate'))
      values[name] = gaussian(values[name].length, 50 + i).map((g) => (g > 0.4 ? 0 : 1));
  });
  const part = (name: string) => rows(input(name, [spec.n, 1]), 1);
  const source = spec.input === 'real' ? { re: part('re') } : { re: part('re'), im: part('im') };
  const provide = (name: string, shape: readonly number[]): Tensor => constant(shape, values[name]);
  const x = spectrum(spec, source, { lanes: 1, provide });
  return { outputs: { outRe: x.re, outIm: x.im } };
}

const plans: Omit<PlanOptions, 'dtype'>[] = [
  ...[1, 2, 3, 8, 30, 64].flatMap((n): Omit<PlanOptions, 'dtype'>[] => [
    { n },
    { n, input: 'real' },
    { n, inverse: true, norm: 'ortho' },
    { n, input: 'real', inverse: true },
  ]),
  { n: 101, input: 'real' },
];

const networks: Readonly<Record<string, NetworkSpec>> = {
  'skip gates': network(32, { parametrization: 'twiddle', gate: gate('skip', 'run') }),
  'drop gates, real': network(32, {
    parametrization: 'twiddle',
    input: 'real',
    gate: gate('drop', 'butterfly'),
  }),
  'ternary gates': network(32, { parametrization: 'twiddle', gate: gate('ternary', 'block') }),
  'free blocks': network(16, { parametrization: 'free', gate: gate('skip', 'butterfly') }),
  'unit circle, radix 4': network(64, {
    radices: [4, 4, 4],
    parametrization: 'unit-circle',
    decimation: 'frequency',
  }),
};

/** Transforms of any size, and learned networks. */
export const linearGraphs = (): [string, Graph][] => [
  ...plans.map((options): [string, Graph] => [JSON.stringify(options), planGraph(options).graph]),
  ...Object.entries(networks).map(([name, spec]): [string, Graph] => [name, networkGraph(spec)]),
];

const log = { kind: 'db', floor: 1e-10, offset: 0, range: null, reference: 1 } as const;
const heads: Readonly<Record<string, HeadConfig>> = {
  'log-mel': featureHead('papilio', { nFft: 64, windowLength: 50, hop: 20, bank: { bands: 10 } }),
  // The mean of a frame, pre-emphasis, numbers of the size of 16 bits.
  kaldi: featureHead('kaldi', { nFft: 64, windowLength: 50, hop: 40, bank: { bands: 8 } }),
  // No less than some below the largest level of the clip.
  whisper: featureHead('whisper', { nFft: 40, windowLength: 40, hop: 20, bank: { bands: 8 } }),
  'levels of bins': featureHead('papilio', { nFft: 32, windowLength: 32, hop: 16, bank: null, log }),
  cepstrum: featureHead('papilio', {
    nFft: 64,
    windowLength: 64,
    hop: 32,
    bank: { bands: 10 },
    cepstrum: { count: 6, norm: 'ortho', lifter: { kind: 'kaldi', length: 22 } },
  }),
};

/** Front ends over some frames. */
export const frontGraphs = (): [string, Graph][] =>
  Object.entries(heads).map(([name, head]) => [name, featureGraph({ ...head, fit: null }, 150)]);

export const realProgram = (graph: Graph): Program =>
  compileArithmetic(graph, { dtype: 'f64', vectors: false });
export const fixedOf = (graph: Graph, name: FixedName): FixedProgram => toFixed(realProgram(graph), name);

/** Samples of full scale for every input: noise of all sizes, both ends, signs of noise. */
export function fullScale(
  program: AnyProgram,
  name: FixedName,
  count: number,
): Record<string, Float64Array>[] {
  const full = name === 'q15' ? 2 ** 15 : 2 ** 31;
  const least = -full;
  const kinds: ((g: number) => number)[] = [
    () => full - 1,
    () => least,
    (g) => (g > 0 ? full - 1 : least),
    (g) => Math.max(least, Math.min(full - 1, Math.round(g * full))),
    (g) => Math.round(g * full * 1e-3),
  ];
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(
      Object.entries(program.inputs).map(([at, id]) => [
        at,
        gaussian(program.buffers[id].size, 7 * i + id).map(kinds[i % kinds.length]),
      ]),
    ),
  );
}

/** Samples as numbers. */
export const asNumbers = (
  values: Readonly<Record<string, Float64Array>>,
  name: FixedName,
): Record<string, Float64Array> =>
  Object.fromEntries(
    Object.entries(values).map(([at, x]) => [at, x.map((v) => v / (name === 'q15' ? 2 ** 15 : 2 ** 31))]),
  );
