/** Short-time Fourier transforms and their inverse in float64, with the conventions of librosa and torch. */
import { InvalidArgumentError } from '../errors.ts';
import type { FloatArray } from '../backends/backend.ts';
import { input, type Graph } from '../ir/graph.ts';
import { rows } from '../ir/view.ts';
import { exactTransform } from '../model/exact.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { largestSize } from '../numeric/frequencies.ts';
import { checkNola } from '../numeric/overlap.ts';
import { copyPadded, paddingModes, sampleAt, type PaddingMode } from '../numeric/padding.ts';
import { copySamples, requireNumbers, requirePlanar } from '../numeric/samples.ts';
import { isWindowSpec, padCenter, windowSamples, type WindowLike } from '../numeric/window.ts';
import {
  anything,
  checkArgument,
  checkOptions,
  extended,
  oneOf,
  isRecord,
  whole,
  type OptionTable,
} from '../options.ts';
import { envelopeOf, gainsOf, overlapAdd } from '../spectral/overlap-add.ts';
import { frameBlock } from './frames.ts';
import { describePlan } from './plan.ts';

/** Most numbers of a result, and samples of a signal whose synthesis is a graph with its tables. */
const largestLength = 2 ** 28;
const largestGraph = 2 ** 24;

/** Options of `stft` beside window and hop. */
export interface StftOptions {
  /** Points of each transform; the window stands in their middle. Default: its length. */
  readonly nFft?: number;
  /** Padding of nFft / 2 samples at both ends, so that frame f is centred at f hop; none (default): frames inside the signal. */
  readonly padding?: PaddingMode | 'none';
}

/** Options of `istft`; give those of the `stft` that it inverts. */
export interface IstftOptions {
  /** As for `stft`: whatever the padding was, nFft / 2 samples are cut off at both ends unless it was none. */
  readonly padding?: PaddingMode | 'none';
  /** Default: what the bins say, or the window's length where that is more. */
  readonly nFft?: number;
  /** Samples of the result, at most 2^28; default: all that frames cover. */
  readonly length?: number;
  /** Where shifted windows leave samples out (NOLA): throw (default), or zeros in their place. */
  readonly nola?: 'throw' | 'zeros';
}

/** What `stft` and `istft` take as options where the window and hop are no arguments of their own. */
export interface FramingOptions {
  /** By name (periodic), or as samples. Default hann. */
  readonly window?: WindowLike;
  /** Samples of a window that is given by name; default nFft. */
  readonly windowLength?: number;
  /** Samples from one frame to the next; default a quarter of the window. */
  readonly hop?: number;
}

/** Planar [frames, bins], bins = floor(nFft / 2) + 1. */
export interface Stft extends ComplexArray {
  readonly frames: number;
  readonly bins: number;
}

const paddings = /* @__PURE__ */ (() => ['none', ...paddingModes] as const)();
const stftOptions: OptionTable<StftOptions> = {
  nFft: whole(1, largestSize),
  padding: oneOf(paddings),
};
const istftOptions = extended<StftOptions, IstftOptions>(stftOptions, {
  length: whole(0, largestLength),
  nola: oneOf(['throw', 'zeros']),
});
const framingOptions: OptionTable<FramingOptions> = {
  // `windowSamples` says what is wrong with a window.
  window: anything(),
  windowLength: whole(1, largestSize),
  hop: whole(),
};

/** Window, hop and options, in either form: all by name, or the first two as arguments of their own. */
type Framing<O> = [options: O & FramingOptions] | [window: WindowLike, hop: number, options?: O | undefined];

/** Options of either form of a call, checked. */
function optionsOf<O extends StftOptions>(
  owner: string,
  table: OptionTable<O>,
  [first, hop, options = {} as O]: Framing<O>,
): O & FramingOptions {
  const isNamed = hop === undefined && isRecord(first);
  if (isNamed) {
    const all = { ...framingOptions, ...table } as OptionTable<O & FramingOptions>;
    checkOptions(owner, first as O & FramingOptions, all);
    return first as O & FramingOptions;
  }
  checkOptions(owner, options, table);
  checkArgument('hop', hop as number, whole());
  return { ...options, window: first as WindowLike, hop: hop as number };
}

