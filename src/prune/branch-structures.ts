/**
 * Structures of several transforms (spectral/branches.ts) that a search may choose: a folded transform of fewer bins, virtual
 * bins between them, and the low odd bins from a decimated stream that overlapping frames share.
 */
import { branchFrequencies, measurementOrder, type Branch, type FrameShape } from '../spectral/branches.ts';
import type { Bands } from '../spectral/rows.ts';
import { levelOf } from '../spectral/features.ts';
import { filterChain, frameDensity } from './decimators.ts';
import type { RefitData } from '../front/refit.ts';
import { bandCorners, logUnit, shapeOf, type TrainedHead } from '../front/spectral-head.ts';

/** Several transforms in place of the one. */
export interface BranchStructure {
  readonly branches: readonly Branch[];
}

/** |X|^2 [nFft / 2 + 1, lanes] of frames. */
export interface FrameSpectra {
  readonly lanes: number;
  readonly power: ArrayLike<number>;
}

/** Lengths of the filters that are tried, and the part of the decimated stream's band whose odd bins are taken from it. */
const decimators: readonly { readonly lengths: readonly number[]; readonly reaches: readonly number[] }[] = [
  { lengths: [2, 4, 4], reaches: [0.8] },
  { lengths: [4, 4, 4], reaches: [0.8] },
  { lengths: [2, 4], reaches: [0.65] },
  { lengths: [3, 4], reaches: [0.75] },
  { lengths: [4, 4], reaches: [0.75] },
  { lengths: [4, 5], reaches: [0.8] },
  { lengths: [4, 6], reaches: [0.85] },
  { lengths: [5, 6], reaches: [0.85] },
  { lengths: [3], reaches: [0.6] },
  { lengths: [4], reaches: [0.6, 0.7] },
  { lengths: [5], reaches: [0.7, 0.8] },
  { lengths: [6], reaches: [0.8, 0.85] },
  { lengths: [8], reaches: [0.9] },
];

/** Virtual bins: coefficients of one or two pairs, and the parts of the signal's band up to which they are tried. */
const betweens: readonly { readonly taps: readonly number[]; readonly reaches: readonly number[] }[] = [
  { taps: [1], reaches: [3 / 32, 3 / 16, 1 / 4, 1 / 2] },
  { taps: [1, -0.2], reaches: [1 / 4] },
];
/** Smallest transform that is tried. */
const fewestPoints = 16;

/** All structures of several transforms that are tried for a head, with filters for the frames whose spectra these are. */
export function enumerateBranchStructures(
  head: FrameShape,
  { power, lanes }: FrameSpectra,
): BranchStructure[] {
  const { nFft, sampleRate, hop } = head;
  const top = sampleRate / 2;
  const whole = (points: number): Branch => ({ filters: [], points, bins: 'all', below: top });
  const half = whole(nFft / 2);
  const smaller = whole((3 * nFft) / 8);
  const density = frameDensity(power, lanes, sampleRate);
  const low = decimators.flatMap(({ lengths, reaches }): Branch[] => {
    const decimation = 2 ** lengths.length;
    if (hop % decimation !== 0 || nFft / decimation < 2 * fewestPoints) return [];
    return reaches.map((reach) => {
      const below = (reach * top) / decimation;
      const filters = filterChain(lengths, below, sampleRate, density);
      return { filters, points: nFft / decimation, bins: 'odd', below };
    });
  });
  const virtual = (base: Branch): Branch[] =>
    betweens.flatMap(({ taps, reaches }) =>
      reaches.map((reach) => ({ ...base, between: { taps, below: reach * top } })),
    );
  return [
    ...[half, ...virtual(half)].map((b) => ({ branches: [b] })),
    ...low.map((l) => ({ branches: [half, l] })),
    ...[smaller, ...virtual(smaller).slice(2, 3)].map((b) => ({ branches: [b] })),
  ].filter(({ branches }) => branches[0].points >= fewestPoints);
}

const ordinals = ['', 'second', 'fourth', 'eighth'];

/** Readable name. */
export function branchStructureName({ branches }: BranchStructure, head: FrameShape): string {
  return branches
    .map((b) => {
      const kilohertz = (hz: number): string => `${(hz / 1000).toFixed(2)} kHz`;
      if (b.bins === 'odd')
        return `odd bins below ${kilohertz(b.below)} from every ${ordinals[b.filters.length]} sample (${b.filters.map((taps) => taps.length).join(' + ')} taps)`;
      const name = `${head.windowLength} samples folded onto ${b.points}`;
      return b.between
        ? `${name}, ${b.between.taps.length === 1 ? 'virtual bins' : 'two-pair virtual bins'} below ${kilohertz(b.between.below)}`
        : name;
    })
    .join(' + ');
}

/** Measurements of a structure. */
export const structureMeasurements = ({ branches }: BranchStructure, head: FrameShape): number =>
  branches.reduce((n, b) => n + branchFrequencies(head, b).reduce((m, g) => m + g.length, 0), 0);

/**
 * Bands over the sorted measurements of a structure, with weights to start from: triangles somewhat wider than the head's,
 * each scaled so that its mean level is the exact one.
 */
export function bandsOfMeasurements(
  head: TrainedHead,
  structure: BranchStructure,
  { lanes, power, levels }: RefitData,
): { bands: Bands; weights: Float64Array } {
  const { frequencies } = measurementOrder(shapeOf(head), structure.branches);
  const corners = bandCorners(head);
  const level = levelOf(head);
  const margin = (3.2 * head.sampleRate) / head.nFft;
  const rows = corners.map(([from, middle, to]) => {
    const first = frequencies.findIndex((f) => f >= from - margin);
    const beyond = frequencies.findIndex((f) => f > to + margin);
    const reach = Math.max(to - from, margin) / 2;
    return {
      first,
      end: beyond < 0 ? frequencies.length : beyond,
      weight: (f: number): number => Math.max(0.05, 1 - Math.abs(f - middle) / reach),
    };
  });
  const width = rows.reduce((w, r) => Math.max(w, r.end - r.first), 1);
  const start = Int32Array.from(rows, (r) => Math.min(r.first, frequencies.length - width));
  const weights = new Float64Array(rows.length * width);
  rows.forEach((r, m) => {
    for (let i = r.first; i < r.end; i++) weights[m * width + i - start[m]] = r.weight(frequencies[i]);
    let difference = 0;
    for (let lane = 0; lane < lanes; lane++) {
      let energy = 0;
      for (let i = r.first; i < r.end; i++)
        energy += weights[m * width + i - start[m]] * power[i * lanes + lane];
      difference += levels[m * lanes + lane] - level(energy);
    }
    const scale = 10 ** (difference / (lanes * logUnit(head)));
    for (let j = 0; j < width; j++) weights[m * width + j] *= scale;
  });
  return { bands: { start, width }, weights };
}
