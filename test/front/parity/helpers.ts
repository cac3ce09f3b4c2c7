/** Clips and examples of known heads, for what stands behind the search. */
import type { Example } from '../../../src/front/parity/clips.ts';
import { featuresUnder } from '../../../src/front/parity/apply.ts';
import { Powers } from '../../../src/front/parity/guess.ts';
import { headWidth } from '../../../src/spectral/banks.ts';
import type { HeadConfig } from '../../../src/index.ts';
import { gaussian } from '../../helpers.ts';

export const powers = new Powers();

/** Clips of a second and some more, loud and quiet places in turn. */
export const clipsOf = (count: number, rate = 16000): Float64Array[] =>
  Array.from({ length: count }, (_, c) => {
    let low = 0;
    return gaussian(rate + 777 * c, 5 + c).map((v, i) => {
      low = 0.9 * low + 0.1 * v;
      const rhythm = 0.003 + Math.max(0, Math.sin((2 * Math.PI * (1.3 + 0.3 * c) * i) / rate)) ** 2;
      return 0.2 * rhythm * (0.3 * v + low);
    });
  });

/** Features of clips as somebody stored them. */
export const examplesOf = (
  head: HeadConfig,
  clips: readonly Float64Array[],
  stored: (x: number) => number = Math.fround,
): Example[] => {
  const run = featuresUnder(head, powers);
  return clips.map((samples) => {
    const values = run(samples).map(stored);
    return { samples, values, frames: values.length / headWidth(head) };
  });
};
