/**
 * Greedy removal of gates with refit, and local flips, under an error budget on validation data, at any grain.
 *
 * Removal: gates are scored by |g dL/dg| and the curvature behind it (gate-scores.ts) per butterfly that is saved; the cheapest
 * share is closed, the rest refitted, and the step kept if the validation error stays within the budget, else tried again with
 * half as many, down to one, which is then left open (Molchanov et al., Pruning convolutional neural networks for resource efficient inference, 2017). Flips then
 * exchange single gates. State is plain data: a run goes on from any state it has yielded, to the same end.
 */
import { InvalidArgumentError } from '../errors.ts';
import { decidedGates, gateGrains, gateKinds, gateStates, type GateSpec } from '../model/gates.ts';
import { seedRule, type ParameterValues } from '../model/initialize.ts';
import { checkOptions, finite, oneOf, required, whole } from '../options.ts';
import type { NetworkSpec } from '../model/network.ts';
import { withGates, type GateObjective } from './gate-objective.ts';
import { GateMeter, GateScorer, Refitter, type GateSlopes } from './gate-scores.ts';
import { liveWork } from './gate-work.ts';
import { decideGates, type DecidedNetwork } from './gates.ts';
import { parameterStage, stageSizes } from '../model/geometry.ts';

/** Options of `pruneGates`. */
export interface GreedyOptions {
  readonly kind: GateSpec['kind'];
  readonly grain: GateSpec['grain'];
  /** Largest error on the validation objective. */
  readonly budget: number;
  /** Share of the open butterflies that is closed at once at first, above 0 to 1. Default 0.1. */
  readonly share?: number;
  /** Optimiser steps of a refit of what the objective trains beside the gates. Default 0: none. */
  readonly refitSteps?: number;
  /** Most flips that are accepted. Default 0. */
  readonly flips?: number;
  /** Single gates that are refused before removal ends; flips and exchanges that are validated before flipping ends. Default 8. */
  readonly tries?: number;
  /** Draws of random signs per batch and round. Default 4. */
  readonly draws?: number;
  readonly seed: number;
}

/** Plain data. */
export interface GreedyState {
  readonly phase: 'remove' | 'flip' | 'done';
  /** Rounds so far, accepted or not. */
  readonly round: number;
  /** Share of the open butterflies that is tried next. */
  readonly share: number;
  /** Flips accepted so far. */
  readonly flips: number;
  /** Gates whose removal alone left the budget, as `NAME:POSITION`: not tried again while removing. */
  readonly refused: readonly string[];
  /** Shares of all gates, 0 or 1, by parameter name. */
  readonly gates: Readonly<Record<string, readonly number[]>>;
  /** What is trained beside them. */
  readonly trained: Readonly<Record<string, readonly number[]>>;
  /** Validation error of this state. */
  readonly error: number;
  /** Compiled operations of this state. */
  readonly operations: number;
}

/** One round of `pruneGates`. */
export interface GreedyProgress {
  readonly state: GreedyState;
  /** Did this round change the state? */
  readonly accepted: boolean;
  /** Gates that the round changed, or would have. */
  readonly tried: number;
  /** Validation error of the trial. */
  readonly trialError: number;
  /** Share of butterflies that are computed, 0 to 1. */
  readonly open: number;
}

/** What `pruneGates` left, and the state that a later call can go on from. */
export interface GreedyResult extends DecidedNetwork {
  readonly state: GreedyState;
}

/** What is decided at once: a gate, or one output of a drop gate; numbers of its tensor from `at` on. */
interface Unit {
  readonly name: string;
  readonly at: number;
  /** Its shares in each of its states. */
  readonly states: readonly (readonly number[])[];
}

/** A change of one unit. */
interface Move {
  readonly name: string;
  readonly at: number;
  readonly to: readonly number[];
  /** Butterflies that are not computed any more, negative where the move brings them back. */
  readonly closes: number;
  /** Predicted change of the loss. */
  readonly predicted: number;
  /** |first order| + curvature: the saliency. */
  readonly saliency: number;
}

