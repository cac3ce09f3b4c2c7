/**
 * Double-double arithmetic: a number as an unevaluated sum hi + lo of two float64, about 106 bits.
 * Source: Dekker (1971); Hida, Li & Bailey, Library for Double-Double and Quad-Double Arithmetic (2000).
 */
import type { Arithmetic } from './arithmetic.ts';

export type DoubleDouble = readonly [hi: number, lo: number];

/** a + b exactly, for any a and b (Knuth). */
export function twoSum(a: number, b: number): DoubleDouble {
  const sum = a + b;
  const back = sum - a;
  return [sum, a - (sum - back) + (b - back)];
}

/** a + b exactly, for |a| >= |b| (Dekker). */
function quickTwoSum(a: number, b: number): DoubleDouble {
  const sum = a + b;
  return [sum, b - (sum - a)];
}

const splitter = 2 ** 27 + 1;

/** The upper half of the bits of a (Veltkamp); |a| < 2^996. */
export function highHalf(a: number): number {
  const t = splitter * a;
  return t - (t - a);
}

/** a b - product exactly, for product = a b rounded and both factors in halves (Dekker). */
export const productError = (
  product: number,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
): number => aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;

/** a b exactly, without fma; |a|, |b| < 2^996. */
export function twoProduct(a: number, b: number): DoubleDouble {
  const product = a * b;
  const aHigh = highHalf(a);
  const bHigh = highHalf(b);
  return [product, productError(product, aHigh, a - aHigh, bHigh, b - bHigh)];
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [s, e] = twoSum(a[0], b[0]);
  const [t, f] = twoSum(a[1], b[1]);
  const [hi, lo] = quickTwoSum(s, e + t);
  return quickTwoSum(hi, lo + f);
}

export const neg = (a: DoubleDouble): DoubleDouble => [-a[0], -a[1]];
export const sub = (a: DoubleDouble, b: DoubleDouble): DoubleDouble => add(a, neg(b));

export function mul(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [p, e] = twoProduct(a[0], b[0]);
  return quickTwoSum(p, e + (a[0] * b[1] + a[1] * b[0]));
}

/** a / b for a float64 b. */
export function divideByNumber(a: DoubleDouble, b: number): DoubleDouble {
  const q = a[0] / b;
  const rest = sub(a, twoProduct(q, b));
  return quickTwoSum(q, rest[0] / b);
}

/** The carrier on which the one butterfly is the oracle of float64. */
export const doubleDoubleArithmetic: Arithmetic<DoubleDouble> = {
  literal: (value) => [value, 0],
  add,
  sub,
  mul,
  neg,
};
