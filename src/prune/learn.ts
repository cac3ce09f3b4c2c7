/**
 * The main job: from recordings to a pruned, compiled front end.
 *
 * Phase 1 learns the transform from a start that is not the answer: the n/2 complex chain learns the complex DFT, then
 * the split stage learns the real one; both are brought to canonical form and snapped. That network is what phase 2 prunes, its
 * stages exact where they snapped, else of the learned blocks. It enumerates sub-blocks of the frequency tree, refits positive mel
 * weights on the log error, tries scattered gates on what is left, and takes the cheapest compiled program whose error, as far as can
 * be expected of recordings not seen, is within the budget. Test recordings are not touched here.
 *
 * Every step depends on options and checkpoint alone, so a job that was killed and resumed ends in the same bits.
 */
import type { HeadConfig } from '../spectral/head.ts';
import { errorPlaces, type ErrorPlaces } from '../front/error-places.ts';
import { targetRules, validateTarget, type TargetOptions } from '../front/front-costs.ts';
import { InvalidArgumentError } from '../errors.ts';
import { checkOptions, finite, flag, oneOf, record, required, whole } from '../options.ts';
import type { FloatArray } from '../backends/backend.ts';
import { constant, sizeOf } from '../ir/graph.ts';
import { isExactNetwork, snap } from '../model/canonicalize.ts';
import { stageSizes } from '../model/geometry.ts';
import { initialize, type ParameterValues, type TransformModel } from '../model/initialize.ts';
import { parameterShapes, type NetworkSpec } from '../model/network.ts';
import type { Split } from '../front/corpus.ts';
import { StructureSearch, type Candidate, type SearchProgress, type SearchResult } from './search.ts';
import { requireTrainable } from '../front/spectral-head.ts';
import { exactBase, hasSmallFactors, largestFactor, treeNetwork } from './structure.ts';
import { spectrumError } from '../fit/spectrum-error.ts';
import { train, type TrainingState } from '../optimize/train.ts';
import { transformTask } from '../fit/transform-task.ts';

/** What a `LearnJob` learns: a feature head, within which error. */
export interface LearnOptions extends TargetOptions {
  readonly head: HeadConfig;
  /** Bound of the mean difference in log10 on validation recordings, and of what is expected of recordings not seen. */
  readonly budget: number;
  readonly seed: number;
  readonly start: 'random' | 'exact';
  /**
   * Take learned blocks for exact ones where they are (then the transform must be learned), or carry them through gates, fit and
   * compilation as they were learned.
   */
  readonly snap: boolean;
  /** Where in the spectrum errors count, everywhere by default. */
  readonly places?: ErrorPlaces;
}

/** Phases of a job in turn: the parts of phase 1, then those of phase 2. */
type LearnPhase = keyof typeof parts | SearchProgress['phase'];

/** One line of progress. */
export interface LearnProgress extends Omit<SearchProgress, 'phase'> {
  readonly phase: LearnPhase;
  /** Butterflies of the whole network. */
  readonly total: number;
  /** Part of the whole job that is done, 0 to 1, by expected time. */
  readonly fraction: number;
}

interface SpectrumPoint {
  readonly step: number;
  readonly loss: number;
  readonly error: number;
}
/** What a job knows after each phase; plain data. */
interface Progress {
  phase: LearnPhase | 'done';
  restarts: number;
  spectrumCurve: SpectrumPoint[];
  /** Structures screened so far. */
  screened: Candidate[];
}

/** Everything needed to resume. `arrays` are float64 unless they hold the state of a float32 training. */
export interface LearnCheckpoint {
  readonly options: LearnOptions;
  readonly progress: Progress;
  readonly step: number;
  readonly arrays: Readonly<Record<string, FloatArray>>;
}

/** How phase 1 went. Errors are of the real spectrum, relative L2, against the float64 DFT: 0 with start = exact. */
interface Learning {
  readonly spectrumCurve: readonly SpectrumPoint[];
  readonly startError: number;
  readonly spectrumErrorAfterPhase1: number;
  readonly snapDistance: number;
  readonly restarts: number;
  /** The chain as learned, before canonicalisation; null with start = exact. */
  readonly learned: TransformModel | null;
}

/** What a `LearnJob` learned. */
export interface LearnResult extends SearchResult, Learning {}

/** The network of a head before anything is learned; `ortho` keeps its numbers near 1. */
const freeNetwork = (n: number): NetworkSpec => ({ ...treeNetwork(n, 'free'), norm: 'ortho' });

const chainOf = (network: NetworkSpec): NetworkSpec => ({
  ...network,
  n: network.n / 2,
  input: 'complex',
  split: 'exact',
});

/** Chains of other radices than 2 are slower. */
const chainSteps = (n: number): number => (Number.isInteger(Math.log2(n)) ? 1500 : 2500);

