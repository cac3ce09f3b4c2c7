/** Transforms, and whatever else is linear, as models of ONNX: a signal in a row. */
import { GraphBuilder, type Value } from '../backends/onnx/builder.ts';
import { nameRule } from '../backends/onnx/model.ts';
import { sha256 } from '../formats/sha256.ts';
import { onnxFileSet, plainOperators, withinFloat32, type OnnxFileSet, type TestRun } from './onnx-files.ts';
import type { Tensor } from '../formats/safetensors.ts';
import { leafName, leavesOf, type Graph } from '../ir/graph.ts';
import { checkOptions, flag, required, whole, type OptionTable } from '../options.ts';
import { interpret } from '../ir/interpret.ts';
import { normFactor } from '../model/network.ts';
import { fillGaussian } from '../numeric/random.ts';
import { linearStages } from './linear-stages.ts';
import { linearPlan, linearRows, orderedRows } from './onnx-linear.ts';
import { fftOptionsOf, type TransformOfC } from './c-module.ts';
import { complexRows, realFromRows, realRows } from './onnx-transform.ts';
import { planFftSync } from './plan.ts';

/** A model of ONNX, what it says of itself, and all files by name: NAME.onnx, NAME.safetensors with a run to compare with, NAME.md. */
export interface OnnxModelFile extends OnnxFileSet {
  readonly metadata: Readonly<Record<string, string>>;
}

/** How a linear map is printed as ONNX. */
export interface LinearOnnxOptions {
  /** Of the graph. */
  readonly name: string;
  /** Signals of a run, where that is known; without it as many as the caller brings. */
  readonly batch?: number;
  /** Matrices are stored, and products computed, in float16, for numbers of at most 1; inputs and outputs are float32. Default false. */
  readonly f16?: boolean;
}

export const linearRules: OptionTable<LinearOnnxOptions> = {
  name: required(nameRule),
  batch: whole(1, 2 ** 20),
  f16: flag,
};

/** A linear map of one signal, and how it is printed. */
interface PrintedMap {
  /** Numbers of each input: `re`, and `im` where there are two. */
  readonly inputs: readonly number[];
  /** Outputs, `outRe` and perhaps `outIm`, and numbers of each. */
  readonly outputs: number;
  readonly results: number;
  /** What it computes, in words. */
  readonly about: string;
  /** Of inputs one below the other, [numbers, batch], to outputs. */
  readonly rows: (g: GraphBuilder, columns: Value) => Value;
  /** Outputs of a run in float64. */
  readonly run: (inputs: readonly Float32Array[]) => readonly ArrayLike<number>[];
}

/** Part of the norm of an output that products of float16 may be off. */
const halfCloseness = 1e-3;

/** How far outputs of linear maps may be off, and in words. */
export function linearWithin(
  wanted: Readonly<Record<string, ArrayLike<number>>>,
  f16: boolean,
): Pick<TestRun, 'within' | 'rule'> {
  const norm = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));
  const most = (x: ArrayLike<number>): number => (f16 ? halfCloseness * norm(x) : withinFloat32(x));
  return {
    within: Object.fromEntries(Object.entries(wanted).map(([key, x]) => [key, most(x)])),
    rule: f16
      ? 'a thousandth of the root of the sum of the squares of an output, which products of float16 keep to'
      : 'a hundred-thousandth of the largest number of an output',
  };
}

/** Inputs and outputs of a run of one signal. */
function runOf({ inputs, results, run }: PrintedMap, f16: boolean): TestRun {
  const tensor = (data: Float32Array): Tensor => ({ dtype: 'F32', shape: [1, data.length], data });
  const values = inputs.map((size, i) => {
    const noise = new Float64Array(size);
    fillGaussian(noise, 1, i);
    return Float32Array.from(noise);
  });
  const outputs = Object.fromEntries(
    run(values).map((data, i) => [['outRe', 'outIm'][i], Float32Array.from(data).subarray(0, results)]),
  );
  const given = Object.fromEntries(values.map((data, i) => [['re', 'im'][i], data]));
  const tensors = Object.entries({ ...given, ...outputs }).map(([key, data]) => [key, tensor(data)] as const);
  return { tensors: Object.fromEntries(tensors), ...linearWithin(outputs, f16) };
}

const endTexts = {
  re: 'real parts, or real numbers',
  im: 'imaginary parts',
  outRe: 'real parts, or real numbers',
  outIm: 'imaginary parts',
};

