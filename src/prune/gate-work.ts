/**
 * Which outputs of a gated network are computed: neither switched off, nor made from zeros alone, nor read by nobody. What a drop
 * gate saves is this difference, not its own butterflies: closed at the root of a tree it takes the tree along.
 */
import { decidedGates, gateIndex, gateWidth } from '../model/gates.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';
import { firstPosition, parameterName, stageOrder, stageSizes, type StageSize } from '../model/geometry.ts';
import type { StageSpec } from '../model/parametrization.ts';

/**
 * Per stage, output j of butterfly b at b r + j: 1 where it is computed, 3 where it is in reverse order, 2 where a skipped butterfly
 * hands its input on, else 0.
 */
export type LiveOutputs = readonly Uint8Array[];

/** What the gates of one stage do to an output of a butterfly, as in `LiveOutputs`. */
function outputStates(
  { gate }: StageSpec,
  values: ParameterValues,
  { s, r: radix, stride, count, points }: StageSize,
): Uint8Array {
  const out = new Uint8Array(points).fill(1);
  if (!gate) return out;
  const shares = decidedGates(gate, radix, values[parameterName(s, 'gate')]);
  const width = gateWidth(gate.kind, radix);
  for (let b = 0; b < count; b++) {
    const at = width * gateIndex(gate.grain, stride, b);
    const skips = gate.kind === 'ternary' ? shares[at] === 1 : gate.kind === 'skip' && shares[at] === 0;
    const reverses = gate.kind === 'ternary' && shares[at + 2] === 1;
    for (let j = 0; j < radix; j++)
      out[b * radix + j] = gate.kind === 'drop' ? shares[at + j] : skips ? 2 : reverses ? 3 : 1;
  }
  return out;
}

/** Live outputs of every stage, by rising stride; all outputs of the chain are wanted. */
export function liveOutputs(network: NetworkSpec, values: ParameterValues): LiveOutputs {
  const sizes = stageSizes(network);
  const { points } = sizes[0];
  const states = sizes.map((size) => outputStates(network.stages[size.s], values, size));
  const order = stageOrder(network);
  // Forward: positions that may be other than zero, before each stage.
  const alive = new Uint8Array(points).fill(1);
  const fed = sizes.map(({ count }) => new Uint8Array(count));
  const entering: Uint8Array[] = [];
  for (const s of order) {
    const { r, stride, count } = sizes[s];
    entering[s] = alive.slice();
    for (let b = 0; b < count; b++) {
      const at = firstPosition(sizes[s], b);
      let any = 0;
      for (let a = 0; a < r; a++) any |= alive[at + a * stride];
      fed[s][b] = any;
      for (let j = 0; j < r; j++)
        if (states[s][b * r + j] !== 2) alive[at + j * stride] = states[s][b * r + j] & any;
    }
  }
  // Backward: positions that somebody reads, behind each stage.
  const wanted = new Uint8Array(points).fill(1);
  const live = sizes.map(() => new Uint8Array(points));
  for (const s of order.reverse()) {
    const { r, stride, count } = sizes[s];
    for (let b = 0; b < count; b++) {
      const at = firstPosition(sizes[s], b);
      let computed = 0;
      for (let j = 0; j < r; j++) {
        const state = states[s][b * r + j];
        const reaches = state === 2 ? entering[s][at + j * stride] : fed[s][b];
        const own = wanted[at + j * stride] & reaches ? state : 0;
        live[s][b * r + j] = own;
        computed |= own & 1;
      }
      if (states[s][b * r] === 2) continue;
      for (let a = 0; a < r; a++) wanted[at + a * stride] = computed;
    }
  }
  return live;
}

/** Butterflies that are computed, those with some of their outputs in part. */
export function liveWork(network: NetworkSpec, values: ParameterValues): number {
  return liveOutputs(network, values).reduce(
    (sum, stage, s) => sum + stage.reduce((n, state) => n + (state & 1), 0) / network.stages[s].radix,
    0,
  );
}
