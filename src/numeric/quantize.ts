/**
 * Codes of a few bits for numbers: symmetric 8-bit multiples, and signed powers of two, each the nearest to what is left:
 * the signed digits of a number, largest first. (Lim & Parker, FIR filter design over a discrete powers-of-two coefficient
 * space, 1983; signed digits: Reitwiesner, Binary Arithmetic, 1960.)
 */
import { exponentOf, nearest } from './half.ts';

/** Steps of a symmetric 8-bit code to either side. */
export const q8Steps = 127;

/** A peak below this is taken for it, so that a table of zeros has a scale: the smallest normal float32. */
export const smallestPeak = 2 ** -126;

/** Code -127 .. 127 of x, |x| <= peak; ties to even. */
export const q8Code = (x: number, peak: number): number =>
  Math.sign(x) * nearest(Math.abs((x / peak) * q8Steps)) + 0;

/** The number of a code: the peak itself for 127. Two roundings, in this order, on every backend. */
export const q8Value = (code: number, peak: number): number => (code / q8Steps) * peak;

/** Exponents of a power of two that its seven bits hold. */
export const powerLimit = 63;

/**
 * Code of the signed power of two nearest to x, ties to the smaller: 0 for none (x = 0, or |x| < 2^-63), else sign in bit 7
 * and exponent + 64. |x| must stay below 1.5 * 2^63.
 */
export function powerCode(x: number): number {
  const a = Math.abs(x);
  if (a < 2 ** -powerLimit) return 0;
  const floor = exponentOf(a);
  const e = a > 1.5 * 2 ** floor ? floor + 1 : floor;
  return (x < 0 ? 128 : 0) | (e + 64);
}

/** The number of a code of `powerCode`. */
export const powerValue = (code: number): number =>
  code === 0 ? 0 : (code & 128 ? -1 : 1) * 2 ** ((code & 127) - 64);
