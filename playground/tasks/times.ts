/** Times of front ends on one recording, measured in turn. */
import { features } from 'papilio';
import { measure } from 'papilio/compiler';
import { decodeFrontEnd } from 'papilio/files';
import { frontProgram } from 'papilio/front';
import { atRate, headOf } from '../sound/heads.ts';
import type { Task } from '../shell/task.ts';

interface TimesInput {
  readonly samples: Float64Array;
  readonly rate: number;
  readonly sides: readonly { readonly feature: string; readonly front: Uint8Array | null }[];
}

/** Nanoseconds of the whole recording: the median, and half the distance between the quartiles. */
export interface Timed {
  readonly ns: number;
  readonly spread: number;
}

const times: Task<TimesInput, Timed[]> = ({ samples, rate, sides }) => {
  const extractors = sides.map(({ feature, front }) =>
    features(front ? frontProgram(decodeFrontEnd(front, 'a front end')) : headOf(feature)),
  );
  const own = extractors.map(({ head }) => atRate(samples, rate, head.sampleRate));
  const timed = measure(
    extractors.map((e, i) => ({ name: String(i), run: () => void e.run(own[i]), units: 1 })),
    { samples: 11, sampleMs: 5, warmupMs: 20 },
  );
  for (const extractor of extractors) extractor.dispose();
  return timed.map(({ ns, spread }) => ({ ns, spread }));
};
export default times;
