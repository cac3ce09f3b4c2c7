/**
 * How far levels are from features, whatever is done to levels afterwards number by number: per clip and per number of a frame, what a
 * line through both leaves. Logarithms of any base, gains, heights of triangles, affine maps and normalisations are such lines.
 */
import { cepstrumMatrix } from '../../numeric/cepstrum.ts';
import { Kept, type FramePlace, type Guess, type Lab } from './guess.ts';
import type { Example } from './clips.ts';

/** Frames to be compared, and what is wanted there. */
export interface Sampling {
  readonly name: string;
  readonly places: readonly FramePlace[];
  /** [places, width] */
  readonly wanted: Float64Array;
  /** How much a value counts. */
  readonly counts: Float64Array;
  readonly width: number;
  /** Places of one clip, from and to. */
  readonly runs: readonly (readonly [number, number])[];
}

/** What stands behind levels, as far as lines do not say it. */
export interface Behind {
  /** Cosine transforms of levels; numbers kept are the width. */
  readonly isCepstrum: boolean;
  /** Features are energies, not their logarithms. */
  readonly isLinear: boolean;
}

const medianOf = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1];

/** The least value of each clip: its floor. */
function floorsOf(examples: readonly Example[]): number[] {
  return examples.map(({ values }) => values.reduce((a, b) => Math.min(a, b), Infinity));
}

/** The louder third of frames. */
function loudest(samples: Float64Array, frames: readonly number[], hop: number): number[] {
  const energy = frames.map((f) => {
    let sum = 0;
    for (let i = f * hop; i < Math.min(samples.length, (f + 2) * hop); i++) sum += samples[i] * samples[i];
    return sum;
  });
  const least = energy.toSorted((a, b) => b - a)[Math.floor(energy.length / 3)];
  return frames.filter((_, i) => energy[i] >= least);
}

/** Frames of the first clips that lie inside the signal, evenly. */
export function samplingOf(
  name: string,
  examples: readonly Example[],
  width: number,
  hop: number,
  { isCepstrum, isLinear }: Behind,
  size: { readonly clips: number; readonly frames: number; readonly margin: number },
): Sampling {
  const places: FramePlace[] = [];
  const order = examples
    .map((example, clip) => ({ clip, inside: example.samples.length - 2 * size.margin }))
    .filter(({ inside }) => inside > hop)
    .slice(0, size.clips);
  for (const { clip } of order) {
    const { samples, frames } = examples[clip];
    const first = Math.ceil(size.margin / hop);
    const last = Math.min(frames - 1, Math.floor((samples.length - size.margin) / hop));
    const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    // Every coefficient has a part of every band: only frames far above floors are of use.
    const usable = isCepstrum ? loudest(samples, all, hop) : all;
    const count = Math.min(size.frames, usable.length);
    for (let i = 0; i < count; i++)
      places.push({ clip, frame: usable[Math.floor((i * usable.length) / count)] });
  }
  const wanted = new Float64Array(places.length * width);
  places.forEach(({ clip, frame }, i) => {
    for (let m = 0; m < width; m++) wanted[i * width + m] = examples[clip].values[frame * width + m];
  });
  const counts = new Float64Array(wanted.length).fill(1);
  const floors = floorsOf(examples);
  for (const { clip } of order)
    for (let m = 0; m < width; m++) {
      const own = places.flatMap((p, i) => (p.clip === clip ? [i * width + m] : []));
      if (isCepstrum) {
        // The energy of the frame may stand in the place of coefficient 0.
        if (m === 0) for (const i of own) counts[i] = 0;
        continue;
      }
      const middle = medianOf(own.map((i) => wanted[i]));
      for (const i of own) {
        const above = wanted[i] - floors[clip];
        if (wanted[i] < middle || above <= 0) counts[i] = 0;
        // Errors of energies are parts of them.
        else if (isLinear) counts[i] = 1 / (above + middle - floors[clip]) ** 2;
      }
    }
  return { name, places, wanted, counts, width, runs: runsOf(places) };
}

const tiny = 1e-30;

