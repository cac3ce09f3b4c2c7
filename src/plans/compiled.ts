/** From a planned graph to a plan that runs: compile, place, and expose the ends as views. */
import { InvalidArgumentError } from '../errors.ts';
import type { Graph } from '../ir/graph.ts';
import {
  viewOf,
  type Backend,
  type BackendName,
  type Executable,
  type FloatArray,
} from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { jsBackend } from '../backends/js.ts';
import { referenceBackend } from '../backends/reference.ts';
import { hasSimd, wasmBackend } from '../backends/wasm/wasm.ts';
import { countProgram, tableBytesOf, type Dtype, type Program } from '../compiler/kernel.ts';
import { newArray } from '../compiler/number-format.ts';
import { compileArithmetic } from '../compiler/pipeline.ts';
import type { TransformPlan } from '../model/exact.ts';
import { flag, oneOf, shown, type OptionTable } from '../options.ts';
import { extentOf, type BatchPlan } from './batch.ts';

/** What was compiled for a plan: backend, kernels, and real operations of one transform. */
export interface PlanReport {
  readonly backend: BackendName;
  /** Elements per vector instruction: 4 (f32) or 2 (f64) on wasm, 1 elsewhere. */
  readonly simd: number;
  /** Is fused multiply-add (relaxed SIMD) used? */
  readonly fma: boolean;
  /** Transforms that run together, vectorised across them. */
  readonly lanes: number;
  /** Labels of the kernels of one run of the program. */
  readonly passes: readonly string[];
  /** Real operations of one transform, counted from the compiled program. */
  readonly mul: number;
  readonly add: number;
  readonly loads: number;
  readonly stores: number;
  readonly tableBytes: number;
  readonly codeBytes: number;
}

/** A planned graph: how its inputs and outputs lie in memory. */
export interface Compiled<T = TransformPlan> {
  readonly transform: T;
  readonly batch: BatchPlan;
  /** Names of the graph's inputs and outputs, in the order re, im. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Elements per point: 2 for interleaved complex numbers. */
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly lengths: { readonly in: number; readonly out: number };
  readonly program: Program;
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
  if (typeof name !== 'string' || !Object.hasOwn(backends, name))
    throw new InvalidArgumentError(`backend is ${shown(name)}; expected ${Object.keys(backends).join(', ')}`);
  return backends[name as BackendName];
}

/** The backend of a name, and the default where none is given. */
export const backendOf = (name: string | undefined): Backend =>
  name === undefined ? defaultBackend() : backendByName(name);

/** Elements that every run together needs of each input and output, and how many of an output are read. */
function memoryOf(
  graph: Graph,
  plan: Omit<Compiled<unknown>, 'program'>,
): {
  reserve: Record<string, number>;
  live: Record<string, number>;
} {
  const { batch, lengths } = plan;
  const { lanes, count } = batch;
  const reserve: Record<string, number> = {};
  const live: Record<string, number> = {};
  for (const name of plan.inputs) reserve[name] = plan.inputWidth * extentOf(batch.input, lengths.in, count);
  for (const name of plan.outputs) {
    const spare = graph.outputs[name].size;
    // Spare rows lie behind those that count, so rows of a batch overlap only where nothing is read.
    reserve[name] = plan.outputWidth * (count - lanes) * batch.output.distance + spare;
    live[name] = plan.outputWidth * ((lengths.out - 1) * batch.output.stride + lanes);
  }
  return { reserve, live };
}

function reportOf(program: Program, ready: Executable, lanes: number): PlanReport {
  const count = countProgram(program);
  return {
    backend: ready.backend,
    simd: ready.simd,
    fma: ready.fma,
    lanes,
    passes: program.kernels.map((k) => k.label),
    mul: count.mul / lanes,
    add: count.add / lanes,
    loads: count.loads / lanes,
    stores: count.stores / lanes,
    tableBytes: tableBytesOf(program).stored,
    codeBytes: ready.codeBytes,
  };
}

export interface CompileOptions {
  readonly dtype?: Dtype;
  readonly simd?: boolean;
}

export const compileOptions: OptionTable<CompileOptions> = {
  dtype: dtypeRule,
  simd: flag,
};

/** Arrays of one end, planar or interleaved. */
type End = { readonly re: FloatArray; readonly im?: FloatArray } | { readonly interleaved: FloatArray };

/** The ends of a disposed plan: arrays of no elements, so that the plan holds no memory. */
const emptyEnd = (e: End): End =>
  Object.fromEntries(Object.entries(e).map(([name, array]) => [name, array.slice(0, 0)])) as End;

function refuseDisposed(): never {
  throw new InvalidArgumentError('this plan was disposed; plan again to run it');
}

/** The program of a planned graph, and the steps from one run of it to the next. */
export function programOf(
  graph: Graph,
  plan: Omit<Compiled<unknown>, 'program'>,
  dtype: Dtype,
  vectors: boolean,
): { program: Program; count: number; inputStep: number; outputStep: number } {
  const { lanes, count, input, output } = plan.batch;
  return {
    program: compileArithmetic(graph, { dtype, vectors, ...memoryOf(graph, plan) }),
    count: count / lanes,
    inputStep: plan.inputWidth * lanes * input.distance,
    outputStep: plan.outputWidth * lanes * output.distance,
  };
}

/** Elements of the arrays at both ends. */
export const elementsOf = (plan: Omit<Compiled<unknown>, 'program'>): { in: number; out: number } => ({
  in: plan.inputWidth * extentOf(plan.batch.input, plan.lengths.in, plan.batch.count),
  out: plan.outputWidth * extentOf(plan.batch.output, plan.lengths.out, plan.batch.count),
});

/** Compile and instantiate. */
export function compilePlan<T>(
  graph: Graph,
  plan: Omit<Compiled<T>, 'program'>,
  { dtype = 'f32', simd = true }: CompileOptions,
  backend: Backend,
): {
  transform: T;
  input: End;
  output: End;
  run(): void;
  report: PlanReport;
  dispose(): void;
} {
  const vectors = backend.name === 'wasm' && simd && hasSimd();
  const { program, count, inputStep, outputStep } = programOf(graph, plan, dtype, vectors);
  const ready = backend.instantiate(program, { relaxed: true });
  // An input that no result depends on (the imaginary part of bin 0) has no place in the program.
  const array = (name: string, elements: number): FloatArray =>
    name in { ...program.inputs, ...program.outputs }
      ? viewOf(ready, name, elements)
      : newArray(dtype, elements);
  const end = (names: readonly string[], elements: number): End => {
    const [first, second] = names.map((name) => array(name, elements));
    if (names[0] === 'input' || names[0] === 'output') return { interleaved: first };
    return {
      re: first,
      ...(second ? { im: second } : {}),
      ...(names.length > 1 ? {} : { interleaved: first }),
    };
  };
  const elements = elementsOf(plan);
  let ends = {
    input: end(plan.inputs, elements.in),
    output: end(plan.outputs, elements.out),
  };
  let report: PlanReport | undefined;
  let step = count === 1 ? ready.runOnce : () => ready.runMany(count, inputStep, outputStep);
  return {
    transform: plan.transform,
    get input() {
      return ends.input;
    },
    get output() {
      return ends.output;
    },
    run() {
      step();
    },
    /** Counted when first asked for. */
    get report() {
      return (report ??= reportOf(program, ready, plan.batch.lanes));
    },
    dispose() {
      if (step === refuseDisposed) return;
      step = refuseDisposed;
      ends = { input: emptyEnd(ends.input), output: emptyEnd(ends.output) };
      ready.dispose();
    },
  };
}
