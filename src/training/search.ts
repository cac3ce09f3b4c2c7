/**
 * Phase 2 of a learn job: which structure of the exact network is the cheapest within the error budget. Sub-blocks of the
 * frequency tree by enumeration, scattered gates by training, positive mel weights refitted for each; decided on
 * validation recordings. Nothing here depends on how long a job ran or was interrupted.
 */
import { InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import { wasmBackend } from '../backends/wasm/wasm.ts';
import { binCount } from '../model/network.ts';
import { featureError, frameSet, type FeatureError, type FrameSet, type Split } from './corpus.ts';
import { activeButterflies, gateMap } from './gate-map.ts';
import { gateSearch, thresholded } from './gates.ts';
import { bankError, refittedBank } from './refit.ts';
import type { ErrorPlaces } from './error-places.ts';
import { compileSpectralModel } from './front-end.ts';
import { bandsOf, type TrainedHead } from './spectral-head.ts';
import { exactSpectralModel, foldGain, type SpectralModel } from './spectral-model.ts';
import { smallerTransforms } from './smaller-transforms.ts';
import {
  enumerateAll,
  fittedBank,
  isTree,
  Measurements,
  nameOfStructure,
  powerOf,
  structureModel,
  type AnyStructure,
  type Radix2,
} from './structure-models.ts';
import { wholeTree } from './structure.ts';

/** A structure that was tried. */
export interface Candidate {
  readonly name: string;
  /** Real multiplications and additions per frame of the compiled front end. */
  readonly operations: number;
  /** Operations, loads and stores per frame, each about one instruction: what the search minimises. */
  readonly cost: number;
  readonly validationError: number;
  readonly structure: AnyStructure;
  readonly gates: 'none' | 'skip' | 'drop';
}

export interface GatePoint {
  readonly step: number;
  readonly loss: number;
  /** NaN where it was not measured. */
  readonly validationError: number;
  /** Share of the trained gates that are open. */
  readonly open: number;
}

export interface Smaller {
  readonly model: SpectralModel;
  readonly validationError: number;
  readonly reachesError: boolean;
}

export interface SearchResult {
  readonly model: SpectralModel;
  readonly radix2: Radix2;
  readonly exact: SpectralModel;
  readonly smaller: Smaller;
  readonly validationError: number;
  readonly chosen: Candidate;
  readonly front: readonly Candidate[];
  readonly gateCurve: readonly GatePoint[];
}

export interface SearchOptions {
  readonly head: TrainedHead;
  /** Where errors count; default everywhere. */
  readonly places?: ErrorPlaces;
  readonly budget: number;
  readonly seed: number;
}

/** Progress of the search: phase and counts. */
export interface SearchProgress {
  readonly phase: 'structures' | 'refit' | 'gates';
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly error: number;
  readonly active: number;
}

const screening = { frames: 1024, steps: 150 } as const;
const refit = { frames: 4096, steps: 500 } as const;
const gateSteps = 240;
const gateTrials = [
  { kind: 'skip', sparsity: 4 },
  { kind: 'skip', sparsity: 10 },
  { kind: 'drop', sparsity: 0.5 },
  { kind: 'drop', sparsity: 1.5 },
] as const;
/** A screened error this much above the budget may still come within it by the longer refit. */
const hope = 1.3;

/** How much better a screened error must be for its structure to leave another out before the longer refit. */
const frontSlack = 1.03;

/** Is `a` cheaper than `b`, and its error smaller, by a factor? */
const beats = (a: Candidate, b: Candidate, by: number): boolean =>
  a !== b && a.cost <= b.cost && by * a.validationError < b.validationError;

/** A front end of the front. */
export interface FrontPoint {
  readonly model: SpectralModel;
  readonly candidate: Candidate;
}

interface Best {
  readonly model: SpectralModel;
  readonly radix2: Radix2;
  readonly validationError: number;
  readonly candidate: Candidate;
}

/** One search. `screened` is filled structure by structure; giving a part of it back goes on from there. */
export class StructureSearch {
  private readonly options: SearchOptions;
  private readonly split: Pick<Split, 'train' | 'validation'>;
  private readonly screened: Candidate[];
  private readonly gateCurve: GatePoint[] = [];
  /** Exact features of the validation recordings, computed once. */
  private readonly validationTargets: readonly FloatArray[];

  constructor(options: SearchOptions, split: Pick<Split, 'train' | 'validation'>, screened: Candidate[]) {
    this.options = options;
    this.split = split;
    this.screened = screened;
    const exact = compileSpectralModel(exactSpectralModel(options.head), wasmBackend, 'f64');
    this.validationTargets = split.validation.map((r) => exact.features(r.samples));
  }

  private frames(part: 'train' | 'validation', limit: number, seed: number): FrameSet {
    return frameSet(this.split[part], this.options.head, limit, seed, this.options.places);
  }

  /** Counted from the compiled front end. */
  private costs(model: SpectralModel): Pick<Candidate, 'operations' | 'cost'> {
    const { mul, add, loads, stores } = compileSpectralModel(model, wasmBackend).perFrame;
    return { operations: mul + add, cost: mul + add + loads + stores };
  }

  /** Error of the compiled float32 front end on validation recordings. */
  private validate(model: SpectralModel): FeatureError {
    const { validation } = this.split;
    const front = compileSpectralModel(model, wasmBackend);
    return featureError(
      validation,
      validation.map((r) => front.features(r.samples)),
      this.validationTargets,
      this.options.head,
      this.options.places,
    );
  }

  /** Returns the result at the end of the iteration. */
  async *run(): AsyncGenerator<SearchProgress, SearchResult> {
    const { head, budget, seed } = this.options;
    const exact = exactSpectralModel(head);
    const floor = this.validate(exact).mean;
    if (floor > budget)
      throw new InvalidArgumentError(
        `budget ${budget} is below the error of the exact transform in float32, ${floor.toPrecision(2)}`,
      );
    const trainSet = this.frames('train', refit.frames, seed);
    yield* this.screen(exact);
    let best = yield* this.cheapest(exact, floor, trainSet);
    const front = this.screened.map((c) => (c.structure === best.candidate.structure ? best.candidate : c));
    // Gates belong to the butterflies of one network, and are trained frame by frame.
    if (isTree(best.candidate.structure) && head.average === 'none') {
      for (const tried of yield* this.gated(best, trainSet)) {
        front.push(tried.candidate);
        if (tried.validationError <= budget && tried.candidate.cost < best.candidate.cost) best = tried;
      }
    }
    const smaller = await this.smallerTransform(trainSet, best.validationError);
    const { model, radix2, validationError, candidate: chosen } = best;
    return { model, radix2, exact, smaller, validationError, chosen, front, gateCurve: this.gateCurve };
  }

  /**
   * Every structure that is worth its cost: fitted in full, none of them beaten in both cost and validation error; the exact
   * front end first, then by falling cost. `gates`: scattered gates on every tree of it are tried too, the whole one included.
   */
  async *front({ gates = false } = {}): AsyncGenerator<SearchProgress, FrontPoint[]> {
    const { head, seed } = this.options;
    const exact = exactSpectralModel(head);
    yield* this.screen(exact);
    const trainSet = this.frames('train', refit.frames, seed);
    const measured = new Measurements(head, trainSet);
    const [all] = this.screened;
    const promising = this.screened.filter(
      (c) => c !== all && c.cost < all.cost && !this.screened.some((o) => beats(o, c, frontSlack)),
    );
    const whole = this.wholeTree(exact, this.validate(exact).mean, all);
    const points: FrontPoint[] = [whole];
    const trees = [whole];
    for (const [i, screened] of promising.entries()) {
      const refined = await this.refine(screened, measured);
      points.push(refined);
      if (isTree(screened.structure)) trees.push(refined);
      const { validationError } = refined;
      yield {
        phase: 'refit',
        step: i + 1,
        steps: promising.length,
        loss: validationError,
        error: validationError,
        active: 0,
      };
    }
    if (gates && head.average === 'none')
      for (const tree of trees) points.push(...(yield* this.gated(tree, trainSet)));
    const left = points.filter(
      (p) =>
        p !== whole && p.candidate.cost < all.cost && !points.some((o) => beats(o.candidate, p.candidate, 1)),
    );
    return [whole, ...left.sort((a, b) => b.candidate.cost - a.candidate.cost)];
  }

  /** Exact transforms of fewer points in the middle of the frame, each with a refitted filterbank. */
  async smallerFrontEnds(): Promise<FrontPoint[]> {
    const { seed } = this.options;
    const tried = await this.smallerTransforms(this.frames('train', refit.frames, seed));
    return tried.map(({ model, validationError }) => ({
      model,
      candidate: {
        name: `n_fft ${model.network.n}, refitted`,
        ...this.costs(model),
        validationError,
        structure: wholeTree,
        gates: 'none',
      },
    }));
  }

  /** The structure of lowest cost whose fully refitted error is within the budget; the whole tree if none is. */
  private async *cheapest(
    exact: SpectralModel,
    floor: number,
    trainSet: FrameSet,
  ): AsyncGenerator<SearchProgress, Best> {
    const { head, budget } = this.options;
    const [all] = this.screened;
    const promising = this.screened
      .filter((c) => c !== all && c.validationError <= hope * budget && c.cost < all.cost)
      .sort((a, b) => a.cost - b.cost);
    const measured = new Measurements(head, trainSet);
    for (const screened of promising) {
      const refined = await this.refine(screened, measured);
      const { validationError } = refined;
      const { active } = activeButterflies(gateMap(refined.radix2.network, refined.radix2.values));
      yield { phase: 'refit', step: 1, steps: 1, loss: validationError, error: validationError, active };
      if (validationError <= budget) return refined;
    }
    // Nothing pays: the learned network is the exact one.
    return this.wholeTree(exact, floor, all);
  }

  /** The exact front end, in the form that compiles best. */
  private wholeTree(exact: SpectralModel, validationError: number, all: Candidate): Best {
    const { head } = this.options;
    const { radix2 } = structureModel(head, wholeTree, bandsOf(head, head.nFft));
    return { model: exact, radix2, validationError, candidate: { ...all, validationError } };
  }

  /** A screened structure with its filterbank fitted in full, and its error on validation recordings. */
  private async refine(screened: Candidate, measured: Measurements): Promise<Best> {
    const { head } = this.options;
    const bank = await fittedBank(head, screened.structure, measured.of(screened.structure), refit.steps);
    const built = structureModel(head, screened.structure, bank);
    const validationError = this.validate(built.model).mean;
    return {
      ...built,
      validationError,
      candidate: { ...screened, validationError, ...this.costs(built.model) },
    };
  }

  /** Cost and quickly refitted validation error of every structure. */
  private async *screen(exact: SpectralModel): AsyncGenerator<SearchProgress> {
    const { head, seed } = this.options;
    const screened = new Measurements(head, this.frames('train', screening.frames, seed + 1));
    const check = new Measurements(head, this.frames('validation', refit.frames, seed + 2));
    const structures = enumerateAll(head, screened.spectra());
    for (const structure of structures.slice(this.screened.length)) {
      const isExact = isTree(structure) && structure.dropped.length === 0;
      const bank = isExact
        ? bandsOf(head, head.nFft)
        : await fittedBank(head, structure, screened.of(structure), screening.steps);
      const { model, radix2 } = structureModel(head, structure, bank);
      const validationError = bankError(head, bank.bands, bank.weights, check.of(structure));
      // The whole tree stands for the exact kernel, in the form that compiles best.
      const costs = this.costs(isExact ? exact : model);
      this.screened.push({
        name: nameOfStructure(structure, head),
        ...costs,
        validationError,
        structure,
        gates: 'none',
      });
      const { active } = activeButterflies(gateMap(radix2.network, radix2.values));
      yield {
        phase: 'structures',
        step: this.screened.length,
        steps: structures.length + 2,
        loss: validationError,
        error: validationError,
        active,
      };
    }
  }

  /** Scattered gates on a tree, trained with its gains and filterbank, then refitted: one front end per trial. */
  private async *gated(best: Best, trainSet: FrameSet): AsyncGenerator<SearchProgress, Best[]> {
    const { head, seed } = this.options;
    const tried: Best[] = [];
    for (const [trial, { kind, sparsity }] of gateTrials.entries()) {
      const base: SpectralModel = {
        ...best.model,
        network: best.radix2.network,
        values: { ...best.radix2.values, 'bank.weights': best.model.values['bank.weights'] },
      };
      const search = gateSearch(base, trainSet, { kind, sparsity, steps: gateSteps, seed });
      for await (const step of search.training) {
        if (step.step % 20 !== 0) continue;
        const { model: now, open, total } = thresholded(base, search);
        const { active } = activeButterflies(gateMap(now.network, now.values));
        const validationError = step.step % 80 === 0 ? this.validate(now).mean : NaN;
        const at = trial * gateSteps + step.step;
        this.gateCurve.push({ step: at, loss: step.loss, validationError, open: open / total });
        yield {
          phase: 'gates',
          step: at,
          steps: gateTrials.length * gateSteps,
          loss: step.loss,
          error: step.terms.feature,
          active,
        };
      }
      const gated = thresholded(base, search).model;
      const power = powerOf(gated, trainSet);
      const { gain: trainedGain, ...rest } = gated.values;
      const start = foldGain(rest['bank.weights'], trainedGain, gated.bands);
      const data = { ...trainSet, power };
      const bins = binCount(gated.network);
      const weights = await refittedBank(head, gated.bands, bins, data, start, refit.steps);
      const model = { ...gated, values: { ...rest, 'bank.weights': weights } };
      const validationError = this.validate(model).mean;
      tried.push({
        model,
        radix2: { network: gated.network, values: model.values },
        validationError,
        candidate: {
          name: `${best.candidate.name}, scattered ${kind} gates, sparsity ${sparsity}`,
          ...this.costs(model),
          validationError,
          structure: best.candidate.structure,
          gates: kind,
        },
      });
    }
    return tried;
  }

  /** The cheap baseline: an exact transform of fewer points in the middle of the frame, with refitted mel weights. */
  private async smallerTransform(trainSet: FrameSet, target: number): Promise<Smaller> {
    const tried = (await this.smallerTransforms(trainSet)).map((t) => ({
      ...t,
      reachesError: t.validationError <= target,
    }));
    const reaching = tried.filter((t) => t.reachesError);
    return reaching[reaching.length - 1] ?? tried.sort((a, b) => a.validationError - b.validationError)[0];
  }

  private async smallerTransforms(trainSet: FrameSet): Promise<Omit<Smaller, 'reachesError'>[]> {
    const models = await smallerTransforms(this.options.head, trainSet, refit.steps);
    return models.map((model) => ({ model, validationError: this.validate(model).mean }));
  }
}
