/** A transform, one network and what stands behind its spectrum, as graph and program; its cost. */
import { InvalidArgumentError } from '../errors.ts';
import { countPer, type OperationCount, type Program } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { ComplexTensor, Graph } from '../ir/graph.ts';
import { inputSignals, planarOutputs, type ComplexView } from '../ir/view.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { modelOutput, networkOf, transformModel, type Model, type TrainedModel } from '../model/model.ts';
import { binCount, type NetworkSpec } from '../model/network.ts';
import { frozen, type Provide } from '../model/parametrization.ts';

/** The spectrum [bins (+ spare rows), lanes] of a transform. Throws InvalidArgumentError for a model that ends in samples. */
export function transformSpectrum(
  model: Model,
  source: ComplexView,
  lanes: number,
  provide: Provide,
): ComplexTensor {
  const { re, im } = modelOutput(model, source, { lanes, provide });
  if (!im) throw new InvalidArgumentError('a model that ends in real samples; expected a spectrum');
  return { re, im };
}

/** Inputs "re" (and "im") [n, lanes] of a network. */
export const sourceOf = ({ n, input }: NetworkSpec, lanes: number): ComplexView =>
  inputSignals(n, lanes, input);

/** Inputs as `sourceOf` says, outputs `outRe` and `outIm`. */
export const transformGraphOf = ({ model, values }: TrainedModel, lanes: number): Graph => {
  const source = sourceOf(networkOf(model), lanes);
  return { outputs: planarOutputs(transformSpectrum(model, source, lanes, frozen(values))) };
};

/** The float32 program of `lanes` transforms at once. */
export function transformProgram(t: TrainedModel, lanes: number): Program {
  const read = binCount(networkOf(t.model)) * lanes;
  return compileGraph(transformGraphOf(t, lanes), { dtype: 'f32', live: { outRe: read, outIm: read } });
}

const countedLanes = 4;

/** Real operations per transform of the compiled float32 program. */
export const transformCost = (t: TrainedModel): OperationCount =>
  countPer(transformProgram(t, countedLanes), countedLanes);

/** Teacher: a trained network with its gains, `values.gain` [bins, 2], as a banded corrector of radius 0. */
export function teacherTransform(
  network: NetworkSpec,
  { gain, ...values }: ParameterValues,
  kept?: ArrayLike<number>,
): TrainedModel {
  const bins = binCount(network);
  if (gain && gain.length !== 2 * bins)
    throw new InvalidArgumentError(`gain has ${gain.length} numbers; expected ${2 * bins}, a pair per bin`);
  const band = gain && { spec: { kind: 'banded', radius: 0 } as const, values: { 'corrector.band': gain } };
  return transformModel(network, values, { corrector: band, kept });
}
