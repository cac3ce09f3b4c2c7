/** Learned transforms that are the exact one, and how they are then computed. */
import { InvalidArgumentError } from '../errors.ts';
import { isExactNetwork, snap } from '../model/canonicalize.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { exactNetwork } from '../plans/plan.ts';
import { formOf, networkOf, withNetwork, type TrainedModel } from '../model/model.ts';

/** Is a network the exact one, block by block? */
function snaps(network: NetworkSpec, values: ParameterValues): boolean {
  try {
    return isExactNetwork(snap(network, values).spec);
  } catch (error) {
    // There is no canonical form.
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
}

/**
 * Is a transform the exact one and nothing else: its stages exact, or free blocks that a canonical form shows to be, no gates, no
 * corrector, no mask? The fastest plan of its size may then stand for it.
 */
export function isExactTransform(t: TrainedModel): boolean {
  const { model, values } = t;
  if (model.parts.length > 1 || formOf(model) !== 'transform') return false;
  const network = networkOf(model);
  const { input, direction, permutation } = network;
  // The inverse of a real transform has other ends: a plan reads half a spectrum, a network all of it.
  if (input === 'real' && direction === 'inverse') return false;
  return permutation === 'digit-reversal' && snaps(network, values);
}

/** A transform whose blocks were learned to be the exact ones gets exact stages of the best radices. Others stay as they are. */
export function snappedTransform(t: TrainedModel): TrainedModel {
  const { n, input, norm, direction, stages } = networkOf(t.model);
  if (stages.every((s) => s.parametrization === 'exact') || !isExactTransform(t)) return t;
  return withNetwork(t, exactNetwork({ n, input, norm, inverse: direction === 'inverse' }), {});
}
