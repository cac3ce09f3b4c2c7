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

/** A double-double over another carrier: symbolic ones make programs that compute with 106 bits. */
export type Pair<T> = readonly [hi: T, lo: T];

/** The same operations, step by step, over any carrier of float64 that neither fuses nor reassociates. */
export function pairArithmetic<T>(k: Arithmetic<T>): Arithmetic<Pair<T>> {
  const zero = k.literal(0);
  const twoSumOf = (a: T, b: T): Pair<T> => {
    const sum = k.add(a, b);
    const back = k.sub(sum, a);
    return [sum, k.add(k.sub(a, k.sub(sum, back)), k.sub(b, back))];
  };
  const quickTwoSumOf = (a: T, b: T): Pair<T> => {
    const sum = k.add(a, b);
    return [sum, k.sub(b, k.sub(sum, a))];
  };
  const halves = (a: T): Pair<T> => {
    const t = k.mul(k.literal(splitter), a);
    const high = k.sub(t, k.sub(t, a));
    return [high, k.sub(a, high)];
  };
  const twoProductOf = (a: T, b: T): Pair<T> => {
    const product = k.mul(a, b);
    const [ah, al] = halves(a);
    const [bh, bl] = halves(b);
    const first = k.add(k.sub(k.mul(ah, bh), product), k.mul(ah, bl));
    return [product, k.add(k.add(first, k.mul(al, bh)), k.mul(al, bl))];
  };
  const negPair = (a: Pair<T>): Pair<T> => [k.neg(a[0]), k.neg(a[1])];
  const addPair = (a: Pair<T>, b: Pair<T>): Pair<T> => {
    const [s, e] = twoSumOf(a[0], b[0]);
    const [t, f] = twoSumOf(a[1], b[1]);
    const [hi, lo] = quickTwoSumOf(s, k.add(e, t));
    return quickTwoSumOf(hi, k.add(lo, f));
  };
  return {
    literal: (value) => [k.literal(value), zero],
    add: addPair,
    sub: (a, b) => addPair(a, negPair(b)),
    mul: (a, b) => {
      const [p, e] = twoProductOf(a[0], b[0]);
      return quickTwoSumOf(p, k.add(e, k.add(k.mul(a[0], b[1]), k.mul(a[1], b[0]))));
    },
    neg: negPair,
  };
}
