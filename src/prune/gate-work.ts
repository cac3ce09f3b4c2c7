/**
 * Which outputs of a gated network are computed: neither switched off, nor made from zeros alone, nor read by nobody. What a drop
 * gate saves is this difference, not its own butterflies: closed at the root of a tree it takes the tree along.
 */
import { decidedGates, gateIndex, gateWidth } from '../model/gates.ts';
import type { ParameterValues } from '../model/initialize.ts';
import type { NetworkSpec } from '../model/network.ts';

/** Per stage, output j of butterfly b at b r + j: 1 where it is computed, 2 where a skipped butterfly hands its input on, else 0. */
export type LiveOutputs = readonly Uint8Array[];

/** What the gates of one stage do to an output of a butterfly: 0 off, 1 computed, 2 handed on from the input. */
function outputStates(network: NetworkSpec, values: ParameterValues, s: number, stride: number): Uint8Array {
  const { radix, gate } = network.stages[s];
  const points = network.stages.reduce((p, x) => p * x.radix, 1);
  const out = new Uint8Array(points).fill(1);
  if (!gate) return out;
  const shares = decidedGates(gate, radix, values[`stage${s}.gate`]);
  const width = gateWidth(gate.kind, radix);
  for (let b = 0; b < points / radix; b++) {
    const at = width * gateIndex(gate.grain, stride, b);
    const skips = gate.kind === 'ternary' ? shares[at] === 1 : gate.kind === 'skip' && shares[at] === 0;
    for (let j = 0; j < radix; j++)
      out[b * radix + j] = skips ? 2 : gate.kind === 'drop' ? shares[at + j] : 1;
  }
  return out;
}

/** Live outputs of every stage, by rising stride; all outputs of the chain are wanted. */
export function liveOutputs(network: NetworkSpec, values: ParameterValues): LiveOutputs {
  const radices = network.stages.map((s) => s.radix);
  const points = radices.reduce((a, b) => a * b, 1);
  const strides = radices.map((_, s) => radices.slice(0, s).reduce((a, b) => a * b, 1));
  const states = radices.map((_, s) => outputStates(network, values, s, strides[s]));
  const order = radices.map((_, s) => s);
  if (network.decimation === 'frequency') order.reverse();
  const first = (s: number, b: number): number =>
    Math.floor(b / strides[s]) * radices[s] * strides[s] + (b % strides[s]);
  // Forward: positions that may be other than zero, before each stage.
  const alive = new Uint8Array(points).fill(1);
  const fed = radices.map((r) => new Uint8Array(points / r));
  const entering: Uint8Array[] = [];
  for (const s of order) {
    entering[s] = alive.slice();
    for (let b = 0; b < points / radices[s]; b++) {
      const at = first(s, b);
      let any = 0;
      for (let a = 0; a < radices[s]; a++) any |= alive[at + a * strides[s]];
      fed[s][b] = any;
      for (let j = 0; j < radices[s]; j++)
        if (states[s][b * radices[s] + j] < 2)
          alive[at + j * strides[s]] = states[s][b * radices[s] + j] & any;
    }
  }
  // Backward: positions that somebody reads, behind each stage.
  const wanted = new Uint8Array(points).fill(1);
  const live = radices.map(() => new Uint8Array(points));
  for (const s of [...order].reverse())
    for (let b = 0; b < points / radices[s]; b++) {
      const at = first(s, b);
      let computed = 0;
      for (let j = 0; j < radices[s]; j++) {
        const state = states[s][b * radices[s] + j];
        const reaches = state === 2 ? entering[s][at + j * strides[s]] : fed[s][b];
        const own = wanted[at + j * strides[s]] & reaches ? state : 0;
        live[s][b * radices[s] + j] = own;
        computed |= own & 1;
      }
      if (states[s][b * radices[s]] === 2) continue;
      for (let a = 0; a < radices[s]; a++) wanted[at + a * strides[s]] = computed;
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
