/** Cosine and sine transforms as plans, and as one-call functions with SciPy's semantics. */
import { InvalidArgumentError } from '../errors.ts';
import { input, type Graph } from '../ir/graph.ts';
import type { Backend, BackendName, FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import type { Dtype } from '../compiler/kernel.ts';
import { norms, type Norm } from '../model/network.ts';
import {
  innerTransform,
  summedType,
  trigonometricTransform,
  type TrigonometricPlan,
  type TrigonometricType,
} from '../model/trigonometric.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { checkArgument, checkOptions, flag, oneOf, required, type OptionTable } from '../options.ts';
import { batchOptions, strideInMemory, validateBatch, type BatchOptions } from './batch.ts';
import { PlanCache } from './cache.ts';
import {
  backendOf,
  backendRule,
  compileOptions,
  compilePlan,
  type Compiled,
  type PlanReport,
} from './compiled.ts';
import { planTransform, sizeRule } from './strategy.ts';

/** What `planDctSync` and `planDstSync` transform: n real numbers to n real numbers. */
export interface TrigonometricOptions extends BatchOptions {
  /** Real samples in and coefficients out; at least 2 for DCT-I. */
  readonly n: number;
  /** Types I to IV as in SciPy. Default 2. */
  readonly type?: TrigonometricType;
  /** The inverse of that type. Default false. */
  readonly inverse?: boolean;
  /** SciPy's meaning; ortho makes types I to III orthogonal too. Default backward. */
  readonly norm?: Norm;
  readonly dtype?: Dtype;
  readonly backend?: BackendName;
  /** WebAssembly with 128-bit vectors where the engine has them (default), or scalar code. */
  readonly simd?: boolean;
}

/** A planned cosine or sine transform; like `Plan`, with real ends. */
export interface TrigonometricTransform {
  readonly transform: TrigonometricPlan;
  readonly input: { readonly re: FloatArray };
  readonly output: { readonly re: FloatArray };
  /** Transforms what is in `input` into `output`. Allocates nothing. Throws InvalidArgumentError after `dispose`. */
  run(): void;
  readonly report: PlanReport;
  /** Lets go of the memory; run afterwards throws. */
  dispose(): void;
}

const typeRule = oneOf([1, 2, 3, 4]);
const normRule = oneOf(norms);

function trigonometricTable(): OptionTable<TrigonometricOptions> {
  return {
    n: required(sizeRule),
    type: typeRule,
    inverse: flag,
    norm: normRule,
    backend: backendRule,
    ...compileOptions,
    ...batchOptions,
  };
}
const trigonometricOptions = /* @__PURE__ */ trigonometricTable();

function describe(kind: 'dct' | 'dst', options: TrigonometricOptions): TrigonometricPlan {
  const { n, type = 2, inverse = false, norm = 'backward' } = options;
  if (kind === 'dct' && type === 1 && n < 2)
    throw new InvalidArgumentError('n is 1; a DCT of type I needs at least 2');
  const inner = innerTransform(kind, summedType(type, inverse), n);
  // Sums without a factor: SciPy's factors are applied around them.
  const inside = planTransform({ ...inner, norm: inner.direction === 'inverse' ? 'forward' : 'backward' });
  return { kind, type, n, norm, inverse, inner: inside };
}

function plan(kind: 'dct' | 'dst', options: TrigonometricOptions, backend: Backend): TrigonometricTransform {
  const transform = describe(kind, options);
  const { n } = transform;
  const lengths = { in: n, out: n };
  const batch = validateBatch(options, lengths, true);
  const { lanes, input: from, output: to } = batch;
  const tensor = input('inputRe', [(n - 1) * from.stride + lanes]);
  const y = trigonometricTransform(
    transform,
    { tensor, offset: 0, stride: from.stride, lane: 1 },
    lanes,
    strideInMemory(to, lanes),
  );
  const graph: Graph = { outputs: { outputRe: y } };
  const compiled: Omit<Compiled<TrigonometricPlan>, 'program'> = {
    transform,
    batch,
    inputs: ['inputRe'],
    outputs: ['outputRe'],
    inputWidth: 1,
    outputWidth: 1,
    lengths,
  };
  return compilePlan(graph, compiled, options, backend) as unknown as TrigonometricTransform;
}

function checked(kind: 'dct' | 'dst', options: TrigonometricOptions): TrigonometricTransform {
  checkOptions('a plan', options, trigonometricOptions);
  return plan(kind, options, backendOf(options.backend));
}

/** Plan a discrete cosine transform. Throws InvalidArgumentError. */
export const planDctSync = (options: TrigonometricOptions): TrigonometricTransform => checked('dct', options);
/** Plan a discrete sine transform. Throws InvalidArgumentError. */
export const planDstSync = (options: TrigonometricOptions): TrigonometricTransform => checked('dst', options);

const cache = /* @__PURE__ */ new PlanCache<number, TrigonometricTransform>(64);

function once(
  kind: 'dct' | 'dst',
  x: ArrayLike<number>,
  type: TrigonometricType,
  norm: Norm,
  inverse: boolean,
): Float64Array {
  requireNumbers('x', x);
  checkArgument('n', x.length, sizeRule);
  checkArgument('type', type, typeRule);
  checkArgument('norm', norm, normRule);
  const n = x.length;
  const make = (): TrigonometricTransform =>
    plan(kind, { n, type, norm, inverse, dtype: 'f64' }, defaultBackend());
  const variant = (type * 2 + (inverse ? 1 : 0)) * 2 + (kind === 'dct' ? 1 : 0);
  const ready = cache.get((n * norms.length + norms.indexOf(norm)) * 32 + variant, n, make);
  ready.input.re.set(x);
  ready.run();
  return (ready.output.re as Float64Array).slice();
}

/** scipy.fft.dct of real numbers in float64. Throws InvalidArgumentError for an impossible length, type or norm. */
export const dct = (
  x: ArrayLike<number>,
  type: TrigonometricType = 2,
  norm: Norm = 'backward',
): Float64Array => once('dct', x, type, norm, false);
/** scipy.fft.idct: the inverse of `dct` of the same type and norm. */
export const idct = (
  x: ArrayLike<number>,
  type: TrigonometricType = 2,
  norm: Norm = 'backward',
): Float64Array => once('dct', x, type, norm, true);
/** scipy.fft.dst. */
export const dst = (
  x: ArrayLike<number>,
  type: TrigonometricType = 2,
  norm: Norm = 'backward',
): Float64Array => once('dst', x, type, norm, false);
/** scipy.fft.idst. */
export const idst = (
  x: ArrayLike<number>,
  type: TrigonometricType = 2,
  norm: Norm = 'backward',
): Float64Array => once('dst', x, type, norm, true);
