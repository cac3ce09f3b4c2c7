/** A transform, one network and what stands behind its spectrum, as program; its cost. */
import { InvalidArgumentError } from '../errors.ts';
import { countPer, type OperationCount, type Program } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { modelGraph, networkOf, transformModel, type TrainedModel } from '../model/model.ts';
import { binCount, type NetworkSpec } from '../model/network.ts';

/** The float32 program of `lanes` transforms at once. */
export function transformProgram(t: TrainedModel, lanes: number): Program {
  const read = binCount(networkOf(t.model)) * lanes;
  return compileGraph(modelGraph(t, lanes), { dtype: 'f32', live: { outRe: read, outIm: read } });
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
