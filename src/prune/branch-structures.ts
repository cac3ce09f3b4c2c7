/**
 * Structures of several transforms (spectral/branches.ts) that a search may choose: a folded transform of fewer bins, virtual
 * bins between them, and the low odd bins from a decimated stream, which overlapping frames share where they can.
 */
import { banded } from '../numeric/banded.ts';
import { bandCorners, type Bank } from '../spectral/banks.ts';
import { complexArray } from '../numeric/complex.ts';
import { crossMoments, divideByHermitian } from '../numeric/hermitian.ts';
import { branchWindow, measurementOrder, type Branch, type FrameShape } from '../spectral/branches.ts';
import { levelOf } from '../spectral/features.ts';
import { windowLengthOf, type HeadConfig } from '../spectral/head.ts';
import { filterChain, frameDensity } from './decimators.ts';
import type { RefitData } from '../front/refit.ts';
import { logUnit } from '../front/spectral-head.ts';

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

/** Pairs of bins that make a virtual one, and the parts of the signal's band up to which they are tried. */
const betweens: readonly { readonly pairs: number; readonly reaches: readonly number[] }[] = [
  { pairs: 1, reaches: [3 / 32, 3 / 16, 1 / 4, 1 / 2] },
  { pairs: 2, reaches: [1 / 4] },
];
/** Smallest transform that is tried. */
const fewestPoints = 16;

/**
 * Taps of virtual bins between those of a fold. They measure under the window w(t) 2 sum_i c_i cos(2 pi (i + 1/2) t / points), and
 * should measure under w, but for a factor: the c of least sum_t w(t)^2 (1 - 2 sum_i c_i cos(2 pi (i + 1/2) t / points))^2, divided
 * by c_0. Null where that leaves more than half of sum_t w(t)^2: the bins beside it know too little of what is between them (those of
 * a rectangular window as long as two folds know nothing).
 */
export function betweenTaps(head: FrameShape, fold: Branch, pairs: number): number[] | null {
  const { window, middle } = branchWindow(head, fold);
  const count = window.length;
  const target = { re: window, im: new Float64Array(count) };
  const basis = complexArray(pairs * count);
  for (let i = 0; i < pairs; i++)
    window.forEach((w, j) => {
      const angle = (2 * Math.PI * (i + 0.5) * (j - middle)) / fold.points;
      basis.re[i * count + j] = 2 * w * Math.cos(angle);
    });
  const wanted = crossMoments(target, 1, basis, pairs, count);
  const { re: taps } = divideByHermitian(wanted, crossMoments(basis, pairs, basis, pairs, count), 1, pairs);
  const explained = taps.reduce((sum, c, i) => sum + c * wanted.re[i], 0);
  const energy = window.reduce((sum, w) => sum + w * w, 0);
  return explained < energy / 2 ? null : Array.from(taps, (c) => c / taps[0]);
}

/** All structures of several transforms that are tried for a head, with filters for the frames whose spectra these are. */
export function enumerateBranchStructures(
  head: FrameShape,
  { power, lanes }: FrameSpectra,
): BranchStructure[] {
  const { nFft, sampleRate } = head;
  const top = sampleRate / 2;
  const fold = (points: number): Branch => ({ filters: [], points, bins: 'all', below: top });
  const virtual = (base: Branch): Branch[] =>
    betweens.flatMap(({ pairs, reaches }) => {
      const taps = betweenTaps(head, base, pairs);
      return taps ? reaches.map((reach) => ({ ...base, between: { taps, below: reach * top } })) : [];
    });
  const density = frameDensity(power, lanes, sampleRate);
  const low = decimators.flatMap(({ lengths, reaches }): Branch[] => {
    const points = nFft / 2 ** lengths.length;
    if (points % 4 !== 0 || points < 2 * fewestPoints) return [];
    return reaches.map((reach) => {
      const below = (reach * top * points) / nFft;
      return { filters: filterChain(lengths, below, sampleRate, density), points, bins: 'odd', below };
    });
  });
  const isTried = (points: number): boolean => points % 2 === 0 && points >= fewestPoints;
  const [half, smaller] = [nFft / 2, (3 * nFft) / 8].map((points) => (isTried(points) ? [fold(points)] : []));
  return [
    ...half.flatMap((base) => [[base], ...virtual(base).map((b) => [b]), ...low.map((l) => [base, l])]),
    ...smaller.flatMap((base) => [base, ...virtual(base).slice(2, 3)].map((b) => [b])),
  ].map((branches) => ({ branches }));
}

const ordinals = ['', 'second', 'fourth', 'eighth'];

/** Readable name. */
export function branchStructureName({ branches }: BranchStructure, head: FrameShape): string {
  return branches
    .map((b) => {
      const kilohertz = (hz: number): string => `${(hz / 1000).toFixed(2)} kHz`;
      if (b.bins === 'odd')
        return `odd bins below ${kilohertz(b.below)} from every ${ordinals[b.filters.length]} sample (${b.filters.map((taps) => taps.length).join(' + ')} taps)`;
      const name = `${windowLengthOf(head)} samples folded onto ${b.points}`;
      return b.between
        ? `${name}, ${b.between.taps.length === 1 ? 'virtual bins' : 'two-pair virtual bins'} below ${kilohertz(b.between.below)}`
        : name;
    })
    .join(' + ');
}

/**
 * Bands over the sorted measurements of a structure, with weights to start from: triangles somewhat wider than the head's,
 * each scaled so that its mean level is the exact one.
 */
export function bandsOfMeasurements(
  head: HeadConfig,
  structure: BranchStructure,
  { lanes, power, levels }: RefitData,
): Bank {
  const { frequencies } = measurementOrder(head, structure.branches);
  const level = levelOf(head);
  const margin = (3.2 * head.sampleRate) / head.nFft;
  const rows = bandCorners(head).map(([from, middle, to], m) => {
    const first = frequencies.findIndex((f) => f >= from - margin);
    const beyond = frequencies.findIndex((f) => f > to + margin);
    const reach = Math.max(to - from, margin) / 2;
    const weights = frequencies
      .slice(first, beyond < 0 ? frequencies.length : beyond)
      .map((f) => Math.max(0.05, 1 - Math.abs(f - middle) / reach));
    let difference = 0;
    for (let lane = 0; lane < lanes; lane++) {
      const energy = weights.reduce((sum, w, i) => sum + w * power[(first + i) * lanes + lane], 0);
      difference += levels[m * lanes + lane] - level(energy);
    }
    const scale = 10 ** (difference / (lanes * logUnit(head)));
    return { first, weights: weights.map((w) => w * scale) };
  });
  const { weights, ...bands } = banded(rows, frequencies.length);
  return { bands, weights };
}
