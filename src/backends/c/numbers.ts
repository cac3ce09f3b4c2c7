/** Numbers as C has them: their types, and their literals. */
import type { Buffer } from '../../compiler/kernel.ts';
import { numberFormats, type Format } from '../../compiler/number-format.ts';

/** A number type of C. */
interface CType {
  readonly name: string;
  /** Of its literals. */
  readonly suffix: string;
  /** Significant digits that tell its numbers apart. */
  readonly digits: number;
}

export const cTypes: Readonly<Record<Format, CType>> = {
  f32: { name: 'float', suffix: 'f', digits: 9 },
  f64: { name: 'double', suffix: '', digits: 17 },
  i32: { name: 'int32_t', suffix: '', digits: 10 },
};

/** The type of the numbers of a buffer. */
export const elementType = (buffer: Buffer, dtype: Format): string =>
  buffer.fixed?.bits === 16 ? 'int16_t' : cTypes[dtype].name;

/** A maximum begins at -Infinity; the smallest integer has no literal of its own. */
const cInteger = (x: number): string => (x <= -(2 ** 31) ? '(-2147483647 - 1)' : String(x));

/** The shortest text that C reads as this number. */
export function cNumber(x: number, dtype: Format): string {
  if (dtype === 'i32') return cInteger(x);
  const { suffix, digits } = cTypes[dtype];
  const { round } = numberFormats[dtype];
  const value = round(x);
  if (Number.isNaN(value)) return 'papilio_nan()';
  if (Math.abs(value) === Infinity) return `${value < 0 ? '-' : ''}papilio_infinity()`;
  let text = Object.is(value, -0) ? '-0' : '0';
  for (let d = 1; round(Number(text)) !== value && d <= digits; d++)
    text = String(Number(value.toPrecision(d)));
  return `${/[.e]/.test(text) ? text : `${text}.0`}${suffix}`;
}
