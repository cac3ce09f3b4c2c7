/** Right decisions counted by speaker, and what their differences say: words of one speaker are not independent. */

/** Right out of so many, of one speaker. */
export interface Tally {
  readonly right: number;
  readonly count: number;
}

export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

const ratio = (list: readonly Tally[]): number =>
  list.reduce((a, t) => a + t.right, 0) / list.reduce((a, t) => a + t.count, 0);

/** Share of right decisions over all speakers, with the standard error of a jackknife that leaves one speaker out at a time. */
export function shareOf(speakers: readonly Tally[]): Estimate {
  const used = speakers.filter((t) => t.count > 0);
  const left = used.map((_, i) => ratio(used.filter((_unused, j) => j !== i)));
  const middle = left.reduce((a, b) => a + b, 0) / left.length;
  const sum = left.reduce((a, b) => a + (b - middle) ** 2, 0);
  return { mean: ratio(used), standardError: Math.sqrt(((left.length - 1) / left.length) * sum) };
}

/** Tallies by speaker of the clips that count. */
export function tallies(
  groups: readonly string[],
  counts: (clip: number) => boolean,
  score: (clip: number) => number,
): Tally[] {
  const sums = new Map<string, { right: number; count: number }>();
  groups.forEach((group, clip) => {
    if (!counts(clip)) return;
    const sum = sums.get(group) ?? { right: 0, count: 0 };
    sums.set(group, { right: sum.right + score(clip), count: sum.count + 1 });
  });
  return [...sums.values()];
}
