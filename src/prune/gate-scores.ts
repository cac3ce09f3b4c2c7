/**
 * Measuring gates: error of a gated network, what closing or flipping a gate would do to its loss, and refitting what is
 * trained beside the gates. Compiled once; gates and values are inputs.
 *
 * A network is affine in each of its gates, so the loss after a change D of one gate is L + D dL/dg + D^2 h / 2 with h the
 * Gauss-Newton curvature: exact for a squared error, to second order for others. The first term is Molchanov et al. (Pruning
 * convolutional neural networks for resource efficient inference, 2017); it vanishes at the exact transform, where the second
 * one, estimated with random signs, decides (LeCun, Denker & Solla, Optimal brain damage, 1990).
 */
import { gradient } from '../ir/grad.ts';
import { constant, input, parameter, type Tensor } from '../ir/graph.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { fillSigns } from '../numeric/random.ts';
import { Evaluation } from '../optimize/evaluation.ts';
import { innerProduct } from '../optimize/losses.ts';
import { feedColumns, type BuiltLoss, type GateObjective } from './gate-objective.ts';
import { namedLeaves } from '../fit/transform-task.ts';
import { train, type Training } from '../optimize/train.ts';

/** Derivatives of the loss by the gates of a stage, in the shape of its gate tensor. */
export interface GateSlopes {
  readonly slope: Float64Array;
  /** One row per draw of signs: the mean of (row . D)^2 is the curvature along a change D. */
  readonly probes: readonly Float64Array[];
}

/** Largest batch of one run. */
const mostLanes = 256;
/** Streams of the random signs, apart from those of data and noise. */
const signStream = 2 ** 42;

function lanesOf(columns: number): number {
  let lanes = Math.min(columns, mostLanes);
  while (columns % lanes !== 0) lanes--;
  return lanes;
}

/**
 * Leaves of an objective's graphs, by name: parameters, inputs, and constants of all other values that it has. What it has no value
 * of is an input.
 */
export const leavesOf = (
  { values }: GateObjective,
  parameters: readonly string[],
  inputs: readonly string[] = [],
): ReturnType<typeof namedLeaves> =>
  namedLeaves((name, shape) => {
    if (parameters.includes(name)) return parameter(name, shape);
    const known = inputs.includes(name) ? undefined : values[name];
    return known ? constant(shape, known) : input(name, shape);
  });

const trainedNames = (objective: GateObjective): string[] => objective.trained.map((p) => p.name);

/** Outputs of a graph over all columns of an objective, batch by batch; gates and trained values are inputs. */
class Batches {
  readonly evaluation: Evaluation;
  private readonly objective: GateObjective;
  private readonly lanes: number;
  readonly count: number;

  constructor(
    objective: GateObjective,
    network: NetworkSpec,
    gates: readonly string[],
    outputsOf: (built: BuiltLoss, gates: readonly Tensor[]) => Record<string, Tensor>,
  ) {
    this.objective = objective;
    this.lanes = lanesOf(objective.columns);
    this.count = objective.columns / this.lanes;
    const { provide, leaves } = leavesOf(objective, [], [...gates, ...trainedNames(objective)]);
    const built = objective.build(network, this.lanes, provide);
    const tensors = gates.map((name) => leaves.get(name) as Tensor);
    this.evaluation = new Evaluation(outputsOf(built, tensors), { specialize: false });
  }

  run(batch: number): void {
    const columnOf = (lane: number): number => batch * this.lanes + lane;
    feedColumns(this.objective, this.lanes, columnOf, (name) => this.evaluation.view(name));
    this.evaluation.run();
  }
}

/** Errors of one objective's data. */
export class GateMeter {
  private readonly batches: Batches;
  private readonly objective: GateObjective;

  constructor(objective: GateObjective, network: NetworkSpec, gates: readonly string[]) {
    this.objective = objective;
    this.batches = new Batches(objective, network, gates, ({ error }) => ({ error }));
  }