/** Levels, or their cosine transforms, [places, width]; null for no bank. */
export function levelsOf(
  lab: Lab,
  guess: Guess,
  { places, name, width }: Sampling,
  { isCepstrum, isLinear }: Behind,
): Float64Array | null {
  const energies = lab.energiesOf(guess, places, name);
  if (!energies) return null;
  const bands = energies.length / places.length;
  if (isCepstrum ? bands < width : bands !== width) return null;
  if (isLinear) return energies;
  const levels = new Float64Array(energies.length);
  const under = guess.offset + tiny;
  for (let i = 0; i < levels.length; i++) levels[i] = Math.log(energies[i] + under);
  if (!isCepstrum) return levels;
  const matrix = cosines.get(`${width},${bands}`, () =>
    cepstrumMatrix({ count: width, norm: 'ortho', lifter: null }, bands),
  );
  const out = new Float64Array(places.length * width);
  for (let i = 0; i < places.length; i++)
    for (let c = 1; c < width; c++) {
      let sum = 0;
      for (let m = 0; m < bands; m++) sum += matrix[c * bands + m] * levels[i * bands + m];
      out[i * width + c] = sum;
    }
  return out;
}

const cosines = new Kept<Float64Array>(32);

/** Values that lines go through. */
type Wanted = Pick<Sampling, 'wanted' | 'counts' | 'width'>;

/** What the best line through values of column m leaves of the wanted ones, and their variance; nulls for too few of them. */
function leftOf(
  levels: Float64Array,
  { wanted, counts, width }: Wanted,
  [from, end]: readonly [number, number],
  m: number,
  column: number,
): [left: number, total: number] {
  const step = levels.length / (wanted.length / width);
  let [n, sum, mx, my] = [0, 0, 0, 0];
  for (let i = from; i < end; i++) {
    const weight = counts[i * width + m];
    if (weight === 0) continue;
    n++;
    sum += weight;
    mx += weight * levels[i * step + column];
    my += weight * wanted[i * width + m];
  }
  if (n < 4) return [0, 0];
  [mx, my] = [mx / sum, my / sum];
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = from; i < end; i++) {
    const weight = counts[i * width + m];
    if (weight === 0) continue;
    const [x, y] = [levels[i * step + column] - mx, wanted[i * width + m] - my];
    xx += weight * x * x;
    xy += weight * x * y;
    yy += weight * y * y;
  }
  return [xx > 0 ? Math.max(0, yy - (xy * xy) / xx) : yy, yy];
}

/** Of all clips, each with a line of its own. */
function leftOfRuns(
  levels: Float64Array,
  sampling: Sampling,
  m: number,
  column = m,
): [left: number, total: number] {
  let [left, total] = [0, 0];
  for (const run of sampling.runs) {
    const [l, t] = leftOf(levels, sampling, run, m, column);
    left += l;
    total += t;
  }
  return [left, total];
}

/** Runs of places of one clip. */
export function runsOf(places: readonly FramePlace[]): (readonly [number, number])[] {
  const firsts = places.flatMap(({ clip }, i) => (i === 0 || clip !== places[i - 1].clip ? [i] : []));
  return firsts.map((from, i) => [from, firsts[i + 1] ?? places.length]);
}

/** What lines leave of the variance of the wanted values: 0 for equal ones, 1 for unrelated ones. */
export function lineResidual(levels: Float64Array, sampling: Sampling): number {
  let [left, total] = [0, 0];
  for (let m = 0; m < sampling.width; m++) {
    const [l, t] = leftOfRuns(levels, sampling, m);
    left += l;
    total += t;
  }
  return total > 0 ? left / total : 1;
}

/** The mean of what lines leave of each column's variance: columns of little variance count as much as others. */
export function evenResidual(levels: Float64Array, sampling: Sampling): number {
  const left = Array.from({ length: sampling.width }, (_, m) => {
    const [l, t] = leftOfRuns(levels, sampling, m);
    return t > 0 ? [l / t] : [];
  }).flat();
  return left.length > 0 ? left.reduce((a, b) => a + b, 0) / left.length : 1;
}

/** The same of one wanted column and one column of levels [places, any width]. */
export function columnResidual(levels: Float64Array, column: number, sampling: Sampling, m: number): number {
  const [left, total] = leftOfRuns(levels, sampling, m, column);
  return total > 0 ? left / total : 1;
}
