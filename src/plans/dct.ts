/** Cosine and sine transforms as plans, and as one-call functions with SciPy's semantics. */
import { InvalidArgumentError } from '../errors.ts';
import { input } from '../ir/graph.ts';
import type { FloatArray } from '../backends/backend.ts';
import { norms, type Norm } from '../model/network.ts';
import {
  innerTransform,
  summedType,
  trigonometricTransform,
  type TrigonometricPlan,
  type TrigonometricType,
} from '../model/trigonometric.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { checkArgument, checkOptions, extended, oneOf } from '../options.ts';
import { batchOf } from './batch.ts';
import { PlanCache } from './cache.ts';
import {
  backendOf,
  compilePlan,
  normRule,
  oneCallPlan,
  reportOf,
  transformOptions,
  type PlannedGraph,
  type ReadyPlan,
  type TransformOptions,
} from './compiled.ts';
import { planTransform, sizeRule } from './strategy.ts';

/** What `planDctSync` and `planDstSync` transform: n real numbers to n real numbers. */
export interface TrigonometricOptions extends TransformOptions {
  /** Types I to IV as in SciPy; I needs at least 2 points in a DCT. Default 2. */
  readonly type?: TrigonometricType;
  /** SciPy's meaning; ortho makes types I to III orthogonal too. Default backward. */
  readonly norm?: Norm;
}

/** A planned cosine or sine transform; like `Plan`, with real ends. */
export interface TrigonometricTransform extends ReadyPlan {
  readonly transform: TrigonometricPlan;
  readonly input: { readonly re: FloatArray };
  readonly output: { readonly re: FloatArray };
}

const typeRule = oneOf([1, 2, 3, 4]);

const trigonometricOptions = extended<TransformOptions, TrigonometricOptions>(transformOptions, {
  type: typeRule,
});

function describe(kind: 'dct' | 'dst', options: TrigonometricOptions): TrigonometricPlan {
  const { n, type = 2, inverse = false, norm = 'backward' } = options;
  if (kind === 'dct' && type === 1 && n < 2)
    throw new InvalidArgumentError('n is 1; a DCT of type I needs at least 2');
  const inner = innerTransform(kind, summedType(type, inverse), n);
  // Sums without a factor: SciPy's factors are applied around them.
  const inside = planTransform({ ...inner, norm: inner.direction === 'inverse' ? 'forward' : 'backward' });
  return { kind, type, n, norm, inverse, inner: inside };
}

function graphOf(kind: 'dct' | 'dst', options: TrigonometricOptions): PlannedGraph<TrigonometricPlan> {
  const transform = describe(kind, options);
  const { n: points } = transform;
  const batch = batchOf(options, {
    input: { names: { re: 'inputRe' }, points, width: 1 },
    output: { names: { re: 'outputRe' }, points, width: 1 },
  });
  const { lanes, input: from, output: to } = batch;
  const tensor = input('inputRe', [(points - 1) * from.stride + lanes]);
  const source = { tensor, offset: 0, stride: from.stride, lane: 1 };
  const outputRe = trigonometricTransform(transform, source, lanes, to.stride / lanes);
  return { transform, graph: { outputs: { outputRe } }, batch };
}

function checked(kind: 'dct' | 'dst', options: TrigonometricOptions): TrigonometricTransform {
  checkOptions('a plan', options, trigonometricOptions);
  return compilePlan(
    graphOf(kind, options),
    options,
    backendOf(options.backend),
    reportOf,
  ) as ReadyPlan as TrigonometricTransform;
}

/** Plan a discrete cosine transform. Throws InvalidArgumentError. */
export const planDctSync = (options: TrigonometricOptions): TrigonometricTransform => checked('dct', options);
/** Plan a discrete sine transform. Throws InvalidArgumentError. */
export const planDstSync = (options: TrigonometricOptions): TrigonometricTransform => checked('dst', options);

const cache = /* @__PURE__ */ new PlanCache<number, ReturnType<typeof oneCallPlan>>(64);

/** Real numbers, type (default 2) and norm (default backward) to coefficients in float64. */
type OneCall = (x: ArrayLike<number>, type?: TrigonometricType, norm?: Norm) => Float64Array;

const oneCall =
  (kind: 'dct' | 'dst', inverse: boolean): OneCall =>
  (x, type = 2, norm = 'backward') => {
    requireNumbers('x', x);
    checkArgument('n', x.length, sizeRule);
    checkArgument('type', type, typeRule);
    checkArgument('norm', norm, normRule);
    const n = x.length;
    const variant = (type * 2 + (inverse ? 1 : 0)) * 2 + (kind === 'dct' ? 1 : 0);
    const plan = cache.get((n * norms.length + norms.indexOf(norm)) * 32 + variant, n, () =>
      oneCallPlan(graphOf(kind, { n, type, norm, inverse })),
    );
    plan.input.re.set(x);
    plan.run();
    return (plan.output.re as Float64Array).slice();
  };

/** scipy.fft.dct of real numbers in float64. Throws InvalidArgumentError for an impossible length, type or norm. */
export const dct: OneCall = /* @__PURE__ */ oneCall('dct', false);
/** scipy.fft.idct: the inverse of `dct` of the same type and norm. */
export const idct: OneCall = /* @__PURE__ */ oneCall('dct', true);
/** scipy.fft.dst. */
export const dst: OneCall = /* @__PURE__ */ oneCall('dst', false);
/** scipy.fft.idst. */
export const idst: OneCall = /* @__PURE__ */ oneCall('dst', true);
