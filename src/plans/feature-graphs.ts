/** The programs of a feature head: one over frames in lanes, one over what the first one gives, or one over a whole clip. */
import { InvalidArgumentError } from '../errors.ts';
import { input, parameter, type Graph } from '../ir/graph.ts';

import { defaultBackend } from '../backends/default.ts';
import { viewOf, type HostExecutable, type FloatArray } from '../backends/backend.ts';
import type { CFormat } from '../backends/c/format.ts';
import type { Program } from '../compiler/kernel.ts';
import type { Machine } from '../compiler/machines.ts';
import { exactTransform, type ChainPlan, type TransformPlan } from '../model/exact.ts';
import { Smoother } from '../numeric/pcen.ts';
import { headWidth } from '../spectral/banks.ts';
import type { BranchTransforms } from '../spectral/branches.ts';
import {
  clipFeatures,
  finishFeatures,
  finishInput,
  finishWidth,
  frameFeatures,
  frameWidth,
  hasFinish,
  measureBy,
  samplesOf,
  type RealTransform,
} from '../spectral/features.ts';
import { headFrames, headFrequencies, needsClip, type HeadConfig } from '../spectral/head.ts';
import { featureHead, type PresetName } from '../spectral/presets.ts';
import { validateHead } from '../spectral/validate.ts';
import { checkArgument, isRecord, matching, oneOf, record, whole } from '../options.ts';
import { arrayOf, executableOf, type ProgramOptions } from './compiled.ts';
import { leanChain, planTransform, sizeRule } from './strategy.ts';
import { targetChain } from './target-chain.ts';
import { remembered } from './wisdom.ts';

/** Frames that run together: whole vectors of f32; one where a frame alone fills the caches. */
const lanesOf = (head: HeadConfig): number => (head.nFft <= 4096 ? 4 : 1);
/** Most samples from the first to the last frame of a block. */
const blockSamples = 2 ** 22;
/** Frames handled by one copy in and out of a program's memory: a multiple of the lanes. */
export const blockFramesOf = ({ framing, lanes }: Pick<FrontProgram, 'framing' | 'lanes'>): number =>
  lanes *
  Math.max(1, Math.floor(Math.min(framing.nFft <= 4096 ? 256 : 16, blockSamples / framing.hop) / lanes));

const aimRule = oneOf(['operations', 'time']);

/** A transform forward: around a chain, or the one that was measured, or estimated, to be the fastest. */
function forwardPlan(n: number, input: 'real' | 'complex', chain: ChainPlan | null): TransformPlan {
  const about = { n, input, direction: 'forward' } as const;
  const backend = defaultBackend().name;
  const fastest = remembered({ ...about, dtype: 'f32', backend, simd: true, lanes: 1 });
  return planTransform({ ...about, norm: 'backward' }, chain ?? fastest);
}

/** The exact real transform of n samples around a chain, or the fastest one known. */
const realAround =
  (n: number, chain: ChainPlan | null): RealTransform =>
  (source, count, layout) =>
    exactTransform(forwardPlan(n, 'real', chain), { re: source }, count, { layout, stride: 1 });

/** The exact transform of n real samples as graph functions take it; of few operations or, otherwise, of little time. */
export function exactRealTransform(n: number, aim: 'operations' | 'time' = 'time'): RealTransform {
  checkArgument('aim', aim, aimRule);
  checkArgument('n', n, sizeRule);
  return realAround(n, aim === 'operations' ? leanChain(n, 'real') : null);
}

/** The exact transforms that front ends are made of: of whole frames, and of those of branches. */
export interface ExactTransforms extends BranchTransforms {
  readonly whole: (n: number) => RealTransform;
}

/** Exact transforms around chains: `chainOf` says which, null for the fastest one known. */
export const transformsBy = (
  whole: (n: number) => ChainPlan | null,
  chainOf: (n: number, input: 'real' | 'complex') => ChainPlan | null,
): ExactTransforms => ({
  whole: (n) => realAround(n, whole(n)),
  real: (n) => realAround(n, chainOf(n, 'real')),
  complex: (re, im, n, lanes, layout) =>
    exactTransform(forwardPlan(n, 'complex', chainOf(n, 'complex')), { re, im }, lanes, {
      layout,
      stride: 1,
    }),
});

/** Whole frames in little time, those of branches by few operations. */
export const exactTransforms: ExactTransforms = /* @__PURE__ */ transformsBy(() => null, leanChain);

/** Those that cost a machine least. */
export const targetTransforms = (format: CFormat, target: Machine, vectors = false): ExactTransforms => {
  const chain = (n: number, input: 'real' | 'complex'): ChainPlan | null =>
    targetChain(n, input, format, target, vectors);
  return transformsBy((n) => chain(n, 'real'), chain);
};

/** A head over one clip of so many samples as a graph: input `samples`, output `features`; see `clipFeatures`. */
export function featureGraph(head: HeadConfig, samples: number): Graph {
  validateHead(head);
  checkArgument('samples', samples, whole(1, 2 ** 24));
  if (head.average === 'median')
    throw new InvalidArgumentError('a graph has no median; expected average none or mean');
  requireFrames(head, samples);
  const measure = measureBy(head, exactRealTransform(head.nFft));
  return { outputs: { features: clipFeatures(head, input('samples', [samples]), measure) } };
}

const framingName = ({ framing }: HeadConfig): string => (typeof framing === 'object' ? 'this' : framing);

/** Frames, or clips that are averaged, of so many samples. Throws InvalidArgumentError where there are none. */
export function requireFrames(framing: HeadConfig, samples: number, averaged = 1): number {
  const frames = headFrames(framing, samples);
  const wanted = averaged === 1 ? `frame of nFft = ${framing.nFft}` : `clip of ${framing.nFft} samples`;
  if (frames === 0)
    throw new InvalidArgumentError(
      `${samples} samples hold no ${wanted} with ${framingName(framing)} framing; expected more`,
    );
  return frames;
}

