/** Features of many heads, each over a few clips, in float64: nothing is compiled, plans are shared. */
import { PapilioError } from '../../errors.ts';
import { features } from '../../plans/features.ts';
import { hasEnergy, type HeadConfig } from '../../spectral/head.ts';
import { featuresByPowers } from '../reference-features.ts';
import type { Example } from './clips.ts';
import type { Powers } from './guess.ts';

/** Has a head a step that only the compiler's graphs have? */
const isCompiled = ({ bank, spectrum, pcen, average, also, sides }: HeadConfig): boolean =>
  bank?.kind === 'descriptors' ||
  hasEnergy(bank) ||
  spectrum === 'complex' ||
  sides === 'two' ||
  average !== 'none' ||
  Boolean(pcen) ||
  also !== undefined;

function isSilent(frame: Float64Array): boolean {
  for (let j = 0; j < frame.length; j++) if (frame[j] !== 0) return false;
  return true;
}

/** What makes features [frames, width] of clips under a head. */
export function featuresUnder(head: HeadConfig, powers: Powers): (samples: Float64Array) => Float64Array {
  if (isCompiled(head)) {
    const extractor = features(head, { dtype: 'f64' });
    return (samples) => Float64Array.from(extractor.run(samples).data);
  }
  const run = powers.of(head.nFft);
  return featuresByPowers(head, (frame, to) => {
    // Filled up clips are mostly silence.
    if (isSilent(frame)) to.fill(0);
    else run(frame, to, 0);
  });
}

/** What `f` makes of a head; something else where the head, or its features of a clip, cannot be made. */
export function orElse<T>(f: () => T, otherwise: T): T {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    return otherwise;
  }
}

/** The largest magnitude of a feature. */
export const largestOf = (examples: readonly Example[]): number =>
  examples.reduce((most, { values }) => values.reduce((a, b) => Math.max(a, Math.abs(b)), most), 1e-30);

/** Sum of squared differences; Infinity for features of another count, and where one is not finite. */
export function squaresBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Number.isNaN(sum) ? Infinity : sum;
}

/** How far features are off: the largest difference over the largest magnitude that is wanted, RMS over that about the mean. */
export interface Apart {
  readonly difference: number;
  readonly rms: number;
}

/** Of all clips together; infinite for features of another count, and where one is no number. */
export function apart(made: readonly ArrayLike<number>[], wanted: readonly Float64Array[]): Apart {
  if (made.some((x, c) => x.length !== wanted[c].length)) return { difference: Infinity, rms: Infinity };
  const count = wanted.reduce((n, { length }) => n + length, 0);
  const mean = wanted.reduce((sum, values) => values.reduce((a, b) => a + b, sum), 0) / count;
  let [largest, most, left, total] = [0, 1e-30, 0, 1e-300];
  wanted.forEach((values, c) =>
    values.forEach((y, i) => {
      const off = Math.abs(made[c][i] - y);
      largest = Math.max(largest, Number.isNaN(off) ? Infinity : off);
      most = Math.max(most, Math.abs(y));
      left += off * off;
      total += (y - mean) ** 2;
    }),
  );
  return { difference: largest / most, rms: Math.sqrt(left / total) };
}
