/**
 * Convolution and correlation with the semantics of scipy.signal.convolve and correlate, of any length: sums of products where
 * they are cheap, as they are the more exact, and transforms of blocks (overlap-add) elsewhere.
 */
import { InvalidArgumentError } from '../errors.ts';
import { largestSize } from '../numeric/frequencies.ts';
import { addProduct, complexArray, type ComplexArray } from '../numeric/complex.ts';
import { directConvolution } from '../numeric/convolution.ts';
import { isPlanar, requireSignal, type Signal } from '../numeric/samples.ts';
import { checkArgument, oneOf } from '../options.ts';
import { irfft, rfft } from './fft.ts';

const modes = ['full', 'same', 'valid'] as const;
/** full: every overlap, length a + b - 1. same: the middle, length of a. valid: whole overlaps only. */
export type ConvolutionMode = (typeof modes)[number];
const modeRule = oneOf(modes);

/** Real parts, and imaginary ones where there are any. The product of parts i and j belongs to part i ^ j. */
type Parts = readonly Float64Array[];

const partsOf = (x: Signal): Parts =>
  (isPlanar(x) ? [x.re, x.im] : [x]).map((part) =>
    part instanceof Float64Array ? part : new Float64Array(part),
  );
const resultOf = (parts: Parts): Float64Array | ComplexArray =>
  parts.length === 1 ? parts[0] : { re: parts[0], im: parts[1] };

/** All products of a part of a and a part of b: i times i is -1. */
function eachProduct(
  a: readonly unknown[],
  b: readonly unknown[],
  visit: (i: number, j: number, to: number, sign: 1 | -1) => void,
): void {
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) visit(i, j, i ^ j, (i & j) === 1 ? -1 : 1);
}

const newParts = (a: Parts, b: Parts, length: number): Parts =>
  Array.from({ length: Math.max(a.length, b.length) }, () => new Float64Array(length));

/** Kernels as short as this are cheaper as sums, however long the signal. */
const shortKernel = 24;
/** So many products take less time than planning a transform. */
const fewProducts = 2 ** 17;

const isDirect = (a: number, b: number): boolean => Math.min(a, b) <= shortKernel || a * b <= fewProducts;

/** Numbers of the whole convolution from index `from` on. */
function linear(a: Parts, b: Parts, from: number, length: number): Parts {
  // Sums run over the second, and spectra of the second are kept.
  if (a[0].length < b[0].length) return linear(b, a, from, length);
  const out = newParts(a, b, length);
  if (!isDirect(a[0].length, b[0].length)) {
    addBlocks(a, b, from, out);
    roundIntegers(a, b, out);
    return out;
  }
  eachProduct(a, b, (i, j, to, sign) => {
    const sums = directConvolution(a[i], b[j], from, length);
    for (let k = 0; k < length; k++) out[to][k] += sign * sums[k];
  });
  return out;
}

/** Beyond so many points a transform gains nothing. */
const largestTransform = 2 ** 20;

/** Numbers of a block, so that convolving n numbers with m takes the least time. */
function blockSize(n: number, m: number): number {
  /** In units of a hundredth or so of a transform's time; planning one takes as long as running it twenty times. */
  const cost = (block: number): number => {
    const [blocks, kept] = [Math.ceil(n / block), Math.ceil(m / block)];
    return 2 * block * ((2 * (blocks + kept) + 20) * Math.log2(2 * block) + 2 * blocks * kept);
  };
  let best = 64;
  for (let block = best; block <= largestTransform / 2; block *= 2)
    if (cost(block) < cost(best)) best = block;
  return best;
}

/** Spectra of block i of every part, with as many zeros behind it. */
const spectraOf = (parts: Parts, i: number, block: number): readonly ComplexArray[] =>
  parts.map((part) => rfft(part.subarray(i * block, (i + 1) * block), 2 * block));

/** out[k] += (a * b)[from + k]: products of blocks i and j of a and b belong to block i + j and to the one behind it. */
function addBlocks(a: Parts, b: Parts, from: number, out: Parts): void {
  const block = blockSize(a[0].length, b[0].length);
  const [blocks, kept] = [a, b].map((parts) => Math.ceil(parts[0].length / block));
  const kernel = Array.from({ length: kept }, (_, j) => spectraOf(b, j, block));
  /** Spectra of the blocks before, the last one first. */
  const signal: (readonly ComplexArray[])[] = [];
  for (let i = 0; i < blocks + kept - 1; i++) {
    signal.unshift(i < blocks ? spectraOf(a, i, block) : []);
    signal.length = Math.min(signal.length, kept);
    const at = i * block - from;
    const first = Math.max(0, -at);
    const last = Math.min(2 * block, out[0].length - at);
    if (first >= last) continue;
    const spectra = out.map(() => complexArray(block + 1));
    signal.forEach((x, k) =>
      eachProduct(x, kernel[k], (p, q, to, sign) => addProduct(spectra[to], x[p], kernel[k][q], sign)),
    );
    out.forEach((part, to) => {
      const sums = irfft(spectra[to], 2 * block);
      for (let k = first; k < last; k++) part[at + k] += sums[k];
    });
  }
}

