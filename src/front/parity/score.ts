/**
 * How far levels are from features, whatever is done to levels afterwards number by number: per clip and per number of a frame, what a
 * line through both leaves. Logarithms of any base, gains, heights of triangles, affine maps and normalisations are such lines.
 */
import { cepstrumMatrix } from '../../numeric/cepstrum.ts';
import { Lab, type FramePlace, type Guess } from './guess.ts';
import type { Example } from './clips.ts';

/** Frames to be compared, and what is wanted there. */
export interface Sampling {
  readonly name: string;
  readonly places: readonly FramePlace[];
  /** [places, width] */
  readonly wanted: Float64Array;
  /** 1 where a value counts. */
  readonly counts: Uint8Array;
  readonly width: number;
}

/** What stands behind levels, as far as lines do not say it. */
export interface Behind {
  /** Cosine transforms of levels; numbers kept are the width. */
  readonly isCepstrum: boolean;
  /** Features are energies, not their logarithms. */
  readonly isLinear: boolean;
}

const medianOf = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1];

/** Values of a clip that stand at its least one, or at that of all: the floor. */
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
  const level = (y: number): number => (isLinear ? Math.log(Math.max(y, 1e-30)) : y);
  const wanted = new Float64Array(places.length * width);
  places.forEach(({ clip, frame }, i) => {
    for (let m = 0; m < width; m++) wanted[i * width + m] = level(examples[clip].values[frame * width + m]);
  });
  const counts = new Uint8Array(wanted.length).fill(1);
  const floors = floorsOf(examples);
  if (!isCepstrum)
    for (const { clip } of order)
      for (let m = 0; m < width; m++) {
        const own = places.flatMap((p, i) => (p.clip === clip ? [i * width + m] : []));
        const middle = medianOf(own.map((i) => wanted[i]));
        for (const i of own) if (wanted[i] < middle || wanted[i] <= level(floors[clip])) counts[i] = 0;
      }
  return { name, places, wanted, counts, width };
}

const tiny = 1e-30;

/** Levels, or their cosine transforms, [places, width]; null for no bank. */
export function levelsOf(
  lab: Lab,
  guess: Guess,
  { places, name, width }: Sampling,
  { isCepstrum }: Behind,
): Float64Array | null {
  const energies = lab.energiesOf(guess, places, name);
  if (!energies) return null;
  const bands = energies.length / places.length;
  const levels = energies.map((e) => Math.log(e + guess.offset + tiny));
  if (!isCepstrum) return bands === width ? levels : null;
  if (bands < width) return null;
  const matrix = cepstrumMatrix({ count: width, norm: 'ortho', lifter: null }, bands);
  const out = new Float64Array(places.length * width);
  for (let i = 0; i < places.length; i++)
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let m = 0; m < bands; m++) sum += matrix[c * bands + m] * levels[i * bands + m];
      out[i * width + c] = sum;
    }
  return out;
}

/** Sums of one line. */
interface Line {
  n: number;
  x: number;
  y: number;
  xx: number;
  xy: number;
  yy: number;
}

/** What lines leave of the variance of the wanted values: 0 for equal ones, 1 for unrelated ones. */
export function lineResidual(levels: Float64Array, { places, wanted, counts, width }: Sampling): number {
  let [left, total] = [0, 0];
  for (let m = 0; m < width; m++) {
    let at = 0;
    while (at < places.length) {
      const { clip } = places[at];
      let end = at;
      while (end < places.length && places[end].clip === clip) end++;
      const line = lineOf(levels, { wanted, counts, width }, m, at, end);
      at = end;
      if (line.n < 4) continue;
      const xx = line.xx - (line.x * line.x) / line.n;
      const yy = line.yy - (line.y * line.y) / line.n;
      const xy = line.xy - (line.x * line.y) / line.n;
      total += yy;
      left += xx > 0 ? Math.max(0, yy - (xy * xy) / xx) : yy;
    }
  }
  return total > 0 ? left / total : 1;
}

function lineOf(
  levels: Float64Array,
  { wanted, counts, width }: Pick<Sampling, 'wanted' | 'counts' | 'width'>,
  m: number,
  from: number,
  end: number,
): Line {
  const line: Line = { n: 0, x: 0, y: 0, xx: 0, xy: 0, yy: 0 };
  // Near the first values: sums of squares then lose no digits.
  const [x0, y0] = [levels[from * width + m], wanted[from * width + m]];
  for (let i = from; i < end; i++) {
    const at = i * width + m;
    if (counts[at] === 0) continue;
    const [x, y] = [levels[at] - x0, wanted[at] - y0];
    line.n++;
    line.x += x;
    line.y += y;
    line.xx += x * x;
    line.xy += x * y;
    line.yy += y * y;
  }
  return line;
}
