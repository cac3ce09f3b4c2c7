/** The rule that makes features of energies: gain, height of triangles, floors, range, cepstra, normalisation, affine map. */
import { normalized, type NormalizeOptions } from '../../numeric/normalize.ts';
import { withDeltas } from '../../numeric/deltas.ts';
import { cepstrumMatrix, type CepstrumOptions } from '../../numeric/cepstrum.ts';
import { headWindow, spectrumScale, type HeadConfig, type LogRule } from '../../spectral/head.ts';
import type { Example } from './clips.ts';

/** A rule over energies of a head, its levels in nepers times `unit`. */
export interface LevelRule {
  /** What of the head scales energies. */
  readonly scaling: Partial<Pick<HeadConfig, 'gain' | 'scaling' | 'windowNorm'>>;
  readonly floor: number;
  readonly offset: number;
  /** Nepers; null: none. */
  readonly range: number | null;
  readonly isLinear: boolean;
  readonly unit: number;
  readonly cepstrum: CepstrumOptions | null;
  readonly deltas: HeadConfig['deltas'];
  readonly normalize: NormalizeOptions | null;
}

/** Energies of a clip and its features. */
export interface Leveled {
  readonly energies: Float64Array;
  readonly example: Example;
}

/** y = slope x + add, and what it leaves: RMS over that of the features about their mean. */
export interface Line {
  readonly slope: number;
  readonly add: number;
  readonly residual: number;
}

/** What the energies of a head without gain and scaling are multiplied by. */
export function factorOf(head: HeadConfig, scaling: LevelRule['scaling']): number {
  const scaled = { ...head, ...scaling };
  const sum = (h: HeadConfig): number => headWindow(h).reduce((a, b) => a + b, 0);
  const power = spectrumScale(scaled) * (sum(scaled) / sum(head)) ** 2;
  return head.spectrum === 'magnitude' ? Math.sqrt(power) : power;
}

/** Features by a rule [frames, width], but for the affine map. */
export function ruledValues(
  rule: LevelRule,
  energies: Float64Array,
  factor: number,
  frames: number,
): Float64Array {
  const { floor, offset, range, isLinear, unit, cepstrum, deltas, normalize } = rule;
  let values: Float64Array = isLinear
    ? energies.map((e) => e * factor)
    : energies.map((e) => unit * Math.log(Math.max(e * factor, floor) + offset));
  if (range !== null) {
    const least = values.reduce((a, b) => Math.max(a, b), -Infinity) - range * unit;
    values = values.map((x) => Math.max(x, least));
  }
  if (cepstrum) values = cepstra(cepstrum, values, frames);
  if (deltas) values = withDeltas(deltas, values, frames);
  return normalize ? normalized(normalize, values, frames) : values;
}

/** Cosine transforms of levels [frames, bands]. */
export function cepstra(options: CepstrumOptions, levels: Float64Array, frames: number): Float64Array {
  const bands = levels.length / frames;
  const matrix = cepstrumMatrix(options, bands);
  const { count } = options;
  const out = new Float64Array(frames * count);
  for (let f = 0; f < frames; f++)
    for (let c = 0; c < count; c++) {
      let sum = 0;
      for (let m = 0; m < bands; m++) sum += matrix[c * bands + m] * levels[f * bands + m];
      out[f * count + c] = sum;
    }
  return out;
}

/** The line from values to features of all clips. */
export function lineThrough(values: readonly Float64Array[], clips: readonly Leveled[]): Line {
  let [n, mx, my] = [0, 0, 0];
  values.forEach((v, c) => {
    const y = clips[c].example.values;
    for (let i = 0; i < v.length; i++) {
      mx += v[i];
      my += y[i];
    }
    n += v.length;
  });
  [mx, my] = [mx / n, my / n];
  let [xx, xy, yy] = [0, 0, 0];
  values.forEach((v, c) => {
    const y = clips[c].example.values;
    for (let i = 0; i < v.length; i++) {
      const [dx, dy] = [v[i] - mx, y[i] - my];
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
    }
  });
  const slope = xx > 0 ? xy / xx : 0;
  let left = 0;
  values.forEach((v, c) => {
    const y = clips[c].example.values;
    for (let i = 0; i < v.length; i++) left += (y[i] - my - slope * (v[i] - mx)) ** 2;
  });
  return { slope, add: my - slope * mx, residual: yy > 0 ? Math.sqrt(left / yy) : 1 };
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
