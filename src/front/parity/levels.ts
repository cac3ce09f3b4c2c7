/** The rule that makes features of energies: floors, ranges, cepstra, deltas, normalisation; and the line that is left. */
import { normalized, type NormalizeOptions } from '../../numeric/normalize.ts';
import { withDeltas } from '../../numeric/deltas.ts';
import type { HeadConfig, LogRule } from '../../spectral/head.ts';
import type { Example } from './clips.ts';

/** A rule over energies as they are: floor and offset in their unit, what is relative in nepers times `unit`. */
export interface LevelRule {
  readonly floor: number;
  readonly offset: number;
  /** Below the largest; null: none. */
  readonly range: number | null;
  /** Levels are relative to the largest. */
  readonly isRelative: boolean;
  /** Of what the largest is meant. */
  readonly over: NonNullable<LogRule['over']>;
  readonly isLinear: boolean;
  readonly unit: number;
  /** Added to every level. */
  readonly shift: number;
  /** The matrix [width, bands] of a cepstrum. */
  readonly cepstrum: Float64Array | null;
  readonly deltas: HeadConfig['deltas'];
  readonly normalize: NormalizeOptions | null;
}

/** Energies of a clip, their logarithms, and its features. */
export interface Leveled {
  readonly energies: Float64Array;
  readonly logs: Float64Array;
  readonly example: Example;
}

/** Logarithms of nothing. */
export const leastLog = Math.log(1e-30);

export const leveled = (energies: Float64Array, example: Example): Leveled => ({
  energies,
  logs: energies.map((e) => Math.max(leastLog, Math.log(e))),
  example,
});

/** y = slope x + add + gain u, and what it leaves: RMS over that of the features about their mean. */
export interface Line {
  readonly slope: number;
  readonly add: number;
  /** Of coefficients: what a factor of all energies adds. */
  readonly gain: number;
  readonly residual: number;
}

/** Levels raised to so far below the largest of each run of numbers, or relative to it. */
function limited(x: Float64Array, run: number, range: number | null, isRelative: boolean): void {
  for (let from = 0; from < x.length; from += run) {
    let most = -Infinity;
    for (let i = from; i < from + run; i++) most = Math.max(most, x[i]);
    const least = range === null ? -Infinity : most - range;
    const reference = isRelative ? most : 0;
    for (let i = from; i < from + run; i++) x[i] = Math.max(x[i], least) - reference;
  }
}

/** Features by a rule [frames, width], but for the affine map. */
export function ruledValues(rule: LevelRule, { energies, logs, example: { frames } }: Leveled): Float64Array {
  const { floor, offset, range, isRelative, over, isLinear, unit, shift, cepstrum, deltas, normalize } = rule;
  const { length } = energies;
  let values = new Float64Array(length);
  if (isLinear) values.set(energies);
  else {
    const least = Math.log(floor);
    if (offset > 0)
      for (let i = 0; i < length; i++) values[i] = Math.log(Math.max(energies[i], floor) + offset);
    else for (let i = 0; i < length; i++) values[i] = Math.max(logs[i], least);
    if (range !== null || isRelative)
      limited(values, over === 'clip' ? length : length / frames, range, isRelative);
    if (unit !== 1 || shift !== 0) for (let i = 0; i < length; i++) values[i] = unit * (values[i] + shift);
  }
  if (cepstrum) values = transformed(cepstrum, values, frames);
  if (deltas) values = withDeltas(deltas, values, frames) as Float64Array<ArrayBuffer>;
  return normalize ? normalized(normalize, values, frames) : values;
}

/** Rows of a matrix [width, bands] of levels [frames, bands]. */
export function transformed(
  matrix: Float64Array,
  levels: Float64Array,
  frames: number,
): Float64Array<ArrayBuffer> {
  const bands = levels.length / frames;
  const width = matrix.length / bands;
  const out = new Float64Array(frames * width);
  for (let f = 0; f < frames; f++)
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let m = 0; m < bands; m++) sum += matrix[c * bands + m] * levels[f * bands + m];
      out[f * width + c] = sum;
    }
  return out;
}

/**
 * The line from values to features of all clips; with a pattern, what is added to each number of a frame times a gain as well.
 * By regression on x and u about their means.
 */
export function lineThrough(
  values: readonly Float64Array[],
  clips: readonly Leveled[],
  pattern: Float64Array | null = null,
): Line {
  let [n, mx, my, mu] = [0, 0, 0, 0];
  const width = pattern?.length ?? 1;
  const at = (i: number): number => (pattern ? pattern[i % width] : 0);
  values.forEach((v, c) => {
    const y = clips[c].example.values;
    for (let i = 0; i < v.length; i++) {
      mx += v[i];
      my += y[i];
      if (pattern) mu += at(i);
    }
    n += v.length;
  });
  [mx, my, mu] = [mx / n, my / n, mu / n];
  let [xx, xy, yy, xu, uu, uy] = [0, 0, 0, 0, 0, 0];
  values.forEach((v, c) => {
    const y = clips[c].example.values;
    for (let i = 0; i < v.length; i++) {
      const [dx, dy] = [v[i] - mx, y[i] - my];
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
      if (!pattern) continue;
      const du = at(i) - mu;
      xu += dx * du;
      uu += du * du;
      uy += du * dy;
    }
  });
  const bend = uu > 0 ? xu / uu : 0;
  const own = xx - bend * xu;
  const slope = own > 0 ? (xy - bend * uy) / own : 0;
  const gain = uu > 0 ? (uy - slope * xu) / uu : 0;
  let left = 0;
  values.forEach((v, c) => {
    const y = clips[c].example.values;
    for (let i = 0; i < v.length; i++) {
      const du = pattern ? gain * (at(i) - mu) : 0;
      left += (y[i] - my - slope * (v[i] - mx) - du) ** 2;
    }
  });
  return { slope, add: my - slope * mx - gain * mu, gain, residual: yy > 0 ? Math.sqrt(left / yy) : 1 };
}

const units: readonly (readonly [LogRule['kind'], (isMagnitude: boolean) => number])[] = [
  ['ln', () => 1],
  ['log10', () => Math.LOG10E],
  ['db', (isMagnitude) => (isMagnitude ? 20 : 10) * Math.LOG10E],
];

/** Nepers to the units of logarithms. */
export const unitsOf = (head: HeadConfig): [LogRule['kind'], number][] =>
  units.map(([kind, unit]) => [kind, unit(head.spectrum === 'magnitude')]);

/** A number of few digits next to x, if rounding explains the distance; else x. */
export function rounded(x: number, tolerance = 1e-5): number {
  for (let digits = 1; digits <= 6; digits++) {
    const short = Number(x.toPrecision(digits));
    if (Math.abs(short - x) <= tolerance * Math.abs(x)) return short;
  }
  return x;
}

/** Digits that a number takes. */
export const digitsOf = (x: number): number =>
  String(x)
    .replace(/[-.]|e.*$/g, '')
    .replace(/^0+|0+$/g, '').length;
