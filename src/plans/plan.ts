/**
 * Plans: an exact transform of a stated size, compiled once, run many times on views of its own memory.
 * With exact twiddles papilio is simply an FFT; that is the baseline every learned transform is compared with.
 */
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import { input, type Graph } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import {
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
import { fewestStages } from '../model/canonicalize.ts';
import { binCount, realInverse, spectrum, type NetworkSpec, type Norm } from '../model/network.ts';

export interface PlanOptions {
  /** Points of the transform: a power of two from 4 to 4096. */
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

/** Radices of an exact chain by rising stride: 4 throughout, with one 2 or 8 where it has no twiddles. */
export function exactRadices(n: number): number[] {
  const log = Math.log2(n);
  if (!Number.isInteger(log))
    throw new UnsupportedError(`n = ${n} is not a power of two; other sizes are not available yet`);
  return fewestStages(log);
}

/** The exact network of a size, with the radices that compile best. */
export function exactNetwork(options: Pick<PlanOptions, 'n' | 'input' | 'inverse' | 'norm'>): NetworkSpec {
  const { n, input: kind = 'complex', inverse = false, norm = 'backward' } = options;
  return {
    n,
    input: kind,
    direction: inverse ? 'inverse' : 'forward',
    norm,
    decimation: 'time',
    permutation: 'digit-reversal',
    stages: exactRadices(kind === 'real' ? n / 2 : n).map((radix) => ({ radix, parametrization: 'exact' })),
    split: 'exact',
  };
}

const choices = {
  input: ['complex', 'real'],
  dtype: ['f32', 'f64'],
  norm: ['backward', 'ortho', 'forward'],
} as const;

/** Throws InvalidArgumentError (a value that is never right) or UnsupportedError (a size not available). */
function validate(options: PlanOptions): void {
  const { n, batch = 1 } = options;
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError(`n is ${n}; expected a positive integer`);
  if (!Number.isInteger(batch) || batch < 1)
    throw new InvalidArgumentError(`batch is ${batch}; expected a positive integer`);
  for (const [key, allowed] of Object.entries(choices)) {
    const value = options[key as keyof typeof choices];
    if (value !== undefined && !(allowed as readonly string[]).includes(value))
      throw new InvalidArgumentError(`${key} is ${JSON.stringify(value)}; expected ${allowed.join(', ')}`);
  }
  if (n < 4 || n > 4096 || !Number.isInteger(Math.log2(n)))
    throw new UnsupportedError(`n = ${n} is not available; powers of two from 4 to 4096 are`);
}

const unused = (name: string): never => {
  throw new Error(`internal: an exact network has no parameter "${name}"`);
};

/** The graph of one exact transform. */
export function planGraph(options: PlanOptions): { graph: Graph; inLength: number; outLength: number } {
  const spec = exactNetwork(options);
  const realInput = spec.input === 'real' && spec.direction === 'forward';
  const inLength = spec.input === 'real' && !realInput ? spec.n / 2 + 1 : spec.n;
  const re = rows(input('inputRe', [inLength, 1]), 1);
  const source = realInput ? { re } : { re, im: rows(input('inputIm', [inLength, 1]), 1) };
  const setup = { lanes: 1, storage: 'stockham' as const, provide: unused };
  if (spec.input === 'real' && !realInput)
    return {
      graph: { outputs: { outputRe: realInverse(spec, source, setup) } },
      inLength,
      outLength: spec.n,
    };
  const x = spectrum(spec, source, setup);
  return { graph: { outputs: { outputRe: x.re, outputIm: x.im } }, inLength, outLength: binCount(spec) };
}

/**
 * Plan a transform. Throws InvalidArgumentError for impossible options and UnsupportedError for sizes not available.
 * Compiles synchronously; in a browser's main thread prefer `planFft`.
 */
export function planFftSync(options: PlanOptions): Plan {
  validate(options);
  const { batch = 1, dtype = 'f32', backend = 'wasm' } = options;
  const { graph, inLength, outLength } = planGraph(options);
  // The spare rows of a real transform lie behind the bins, so rows of a batch overlap only where nothing is read.
  const inputReserve = batch * inLength;
  const outputReserve = batch * outLength + 2;
  const program = compileGraph(graph, {
    dtype,
    reserve: {
      inputRe: inputReserve,
      inputIm: inputReserve,
      outputRe: outputReserve,
      outputIm: outputReserve,
    },
  });
  let executable: Executable | null = backendByName(backend).instantiate(program);
  const end = (name: string, length: number): FloatArray | undefined =>
    executable && name in { ...program.inputs, ...program.outputs }
      ? (viewOf(executable, name).subarray(0, batch * length) as FloatArray)
      : undefined;
  const planEnd = (which: 'input' | 'output', length: number): PlanEnd => {
    const im = end(`${which}Im`, length);
    return { re: end(`${which}Re`, length) as FloatArray, ...(im ? { im } : {}) };
  };
  const count = countProgram(program);
  const tables = tablesOf(program).reduce((sum, t) => sum + 4 * t.length, 0);
  const constants = [...program.constants.values()].reduce((sum, c) => sum + c.length * bytesOf(dtype), 0);
  return {
    input: planEnd('input', inLength),
    output: planEnd('output', outLength),
    run() {
      if (!executable) throw new InvalidArgumentError('this plan was disposed; plan again to run it');
      for (let row = 0; row < batch; row++) executable.run(row * inLength, row * outLength);
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
      codeBytes: executable.codeBytes,
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
