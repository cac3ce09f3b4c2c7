/** Learned transforms that are the exact one, and how they are then computed. */
import { InvalidArgumentError } from '../errors.ts';
import { snap, snapSplit } from '../model/canonicalize.ts';
import { initialize } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { exactNetwork } from '../plans/plan.ts';
import type { CorrectedTransform } from './corrected-transform.ts';

/** Is the chain of a network within 1e-12 of the exact one, block by block (docs/conventions.md)? */
function chainIsExact({ network, values }: CorrectedTransform): boolean {
  const chain: NetworkSpec =
    network.input === 'real' ? { ...network, n: network.n / 2, input: 'complex', split: 'exact' } : network;
  try {
    return snap(chain, values).spec.stages.every((s) => s.parametrization === 'exact');
  } catch (error) {
    // A block without a canonical form.
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
}

/**
 * Is a transform the exact one and nothing else: its stages exact, or free blocks that a canonical form shows to be, no gates, no
 * corrector, no mask? The fastest plan of its size may then stand for it.
 */
export function isExactTransform(t: CorrectedTransform): boolean {
  const { network, values, corrector, mask } = t;
  const { stages, split, input, direction, permutation } = network;
  // The inverse of a real transform has other ends: a plan reads half a spectrum, a network all of it.
  if (input === 'real' && direction === 'inverse') return false;
  if (corrector.spec.kind !== 'identity' || mask || permutation !== 'digit-reversal') return false;
  if (stages.some((s) => s.gate !== undefined)) return false;
  const are = (kind: string): boolean => stages.every((s) => s.parametrization === kind);
  if (!are('exact') && !(are('free') && chainIsExact(t))) return false;
  if (input === 'complex' || split === 'exact') return true;
  if (split !== 'free') return false;
  const exact = initialize(network, 'exact', 0)['split.block'];
  return snapSplit(network, values, exact).spec.split === 'exact';
}

/** A transform that was learned to be the exact one, block by block, with exact stages of the best radices; others as they are. */
export function snappedTransform(t: CorrectedTransform): CorrectedTransform {
  const { n, input, norm, direction, stages } = t.network;
  if (stages.every((s) => s.parametrization === 'exact') || !isExactTransform(t)) return t;
  return {
    ...t,
    network: { ...exactNetwork({ n, input, norm, inverse: direction === 'inverse' }) },
    values: {},
  };
}
