/**
 * Plans: an exact transform of a stated size, compiled once, run many times on views of its own memory.
 * With exact twiddles papilio is simply an FFT; that is the baseline every learned transform is compared with.
 */
import { UnsupportedError } from '../errors.ts';
import { input, type Tensor } from '../ir/graph.ts';
import type { View } from '../ir/view.ts';
import { defaultBackend } from '../backends/default.ts';
import { exactTransform, lengthsOf, type ChainPlan, type TransformPlan } from '../model/exact.ts';
import { uniformNetwork, type NetworkSpec } from '../model/network.ts';
import { checkOptions, extended, matching, oneOf } from '../options.ts';
import { batchOf, type EndSpec } from './batch.ts';
import {
  backendOf,
  compilePlan,
  reportOf,
  transformOptions,
  type InterleavedEnd,
  type PlanarEnd,
  type PlannedGraph,
  type ReadyPlan,
  type TransformOptions,
} from './compiled.ts';
import { measure } from './measure.ts';
import { candidatesFor, chainPoints, exactRadices, planTransform, validateChain } from './strategy.ts';
import { measured, remembered, type Subject } from './wisdom.ts';

export type Layout = 'planar' | 'interleaved';

/** What a plan transforms. Only `n` is required; other options have defaults. */
export interface PlanOptions<L extends Layout = 'planar'> extends TransformOptions {
  /** complex: n complex points in and out. real: n real samples against floor(n/2) + 1 bins. Default complex. */
  readonly input?: 'complex' | 'real';
  /** exp(+2 pi i k n / N). With real input: bins in, samples out. Default false. */
  readonly inverse?: boolean;
  /**
   * estimate (default): the plan of the cost model, or one measured before. measure: times a few plans on this machine
   * (tens of milliseconds) and remembers the fastest; see `exportWisdom`.
   */
  readonly effort?: 'estimate' | 'measure';
  /** The chain to use, as `describePlan` shows it, instead of planning one. */
  readonly chain?: ChainPlan;
  /** Complex ends as two arrays (planar, default) or as one of pairs (interleaved). Real samples are one array in either. */
  readonly layout?: L;
}

/**
 * One end of a plan, a view of its memory: two arrays (planar) or one array of pairs (interleaved); `im` is
 * absent for real samples.
 */
export type PlanEnd<L extends Layout = 'planar'> = L extends 'interleaved' ? InterleavedEnd : PlanarEnd;

/**
 * A transform that is ready to run: write `input`, call `run`, read `output`. Both ends are views of the
 * plan's own memory.
 */
export interface Plan<L extends Layout = 'planar'> extends ReadyPlan {
  /** What will run, as data. */
  readonly transform: TransformPlan;
  /** Transform b starts b * distance points from the start, its points lie stride apart; default [batch, points]. */
  readonly input: PlanEnd<L>;
  readonly output: PlanEnd<L>;
}

/** The exact network of a size with factors up to 31, with the radices that compile best. */
export function exactNetwork(options: Pick<PlanOptions, 'n' | 'input' | 'inverse' | 'norm'>): NetworkSpec {
  const { n, input: kind = 'complex', inverse = false, norm = 'backward' } = options;
  const radices = exactRadices(kind === 'real' ? n / 2 : n);
  if (!radices)
    throw new UnsupportedError(`n = ${n} has a prime factor above 31; a network needs small ones`);
  const direction = inverse ? 'inverse' : 'forward';
  return uniformNetwork(radices, { parametrization: 'exact' }, { n, input: kind, direction, norm });
}

const isChain = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && 'radices' in x && Array.isArray(x.radices);

const planOptions = extended<TransformOptions, PlanOptions<Layout>>(transformOptions, {
  input: oneOf(['complex', 'real']),
  layout: oneOf(['planar', 'interleaved']),
  effort: oneOf(['estimate', 'measure']),
  // `validateChain` looks inside.
  chain: matching('a chain as describePlan shows it', isChain),
});

/** Throws InvalidArgumentError. */
function validate(options: PlanOptions<Layout>): void {
  checkOptions('a plan', options, planOptions);
  const { n, input: kind = 'complex', chain } = options;
  if (chain) validateChain(chain, chainPoints(n, kind));
}

/** Which transform checked options ask for. */
function askedFor(options: PlanOptions<Layout>): Omit<TransformPlan, 'chain'> {
  const { n, input: kind = 'complex', inverse = false, norm = 'backward' } = options;
  return { n, input: kind, direction: inverse ? 'inverse' : 'forward', norm };
}

