/**
 * Plain loops for libraries that bring the transform only: filters without their zeros, logarithms. Every contender calls
 * them with the same types of arrays, so that sharing them costs nobody the engine's type feedback.
 */
import { binsOf, filtersOf, type FeatureTask } from './task.ts';

export interface MelLoops {
  /** First bin, and end of the weights, of each band. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Weights of all bands, one after another. */
  readonly weights: Float64Array;
}

export function melLoops(task: FeatureTask): MelLoops {
  const [filters, bins] = [filtersOf(task), binsOf(task)];
  const start = new Int32Array(task.mels);
  const end = new Int32Array(task.mels);
  const weights: number[] = [];
  for (let m = 0; m < task.mels; m++) {
    const row = filters.subarray(m * bins, (m + 1) * bins);
    start[m] = row.findIndex((w) => w !== 0);
    weights.push(...row.filter((w) => w !== 0));
    end[m] = weights.length;
  }
  return { start, end, weights: Float64Array.from(weights) };
}

/** log10 mel energies of one frame's power spectrum to out[at ...]. */
export function logMelRow(
  { start, end, weights }: MelLoops,
  power: Float64Array,
  floor: number,
  out: Float32Array,
  at: number,
): void {
  for (let m = 0, i = 0; m < start.length; m++) {
    let sum = 0;
    for (let k = start[m]; i < end[m]; i++, k++) sum += weights[i] * power[k];
    out[at + m] = Math.log10(sum > floor ? sum : floor);
  }
}
