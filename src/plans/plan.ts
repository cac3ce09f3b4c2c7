/**
 * Plans: an exact transform of a stated size, compiled once, run many times on views of its own memory.
 * With exact twiddles papilio is simply an FFT; that is the baseline every learned transform is compared with.
 */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { input, type Graph } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import {
  newArena,
  viewOf,
  type Backend,
  type BackendName,
  type Executable,
  type FloatArray,
} from '../backends/backend.ts';
import { jsBackend } from '../backends/js.ts';
import { referenceBackend } from '../backends/reference.ts';
import { wasmBackend } from '../backends/wasm/wasm.ts';
import { bytesOf, countProgram, tablesOf, type Dtype } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { exactTransform, lengthsOf, type TransformPlan } from '../model/exact.ts';
import type { NetworkSpec, Norm } from '../model/network.ts';
import { exactRadices, planTransform, validateSize } from './strategy.ts';

export interface PlanOptions {
  /** Points of the transform, 1 to 2^22. */
  readonly n: number;
  /** complex: n complex points in and out. real: n real samples against floor(n/2) + 1 bins. Default complex. */
  readonly input?: 'complex' | 'real';
  /** exp(+2 pi i k n / N). With real input: bins in, samples out. Default false. */
  readonly inverse?: boolean;
  /** Transforms per run, row-major [batch, n]. Default 1. */
  readonly batch?: number;
  readonly dtype?: Dtype;
  /** NumPy's meaning. Default backward: the inverse divides by n. */
  readonly norm?: Norm;
  readonly backend?: BackendName;
}

export interface PlanReport {
  readonly backend: BackendName;
  /** Elements per vector instruction: 4 (f32) or 2 (f64) on wasm, 1 elsewhere. */
  readonly simd: number;
  /** Labels of the kernels of one transform. */
  readonly passes: readonly string[];
  /** Real operations of one transform, counted from the compiled program. */
  readonly mul: number;
  readonly add: number;
  readonly loads: number;
  readonly stores: number;
  readonly tableBytes: number;
  readonly codeBytes: number;
}

/** Planar arrays of one end of a plan, views of its memory: [batch, length], no im for real samples. */
export interface PlanEnd {
  readonly re: FloatArray;
  readonly im?: FloatArray;
}

export interface Plan {
  readonly input: PlanEnd;
  readonly output: PlanEnd;
  /** Transforms what is in `input`. Allocates nothing. */
  run(): void;
  readonly report: PlanReport;
  /** Lets go of the plan's memory; run afterwards throws. */
  dispose(): void;
}

export const backends: Readonly<Record<BackendName, Backend>> = {
  reference: referenceBackend,
  js: jsBackend,
  wasm: wasmBackend,
};

/** The backend of a name. Throws InvalidArgumentError for an unknown one. */
export function backendByName(name: string): Backend {
  if (!Object.hasOwn(backends, name))
    throw new InvalidArgumentError(
      `backend is ${JSON.stringify(name)}; expected ${Object.keys(backends).join(', ')}`,
    );
  return backends[name as BackendName];
}

/** The exact network of a size with factors up to 31, with the radices that compile best. */
export function exactNetwork(options: Pick<PlanOptions, 'n' | 'input' | 'inverse' | 'norm'>): NetworkSpec {
  const { n, input: kind = 'complex', inverse = false, norm = 'backward' } = options;
  const radices = exactRadices(kind === 'real' ? n / 2 : n);
  if (!radices)
    throw new UnsupportedError(`n = ${n} has a prime factor above 31; a network needs small ones`);
  return {
    n,
    input: kind,
    direction: inverse ? 'inverse' : 'forward',
    norm,
    decimation: 'time',
    permutation: 'digit-reversal',
    stages: radices.map((radix) => ({ radix, parametrization: 'exact' })),
    split: 'exact',
  };
}

const choices = {
  input: ['complex', 'real'],
  dtype: ['f32', 'f64'],
  norm: ['backward', 'ortho', 'forward'],
} as const;

/** Throws InvalidArgumentError. */
function validate(options: PlanOptions): void {
  const { n, batch = 1 } = options;
  validateSize(n);
  if (!Number.isInteger(batch) || batch < 1)
    throw new InvalidArgumentError(`batch is ${batch}; expected a positive integer`);
  for (const [key, allowed] of Object.entries(choices)) {
    const value = options[key as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly string[]).includes(value))
      throw new InvalidArgumentError(`${key} is ${JSON.stringify(value)}; expected ${allowed.join(', ')}`);
  }
}

