/** The certificate of a network: a bound of its error that is proven. */
import { certify, type ParameterValues, type NetworkSpec } from 'papilio/learn';
import type { Task } from '../shell/task.ts';

interface ProveInput {
  readonly network: NetworkSpec;
  readonly values: ParameterValues;
  readonly target: NonNullable<Parameters<typeof certify>[1]>['target'];
}

export interface Proven {
  readonly relativeTau: number;
  readonly rounding: number;
  readonly worstBin: number;
}

const prove: Task<ProveInput, Proven> = ({ network, values, target }) => {
  const { relativeTau, roundingBound, targetNorm, worstBin } = certify(
    { network, values },
    { dtype: 'f32', ...(target ? { target } : {}) },
  );
  return { relativeTau, rounding: roundingBound / targetNorm, worstBin };
};
export default prove;
