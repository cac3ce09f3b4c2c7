/**
 * Where the error of a feature counts: everywhere, or around the peaks of the exact spectrum only, for those who read peaks off it.
 */
import { findPeaks, type Peak } from '../numeric/peaks.ts';
import { spreadOf, type Spread } from '../numeric/percentiles.ts';
import { logUnit, resultWeights } from './spectral-head.ts';
import type { HeadConfig } from '../spectral/head.ts';

/** peaks: within three bins of the reference's peaks. */
export const errorPlaces = ['everywhere', 'peaks'] as const;
/** Where in a spectrum errors count: in every bin, or within three bins of its exact peaks. */
export type ErrorPlaces = (typeof errorPlaces)[number];

/** Bins on both sides of a peak whose errors count. */
const reach = 3;
/** Height of a peak above the ground between it and higher ones, in log10. */
const prominence = 1;

/** Peaks of one result, rising in frequency. */
export const peaksOf = (head: HeadConfig, levels: ArrayLike<number>): Peak[] =>
  findPeaks(levels, { prominence: prominence * logUnit(head) });

/** Weights of the errors of one result whose exact levels are given. */
export function errorWeights(places: ErrorPlaces, head: HeadConfig, levels: ArrayLike<number>): Float64Array {
  const shares = resultWeights(head);
  if (places === 'everywhere') return shares;
  const out = new Float64Array(levels.length);
  for (const { index } of peaksOf(head, levels)) out.fill(1, Math.max(0, index - reach), index + reach + 1);
  return out.map((near, i) => near * shares[i]);
}

/** Errors of peaks, matched one to one with the reference's, nearest first. */
export interface PeakErrors {
  /** Peaks of the reference, how many of them were not found, and how many were found where there are none. */
  readonly peaks: number;
  readonly missed: number;
  readonly extra: number;
  /** |frequency difference| in Hz, and |level difference| in dB, over those found; null if none was. */
  readonly frequency: Spread | null;
  readonly level: Spread | null;
}

const spreadIfAny = (values: readonly number[]): Spread | null =>
  values.length === 0 ? null : spreadOf(values);

/**
 * Peaks read off results, by the vertex of the parabola through the maximum and its neighbours, against those of the exact
 * results, both [results, bins]. A peak is found if one lies within three bins of it.
 */
export function peakErrors(
  head: HeadConfig,
  features: readonly ArrayLike<number>[],
  targets: readonly ArrayLike<number>[],
  bins: number,
): PeakErrors {
  const unit = head.sampleRate / head.nFft;
  const [frequency, level]: number[][] = [[], []];
  let [peaks, missed, extra] = [0, 0, 0];
  targets.forEach((exact, i) => {
    for (let at = 0; at < exact.length; at += bins) {
      const wanted = peaksOf(head, Array.prototype.slice.call(exact, at, at + bins));
      const found = peaksOf(head, Array.prototype.slice.call(features[i], at, at + bins));
      const pairs = wanted
        .flatMap((w) => found.map((f) => ({ w, f, distance: Math.abs(w.position - f.position) })))
        .filter(({ distance }) => distance <= reach)
        .sort((a, b) => a.distance - b.distance);
      const used = new Set<Peak>();
      for (const { w, f, distance } of pairs) {
        if (used.has(w) || used.has(f)) continue;
        used.add(w).add(f);
        frequency.push(distance * unit);
        level.push((10 * Math.abs(w.value - f.value)) / logUnit(head));
      }
      peaks += wanted.length;
      missed += wanted.length - used.size / 2;
      extra += found.length - used.size / 2;
    }
  });
  return { peaks, missed, extra, frequency: spreadIfAny(frequency), level: spreadIfAny(level) };
}
