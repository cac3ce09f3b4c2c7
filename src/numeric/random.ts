/**
 * Counter-based random numbers: Philox 4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011).
 * A number depends on (seed, stream, index) alone, with integer and IEEE basic operations only, so every engine gives
 * the same bits and a resumed run draws what the first would have drawn.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, whole } from '../options.ts';

const m0 = 0xd2511f53;
const m1 = 0xcd9e8d57;
const w0 = 0x9e3779b9;
const w1 = 0xbb67ae85;

/** High 32 bits of a b, for unsigned a and b. No partial sum reaches 2^32. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + (Math.imul(aLow, bLow) >>> 16);
  const other = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + (middle >>> 16) + (other >>> 16)) >>> 0;
}

const block = new Uint32Array(4);

/** Four words of counter (c0, c1, c2, c3) under key (k0, k1), into `block`. */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number): Uint32Array {
  let x0 = c0 | 0;
  let x1 = c1 | 0;
  let x2 = c2 | 0;
  let x3 = c3 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(m0, x0 >>> 0);
    const low0 = Math.imul(m0, x0);
    const high1 = mulHigh(m1, x2 >>> 0);
    const low1 = Math.imul(m1, x2);
    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + w0) | 0;
    k1 = (k1 + w1) | 0;
  }
  block[0] = x0;
  block[1] = x1;
  block[2] = x2;
  block[3] = x3;
  return block;
}

const counterRule = whole(0);

/** Unchecked, a fraction would draw another counter's bits and NaN would never end. */
function checkCounters(counters: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counters)) checkArgument(name, value, counterRule);
}

/** Words 4 q .. 4 q + 3 of a stream. */
const quadOf = (seed: number, stream: number, q: number): Uint32Array =>
  philox(
    q >>> 0,
    Math.floor(q / 2 ** 32),
    stream >>> 0,
    Math.floor(stream / 2 ** 32),
    seed >>> 0,
    Math.floor(seed / 2 ** 32),
  );

const wordOf = (seed: number, stream: number, index: number): number =>
  quadOf(seed, stream, Math.floor(index / 4))[index % 4];

/** Word `index` of a stream: 0 .. 2^32 - 1. Seed, stream and index are integers from 0 to 2^53 - 1, else InvalidArgumentError. */
export function randomUint32(seed: number, stream: number, index: number): number {
  checkCounters({ seed, stream, index });
  return wordOf(seed, stream, index);
}

/** Fills an array from number `offset` of a stream on. */
type Fill = (out: Float64Array | Float32Array, seed: number, stream: number, offset?: number) => void;

/** Uniform numbers in [-1, 1), a multiple of 2^-31 each, from word `offset` of a stream on. */
export const fillUniform: Fill = (out, seed, stream, offset = 0) => {
  checkCounters({ seed, stream, offset });
  for (let i = 0; i < out.length;) {
    const at = offset + i;
    const words = quadOf(seed, stream, Math.floor(at / 4));
    for (let j = at % 4; j < 4 && i < out.length; j++) out[i++] = words[j] / 2 ** 31 - 1;
  }
};

/** Signs, -1 or 1, those of `fillUniform`. */
export const fillSigns: Fill = (out, seed, stream, offset = 0) => {
  fillUniform(out, seed, stream, offset);
  for (let i = 0; i < out.length; i++) out[i] = out[i] < 0 ? -1 : 1;
};

/** 2^-e for e = 0 .. 32. */
const inversePowers = Float64Array.from({ length: 33 }, (_, e) => 2 ** -e);

/** Natural logarithm of (word + 1) / 2^32, by basic operations only: the same bits on every engine. */
function logUniform(word: number): number {
  const x = word + 1;
  let exponent = x > 0xffffffff ? 32 : 31 - Math.clz32(x);
  let m = x * inversePowers[exponent];
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  // 2 atanh(s), |s| < 0.172: the next term, z^9 / 19, is below 1e-15.
  const series =
    1 +
    z *
      (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z / 17)))))));
  return (exponent - 32) * Math.LN2 + 2 * s * series;
}

/**
 * Logistic noise log u - log(1 - u), u uniform, from word `offset` of a stream on: within +- 22.2, basic operations only.
 * Seed, stream and offset are integers from 0 to 2^53 - 1, else InvalidArgumentError.
 */
export const fillLogistic: Fill = (out, seed, stream, offset = 0) => {
  checkCounters({ seed, stream, offset });
  for (let i = 0; i < out.length; i++) {
    const word = wordOf(seed, stream, offset + i);
    out[i] = logUniform(word) - logUniform(0xffffffff - word);
  }
};

/** Taylor series on [-pi/4, pi/4] to 1e-16. */
const sinSeries = (x: number, z: number): number =>
  x *
  (1 -
    (z / 6) *
      (1 - (z / 20) * (1 - (z / 42) * (1 - (z / 72) * (1 - (z / 110) * (1 - (z / 156) * (1 - z / 210)))))));
const cosSeries = (z: number): number =>
  1 -
  (z / 2) *
    (1 -
      (z / 12) *
        (1 - (z / 30) * (1 - (z / 56) * (1 - (z / 90) * (1 - (z / 132) * (1 - (z / 182) * (1 - z / 240)))))));

/**
 * Standard normal numbers by Box & Muller, two per pair of words, from number `offset` of a stream on.
 * An odd length leaves the last second half unused; an odd offset would split a pair and is an InvalidArgumentError.
 */
export const fillGaussian: Fill = (out, seed, stream, offset = 0) => {
  checkCounters({ seed, stream, offset });
  if (offset % 2 !== 0) throw new InvalidArgumentError(`offset is ${offset}; expected an even integer`);
  const { length } = out;
  let words: Uint32Array = block;
  for (let i = 0; i < length; i += 2) {
    const at = offset + i;
    if (i === 0 || at % 4 === 0) words = quadOf(seed, stream, Math.floor(at / 4));
    const first = words[at % 4];
    const second = words[(at % 4) + 1];
    const radius = Math.sqrt(-2 * logUniform(first));
    // The angle is quadrant * pi/2 + an angle in [-pi/4, pi/4).
    const x = ((second & 0x3fffffff) / 2 ** 30 - 0.5) * (Math.PI / 2);
    const z = x * x;
    const c = radius * cosSeries(z);
    const s = radius * sinSeries(x, z);
    const quadrant = second >>> 30;
    const isOdd = (quadrant & 1) === 1;
    const [re, im] = isOdd ? [s, c] : [c, s];
    out[i] = quadrant === 1 || quadrant === 2 ? -re : re;
    if (i + 1 < length) out[i + 1] = quadrant >= 2 ? -im : im;
  }
};

/** Adds Gaussian noise of a deviation: the numbers of `fillGaussian`, times that. */
export function addGaussian(to: Float64Array, deviation: number, seed: number, stream: number): void {
  const noise = new Float64Array(to.length);
  fillGaussian(noise, seed, stream);
  for (let i = 0; i < to.length; i++) to[i] += deviation * noise[i];
}

/** A random order of 0 .. n - 1 (Fisher & Yates). Throws InvalidArgumentError unless n is an integer from 0 to 2^31. */
export function permutation(n: number, seed: number, stream: number): Int32Array {
  checkArgument('n', n, whole(0, 2 ** 31));
  checkCounters({ seed, stream });
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    // Bias below n / 2^32.
    const j = Math.floor((wordOf(seed, stream, i) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
