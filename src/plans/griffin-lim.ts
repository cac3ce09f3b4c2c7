/**
 * A signal from magnitudes alone: phases that a signal can have are sought by turns, with momentum (Griffin & Lim, Signal estimation
 * from modified short-time Fourier transform, 1984; Perraudin, Balazs & Sondergaard, A fast Griffin-Lim algorithm, 2013).
 */
import { InvalidArgumentError } from '../errors.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { largestSize } from '../numeric/frequencies.ts';
import { fillUniform } from '../numeric/random.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { padCenter } from '../numeric/window.ts';
import { checkArgument, checkOptions, finite, whole, type OptionTable } from '../options.ts';
import { istft, stft } from './stft.ts';

/**
 * Options of `griffinLim`. Momentum 0 is Griffin and Lim 1984; above 0 is the fast algorithm (Perraudin,
 * Balazs, Sondergaard 2013).
 */
export interface GriffinLimOptions {
  /** Points of each transform; the window stands in their middle. Default: 2 (bins - 1). */
  readonly nFft?: number;
  /** Turns, at most 10,000. Default 60. */
  readonly iterations?: number;
  /** Of the fast algorithm; 0: the one of 1984. Default 0.99. */
  readonly momentum?: number;
  /** Of the random phases at the start. Default 0. */
  readonly seed?: number;
}

const griffinLimOptions: OptionTable<GriffinLimOptions> = {
  nFft: whole(1, largestSize),
  iterations: whole(0, 10_000),
  momentum: finite({ minimum: 0 }),
  seed: whole(0),
};

const phaseStream = 0x6f1;

/**
 * The signal [(frames - 1) hop + nFft] of magnitudes [frames, bins] as `stft` without padding would have them. Its ends, which one
 * window alone reaches, fade with that window. Throws InvalidArgumentError for magnitudes that are no whole frames or not finite,
 * and like `istft`.
 */
export function griffinLim(
  magnitudes: ArrayLike<number>,
  window: ArrayLike<number>,
  hop: number,
  bins: number,
  options: GriffinLimOptions = {},
): Float64Array {
  requireNumbers('magnitudes', magnitudes);
  requireNumbers('window', window);
  checkArgument('bins', bins, whole());
  checkOptions('griffinLim', options, griffinLimOptions);
  const { nFft = Math.max(1, 2 * (bins - 1)), iterations = 60, momentum = 0.99, seed = 0 } = options;
  const frames = magnitudes.length / bins;
  if (!Number.isInteger(frames) || frames < 1)
    throw new InvalidArgumentError(`${magnitudes.length} magnitudes; expected whole frames of ${bins}`);
  for (let i = 0; i < magnitudes.length; i++)
    if (!(magnitudes[i] >= 0 && magnitudes[i] < Infinity))
      throw new InvalidArgumentError(`magnitude ${i} is ${magnitudes[i]}; expected a number of at least 0`);
  const phases = new Float64Array(magnitudes.length);
  fillUniform(phases, seed, phaseStream);
  const re = phases.map((p, i) => magnitudes[i] * Math.cos(Math.PI * p));
  const im = phases.map((p, i) => magnitudes[i] * Math.sin(Math.PI * p));
  const inverse = (): Float64Array => istft({ re, im, frames, bins }, window, hop, { nFft });
  let before: ComplexArray = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
  for (let turn = 0; turn < iterations; turn++) {
    const now = stft(inverse(), window, hop, { nFft });
    const ahead = turn === 0 ? 0 : momentum;
    for (let i = 0; i < re.length; i++) {
      const [a, b] = [
        now.re[i] + ahead * (now.re[i] - before.re[i]),
        now.im[i] + ahead * (now.im[i] - before.im[i]),
      ];
      const size = Math.hypot(a, b);
      re[i] = size > 0 ? (magnitudes[i] * a) / size : magnitudes[i];
      im[i] = size > 0 ? (magnitudes[i] * b) / size : 0;
    }
    before = now;
  }
  return faded(inverse(), padCenter(Float64Array.from(window), nFft));
}

/** Divided by a window near its zero, the first and last samples say nothing: they take its halves on again. */
function faded(signal: Float64Array, window: Float64Array): Float64Array {
  const half = window.length / 2;
  const peak = window.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  for (let j = 0; j < half; j++) {
    signal[j] *= Math.abs(window[j]) / peak;
    signal[signal.length - 1 - j] *= Math.abs(window[window.length - 1 - j]) / peak;
  }
  return signal;
}
