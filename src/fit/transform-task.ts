/** Learning a transform: complex Gaussian batches, the exact transform as target, squared relative L2 as loss. */
import { fillGaussian } from '../numeric/random.ts';
import { parameter, type ComplexTensor, type Tensor } from '../ir/graph.ts';
import { inputSignals } from '../ir/view.ts';
import type { FloatArray } from '../backends/backend.ts';
import { binCount, spectrum, parameterShapes, type NetworkSpec } from '../model/network.ts';
import type { Parametrization, Provide } from '../model/parametrization.ts';
import { spectrumLoss, weightedSum } from '../optimize/losses.ts';
import type { TrainOptions } from '../optimize/train.ts';

/** The network with every stage exact and no gates: same radices, same conventions. */
export const exactSpec = (spec: NetworkSpec): NetworkSpec => ({
  ...spec,
  stages: spec.stages.map((s) => ({ radix: s.radix, parametrization: 'exact' })),
  split: 'exact',
});

/** Adam's rate and the steps that reach 1e-12 in float64, by parametrisation and chain length, with fresh batches. */
export function recommendedTraining(
  parametrization: Parametrization,
  n: number,
): { learningRate: number; steps: number } {
  if (parametrization === 'free') return { learningRate: 2e-2, steps: 1500 };
  return { learningRate: 0.3, steps: n <= 64 ? 1500 : 5000 };
}

/** The parameters of an exact network: none. */
export const noParameters: Provide = (name) => {
  throw new Error(`internal: the exact network asks for "${name}"`);
};

export interface TransformTask extends Pick<TrainOptions, 'loss' | 'parameters' | 'feed'> {
  /** Squared relative L2 error of every rung; the loss is their sum. */
  readonly losses: readonly Tensor[];
  readonly output: ComplexTensor;
  readonly target: ComplexTensor;
}

/** Leaves by name, each made once: parameters, or inputs where `leaf` is `input`. */
export function namedLeaves(leaf: (name: string, shape: readonly number[]) => Tensor = parameter): {
  provide: Provide;
  leaves: Map<string, Tensor>;
} {
  const leaves = new Map<string, Tensor>();
  const provide: Provide = (name, shape) => {
    const known = leaves.get(name) ?? leaf(name, shape);
    leaves.set(name, known);
    return known;
  };
  return { provide, leaves };
}

/**
 * Loss of a network against its exact self on `batch` Gaussian signals per step. Step i draws from the streams 2 i and 2 i + 1 of
 * `seed`; a negative step, whose streams lie above those of every training, is for validation. `rungs` gives the parameters another form, such as
 * `quantizedProvides`, or constants in the place of some: with several the loss is the sum of theirs, and the output is that of the last.
 */
export function transformTask(
  spec: NetworkSpec,
  batch: number,
  seed: number,
  rungs: (provide: Provide) => readonly Provide[] = (provide) => [provide],
): TransformTask {
  const { provide, leaves } = namedLeaves();
  const source = inputSignals(spec.n, batch, spec.input);
  const outputs = rungs(provide).map((own) => spectrum(spec, source, { lanes: batch, provide: own }));
  const target = spectrum(exactSpec(spec), source, { lanes: batch, provide: noParameters });
  const unit = spec.input === 'real' ? 1 : 2;
  const gain = spec.norm === 'ortho' ? 1 : spec.n;
  const losses = outputs.map((x) => spectrumLoss(x, target, binCount(spec), batch, unit * gain));
  const loss = losses.length === 1 ? losses[0] : weightedSum(losses.map((one) => ({ weight: 1, loss: one })));
  const names = new Set([...Object.keys(parameterShapes(spec)), ...leaves.keys()]);
  const parameters = [...names].flatMap((name) => leaves.get(name) ?? []).map((tensor) => ({ tensor }));
  return {
    loss,
    losses,
    parameters,
    output: outputs[outputs.length - 1],
    target,
    feed(step: number, view: (name: string) => FloatArray) {
      fillGaussian(view('re'), seed, 2 * (step >>> 0));
      if (spec.input === 'complex') fillGaussian(view('im'), seed, 2 * (step >>> 0) + 1);
    },
  };
}
