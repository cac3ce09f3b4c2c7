/** Where a front end looks: the frequencies that its filterbank weights, by the transform that measures them. */
import { branchFrequencies, decimationOf, measurementOrder, type Branch } from '../spectral/branches.ts';
import { bankOf, measurementCount, pointsOf, type FrontEnd } from './front-end.ts';

/** Frequencies at which one part of a front end measures. */
export interface MeasuredBins {
  /** The transform that measures them, in a few words. */
  readonly by: string;
  /** Hz, rising. */
  readonly frequencies: readonly number[];
}

/** Measurements that some band weights. */
function weighted(front: FrontEnd): Uint8Array {
  const { bands, weights } = bankOf(front);
  const used = new Uint8Array(measurementCount(front));
  weights.forEach((w, i) => {
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

/** The frequencies that a front end measures; bins that no band weights are left out. */
export function measuredBins(front: FrontEnd): MeasuredBins[] {
  const { head, transform } = front;
  const used = weighted(front);
  if (transform.kind !== 'branches') {
    const points = pointsOf(front);
    const all = Array.from(used, (_, bin) => (bin * head.sampleRate) / points);
    return [{ by: `${points} points`, frequencies: all.filter((_, bin) => used[bin] === 1) }];
  }
  const { branches } = transform;
  const { places } = measurementOrder(head, branches);
  const groups = branches.flatMap((b) => {
    const names = namesOf(b);
    return branchFrequencies(head, b).map((list, i) => ({ by: names[i], list: [...list] }));
  });
  const merged = new Map<string, number[]>();
  groups.forEach(({ by, list }, g) => {
    const measured = list.filter((_, i) => used[places[g][i]] === 1);
    if (measured.length > 0) merged.set(by, [...(merged.get(by) ?? []), ...measured]);
  });
  return [...merged].map(([by, frequencies]) => ({ by, frequencies: frequencies.sort((a, b) => a - b) }));
}
