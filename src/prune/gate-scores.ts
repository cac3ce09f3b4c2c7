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
import { constant, input, type Graph, type Tensor } from '../ir/graph.ts';
import { viewOf, type HostExecutable } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import type { Provide } from '../model/parametrization.ts';
import { fillUniform } from '../numeric/random.ts';
import { innerProduct } from '../optimize/losses.ts';
import { feedColumns, type GateObjective } from './gate-objective.ts';
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

/** Inputs for the gates and the trained values, constants for all other values. */
function leavesOf(objective: GateObjective, gates: readonly string[]) {
  const { provide: leaf, leaves } = namedLeaves(input);
  const open = new Set([...gates, ...objective.trained.map((p) => p.name)]);
  const provide: Provide = (name, shape) =>
    open.has(name) ? leaf(name, shape) : constant(shape, objective.values[name]);
  return { provide, leaves };
}

/** A program run over all columns of an objective, batch by batch. */
class Batches {
  private readonly executable: HostExecutable;
  readonly lanes: number;
  readonly count: number;
  private readonly objective: GateObjective;

  constructor(objective: GateObjective, graph: Graph, lanes: number) {
    this.objective = objective;
    this.lanes = lanes;
    this.count = objective.columns / lanes;
    this.executable = defaultBackend().instantiate(compileGraph(graph, { dtype: 'f64', specialize: false }));
  }

  /** Set inputs by name, where the program reads them. */
  set(values: ParameterValues): void {
    for (const [name, value] of Object.entries(values))
      if (name in this.executable.program.inputs) viewOf(this.executable, name).set(value);
  }

  run(batch: number): void {
    const columnOf = (lane: number): number => batch * this.lanes + lane;
    feedColumns(this.objective, this.lanes, columnOf, (name) => viewOf(this.executable, name));
    this.executable.run();
  }

  output(name: string): Float64Array {
    return Float64Array.from(viewOf(this.executable, name));
  }

  view(name: string) {
    return viewOf(this.executable, name);
  }
}

/** Errors of one objective's data. */
export class GateMeter {
  private readonly batches: Batches;
  private readonly objective: GateObjective;

  constructor(objective: GateObjective, network: NetworkSpec, gates: readonly string[]) {
    const lanes = lanesOf(objective.columns);
    const { provide } = leavesOf(objective, gates);
    const { error } = objective.build(network, lanes, provide);
    this.objective = objective;
    this.batches = new Batches(objective, { outputs: { error } }, lanes);
  }

  /** The error with these gates and trained values, over all columns. */
  error(values: ParameterValues): number {
    this.batches.set(values);
    let total = 0;
    for (let i = 0; i < this.batches.count; i++) {
      this.batches.run(i);
      total += this.batches.output('error')[0];
    }
    return this.objective.errorOf(total / this.batches.count);
  }
}

/** Slopes and curvature of the loss by the gates, on an objective's data. */
export class GateScorer {
  private readonly batches: Batches;
  private readonly gates: readonly string[];
  private readonly probes: readonly Tensor[];

  constructor(objective: GateObjective, network: NetworkSpec, gates: readonly string[]) {
    const lanes = lanesOf(objective.columns);
    const { provide, leaves } = leavesOf(objective, gates);
    const { loss, probes } = objective.build(network, lanes, provide);
    const tensors = gates.map((name) => leaves.get(name) as Tensor);
    const signs = probes.map((t, i) => input(`signs ${i}`, t.shape));
    const signed = innerProduct(probes, signs);
    const outputs: Record<string, Tensor> = {};
    gradient(loss, tensors).forEach((t, i) => (outputs[`slope ${i}`] = t));
    gradient(signed, tensors).forEach((t, i) => (outputs[`probe ${i}`] = t));
    this.gates = gates;
    this.probes = probes;
    this.batches = new Batches(objective, { outputs }, lanes);
  }

  /** Slopes over all columns, and `draws` probes per batch, from the signs of this seed and round. */
  score(values: ParameterValues, draws: number, seed: number, round: number): Record<string, GateSlopes> {
    const { batches } = this;
    batches.set(values);
    const slopes = this.gates.map((name) => new Float64Array(values[name].length));
    const probes = this.gates.map((): Float64Array[] => []);
    for (let i = 0; i < batches.count; i++)
      for (let draw = 0; draw < draws; draw++) {
        this.probes.forEach((_, j) => {
          const signs = batches.view(`signs ${j}`);
          const stream = signStream + ((round * batches.count + i) * draws + draw) * this.probes.length + j;
          fillUniform(signs, seed, stream);
          for (let at = 0; at < signs.length; at++) signs[at] = signs[at] < 0 ? -1 : 1;
        });
        batches.run(i);
        this.gates.forEach((_, g) => {
          probes[g].push(batches.output(`probe ${g}`));
          if (draw > 0) return;
          batches.output(`slope ${g}`).forEach((d, at) => (slopes[g][at] += d / batches.count));
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
    const { provide: leaf, leaves } = namedLeaves();
    const { provide: gateInput } = namedLeaves(input);
    const trained = new Set(objective.trained.map((p) => p.name));
    const provide: Provide = (name, shape) => {
      if (trained.has(name)) return leaf(name, shape);
      return gates.includes(name) ? gateInput(name, shape) : constant(shape, objective.values[name]);
    };
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
    const own = objective.trained.map((p) => p.name);
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
