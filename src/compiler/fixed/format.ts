/** What q15 and q31 are: integers whose products with constants are scaled down by an instruction of the target. */
import { exprCarrier as k, literal, node, type Expr } from '../../ir/expr.ts';

/** q15: samples and tables of 16 bits; q31: of 32. What lies between has 32 bits in both. */
export type FixedName = 'q15' | 'q31';

/** Bits of samples and tables, which products are scaled down by. */
export const bitsOf = (name: FixedName): 16 | 32 => (name === 'q15' ? 16 : 32);

/** Largest magnitude of a value of 32 bits. */
export const largest = 2 ** 31 - 1;

/** Most fraction bits with which a magnitude stays within 32 bits and something is left for rounding. */
export const limitOf = (magnitude: number): number =>
  magnitude === 0 ? 31 : Math.min(62, Math.floor(Math.log2((largest * (1 - 2 ** -11)) / magnitude)));

/** A number of so many bits, rounded. */
export const quantized = (x: number, fraction: number, bits: number): number =>
  Math.max(-(2 ** (bits - 1)) + 1, Math.min(2 ** (bits - 1) - 1, Math.round(x * 2 ** fraction)));

/** Most fraction bits with which constants of a magnitude have so many bits; the largest may end one step lower. */
export function constantFraction(magnitude: number, bits: number): number {
  if (magnitude === 0) return bits - 1;
  let fraction = bits - 1 - Math.floor(Math.log2(magnitude));
  while (Math.round(magnitude * 2 ** fraction) > 2 ** (bits - 1)) fraction--;
  return fraction;
}

/** A product with a constant, scaled down by the format's bits; `down`: where it is subtracted. */
export const scaledProduct = (name: FixedName, x: Expr, c: Expr, down: boolean): Expr =>
  node(name === 'q15' ? 'mulHigh16' : down ? 'mulHighDown' : 'mulHigh', [x, c]);

/** x / 2^by, rounded to nearest; by one bit, ties go down. */
export const shiftedDown = (x: Expr, by: number): Expr =>
  by === 0 ? x : k.shiftRight(by === 1 ? x : k.add(x, literal(2 ** (by - 1))), literal(by));

export const shiftedUp = (x: Expr, by: number): Expr => k.mul(x, literal(2 ** by));
