/**
 * Where the stages of a chain are, and what their parameters are called.
 *
 * Stage s has radix r_s and stride d_s = r_0 ... r_{s-1}; butterfly b = g d + k of a stage joins positions g r d + a d + k,
 * a = 0 .. r-1. Decimation in time runs stages by rising stride on digit-reversed input; decimation in frequency is its
 * transpose: falling stride, natural input, digit-reversed output. (Van Loan, Computational Frameworks for the FFT, 1992.)
 */
import { digitReversal, inversePermutation } from '../numeric/digits.ts';
import type { Term } from '../ir/graph.ts';

/** Sizes of one stage of a chain. */
export interface StageSize {
  readonly s: number;
  /** Radix. */
  readonly r: number;
  /** Distance of the legs of a butterfly, and butterflies per group: product of the radices below. */
  readonly stride: number;
  /** Product of the radices above. */
  readonly groups: number;
  /** Butterflies: groups * stride. */
  readonly count: number;
  /** Points of the whole chain: r * count. */
  readonly points: number;
}

export const productOf = (factors: readonly number[]): number => factors.reduce((a, b) => a * b, 1);

/** What has stages, by rising stride: a network, or a part of one. */
interface Staged {
  readonly stages: readonly { readonly radix: number }[];
}

export const radicesOf = ({ stages }: Staged): number[] => stages.map(({ radix }) => radix);

/** Complex points of a chain: the product of its radices. */
export const pointsOf = (network: Staged): number => productOf(radicesOf(network));

/** Sizes of stage s. */
export function stageSize(radices: readonly number[], s: number): StageSize {
  const [r, stride, groups] = [radices[s], productOf(radices.slice(0, s)), productOf(radices.slice(s + 1))];
  return { s, r, stride, groups, count: groups * stride, points: groups * stride * r };
}

/** Sizes of all stages, by rising stride. */
export const stageSizes = (network: Staged): StageSize[] =>
  network.stages.map((_, s) => stageSize(radicesOf(network), s));

/** Numbers of the stages in the order in which they run. */
export function stageOrder({
  stages,
  decimation,
}: Staged & { readonly decimation: 'time' | 'frequency' }): number[] {
  const order = stages.map((_, s) => s);
  return decimation === 'time' ? order : order.reverse();
}

/** Position of leg 0 of butterfly b; leg a is a strides further. */
export const firstPosition = ({ r, stride }: Pick<StageSize, 'r' | 'stride'>, b: number): number =>
  (b - (b % stride)) * r + (b % stride);

/** Kinds of a stage's parameters; `noise` is an input of training. */
export type StageParameter = 'twiddle' | 'angle' | 'block' | 'unitary' | 'widely' | 'gate' | 'noise';

/** Name of a parameter of stage s, as in files. */
export const parameterName = (s: number, kind: StageParameter): string => `stage${s}.${kind}`;

/** The stage that a parameter belongs to and its kind; none (-1) for those of the split stage and of a front end. */
export function parameterStage(name: string): { readonly s: number; readonly kind: string } {
  const found = /^stage(\d+)\.(.*)$/.exec(name);
  return found ? { s: Number(found[1]), kind: found[2] } : { s: -1, kind: name.split('.')[1] };
}

/** The name of the same parameter `by` stages further. */
export const renumbered = (name: string, by: number): string =>
  name.replace(/^stage(\d+)/, (_, s) => `stage${Number(s) + by}`);

/**
 * Where the samples go before the first stage by rising stride: position p of the chain holds sample P[p] for a table
 * (digit reversal included); decimation in frequency is the transpose, position p of its end is bin P[p].
 */
export type Permutation = 'digit-reversal' | 'identity' | readonly number[];

/** P as a table: position p before the first stage in time decimation, behind the last in frequency, holds sample table[p]. */
export function permutationTable(network: Staged & { readonly permutation: Permutation }): Int32Array {
  const { permutation } = network;
  if (permutation === 'digit-reversal') return digitReversal(radicesOf(network));
  return permutation === 'identity' ? range(pointsOf(network), (p) => p) : Int32Array.from(permutation);
}

/** Where intermediate results live: at their positions, or autosorted (Stockham), which keeps inner loops contiguous. */
export type Storage = 'in-place' | 'stockham';

