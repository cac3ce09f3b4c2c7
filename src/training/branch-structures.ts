/**
 * Structures of several transforms (spectral/branches.ts) that a search may choose: a folded transform of fewer bins, virtual
 * bins between them, and the low odd bins from a decimated stream that overlapping frames share.
 */
import { branchFrequencies, measurementOrder, type Branch, type FrameShape } from '../spectral/branches.ts';
import type { Bands } from '../spectral/rows.ts';
import { complexArray } from '../numeric/complex.ts';
import { divideByHermitian } from '../numeric/hermitian.ts';
import { levelOf } from '../spectral/features.ts';
import type { RefitData } from './refit.ts';
import { bandCorners, logUnit, shapeOf, type TrainedHead } from './spectral-head.ts';

/** Several transforms in place of the one. */
export interface BranchStructure {
  readonly branches: readonly Branch[];
}

/** Lengths of the filters that are tried, and the part of the decimated stream's band whose odd bins are taken from it. */
const decimators: readonly { readonly lengths: readonly number[]; readonly reaches: readonly number[] }[] = [
  { lengths: [2, 4, 4], reaches: [0.7] },
  { lengths: [4, 4, 6], reaches: [0.75] },
  { lengths: [2, 4], reaches: [0.65] },
  { lengths: [4, 4], reaches: [0.65, 0.75] },
  { lengths: [4, 6], reaches: [0.75, 0.85] },
  { lengths: [4, 8], reaches: [0.85] },
  { lengths: [4], reaches: [0.6, 0.7, 0.8] },
  { lengths: [6], reaches: [0.85] },
  { lengths: [8], reaches: [0.9] },
];

/** Coefficients of virtual bins: one pair, two pairs. */
const betweenTaps: readonly (readonly number[])[] = [[1], [1, -0.2]];
/** Smallest transform that is tried. */
const fewestPoints = 16;

/** A one-sided power density, in Hz. */
type Density = (hz: number) => number;

/** Gain at a frequency of each pair of symmetric taps, outermost first. */
const pairGains = (length: number, hz: number, rate: number): Float64Array =>
  Float64Array.from({ length: Math.ceil(length / 2) }, (_, q) => {
    const distance = (length - 1) / 2 - q;
    return (distance === 0 ? 1 : 2) * Math.cos((2 * Math.PI * hz * distance) / rate);
  });

const gainOf = (taps: ArrayLike<number>, hz: number, rate: number): number =>
  pairGains(taps.length, hz, rate).reduce((sum, g, q) => sum + g * taps[q], 0);

/**
 * Symmetric taps, the largest of them 1, before every second sample is taken: least energy of the image of the band [0, below],
 * weighted by what signals of that density hold there, for a given sum of gains in the band.
 */
export function decimatorTaps(length: number, below: number, rate: number, density: Density): Float64Array {
  const half = Math.ceil(length / 2);
  const normal = complexArray(half * half);
  const gain = complexArray(half);
  const grid = 64;
  let energy = 0;
  for (let i = 0; i < grid; i++) {
    const hz = ((i + 0.5) / grid) * below;
    const image = rate / 2 - hz;
    pairGains(length, hz, rate).forEach((g, q) => (gain.re[q] += g / grid));
    const weight = density(image) / Math.max(density(hz), 1e-30) + 1e-4;
    const g = pairGains(length, image, rate);
    for (let a = 0; a < half; a++)
      for (let b = 0; b < half; b++) normal.re[a * half + b] += weight * g[a] * g[b];
    energy += weight;
  }
  // Tikhonov: rounding of the taps must not matter.
  for (let a = 0; a < half; a++) normal.re[a * half + a] += 1e-6 * energy;
  const { re: solved } = divideByHermitian(gain, normal, 1, half);
  const peak = solved.reduce((m, x) => (Math.abs(x) > Math.abs(m) ? x : m), 0);
  return Float64Array.from({ length }, (_, q) => solved[Math.min(q, length - 1 - q)] / peak);
}

/** Filters of the given lengths, each made for what the ones before leave of the density. */
function filterChain(
  lengths: readonly number[],
  below: number,
  sampleRate: number,
  density: Density,
): number[][] {
  let [rate, seen] = [sampleRate, density];
  return lengths.map((length) => {
    const taps = decimatorTaps(length, below, rate, seen);
    const [r, before] = [rate, seen];
    const part = (hz: number): number => gainOf(taps, hz, r) ** 2 * before(hz);
    seen = (hz) => part(hz) + part(r / 2 - hz);
    rate /= 2;
    return [...taps];
  });
}

/** All structures of several transforms that are tried for a head. `power`: mean |X|^2 of bins 0 .. nFft / 2 of the signals. */
export function enumerateBranchStructures(head: FrameShape, power: ArrayLike<number>): BranchStructure[] {
  const { nFft, sampleRate, hop } = head;
  const top = sampleRate / 2;
  const whole = (points: number): Branch => ({ filters: [], points, bins: 'all', below: top });
  const withBetween = (base: Branch, taps: readonly number[], below: number): Branch => ({
    ...base,
    between: { taps, below },
  });
  const half = whole(nFft / 2);
  const smaller = whole((3 * nFft) / 8);
  const density: Density = (hz) => power[Math.round((2 * hz * (power.length - 1)) / sampleRate)] ?? 0;
  const low = decimators.flatMap(({ lengths, reaches }): Branch[] => {
    const decimation = 2 ** lengths.length;
    if (hop % decimation !== 0 || nFft / decimation < 2 * fewestPoints) return [];
    return reaches.map((reach) => {
      const below = (reach * top) / decimation;
      const filters = filterChain(lengths, below, sampleRate, density);
      return { filters, points: nFft / decimation, bins: 'odd', below };
    });
  });
  const mains = (base: Branch): Branch[] => [
    base,
    ...betweenTaps.map((taps) => withBetween(base, taps, top / 4)),
    ...betweenTaps.map((taps) => withBetween(base, taps, top / 2)),
  ];
  return [
    ...mains(half).map((b) => ({ branches: [b] })),
    ...low.flatMap((l) => {
      // Virtual bins above those of the stream pay where it does not reach far.
      const first = l.filters.length > 1 ? [half, withBetween(half, betweenTaps[1], top / 4)] : [half];
      return first.map((m) => ({ branches: [m, l] }));
    }),
    ...mains(smaller)
      .slice(0, 3)
      .map((b) => ({ branches: [b] })),
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
      difference += levels[m * lanes + lane] - levelOf(head, energy);
    }
    const scale = 10 ** (difference / (lanes * logUnit(head)));
    for (let j = 0; j < width; j++) weights[m * width + j] *= scale;
  });
  return { bands: { start, width }, weights };
}
