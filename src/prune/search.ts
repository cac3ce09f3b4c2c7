/**
 * Phase 2 of a learn job: which structure of the network that phase 1 learned is the cheapest within the error budget. Sub-blocks of the
 * frequency tree by enumeration, scattered gates by training, positive mel weights refitted for each. A structure is within the
 * budget if the error to be expected of recordings not seen is, margin included. Nothing here depends on how long a job ran or was
 * interrupted.
 */
import { bandsOf } from '../spectral/banks.ts';
import type { TransformModel } from '../model/initialize.ts';
import { InvalidArgumentError, UnreachableBudgetError } from '../errors.ts';
import { isExactNetwork } from '../model/canonicalize.ts';
import { headTrainedOn, type FrameSet } from '../front/corpus.ts';
import type { HeadConfig } from '../spectral/head.ts';
import { activeButterflies, gateMap } from './gate-map.ts';
import { FrontMeter, fullFit, type SearchOptions, type SearchSplit } from '../front/front-meter.ts';
import { fits, frontCosts, unreachableText, validateTarget, type FrontCosts } from '../front/front-costs.ts';
import { gateSteps, gateTrial, gateTrials, type GatePoint } from './gate-trials.ts';
import { judgedError, type ErrorEstimate } from '../front/held-out.ts';
import { bankError } from '../front/refit.ts';
import { exactFrontEnd, pointsOf, type FrontEnd } from '../front/front-end.ts';
import { smallerTransforms } from './smaller-transforms.ts';
import {
  enumerateAll,
  fittedBank,
  isTree,
  Measurements,
  nameOfStructure,
  structureModel,
  wholeModel,
  type AnyStructure,
} from './structure-models.ts';
import { exactBase, hasSmallFactors, wholeTree } from './structure.ts';

/** A structure that was tried. */
export interface Candidate extends FrontCosts {
  readonly name: string;
  readonly validationError: number;
  /** Its expected error on recordings not seen; absent where it was only screened. */
  readonly estimate?: ErrorEstimate;
  readonly structure: AnyStructure;
  readonly gates: 'none' | 'skip' | 'drop';
}

/** One whose error on recordings not seen is estimated. */
type Judged = Candidate & Required<Pick<Candidate, 'estimate'>>;

export interface Smaller {
  readonly model: FrontEnd;
  readonly validationError: number;
  readonly reachesError: boolean;
}

export interface SearchResult {
  readonly model: FrontEnd;
  /** What is left of the network that was pruned, stage by stage; of branches, the nearest tree. */
  readonly tree: TransformModel;
  readonly exact: FrontEnd;
  /** Null for heads that no smaller transform has bins enough for. */
  readonly smaller: Smaller | null;
  /** The upper end of its expected error must be within the budget. */
  readonly chosen: Judged;
  readonly front: readonly Candidate[];
  readonly gateCurve: readonly GatePoint[];
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

/** Progress after a structure that was tried, one of so many, and what is left of its tree. */
function progressOf(
  phase: SearchProgress['phase'],
  [step, steps]: readonly [number, number],
  { validationError: error }: Candidate,
  { network, values }: TransformModel,
): SearchProgress {
  const { active } = activeButterflies(gateMap(network, values));
  return { phase, step, steps, loss: error, error, active };
}

const screening = { frames: 1024, steps: 150 } as const;
/** A screened error this much above the budget may still come within it by the longer refit. */
const hope = 1.3;

/** A structure rules another out before the longer refit if its screened error is better by this factor. */
const frontSlack = 1.03;

/** Is `a` cheaper than `b`, and its error smaller, by a factor? */
const beats = (a: Candidate, b: Candidate, by: number): boolean =>
  a !== b && a.cost <= b.cost && by * a.validationError < b.validationError;

/** A front end of the front. */
export interface FrontPoint {
  readonly model: FrontEnd;
  readonly candidate: Candidate;
}

/** A front end fitted in full. */
interface Best extends FrontPoint {
  readonly tree: TransformModel;
  readonly candidate: Judged;
}

/**
 * One search, of what can be spared of `base`, the exact transform by default. `screened` is filled structure by structure; giving a
 * part of it back goes on from there.
 */
export class StructureSearch {
  /** The head of the front ends that are found, and options with the one that they are trained on. */
  private readonly head: HeadConfig;
  private readonly options: SearchOptions;
  private readonly meter: FrontMeter;
  private readonly screened: Candidate[];
  private readonly gateCurve: GatePoint[] = [];
  /** The network that is pruned. */
  private readonly base: TransformModel;
  private readonly whole: FrontEnd;

  constructor(
    options: SearchOptions,
    split: SearchSplit,
    screened: Candidate[] = [],
    base: TransformModel = exactBase(options.head.nFft),
  ) {
    validateTarget(options.head, options);
    const head = headTrainedOn(options.head, split.train);
    this.head = options.head;
    this.options = { ...options, head };
    this.base = base;
    this.whole = wholeModel(head, base);
    this.meter = new FrontMeter(this.options, split);
    this.screened = screened;
  }

