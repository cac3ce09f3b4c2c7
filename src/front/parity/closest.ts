/** The closest of the heads that guesses complete to. */
import { features } from '../../plans/features.ts';
import type { HeadConfig } from '../../spectral/head.ts';
import { apart, orElse, type Apart } from './apply.ts';
import type { Example } from './clips.ts';
import { completed, reframed, type Completion } from './complete.ts';
import type { Scored, SearchTask } from './scorer.ts';
import { exactDifference, type Closest } from './verdict.ts';

/** How far a head is off, and in which frames of which clip most. */
interface Off extends Apart {
  readonly clip: number;
  readonly frames: readonly number[];
}

const farOff: Off = { difference: Infinity, rms: Infinity, clip: 0, frames: [] };

/** The largest and the RMS difference between a head's features and those wanted. */
function differenceOf(head: HeadConfig, examples: readonly Example[]): Off {
  const extractor = features(head, { dtype: 'f64' });
  const runs = examples.map(({ samples }) => extractor.run(samples).data);
  extractor.dispose();
  if (runs.some((data, c) => data.length !== examples[c].values.length)) return farOff;
  const largest = examples.map(({ values }, c) => {
    let own = 0;
    for (let i = 0; i < values.length; i++) {
      const off = Math.abs(runs[c][i] - values[i]);
      own = Math.max(own, Number.isNaN(off) ? Infinity : off);
    }
    return own;
  });
  const clip = largest.indexOf(Math.max(...largest));
  const { values, frames: all } = examples[clip];
  const width = values.length / all;
  const far = new Set<number>();
  for (let i = 0; i < values.length; i++)
    if (Math.abs(runs[clip][i] - values[i]) > 0.1 * largest[clip]) far.add(Math.floor(i / width));
  return {
    ...apart(
      runs,
      examples.map((e) => e.values),
    ),
    clip,
    frames: [...far].slice(0, 100),
  };
}

/** Differences above are none of levels alone. */
const mendable = 0.5;

/** The closest head of some guesses; null where none gives as many frames. */
export function closestOf(
  found: readonly { readonly task: SearchTask; readonly scored: Scored }[],
  examples: readonly Example[],
  by: Completion,
): Closest | null {
  let best: (Closest & Off) | null = null;
  const measure = (heads: readonly { readonly head: HeadConfig }[]): void => {
    for (const { head } of heads) {
      if (best && best.difference <= exactDifference) return;
      const off = orElse(() => differenceOf(head, examples), farOff);
      if (!best || off.difference < best.difference) best = { head, ...off };
    }
  };
  for (const { task, scored } of found) {
    const before = best as (Closest & Off) | null;
    if (before && by.stop()) break;
    measure(completed(scored, task, by).slice(0, 3));
    const first = best as (Closest & Off) | null;
    if (first === null || first.difference <= exactDifference) break;
    if (first !== before && !by.stop())
      measure(reframed(first.head, scored, task, by.powers).map((head) => ({ head })));
    // Frames that were not looked at show what is left.
    if (first.difference < mendable && !by.stop())
      measure(completed(scored, task, { ...by, telling: first }).slice(0, 1));
  }
  const last = best as (Closest & Off) | null;
  return last && { head: last.head, difference: last.difference, rms: last.rms };
}