/** Samples of a window. */
function windowOf({ window = 'hann', windowLength, nFft }: FramingOptions & StftOptions): Float64Array {
  const length = isWindowSpec(window) ? (windowLength ?? nFft) : window?.length;
  if (length === undefined)
    throw new InvalidArgumentError('nFft is undefined; expected the length of a window that is a name');
  return windowSamples(window, windowLength ?? length, 'periodic');
}

/** The window over nFft points, and the samples of padding at each end. */
function geometryOf(options: FramingOptions & StftOptions): {
  window: Float64Array;
  hop: number;
  pad: number;
} {
  const window = windowOf(options);
  const {
    hop = Math.max(1, Math.floor(window.length / 4)),
    nFft = window.length,
    padding = 'none',
  } = options;
  checkArgument('nFft', nFft, whole(Math.max(1, window.length)));
  return { window: padCenter(window, nFft), hop, pad: padding === 'none' ? 0 : Math.floor(nFft / 2) };
}

/**
 * Short-time Fourier transform: frames at multiples of hop (librosa.stft, torch.stft). stft(x, { window, hop, nFft, padding }) or
 * stft(x, window, hop, { nFft, padding }). Throws InvalidArgumentError for what is no array of numbers and an impossible window, hop,
 * nFft or padding; a signal without a frame gives none.
 */
export function stft(x: ArrayLike<number>, ...given: Framing<StftOptions>): Stft {
  requireNumbers('x', x);
  const options = optionsOf('stft', stftOptions, given);
  const { window: w, hop, pad } = geometryOf(options);
  const n = w.length;
  const bins = Math.floor(n / 2) + 1;
  const padded = x.length === 0 ? 0 : x.length + 2 * pad;
  const frames = padded < n ? 0 : 1 + Math.floor((padded - n) / hop);
  if (frames * bins > largestLength)
    throw new InvalidArgumentError(
      `hop is ${hop}, which makes ${frames} frames of ${bins} bins; expected at most ${largestLength} numbers`,
    );
  const out = { re: new Float64Array(frames * bins), im: new Float64Array(frames * bins), frames, bins };
  const block = frameBlock(n, false);
  const [[samples], [re, im]] = [block.input, block.output];
  block.window.set(w);
  const { padding = 'none' } = options;
  const sourceOf = padding === 'none' || padding === 'constant' ? null : sampleAt[padding];
  const at = sourceOf && ((position: number) => sourceOf(position, x.length));
  // Overlapping frames take less room than the block has.
  const most = Math.max(1, Math.min(block.frames, 1 + Math.floor((samples.length - n) / hop)));
  for (let first = 0; first < frames; first += most) {
    const count = Math.min(most, frames - first);
    const range = { begin: first * hop - pad, count: (count - 1) * hop + n, inside: x.length };
    copyPadded(x, range, at, samples);
    block.run(count, hop, bins);
    out.re.set(re.subarray(0, count * bins), first * bins);
    out.im.set(im.subarray(0, count * bins), first * bins);
  }
  return out;
}

/** What a model of an inverse is made from: the window over nFft points, which leaves no sample out. Throws InvalidArgumentError. */
export function istftGeometry(
  owner: string,
  options: Omit<IstftOptions, 'nola'> & FramingOptions,
): { readonly window: Float64Array; readonly hop: number; readonly pad: number } {
  const geometry = geometryOf(optionsOf<IstftOptions>(owner, istftOptions, [options]));
  requireNola(geometry.window, geometry.hop);
  return geometry;
}

/** Throws InvalidArgumentError unless shifted windows leave no sample out. */
function requireNola(window: Float64Array, hop: number): void {
  if (hop > window.length || !checkNola(window, hop))
    throw new InvalidArgumentError(
      `a window of ${window.length} samples with a hop of ${hop} leaves samples out (NOLA); expected a smaller hop`,
    );
}

function requireSpectra(spectra: Stft): void {
  requirePlanar('spectra', spectra);
  const { frames, bins, re } = spectra;
  checkArgument('spectra.frames', frames, whole());
  checkArgument('spectra.bins', bins, whole());
  if (re.length !== frames * bins)
    throw new InvalidArgumentError(
      `re and im have ${re.length} numbers; expected ${frames} frames of ${bins}, at least one`,
    );
}