  /** Returns the result at the end of the iteration. */
  async *run(): AsyncGenerator<SearchProgress, SearchResult> {
    const { budget } = this.options;
    const floor = this.meter.validate(this.whole).mean;
    if (floor > budget)
      throw new InvalidArgumentError(
        `budget ${budget} is below the error of the ${isExactNetwork(this.base.network) ? 'exact' : 'learned'} transform in float32, ${floor.toPrecision(2)}`,
      );
    yield* this.screen();
    let best = yield* this.cheapest();
    const front = this.screened.map((c) => (c.structure === best.candidate.structure ? best.candidate : c));
    for (const tried of yield* this.gated(best)) {
      front.push(tried.candidate);
      if (this.within(tried) && tried.candidate.cost < best.candidate.cost) best = tried;
    }
    const { model, tree, candidate: chosen } = best;
    return {
      model: this.served(model),
      tree,
      exact: exactFrontEnd(this.head),
      smaller: await this.smallerTransform(chosen.validationError),
      chosen,
      front,
      gateCurve: this.gateCurve,
    };
  }

  /** A front end that was trained on frame-wise levels, with all of its head. */
  private served(model: FrontEnd): FrontEnd {
    return { ...model, head: this.head };
  }

  /** What a front end costs on the target, as it is served. */
  private costs(model: FrontEnd): FrontCosts {
    return frontCosts(model, this.head, this.options);
  }

  /** Is a structure worth trying in the place of all bins: cheaper, or within the flash and RAM that these are not? */
  private replaces(all: Candidate, c: Candidate): boolean {
    return c !== all && fits(c, this.options) && (c.cost < all.cost || !fits(all, this.options));
  }

  private unreachable(tried: readonly Candidate[]): UnreachableBudgetError {
    return new UnreachableBudgetError(unreachableText(tried, this.options.budget, this.options));
  }

  private measurements(frames: FrameSet): Measurements {
    return new Measurements(this.options.head, frames, this.base);
  }

  /**
   * Is the error to be expected on recordings not seen within the budget, margin included, and the one on validation recordings, and
   * what it takes within the target's memory?
   */
  private within({ candidate }: Best): boolean {
    return judgedError(candidate) <= this.options.budget && fits(candidate, this.options);
  }

  /**
   * Every structure that is worth its cost: fitted in full, none of them beaten in both cost and validation error; the exact
   * front end first, then by falling cost. `gates`: scattered gates on every tree of it are tried too, the whole one included.
   * Throws UnreachableBudgetError where nothing keeps within the target's memory.
   */
  async *front({ gates = false } = {}): AsyncGenerator<SearchProgress, FrontPoint[]> {
    yield* this.screen();
    const [all] = this.screened;
    const able = this.screened.filter((c) => this.replaces(all, c));
    const rivals = fits(all, this.options) ? [all, ...able] : able;
    const promising = able.filter((c) => !rivals.some((o) => beats(o, c, frontSlack)));
    const whole = await this.wholeTree(all);
    const points: Best[] = [whole, ...(yield* this.refined(promising, () => false))];
    for (const ungated of gates ? [...points] : []) points.push(...(yield* this.gated(ungated)));
    const held = points.filter((p) => fits(p.candidate, this.options));
    if (held.length === 0) throw this.unreachable([...points.map((p) => p.candidate), ...this.screened]);
    const left = held.filter(
      ({ candidate: c }) => this.replaces(whole.candidate, c) && !held.some((o) => beats(o.candidate, c, 1)),
    );
    return [whole, ...left.sort((a, b) => b.candidate.cost - a.candidate.cost)].map(
      ({ model, candidate }) => ({ model: this.served(model), candidate }),
    );
  }

  /** Exact transforms of fewer points in the middle of the frame, each with a refitted filterbank. */
  async smallerFrontEnds(): Promise<FrontPoint[]> {
    const points: FrontPoint[] = [];
    for (const { model, fitting } of await this.smallerTransforms())
      points.push({
        model: this.served(model),
        candidate: {
          name: `n_fft ${pointsOf(model)}, refitted`,
          ...this.costs(model),
          ...(await this.meter.judge(model, fitting)),
          structure: wholeTree,
          gates: 'none',
        },
      });
    return points;
  }

  /**
   * The fully refitted structure of lowest cost that is within the budget; the whole tree if none is. Throws UnreachableBudgetError
   * where that takes more memory than there is.
   */
  private async *cheapest(): AsyncGenerator<SearchProgress, Best> {
    const { budget } = this.options;
    const [all] = this.screened;
    const promising = this.screened
      .filter((c) => c.validationError <= hope * budget && this.replaces(all, c))
      .sort((a, b) => a.cost - b.cost);
    const refined = yield* this.refined(promising, (tried) => this.within(tried));
    const best = refined.find((tried) => this.within(tried));
    if (best) return best;
    if (!fits(all, this.options))
      throw this.unreachable([...refined.map((r) => r.candidate), ...this.screened]);
    // Where nothing pays, the whole base is what is left.
    return this.wholeTree(all);
  }

