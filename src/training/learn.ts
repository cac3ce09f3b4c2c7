/**
 * The main job: from recordings to a pruned, compiled log-mel front end.
 *
 * Phase 1 learns the transform from a start that is not the answer: the n/2 complex chain learns the complex DFT, then
 * the split stage learns the real one; both are brought to canonical form and snapped. Phase 2 enumerates sub-blocks of
 * the frequency tree, refits positive mel weights on the log error, tries scattered gates on what is left, and takes the
 * cheapest compiled program whose validation error is within the budget. Test recordings are not touched here.
 *
 * Every step depends on options and checkpoint alone, so a job that was killed and resumed ends in the same bits.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import { viewOf } from '../backends/backend.ts';
import { wasmBackend } from '../backends/wasm/wasm.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { constant, input } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import { regroup, snap, snapSplit } from '../model/canonicalize.ts';
import { initialize, type ParameterValues } from '../model/initialize.ts';
import { binCount, parameterShapes, spectrum, type NetworkSpec } from '../model/network.ts';
import type { Provide } from '../model/parametrization.ts';
import { realDft } from '../numeric/dft.ts';
import { validateLogMel, type LogMelConfig } from '../numeric/log-mel.ts';
import { fillGaussian } from '../numeric/random.ts';
import { featureError, frameSet, type FeatureError, type FrameSet, type Split } from './corpus.ts';
import { gateSearch, thresholded } from './gates.ts';
import { spectrumLoss } from './losses.ts';
import { bankError, refittedWeights, refitTraining, startWeights, type RefitData } from './refit.ts';
import {
  bandsOf,
  compileSpectralModel,
  exactSpectralModel,
  foldGain,
  powerGraph,
  type SpectralModel,
} from './spectral-model.ts';
import {
  enumerateStructures,
  liveBins,
  structuredNetwork,
  structureName,
  wholeTree,
  type Structure,
} from './structure.ts';
import { train, type TrainingState } from './train.ts';
import { exactSpec, transformTask } from './transform-task.ts';
import { exactNetwork } from '../plans/plan.ts';

export interface LearnOptions {
  readonly head: LogMelConfig;
  /** Bound of the mean |log10 mel difference| on validation recordings. */
  readonly budget: number;
  readonly seed: number;
  readonly start: 'random' | 'exact';
}

export type LearnPhase = 'transform' | 'split' | 'structures' | 'gates' | 'done';

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

export interface SpectrumPoint {
  readonly step: number;
  readonly loss: number;
  readonly error: number;
}
export interface GatePoint {
  readonly step: number;
  readonly loss: number;
  readonly validationError: number;
  readonly active: number;
}
/** A structure that was tried. */
export interface Candidate {
  readonly name: string;
  /** Real multiplications and additions per frame of the compiled front end. */
  readonly operations: number;
  readonly validationError: number;
  readonly structure: Structure;
  readonly gates: 'none' | 'skip' | 'drop';
}

/** What a job knows after each phase; plain data. */
interface Progress {
  phase: LearnPhase;
  restarts: number;
  startError: number;
  spectrumError: number;
  snapDistance: number;
  spectrumCurve: SpectrumPoint[];
  gateCurve: GatePoint[];
  front: Candidate[];
  chosen: Candidate | null;
}

/** Everything needed to resume. `arrays` are float64 unless they hold the state of a float32 training. */
export interface LearnCheckpoint {
  readonly options: LearnOptions;
  readonly progress: Progress;
  readonly step: number;
  readonly arrays: Readonly<Record<string, FloatArray>>;
}

export interface LearnResult {
  readonly model: SpectralModel;
  /** The radix-2 form of the model's network and its gates, for maps of stages and butterflies. */
  readonly radix2: { readonly network: NetworkSpec; readonly values: ParameterValues };
  readonly exact: SpectralModel;
  readonly smaller: {
    readonly model: SpectralModel;
    readonly validationError: number;
    readonly reachesError: boolean;
  };
  readonly validationError: number;
  readonly chosen: Candidate;
  readonly front: readonly Candidate[];
  readonly spectrumCurve: readonly SpectrumPoint[];
  readonly gateCurve: readonly GatePoint[];
  /** Relative L2 of the real spectrum before and after phase 1, against the float64 DFT. */
  readonly startError: number;
  readonly spectrumErrorAfterPhase1: number;
  readonly snapDistance: number;
  readonly restarts: number;
  /** Learned canonical blocks of the chain, radix 2, before snapping; empty with start = exact. */
  readonly learned: { readonly network: NetworkSpec; readonly values: ParameterValues } | null;
}

