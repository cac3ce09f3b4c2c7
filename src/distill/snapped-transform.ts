/** Learned transforms that are the exact one, and how they are then computed. */
import { InvalidArgumentError } from '../errors.ts';
import { snap, snapSplit } from '../model/canonicalize.ts';
import { initialize, type ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { exactNetwork } from '../plans/plan.ts';
import { formOf, networkOf, withNetwork, type TrainedModel } from '../model/model.ts';

/** Is the chain of a network within 1e-12 of the exact one, block by block (docs/conventions.md)? */
function chainIsExact(network: NetworkSpec, values: ParameterValues): boolean {
  const chain: NetworkSpec =
    network.input === 'real' ? { ...network, n: network.n / 2, input: 'complex', split: 'exact' } : network;
  try {
    return snap(chain, values).spec.stages.every((s) => s.parametrization === 'exact');
  } catch (error) {
    // This block has no canonical form.
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
  const { stages, split, input, direction, permutation } = network;
  // The inverse of a real transform has other ends: a plan reads half a spectrum, a network all of it.
  if (input === 'real' && direction === 'inverse') return false;
  if (permutation !== 'digit-reversal') return false;
  if (stages.some((s) => s.gate !== undefined)) return false;
  const are = (kind: string): boolean => stages.every((s) => s.parametrization === kind);
  if (!are('exact') && !(are('free') && chainIsExact(network, values))) return false;
  if (input === 'complex' || split === 'exact') return true;
  if (split !== 'free') return false;
  const exact = initialize(network, 'exact', 0)['split.block'];
  return snapSplit(network, values, exact).spec.split === 'exact';
}

/** A transform whose blocks were learned to be the exact ones gets exact stages of the best radices. Others stay as they are. */
export function snappedTransform(t: TrainedModel): TrainedModel {
  const { n, input, norm, direction, stages } = networkOf(t.model);
  if (stages.every((s) => s.parametrization === 'exact') || !isExactTransform(t)) return t;
  return withNetwork(t, exactNetwork({ n, input, norm, inverse: direction === 'inverse' }), {});
}