/** All units of gates whose tensors have these values. */
const unitsOf = (network: NetworkSpec, values: ParameterValues): Unit[] =>
  Object.entries(values).flatMap(([name, { length }]) => {
    const ternary = network.stages[parameterStage(name).s].gate?.kind === 'ternary';
    const states = ternary ? Object.values(gateStates.ternary) : [[0], [1]];
    const width = states[0].length;
    return Array.from({ length: length / width }, (_, i) => ({ name, at: i * width, states }));
  });

/** The moves of a unit to its other states, with what the slopes predict; `workOf` counts the butterflies of a state. */
function movesOf(
  unit: Unit,
  values: ParameterValues,
  { slope, probes }: GateSlopes,
  work: number,
  workOf: () => number,
): Move[] {
  const { name, at, states } = unit;
  const from = [...values[name].subarray(at, at + states[0].length)];
  return states
    .filter((to) => to.some((x, j) => x !== from[j]))
    .map((to) => {
      const change = to.map((x, j) => x - from[j]);
      const along = (row: ArrayLike<number>): number =>
        change.reduce((sum, d, j) => sum + d * row[at + j], 0);
      const first = along(slope);
      const curvature = probes.reduce((sum, row) => sum + along(row) ** 2, 0) / (2 * probes.length);
      values[name].set(to, at);
      const closes = work - workOf();
      values[name].set(from, at);
      const saliency = Math.abs(first) + curvature;
      return { name, at, to, closes, predicted: first + curvature, saliency };
    });
}

const butterflies = (moves: readonly Move[]): number => moves.reduce((sum, m) => sum + m.closes, 0);

/** The first moves that close a share of the butterflies, at least one. */
function cheapest(moves: readonly Move[], share: number): Move[] {
  const most = share * butterflies(moves);
  let covered = 0;
  return moves.filter((move, i) => {
    covered += move.closes;
    return i === 0 || covered <= most;
  });
}

const picked = (values: ParameterValues, names: readonly string[]): ParameterValues =>
  Object.fromEntries(names.map((name) => [name, values[name]]));

const plain = (values: ParameterValues): Record<string, number[]> =>
  Object.fromEntries(Object.entries(values).map(([name, x]) => [name, [...x]]));

const valuesOf = (state: Pick<GreedyState, 'gates' | 'trained'>): ParameterValues =>
  Object.fromEntries(
    Object.entries({ ...state.gates, ...state.trained }).map(([name, x]) => [name, Float64Array.from(x)]),
  );

/** Gates and trained values that are tried, and their validation error. */
interface Trial {
  readonly values: ParameterValues;
  readonly error: number;
}

/** What of a state is not its values. */
type Stand = Pick<GreedyState, 'phase' | 'round' | 'share' | 'flips' | 'refused'>;

/** One pruning: programs compiled once, states handed in and out. */
class Pruning {
  private readonly objective: GateObjective;
  private readonly options: Required<GreedyOptions>;
  private readonly network: NetworkSpec;
  /** Names of the gates, and of what is trained beside them. */
  private readonly names: readonly string[];
  private readonly trained: readonly string[];
  private readonly open: ParameterValues;
  private readonly scorer: GateScorer;
  private readonly meter: GateMeter;
  private readonly refitter: Refitter;
  private readonly units: readonly Unit[];

  constructor(training: GateObjective, validation: GateObjective, options: GreedyOptions) {
    this.objective = training;
    this.options = { share: 0.1, refitSteps: 0, flips: 0, tries: 8, draws: 4, ...options };
    const { kind, grain } = options;
    const gate: GateSpec = { kind, mode: 'hard', grain, threshold: 0.5 };
    const { network, gates } = withGates(training.network, gate);
    this.network = network;
    this.open = gates;
    this.names = Object.keys(gates);
    this.trained = training.trained.map((p) => p.name);
    this.scorer = new GateScorer(training, network, this.names);
    this.meter = new GateMeter(validation, network, this.names);
    this.refitter = new Refitter(training, network, this.names, this.options.refitSteps);
    this.units = unitsOf(network, gates);
  }