/** The row of one leg of a butterfly: an offset, and terms over the point dimensions of a loop. */
export interface Row {
  readonly offset: number;
  readonly terms: readonly Term[];
}

/** Rows of all legs that differ by their offsets only. */
export const legs = (r: number, step: number, terms: readonly Term[]): Row[] =>
  Array.from({ length: r }, (_, a) => ({ offset: a * step, terms }));

export function range(n: number, f: (i: number) => number): Int32Array {
  const table = new Int32Array(n);
  for (let i = 0; i < n; i++) table[i] = f(i);
  return table;
}

/** Positions of one stage in storage, seen from its point dimensions: [g, k] in place, [k, p] with p = reversed g in Stockham order. */
interface StageGeometry {
  readonly space: readonly number[];
  readonly before: readonly Row[];
  readonly after: readonly Row[];
  /** Terms of g and k over the point dimensions, for parameters; g is asked for by learned and gated stages only. */
  readonly g: () => readonly Term[];
  readonly k: readonly Term[];
}

/** Geometry of stage s. The permutation decides the order at level 0 (input of time, output of frequency decimation). */
export function stageGeometry(
  radices: readonly number[],
  s: number,
  storage: Storage,
  permutation: Permutation,
): StageGeometry {
  const { r, stride: d, groups: m } = stageSize(radices, s);
  // Group numbers sorted by the address of their first sample: rev(g) over the radices above stage s.
  const reversedGroups = (): Int32Array => digitReversal(radices.slice(s + 1));
  if (storage === 'stockham' && permutation === 'digit-reversal') {
    // Level D stores frequency digits K above time digits p: address K (n / D) + p.
    return {
      space: [d, m],
      before: legs(r, m, [r * m, 1]),
      after: legs(r, d * m, [m, 1]),
      g: () => [0, inversePermutation(reversedGroups())],
      k: [1, 0],
    };
  }
  const inPlace = legs(r, d, [r * d, 1]);
  const first = (): Row[] => {
    if (permutation === 'identity') return inPlace;
    if (permutation === 'digit-reversal') return legs(r, m, [reversedGroups(), 0]);
    return inPlace.map((_, a) => ({ offset: 0, terms: [range(m, (g) => permutation[g * r + a]), 0] }));
  };
  return {
    space: [m, d],
    before: s === 0 ? first() : inPlace,
    after: inPlace,
    g: () => [1, 0],
    k: [0, 1],
  };
}

/** Tiles of a digit reversal: their sides are whole vectors, and few enough to be held in registers. */
const tileSides = [4, 8];

/** The first product of leading radices that is the side of a tile, and how many radices that takes. */
function tileSide(radices: readonly number[]): { side: number; count: number } | null {
  let side = 1;
  for (let i = 0; i < radices.length; i++)
    if (tileSides.includes((side *= radices[i]))) return { side, count: i + 1 };
  return null;
}

/** Sides of the tiles of a digit reversal: positions that are neighbours, samples that are neighbours. */
export interface ReversalTiles {
  readonly positions: number;
  readonly samples: number;
}

/** Tiles that the radices allow, if any. */
export function reversalTiles(radices: readonly number[]): ReversalTiles | null {
  const [low, high] = [tileSide(radices), tileSide([...radices].reverse())];
  if (!low || !high || low.count + high.count > radices.length) return null;
  return { positions: low.side, samples: high.side };
}

/** Rows of a tile's positions and of its samples over the point dimensions `space` of the reversal's loop. */
export function reversalGeometry(
  radices: readonly number[],
  { positions: width, samples: height }: ReversalTiles,
): { space: readonly number[]; positions: readonly Row[]; samples: readonly Row[] } {
  const n = productOf(radices);
  const reversed = digitReversal(radices);
  const part = (count: number, step: number): Int32Array => range(count, (i) => reversed[i * step]);
  const space = [n / (width * height), width];
  const far = n / height;
  const terms = [part(space[0], width), part(width, 1)];
  return {
    space,
    positions: legs(height, far, [width, 1]),
    samples: [...part(height, far)].map((offset) => ({ offset, terms })),
  };
}