function frameGraph(head: HeadConfig): Graph {
  const lanes = lanesOf(head);
  const signal = input('samples', [samplesOf(head, lanes)]);
  const front = { measure: measureBy(head, exactRealTransform(head.nFft)), bank: null };
  const { features, imaginary } = frameFeatures(head, signal, lanes, front);
  return { outputs: { features: features.tensor, ...(imaginary ? { imaginary: imaginary.tensor } : {}) } };
}

/** The rest of a head over so many frames; over one where frames were averaged. */
function finishGraph(head: HeadConfig, lanes: number): Graph {
  const count = head.average === 'none' ? lanes : 1;
  const extra = head.bank?.kind === 'descriptors' ? 1 : 0;
  const values = input('values', [(count + extra) * finishWidth(head)]);
  // A parameter: it stays where it is while inputs move on.
  const reference = needsClip(head) ? parameter('reference', [1]) : null;
  return { outputs: { features: finishFeatures(head, finishInput(head, values, count), reference).tensor } };
}

/** What an extractor or a stream takes along a signal: a head with the graphs that compute it, exact or learned. */
export interface FrontProgram {
  readonly head: HeadConfig;
  /**
   * The head whose frames are taken along a signal, a result each: the same; or where `graph` averages, one whose frames are
   * successive clips, each of so many frames of the head as `averaged` says.
   */
  readonly framing: HeadConfig;
  readonly averaged: number;
  /** Numbers per frame. */
  readonly width: number;
  /** Numbers per frame before `finish`, and before deltas. */
  readonly inner: number;
  /** Hz, of bins or bands; empty for cepstra and descriptors. */
  readonly frequencies: Float64Array;
  /** Frames of `framing` that one run of `graph` computes. */
  readonly lanes: number;
  /** Input `samples`, the frames of a run at distances of hop; output `features` [lanes, inner], `imaginary` of complex heads. */
  readonly graph: () => Graph;
  /** What needs the clip or the frame before; null where `graph` computes all. */
  readonly finish: (() => Graph) | null;
  /** What becomes of the compiled graph: tables of fewer bits. */
  readonly tables?: (program: Program) => Program;
}

/** Whose features are wanted: a preset's name, a head, or a learned front end's program (`frontProgram` of papilio/front). */
export type FrontSource = PresetName | HeadConfig | FrontProgram;

const isProgram = (source: FrontSource): source is FrontProgram =>
  typeof source === 'object' && source !== null && 'graph' in source && typeof source.graph === 'function';

/** Throws InvalidArgumentError for what only looks like a program. */
function checkedProgram(program: FrontProgram): FrontProgram {
  for (const key of ['head', 'framing'] as const)
    checkArgument(key, program[key], record('a head; frontProgram makes programs of learned front ends'));
  for (const key of ['width', 'inner', 'lanes', 'averaged'] as const)
    checkArgument(key, program[key], whole());
  return program;
}

/** The program of a head whose frame-wise part is computed by a graph of so many lanes. */
export const frameProgram = (head: HeadConfig, lanes: number, graph: () => Graph): FrontProgram => ({
  head,
  framing: head,
  averaged: 1,
  width: headWidth(head),
  inner: frameWidth(head),
  frequencies: headFrequencies(head),
  lanes,
  graph,
  finish: hasFinish(head) ? () => finishGraph(head, lanes) : null,
});

/** A head, or at least no front end: of what is none either, `validateHead` says so. */
const headRule = matching<HeadConfig>(
  'a preset, a head, or the program of a front end: frontProgram(front) of papilio/front',
  (x) => !isRecord(x) || !('head' in x || 'program' in x),
);

/** The program of a source. Throws InvalidArgumentError for an unknown name, an impossible head, and a front end that is no program. */
export function programOf(source: FrontSource): FrontProgram {
  if (isProgram(source)) return checkedProgram(source);
  const head = typeof source === 'string' ? featureHead(source) : source;
  checkArgument('head', head, headRule);
  validateHead(head);
  return frameProgram(head, lanesOf(head), () => frameGraph(head));
}

/** One program over consecutive blocks: input elements and output elements per frame. */
export interface Walk {
  readonly executable: HostExecutable;
  readonly input: FloatArray;
  readonly outputs: Readonly<Record<string, FloatArray>>;
}

function walkOf(
  { graph: made, tables }: Pick<FrontProgram, 'graph' | 'tables'>,
  source: string,
  reserve: Record<string, number>,
  options: ProgramOptions,
): Walk {
  const graph = made();
  const executable = executableOf(graph, reserve, options, tables);
  return {
    executable,
    input: arrayOf(executable, source, reserve[source]),
    outputs: Object.fromEntries(Object.keys(graph.outputs).map((name) => [name, viewOf(executable, name)])),
  };
}

/** What smooths the energies of a front along its frames, for PCEN; null where nothing has to. */
export const smootherOf = ({ head, inner }: FrontProgram): Smoother | null =>
  head.pcen ? new Smoother(head.pcen, inner) : null;

/** The programs of a front over so many frames in memory, whose samples are a block of so many. */
export function walksOf(
  front: FrontProgram,
  frames: number,
  samples: number,
  options: ProgramOptions,
): { readonly frames: Walk; readonly finish: Walk | null } {
  const { inner, width, finish } = front;
  const results = frames * inner;
  const rest = { values: (front.head.pcen ? 2 : 1) * results + inner, features: frames * width };
  return {
    frames: walkOf(front, 'samples', { samples, features: results, imaginary: results }, options),
    finish: finish && walkOf({ graph: finish }, 'values', rest, options),
  };
}
