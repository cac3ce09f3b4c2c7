/**
 * Powers in integers: a mantissa and an exponent, because squares have twice the range of what is squared. In a buffer they are one word
 * whose low bits are the exponent, and which is the mantissa as it stands: 30 bits, of which the exponent spoils some that do not count.
 * A value is mantissa 2^exponent / 2^fraction, never negative.
 */
import { UnsupportedError } from '../../errors.ts';
import { exprCarrier as k, literal, node, type Expr } from '../../ir/expr.ts';

/** Bits of an exponent in a word. */
const exponentBits = 7;
/** A mantissa is below 2^30; where it is not 0 at least 2^27. */
const mantissaBits = 30;
const largestMantissa = 2 ** mantissaBits;

export interface Floating {
  readonly mantissa: Expr;
  readonly exponent: Expr;
  readonly fraction: number;
}

/** Notes the largest magnitude of an integer that no rule of noise.ts bounds, and how far it is off. */
export type Note = (e: Expr, peak: number, noise?: number) => Expr;

/** A difference as it stands, so that what is noted of it is noted of all that is computed. */
const difference = (a: Expr, b: Expr): Expr => node('sub', [a, b]);
const sumOf = (a: Expr, b: Expr): Expr => node('add', [a, b]);
const more = (a: Expr, by: number): Expr => (by === 0 ? a : sumOf(a, literal(by)));

/** A mantissa without the bits of an exponent. */
function upper(x: Expr, note: Note): Expr {
  const high = note(k.shiftRight(x, literal(exponentBits)), 2 ** (mantissaBits - exponentBits));
  return note(k.shiftLeft(high, literal(exponentBits)), largestMantissa);
}

/** What a word is. */
export function floatingOf(word: Expr, fraction: number, note: Note): Floating {
  const own = note(word, largestMantissa + 2 ** exponentBits);
  return { mantissa: own, exponent: note(difference(own, upper(own, note)), 2 ** exponentBits), fraction };
}

/** A value as a word, with so many fraction bits; `fraction` null: with its own. */
export function packed(
  x: Floating,
  fraction: number | null,
  note: Note,
): { readonly word: Expr; readonly fraction: number } {
  const by = fraction === null ? 0 : fraction - x.fraction;
  const exponent = note(more(x.exponent, by), 2 ** exponentBits - 1);
  const word = note(sumOf(upper(x.mantissa, note), exponent), largestMantissa + 2 ** exponentBits);
  return { word, fraction: x.fraction + by };
}

/** The same value with a mantissa of 30 bits. */
function normalized({ mantissa, exponent, fraction }: Floating, note: Note): Floating {
  const bits = note(k.bitLength(mantissa, mantissa), 31);
  const missing = note(difference(literal(mantissaBits), bits), mantissaBits);
  // A mantissa of 0 stays that.
  return {
    mantissa: note(k.shiftLeft(mantissa, missing), largestMantissa),
    exponent: note(sumOf(exponent, bits), 2 ** exponentBits - 1),
    fraction: fraction + mantissaBits,
  };
}

/**
 * The sum of the squares of at most four integers of magnitudes up to 2^30, with so many fraction bits: a square is at most 2^28. Throws
 * UnsupportedError for more.
 */
export function sumOfSquares(xs: readonly Expr[], fraction: number, note: Note): Floating {
  if (xs.length > 4)
    throw new UnsupportedError(
      `a sum of ${xs.length} squares in fixed point; expected at most four, or weights`,
    );
  const bits = xs.length === 1 ? [note(k.bitLength(xs[0], xs[0]), 31)] : [];
  for (let i = 0; i + 1 < xs.length; i++) bits.push(note(k.bitLength(xs[i], xs[i + 1]), 31));
  const most = bits.reduce((a, b) => note(k.max(a, b), 31));
  const missing = note(difference(literal(30), most), 30);
  const squares = xs.map((x) => {
    const raised = note(k.shiftLeft(x, missing), 2 ** 30);
    return note(node('mulHigh', [raised, raised]), 2 ** 28);
  });
  const sum = squares.reduce((a, b) => note(sumOf(a, b), 2 ** 30));
  // Two squares are at most 2^29: the mantissa has one bit more.
  const spare = xs.length <= 2 ? 1 : 0;
  return {
    mantissa: note(k.shiftLeft(sum, literal(spare)), largestMantissa),
    exponent: note(k.shiftLeft(most, literal(1)), 60),
    fraction: 28 + spare + 2 * fraction,
  };
}

