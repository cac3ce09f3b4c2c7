/**
 * The main job: from recordings to a pruned, compiled log-mel front end.
 *
 * Phase 1 learns the transform from a start that is not the answer: the n/2 complex chain learns the complex DFT, then
 * the split stage learns the real one; both are brought to canonical form and snapped. That network is what phase 2 prunes, its
 * stages exact where they snapped, else of the learned blocks. It enumerates sub-blocks of
 * the frequency tree, refits positive mel weights on the log error, tries scattered gates on what is left, and takes the
 * cheapest compiled program whose error, as far as can be expected of recordings not seen, is within the budget. Test recordings are not touched here.
 *
 * Every step depends on options and checkpoint alone, so a job that was killed and resumed ends in the same bits.
 */
import { errorPlaces, type ErrorPlaces } from '../front/error-places.ts';
import { InvalidArgumentError } from '../errors.ts';
import { checkOptions, finite, flag, oneOf, record, required, whole } from '../options.ts';
import type { FloatArray } from '../backends/backend.ts';
import { constant, input } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import { isExactNetwork, snap } from '../model/canonicalize.ts';
import { stageSizes } from '../model/geometry.ts';
import { initialize, type ParameterValues, type TransformModel } from '../model/initialize.ts';
import { parameterShapes, spectrum, type NetworkSpec } from '../model/network.ts';
import type { Provide } from '../model/parametrization.ts';
import type { Split } from '../front/corpus.ts';
import { spectrumLoss } from '../optimize/losses.ts';
import { StructureSearch, type Candidate, type SearchResult } from './search.ts';
import { requireTrainable, type TrainedHead } from '../front/spectral-head.ts';
import { exactBase, treeNetwork } from './structure.ts';
import { spectrumError } from '../fit/spectrum-error.ts';
import { train, type TrainingState } from '../optimize/train.ts';
import { exactSpec, transformTask } from '../fit/transform-task.ts';

/** What a `LearnJob` learns: a feature head, within which error. */
export interface LearnOptions {
  readonly head: TrainedHead;
  /** Bound of the mean |log10 mel difference| on validation recordings, and of what is expected of recordings not seen. */
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

type LearnPhase = 'transform' | 'split' | 'structures' | 'refit' | 'gates' | 'done';

/** One line of progress. */
export interface LearnProgress {
  readonly phase: LearnPhase;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly error: number;
  readonly active: number;
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
  phase: LearnPhase;
  restarts: number;
  startError: number;
  spectrumError: number;
  snapDistance: number;
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

/** What a `LearnJob` learned. */
export interface LearnResult extends SearchResult {
  readonly spectrumCurve: readonly SpectrumPoint[];
  /** Relative L2 of the real spectrum before and after phase 1, against the float64 DFT. */
  readonly startError: number;
  readonly spectrumErrorAfterPhase1: number;
  readonly snapDistance: number;
  readonly restarts: number;
  /** The chain as learned, before canonicalisation; null with start = exact. */
  readonly learned: { readonly network: NetworkSpec; readonly values: ParameterValues } | null;
}

/** The stages of other radices than 2 are slower. */
const chainSteps = (n: number): number => (Number.isInteger(Math.log2(n)) ? 1500 : 2500);
const splitSteps = 1200;
const batch = 64;
const learningRate = 2e-2;
const splitRate = 0.1;
const maximumRestarts = 3;
/** Expected share of the time of each phase: between those of transforms of 64 and of 512 points. */
const weightsOfPhases: Record<Exclude<LearnPhase, 'done'>, number> = {
  transform: 0.16,
  split: 0.14,
  structures: 0.3,
  refit: 0.15,
  gates: 0.25,
};

/** The network of a head before anything is learned; `ortho` keeps its numbers near 1. */
const freeNetwork = (n: number): NetworkSpec => ({ ...treeNetwork(n, 'free'), norm: 'ortho' });

const chainOf = (network: NetworkSpec): NetworkSpec => ({
  ...network,
  n: network.n / 2,
  input: 'complex',
  split: 'exact',
});

/** A learned network as what phase 2 prunes, and its distance from the exact one. */
function learnedBase(
  network: NetworkSpec,
  values: ParameterValues,
  snaps: boolean,
): { base: TransformModel; distance: number } {
  const { spec, values: kept, distance } = snap(network, values, { keepBlocks: !snaps });
  return { base: { network: { ...spec, norm: 'backward' }, values: kept }, distance };
}

/** Throws InvalidArgumentError for an impossible head, budget or seed. */
export function validateLearnOptions(options: LearnOptions): void {
  checkOptions('learn', options, {
    head: required(record<TrainedHead>('a head')),
    budget: required({ ...finite({ above: 0 }), expected: 'a positive error in log10, for example 0.06' }),
    seed: required(whole(0, 2 ** 32 - 1)),
    start: required(oneOf(['random', 'exact'])),
    snap: required(flag),
    places: oneOf(errorPlaces),
  });
  if (options.start === 'exact' && !options.snap)
    throw new InvalidArgumentError('snap is false and start "exact", which learns no blocks; expected true');
  requireTrainable(options.head);
}

/** A resumable job. Iterate `run()`; ask for `checkpoint()` at any time between its values. */
export class LearnJob {
  readonly options: LearnOptions;
  private readonly split: Pick<Split, 'train' | 'validation'>;
  private progress: Progress = {
    phase: 'transform',
    restarts: 0,
    startError: 0,
    spectrumError: 0,
    snapDistance: 0,
    spectrumCurve: [],
    screened: [],
  };
  /** Values that outlive their phase: learned blocks, chosen filterbank. */
  private values: ParameterValues = {};
  private current: { state(): TrainingState } | null = null;
  private resumed: TrainingState | null = null;
  private finished: LearnResult | null = null;

