/** Deltas of features: how fast each number changes along the frames, as weighted sums of neighbouring frames. */
import { InvalidArgumentError } from '../errors.ts';
import { matching, oneOf, required, type OptionTable } from '../options.ts';
import type { BandedRow } from './banded.ts';

/**
 * Which sums. All have the least-squares slope over `width` frames inside of a clip:
 *
 * - librosa: of order 2 the second derivative of a parabola (Savitzky & Golay 1964); at the ends the first and last `width` frames count.
 * - torchaudio (and python_speech_features): of order 2 the slope of slopes; frames beyond the ends are the first and last of what is summed.
 * - kaldi: the same inside; frames beyond the ends are the first and last of the features, in both orders.
 */
type DeltaKind = 'librosa' | 'torchaudio' | 'kaldi';

/** Deltas behind the numbers of a frame: order 1 doubles their count, order 2 (deltas of deltas as well) trebles it. */
export interface DeltaOptions {
  readonly kind: DeltaKind;
  readonly order: 1 | 2;
  /** Frames of the least-squares fit, an odd number of at least 3. librosa's default is 9; Kaldi's and torchaudio's 5. */
  readonly width: number;
}

/** Widest fit. */
const widest = 1001;

export const deltaOptions: OptionTable<DeltaOptions> = {
  kind: required(oneOf(['librosa', 'torchaudio', 'kaldi'])),
  order: required(oneOf([1, 2])),
  width: required(
    matching(
      `an odd number from 3 to ${widest}`,
      (x) => Number.isSafeInteger(x) && Number(x) % 2 === 1 && Number(x) >= 3 && Number(x) <= widest,
    ),
  ),
};

/** Weights of the slope of a line: j / sum j^2, j from the middle. */
function slope(width: number): Float64Array {
  const half = (width - 1) / 2;
  const norm = (width * (width * width - 1)) / 12;
  return Float64Array.from({ length: width }, (_, i) => (i - half) / norm);
}

/** Weights of the second derivative of a parabola: 2 (n j^2 - S2) / (n S4 - S2^2), Sp = sum j^p. */
function curvature(width: number): Float64Array {
  const half = (width - 1) / 2;
  const squares = Float64Array.from({ length: width }, (_, i) => (i - half) ** 2);
  const [s2, s4] = [1, 2].map((p) => squares.reduce((sum, x) => sum + x ** p, 0));
  return squares.map((x) => (2 * (width * x - s2)) / (width * s4 - s2 * s2));
}

/** Sums over frames that are the first or last of `frames` beyond the ends. */
function heldAtEnds(kernel: Float64Array, t: number, frames: number): BandedRow {
  const half = (kernel.length - 1) / 2;
  const at = (j: number): number => Math.max(0, Math.min(frames - 1, t + j - half));
  const first = at(0);
  const weights = new Float64Array(at(kernel.length - 1) - first + 1);
  kernel.forEach((w, j) => (weights[at(j) - first] += w));
  return { first, weights };
}

/** The kernel of a slope of slopes. */
function repeated(kernel: Float64Array): Float64Array {
  const out = new Float64Array(2 * kernel.length - 1);
  kernel.forEach((a, i) => kernel.forEach((b, j) => (out[i + j] += a * b)));
  return out;
}

/** The slope at frame t of slopes that are those of the first or last frame beyond the ends. */
function slopeOfSlopes(kernel: Float64Array, t: number, frames: number): BandedRow {
  const outer = heldAtEnds(kernel, t, frames);
  const inner = Array.from(outer.weights, (_, i) => heldAtEnds(kernel, outer.first + i, frames));
  const first = Math.min(...inner.map((row) => row.first));
  const end = Math.max(...inner.map((row) => row.first + row.weights.length));
  const weights = new Float64Array(end - first);
  inner.forEach((row, i) => {
    for (let j = 0; j < row.weights.length; j++)
      weights[row.first - first + j] += outer.weights[i] * row.weights[j];
  });
  return { first, weights };
}

type Weights = (t: number, frames: number) => BandedRow;

/** The kernels inside of a clip, order by order. */
const kernelsOf = ({ kind, order, width }: DeltaOptions): Float64Array[] =>
  [slope(width), kind === 'librosa' ? curvature(width) : repeated(slope(width))].slice(0, order);

/** Frames before and behind its own that a frame's deltas count, inside of a clip. */
export const deltaReach = (options: DeltaOptions): number =>
  Math.max(...kernelsOf(options).map((kernel) => (kernel.length - 1) / 2));

/** Weights of frames at frame t of so many, order by order; of a clip whose end is not known, Infinity. */
export function deltaWeights(options: DeltaOptions): Weights[] {
  const { kind, width } = options;
  const kernels = kernelsOf(options);
  return kernels.map((kernel, second): Weights => {
    const half = (kernel.length - 1) / 2;
    return (t, frames) => {
      if (t >= half && t + half < frames) return { first: t - half, weights: kernel };
      if (kind === 'librosa')
        return { first: Math.max(0, Math.min(t - half, frames - width)), weights: kernel };
      return kind === 'torchaudio' && second === 1
        ? slopeOfSlopes(kernels[0], t, frames)
        : heldAtEnds(kernel, t, frames);
    };
  });
}

/** Throws InvalidArgumentError for fewer frames than deltas need. */
export function requireDeltaWidth({ kind, width }: DeltaOptions, frames: number): void {
  if (kind === 'librosa' && frames < width)
    throw new InvalidArgumentError(
      `${frames} frames under librosa's deltas; expected at least deltas.width = ${width}`,
    );
}

/** Weights of all frames, order by order. Throws InvalidArgumentError for fewer frames than they need. */
export function deltaRows(options: DeltaOptions, frames: number): BandedRow[][] {
  requireDeltaWidth(options, frames);
  return deltaWeights(options).map((row) => Array.from({ length: frames }, (_, t) => row(t, frames)));
}

/** Frames from `first` on, so many numbers each. */
interface SomeFrames {
  readonly values: ArrayLike<number>;
  readonly first: number;
  readonly width: number;
}

/** Writes frame t and its deltas by these weights to `out`, from `to` on. */
export function putDeltas(
  rows: readonly BandedRow[],
  { values, first, width }: SomeFrames,
  t: number,
  out: Float64Array,
  to: number,
): void {
  for (let i = 0; i < width; i++) out[to + i] = values[(t - first) * width + i];
  rows.forEach((row, order) => {
    const at = to + (1 + order) * width;
    out.fill(0, at, at + width);
    for (let j = 0; j < row.weights.length; j++)
      for (let i = 0; i < width; i++)
        out[at + i] += row.weights[j] * values[(row.first + j - first) * width + i];
  });
}

/** Frames [frames, width] with their deltas behind them, [frames, (1 + order) width]. Throws as `deltaRows` does. */
export function withDeltas(options: DeltaOptions, values: ArrayLike<number>, frames: number): Float64Array {
  requireDeltaWidth(options, frames);
  const width = values.length / frames;
  const orders = deltaWeights(options);
  const out = new Float64Array(values.length * (1 + orders.length));
  for (let t = 0; t < frames; t++)
    putDeltas(
      orders.map((row) => row(t, frames)),
      { values, first: 0, width },
      t,
      out,
      t * width * (1 + orders.length),
    );
  return out;
}
