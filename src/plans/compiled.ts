/** From a planned graph to a plan that runs: compile, place, and expose the ends as views. */
import { InvalidArgumentError } from '../errors.ts';
import type { Graph } from '../ir/graph.ts';
import {
  viewOf,
  type Backend,
  type BackendName,
  type HostExecutable,
  type FloatArray,
} from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { jsBackend } from '../backends/js.ts';
import { referenceBackend } from '../backends/reference.ts';
import { hasSimd, wasmBackend } from '../backends/wasm/wasm.ts';
import { countPer, tableBytesOf, type Dtype, type OperationCount, type Program } from '../compiler/kernel.ts';
import { newArray } from '../compiler/number-format.ts';
import { compileArithmetic, compileGraph, type CompileOptions } from '../compiler/pipeline.ts';
import { norms, type Norm } from '../model/network.ts';
import { checkArgument, extended, flag, oneOf, required } from '../options.ts';
import { batchOptions, elementsOf, type Batch, type BatchEnd, type BatchOptions } from './batch.ts';
import { sizeRule } from './strategy.ts';

/** What was compiled for a plan: backend, kernels, and real operations of one transform, counted from the program. */
export interface PlanReport extends OperationCount {
  readonly backend: BackendName;
  /** Elements per vector instruction: 4 (f32) or 2 (f64) on wasm, 1 elsewhere. */
  readonly simd: number;
  /** Is fused multiply-add (relaxed SIMD) used? */
  readonly fma: boolean;
  /** Transforms that run together, vectorised across them. */
  readonly lanes: number;
  /** Labels of the kernels of one run of the program. */
  readonly passes: readonly string[];
  readonly tableBytes: number;
  readonly codeBytes: number;
}

/** All backends by name. */
export const backends: Readonly<Record<BackendName, Backend>> = {
  reference: referenceBackend,
  js: jsBackend,
  wasm: wasmBackend,
};

export const backendRule = oneOf(['reference', 'js', 'wasm']);
export const dtypeRule = oneOf(['f32', 'f64']);

/** The backend of a name. Throws InvalidArgumentError for an unknown one. */
export function backendByName(name: string): Backend {
  checkArgument('backend', name as BackendName, backendRule);
  return backends[name as BackendName];
}

/** The backend of a name, and the default where none is given. */
export const backendOf = (name: string | undefined): Backend =>
  name === undefined ? defaultBackend() : backendByName(name);

/** What a graph is compiled for; vectors by default where the backend has them. */
export interface ProgramOptions {
  readonly dtype: Dtype;
  readonly backend: Backend;
  readonly vectors?: boolean;
}

/** A graph, compiled for a backend and made ready. `reserve`: elements of inputs and outputs that are longer than one run needs. */
export function executableOf(
  graph: Graph,
  reserve: Readonly<Record<string, number>>,
  { dtype, backend, vectors = backend.name === 'wasm' && hasSimd() }: ProgramOptions,
  rewrite: (program: Program) => Program = (program) => program,
): HostExecutable {
  return backend.instantiate(rewrite(compileGraph(graph, { dtype, vectors, reserve })));
}

/**
 * The first elements of an input, output or parameter; of an input that no result depends on (the imaginary part of bin 0, every band
 * empty), for which a program has no place, an array that nobody reads.
 */
export function arrayOf(executable: HostExecutable, name: string, length: number): FloatArray {
  const { inputs, outputs, parameters, dtype } = executable.program;
  const isThere = name in { ...inputs, ...outputs, ...parameters };
  return isThere ? viewOf(executable, name, length) : newArray(dtype, length);
}

/** Options of every transform that is planned. */
export interface TransformOptions extends BatchOptions {
  /** Points of the transform, 1 to 2^22. */
  readonly n: number;
  /** Default false: the forward transform. */
  readonly inverse?: boolean;
  /** NumPy's meaning. Default backward: the inverse divides by n. */
  readonly norm?: Norm;
  readonly dtype?: Dtype;
  readonly backend?: BackendName;
  /** WebAssembly with 128-bit vectors where the engine has them (default), or scalar code. */
  readonly simd?: boolean;
}

export const normRule = oneOf(norms);

export const transformOptions = extended<Omit<TransformOptions, keyof BatchOptions>, TransformOptions>(
  {
    n: required(sizeRule),
    inverse: flag,
    norm: normRule,
    dtype: dtypeRule,
    backend: backendRule,
    simd: flag,
  },
  batchOptions,
);

/** A transform with the graph of as many as run together, and where they all lie. */
export interface PlannedGraph<T> {
  readonly transform: T;
  readonly graph: Graph;
  readonly batch: Batch;
}

