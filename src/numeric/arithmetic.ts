/**
 * The arithmetic interface over which every butterfly is written once; a *carrier* supplies the numbers.
 * Carriers: float64 (here), double-double (double-double.ts), symbolic expressions (ir/expr.ts).
 */

/** Ring operations on values of type T. */
export interface Arithmetic<T> {
  literal(value: number): T;
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  neg(a: T): T;
}

/** A complex number over any carrier. */
export interface Complex<T> {
  readonly re: T;
  readonly im: T;
}

/** Complex helpers over a carrier; literal 0, 1 and -1 fold away when the carrier folds them. */
export const complex = {
  literal: <T>(k: Arithmetic<T>, re: number, im: number): Complex<T> => ({
    re: k.literal(re),
    im: k.literal(im),
  }),
  add: <T>(k: Arithmetic<T>, a: Complex<T>, b: Complex<T>): Complex<T> => ({
    re: k.add(a.re, b.re),
    im: k.add(a.im, b.im),
  }),
  sub: <T>(k: Arithmetic<T>, a: Complex<T>, b: Complex<T>): Complex<T> => ({
    re: k.sub(a.re, b.re),
    im: k.sub(a.im, b.im),
  }),
  neg: <T>(k: Arithmetic<T>, a: Complex<T>): Complex<T> => ({ re: k.neg(a.re), im: k.neg(a.im) }),
  conjugate: <T>(k: Arithmetic<T>, a: Complex<T>): Complex<T> => ({ re: a.re, im: k.neg(a.im) }),
  /** (a.re + i a.im)(b.re + i b.im) = (a.re b.re - a.im b.im) + i (a.re b.im + a.im b.re). */
  mul: <T>(k: Arithmetic<T>, a: Complex<T>, b: Complex<T>): Complex<T> => ({
    re: k.sub(k.mul(a.re, b.re), k.mul(a.im, b.im)),
    im: k.add(k.mul(a.re, b.im), k.mul(a.im, b.re)),
  }),
  scale: <T>(k: Arithmetic<T>, s: T, a: Complex<T>): Complex<T> => ({
    re: k.mul(s, a.re),
    im: k.mul(s, a.im),
  }),
  /** |a|^2. */
  squaredModulus: <T>(k: Arithmetic<T>, a: Complex<T>): T => k.add(k.mul(a.re, a.re), k.mul(a.im, a.im)),
};

/** The float64 carrier. */
export const numberArithmetic: Arithmetic<number> = {
  literal: (value) => value,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  neg: (a) => -a,
};
