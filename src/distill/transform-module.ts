/** Trained linear maps, whatever they are made of, as programs and as files that need nothing else. */
import { cFiles, cOptionsOf, type CFiles, type CFunction, type COptions } from '../backends/c/c-files.ts';
import type { Program } from '../compiler/kernel.ts';
import { programIn } from '../backends/c/format.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { Graph } from '../ir/graph.ts';
import {
  endsOf,
  formOf,
  modelGraph,
  networkOf,
  validateModel,
  type Model,
  type TrainedModel,
} from '../model/model.ts';
import { kernelModule, kernelWasm, type TransformEnds, type TransformKernel } from '../plans/module.ts';
import { linearOnnx, type LinearOnnxOptions, type OnnxModelFile } from '../plans/onnx-module.ts';
import { quantize, type TableQuantization } from '../front/quantize.ts';
import { snappedTransform } from './snapped-transform.ts';

/** A linear map of `inputs` numbers to `outputs` numbers. */
export interface LinearMap {
  readonly transform: TransformKernel['transform'];
  /** What it computes, where that is no Fourier transform. */
  readonly computes?: string;
  readonly inputs: number;
  /** Are they real? */
  readonly real: boolean;
  readonly outputs: number;
  /** Inputs "re" (and "im") [inputs, lanes], outputs "outRe" (and "outIm") [outputs (+ spare rows), lanes]. */
  readonly graph: (lanes: number) => Graph;
}

/** What a map calls itself. */
function titleOf(model: Model, real: boolean, name: string): Pick<LinearMap, 'transform' | 'computes'> {
  const { n, input: kind, direction, norm, permutation } = networkOf(model);
  const form = formOf(model);
  switch (form) {
    case 'transform': {
      const own = permutation !== 'digit-reversal';
      const transform = { n, input: kind, direction, norm };
      return {
        transform,
        ...(own ? { computes: 'a network whose samples have an order of their own' } : {}),
      };
    }
    case 'chain':
      return {
        transform: { n, input: real ? 'real' : 'complex', direction: 'forward', norm: 'ortho' },
        computes: name,
      };
    case 'encoder-decoder':
      return {
        transform: { n, input: kind, direction: 'forward', norm },
        computes: `a ${model.parts.length > 2 ? 'spectral filter' : 'round trip'}, samples to samples`,
      };
    default:
      return form satisfies never;
  }
}

/**
 * The map of a model, `name` for what it was learned to compute. A transform that was learned to be the exact one is computed by
 * exact stages. Throws InvalidArgumentError for what is no model.
 */
export function mapOf(learned: TrainedModel, name = 'a learned map'): LinearMap {
  validateModel(learned.model);
  const snapped = snappedTransform(learned);
  const { model } = snapped;
  const { from, to } = endsOf(model);
  return {
    ...titleOf(model, from.real, name),
    inputs: from.count,
    real: from.real,
    outputs: to.count,
    graph: (lanes) => modelGraph(snapped, lanes),
  };
}

/** The float32 program of `lanes` maps at once. */
export function mapProgram(map: LinearMap, lanes: number): Program {
  const graph = map.graph(lanes);
  return compileGraph(graph, { dtype: 'f32', live: liveOf(map, graph, lanes) });
}

/** Numbers of each output that are results, without spare rows. */
const liveOf = ({ outputs }: LinearMap, graph: Graph, lanes: number): Record<string, number> =>
  Object.fromEntries(Object.keys(graph.outputs).map((name) => [name, outputs * lanes]));

/** A map in words. */
function aboutMap({ transform, computes }: LinearMap): string {
  const { n, input: kind, direction, norm } = transform;
  return `${computes ?? `Fourier transform, ${direction}, norm ${norm}`}: ${n} ${kind} points, learned`;
}

/** What a kernel of a map has at its ends. */
export function mapEnds(map: LinearMap): TransformEnds {
  const { outputs } = map.graph(1);
  return {
    input: map.real ? ['re'] : ['re', 'im'],
    output: 'outIm' in outputs ? ['re', 'im'] : ['re'],
    dtype: 'f32',
  };
}

/** Paths of a kernel's ends, and their names in its program. */
const ends = { 'input.re': 're', 'input.im': 'im', 'output.re': 'outRe', 'output.im': 'outIm' } as const;

function kernelOf(map: LinearMap, program: Program): TransformKernel {
  const { transform, computes, inputs, outputs } = map;
  const views = Object.entries(ends)
    .filter(([, name]) => name in { ...program.inputs, ...program.outputs })
    .map(([path, name]) => ({ path, name, length: path.startsWith('input') ? inputs : outputs }));
  return {
    transform,
    ...(computes === undefined ? {} : { computes }),
    program,
    views,
    count: 1,
    inputStep: 0,
    outputStep: 0,
  };
}

/** kernel.wasm of one map: `input.re` (and `input.im`), `output.re` (and `output.im`), float32; `fftLoader` loads it. */
export function mapModule(map: LinearMap, tables?: TableQuantization): Uint8Array {
  const floats = mapProgram(map, 1);
  return kernelWasm(kernelOf(map, tables === undefined ? floats : quantize(floats, tables)));
}

/** NAME(re, (im,) out_re, (out_im,) scratch) in C: one map. Throws InvalidArgumentError for a name that is no identifier. */
export function mapC(map: LinearMap, options: COptions): CFiles {
  const checked = cOptionsOf('mapC', options);
  const { name, format, overwrite, vectors, lanes } = checked;
  const graph = map.graph(1);
  const live = liveOf(map, graph, 1);
  const { program, proven } = programIn(format, graph, { vectors, lanes, live });
  const { inputs, outputs, real } = map;
  const parameter = (
    buffer: string,
    as: string,
    count: number,
    are: string,
  ): CFunction['parameters'][number][] =>
    buffer in { ...program.inputs, ...program.outputs }
      ? [{ buffer, name: as, is: `${count} ${are}`, ...(vectors ? {} : { count }) }]
      : [];
  const title = aboutMap(map);
  const parameters = [
    ...parameter('re', 're', inputs, real ? 'real numbers' : 'real parts'),
    ...parameter('im', 'im', inputs, 'imaginary parts'),
    ...parameter('outRe', 'out_re', outputs, 'real parts'),
    ...parameter('outIm', 'out_im', outputs, 'imaginary parts'),
  ];
  const functions = [{ name, summary: [title], program, proven, overwrite, lanes, parameters }];
  return cFiles({ name, title: [title], functions }, checked);
}

/**
 * One map as a model of ONNX: `re` (and `im`) [batch, numbers] -> `outRe` (and `outIm`) [batch, numbers]. Throws InvalidArgumentError for
 * options that are not possible.
 */
export const mapOnnx = (map: LinearMap, options: LinearOnnxOptions): OnnxModelFile =>
  linearOnnx('mapOnnx', { graph: map.graph(1), results: map.outputs, about: aboutMap(map) }, options);

/** One map as an ES module of plain JavaScript: exports `create()`, an object with `input`, `output` and `run()`. */
export function mapEsModule(map: LinearMap): string {
  const program = mapProgram(map, 1);
  return kernelModule(kernelOf(map, program), `${aboutMap(map)}, ${program.dtype}`);
}