  /** Throws InvalidArgumentError for an impossible head or budget. */
  constructor(options: LearnOptions, split: Pick<Split, 'train' | 'validation'>, from?: LearnCheckpoint) {
    validateLearnOptions(options);
    this.options = options;
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
    if (Object.keys(training).length > 0) this.resumed = { step: from.step, values: training };
    this.checkValues();
  }

  /** What is learned so far must be there, in its shape. Throws InvalidArgumentError naming what is not. */
  private checkValues(): void {
    const { phase } = this.progress;
    const network = freeNetwork(this.options.head.nFft);
    const learns = this.options.start === 'random' && phase !== 'transform';
    const shapes = phase === 'split' ? parameterShapes(chainOf(network)) : parameterShapes(network);
    const needed = learns ? Object.entries(shapes) : [];
    for (const [name, shape] of needed) {
      const [own, size] = [this.values[name]?.length ?? 0, shape.reduce((a, b) => a * b, 1)];
      if (own !== size)
        throw new InvalidArgumentError(
          `the checkpoint has ${own} values of "${name}" in phase ${phase}; expected ${size}`,
        );
    }
  }

  /** A snapshot from which a new job goes on to the same result. */
  checkpoint(): LearnCheckpoint {
    // A restored training that has not begun yet is kept as it was.
    const state = this.current?.state() ?? this.resumed;
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
    if (this.options.start === 'exact' && this.progress.phase === 'transform')
      this.progress.phase = 'structures';
    while (this.progress.phase === 'transform' || this.progress.phase === 'split') {
      if (this.progress.phase === 'transform') yield* this.learnChain();
      yield* this.learnSplit();
    }
    const search = new StructureSearch(this.options, this.split, this.progress.screened, this.base());
    const steps = search.run();
    let next = await steps.next();
    while (!next.done) {
      const { phase, step, steps: count, loss, error, active } = next.value;
      this.progress.phase = phase;
      yield this.report(phase, step, count, loss, error, active);
      next = await steps.next();
    }
    this.finish(next.value);
  }

  /** What phase 2 prunes: the learned network, or the exact one. */
  private base(): TransformModel {
    const { head, start, snap: snaps } = this.options;
    if (start === 'exact') return exactBase(head.nFft);
    return learnedBase(freeNetwork(head.nFft), this.values, snaps).base;
  }

  private finish(found: SearchResult): void {
    const {
      spectrumCurve,
      startError,
      spectrumError: spectrumErrorAfterPhase1,
      snapDistance,
      restarts,
    } = this.progress;
    const learned = this.values['stage0.block']
      ? { network: chainOf(freeNetwork(this.options.head.nFft)), values: this.values }
      : null;
    this.finished = {
      ...found,
      spectrumCurve,
      startError,
      spectrumErrorAfterPhase1,
      snapDistance,
      restarts,
      learned,
    };
    this.progress.phase = 'done';
  }