  /** All gates open, everything else as the objective starts. */
  start(): GreedyState {
    const starts = this.objective.trained.map((p) => [p.name, p.start] as const);
    const values = { ...this.open, ...Object.fromEntries(starts) };
    const error = this.meter.error(values);
    const { share, budget } = this.options;
    if (!(error <= budget))
      throw new InvalidArgumentError(
        `budget ${budget} is below the error with every gate open, ${error.toPrecision(3)}`,
      );
    return this.stateOf({ values, error }, { phase: 'remove', round: 0, share, flips: 0, refused: [] });
  }

  private stateOf({ values, error }: Trial, stand: Stand): GreedyState {
    const [gates, trained] = [this.names, this.trained].map((names) => plain(picked(values, names)));
    const decided = this.decided(values);
    const operations = this.objective.operations(decided.network, decided.values);
    return { ...stand, gates, trained, error, operations };
  }

  private decided(values: ParameterValues): DecidedNetwork {
    const finished = this.objective.finish(picked(values, this.trained));
    return decideGates(this.network, { ...finished, ...picked(values, this.names) }, this.names);
  }

  result(state: GreedyState): GreedyResult {
    return { ...this.decided(valuesOf(state)), state };
  }

  private workOf(values: ParameterValues): number {
    return liveWork(this.network, { ...this.objective.values, ...values });
  }

  /** Throws InvalidArgumentError for a state that is not of this pruning. */
  check({ gates, trained }: GreedyState): void {
    const expected = [
      ...Object.entries(this.open).map(([name, x]) => [name, gates[name], x.length] as const),
      ...this.objective.trained.map((p) => [p.name, trained[p.name], p.start.length] as const),
    ];
    for (const [name, own, length] of expected)
      if (own?.length !== length)
        throw new InvalidArgumentError(
          `saved state has ${own?.length ?? 'no'} numbers for "${name}"; expected ${length}`,
        );
    for (const name of this.names) {
      const { gate, radix } = this.network.stages[parameterStage(name).s];
      if (gate && decidedGates(gate, radix, gates[name]).some((x, i) => x !== gates[name][i]))
        throw new InvalidArgumentError(`saved state has undecided gates in "${name}"; expected 0 or 1`);
    }
  }

  private moves(state: GreedyState): Move[] {
    const values = valuesOf(state);
    const slopes = this.scorer.score(values, this.options.draws, this.options.seed, state.round);
    const work = this.workOf(values);
    return this.units.flatMap((unit) =>
      movesOf(unit, values, slopes[unit.name], work, () => this.workOf(values)),
    );
  }

  /** The state after moves, refitted and validated. */
  private async trial(state: GreedyState, moves: readonly Move[]): Promise<Trial> {
    const values = valuesOf(state);
    for (const { name, at, to } of moves) values[name].set(to, at);
    const tried = { ...picked(values, this.names), ...(await this.refitter.refit(values)) };
    return { values: tried, error: this.meter.error(tried) };
  }

  /** Close the cheapest share of the open gates. */
  async remove(state: GreedyState): Promise<GreedyProgress> {
    const { budget, flips, tries, share } = this.options;
    const closing = this.moves(state)
      .filter((m) => m.closes > 0 && !state.refused.includes(keyOf(m)))
      .sort((a, b) => a.saliency / a.closes - b.saliency / b.closes || b.closes - a.closes || order(a, b));
    const next = { ...state, round: state.round + 1 };
    const finished = { ...next, phase: flips > 0 ? ('flip' as const) : ('done' as const) };
    if (closing.length === 0) return this.progress(finished, false, 0, state.error);
    const chosen = cheapest(closing, state.share);
    const trial = await this.trial(state, chosen);
    if (trial.error <= budget)
      return this.progress(this.stateOf(trial, next), true, chosen.length, trial.error);
    if (chosen.length > 1) {
      const halved = butterflies(chosen) / (2 * butterflies(closing));
      return this.progress({ ...next, share: halved }, false, chosen.length, trial.error);
    }
    // This gate is one too many. The next ones may still be cheap enough.
    const refused = [...state.refused, keyOf(chosen[0])];
    const over = refused.length >= tries;
    return this.progress({ ...(over ? finished : next), share, refused }, false, 1, trial.error);
  }