/** A word that is weighted by a product with a constant. */
export interface Term {
  readonly word: Expr;
  /** Fraction bits of the word. */
  readonly fraction: number;
  /** The product of an integer with the weight, scaled down. */
  readonly weighted: (x: Expr) => Expr;
  /** Fraction bits that the product adds, fewer than 0 where it takes some. */
  readonly added: number;
  /** Largest weight, as an integer that the product is of: product = x weight. */
  readonly weight: number;
  /** May the weight be negative? */
  readonly signed: boolean;
}

/** Weighted words in the unit of the largest; 0 where that is below 0. */
export function weightedSum(terms: readonly Term[], note: Note): Floating {
  const fractionOf = (t: Term): number => t.fraction + t.added;
  const most = Math.max(...terms.map(fractionOf));
  const parts = terms.map((t) => {
    const own = floatingOf(t.word, t.fraction, note);
    const exponent = note(more(own.exponent, most - fractionOf(t)), 2 ** (exponentBits + 1));
    return { exponent, product: note(t.weighted(own.mantissa), largestMantissa) };
  });
  const largest = parts.map((p) => p.exponent).reduce((a, b) => note(k.max(a, b), 2 ** (exponentBits + 1)));
  // All products together stay below 2^30.
  const weights = terms.reduce((sum, t) => sum + t.weight, 0);
  const guard = Math.max(0, Math.ceil(Math.log2(Math.max(weights, 2 ** -20)) + 2 ** -10));
  const exponent = note(more(largest, guard), 2 ** (exponentBits + 1));
  const summands = parts.map((p) => {
    const below =
      terms.length === 1 ? literal(guard) : note(difference(exponent, p.exponent), 2 ** (exponentBits + 1));
    return note(k.shiftRight(p.product, below), largestMantissa);
  });
  const sum = summands.reduce((a, b) => note(sumOf(a, b), largestMantissa));
  const mantissa = terms.some((t) => t.signed) ? note(k.max(sum, literal(0)), largestMantissa) : sum;
  return normalized({ mantissa, exponent, fraction: most }, note);
}

/** Fraction bits of a logarithm to base 2: its magnitude is below 2^7. */
export const logFraction = 24;
/** How far a logarithm is off, in steps: of the polynomial, and of rounding it. */
const logNoise = 8;

/**
 * log2(1.5 + s / 2) for s from -1 to 1 by powers of s, in steps of 2^-30: the interpolation at eight Chebyshev nodes, off by at most
 * 3.7e-7.
 */
const log2Coefficients = [628098980, 516360586, -86068965, 19127103, -4737520, 1261998, -421278, 121134];

/** log2 of a value; of 0, that of the smallest. */
export function log2Of(x: Floating, note: Note): Expr {
  const { mantissa, exponent, fraction } = x;
  const positive = note(k.max(mantissa, literal(1)), 2 ** 31 - 1);
  const bits = note(k.bitLength(positive, positive), 31);
  const one = note(k.shiftLeft(positive, note(difference(literal(31), bits), 30)), 2 ** 31 - 1);
  // The mantissa from 1 to 2 is 1.5 + s / 2, s with 30 fraction bits.
  const s = note(k.shiftLeft(note(difference(one, literal(3 * 2 ** 29)), 2 ** 29), literal(1)), 2 ** 30);
  const polynomial = log2Coefficients.reduceRight((sum: Expr | null, c) => {
    if (!sum) return literal(c);
    const product = note(k.shiftLeft(note(node('mulHigh', [sum, s]), 2 ** 28), literal(2)), 2 ** 30);
    return note(more(product, c), 2 ** 31 - 1);
  }, null) as Expr;
  const part = note(k.shiftRight(note(more(polynomial, 2 ** 5), 2 ** 31 - 1), literal(6)), 2 ** logFraction);
  const whole = note(more(note(sumOf(exponent, bits), 2 ** (exponentBits + 1)), -1 - fraction), 127);
  const scaled = note(k.shiftLeft(whole, literal(logFraction)), 127 * 2 ** logFraction);
  return note(sumOf(scaled, part), 127 * 2 ** logFraction, logNoise);
}