/** What phase 1 learns, part by part: of which network, which parameters, and how. `before`: steps before its own. */
const parts = {
  transform: (network: NetworkSpec) => ({
    own: chainOf(network),
    names: Object.keys(parameterShapes(chainOf(network))),
    before: 0,
    steps: chainSteps(network.n),
    learningRate: 2e-2,
  }),
  split: (network: NetworkSpec) => ({
    own: network,
    names: ['split.block'],
    before: chainSteps(network.n),
    steps: 1200,
    learningRate: 0.1,
  }),
};
const batch = 64;
const maximumRestarts = 3;
/** Expected share of the time of each phase: between those of transforms of 64 and of 512 points. */
const weightsOfPhases: Record<LearnPhase, number> = {
  transform: 0.16,
  split: 0.14,
  structures: 0.3,
  refit: 0.15,
  gates: 0.25,
};

export const learnPhases = /* @__PURE__ */ Object.keys(weightsOfPhases) as LearnPhase[];

/** Throws InvalidArgumentError for an impossible head, budget or seed. */
export function validateLearnOptions(options: LearnOptions): void {
  checkOptions('learn', options, {
    head: required(record<HeadConfig>('a head')),
    budget: required({ ...finite({ above: 0 }), expected: 'a positive error in log10, for example 0.06' }),
    seed: required(whole(0, 2 ** 32 - 1)),
    start: required(oneOf(['random', 'exact'])),
    snap: required(flag),
    places: oneOf(errorPlaces),
    ...targetRules,
  });
  if (options.start === 'exact' && !options.snap)
    throw new InvalidArgumentError('snap is false and start "exact", which learns no blocks; expected true');
  requireTrainable(options.head);
  validateTarget(options.head, options);
  const { nFft } = options.head;
  if (options.start === 'random' && !hasSmallFactors(nFft))
    throw new InvalidArgumentError(
      `nFft is ${nFft}; expected prime factors of nFft / 2 up to ${largestFactor} where blocks are learned, or start "exact"`,
    );
}

/** A resumable job. Iterate `run()`; ask for `checkpoint()` at any time between its values. */
export class LearnJob {
  readonly options: LearnOptions;
  /** The network that phase 1 learns. */
  private readonly network: NetworkSpec;
  private readonly split: Pick<Split, 'train' | 'validation'>;
  private progress: Progress = {
    phase: 'transform',
    restarts: 0,
    spectrumCurve: [],
    screened: [],
  };
  /** Blocks learned so far. */
  private values: ParameterValues = {};
  /** The training of a part that is going on, or how a checkpoint left it. */
  private training: { state(): TrainingState } | null = null;
  private finished: LearnResult | null = null;

  /** Throws InvalidArgumentError for an impossible head or budget. */
  constructor(options: LearnOptions, split: Pick<Split, 'train' | 'validation'>, from?: LearnCheckpoint) {
    validateLearnOptions(options);
    this.options = options;
    this.network = freeNetwork(options.head.nFft);
    this.split = split;
    if (from) this.restore(from);
  }

  private restore(from: LearnCheckpoint): void {
    const [was, now] = [JSON.stringify(from.options), JSON.stringify(this.options)];
    if (was !== now)
      throw new InvalidArgumentError(`the checkpoint is of another job: ${was}; this one is ${now}`);
    this.progress = structuredClone(from.progress);
    const training: Record<string, FloatArray> = {};
    for (const [name, value] of Object.entries(from.arrays)) {
      if (name.startsWith('training:')) training[name.slice('training:'.length)] = value;
      else this.values[name] = Float64Array.from(value);
    }
    const state = { step: from.step, values: training };
    if (Object.keys(training).length > 0) this.training = { state: () => state };
    this.checkValues();
  }

  /** What is learned so far must be there, in its shape. Throws InvalidArgumentError naming what is not. */
  private checkValues(): void {
    const { phase } = this.progress;
    const { network } = this;
    const learns = this.options.start === 'random' && phase !== 'transform';
    const shapes = phase === 'split' ? parameterShapes(chainOf(network)) : parameterShapes(network);
    const needed = learns ? Object.entries(shapes) : [];
    for (const [name, shape] of needed) {
      const [own, size] = [this.values[name]?.length ?? 0, sizeOf(shape)];
      if (own !== size)
        throw new InvalidArgumentError(
          `the checkpoint has ${own} values of "${name}" in phase ${phase}; expected ${size}`,
        );
    }
  }

  /** A snapshot from which a new job goes on to the same result. */
  checkpoint(): LearnCheckpoint {
    const state = this.training?.state();
    const arrays: Record<string, FloatArray> = { ...this.values };
    for (const [name, value] of Object.entries(state?.values ?? {})) arrays[`training:${name}`] = value;
    return {
      options: this.options,
      progress: structuredClone(this.progress),
      step: state?.step ?? 0,
      arrays,
    };
  }

