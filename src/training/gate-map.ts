/** What is left of a frozen radix-2 network, butterfly by butterfly: for reports and counts. */
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';

/** State of each radix-2 butterfly of a model: what its frozen network computes. */
export type ButterflyState = 'active' | 'skip' | 'drop' | 'dead';

/** The map of a radix-2 network, stage x butterfly, in order of execution. dead: everything it feeds is dropped. */
export function gateMap(network: NetworkSpec, values: ParameterValues): ButterflyState[][] {
  const count = network.stages.length;
  const size = 2 ** count;
  const order =
    network.decimation === 'time'
      ? network.stages.map((_, s) => s)
      : network.stages.map((_, s) => count - 1 - s);
  let alive = new Uint8Array(size).fill(1);
  return order.map((s) => {
    const stride = 2 ** s;
    const { gate } = network.stages[s];
    const gates = values[`stage${s}.gate`];
    const next = alive.slice();
    const states = Array.from({ length: size / 2 }, (_, b): ButterflyState => {
      const [g, k] = [Math.floor(b / stride), b % stride];
      const positions = [2 * g * stride + k, 2 * g * stride + k + stride];
      if (positions.every((p) => !alive[p])) return 'dead';
      if (!gate) {
        for (const p of positions) next[p] = 1;
        return 'active';
      }
      const index = gate.grain === 'block' ? g : b;
      if (gate.kind === 'skip') return gates[index] >= gate.threshold ? 'active' : 'skip';
      const kept = [0, 1].map((j) => gates[2 * index + j] >= gate.threshold);
      positions.forEach((p, j) => (next[p] = kept[j] ? 1 : 0));
      return kept[0] && kept[1] ? 'active' : kept[0] || kept[1] ? 'drop' : 'dead';
    });
    alive = next;
    return states;
  });
}

export function activeButterflies(map: readonly (readonly ButterflyState[])[]): {
  active: number;
  total: number;
} {
  const all = map.flat();
  return { active: all.filter((s) => s === 'active' || s === 'drop').length, total: all.length };
}
