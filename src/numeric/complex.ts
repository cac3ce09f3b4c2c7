/** Planar complex arrays: one array of real parts, one of imaginary parts. */
import { InvalidArgumentError } from '../errors.ts';
import type { Planar } from './samples.ts';
import { dot } from './vector.ts';

/** Complex numbers as two float64 arrays of one length. */
export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export const complexArray = (n: number): ComplexArray => ({
  re: new Float64Array(n),
  im: new Float64Array(n),
});

/** f of every part of every number. */
export const mapParts = ({ re, im }: ComplexArray, f: (x: number, i: number) => number): ComplexArray => ({
  re: re.map(f),
  im: im.map(f),
});

/** A copy, every number times `factor`. */
export const copyOf = (x: ComplexArray, factor = 1): ComplexArray => mapParts(x, (v) => v * factor);

export const difference = (a: ComplexArray, b: ComplexArray): ComplexArray => ({
  re: a.re.map((x, i) => x - b.re[i]),
  im: a.im.map((x, i) => x - b.im[i]),
});

/** sum |x|^2, the real parts first. */
export const energyOf = ({ re, im }: ComplexArray): number => dot(re, re) + dot(im, im);

/** sqrt(sum |x|^2). */
export function norm({ re, im }: ComplexArray): number {
  let sum = 0;
  for (let i = 0; i < re.length; i++) sum += re[i] * re[i] + im[i] * im[i];
  return Math.sqrt(sum);
}

/** sum += sign * x * y, number by number. */
export function addProduct(sum: ComplexArray, x: ComplexArray, y: ComplexArray, sign: 1 | -1 = 1): void {
  const { re, im } = sum;
  for (let i = 0; i < re.length; i++) {
    re[i] += sign * (x.re[i] * y.re[i] - x.im[i] * y.im[i]);
    im[i] += sign * (x.re[i] * y.im[i] + x.im[i] * y.re[i]);
  }
}

/**
 * ||actual - expected||_2 / ||expected||_2; 0 if both are zero, Infinity if only `expected` is.
 * Throws InvalidArgumentError unless all four arrays have the same length.
 */
export function relativeL2(actual: Planar, expected: Planar): number {
  const lengths = [actual.re.length, actual.im.length, expected.re.length, expected.im.length];
  if (lengths.some((length) => length !== lengths[0]))
    throw new InvalidArgumentError(`lengths are ${lengths.join(', ')}; expected four equal ones`);
  let difference = 0;
  let square = 0;
  for (let i = 0; i < expected.re.length; i++) {
    difference += (actual.re[i] - expected.re[i]) ** 2 + (actual.im[i] - expected.im[i]) ** 2;
    square += expected.re[i] ** 2 + expected.im[i] ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / square);
}
