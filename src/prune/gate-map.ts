/** What is left of a frozen radix-2 network, butterfly by butterfly: for reports and counts. */
import { InvalidArgumentError } from '../errors.ts';
import { decidedGates, gateIndex, gateStates, gateWidth } from '../model/gates.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { liveOutputs } from './gate-work.ts';
import { parameterName, stageOrder } from '../model/geometry.ts';

/**
 * State of each radix-2 butterfly of a model: what its frozen network computes. reverse: its outputs are swapped. drop-sum and
 * drop-difference: the sum or the difference is not computed, because its gate is off or nobody reads it. dead: neither is, or
 * everything that feeds it is dropped.
 */
export const butterflyStates = ['active', 'reverse', 'skip', 'drop-sum', 'drop-difference', 'dead'] as const;
/** A name of `butterflyStates`. */
export type ButterflyState = (typeof butterflyStates)[number];

/** The state that decided shares stand for, by the table of the gate's kind. */
function stateOf(kind: keyof typeof gateStates, shares: ArrayLike<number>): ButterflyState {
  const states = Object.entries(gateStates[kind]) as [ButterflyState, readonly number[]][];
  const found = states.find(([, own]) => own.every((x, j) => x === shares[j]));
  if (!found) throw new Error('internal: shares that no decision gives');
  return found[0];
}

/** States of one stage's butterflies as its gates have them, whatever the other stages do. */
function ownStates(network: NetworkSpec, values: ParameterValues, s: number): ButterflyState[] {
  const stride = 2 ** s;
  const { gate } = network.stages[s];
  const count = 2 ** (network.stages.length - 1);
  if (!gate) return new Array<ButterflyState>(count).fill('active');
  const shares = decidedGates(gate, 2, values[parameterName(s, 'gate')]);
  const width = gateWidth(gate.kind, 2);
  return Array.from({ length: count }, (_, b) => {
    const at = width * gateIndex(gate.grain, stride, b);
    return stateOf(gate.kind, shares.subarray(at, at + width));
  });
}

/**
 * The map of a radix-2 network, stage x butterfly, in order of execution. Throws InvalidArgumentError for another radix or a gate
 * that is not finite.
 */
export function gateMap(network: NetworkSpec, values: ParameterValues): ButterflyState[][] {
  const wrong = network.stages.find((s) => s.radix !== 2);
  if (wrong) throw new InvalidArgumentError(`a stage has radix ${wrong.radix}; a gate map needs radix 2`);
  const live = liveOutputs(network, values);
  return stageOrder(network).map((s) =>
    ownStates(network, values, s).map((own, b): ButterflyState => {
      const [sum, difference] = live[s].subarray(2 * b, 2 * b + 2);
      if (sum === 0 && difference === 0) return 'dead';
      if (own === 'skip' || (sum > 0 && difference > 0)) return own;
      // One output is spared: the other is a sum or a difference, whatever the gate says; reversed, they have changed places.
      const spared = (sum === 0) === (own !== 'reverse');
      return spared ? 'drop-sum' : 'drop-difference';
    }),
  );
}

/** Counts the butterflies of a gate map that are computed (`active`) and all of them (`total`). */
export function activeButterflies(map: readonly (readonly ButterflyState[])[]): {
  active: number;
  total: number;
} {
  const all = map.flat();
  return { active: all.filter((s) => s !== 'skip' && s !== 'dead').length, total: all.length };
}