  /**
   * One flip: the gate that closes for the least predicted loss per butterfly; else a gate that opens with the largest predicted
   * gain and one that closes for it. Kept when the error stays within the budget and the operations fall, or stay with a
   * smaller error.
   */
  async flip(state: GreedyState): Promise<GreedyProgress> {
    const { budget, tries, flips } = this.options;
    const moves = this.moves(state);
    const rate = (m: Move): number => m.predicted / (m.closes === 0 ? 1 : Math.abs(m.closes));
    const by = (list: Move[]): Move[] => list.sort((a, b) => rate(a) - rate(b) || order(a, b));
    const closing = by(moves.filter((m) => m.closes > 0));
    const opening = by(moves.filter((m) => m.closes < 0 && m.predicted < 0));
    const turning = by(moves.filter((m) => m.closes === 0 && m.predicted < 0));
    const exchanges = opening.flatMap((o) => {
      const c = closing.find((m) => m.closes >= -o.closes && m.predicted < -o.predicted);
      return c ? [[o, c]] : [];
    });
    const half = Math.ceil(tries / 2);
    const candidates = [
      ...closing.slice(0, half).map((m) => [m]),
      ...turning.slice(0, half).map((m) => [m]),
      ...exchanges,
    ].slice(0, tries);
    const next = { ...state, round: state.round + 1 };
    let last = state.error;
    for (const candidate of candidates) {
      const trial = await this.trial(state, candidate);
      last = trial.error;
      if (!(last <= budget)) continue;
      const count = state.flips + 1;
      const phase = count >= flips ? 'done' : 'flip';
      const flipped = this.stateOf(trial, { ...next, phase, flips: count });
      const fewer = state.operations - flipped.operations;
      if (fewer > 0 || (fewer === 0 && last < state.error))
        return this.progress(flipped, true, candidate.length, last);
    }
    return this.progress({ ...next, phase: 'done' }, false, candidates.length, last);
  }

  private progress(state: GreedyState, accepted: boolean, tried: number, trialError: number): GreedyProgress {
    const total = stageSizes(this.network).reduce((sum, { count }) => sum + count, 0);
    return { state, accepted, tried, trialError, open: this.workOf(valuesOf(state)) / total };
  }
}

const keyOf = ({ name, at }: Move): string => `${name}:${at}`;

/** Ties in the order of the gates, so that a run can be repeated. */
const order = (a: Move, b: Move): number =>
  parameterStage(a.name).s - parameterStage(b.name).s || a.at - b.at;

/**
 * Prune an objective's network within the budget on the validation objective. `from`: a state yielded by an earlier run with the same
 * objectives and options; the end is the same, bit by bit. Yields after every round, returns the frozen result. Throws
 * InvalidArgumentError for options or a state that make no sense, and for a budget below the error with every gate open.
 */
export async function* pruneGates(
  objectives: { readonly training: GateObjective; readonly validation: GateObjective },
  options: GreedyOptions,
  from?: GreedyState,
): AsyncGenerator<GreedyProgress, GreedyResult> {
  checkOptions('pruneGates', options, {
    kind: required(oneOf(gateKinds)),
    grain: required(oneOf(gateGrains)),
    budget: required(finite({ minimum: 0 })),
    share: finite({ above: 0, maximum: 1 }),
    refitSteps: whole(0),
    flips: whole(0),
    tries: whole(),
    draws: whole(),
    seed: required(seedRule),
  });
  const pruning = new Pruning(objectives.training, objectives.validation, options);
  if (from) pruning.check(from);
  let state = from ?? pruning.start();
  while (state.phase !== 'done') {
    const progress = await (state.phase === 'remove' ? pruning.remove(state) : pruning.flip(state));
    yield progress;
    ({ state } = progress);
  }
  return pruning.result(state);
}
