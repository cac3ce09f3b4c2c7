/**
 * The real factor of a whole transform, 1/n or 1/sqrt n. Rounded to one number it is wrong by up to half an eps, and by the
 * same amount for every output: a bias that no averaging over roundings takes away. Where that matters it has two parts.
 */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { twoProduct, type DoubleDouble } from '../numeric/double-double.ts';
import { exprCarrier, literal, type Expr } from '../ir/expr.ts';

/** hi + lo; lo is 0 where hi alone is near enough. */
export type Scale = DoubleDouble;

export const unscaled: Scale = [1, 0];

/**
 * Largest relative error of a one-part factor, in float64 eps = 2^-52. Errors add in squares: against the 0.3 eps
 * sqrt(log2 n) of a good transform this is 7 % of the sum at n = 64 and 4 % at 4096. 1/4, the error of 1/3, 1/5, 1/7 and
 * their halves, stays in one part.
 */
const largestBias = 0.27 * 2 ** -52;

const withRest = (hi: number, relative: number): Scale =>
  Math.abs(relative) > largestBias ? [hi, hi * relative] : [hi, 0];

/** 1 / n for float64, n a whole number below 2^53. */
export function reciprocal(n: number): Scale {
  const hi = 1 / n;
  const [product, error] = twoProduct(hi, n);
  return withRest(hi, 1 - product - error);
}

/** 1 / sqrt n for float64, n a whole number below 2^53. */
export function reciprocalRoot(n: number): Scale {
  const hi = 1 / Math.sqrt(n);
  const [square, low] = twoProduct(hi, hi);
  const [product, error] = twoProduct(square, n);
  // (1 + e)^-1/2 of what n hi^2 = 1 - 2 e leaves, to first order.
  return withRest(hi, (1 - product - error - low * n) / 2);
}

/** Is a factor 1/q with a small q that is no power of two? Then a division is worth its time: it rounds once. */
export const isSmallQuotient = ([scale]: Scale): boolean => {
  const q = Math.round(1 / scale);
  return q > 2 && q <= 16 && scale === 1 / q && !Number.isInteger(Math.log2(q));
};

/** x times a factor, as products. */
export function timesScale([hi, lo]: Scale, x: Complex<Expr>): Complex<Expr> {
  const y = complex.scale(exprCarrier, literal(hi), x);
  return lo === 0 ? y : complex.add(exprCarrier, y, complex.scale(exprCarrier, literal(lo), x));
}

/** x times a factor, or over a small whole number. */
export function scaledBy(scale: Scale, x: Complex<Expr>): Complex<Expr> {
  if (!isSmallQuotient(scale)) return timesScale(scale, x);
  const q = literal(Math.round(1 / scale[0]));
  return { re: exprCarrier.div(x.re, q), im: exprCarrier.div(x.im, q) };
}

/** A constant times a factor, rounded once. */
export function scaledConstant([hi, lo]: Scale, value: number): number {
  if (lo === 0) return hi * value;
  const [product, error] = twoProduct(hi, value);
  return product + (error + lo * value);
}