/** Elements that every run together needs of each input and output, and how many of an output are read. */
function memoryOf(
  graph: Graph,
  { count, lanes, input, output }: Batch,
): Pick<CompileOptions, 'reserve' | 'live'> {
  const reserve: Record<string, number> = {};
  const live: Record<string, number> = {};
  for (const name of Object.values(input.names)) reserve[name] = elementsOf(input, count);
  for (const name of Object.values(output.names)) {
    const spare = graph.outputs[name].size;
    // Spare rows lie behind those that count, so rows of a batch overlap only where nothing is read.
    reserve[name] = output.width * (count - lanes) * output.distance + spare;
    live[name] = output.width * ((output.points - 1) * output.stride + lanes);
  }
  return { reserve, live };
}

/** The report of a plan that is ready. */
export function reportOf(ready: HostExecutable, lanes: number): PlanReport {
  const { program } = ready;
  return {
    backend: ready.backend,
    simd: ready.simd,
    fma: ready.fma,
    lanes,
    passes: program.kernels.map((k) => k.label),
    ...countPer(program, lanes),
    tableBytes: tableBytesOf(program).stored,
    codeBytes: ready.codeBytes,
  };
}

/** Planar arrays of one end of a plan, views of its memory; no im for real samples. */
export interface PlanarEnd {
  readonly re: FloatArray;
  readonly im?: FloatArray;
}

/** One array of one end of a plan: re, im, re, im, ...; of real samples just those. */
export interface InterleavedEnd {
  readonly interleaved: FloatArray;
}
type End = PlanarEnd | InterleavedEnd;

/** The ends of a disposed plan: arrays of no elements, so that the plan holds no memory. */
const emptyEnd = (e: End): End =>
  Object.fromEntries(Object.entries(e).map(([name, array]) => [name, array.slice(0, 0)])) as End;

function refuseDisposed(): never {
  throw new InvalidArgumentError('this plan was disposed; plan again to run it');
}

/** The program of a batch, and the steps from one run of it to the next, in elements. */
export function programOf(
  { graph, batch }: Omit<PlannedGraph<unknown>, 'transform'>,
  dtype: Dtype,
  vectors: boolean,
): { program: Program; count: number; inputStep: number; outputStep: number } {
  const { lanes, count, input, output } = batch;
  return {
    program: compileArithmetic(graph, { dtype, vectors, ...memoryOf(graph, batch) }),
    count: count / lanes,
    inputStep: input.width * lanes * input.distance,
    outputStep: output.width * lanes * output.distance,
  };
}

/** What every plan can do; `R`: what it reports of itself. */
export interface ReadyPlan<R = PlanReport> {
  /** Transforms what is in `input` into `output`. Allocates nothing. Throws InvalidArgumentError after `dispose`. */
  run(): void;
  readonly report: R;
  /** Lets go of the plan's memory; run afterwards throws. Views that are held keep their numbers. */
  dispose(): void;
}

/** Compile and instantiate. `report` is asked at most once, and where nobody asks is no part of a bundle. */
export function compilePlan<T, R>(
  planned: PlannedGraph<T>,
  { dtype = 'f32', simd = true }: Pick<TransformOptions, 'dtype' | 'simd'>,
  backend: Backend,
  report: (ready: HostExecutable, lanes: number) => R,
): ReadyPlan<R> & { readonly transform: T; readonly input: End; readonly output: End } {
  const { transform, batch } = planned;
  const vectors = backend.name === 'wasm' && simd && hasSimd();
  const { program, count, inputStep, outputStep } = programOf(planned, dtype, vectors);
  const ready = backend.instantiate(program, { relaxed: true });
  const end = (placed: BatchEnd): End => {
    const elements = elementsOf(placed, batch.count);
    const arrays = Object.entries(placed.names).map(([view, name]) => [view, arrayOf(ready, name, elements)]);
    // Real samples are one array in either layout.
    if (arrays.length === 1) arrays.push(['interleaved', arrays[0][1]]);
    return Object.fromEntries(arrays) as unknown as End;
  };
  let ends = { input: end(batch.input), output: end(batch.output) };
  let reported: R | undefined;
  let step = count === 1 ? ready.run : () => ready.run(count, inputStep, outputStep);
  return {
    transform,
    get input() {
      return ends.input;
    },
    get output() {
      return ends.output;
    },
    run() {
      step();
    },
    get report() {
      return (reported ??= report(ready, batch.lanes));
    },
    dispose() {
      if (step === refuseDisposed) return;
      step = refuseDisposed;
      ends = { input: emptyEnd(ends.input), output: emptyEnd(ends.output) };
      ready.dispose();
    },
  };
}

/** A plan for a function of one call: float64, on the default backend, with planar ends. */
export function oneCallPlan(planned: PlannedGraph<unknown>): ReadyPlan<null> & {
  readonly input: PlanarEnd;
  readonly output: PlanarEnd;
} {
  const plan = compilePlan(planned, { dtype: 'f64' }, defaultBackend(), () => null);
  return plan as typeof plan & { input: PlanarEnd; output: PlanarEnd };
}
