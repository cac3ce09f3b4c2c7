/**
 * Plans: an exact transform of a stated size, compiled once, run many times on views of its own memory.
 * With exact twiddles papilio is simply an FFT; that is the baseline every learned transform is compared with.
 */
import { UnsupportedError } from '../errors.ts';
import { input, type Graph } from '../ir/graph.ts';
import type { ComplexView } from '../ir/view.ts';
import type { Backend, BackendName, FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import type { Dtype } from '../compiler/kernel.ts';
import { exactTransform, lengthsOf, type ChainPlan, type TransformPlan } from '../model/exact.ts';
import { norms, type NetworkSpec, type Norm } from '../model/network.ts';
import { checkOptions, flag, matching, oneOf, required, type OptionTable } from '../options.ts';
import { batchOptions, strideInMemory, validateBatch, type BatchOptions } from './batch.ts';
import {
  backendOf,
  backendRule,
  compileOptions,
  compilePlan,
  type Compiled,
  type PlanReport,
} from './compiled.ts';
import { measure } from './measure.ts';
import { candidatesFor, exactRadices, planTransform, sizeRule } from './strategy.ts';
import { measured, remembered, type Subject } from './wisdom.ts';

export type Layout = 'planar' | 'interleaved';

/** What a plan transforms. Only `n` is required; other options have defaults. */
export interface PlanOptions<L extends Layout = 'planar'> extends BatchOptions {
  /** Points of the transform, 1 to 2^22. */
  readonly n: number;
  /** complex: n complex points in and out. real: n real samples against floor(n/2) + 1 bins. Default complex. */
  readonly input?: 'complex' | 'real';
  /** exp(+2 pi i k n / N). With real input: bins in, samples out. Default false. */
  readonly inverse?: boolean;
  readonly dtype?: Dtype;
  /** NumPy's meaning. Default backward: the inverse divides by n. */
  readonly norm?: Norm;
  readonly backend?: BackendName;
  /** WebAssembly with 128-bit vectors where the engine has them (default), or scalar code. */
  readonly simd?: boolean;
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

/** Planar arrays of one end of a plan, views of its memory; no im for real samples. */
interface PlanarEnd {
  readonly re: FloatArray;
  readonly im?: FloatArray;
}

/** One array of one end of a plan: re, im, re, im, ...; of real samples just those. */
interface InterleavedEnd {
  readonly interleaved: FloatArray;
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
export interface Plan<L extends Layout = 'planar'> {
  /** What will run, as data. */
  readonly transform: TransformPlan;
  /** Transform b starts b * distance points from the start, its points lie stride apart; default [batch, points]. */
  readonly input: PlanEnd<L>;
  readonly output: PlanEnd<L>;
  /** Transforms what is in `input`. Allocates nothing. Throws InvalidArgumentError after `dispose`. */
  run(): void;
  readonly report: PlanReport;
  /** Lets go of the plan's memory; run afterwards throws. Views that are held keep their numbers. */
  dispose(): void;
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

const isChain = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && 'radices' in x && Array.isArray(x.radices);

function planTable(): OptionTable<PlanOptions<Layout>> {
  return {
    n: required(sizeRule),
    input: oneOf(['complex', 'real']),
    inverse: flag,
    norm: oneOf(norms),
    layout: oneOf(['planar', 'interleaved']),
    backend: backendRule,
    ...compileOptions,
    effort: oneOf(['estimate', 'measure']),
    // `validateChain` looks inside.
    chain: matching('a chain as describePlan shows it', isChain),
    ...batchOptions,
  };
}
const planOptions = /* @__PURE__ */ planTable();

/** Throws InvalidArgumentError. */
const validate = (options: PlanOptions<Layout>): void => checkOptions('a plan', options, planOptions);

/** The plan of one transform as data: what `planFftSync` compiles. Throws InvalidArgumentError. */
export function describePlan(options: PlanOptions<Layout>): TransformPlan {
  validate(options);
  const { n, input: kind = 'complex', inverse = false, norm = 'backward' } = options;
  const about = { n, input: kind, direction: inverse ? 'inverse' : 'forward', norm } as const;
  return planTransform(about, options.chain ?? remembered(subjectOf(options)));
}

/** What a measurement of these options holds for. */
function subjectOf(options: PlanOptions<Layout>): Subject {
  const {
    n,
    input: kind = 'complex',
    inverse = false,
    dtype = 'f32',
    backend = defaultBackend().name,
    simd = true,
  } = options;
  const direction = inverse ? 'inverse' : 'forward';
  const lengths = lengthsOf({ n, input: kind, direction });
  const { lanes } = validateBatch(options, lengths, options.layout !== 'interleaved');
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

interface PlannedGraph {
  graph: Graph;
  compiled: Omit<Compiled, 'program'>;
}

/** The graph of the transforms of a plan that run together, with the memory they walk. Throws as `planFftSync` does. */
export function planGraph(options: PlanOptions<Layout>): PlannedGraph {
  const transform = describePlan(options);
  const lengths = lengthsOf(transform);
  const { layout = 'planar' } = options;
  const batch = validateBatch(options, lengths, layout === 'planar');
  const { lanes, input: from, output: to } = batch;
  const isReal = transform.input === 'real';
  const forward = transform.direction === 'forward';
  const complexIn = !isReal || !forward;
  const complexOut = !isReal || forward;
  const span = (lengths.in - 1) * from.stride + lanes;
  const view = (name: string, width: number, offset: number): ComplexView['re'] => ({
    tensor: input(name, [span * width]),
    offset,
    stride: from.stride * width,
    lane: width,
  });
  const interleavedIn = complexIn && layout === 'interleaved';
  const pairs = interleavedIn ? view('input', 2, 0) : null;
  const source: ComplexView = pairs
    ? { re: pairs, im: { ...pairs, offset: 1 } }
    : { re: view('inputRe', 1, 0), ...(complexIn ? { im: view('inputIm', 1, 0) } : {}) };
  const results = exactTransform(transform, source, lanes, {
    layout: complexOut ? layout : 'planar',
    stride: strideInMemory(to, lanes),
    dtype: options.dtype,
  });
  const names = complexOut ? (layout === 'planar' ? ['outputRe', 'outputIm'] : ['output']) : ['outputRe'];
  return {
    graph: { outputs: Object.fromEntries(names.map((name, i) => [name, results[i]])) },
    compiled: {
      transform,
      batch,
      inputs: interleavedIn ? ['input'] : complexIn ? ['inputRe', 'inputIm'] : ['inputRe'],
      outputs: names,
      inputWidth: interleavedIn ? 2 : 1,
      outputWidth: names[0] === 'output' ? 2 : 1,
      lengths,
    },
  };
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
  return planOn(options, backendOf(options.backend));
}

/** A plan on this backend, by the cost model. Throws InvalidArgumentError for impossible options. */
export function planOn<L extends Layout = 'planar'>(options: PlanOptions<L>, backend: Backend): Plan<L> {
  const { graph, compiled } = planGraph(options);
  return compilePlan(graph, compiled, options, backend) as Plan<L>;
}

/** `planFftSync` as a promise: the form that stays the same when a backend needs to be loaded. */
export async function planFft<L extends Layout = 'planar'>(options: PlanOptions<L>): Promise<Plan<L>> {
  return planFftSync(options);
}