/** to += w x, in arrays of one length. In a function of its own it is a tenth faster. */
function addWindowed(to: Float64Array, w: Float64Array, x: FloatArray): void {
  for (let j = 0; j < to.length; j++) to[j] += w[j] * x[j];
}

/** Sums of windowed frames [(frames - 1) hop + nFft]. */
function sumsOf({ frames, bins, re, im }: Stft, w: Float64Array, hop: number, length: number): Float64Array {
  const n = w.length;
  const block = frameBlock(n, true);
  const [[lines, imaginary], [samples]] = [block.input, block.output];
  const sums = new Float64Array(length);
  for (let first = 0; first < frames; first += block.frames) {
    const count = Math.min(block.frames, frames - first);
    copySamples(re, first * bins, count * bins, lines);
    copySamples(im, first * bins, count * bins, imaginary);
    for (let f = 0; f < count; f++) {
      imaginary[f * bins] = 0;
      if (n % 2 === 0) imaginary[f * bins + bins - 1] = 0;
    }
    block.run(count, bins, n);
    for (let f = 0; f < count; f++) {
      const at = (first + f) * hop;
      addWindowed(sums.subarray(at, at + n), w, samples.subarray(f * n, (f + 1) * n));
    }
  }
  return sums;
}

/**
 * Inverse of `stft` with the same window, hop, nFft and padding: the least-squares signal, sum w x / sum w^2 (librosa.istft,
 * torch.istft). istft(spectra, { window, hop, nFft, padding, length }) or istft(spectra, window, hop, { nFft, padding, length }).
 * Samples that no window reaches are 0. Throws InvalidArgumentError when shifted windows leave samples out (NOLA), and when the
 * counts of bins or frames do not fit.
 */
export function istft(spectra: Stft, ...given: Framing<IstftOptions>): Float64Array {
  requireSpectra(spectra);
  const options = optionsOf('istft', istftOptions, given);
  const { frames, bins } = spectra;
  // A window of samples may be longer than the bins say.
  const { window = 'hann' } = options;
  const { nFft = Math.max(isWindowSpec(window) ? 1 : (window?.length ?? 1), 2 * (bins - 1)) } = options;
  const { window: w, hop, pad } = geometryOf({ ...options, nFft });
  const n = w.length;
  if (bins !== Math.floor(n / 2) + 1)
    throw new InvalidArgumentError(`${bins} bins for nFft = ${n}; expected ${Math.floor(n / 2) + 1}`);
  if (options.nola !== 'zeros') requireNola(w, hop);
  const covers = (frames - 1) * hop + n;
  if (covers > largestLength)
    throw new InvalidArgumentError(
      `hop is ${hop}, with which ${frames} frames cover ${covers} samples; expected at most ${largestLength}`,
    );
  const gains = gainsOf(envelopeOf(w, hop, frames));
  const sums = sumsOf(spectra, w, hop, gains.length);
  const { length = sums.length - 2 * pad } = options;
  const out = new Float64Array(length);
  const covered = Math.min(length, sums.length - pad);
  for (let i = 0; i < covered; i++) out[i] = sums[i + pad] * gains[i + pad];
  return out;
}

/**
 * The inverse as a graph, for training: inputs `re` and `im` [bins, frames], one frame per column, output `signal`
 * [(frames - 1) hop + nFft], nothing cut off. Throws InvalidArgumentError like `istft`, and for more than 2^24 samples.
 */
export function istftGraph(frames: number, window: WindowLike, hop: number, nFft?: number): Graph {
  checkArgument('hop', hop, whole());
  checkArgument('frames', frames, whole());
  if (nFft !== undefined) checkArgument('nFft', nFft, whole(1, largestSize));
  const { window: w } = geometryOf({ window, hop, ...(nFft === undefined ? {} : { nFft }) });
  const n = w.length;
  requireNola(w, hop);
  const length = (frames - 1) * hop + n;
  if (length > largestGraph)
    throw new InvalidArgumentError(
      `frames is ${frames}, which is ${length} samples; expected at most ${largestGraph}`,
    );
  const bins = Math.floor(n / 2) + 1;
  const [re, im] = ['re', 'im'].map((name) => rows(input(name, [bins, frames]), frames));
  const [samples] = exactTransform(describePlan({ n, input: 'real', inverse: true }), { re, im }, frames);
  return { outputs: { signal: overlapAdd(samples, w, hop, frames) } };
}
