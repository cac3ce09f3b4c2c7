/** A transform, one network and what stands behind its spectrum, as program; its cost. */
import { countPer, type OperationCount, type Program } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { modelGraph, networkOf, type TrainedModel } from '../model/model.ts';
import { binCount } from '../model/network.ts';

/** The float32 program of `lanes` transforms at once. */
export function transformProgram(t: TrainedModel, lanes: number): Program {
  const read = binCount(networkOf(t.model)) * lanes;
  return compileGraph(modelGraph(t, lanes), { dtype: 'f32', live: { outRe: read, outIm: read } });
}

const countedLanes = 4;

/** Real operations per transform of the compiled float32 program. */
export const transformCost = (t: TrainedModel): OperationCount =>
  countPer(transformProgram(t, countedLanes), countedLanes);