const chainSteps = 1500;
const splitSteps = 1200;
const batch = 64;
const learningRate = 2e-2;
const splitRate = 0.1;
/** Learned entries this close to exact ones are taken for exact: the bound of docs/conventions.md. */
const snapTolerance = 1e-12;
const maximumRestarts = 3;
const screening = { frames: 1024, steps: 150 } as const;
const refit = { frames: 4096, steps: 500 } as const;
const gateSteps = 240;
const gateTrials = [
  { kind: 'skip', sparsity: 2 },
  { kind: 'drop', sparsity: 1 },
] as const;
const treeDepth = 3;
/** Bins by which a band may reach beyond the exact one. */
const bandMargin = 3;
/** Expected share of the time of each phase. */
const weightsOfPhases: Record<Exclude<LearnPhase, 'done'>, number> = {
  transform: 0.35,
  split: 0.1,
  structures: 0.4,
  gates: 0.15,
};

/** The real network of a head in decimation in frequency, radix 2, before anything is learned. */
function freeNetwork(n: number): NetworkSpec {
  const stages = Array.from({ length: Math.log2(n / 2) }, () => ({
    radix: 2,
    parametrization: 'free' as const,
  }));
  return {
    ...exactNetwork({ n, input: 'real', norm: 'ortho' }),
    decimation: 'frequency',
    stages,
    split: 'free',
  };
}

const chainOf = (network: NetworkSpec): NetworkSpec => ({
  ...network,
  n: network.n / 2,
  input: 'complex',
  split: 'exact',
});

const constantValues =
  (values: ParameterValues): Provide =>
  (name, shape) =>
    constant(shape, values[name]);

/** Relative L2 error of a real network against the float64 DFT on hold-out Gaussian signals. */
export function spectrumError(network: NetworkSpec, values: ParameterValues, seed: number): number {
  const lanes = 16;
  const { n } = network;
  const source = { re: rows(input('re', [n, lanes]), lanes) };
  const x = spectrum(network, source, { lanes, provide: constantValues(values) });
  const e = wasmBackend.instantiate(
    compileGraph({ outputs: { outRe: x.re, outIm: x.im } }, { dtype: 'f64', specialize: false }),
  );
  const signal = viewOf(e, 're');
  fillGaussian(signal, seed, 2 ** 31);
  e.run();
  const [re, im] = [viewOf(e, 'outRe'), viewOf(e, 'outIm')];
  const scale = network.norm === 'ortho' ? 1 / Math.sqrt(n) : 1;
  let difference = 0;
  let total = 0;
  for (let lane = 0; lane < lanes; lane++) {
    const expected = realDft(Array.from({ length: n }, (_, j) => signal[j * lanes + lane]));
    for (let k = 0; k <= n / 2; k++) {
      const [a, b] = [scale * expected.re[k], scale * expected.im[k]];
      difference += (re[k * lanes + lane] - a) ** 2 + (im[k * lanes + lane] - b) ** 2;
      total += a * a + b * b;
    }
  }
  return Math.sqrt(difference / total);
}

/** State of each radix-2 butterfly of a model: what its frozen network computes. */
export type ButterflyState = 'active' | 'skip' | 'drop' | 'dead';