  /** Screened structures fitted in full, in turn, until one is good enough. */
  private async *refined(
    promising: readonly Candidate[],
    enough: (tried: Best) => boolean,
  ): AsyncGenerator<SearchProgress, Best[]> {
    const measured = this.measurements(this.meter.trainSet);
    const done: Best[] = [];
    for (const screened of promising) {
      const tried = await this.refine(screened, measured);
      done.push(tried);
      yield progressOf('refit', [done.length, promising.length], tried.candidate, tried.tree);
      if (enough(tried)) break;
    }
    return done;
  }

  /** The front end of the whole base, with the head's own filterbank: nothing is fitted. */
  private async wholeTree(all: Candidate): Promise<Best> {
    const candidate = { ...all, ...(await this.meter.judge(this.whole, null)) };
    return { model: this.whole, tree: this.base, candidate };
  }

  /** A screened structure with its filterbank fitted in full, and its errors. */
  private async refine(screened: Candidate, measured: Measurements): Promise<Best> {
    const { head } = this.options;
    const { structure } = screened;
    const data = measured.of(structure);
    const fit = (some: typeof data, steps: number) => fittedBank(head, structure, some, steps);
    const built = structureModel(head, structure, await fit(data, fullFit.steps), this.base);
    const judged = await this.meter.judge(built.model, { data, fit });
    return { ...built, candidate: { ...screened, ...judged, ...this.costs(built.model) } };
  }

  /** Cost and quickly refitted validation error of every structure. */
  private async *screen(): AsyncGenerator<SearchProgress> {
    const { head, seed } = this.options;
    const screened = this.measurements(this.meter.frames('train', screening.frames, seed + 1));
    const check = this.measurements(this.meter.frames('validation', fullFit.frames, seed + 2));
    const structures = enumerateAll(head, screened.spectra(), this.base);
    for (const structure of structures.slice(this.screened.length)) {
      const isWhole = isTree(structure) && structure.dropped.length === 0;
      const bank = isWhole
        ? bandsOf(head, head.nFft)
        : await fittedBank(head, structure, screened.of(structure), screening.steps);
      const { model, tree } = structureModel(head, structure, bank, this.base);
      const validationError = bankError(head, bank, check.of(structure));
      const costs = this.costs(isWhole ? this.whole : model);
      const name = nameOfStructure(structure, head);
      const candidate: Candidate = { name, ...costs, validationError, structure, gates: 'none' };
      this.screened.push(candidate);
      yield progressOf('structures', [this.screened.length, structures.length + 2], candidate, tree);
    }
  }

  /**
   * Scattered gates on a tree, trained with its gains and filterbank, then decided and refitted: one front end per trial. Gates belong
   * to the butterflies of one network, and are trained frame by frame: branches and averages have none.
   */
  private async *gated(best: Best): AsyncGenerator<SearchProgress, Best[]> {
    const tried: Best[] = [];
    const { average, nFft } = this.head;
    if (!isTree(best.candidate.structure) || average !== 'none' || !hasSmallFactors(nFft)) return tried;
    for (const [trial, kind] of gateTrials.entries()) {
      const base: FrontEnd = { ...best.model, transform: { kind: 'network', ...best.tree } };
      const training = gateTrial(base, kind, this.meter, this.options.seed);
      let next = await training.next();
      for (; !next.done; next = await training.next()) {
        const { loss, error, active } = next.value;
        const step = trial * gateSteps + next.value.step;
        this.gateCurve.push({ ...next.value, step });
        yield { phase: 'gates', step, steps: gateTrials.length * gateSteps, loss, error, active };
      }
      const { model, tree, judged } = next.value;
      const name = `${best.candidate.name}, scattered ${kind.kind} gates, sparsity ${kind.sparsity}`;
      const costs = this.costs(model);
      const { structure } = best.candidate;
      tried.push({ model, tree, candidate: { name, ...costs, ...judged, structure, gates: kind.kind } });
    }
    return tried;
  }

  /** The cheap baseline: an exact transform of fewer points in the middle of the frame, with refitted mel weights. */
  private async smallerTransform(target: number): Promise<Smaller | null> {
    const tried = (await this.smallerTransforms()).map(({ model }): Smaller => {
      const validationError = this.meter.validate(model).mean;
      return { model: this.served(model), validationError, reachesError: validationError <= target };
    });
    const reaching = tried.filter((t) => t.reachesError);
    return reaching.at(-1) ?? tried.sort((a, b) => a.validationError - b.validationError).at(0) ?? null;
  }

  private smallerTransforms(): ReturnType<typeof smallerTransforms> {
    return smallerTransforms(this.options.head, this.meter.trainSet, fullFit.steps);
  }
}
