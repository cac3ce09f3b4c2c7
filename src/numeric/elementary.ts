/**
 * Elementary functions with the same bits on every engine: `Math.sin`, `Math.exp`, `**` and their like differ between engines, and
 * between versions of one, in the last place. These are double-double and rounded once, so they have the bits of an engine that rounds
 * correctly. For what is trained and what is stored; programs compute by polynomials of their own (compiler/expand.ts).
 */
import { add, divideByNumber, mul, neg, sub, twoProduct, type DoubleDouble } from './double-double.ts';
import { inverseFactorials, series } from './twiddle.ts';

/** To 159 bits: large angles near a multiple of it need them. */
const halfPi = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33] as const;
const ln2: DoubleDouble = [Math.LN2, 2.3190468138462996e-17];
const ln10: DoubleDouble = [Math.LN10, -2.1707562233822494e-16];

/** x - q c, for a whole q. */
const reduced = (x: DoubleDouble, q: number, c: readonly [number, number, ...unknown[]]): DoubleDouble =>
  sub(sub(x, twoProduct(q, c[0])), twoProduct(q, c[1]));

/** Largest angle whose quadrant is told by its bits. */
const largestAngle = 2 ** 40;

/** cos(x - quarter pi / 2). */
function turned(x: number, quarter: 0 | 1): DoubleDouble {
  const q = Math.round(x / halfPi[0]);
  const rest = sub(reduced([x, 0], q, halfPi), [q * halfPi[2], 0]);
  const quadrant = (((q - quarter) % 4) + 4) % 4;
  const value = series(rest, quadrant % 2 === 0 ? 0 : 1);
  return quadrant === 1 || quadrant === 2 ? neg(value) : value;
}

/** cos x; NaN beyond angles of 2^40. */
export const cos = (x: number): number => (Math.abs(x) <= largestAngle ? turned(x, 0)[0] : NaN);

/** sin x; NaN beyond angles of 2^40. */
export const sin = (x: number): number => (x === 0 ? x : Math.abs(x) <= largestAngle ? turned(x, 1)[0] : NaN);

/** exp(x) - 1, |x| below 0.7. */
function expm1Series(x: DoubleDouble): DoubleDouble {
  let sum = inverseFactorials[27];
  for (let m = 26; m >= 1; m--) sum = add(inverseFactorials[m], mul(sum, x));
  return mul(sum, x);
}

function expOf(x: DoubleDouble): number {
  if (!(x[0] < 710)) return x[0] > 0 ? Infinity : NaN;
  if (x[0] < -746) return 0;
  const q = Math.round(x[0] / ln2[0]);
  const [value] = add([1, 0], expm1Series(reduced(x, q, ln2)));
  const half = q >> 1;
  return value * 2 ** half * 2 ** (q - half);
}

export const exp = (x: number): number => expOf([x, 0]);

function logOf(x: number): DoubleDouble {
  if (!(x > 0) || x === Infinity) return [x === 0 ? -Infinity : x > 0 ? x : NaN, 0];
  const e = Math.round(Math.log2(x));
  const m = x / 2 ** (e >> 1) / 2 ** (e - (e >> 1));
  // A step of Newton's from the engine's value: log m = l + log(m exp(-l)).
  const l = Math.log(m);
  const step = add([m - 1, 0], mul([m, 0], expm1Series([-l, 0])));
  return add(add(mul(ln2, [e, 0]), [l, 0]), step);
}

export const log = (x: number): number => logOf(x)[0];

export function log10(x: number): number {
  const [high, low] = logOf(x);
  if (!Number.isFinite(high)) return high;
  const q = high / ln10[0];
  return q + divideByNumber(sub([high, low], mul([q, 0], ln10)), ln10[0])[0];
}

/** Beyond it, and below its inverse, products of two numbers lose their last places. */
const farPower = 2 ** 900;

/** x^y of a positive x, and of any x where y is a whole number from 0 to 2^20. */
export function power(x: number, y: number): number {
  // Zeros, infinities and NaN have no last place.
  if (x === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return x ** y;
  const isWhole = Number.isInteger(y) && y >= 0 && y <= 2 ** 20;
  if (isWhole) {
    let product: DoubleDouble = [1, 0];
    let square: DoubleDouble = [x, 0];
    for (let rest = y; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) product = mul(product, square);
      if (rest > 1) square = mul(square, square);
    }
    const size = Math.abs(product[0]);
    if (size < farPower && size > 1 / farPower) return product[0];
  }
  // Beyond an exponent of 2^64 all but 1 is infinite or zero.
  const exponent = Math.max(-(2 ** 64), Math.min(2 ** 64, y));
  const value = expOf(mul(logOf(isWhole ? Math.abs(x) : x), [exponent, 0]));
  return isWhole && x < 0 && y % 2 === 1 ? -value : value;
}

/** The angle of x + i y, as `Math.atan2`. */
export function atan2(y: number, x: number): number {
  const guess = Math.atan2(y, x);
  if (x === 0 || y === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return guess;
  // The angle of both times a power of two is the same, and their products are within numbers.
  const scale = Math.max(Math.abs(x), Math.abs(y)) > 2 ** 400 ? 2 ** -200 : 2 ** 500;
  const [re, im] = [x * scale, y * scale];
  // A step of Newton's: what is left after turning back by the guess.
  const [c, s] = [turned(guess, 0), turned(guess, 1)];
  const rest = sub(mul(c, [im, 0]), mul(s, [re, 0]))[0];
  return guess + rest / (c[0] * re + s[0] * im);
}