/** A linear map as a model: `re` (and `im`) [batch, numbers] -> `outRe` (and `outIm`) [batch, results]. */
function mapFiles(owner: string, options: LinearOnnxOptions, map: PrintedMap): OnnxModelFile {
  checkOptions(owner, options, linearRules);
  const { name, batch = 'batch', f16 = false } = options;
  const { results, about } = map;
  const g = new GraphBuilder(f16);
  const inputs = map.inputs.map((size, i) => g.input(['re', 'im'][i], 'float', [batch, size]));
  const rows = g.transpose(map.rows(g, g.transpose(g.concat(inputs, 1), [1, 0])), [1, 0]);
  const names = ['outRe', 'outIm'].slice(0, map.outputs);
  names.forEach((output, i) => {
    const part: Value =
      names.length === 1 ? rows : g.slice(rows, { axis: 1, start: i * results, end: (i + 1) * results });
    g.output(output, part, 'float', [batch, results]);
  });
  const metadata = { 'papilio.computes': about, 'papilio.sha256': sha256(g.encode(name, {})) };
  const set = onnxFileSet({
    name,
    bytes: g.encode(name, metadata),
    about: `${about}. ${plainOperators}`,
    ends: endTexts,
    run: runOf(map, f16),
    metadata: Object.keys(metadata),
  });
  return { ...set, metadata };
}

/** What a graph of one signal is printed as. */
interface LinearMapOnnx {
  readonly graph: Graph;
  /** Numbers of each output that are results, without spare ones. */
  readonly results: number;
  /** What it computes, in words. */
  readonly about: string;
}

/** A graph that is linear in its inputs as a model: `re` (and `im`) [batch, numbers] -> `outRe` (and `outIm`) [batch, results]. */
export function linearOnnx(
  owner: string,
  { graph, results, about }: LinearMapOnnx,
  options: LinearOnnxOptions,
): OnnxModelFile {
  const leaves = leavesOf(graph, 'input');
  const outputs = Object.values(graph.outputs);
  let first = 0;
  const wanted = outputs.flatMap((tensor) => {
    const own = Array.from({ length: results }, (_, i) => first + i);
    first += tensor.size;
    return own;
  });
  return mapFiles(owner, options, {
    inputs: leaves.map((leaf) => leaf.size),
    outputs: outputs.length,
    results,
    about,
    rows: (g, columns) =>
      orderedRows(g, linearRows(g, linearPlan(linearStages(graph, leaves)), columns), wanted),
    run: (values) =>
      Object.values(
        interpret(graph, Object.fromEntries(leaves.map((leaf, i) => [leafName(leaf), values[i]]))),
      ),
  });
}

/**
 * An exact transform as a model of ONNX: `re` (and `im`) [batch, numbers] -> `outRe` (and `outIm`) [batch, numbers]. Throws
 * InvalidArgumentError as `planFftSync` does.
 */
export function fftOnnx(options: TransformOfC, file: LinearOnnxOptions): OnnxModelFile {
  const checked = fftOptionsOf('fftOnnx', options);
  const { n, input, inverse, norm } = checked;
  const bins = Math.floor(n / 2) + 1;
  const isReal = input === 'real';
  const [from, to] = isReal ? (inverse ? [bins, n] : [n, bins]) : [n, n];
  const realIn = isReal && !inverse;
  const realOut = isReal && inverse;
  const one = {
    n,
    sign: inverse ? (1 as const) : (-1 as const),
    factor: normFactor(norm, inverse, n),
    largest: realIn ? 1 : Math.SQRT2,
  };
  return mapFiles('fftOnnx', file, {
    inputs: realIn ? [from] : [from, from],
    outputs: realOut ? 1 : 2,
    results: to,
    about: `${inverse ? 'inverse ' : ''}DFT of ${n} ${input} samples, norm ${norm}`,
    rows(g, columns) {
      if (realIn) return g.reshape(realRows(g, one, columns), [2 * to, -1]);
      const parts = g.reshape(columns, [2, from, -1]);
      return realOut ? realFromRows(g, one, parts) : g.reshape(complexRows(g, one, parts), [2 * to, -1]);
    },
    run(values) {
      const plan = planFftSync({ ...checked, dtype: 'f64' });
      const ends = [plan.input.re, ...('im' in plan.input ? [plan.input.im] : [])];
      ends.forEach((end, i) => end.set(values[i]));
      // Bins that are real numbers have no imaginary part that counts.
      if (realOut) for (const k of n % 2 === 0 ? [0, bins - 1] : [0]) ends[1][k] = 0;
      plan.run();
      return [plan.output.re, ...('im' in plan.output ? [plan.output.im] : [])];
    },
  });
}
