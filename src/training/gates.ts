/**
 * Scattered gates: soft gates on single butterflies trained with the feature loss and a penalty on the share that is
 * open, then thresholded. What they save is counted on the compiled program, where they must beat the merged exact stages.
 */
import { constant, input, type Tensor } from '../ir/graph.ts';
import type { FloatArray } from '../backends/backend.ts';
import { binCount, type NetworkSpec } from '../model/network.ts';
import type { GateSpec, Provide } from '../model/parametrization.ts';
import { initialize, type ParameterValues } from '../model/initialize.ts';
import { randomUint32 } from '../numeric/random.ts';
import type { FrameSet } from './corpus.ts';
import { gateShare, smoothAbsoluteLoss, weightedSum } from './losses.ts';
import { smoothing, squares } from './refit.ts';
import { trainingOutput, type SpectralModel } from './spectral-model.ts';
import { namedLeaves } from './transform-task.ts';
import { train, type Training } from './train.ts';

export interface GateSearch {
  readonly training: Training;
  /** The network whose ungated exact stages have trainable gates. */
  readonly network: NetworkSpec;
  /** Names of the trained gate parameters. */
  readonly gates: readonly string[];
}

/** Frames per step. */
const batch = 128;
/** Gates move slowly: one that leaves 1 changes every bin it feeds. */
const gateRate = 0.3;
const batchStream = 0x6a7e;

/** Gates on every ungated stage of a network of exact stages. */
export function withGates(network: NetworkSpec, gate: GateSpec): { network: NetworkSpec; gated: string[] } {
  const gated: string[] = [];
  const stages = network.stages.map((stage, s) => {
    if (stage.gate) return stage;
    gated.push(`stage${s}.gate`);
    return { ...stage, gate };
  });
  return { network: { ...network, stages }, gated };
}

/**
 * Soft gates, gains and filterbank under one objective: feature error + sparsity * share of open gates, the penalty
 * rising over the first third. `model` is a radix-2 structure with its values; frames and targets are training data.
 */
export function gateSearch(
  model: SpectralModel,
  data: FrameSet,
  options: { kind: GateSpec['kind']; sparsity: number; steps: number; seed: number },
): GateSearch {
  const soft: GateSpec = { kind: options.kind, mode: 'soft', grain: 'butterfly', threshold: 0.5 };
  const { network, gated } = withGates(model.network, soft);
  const bins = binCount(network);
  const { provide: leaf, leaves } = namedLeaves();
  const provide: Provide = (name, shape) => {
    const fixed = model.values[name];
    return fixed && !gated.includes(name) ? constant(shape, fixed) : leaf(name, shape);
  };
  const output = trainingOutput({ ...model, network }, batch, provide, squares);
  const { mels } = model.head;
  const feature = smoothAbsoluteLoss(
    output,
    input('targets', [mels, batch]),
    constant([1], [1]),
    smoothing,
    1 / (mels * batch),
  );
  const share = gateShare(gated.map((name) => leaves.get(name) as Tensor));
  const loss = weightedSum([
    { weight: 1, loss: feature },
    { weight: options.sparsity, loss: share },
  ]);
  const start = initialize(network, 'exact', options.seed);
  const weights = model.values['mel.weights'];
  const peak = weights.reduce((a, b) => Math.max(a, b), 0);
  const gain = Float64Array.from({ length: 2 * bins }, (_, i) => (i % 2 === 0 ? 1 : 0));
  const initial: ParameterValues = { gain, 'mel.root': weights.map(Math.sqrt) };
  for (const name of gated) initial[name] = start[name];
  const training = train({
    loss,
    terms: { feature, share },
    parameters: [
      ...gated.map((name) => ({ tensor: leaves.get(name) as Tensor, rate: gateRate })),
      { tensor: leaves.get('gain') as Tensor, rate: 0.1 },
      { tensor: leaves.get('mel.root') as Tensor, rate: Math.sqrt(peak) },
    ],
    initial,
    feed: (step, view) => drawFrames(data, mels, options.seed, step, view),
    steps: options.steps,
    learningRate: 0.03,
    clip: 10,
    dtype: 'f32',
  });
  return { training, network, gates: gated };
}

/** Columns of a frame set drawn for one step. */
function drawFrames(
  data: FrameSet,
  mels: number,
  seed: number,
  step: number,
  view: (name: string) => FloatArray,
): void {
  const frames = view('frames');
  const targets = view('targets');
  const nFft = data.frames.length / data.lanes;
  for (let lane = 0; lane < batch; lane++) {
    const from = randomUint32(seed, batchStream, step * batch + lane) % data.lanes;
    for (let j = 0; j < nFft; j++) frames[j * batch + lane] = data.frames[j * data.lanes + from];
    for (let m = 0; m < mels; m++) targets[m * batch + lane] = data.targets[m * data.lanes + from];
  }
}

/** The model with gates at 0 or 1, all-open gates removed, gains and filterbank as trained. */
export function thresholded(
  model: SpectralModel,
  search: GateSearch,
): { model: SpectralModel; open: number; total: number } {
  const values: ParameterValues = { ...model.values };
  let open = 0;
  let total = 0;
  const stages = search.network.stages.map((stage, s) => {
    const name = `stage${s}.gate`;
    if (!stage.gate || !search.gates.includes(name)) return stage;
    const gates = search.training.value(name).map((g) => (g < 0.5 ? 0 : 1));
    const openHere = gates.reduce((a, b) => a + b, 0);
    open += openHere;
    total += gates.length;
    if (openHere === gates.length) return { radix: stage.radix, parametrization: stage.parametrization };
    values[name] = gates;
    return { ...stage, gate: { ...stage.gate, mode: 'hard' as const } };
  });
  values.gain = search.training.value('gain');
  values['mel.weights'] = search.training.value('mel.root').map((v) => v * v);
  return { model: { ...model, network: { ...search.network, stages }, values }, open, total };
}