/** The plan of one transform as data: what `planFftSync` compiles. Throws InvalidArgumentError. */
export function describePlan(options: PlanOptions<Layout>): TransformPlan {
  validate(options);
  return transformOf(options);
}

/** The transform of checked options. */
const transformOf = (options: PlanOptions<Layout>): TransformPlan =>
  planTransform(askedFor(options), options.chain ?? remembered(subjectOf(options)));

/** Both ends of the transform of checked options. */
export function endsOf(options: PlanOptions<Layout>): Record<'input' | 'output', EndSpec> {
  const about = askedFor(options);
  const lengths = lengthsOf(about);
  const end = (name: 'input' | 'output', isReal: boolean, points: number): EndSpec => {
    if (isReal) return { names: { re: `${name}Re` }, points, width: 1 };
    if (options.layout === 'interleaved') return { names: { interleaved: name }, points, width: 2 };
    return { names: { re: `${name}Re`, im: `${name}Im` }, points, width: 1 };
  };
  const samples = about.input === 'complex' ? null : about.direction === 'forward' ? 'input' : 'output';
  return {
    input: end('input', samples === 'input', lengths.in),
    output: end('output', samples === 'output', lengths.out),
  };
}

/** What a measurement of these options holds for. */
function subjectOf(options: PlanOptions<Layout>): Subject {
  const { dtype = 'f32', backend = defaultBackend().name, simd = true } = options;
  const { n, input: kind, direction } = askedFor(options);
  const { lanes } = batchOf(options, endsOf(options));
  return { n, input: kind, direction, dtype, backend, simd, lanes };
}

/** Fastest of a few runs of a plan around a chain, nanoseconds. */
function timeOf(options: PlanOptions<Layout>, chain: ChainPlan): number {
  const plan = planFftSync<Layout>({ ...options, effort: 'estimate', chain });
  const [timing] = measure([{ name: 'plan', run: plan.run, units: 1 }], {
    samples: 5,
    sampleMs: 2,
    warmupMs: 8,
  });
  plan.dispose();
  return timing.ns;
}

/** The graph of the transforms of a plan that run together, with the memory they walk. Throws as `planFftSync` does. */
export function planGraph(options: PlanOptions<Layout>): PlannedGraph<TransformPlan> {
  validate(options);
  return graphOf(options);
}

/** The same of checked options. `scale`: what samples are multiplied by. */
export function graphOf(options: PlanOptions<Layout>, scale?: View): PlannedGraph<TransformPlan> {
  const transform = transformOf(options);
  const batch = batchOf(options, endsOf(options));
  const { lanes, input: from, output: to } = batch;
  const span = (from.points - 1) * from.stride + lanes;
  const [re, im] = Object.values(from.names).map((name) => input(name, [span * from.width]));
  const view = (tensor: Tensor, offset: number): View => ({
    tensor,
    offset,
    stride: from.stride * from.width,
    lane: from.width,
    ...(scale ? { scale } : {}),
  });
  const imaginary = from.width === 2 ? view(re, 1) : im && view(im, 0);
  const results = exactTransform(
    transform,
    { re: view(re, 0), ...(imaginary ? { im: imaginary } : {}) },
    lanes,
    { layout: to.width === 2 ? 'interleaved' : 'planar', stride: to.stride / lanes, dtype: options.dtype },
  );
  const outputs = Object.fromEntries(Object.values(to.names).map((name, i) => [name, results[i]]));
  return { transform, graph: { outputs }, batch };
}

/**
 * Plan a transform. Throws InvalidArgumentError for impossible options.
 * Compiles synchronously; in a browser's main thread prefer `planFft`.
 */
export function planFftSync<L extends Layout = 'planar'>(options: PlanOptions<L>): Plan<L> {
  validate(options);
  if (options.effort === 'measure' && !options.chain) {
    const { n, input: kind = 'complex' } = options;
    measured(subjectOf(options), candidatesFor(n, kind), (chain) => timeOf(options, chain));
  }
  return compilePlan(graphOf(options), options, backendOf(options.backend), reportOf) as Plan<L>;
}

/** `planFftSync` as a promise: the form that stays the same when a backend needs to be loaded. */
export async function planFft<L extends Layout = 'planar'>(options: PlanOptions<L>): Promise<Plan<L>> {
  return planFftSync(options);
}