/** The map of a radix-2 network, stage x butterfly, in order of execution. dead: everything it feeds is dropped. */
export function gateMap(network: NetworkSpec, values: ParameterValues): ButterflyState[][] {
  const count = network.stages.length;
  const size = 2 ** count;
  const order =
    network.decimation === 'time'
      ? network.stages.map((_, s) => s)
      : network.stages.map((_, s) => count - 1 - s);
  let alive = new Uint8Array(size).fill(1);
  return order.map((s) => {
    const stride = 2 ** s;
    const { gate } = network.stages[s];
    const gates = values[`stage${s}.gate`];
    const next = alive.slice();
    const states = Array.from({ length: size / 2 }, (_, b): ButterflyState => {
      const [g, k] = [Math.floor(b / stride), b % stride];
      const positions = [2 * g * stride + k, 2 * g * stride + k + stride];
      if (positions.every((p) => !alive[p])) return 'dead';
      if (!gate) {
        for (const p of positions) next[p] = 1;
        return 'active';
      }
      const index = gate.grain === 'block' ? g : b;
      if (gate.kind === 'skip') return gates[index] >= gate.threshold ? 'active' : 'skip';
      const kept = [0, 1].map((j) => gates[2 * index + j] >= gate.threshold);
      positions.forEach((p, j) => (next[p] = kept[j] ? 1 : 0));
      return kept[0] && kept[1] ? 'active' : kept[0] || kept[1] ? 'drop' : 'dead';
    });
    alive = next;
    return states;
  });
}

export function activeButterflies(map: readonly (readonly ButterflyState[])[]): {
  active: number;
  total: number;
} {
  const all = map.flat();
  return { active: all.filter((s) => s === 'active' || s === 'drop').length, total: all.length };
}

/** Power [bins, lanes] of the frames of a set through a network. */
function powerOf(model: SpectralModel, data: FrameSet): FloatArray {
  const e = wasmBackend.instantiate(
    compileGraph(powerGraph(model, data.lanes), { dtype: 'f32', specialize: false }),
  );
  viewOf(e, 'frames').set(data.frames);
  e.run();
  return viewOf(e, 'power').slice(0, binCount(model.network) * data.lanes) as FloatArray;
}

