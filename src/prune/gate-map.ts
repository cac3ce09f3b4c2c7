/** What is left of a frozen network, butterfly by butterfly: for reports and counts. */
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { liveOutputs } from './gate-work.ts';
import { stageOrder, stageSizes } from '../model/geometry.ts';

/**
 * State of each butterfly of a model: what its frozen network computes. reverse: its outputs are in reverse order. drop-sum and
 * drop-difference: the sum or the difference of radix 2 is not computed, because its gate is off or nobody reads it. part: the same
 * of some outputs of a larger radix. dead: none is, or everything that feeds it is dropped.
 */
export const butterflyStates = [
  'active',
  'reverse',
  'skip',
  'drop-sum',
  'drop-difference',
  'part',
  'dead',
] as const;
/** A name of `butterflyStates`. */
export type ButterflyState = (typeof butterflyStates)[number];

/** The state of a butterfly by what is live of its outputs. */
function stateOf(outputs: Uint8Array): ButterflyState {
  if (outputs.every((x) => x === 0)) return 'dead';
  if (outputs.includes(2)) return 'skip';
  const reverse = outputs.includes(3);
  if (!outputs.includes(0)) return reverse ? 'reverse' : 'active';
  if (outputs.length > 2) return 'part';
  // One output is spared: the other is a sum or a difference, whatever the gate says; reversed, they have changed places.
  return (outputs[0] === 0) === !reverse ? 'drop-sum' : 'drop-difference';
}

/** The map of a network, stage x butterfly, in order of execution. Throws InvalidArgumentError for a gate that is not finite. */
export function gateMap(network: NetworkSpec, values: ParameterValues): ButterflyState[][] {
  const live = liveOutputs(network, values);
  const sizes = stageSizes(network);
  return stageOrder(network).map((s) => {
    const { r, count } = sizes[s];
    return Array.from({ length: count }, (_, b) => stateOf(live[s].subarray(r * b, r * (b + 1))));
  });
}

/** Counts the butterflies of a gate map that are computed (`active`) and all of them (`total`). */
export function activeButterflies(map: readonly (readonly ButterflyState[])[]): {
  active: number;
  total: number;
} {
  const all = map.flat();
  return { active: all.filter((s) => s !== 'skip' && s !== 'dead').length, total: all.length };
}
