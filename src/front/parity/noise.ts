/** What a difference that no setting explains is: rounding of the stored numbers, arithmetic in float32, or dither. */
import { features } from '../../plans/features.ts';
import { addGaussian } from '../../numeric/random.ts';
import { isRelative, type HeadConfig } from '../../spectral/head.ts';
import { featuresUnder, largestOf, squaresBetween } from './apply.ts';
import type { Example } from './clips.ts';
import type { Powers } from './guess.ts';

/** Noise by its cause. */
export interface ParityNoise {
  readonly kind: 'float16' | 'bfloat16' | 'int8' | 'decimals' | 'float32' | 'dither';
  /** The largest step of what is stored; the RMS difference of float32 arithmetic; the deviation of dither in samples. */
  readonly size: number;
  /** In words. */
  readonly text: string;
}

/** Distance of neighbouring numbers of so many bits behind the first at x, subnormal ones below 2^least. */
function stepAt(x: number, bits: number, least: number): number {
  const size = Math.abs(x);
  return 2 ** (Math.max(least, size > 0 ? Math.floor(Math.log2(size)) : least) - bits);
}

/** How numbers may have been stored. */
interface Storage {
  readonly kind: ParityNoise['kind'];
  readonly name: string;
  readonly step: (x: number) => number;
  readonly origin: number;
}

const floats: readonly Storage[] = [
  { kind: 'bfloat16', name: 'bfloat16', step: (x) => stepAt(x, 7, -126), origin: 0 },
  { kind: 'float16', name: 'float16', step: (x) => stepAt(x, 10, -14), origin: 0 },
];

/** Of few levels at equal distances, as quantised numbers are; null for others. */
function gridOf(values: readonly number[]): Storage | null {
  const levels = [...new Set(values)].sort((a, b) => a - b);
  if (levels.length < 3 || levels.length > 256) return null;
  const step = levels.slice(1).reduce((least, x, i) => Math.min(least, x - levels[i]), Infinity);
  const count = Math.round((levels[levels.length - 1] - levels[0]) / step);
  const own = (levels[levels.length - 1] - levels[0]) / count;
  return count < 256 ? { kind: 'int8', name: 'int8 or uint8', step: () => own, origin: levels[0] } : null;
}

const decimals: readonly Storage[] = [1, 2, 3, 4, 5, 6].map((digits) => ({
  kind: 'decimals',
  name: `${digits} decimal${digits === 1 ? '' : 's'}`,
  step: () => 10 ** -digits,
  origin: 0,
}));

/** Is every value one that the storage has, as float32 keeps it? Steps that float32 cannot tell are none. */
const isStoredAs = ({ step, origin }: Storage, values: readonly number[]): boolean =>
  values.every((x) => {
    const unit = step(x);
    const steps = (x - origin) / unit;
    const spare = 1e-3 + (2 ** -24 * Math.abs(x)) / unit;
    return spare < 0.05 && Math.abs(steps - Math.round(steps)) <= spare;
  });

/** Part of the values that may be off by more than half a step: rounding of what was computed in float32. */
const fewOutliers = 2e-3;

/** The storage whose rounding is all of the difference. */
function storageNoise(made: readonly Float64Array[], examples: readonly Example[]): ParityNoise | null {
  const values = examples.flatMap((e) => [...e.values]);
  const grid = gridOf(values);
  const spare = 1e-6 * largestOf(examples);
  const isWhole = ({ step }: Storage): boolean => {
    let outside = 0;
    examples.forEach(({ values: wanted }, c) =>
      wanted.forEach((y, i) => {
        if (Math.abs(y - made[c][i]) > 0.55 * step(y) + spare) outside++;
      }),
    );
    return outside <= fewOutliers * values.length;
  };
  const storage = [...(grid ? [grid] : []), ...floats, ...decimals].find(
    (s) => isStoredAs(s, values) && isWhole(s),
  );
  if (!storage) return null;
  const { kind, name, step } = storage;
  const size = values.reduce((most, x) => Math.max(most, step(x)), 0);
  const text = `the features were stored as ${name}: what is left, at most ${(size / 2).toExponential(1)}, is half a step of it`;
  return { kind, size, text };
}

/** The middle of |differences|. */
function middleOff(a: readonly ArrayLike<number>[], b: readonly Float64Array[]): number {
  const off = b
    .flatMap((values, c) => Array.from(values, (x, i) => Math.abs(x - a[c][i])))
    .sort((x, y) => x - y);
  return off[off.length >> 1];
}

