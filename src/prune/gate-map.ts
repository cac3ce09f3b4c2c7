/** What is left of a frozen network, butterfly by butterfly: for reports and counts. */
import { decidedGates, gateIndex, gateStates, gateWidth } from '../model/gates.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { liveOutputs } from './gate-work.ts';
import { parameterName, stageOrder, stageSizes, type StageSize } from '../model/geometry.ts';

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

/** States of one stage's butterflies as its gates have them but for what drop gates leave out, whatever the other stages do. */
function ownStates(
  { stages }: NetworkSpec,
  values: ParameterValues,
  { s, r, stride, count }: StageSize,
): ButterflyState[] {
  const { gate } = stages[s];
  if (!gate || gate.kind === 'drop') return new Array<ButterflyState>(count).fill('active');
  const shares = decidedGates(gate, r, values[parameterName(s, 'gate')]);
  const width = gateWidth(gate.kind, r);
  const states = Object.entries(gateStates[gate.kind]) as [ButterflyState, readonly number[]][];
  return Array.from({ length: count }, (_, b) => {
    const at = width * gateIndex(gate.grain, stride, b);
    const found = states.find(([, own]) => own.every((x, j) => x === shares[at + j]));
    if (!found) throw new Error('internal: shares that no decision gives');
    return found[0];
  });
}

/**
 * The map of a network, stage x butterfly, in order of execution. Throws InvalidArgumentError for a gate that is not finite.
 */
export function gateMap(network: NetworkSpec, values: ParameterValues): ButterflyState[][] {
  const live = liveOutputs(network, values);
  const sizes = stageSizes(network);
  return stageOrder(network).map((s) => {
    const { r } = sizes[s];
    return ownStates(network, values, sizes[s]).map((own, b): ButterflyState => {
      const outputs = live[s].subarray(r * b, r * (b + 1));
      if (outputs.every((x) => x === 0)) return 'dead';
      if (own === 'skip' || outputs.every((x) => x > 0)) return own;
      if (r > 2) return 'part';
      // One output is spared: the other is a sum or a difference, whatever the gate says; reversed, they have changed places.
      return (outputs[0] === 0) === (own !== 'reverse') ? 'drop-sum' : 'drop-difference';
    });
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
