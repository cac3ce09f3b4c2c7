/** Short-time Fourier transforms and their inverse in float64, with the conventions of librosa and torch. */
import { InvalidArgumentError } from '../errors.ts';
import { input, type Graph } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import { exactTransform } from '../model/exact.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { checkNola } from '../numeric/overlap.ts';
import { sampleAt, type PaddingMode } from '../numeric/padding.ts';
import { padCenter } from '../numeric/window.ts';
import { envelopeOf, gainsOf, overlapAdd } from '../spectral/overlap-add.ts';
import { planFor } from './fft.ts';
import { describePlan, transformOnce } from './plan.ts';

export interface StftOptions {
  /** Points of each transform; the window stands in their middle. Default: its length. */
  readonly nFft?: number;
  /** Padding of nFft / 2 samples at both ends, so that frame f is centred at f hop; none (default): frames inside the signal. */
  readonly padding?: PaddingMode | 'none';
}

export interface IstftOptions {
  /** As for `stft`: whatever the padding was, nFft / 2 samples are cut off at both ends unless it was none. */
  readonly padding?: PaddingMode | 'none';
  readonly nFft?: number;
  /** Samples of the result; default: all that frames cover. */
  readonly length?: number;
}

/** Planar [frames, bins], bins = floor(nFft / 2) + 1. */
export interface Stft extends ComplexArray {
  readonly frames: number;
  readonly bins: number;
}

/** The window over nFft points, and the samples of padding at each end. */
function geometryOf(
  window: ArrayLike<number>,
  hop: number,
  { nFft = window.length, padding = 'none' }: StftOptions,
): { window: Float64Array; pad: number } {
  if (!Number.isInteger(hop) || hop < 1)
    throw new InvalidArgumentError(`hop is ${hop}; expected a positive integer`);
  if (padding !== 'none' && !Object.hasOwn(sampleAt, padding))
    throw new InvalidArgumentError(
      `padding is ${JSON.stringify(padding)}; expected none, ${Object.keys(sampleAt).join(', ')}`,
    );
  if (!Number.isInteger(nFft) || nFft < window.length || nFft < 1)
    throw new InvalidArgumentError(
      `nFft is ${nFft}; expected an integer of at least the window's length, ${window.length}`,
    );
  return {
    window: padCenter(Float64Array.from(window), nFft),
    pad: padding === 'none' ? 0 : Math.floor(nFft / 2),
  };
}

/**
 * Short-time Fourier transform: frames at multiples of hop (librosa.stft, torch.stft). Throws InvalidArgumentError for an impossible
 * hop, nFft or padding; a signal without a frame gives none.
 */
export function stft(
  x: ArrayLike<number>,
  window: ArrayLike<number>,
  hop: number,
  options: StftOptions = {},
): Stft {
  const { window: w, pad } = geometryOf(window, hop, options);
  const n = w.length;
  const at = sampleAt[options.padding && options.padding !== 'none' ? options.padding : 'constant'];
  const plan = planFor({ n, input: 'real', norm: 'backward' });
  const bins = Math.floor(n / 2) + 1;
  const padded = x.length === 0 ? 0 : x.length + 2 * pad;
  const frames = padded < n ? 0 : 1 + Math.floor((padded - n) / hop);
  const out = { re: new Float64Array(frames * bins), im: new Float64Array(frames * bins), frames, bins };
  for (let f = 0; f < frames; f++) {
    for (let j = 0; j < n; j++) {
      const from = at(f * hop + j - pad, x.length);
      plan.input.re[j] = from < 0 ? 0 : x[from] * w[j];
    }
    plan.run();
    out.re.set(plan.output.re, f * bins);
    out.im.set(plan.output.im as Float64Array, f * bins);
  }
  return out;
}

/** Throws InvalidArgumentError unless shifted windows leave no sample out. */
function requireNola(window: Float64Array, hop: number): void {
  if (hop > window.length || !checkNola(window, hop))
    throw new InvalidArgumentError(
      `a window of ${window.length} samples with a hop of ${hop} leaves samples out (NOLA); expected a smaller hop`,
    );
}

/**
 * Inverse of `stft` with the same window, hop, nFft and padding: the least-squares signal, sum w x / sum w^2 (librosa.istft,
 * torch.istft). Samples that no window reaches are 0. Throws InvalidArgumentError when shifted windows leave samples out (NOLA) and
 * when the counts of bins or frames do not fit.
 */
export function istft(
  spectra: Stft,
  window: ArrayLike<number>,
  hop: number,
  options: IstftOptions = {},
): Float64Array {
  const { frames, bins, re, im } = spectra;
  const { window: w, pad } = geometryOf(window, hop, {
    ...options,
    nFft: options.nFft ?? Math.max(window.length, 2 * (bins - 1)),
  });
  const n = w.length;
  if (bins !== Math.floor(n / 2) + 1)
    throw new InvalidArgumentError(`${bins} bins for nFft = ${n}; expected ${Math.floor(n / 2) + 1}`);
  if (!Number.isInteger(frames) || frames < 1 || re.length !== frames * bins || im.length !== frames * bins)
    throw new InvalidArgumentError(
      `re has ${re.length} and im ${im.length} numbers; expected ${frames} frames of ${bins}, at least one`,
    );
  requireNola(w, hop);
  const plan = planFor({ n, input: 'real', inverse: true, norm: 'backward' });
  const envelope = envelopeOf(w, hop, frames);
  const sums = new Float64Array(envelope.length);
  for (let f = 0; f < frames; f++) {
    plan.input.re.set(re.subarray(f * bins, (f + 1) * bins));
    const lines = plan.input.im as Float64Array;
    lines.set(im.subarray(f * bins, (f + 1) * bins));
    lines[0] = 0;
    if (n % 2 === 0) lines[bins - 1] = 0;
    plan.run();
    for (let j = 0; j < n; j++) sums[f * hop + j] += w[j] * plan.output.re[j];
  }
  const gains = gainsOf(envelope);
  const { length = sums.length - 2 * pad } = options;
  if (!Number.isInteger(length) || length < 0)
    throw new InvalidArgumentError(`length is ${length}; expected an integer of at least 0`);
  return Float64Array.from({ length }, (_, i) =>
    i + pad < sums.length ? sums[i + pad] * gains[i + pad] : 0,
  );
}

/**
 * The inverse as a graph, for training: inputs `re` and `im` [bins, frames], one frame per column, output `signal`
 * [(frames - 1) hop + nFft], nothing cut off. Throws InvalidArgumentError like `istft`.
 */
export function istftGraph(
  frames: number,
  window: ArrayLike<number>,
  hop: number,
  nFft = window.length,
): Graph {
  const { window: w } = geometryOf(window, hop, { nFft });
  requireNola(w, hop);
  if (!Number.isInteger(frames) || frames < 1)
    throw new InvalidArgumentError(`frames is ${frames}; expected a positive integer`);
  const bins = Math.floor(nFft / 2) + 1;
  const [re, im] = ['re', 'im'].map((name) => rows(input(name, [bins, frames]), frames));
  const [samples] = exactTransform(
    describePlan({ n: nFft, input: 'real', inverse: true }),
    { re, im },
    frames,
    transformOnce,
  );
  return { outputs: { signal: overlapAdd(samples, w, hop, frames) } };
}