/** The same head in float32 is off by about as much. */
function float32Noise(
  head: HeadConfig,
  made: readonly Float64Array[],
  examples: readonly Example[],
): ParityNoise | null {
  const extractor = features(head, { dtype: 'f32' });
  let [own, left, count] = [0, 0, 0];
  const rounded = examples.map(({ samples }) => extractor.run(samples).data);
  examples.forEach(({ values }, c) => {
    own += squaresBetween(rounded[c], made[c]);
    left += squaresBetween(values, made[c]);
    count += values.length;
  });
  extractor.dispose();
  const wanted = examples.map(({ values }) => values);
  const spare = 1e-7 * largestOf(examples);
  // Few of them are most of the sum: the bulk has to be as small, too.
  if (left > 36 * own || middleOff(wanted, made) > 6 * middleOff(rounded, made) + spare) return null;
  const size = Math.sqrt(left / count);
  const text = `the features were computed in float32: what is left, ${size.toExponential(1)} RMS, is as its rounding leaves it (papilio in float32: ${Math.sqrt(own / count).toExponential(1)})`;
  return { kind: 'float32', size, text };
}

/** Sums of a tenth: of values x and differences y. */
interface Tenth {
  n: number;
  x: number;
  y: number;
  xx: number;
  xy: number;
  yy: number;
}

/**
 * Differences by how loud a value is: of each tenth of the values of a clip the mean, and the deviation from a line over the values. Floors
 * and other settings leave differences that the value decides.
 */
function profile(off: readonly Float64Array[], made: readonly Float64Array[]): number[] {
  const tenths = Array.from({ length: 10 }, (): Tenth => ({ n: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 }));
  made.forEach((values, c) => {
    const order = Int32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
    order.forEach((i, rank) => {
      const tenth = tenths[Math.floor((10 * rank) / order.length)];
      const [x, y] = [values[i], off[c][i]];
      tenth.n++;
      tenth.x += x;
      tenth.y += y;
      tenth.xx += x * x;
      tenth.xy += x * y;
      tenth.yy += y * y;
    });
  });
  return tenths.flatMap(({ n, x, y, xx, xy, yy }) => {
    const [across, along] = [xy - (x * y) / n, xx - (x * x) / n];
    const left = yy - (y * y) / n - (along > 0 ? (across * across) / along : 0);
    return [Math.abs(y) / n, Math.sqrt(Math.max(0, left) / n)];
  });
}

/** How unlike two profiles are: 0 equal, 1 nothing in common. */
function unlikeness(a: readonly number[], b: readonly number[]): number {
  let [apart, both] = [0, 0];
  a.forEach((x, i) => {
    apart += Math.abs(x - b[i]);
    both += x + b[i];
  });
  return both > 0 ? apart / both : 1;
}

/** Profiles of dither with other random numbers are this alike. */
const alike = 0.2;

/** Random noise that was added to the samples (Kaldi's dither): noise of some size leaves the same differences, loud or quiet. */
function ditherNoise(
  head: HeadConfig,
  made: readonly Float64Array[],
  examples: readonly Example[],
  powers: Powers,
): ParityNoise | null {
  const run = featuresUnder(head, powers);
  const between = (a: ArrayLike<number>, b: Float64Array): Float64Array => b.map((x, i) => a[i] - x);
  const wanted = examples.map(({ values }, c) => between(values, made[c]));
  const dithered = (size: number): Float64Array[] =>
    examples.map(({ samples }, c) => {
      const noisy = samples.slice();
      addGaussian(noisy, size, 77, c);
      return between(run(noisy), made[c]);
    });
  const total = (list: readonly Float64Array[]): number =>
    list.reduce((sum, off) => sum + squaresBetween(off, new Float64Array(off.length)), 0);
  const left = total(wanted);
  let [low, high] = [Math.log(1e-8), Math.log(0.03)];
  for (let step = 0; step < 9; step++) {
    const middle = (low + high) / 2;
    if (total(dithered(Math.exp(middle))) < left) low = middle;
    else high = middle;
  }
  const size = Math.exp((low + high) / 2);
  if (unlikeness(profile(dithered(size), made), profile(wanted, made)) > alike) return null;
  const text = `random noise was added to the samples (dither): a deviation of ${size.toPrecision(2)}, ${(32768 * size).toPrecision(2)} of 16-bit samples, leaves such differences, the larger the quieter the band`;
  return { kind: 'dither', size, text };
}

/** Where levels count from the largest, noise there moves all of them. */
const mayDither = (head: HeadConfig): boolean => !isRelative(head.log) || head.log.reference !== 'max';

/** What the difference between a head's features and those of the examples is; null where none of these explains it. */
export function noiseOf(head: HeadConfig, examples: readonly Example[], powers: Powers): ParityNoise | null {
  const run = featuresUnder(head, powers);
  const made = examples.map(({ samples }) => run(samples));
  if (made.some((x, c) => x.length !== examples[c].values.length)) return null;
  return (
    storageNoise(made, examples) ??
    float32Noise(head, made, examples) ??
    (mayDither(head) ? ditherNoise(head, made.slice(0, 3), examples.slice(0, 3), powers) : null)
  );
}