/** The plan of one transform as data: what `planFftSync` compiles. Throws InvalidArgumentError. */
export function describePlan(options: PlanOptions): TransformPlan {
  validate(options);
  const { n, input: kind = 'complex', inverse = false, norm = 'backward' } = options;
  return planTransform({ n, input: kind, direction: inverse ? 'inverse' : 'forward', norm });
}

/** The graph of one exact transform. */
export function planGraph(options: PlanOptions): { graph: Graph; inLength: number; outLength: number } {
  const plan = describePlan(options);
  const lengths = lengthsOf(plan);
  const re = rows(input('inputRe', [lengths.in, 1]), 1);
  const samples = plan.input === 'real' && plan.direction === 'forward';
  const source = samples ? { re } : { re, im: rows(input('inputIm', [lengths.in, 1]), 1) };
  const y = exactTransform(plan, source, 1, (x) => transformOnce(x, options.backend));
  return {
    graph: { outputs: { outputRe: y.re, ...(y.im ? { outputIm: y.im } : {}) } },
    inLength: lengths.in,
    outLength: lengths.out,
  };
}

/** Forward float64 transform of a constant, for chirp plans. */
function transformOnce(x: ComplexArray, backend: BackendName = 'wasm'): ComplexArray {
  const plan = planFftSync({ n: x.re.length, dtype: 'f64', backend });
  plan.input.re.set(x.re);
  (plan.input.im as FloatArray).set(x.im);
  plan.run();
  return { re: Float64Array.from(plan.output.re), im: Float64Array.from(plan.output.im as FloatArray) };
}

/**
 * Plan a transform. Throws InvalidArgumentError for impossible options.
 * Compiles synchronously; in a browser's main thread prefer `planFft`.
 */
export function planFftSync(options: PlanOptions): Plan {
  validate(options);
  const { batch = 1, dtype = 'f32', backend = 'wasm', input: kind = 'complex', inverse = false } = options;
  const { graph, inLength, outLength } = planGraph(options);
  const reserve: Record<string, number> = { inputRe: batch * inLength, inputIm: batch * inLength };
  const live: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(graph.outputs)) {
    // Spare rows lie behind those that count, so rows of a batch overlap only where nothing is read.
    reserve[name] = (batch - 1) * outLength + tensor.size;
    live[name] = outLength;
  }
  const program = compileGraph(graph, { dtype, reserve, live });
  const ready = backendByName(backend).instantiate(program, { fma: true });
  let executable: Executable | null = ready;
  // An input that no result depends on (the imaginary part of bin 0) has no place in the program.
  const end = (name: string, length: number): FloatArray =>
    name in { ...program.inputs, ...program.outputs }
      ? (viewOf(ready, name).subarray(0, batch * length) as FloatArray)
      : newArena(dtype, batch * length);
  const complexEnds = { input: !(kind === 'real' && !inverse), output: !(kind === 'real' && inverse) };
  const planEnd = (which: 'input' | 'output', length: number): PlanEnd => ({
    re: end(`${which}Re`, length),
    ...(complexEnds[which] ? { im: end(`${which}Im`, length) } : {}),
  });
  const count = countProgram(program);
  const tables = tablesOf(program).reduce((sum, t) => sum + 4 * t.length, 0);
  const constants = [...program.constants.values()].reduce((sum, c) => sum + c.length * bytesOf(dtype), 0);
  return {
    input: planEnd('input', inLength),
    output: planEnd('output', outLength),
    run() {
      if (!executable) throw new InvalidArgumentError('this plan was disposed; plan again to run it');
      if (batch === 1) executable.run(0, 0);
      else for (let row = 0; row < batch; row++) executable.run(row * inLength, row * outLength);
    },
    report: {
      backend,
      simd: backend === 'wasm' ? 16 / bytesOf(dtype) : 1,
      passes: program.kernels.map((k) => k.label),
      mul: count.mul,
      add: count.add,
      loads: count.loads,
      stores: count.stores,
      tableBytes: tables + constants,
      codeBytes: ready.codeBytes,
    },
    dispose() {
      executable = null;
    },
  };
}

/** `planFftSync` as a promise: the form that stays the same when a backend needs to be loaded. */
export async function planFft(options: PlanOptions): Promise<Plan> {
  return planFftSync(options);
}
