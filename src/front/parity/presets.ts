/** Presets as they are, and with what people change first: features that one of them makes need no search. */
import { headWidth } from '../../spectral/banks.ts';
import { headFrames, type HeadConfig } from '../../spectral/head.ts';
import { featureHead, presetNames, type HeadOverrides } from '../../spectral/presets.ts';
import { apart, featuresUnder, orElse } from './apply.ts';
import type { Example } from './clips.ts';
import type { Powers } from './guess.ts';
import { noiseOf } from './noise.ts';
import { exactDifference, type Closest } from './verdict.ts';

/** RMS differences above are not those of how numbers are stored. */
const mostStored = 0.01;

/** A preset at a rate, with as many bands as features have, whole clips or as it fills them, under both kinds of its window. */
function* variants(name: (typeof presetNames)[number], width: number, rate: number): Generator<HeadConfig> {
  const own = featureHead(name);
  const isBanked = own.bank?.kind === 'mel' && own.cepstrum === null && headWidth(own) !== width;
  const bands: HeadOverrides = isBanked ? { bank: { bands: width } } : {};
  const at: HeadOverrides = own.sampleRate === rate ? {} : { sampleRate: rate };
  const fits: HeadOverrides[] = own.fit === null ? [{}] : [{}, { fit: null }];
  for (const windowKind of [
    own.windowKind,
    own.windowKind === 'periodic' ? 'symmetric' : 'periodic',
  ] as const)
    for (const fit of fits) {
      const head = orElse(() => featureHead(name, { ...bands, ...at, ...fit, windowKind }), null);
      if (head) yield head;
    }
}

/** Are frames, and numbers of each, as many as the head makes? */
const isSized = (head: HeadConfig, examples: readonly Example[], width: number): boolean =>
  headWidth(head) === width &&
  orElse(() => examples.every(({ samples, frames }) => headFrames(head, samples.length) === frames), false);

/** The preset that these features are of, exact or but for how they are stored; null where none is. */
export function presetOf(
  examples: readonly Example[],
  width: number,
  rate: number,
  by: { readonly powers: Powers; readonly stop: () => boolean },
): Closest | null {
  let best: Closest | null = null;
  for (const name of presetNames)
    for (const head of variants(name, width, rate)) {
      if (by.stop()) return null;
      if (!isSized(head, examples, width)) continue;
      const run = featuresUnder(head, by.powers);
      const differenceOf = (list: readonly Example[]): Closest => ({
        head,
        ...orElse(
          () =>
            apart(
              list.map(({ samples }) => run(samples)),
              list.map(({ values }) => values),
            ),
          { difference: Infinity, rms: Infinity },
        ),
      });
      // One clip tells most of them off.
      if (differenceOf(examples.slice(0, 1)).rms > mostStored) continue;
      const all = differenceOf(examples);
      if (all.difference <= exactDifference) return all;
      if (all.rms <= mostStored && (best === null || all.rms < best.rms)) best = all;
    }
  const noise = best && noiseOf(best.head, examples, by.powers);
  return noise && noise.kind !== 'dither' ? best : null;
}