  get result(): LearnResult {
    if (!this.finished) throw new InvalidArgumentError('the job has not finished; iterate run() to its end');
    return this.finished;
  }

  /** Runs the job to its end, or on from where its checkpoint stands; yields after every step. */
  async *run(): AsyncGenerator<LearnProgress> {
    const { progress, options } = this;
    if (options.start === 'exact' && progress.phase === 'transform') progress.phase = 'structures';
    while (progress.phase === 'transform' || progress.phase === 'split') {
      yield* this.learnPart(progress.phase);
      this.nextPart();
    }
    const { base, ...learning } = this.learnedTransform();
    const search = new StructureSearch(options, this.split, progress.screened, base).run();
    let next = await search.next();
    for (; !next.done; next = await search.next()) {
      progress.phase = next.value.phase;
      yield this.report(next.value);
    }
    const { spectrumCurve, restarts } = progress;
    this.finished = { ...next.value, ...learning, spectrumCurve, restarts };
    progress.phase = 'done';
  }

  /** What phase 1 came to: the network that phase 2 prunes, and how far it is from the exact one. */
  private learnedTransform(): { base: TransformModel } & Omit<Learning, 'spectrumCurve' | 'restarts'> {
    const { network, values } = this;
    const { attemptSeed } = this;
    const { head, start, seed } = this.options;
    if (start === 'exact')
      return {
        base: exactBase(head.nFft),
        startError: 0,
        spectrumErrorAfterPhase1: 0,
        snapDistance: 0,
        learned: null,
      };
    const snapped = this.snapped();
    return {
      base: { network: { ...snapped.spec, norm: 'backward' }, values: snapped.values },
      startError: spectrumError(network, initialize(network, 'random', attemptSeed), seed),
      spectrumErrorAfterPhase1: spectrumError(network, values, seed),
      snapDistance: snapped.distance,
      learned: { network: chainOf(network), values },
    };
  }

  private snapped(): ReturnType<typeof snap> {
    return snap(this.network, this.values, { keepBlocks: !this.options.snap });
  }

  private report(of: Omit<LearnProgress, 'total' | 'fraction'>): LearnProgress {
    const weightOf = (phases: readonly LearnPhase[]): number =>
      phases.reduce((sum, p) => sum + weightsOfPhases[p], 0);
    const skipped = this.options.start === 'exact' ? weightOf(['transform', 'split']) : 0;
    const before = weightOf(learnPhases.slice(0, learnPhases.indexOf(of.phase))) - skipped;
    const fraction = (before + (weightsOfPhases[of.phase] * of.step) / of.steps) / (1 - skipped);
    return { ...of, total: this.fullCount, fraction };
  }

  /** Seed of the random blocks of this attempt: restarts begin with others. */
  private get attemptSeed(): number {
    return (this.options.seed + 7919 * this.progress.restarts) >>> 0;
  }

  private get fullCount(): number {
    return stageSizes(this.network).reduce((sum, { count }) => sum + count, 0);
  }

  /** Trains the parameters of a part from random ones, those learned before it as they are. */
  private async *learnPart(phase: keyof typeof parts): AsyncGenerator<LearnProgress> {
    const { network, values, progress } = this;
    const { own, names, before, steps, learningRate } = parts[phase](network);
    const seed = this.attemptSeed;
    const { loss, parameters, feed } = transformTask(own, batch, seed, (provide) => [
      (name, shape) => (names.includes(name) ? provide(name, shape) : constant(shape, values[name])),
    ]);
    const start = initialize(network, 'random', seed);
    const initial = Object.fromEntries(names.map((name) => [name, start[name]]));
    const training = train({ loss, parameters, feed, initial, steps, learningRate });
    if (this.training) training.restore(this.training.state());
    this.training = training;
    for await (const { step, loss: squared } of training) {
      const [at, error] = [before + step, Math.sqrt(squared)];
      if (at % 10 === 0 || at === 1) progress.spectrumCurve.push({ step: at, loss: squared, error });
      yield this.report({ phase, step, steps, loss: squared, error, active: this.fullCount });
    }
    this.training = null;
    for (const name of names) values[name] = training.value(name);
  }

  /** Goes on to the next part; from the last one to phase 2, or, where the transform was not learned, to another start. */
  private nextPart(): void {
    const { progress } = this;
    if (progress.phase === 'transform') {
      progress.phase = 'split';
      return;
    }
    const { spec, distance } = this.snapped();
    if (isExactNetwork(spec) || !this.options.snap) {
      progress.phase = 'structures';
      return;
    }
    if (progress.restarts >= maximumRestarts)
      throw new InvalidArgumentError(
        `the transform was not learned in ${maximumRestarts + 1} attempts (distance ${distance.toExponential(1)}); try another seed`,
      );
    progress.restarts++;
    progress.phase = 'transform';
    this.values = {};
  }
}