  /** The error with these gates and trained values, over all columns. */
  error(values: ParameterValues): number {
    const { batches } = this;
    batches.evaluation.set(values);
    let total = 0;
    for (let i = 0; i < batches.count; i++) {
      batches.run(i);
      total += batches.evaluation.view('error')[0];
    }
    return this.objective.errorOf(total / batches.count);
  }
}

/** Slopes and curvature of the loss by the gates, on an objective's data. */
export class GateScorer {
  private readonly batches: Batches;
  private readonly gates: readonly string[];
  /** Tensors of signs. */
  private probes = 0;

  constructor(objective: GateObjective, network: NetworkSpec, gates: readonly string[]) {
    this.gates = gates;
    this.batches = new Batches(objective, network, gates, ({ loss, probes }, tensors) => {
      this.probes = probes.length;
      const signs = probes.map((t, i) => input(`signs ${i}`, t.shape));
      const outputs: Record<string, Tensor> = {};
      gradient(loss, tensors).forEach((t, i) => (outputs[`slope ${i}`] = t));
      gradient(innerProduct(probes, signs), tensors).forEach((t, i) => (outputs[`probe ${i}`] = t));
      return outputs;
    });
  }

  /** Slopes over all columns, and `draws` probes per batch, from the signs of this seed and round. */
  score(values: ParameterValues, draws: number, seed: number, round: number): Record<string, GateSlopes> {
    const { batches } = this;
    const { evaluation } = batches;
    evaluation.set(values);
    const slopes = this.gates.map((name) => new Float64Array(values[name].length));
    const probes = this.gates.map((): Float64Array[] => []);
    for (let i = 0; i < batches.count; i++)
      for (let draw = 0; draw < draws; draw++) {
        for (let j = 0; j < this.probes; j++) {
          const stream = signStream + ((round * batches.count + i) * draws + draw) * this.probes + j;
          fillSigns(evaluation.view(`signs ${j}`), seed, stream);
        }
        batches.run(i);
        this.gates.forEach((_, g) => {
          probes[g].push(evaluation.view(`probe ${g}`).slice());
          if (draw > 0) return;
          evaluation.view(`slope ${g}`).forEach((d, at) => (slopes[g][at] += d / batches.count));
        });
      }
    return Object.fromEntries(this.gates.map((name, g) => [name, { slope: slopes[g], probes: probes[g] }]));
  }
}

/** Training of what an objective trains beside its gates, from given values, with the gates as they are; compiled once. */
export class Refitter {
  private readonly objective: GateObjective;
  private readonly training: Training | null;
  private gates: ParameterValues = {};

  constructor(objective: GateObjective, network: NetworkSpec, gates: readonly string[], steps: number) {
    this.objective = objective;
    if (steps === 0 || objective.trained.length === 0) {
      this.training = null;
      return;
    }
    const lanes = lanesOf(objective.columns);
    const { provide, leaves } = leavesOf(objective, trainedNames(objective), gates);
    const { loss } = objective.build(network, lanes, provide);
    const count = objective.columns / lanes;
    this.training = train({
      loss,
      parameters: objective.trained.map(({ name, rate }) => ({ tensor: leaves.get(name) as Tensor, rate })),
      initial: Object.fromEntries(objective.trained.map((p) => [p.name, p.start])),
      feed: (step, view) => {
        for (const name of gates) view(name).set(this.gates[name]);
        feedColumns(objective, lanes, (lane) => (step % count) * lanes + lane, view);
      },
      steps,
      learningRate: 0.03,
      clip: 10,
      dtype: 'f64',
    });
  }

  /** Values of the trained parameters after the refit. */
  async refit(values: ParameterValues): Promise<ParameterValues> {
    const { training, objective } = this;
    const own = trainedNames(objective);
    if (!training) return Object.fromEntries(own.map((name) => [name, values[name]]));
    this.gates = values;
    const state = training.state().values;
    const fresh = Object.entries(state).map(([name, old]): [string, Float64Array] => [
      name,
      own.includes(name) ? Float64Array.from(values[name]) : new Float64Array(old.length),
    ]);
    training.restore({ step: 0, values: Object.fromEntries(fresh) });
    for await (const _ of training);
    return Object.fromEntries(own.map((name) => [name, training.value(name)]));
  }
}
