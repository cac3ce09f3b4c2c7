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
  const wanted = examples.map(({ values }) => values);
  const all = apart(runs, wanted);
  if (!Number.isFinite(all.difference)) return farOff;
  const largest = wanted.map((values, c) =>
    values.reduce((most, y, i) => Math.max(most, Math.abs(runs[c][i] - y)), 0),
  );
  const clip = largest.indexOf(Math.max(...largest));
  const { values, frames } = examples[clip];
  const width = values.length / frames;
  const far = new Set<number>();
  for (let i = 0; i < values.length; i++)
    if (Math.abs(runs[clip][i] - values[i]) > 0.1 * largest[clip]) far.add(Math.floor(i / width));
  return { ...all, clip, frames: [...far].slice(0, 100) };
}

/** Differences above are none of levels alone. */
const mendable = 0.5;

/** A head, how far it is off, and where. */
type Measured = Closest & Off;

const isExact = (own: Measured | null): boolean => own !== null && own.difference <= exactDifference;

/** The nearest of heads and the one there was; nothing is looked at behind an exact one, or when time is over. */
function nearest(
  heads: readonly HeadConfig[],
  before: Measured | null,
  examples: readonly Example[],
  stop: () => boolean,
): Measured | null {
  return heads.reduce<Measured | null>((best, head) => {
    if (isExact(best) || (best !== null && stop())) return best;
    const off = orElse(() => differenceOf(head, examples), farOff);
    return best === null || off.difference < best.difference ? { head, ...off } : best;
  }, before);
}

/** The closest head of some guesses; null where none gives as many frames. */
export function closestOf(
  found: readonly { readonly task: SearchTask; readonly scored: Scored }[],
  examples: readonly Example[],
  by: Completion,
): Closest | null {
  let best: Measured | null = null;
  const headsOf = (...of: Parameters<typeof completed>): HeadConfig[] =>
    completed(...of).map(({ head }) => head);
  for (const { task, scored } of found) {
    if (isExact(best) || (best !== null && by.stop())) break;
    const first = nearest(headsOf(scored, task, by).slice(0, 3), best, examples, by.stop);
    // A guess that no framing stands for says nothing of the others.
    if (first === null || isExact(first) || by.stop()) {
      best = first;
      continue;
    }
    best =
      first === best
        ? first
        : nearest(reframed(first.head, scored, task, by.powers), first, examples, by.stop);
    // Frames that were not looked at show what is left.
    if (first.difference < mendable && !by.stop())
      best = nearest(headsOf(scored, task, { ...by, telling: first }).slice(0, 1), best, examples, by.stop);
  }
  return best && { head: best.head, difference: best.difference, rms: best.rms };
}
