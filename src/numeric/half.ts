/** IEEE 754 binary16: one sign bit, five of exponent, ten of fraction; both directions, rounding to nearest, ties to even. */

const word = new DataView(new ArrayBuffer(8));

/** floor(log2 |x|) of a normal number; -1023 for zero and subnormal ones. */
export function exponentOf(x: number): number {
  word.setFloat64(0, x);
  return ((word.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** Nearest integer of 0 <= a < 2^52, ties to even. */
export const nearest = (a: number): number => a + 2 ** 52 - 2 ** 52;

/** Numbers from here on round to infinity: halfway from the largest binary16, 65504, to 2^16. */
export const halfOverflow = 65520;
const smallestNormal = -14;

/** The bits of the binary16 nearest to a float64: rounded once. Infinite from 65520 on; NaN becomes the quiet one. */
export function halfBits(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a >= halfOverflow) return sign | 0x7c00;
  const e = Math.max(exponentOf(a), smallestNormal);
  // Units of the last place: 1024 to 2048 of a normal number, where 2048 carries into the exponent; fewer below.
  const units = nearest(a / 2 ** (e - 10));
  return sign | (((e - smallestNormal) << 10) + units);
}

/** The number of 16 bits, exactly. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const e = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (e === 31) return fraction ? NaN : sign * Infinity;
  return sign * (e === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (e - 25));
}
