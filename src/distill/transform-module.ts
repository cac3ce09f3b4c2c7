/** Trained linear maps, whatever they are made of, as programs and as files that need nothing else. */
import { printEsModule, type ModuleView } from '../backends/esm.ts';
import type { Program } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { constant, input, type Graph } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import { decode, encode, type EncoderDecoder } from '../model/encoder-decoder.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { binCount, realInverse } from '../model/network.ts';
import { chainOutput, pointsOf, type ChainModel } from '../model/product.ts';
import { transformWasm, type TransformEnds, type TransformLayout } from '../plans/module.ts';
import { transformGraphOf, type CorrectedTransform } from './corrected-transform.ts';
import { quantize, type TableQuantization } from '../front/quantize.ts';
import { snappedTransform } from './snapped-transform.ts';

/** A linear map of `inputs` numbers to `outputs` numbers. */
export interface LinearMap {
  readonly transform: TransformLayout['transform'];
  /** What it computes, where that is no Fourier transform. */
  readonly computes?: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Inputs "re" (and "im") [inputs, lanes], outputs "outRe" (and "outIm") [outputs (+ spare rows), lanes]. */
  readonly graph: (lanes: number) => Graph;
}

const constants =
  (values: ParameterValues) =>
  (name: string, shape: readonly number[]): ReturnType<typeof constant> =>
    constant(shape, values[name]);

const signal = (n: number, lanes: number, complex: boolean) => {
  const view = (name: string) => rows(input(name, [n, lanes]), lanes);
  return complex ? { re: view('re'), im: view('im') } : { re: view('re') };
};

/**
 * A transform with what stands behind it: samples to bins, or bins to samples. One that was learned to be the exact one is computed
 * by exact stages.
 */
export function transformMap(learned: CorrectedTransform): LinearMap {
  const t = snappedTransform(learned);
  const { network } = t;
  const { n, input: kind, direction, norm, permutation } = network;
  const shared = {
    transform: { n, input: kind, direction, norm },
    ...(permutation === 'digit-reversal'
      ? {}
      : { computes: 'a network whose samples have an order of their own' }),
  };
  if (kind === 'complex' || direction === 'forward')
    return { ...shared, inputs: n, outputs: binCount(network), graph: (lanes) => transformGraphOf(t, lanes) };
  const bins = n / 2 + 1;
  const provide = constants(t.values);
  return {
    ...shared,
    inputs: bins,
    outputs: n,
    graph: (lanes) => ({
      outputs: { outRe: realInverse(network, signal(bins, lanes, true), { lanes, provide }) },
    }),
  };
}

/** A chain model: complex signals, or real ones and the real part. */
export function chainMap(model: ChainModel, values: ParameterValues, name: string): LinearMap {
  const n = pointsOf(model);
  const complex = model.head === 'complex';
  return {
    transform: { n, input: model.head, direction: 'forward', norm: 'ortho' },
    computes: name,
    inputs: n,
    outputs: n,
    graph: (lanes) => {
      const { re, im } = chainOutput(model, signal(n, lanes, complex), { lanes, provide: constants(values) });
      return { outputs: complex ? { outRe: re, outIm: im } : { outRe: re } };
    },
  };
}

/** An encoder-decoder from samples to samples, with its mask. */
export function roundTripMap(model: EncoderDecoder, values: ParameterValues): LinearMap {
  const { n, input: kind, norm } = model.encoder;
  return {
    transform: { n, input: kind, direction: 'forward', norm },
    computes: model.mask ? 'a spectral filter, samples to samples' : 'a round trip, samples to samples',
    inputs: n,
    outputs: n,
    graph: (lanes) => {
      const options = { lanes, provide: constants(values) };
      const spectra = encode(model, signal(n, lanes, kind === 'complex'), options);
      const { re, im } = decode(model, spectra, options, model.mask);
      return { outputs: { outRe: re, ...(im ? { outIm: im } : {}) } };
    },
  };
}

/** The float32 program of `lanes` maps at once. */
export function mapProgram(map: LinearMap, lanes: number): Program {
  const graph = map.graph(lanes);
  const live = Object.fromEntries(Object.keys(graph.outputs).map((name) => [name, map.outputs * lanes]));
  return compileGraph(graph, { dtype: 'f32', live });
}

/** Names of the ends in a program and in a kernel. */
const ends = {
  input: { re: 're', im: 'im' },
  output: { outRe: 're', outIm: 'im' },
} as const;

/** What a kernel of a map has at its ends. */
export function mapEnds(map: LinearMap): TransformEnds {
  const { outputs } = map.graph(1);
  const complex =
    map.transform.input === 'complex' || (map.transform.direction === 'inverse' && !map.computes);
  return {
    input: complex ? ['re', 'im'] : ['re'],
    output: 'outIm' in outputs ? ['re', 'im'] : ['re'],
    dtype: 'f32',
  };
}

/** The ends of `transformModule`. */
export const correctedEnds = (t: CorrectedTransform): TransformEnds => mapEnds(transformMap(t));

/** kernel.wasm of one map: `input.re` (and `input.im`), `output.re` (and `output.im`), float32; `fftLoader` loads it. */
export function mapModule(map: LinearMap, tables?: TableQuantization): Uint8Array {
  const floats = mapProgram(map, 1);
  const program = tables ? quantize(floats, tables) : floats;
  const places = (end: 'input' | 'output', length: number): [string, number, number][] =>
    Object.entries(ends[end]).flatMap(([from, to]): [string, number, number][] => {
      const id = program[`${end}s`][from];
      return id === undefined ? [] : [[to, program.buffers[id].offset, length]];
    });
  return transformWasm(program, {
    transform: map.transform,
    ...(map.computes === undefined ? {} : { computes: map.computes }),
    input: places('input', map.inputs),
    output: places('output', map.outputs),
    count: 1,
    inputStep: 0,
    outputStep: 0,
  });
}

/** One map as an ES module of plain JavaScript: exports `create()`, an object with `input`, `output` and `run()`. */
export function mapEsModule(map: LinearMap): string {
  const program = mapProgram(map, 1);
  const { n, input: kind, direction, norm } = map.transform;
  const views = (end: 'input' | 'output', length: number): ModuleView[] =>
    Object.entries(ends[end])
      .filter(([from]) => program[`${end}s`][from] !== undefined)
      .map(([from, to]) => ({ path: `${end}.${to}`, name: from, length }));
  return printEsModule(program, {
    title: `${map.computes ?? `Fourier transform, ${direction}, norm ${norm}`}: ${n} ${kind} points, learned, ${program.dtype}`,
    views: [...views('input', map.inputs), ...views('output', map.outputs)],
  });
}

/** kernel.wasm of one transform: `input.re` (and `input.im`) [n], `output.re` and `output.im` [bins], float32. */
export const transformModule = (t: CorrectedTransform): Uint8Array => mapModule(transformMap(t));
