/**
 * Search of gates by gradient: gates of any kind, mode and grain trained with an objective's own parameters under one loss,
 * error + sparsity * expected share of active butterflies, then decided. What they save is counted on the compiled
 * program, where they must beat the merged exact stages.
 */
import { InvalidArgumentError } from '../errors.ts';
import { input, type Tensor } from '../ir/graph.ts';
import {
  decidedGates,
  gateGrains,
  gateKinds,
  gateModes,
  gateOpennessTensor,
  gateWidth,
  type GateSpec,
} from '../model/gates.ts';
import type { NetworkSpec } from '../model/network.ts';
import { seedRule, type ParameterValues } from '../model/initialize.ts';
import { checkOptions, finite, nested, oneOf, required, whole, type OptionTable } from '../options.ts';
import { fillLogistic, fillUniform, randomUint32 } from '../numeric/random.ts';
import { feedColumns, withGates, type GateObjective } from './gate-objective.ts';
import { GateMeter, leavesOf, Refitter } from './gate-scores.ts';
import { expectedShare, weightedSum } from '../optimize/losses.ts';
import { temperatureAt, annealingTable, type Annealing } from '../optimize/schedule.ts';
import { train, type Training } from '../optimize/train.ts';
import { parameterName, parameterStage } from '../model/geometry.ts';

/** A search for gates by gradient: iterate over `training`, then `decideAndRefit`. */
export interface GateSearch {
  readonly training: Training;
  /** The network whose ungated stages have trainable gates. */
  readonly network: NetworkSpec;
  /** Names of the trained gate parameters. */
  readonly gates: readonly string[];
}

/** Options of `searchGates`. */
export interface GateSearchOptions {
  readonly kind: GateSpec['kind'];
  /** Default soft. */
  readonly mode?: GateSpec['mode'];
  /** Default butterfly. */
  readonly grain?: GateSpec['grain'];
  /** Weight of the expected share of active butterflies. */
  readonly sparsity: number;
  /** Share of the steps, 0 to 1, over which that weight rises linearly from 0; the logged loss has the weight of its step. Default 0. */
  readonly warmup?: number;
  /**
   * Temperature by step, so that gates end at 0 or 1. Default for soft ternary gates 1 to 0.1; none for others, whose clamps
   * reach 0 and 1 by themselves.
   */
  readonly annealing?: Annealing;
  readonly steps: number;
  readonly seed: number;
}

/** Signals per step. */
const batch = 128;
const batchStream = 0x6a7e;
/** Streams of the noise of hard-concrete gates: one per step and stage, apart from those of any data. */
const noiseStream = 2 ** 41;
const startStream = 0x57a7;

/** Gates move slowly, because a gate that leaves 1 changes every bin it feeds. Logits have further to go than shares. */
const gateRate = ({ kind, mode }: GateSpec): number =>
  mode === 'hard-concrete' || (kind === 'ternary' && mode === 'soft') ? 1.5 : 0.3;

function gateOf(o: GateSearchOptions): { gate: GateSpec; annealing: Annealing | null } {
  const { kind, mode = 'soft', grain = 'butterfly' } = o;
  const cools = kind === 'ternary' && mode === 'soft';
  const annealing = o.annealing ?? (cools ? { from: 1, to: 0.1 } : null);
  const gate: GateSpec = {
    kind,
    mode,
    grain,
    threshold: 0.5,
    ...(annealing ? { temperature: 'input' as const } : {}),
    ...(mode === 'hard-concrete' ? { sampled: true } : {}),
  };
  return { gate, annealing };
}

/**
 * Starts of hard gates between 0.6 and 1.4 times as open. Nothing holds a hard gate before it closes: equal ones would reach the
 * threshold in one step, and a network that is all closed has no gradient to open again.
 */
function scattered(start: Float64Array, seed: number, stage: number): Float64Array {
  const factor = new Float64Array(start.length);
  fillUniform(factor, seed, startStream + stage);
  return start.map((p, i) => p * (1 + 0.4 * factor[i]));
}

const searchTable = (): OptionTable<GateSearchOptions> => ({
  kind: required(oneOf(gateKinds)),
  mode: oneOf(gateModes),
  grain: oneOf(gateGrains),
  sparsity: required(finite({ minimum: 0 })),
  warmup: finite({ minimum: 0, maximum: 1 }),
  annealing: nested(annealingTable),
  steps: required(whole()),
  seed: required(seedRule),
});

function validateSearch(options: GateSearchOptions): void {
  checkOptions('searchGates', options, searchTable());
  const { annealing, mode } = options;
  if (annealing && mode === 'hard')
    throw new InvalidArgumentError('hard gates have no temperature; expected no annealing');
}

/**
 * Train gates on every ungated stage of an objective's network. Throws InvalidArgumentError for options that make no sense or
 * a network without ungated stages.
 */
