/**
 * Structures of a decimation-in-frequency chain that a feature can spare: whole sub-blocks of its tree. The first stage
 * separates even from odd bins, the second each of these again; dropping an output of a sub-block at level t leaves out
 * the bins of one residue modulo 2^(t+1), and everything that only they need. Other radices stand below: residues are modulo powers
 * of two for every size.
 */
import type { GateSpec, StageSpec } from '../model/parametrization.ts';
import { uniformNetwork, type NetworkSpec } from '../model/network.ts';
import type { ParameterValues, TransformModel } from '../model/initialize.ts';
import { parameterName } from '../model/geometry.ts';
import { digitReversal, primeFactors } from '../numeric/digits.ts';

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

/** Drop gates by sub-block, hard. */
const blockGate: GateSpec = { kind: 'drop', mode: 'hard', grain: 'block', threshold: 0.5 };

/** Are all bins of a residue left out? */
function isDropped({ depth, dropped }: Structure, residue: number, modulus: number): boolean {
  for (let r = residue; r < 2 ** depth; r += modulus) if (!dropped.includes(r)) return false;
  return true;
}

/** Gates of the outputs of the groups at level t (t stages above); inside a dropped group they do not matter and are open. */
function levelGates(structure: Structure, t: number): Float64Array {
  const residues = digitReversal(new Array<number>(t).fill(2));
  return Float64Array.from({ length: 2 ** (t + 1) }, (_, i) => {
    const group = residues[i >> 1];
    const closed = isDropped(structure, group + (i & 1) * 2 ** t, 2 ** (t + 1));
    return closed && !isDropped(structure, group, 2 ** t) ? 0 : 1;
  });
}

/** Largest prime factor of n/2 of a network that is learned or gated: wider free blocks were not seen to come within 1e-12. */
export const largestFactor = 13;

/** Has n/2 factors small enough for a network that is learned or gated? */
export const hasSmallFactors = (n: number): boolean => primeFactors(n / 2).every((p) => p <= largestFactor);

/**
 * A real network of n points in decimation in frequency, its stages the prime factors of n/2. Those of radix 2 have the largest
 * strides: they come first, and their outputs are the residues of the tree.
 */
export function treeNetwork(n: number, kind: 'exact' | 'free'): NetworkSpec {
  const radices = primeFactors(n / 2).reverse();
  const rest = { input: 'real', decimation: 'frequency', split: kind } as const;
  return uniformNetwork(radices, { parametrization: kind }, rest);
}

/** Levels of the tree of n points whose sub-blocks may be dropped: radix-2 stages, as long as two bins are left of each block. */
export function treeLevels(n: number): number {
  let levels = 0;
  while ((n / 2) % 2 ** (levels + 1) === 0 && n / 2 >= 2 ** (levels + 2)) levels++;
  return levels;
}

/** The exact transform as a base to prune. */
export const exactBase = (n: number): TransformModel => ({ network: treeNetwork(n, 'exact'), values: {} });

/**
 * A base with the drop gates of a structure in its top stages; stages without a closed gate have none. The structure may have
 * `treeLevels` levels.
 */
export function structuredNetwork(base: TransformModel, structure: Structure): TransformModel {
  const values: ParameterValues = { ...base.values };
  const count = base.network.stages.length;
  const stages = base.network.stages.map((stage, s): StageSpec => {
    const t = count - 1 - s;
    if (t >= structure.depth) return stage;
    const gates = levelGates(structure, t);
    if (gates.every((g) => g === 1)) return stage;
    values[parameterName(s, 'gate')] = gates;
    return { ...stage, gate: blockGate };
  });
  return { network: { ...base.network, stages }, values };
}

/** Bins 0 .. n/2 of the real spectrum that a structure computes. */
export function liveBins(n: number, { depth, dropped }: Structure): boolean[] {
  return Array.from({ length: n / 2 + 1 }, (_, k) => !dropped.includes(k % 2 ** depth));
}