const masked = (power: FloatArray, live: readonly boolean[], lanes: number): FloatArray => {
  const out = power.slice() as FloatArray;
  live.forEach((alive, bin) => {
    if (!alive) out.fill(0, bin * lanes, (bin + 1) * lanes);
  });
  return out;
};

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
    gateCurve: [],
    front: [],
    chosen: null,
  };
  /** Values that outlive their phase: learned blocks, chosen filterbank. */
  private values: ParameterValues = {};
  private current: { state(): TrainingState } | null = null;
  private resumed: TrainingState | null = null;
  private finished: LearnResult | null = null;

  /** Throws InvalidArgumentError for an impossible head or budget. */
  constructor(options: LearnOptions, split: Pick<Split, 'train' | 'validation'>, from?: LearnCheckpoint) {
    validateLogMel(options.head);
    if (!(options.budget > 0 && Number.isFinite(options.budget)))
      throw new InvalidArgumentError(
        `budget is ${options.budget}; expected a positive error in log10, for example 0.06`,
      );
    if (!Number.isInteger(options.seed) || options.seed < 0 || options.seed >= 2 ** 32)
      throw new InvalidArgumentError(`seed is ${options.seed}; expected an integer from 0 to 4294967295`);
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
  }

  /** A snapshot from which a new job goes on to the same result. */
  checkpoint(): LearnCheckpoint {
    const state = this.current?.state();
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

  async *run(): AsyncGenerator<LearnProgress> {
    if (this.options.start === 'exact' && this.progress.phase === 'transform')
      this.progress.phase = 'structures';
    while (this.progress.phase === 'transform' || this.progress.phase === 'split') {
      if (this.progress.phase === 'transform') yield* this.learnChain();
      yield* this.learnSplit();
    }
    yield* this.search();
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
    const total = (Math.log2(this.options.head.nFft / 2) * this.options.head.nFft) / 4;
    const fraction = (before + (weightsOfPhases[phase] * step) / steps) / (1 - skipped);
    return { phase, step, steps, loss, error, active, total, fraction };
  }

  private get fullCount(): number {
    return (Math.log2(this.options.head.nFft / 2) * this.options.head.nFft) / 4;
  }

  /** Seed of the current attempt. */
  private get attemptSeed(): number {
    return (this.options.seed + 7919 * this.progress.restarts) >>> 0;
  }

  private async *learnChain(): AsyncGenerator<LearnProgress> {
    const network = freeNetwork(this.options.head.nFft);
    const chain = chainOf(network);
    const start = initialize(network, 'random', this.attemptSeed);
    if (!this.resumed && this.progress.restarts === 0)
      this.progress.startError = spectrumError(network, start, this.options.seed);
    const names = Object.keys(parameterShapes(chain));
    const training = train({
      ...transformTask(chain, batch, this.attemptSeed),
      initial: Object.fromEntries(names.map((name) => [name, start[name]])),
      steps: chainSteps,
      learningRate,
    });
    this.takeOver(training);
    for await (const step of training) {
      const error = Math.sqrt(step.loss);
      if (step.step % 10 === 0 || step.step === 1)
        this.progress.spectrumCurve.push({ step: step.step, loss: step.loss, error });
      yield this.report('transform', step.step, chainSteps, step.loss, error, this.fullCount);
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
        this.progress.spectrumCurve.push({ step: chainSteps + step.step, loss: step.loss, error });
      yield this.report('split', step.step, splitSteps, step.loss, error, this.fullCount);
    }
    this.current = null;
    this.values['split.block'] = training.value('split.block');
    this.progress.spectrumError = spectrumError(network, this.values, this.options.seed);
    const snapped = this.snapped(network);
    this.progress.snapDistance = snapped.distance;
    if (snapped.exact) {
      this.progress.phase = 'structures';
      return;
    }
    if (this.progress.restarts >= maximumRestarts)
      throw new InvalidArgumentError(
        `the transform was not learned in ${maximumRestarts + 1} attempts (distance ${snapped.distance.toExponential(1)}); try another seed`,
      );
    this.progress.restarts++;
    this.progress.phase = 'transform';
    this.values = {};
  }

  /** Is the learned network the exact one, block by block? */
  private snapped(network: NetworkSpec): { exact: boolean; distance: number } {
    const chain = snap(chainOf(network), this.values, snapTolerance);
    const split = snapSplit(
      network,
      this.values,
      initialize(network, 'exact', 0)['split.block'],
      snapTolerance,
    );
    const distance = Math.max(chain.distance, split.distance);
    return {
      exact: chain.spec.stages.every((s) => s.parametrization === 'exact') && split.spec.split === 'exact',
      distance,
    };
  }

  // --- phase 2 -------------------------------------------------------------------------------------------------------

  /** A structure as a model of merged exact stages, and in radix 2. */
  private modelOf(
    structure: Structure,
    weights: Float64Array,
  ): { model: SpectralModel; radix2: LearnResult['radix2'] } {
    const { head } = this.options;
    const radix2 = structuredNetwork(head.nFft, structure);
    const { spec, values } = regroup(radix2.network, radix2.values);
    const { bands } = bandsOf(head, head.nFft, bandMargin);
    return { model: { head, network: spec, bands, values: { ...values, 'mel.weights': weights } }, radix2 };
  }

  private operations(model: SpectralModel): number {
    const { mul, add } = compileSpectralModel(model, wasmBackend).perFrame;
    return mul + add;
  }

  /** Error of the compiled float32 front end on validation recordings. */
  private validate(model: SpectralModel): FeatureError {
    const { validation } = this.split;
    const exact = compileSpectralModel(exactSpectralModel(this.options.head), wasmBackend, 'f64');
    const front = compileSpectralModel(model, wasmBackend);
    return featureError(
      validation,
      validation.map((r) => front.logMel(r.samples)),
      validation.map((r) => exact.logMel(r.samples)),
      this.options.head,
    );
  }

  private async refitted(
    data: RefitData,
    live: readonly boolean[],
    steps: number,
    start?: Float64Array,
  ): Promise<Float64Array> {
    const { head } = this.options;
    const { bands, weights } = bandsOf(head, head.nFft, bandMargin);
    const from = start ?? startWeights(bands, weights, live);
    const training = refitTraining(head, bands, head.nFft / 2 + 1, data, from, steps);
    for await (const _ of training);
    return refittedWeights(training, bands.width);
  }

  private async *search(): AsyncGenerator<LearnProgress> {
    const { head, budget, seed } = this.options;
    const exact = exactSpectralModel(head);
    const floor = this.validate(exact).mean;
    if (floor > budget)
      throw new InvalidArgumentError(
        `budget ${budget} is below the error of the exact transform in float32, ${floor.toPrecision(2)}`,
      );
    const trainSet = frameSet(this.split.train, head, refit.frames, seed);
    const trainPower = powerOf(exact, trainSet);
    const screenSet = frameSet(this.split.train, head, screening.frames, seed + 1);
    const screenPower = powerOf(exact, screenSet);
    const checkSet = frameSet(this.split.validation, head, refit.frames, seed + 2);
    const checkPower = powerOf(exact, checkSet);
    yield* this.screen(screenSet, screenPower, checkSet, checkPower);

    const { weights: exactWeights } = bandsOf(head, head.nFft, bandMargin);
    const whole = this.modelOf(wholeTree, exactWeights);
    let best = { ...whole, validationError: floor, candidate: this.progress.front[0] };
    const promising = this.progress.front
      .filter(
        (c) =>
          c.gates === 'none' &&
          c.structure.dropped.length > 0 &&
          c.validationError <= 1.3 * budget &&
          c.operations < this.progress.front[0].operations,
      )
      .sort((a, b) => a.operations - b.operations);
    for (const candidate of promising) {
      const live = liveBins(head.nFft, candidate.structure);
      const data = {
        lanes: trainSet.lanes,
        power: masked(trainPower, live, trainSet.lanes),
        targets: trainSet.targets,
      };
      const weights = await this.refitted(data, live, refit.steps);
      const built = this.modelOf(candidate.structure, weights);
      const validationError = this.validate(built.model).mean;
      yield this.report(
        'structures',
        1,
        1,
        validationError,
        validationError,
        activeButterflies(gateMap(built.radix2.network, built.radix2.values)).active,
      );
      if (validationError > budget) continue;
      const refittedCandidate = { ...candidate, validationError, operations: this.operations(built.model) };
      this.progress.front = this.progress.front.map((c) => (c === candidate ? refittedCandidate : c));
      best = { ...built, validationError, candidate: refittedCandidate };
      break;
    }
    this.progress.phase = 'gates';
    best = yield* this.scatter(best, trainSet);
    this.progress.chosen = best.candidate;
    const smaller = await this.smallerTransform(trainSet, best.validationError);
    this.finished = {
      model: best.model,
      radix2: best.radix2,
      exact,
      smaller,
      validationError: best.validationError,
      chosen: best.candidate,
      front: this.progress.front,
      spectrumCurve: this.progress.spectrumCurve,
      gateCurve: this.progress.gateCurve,
      startError: this.progress.startError,
      spectrumErrorAfterPhase1: this.progress.spectrumError,
      snapDistance: this.progress.snapDistance,
      restarts: this.progress.restarts,
      learned: this.values['stage0.block']
        ? { network: chainOf(freeNetwork(head.nFft)), values: this.values }
        : null,
    };
    this.progress.phase = 'done';
  }

  /** Cost and quickly refitted validation error of every structure. */
  private async *screen(
    screenSet: FrameSet,
    screenPower: FloatArray,
    checkSet: FrameSet,
    checkPower: FloatArray,
  ): AsyncGenerator<LearnProgress> {
    const { head } = this.options;
    const structures = enumerateStructures(Math.min(treeDepth, Math.log2(head.nFft) - 2));
    const { bands, weights: exactWeights } = bandsOf(head, head.nFft, bandMargin);
    for (const structure of structures.slice(this.progress.front.length)) {
      const live = liveBins(head.nFft, structure);
      const check = {
        lanes: checkSet.lanes,
        power: masked(checkPower, live, checkSet.lanes),
        targets: checkSet.targets,
      };
      const data = {
        lanes: screenSet.lanes,
        power: masked(screenPower, live, screenSet.lanes),
        targets: screenSet.targets,
      };
      const weights =
        structure.dropped.length === 0 ? exactWeights : await this.refitted(data, live, screening.steps);
      const { model, radix2 } = this.modelOf(structure, weights);
      const validationError = bankError(head, bands, weights, check);
      const operations = this.operations(model);
      this.progress.front.push({
        name: structureName(structure),
        operations,
        validationError,
        structure,
        gates: 'none',
      });
      const { active } = activeButterflies(gateMap(radix2.network, radix2.values));
      yield this.report(
        'structures',
        this.progress.front.length,
        structures.length + 2,
        validationError,
        validationError,
        active,
      );
    }
  }

  /** Scattered gates on the best structure; kept only when the compiled program gets cheaper within the budget. */
  private async *scatter<
    B extends {
      model: SpectralModel;
      radix2: LearnResult['radix2'];
      validationError: number;
      candidate: Candidate;
    },
  >(best: B, trainSet: FrameSet): AsyncGenerator<LearnProgress, B> {
    const { budget, seed } = this.options;
    let winner = best;
    let trial = 0;
    for (const { kind, sparsity } of gateTrials) {
      const base: SpectralModel = {
        ...best.model,
        network: best.radix2.network,
        values: { ...best.radix2.values, 'mel.weights': best.model.values['mel.weights'] },
      };
      const search = gateSearch(base, trainSet, { kind, sparsity, steps: gateSteps, seed });
      for await (const step of search.training) {
        if (step.step % 20 === 0) {
          const { open, total } = thresholded(base, search);
          const validationError =
            step.step % 80 === 0 ? this.validate(thresholded(base, search).model).mean : NaN;
          this.progress.gateCurve.push({
            step: trial * gateSteps + step.step,
            loss: step.loss,
            validationError,
            active: open,
          });
          yield this.report(
            'gates',
            trial * gateSteps + step.step,
            gateTrials.length * gateSteps,
            step.loss,
            step.terms.feature,
            total === 0 ? 0 : open,
          );
        }
      }
      const gated = thresholded(base, search).model;
      const power = powerOf(gated, trainSet);
      const { gain: trainedGain, ...rest } = gated.values;
      const start = foldGain(rest['mel.weights'], trainedGain, gated.bands);
      const weights = await this.refitted(
        { lanes: trainSet.lanes, power, targets: trainSet.targets },
        [],
        refit.steps,
        start,
      );
      const model = { ...gated, values: { ...rest, 'mel.weights': weights } };
      const validationError = this.validate(model).mean;
      const candidate: Candidate = {
        name: `${best.candidate.name}, scattered ${kind} gates`,
        operations: this.operations(model),
        validationError,
        structure: best.candidate.structure,
        gates: kind,
      };
      this.progress.front.push(candidate);
      if (validationError <= budget && candidate.operations < winner.candidate.operations)
        winner = {
          ...winner,
          model,
          radix2: { network: gated.network, values: model.values },
          validationError,
          candidate,
        };
      trial++;
    }
    return winner;
  }

  /** The cheap baseline: an exact transform of fewer points in the middle of the frame, with refitted mel weights. */
  private async smallerTransform(trainSet: FrameSet, target: number): Promise<LearnResult['smaller']> {
    const { head } = this.options;
    const tried: LearnResult['smaller'][] = [];
    for (let n = head.nFft / 2; n >= Math.max(16, head.nFft / 8) && n / 2 >= head.mels / 2; n /= 2) {
      const { bands, weights } = bandsOf(head, n, Math.min(bandMargin, n / 8));
      const base: SpectralModel = {
        head,
        network: exactNetwork({ n, input: 'real' }),
        bands,
        values: { 'mel.weights': weights },
      };
      const live = new Array<boolean>(n / 2 + 1).fill(true);
      // A shorter window sees less energy: bring the start to the level of the targets.
      const scale = (head.nFft / n) ** 2;
      const start = startWeights(bands, weights, live).map((w) => w * scale);
      const data = { lanes: trainSet.lanes, power: powerOf(base, trainSet), targets: trainSet.targets };
      const training = refitTraining(
        head,
        bands,
        n / 2 + 1,
        data,
        filledBands(start, bands.width),
        refit.steps,
      );
      for await (const _ of training);
      const model = { ...base, values: { 'mel.weights': refittedWeights(training, bands.width) } };
      const validationError = this.validate(model).mean;
      tried.push({ model, validationError, reachesError: validationError <= target });
    }
    const reaching = tried.filter((t) => t.reachesError);
    return reaching[reaching.length - 1] ?? tried.sort((a, b) => a.validationError - b.validationError)[0];
  }
}

/** Bands narrower than a bin of a small transform start from a flat row. */
function filledBands(weights: Float64Array, width: number): Float64Array {
  const peak = weights.reduce((a, b) => Math.max(a, b), 0);
  return weights.map((w, i) => {
    const row = weights.subarray(i - (i % width), i - (i % width) + width);
    return row.every((x) => x === 0) ? peak / 10 : w;
  });
}
