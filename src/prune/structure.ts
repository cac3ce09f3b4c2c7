/**
 * Structures of a decimation-in-frequency chain that a feature can spare: whole sub-blocks of its tree. The first stage
 * separates even from odd bins, the second each of these again; dropping an output of a sub-block at level t leaves out
 * the bins of one residue modulo 2^(t+1), and everything that only they need.
 */
import type { GateSpec, StageSpec } from '../model/parametrization.ts';
import type { NetworkSpec } from '../model/network.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { parameterName } from '../model/geometry.ts';

/** Residues modulo 2^depth whose bins are not computed; closed under negation, as the split stage pairs k with n/2 - k. */
export interface Structure {
  readonly depth: number;
  readonly dropped: readonly number[];
}

export const wholeTree: Structure = { depth: 0, dropped: [] };

/** Readable name: which bins are left. */
export function structureName({ depth, dropped }: Structure): string {
  if (dropped.length === 0) return 'all bins';
  const modulus = 2 ** depth;
  // The coarsest modulus that says the same.
  for (let m = 2; m <= modulus; m *= 2) {
    const residues = Array.from({ length: m }, (_, r) => r);
    const state = residues.map((r) => dropped.filter((d) => d % m === r).length / (modulus / m));
    if (state.every((s) => s === 0 || s === 1))
      return `bins ${residues.filter((r) => state[r] === 0).join(', ')} mod ${m}`;
  }
  return `without residues ${dropped.join(', ')} mod ${modulus}`;
}

/** All structures of a depth that keep something: 31 at depth 3, each set of residue classes {r, -r} once. */
export function enumerateStructures(depth: number): Structure[] {
  const modulus = 2 ** depth;
  const classes: number[][] = [];
  for (let r = 0; r <= modulus / 2; r++) classes.push(r === 0 || 2 * r === modulus ? [r] : [r, modulus - r]);
  return Array.from({ length: 2 ** classes.length - 1 }, (_, set) => ({
    depth,
    dropped: classes.flatMap((c, i) => ((set >> i) & 1 ? c : [])).sort((a, b) => a - b),
  }));
}

const reverseBits = (x: number, bits: number): number => {
  let out = 0;
  for (let i = 0; i < bits; i++) out |= ((x >> i) & 1) << (bits - 1 - i);
  return out;
};

/** Drop gates by sub-block, hard. */
const blockGate: GateSpec = { kind: 'drop', mode: 'hard', grain: 'block', threshold: 0.5 };

/** Are all bins of a residue left out? */
function isDropped({ depth, dropped }: Structure, residue: number, modulus: number): boolean {
  for (let r = residue; r < 2 ** depth; r += modulus) if (!dropped.includes(r)) return false;
  return true;
}

/** Gate of output `child` of group `g` at level t (t stages above it); inside a dropped group it does not matter and is open. */
function gateAt(structure: Structure, t: number, g: number, child: number): 0 | 1 {
  const group = reverseBits(g, t);
  if (isDropped(structure, group, 2 ** t)) return 1;
  return isDropped(structure, group + child * 2 ** t, 2 ** (t + 1)) ? 0 : 1;
}

/**
 * The exact radix-2 decimation-in-frequency network of a real transform with the drop gates of a structure in its top
 * stages; stages without a closed gate have none.
 */
export function structuredNetwork(
  n: number,
  structure: Structure,
): { network: NetworkSpec; values: ParameterValues } {
  const count = Math.log2(n / 2);
  const values: ParameterValues = {};
  const stages = Array.from({ length: count }, (_, s): StageSpec => {
    const t = count - 1 - s;
    if (t >= structure.depth) return { radix: 2, parametrization: 'exact' };
    const gates = Float64Array.from({ length: 2 ** (t + 1) }, (_, i) => gateAt(structure, t, i >> 1, i & 1));
    if (gates.every((g) => g === 1)) return { radix: 2, parametrization: 'exact' };
    values[parameterName(s, 'gate')] = gates;
    return { radix: 2, parametrization: 'exact', gate: blockGate };
  });
  const network: NetworkSpec = {
    n,
    input: 'real',
    direction: 'forward',
    norm: 'backward',
    decimation: 'frequency',
    permutation: 'digit-reversal',
    stages,
    split: 'exact',
  };
  return { network, values };
}

/** Bins 0 .. n/2 of the real spectrum that a structure computes. */
export function liveBins(n: number, { depth, dropped }: Structure): boolean[] {
  return Array.from({ length: n / 2 + 1 }, (_, k) => !dropped.includes(k % 2 ** depth));
}
