/** Where a front end looks: the frequencies that its filterbank weights, by the transform that measures them. */
import { branchFrequencies, decimationOf, measurementOrder, type Branch } from '../spectral/branches.ts';
import { shapeOf } from './spectral-head.ts';
import { measurementCount, type SpectralModel } from './spectral-model.ts';

/** Frequencies at which one part of a front end measures. */
export interface MeasuredBins {
  /** The transform that measures them, in a few words. */
  readonly by: string;
  /** Hz, rising. */
  readonly frequencies: readonly number[];
}

/** Measurements that some band weights. */
function weighted(model: SpectralModel): Uint8Array {
  const { bands, values } = model;
  const used = new Uint8Array(measurementCount(model));
  values['bank.weights'].forEach((w, i) => {
    if (w !== 0) used[bands.start[Math.floor(i / bands.width)] + (i % bands.width)] = 1;
  });
  return used;
}

/** Names of the groups of `branchFrequencies`. */
function namesOf(branch: Branch): string[] {
  const kept = decimationOf(branch);
  const stream = kept === 1 ? '' : `, every ${kept}${kept === 2 ? 'nd' : 'th'} sample`;
  if (branch.bins === 'odd') return [1, 3].map(() => `odd bins of ${branch.points} points${stream}`);
  return [`${branch.points} points${stream}`, 'virtual bins between'];
}

/** The frequencies that a model measures; bins that no band weights are left out. */
export function measuredBins(model: SpectralModel): MeasuredBins[] {
  const { head, network, branches } = model;
  const used = weighted(model);
  if (!branches) {
    const all = Array.from(used, (_, bin) => (bin * head.sampleRate) / network.n);
    return [{ by: `${network.n} points`, frequencies: all.filter((_, bin) => used[bin] === 1) }];
  }
  const shape = shapeOf(head);
  const { places } = measurementOrder(shape, branches);
  const groups = branches.flatMap((b) => {
    const names = namesOf(b);
    return branchFrequencies(shape, b).map((list, i) => ({ by: names[i], list: [...list] }));
  });
  const merged = new Map<string, number[]>();
  groups.forEach(({ by, list }, g) => {
    const measured = list.filter((_, i) => used[places[g][i]] === 1);
    if (measured.length > 0) merged.set(by, [...(merged.get(by) ?? []), ...measured]);
  });
  return [...merged].map(([by, frequencies]) => ({ by, frequencies: frequencies.sort((a, b) => a - b) }));
}