  private report(
    phase: Exclude<LearnPhase, 'done'>,
    step: number,
    steps: number,
    loss: number,
    error: number,
    active: number,
  ): LearnProgress {
    const order = Object.keys(weightsOfPhases) as (keyof typeof weightsOfPhases)[];
    const skipped = this.options.start === 'exact' ? weightsOfPhases.transform + weightsOfPhases.split : 0;
    const before =
      order.slice(0, order.indexOf(phase)).reduce((sum, p) => sum + weightsOfPhases[p], 0) - skipped;
    const total = this.fullCount;
    const fraction = (before + (weightsOfPhases[phase] * step) / steps) / (1 - skipped);
    return { phase, step, steps, loss, error, active, total, fraction };
  }

  private get fullCount(): number {
    return stageSizes(freeNetwork(this.options.head.nFft)).reduce((sum, { count }) => sum + count, 0);
  }

  /** Seed of the current attempt. */
  private get attemptSeed(): number {
    return (this.options.seed + 7919 * this.progress.restarts) >>> 0;
  }

  private async *learnChain(): AsyncGenerator<LearnProgress> {
    const network = freeNetwork(this.options.head.nFft);
    const chain = chainOf(network);
    const steps = chainSteps(network.n);
    const start = initialize(network, 'random', this.attemptSeed);
    if (!this.resumed && this.progress.restarts === 0)
      this.progress.startError = spectrumError(network, start, this.options.seed);
    const names = Object.keys(parameterShapes(chain));
    const { loss, parameters, feed } = transformTask(chain, batch, this.attemptSeed);
    const training = train({
      loss,
      parameters,
      feed,
      initial: Object.fromEntries(names.map((name) => [name, start[name]])),
      steps,
      learningRate,
    });
    this.takeOver(training);
    for await (const step of training) {
      const error = Math.sqrt(step.loss);
      if (step.step % 10 === 0 || step.step === 1)
        this.progress.spectrumCurve.push({ step: step.step, loss: step.loss, error });
      yield this.report('transform', step.step, steps, step.loss, error, this.fullCount);
    }
    this.current = null;
    for (const name of names) this.values[name] = training.value(name);
    this.progress.phase = 'split';
  }

  private takeOver(training: { state(): TrainingState; restore(s: TrainingState): void }): void {
    if (this.resumed) training.restore(this.resumed);
    this.resumed = null;
    this.current = training;
  }

  private async *learnSplit(): AsyncGenerator<LearnProgress> {
    const network = freeNetwork(this.options.head.nFft);
    const { n } = network;
    const task = transformTask(network, batch, this.attemptSeed);
    const splitOnly = task.parameters.filter(
      (p) => p.tensor.source.kind === 'parameter' && p.tensor.source.name === 'split.block',
    );
    const leaf = splitOnly[0].tensor;
    const provide: Provide = (name, shape) =>
      name === 'split.block' ? leaf : constant(shape, this.values[name]);
    const source = { re: rows(input('re', [n, batch]), batch) };
    const loss = spectrumLoss(
      spectrum(network, source, { lanes: batch, provide }),
      spectrum(exactSpec(network), source, { lanes: batch, provide }),
      n / 2 + 1,
      batch,
      1,
    );
    const start = initialize(network, 'random', this.attemptSeed);
    const training = train({
      loss,
      parameters: splitOnly,
      feed: task.feed,
      initial: { 'split.block': start['split.block'] },
      steps: splitSteps,
      learningRate: splitRate,
    });
    this.takeOver(training);
    for await (const step of training) {
      const error = Math.sqrt(step.loss);
      if (step.step % 10 === 0)
        this.progress.spectrumCurve.push({ step: chainSteps(n) + step.step, loss: step.loss, error });
      yield this.report('split', step.step, splitSteps, step.loss, error, this.fullCount);
    }
    this.current = null;
    this.values['split.block'] = training.value('split.block');
    this.progress.spectrumError = spectrumError(network, this.values, this.options.seed);
    const { base, distance } = learnedBase(network, this.values, this.options.snap);
    this.progress.snapDistance = distance;
    if (isExactNetwork(base.network) || !this.options.snap) {
      this.progress.phase = 'structures';
      return;
    }
    if (this.progress.restarts >= maximumRestarts)
      throw new InvalidArgumentError(
        `the transform was not learned in ${maximumRestarts + 1} attempts (distance ${distance.toExponential(1)}); try another seed`,
      );
    this.progress.restarts++;
    this.progress.phase = 'transform';
    this.values = {};
  }
}