const epsilon = 2 ** -52;

/**
 * Rounds to integers what are sums of products of integers, where errors are below a half. Rounding errors of a transform of 2^t
 * points are at most 3.4 t eps of its L2 norm (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorem 24.2); no
 * number of a convolution, and no L2 norm of one, is above the L2 norm of one factor times the L1 norm of the other.
 */
function roundIntegers(a: Parts, b: Parts, out: Parts): void {
  if (![...a, ...b].every((part) => part.every(Number.isInteger))) return;
  const l2 = Math.sqrt(a.reduce((sum, part) => part.reduce((s, x) => s + x * x, sum), 0));
  const l1 = b.reduce((sum, part) => part.reduce((s, x) => s + Math.abs(x), sum), 0);
  const kept = Math.ceil(b[0].length / blockSize(a[0].length, b[0].length));
  // Two transforms, their products, so many of them added, and one back; two blocks meet in a number.
  const error = 2 * (4 * 3.4 * Math.log2(largestTransform) + kept) * epsilon;
  if (error * l2 * l1 >= 0.5) return;
  // Plus 0, so that no number is -0.
  for (const part of out) for (let k = 0; k < part.length; k++) part[k] = Math.round(part[k]) + 0;
}

function lengthOf(name: string, x: Signal): number {
  requireSignal(name, x);
  return isPlanar(x) ? x.re.length : x.length;
}

/** First index and length of a mode within the full result. */
function rangeOf(mode: ConvolutionMode, a: number, b: number): { from: number; length: number } {
  if (a === 0 || b === 0) return { from: 0, length: 0 };
  if (mode === 'full') return { from: 0, length: a + b - 1 };
  if (mode === 'same') return { from: Math.floor((b - 1) / 2), length: a };
  return { from: Math.min(a, b) - 1, length: Math.abs(a - b) + 1 };
}

/**
 * Linear convolution. Real numbers give a Float64Array, planar complex numbers planar ones; nothing convolved is nothing. Exact
 * for integers whose sums are small enough. Throws InvalidArgumentError for what is no array of numbers and for an unknown mode.
 */
export function convolve(a: ArrayLike<number>, b: ArrayLike<number>, mode?: ConvolutionMode): Float64Array;
export function convolve(a: Signal, b: Signal, mode?: ConvolutionMode): ComplexArray;
export function convolve(a: Signal, b: Signal, mode: ConvolutionMode = 'full'): Float64Array | ComplexArray {
  const [na, nb] = [lengthOf('a', a), lengthOf('b', b)];
  checkArgument('mode', mode, modeRule);
  const { from, length } = rangeOf(mode, na, nb);
  return resultOf(linear(partsOf(a), partsOf(b), from, length));
}

/** The sums of a convolution on a circle of n: what lies behind comes round. */
function circular(a: Parts, b: Parts): Parts {
  const n = a[0].length;
  if (!isDirect(n, n) && n <= largestSize) {
    const [x, y] = [a, b].map((parts) => parts.map((part) => rfft(part)));
    const spectra = newParts(a, b, 0).map(() => complexArray(Math.floor(n / 2) + 1));
    eachProduct(a, b, (i, j, to, sign) => addProduct(spectra[to], x[i], y[j], sign));
    return spectra.map((spectrum) => irfft(spectrum, n));
  }
  return linear(a, b, 0, 2 * n - 1).map((whole) => {
    for (let k = n; k < whole.length; k++) whole[k - n] += whole[k];
    return whole.slice(0, n);
  });
}

/** c_k = sum_j a_j b_{(k - j) mod n} of two sequences of one length, at least 1. Unlike those of `convolve`, results of integers are not
 * rounded: beyond 362 numbers they carry the errors of transforms of any length. Throws InvalidArgumentError. */
export function circularConvolve(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array;
export function circularConvolve(a: Signal, b: Signal): ComplexArray;
export function circularConvolve(a: Signal, b: Signal): Float64Array | ComplexArray {
  const [na, nb] = [lengthOf('a', a), lengthOf('b', b)];
  if (na !== nb) throw new InvalidArgumentError(`a has ${na} and b ${nb} numbers; expected the same count`);
  if (na === 0) throw new InvalidArgumentError('a is empty; expected at least one number');
  return resultOf(circular(partsOf(a), partsOf(b)));
}

/**
 * Cross-correlation sum_j a_{j+k} conj b_j: convolution with the second reversed and conjugated, as scipy.signal.correlate,
 * lags rising from -(length of b - 1). Throws InvalidArgumentError as `convolve` does.
 */
export function correlate(a: ArrayLike<number>, b: ArrayLike<number>, mode?: ConvolutionMode): Float64Array;
export function correlate(a: Signal, b: Signal, mode?: ConvolutionMode): ComplexArray;
export function correlate(a: Signal, b: Signal, mode: ConvolutionMode = 'full'): Float64Array | ComplexArray {
  lengthOf('b', b);
  const [re, im] = partsOf(b).map((part) => part.slice().reverse());
  return convolve(a, im ? { re, im: im.map((x) => -x) } : re, mode);
}