export function searchGates(objective: GateObjective, options: GateSearchOptions): GateSearch {
  validateSearch(options);
  const { gate, annealing } = gateOf(options);
  const { network, gates: open } = withGates(objective.network, gate);
  const gated = Object.keys(open);
  const { sparsity, warmup = 0, steps, seed } = options;
  const trained = [...gated, ...objective.trained.map((p) => p.name)];
  const { provide, leaves } = leavesOf(objective, trained);
  const built = objective.build(network, batch, provide);
  const parameterOf = (name: string): Tensor => leaves.get(name) as Tensor;
  const temperature = annealing ? { temperature: provide('temperature', [1]) } : {};
  const openness = gated.map((name) => {
    const { radix } = network.stages[parameterStage(name).s];
    return gateOpennessTensor(gate, radix, parameterOf(name), temperature);
  });
  const share = expectedShare(openness);
  const loss = weightedSum([
    { weight: 1, loss: built.loss },
    { weight: input('sparsity', [1]), loss: share },
  ]);
  const initial: ParameterValues = Object.fromEntries([
    ...gated.map((name, i) => [name, gate.mode === 'hard' ? scattered(open[name], seed, i) : open[name]]),
    ...objective.trained.map((p) => [p.name, p.start]),
  ]);
  const noises = [...leaves.keys()].filter((name) => name.endsWith('.noise'));
  const training = train({
    loss,
    terms: { feature: built.loss, error: built.error, share },
    parameters: [
      ...gated.map((name) => ({ tensor: parameterOf(name), rate: gateRate(gate) })),
      ...objective.trained.map(({ name, rate }) => ({ tensor: parameterOf(name), rate })),
    ],
    initial,
    feed(step, view) {
      const columnOf = (lane: number): number =>
        randomUint32(seed, batchStream, step * batch + lane) % objective.columns;
      feedColumns(objective, batch, columnOf, view);
      view('sparsity')[0] = sparsity * (warmup > 0 ? Math.min(1, (step + 1) / (warmup * steps)) : 1);
      if (annealing) view('temperature')[0] = temperatureAt(step, steps, annealing);
      noises.forEach((name, i) => fillLogistic(view(name), seed, noiseStream + step * noises.length + i));
    },
    steps,
    learningRate: 0.03,
    clip: 10,
    dtype: 'f32',
  });
  return { training, network, gates: gated };
}

/** A network whose gates are decided, and how many are open (for drop: outputs that are computed). */
export interface DecidedNetwork {
  readonly network: NetworkSpec;
  readonly values: ParameterValues;
  readonly open: number;
  readonly total: number;
}

/**
 * Gates of the named stages at 0 or 1, in mode hard, without inputs of training; stages whose gates are all open (all forward)
 * lose them. The network then runs from its values alone.
 */
export function decideGates(
  network: NetworkSpec,
  values: ParameterValues,
  names: readonly string[] = network.stages.map((_, s) => parameterName(s, 'gate')),
): DecidedNetwork {
  const decided: ParameterValues = { ...values };
  let open = 0;
  let total = 0;
  const stages = network.stages.map((stage, s) => {
    const name = parameterName(s, 'gate');
    const { gate, ...rest } = stage;
    if (!gate || !names.includes(name)) return stage;
    const gates = decidedGates(gate, stage.radix, values[name]);
    // The first of three shares is that of skip.
    const width = gate.kind === 'ternary' ? gateWidth(gate.kind, stage.radix) : 1;
    const count = gates.length / width;
    const openHere = width === 1 ? sum(gates) : count - sum(gates.filter((_, i) => i % width === 0));
    open += openHere;
    total += count;
    const allForward = gates.every((g, i) => g === (width === 1 || i % width === 1 ? 1 : 0));
    if (allForward) {
      delete decided[name];
      return rest;
    }
    decided[name] = gates;
    const { kind, grain, threshold } = gate;
    // One-hot numbers decide a ternary gate; any threshold in (0, 1] separates 0 from 1.
    return { ...rest, gate: { kind, mode: 'hard' as const, grain, threshold: inside(threshold) } };
  });
  return { network: { ...network, stages }, values: decided, open, total };
}

const sum = (x: Float64Array): number => x.reduce((a, b) => a + b, 0);
const inside = (threshold: number): number => (threshold > 0 && threshold <= 1 ? threshold : 0.5);

/** What a search came to: decided gates, and what is trained beside them fitted again behind them. */
interface DecidedSearch extends DecidedNetwork {
  /** Error on the objective's data, of the decided and refitted network. */
  readonly error: number;
  /** The same before the refit: what deciding alone cost. */
  readonly decidedError: number;
}

/** The network with the present gates of a search decided. Its other values are those trained with undecided gates. */
export function decideSearch(objective: GateObjective, search: GateSearch): DecidedNetwork {
  const values: ParameterValues = objective.finish(trainedValues(objective, search));
  for (const name of search.gates) values[name] = search.training.value(name);
  return decideGates(search.network, values, search.gates);
}

const trainedValues = (objective: GateObjective, { training }: GateSearch): ParameterValues =>
  Object.fromEntries(objective.trained.map(({ name }) => [name, training.value(name)]));

/**
 * An objective's network with the gates that a search has now, decided, and everything else that it trains fitted again for so many
 * steps (default 200): values trained with gates half open are not those of gates that are open or closed. `error` is that of the
 * result; a refit that makes it larger is not taken. Any objective can be refitted so; a search of front ends fits their filterbanks
 * as it fits those of its other structures (`gateTrial`), so that all are compared alike.
 */
export async function decideAndRefit(
  objective: GateObjective,
  search: GateSearch,
  { refitSteps = 200 }: { readonly refitSteps?: number } = {},
): Promise<DecidedSearch> {
  const decided = decideSearch(objective, search);
  const { network, values } = decided;
  const fixed = { ...objective, values };
  const meter = new GateMeter(fixed, network, []);
  const before = trainedValues(objective, search);
  // The refit is tried from the trained values and from those before the search: a band may have lost every bin trained for it.
  const fresh = Object.fromEntries(objective.trained.map(({ name, start }) => [name, start]));
  const refitter = new Refitter(fixed, network, [], refitSteps);
  const tried = [before, await refitter.refit(before), await refitter.refit(fresh)].map((trained) => ({
    trained,
    error: meter.error(trained),
  }));
  const best = tried.reduce((a, b) => (b.error < a.error ? b : a));
  const refitted = { ...values, ...objective.finish(best.trained) };
  return { ...decided, values: refitted, error: best.error, decidedError: tried[0].error };
}
