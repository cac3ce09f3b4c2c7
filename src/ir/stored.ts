/**
 * How the elements of a constant lie in a file: as sums of limbs, each an 8-bit multiple, a binary16, or a signed power of
 * two in one byte. One limb is a quantised table, two are nested ones (hi, and hi + lo), several powers of two are a sum of
 * shifts. A program means the decoded numbers; backends keep the codes and decode them once, when they are made ready.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, oneOf, record, whole } from '../options.ts';
import { halfBits, halfOverflow, halfValue } from '../numeric/half.ts';
import {
  powerCode,
  powerLimit,
  powerValue,
  q8Code,
  q8Steps,
  q8Value,
  smallestPeak,
} from '../numeric/quantize.ts';

/** Formats of stored codes: 8-bit integers, half floats, signed powers of two. */
export type LimbFormat = 'q8' | 'f16' | 'power-of-two';

/** A table as codes of fewer bits; `decodeTable` gives its numbers. */
export interface StoredTable {
  readonly format: LimbFormat;
  /** Limbs per element, which is their sum from the first on. */
  readonly limbs: number;
  /** Shape [elements, limbs]. q8 is an Int8Array, f16 a Uint16Array of bits, power-of-two a Uint8Array. */
  readonly codes: Int8Array | Uint16Array | Uint8Array;
  /** q8: the number of code 127, per limb. Empty otherwise. */
  readonly peaks: readonly number[];
}

/** Most limbs of each format: together no longer than the float32 they replace. */
export const mostLimbs: Readonly<Record<LimbFormat, number>> = { q8: 4, f16: 2, 'power-of-two': 4 };

/** A new list of codes of a format. */
const newCodes = (format: LimbFormat, length: number): StoredTable['codes'] =>
  format === 'q8'
    ? new Int8Array(length)
    : format === 'f16'
      ? new Uint16Array(length)
      : new Uint8Array(length);

/** The number of one code; `peak` of a q8 limb. */
export const limbValue = (format: LimbFormat, code: number, peak: number): number =>
  format === 'q8' ? q8Value(code, peak) : format === 'f16' ? halfValue(code) : powerValue(code);

/** The code nearest to a number; `peak` of a q8 limb. */
export const limbCode = (format: LimbFormat, x: number, peak: number): number =>
  format === 'q8' ? q8Code(x, peak) : format === 'f16' ? halfBits(x) : powerCode(x);

/** The numbers of a table. */
export function decodeTable(table: StoredTable): Float64Array {
  checkArgument('the table', table, record('{ format, limbs, codes, peaks }'));
  const { format, limbs, codes, peaks } = table;
  checkArgument('table.format', format, oneOf(['q8', 'f16', 'power-of-two']));
  checkArgument('table.limbs', limbs, whole(1, mostLimbs[format]));
  if (!ArrayBuffer.isView(codes) || !Array.isArray(peaks) || (format === 'q8' && peaks.length < limbs))
    throw new InvalidArgumentError('a table without codes, or with fewer peaks than limbs; expected both');
  const out = new Float64Array(codes.length / limbs);
  for (let i = 0; i < out.length; i++) {
    out[i] = limbValue(format, codes[i * limbs], peaks[0]);
    for (let l = 1; l < limbs; l++) out[i] += limbValue(format, codes[i * limbs + l], peaks[l]);
  }
  return out;
}

function checkNumbers(data: Float64Array, format: LimbFormat): void {
  const limit = format === 'f16' ? halfOverflow : format === 'q8' ? Infinity : 1.5 * 2 ** powerLimit;
  data.forEach((x, i) => {
    if (!(Math.abs(x) < limit))
      throw new InvalidArgumentError(`element ${i} is ${x}; ${format} tables hold numbers below ${limit}`);
  });
}

/**
 * Tables of numbers as codes, each limb the nearest to what the limbs before it leave; all tables of the list share the
 * scales of q8. `first`: numbers that the first limb is the nearest to instead, for a coarse rung of its own.
 * Throws InvalidArgumentError for numbers that the format cannot hold and for limbs that are too many.
 */
export function encodeTables(
  tables: readonly Float64Array[],
  format: LimbFormat,
  limbs: number,
  first: readonly Float64Array[] = tables,
): StoredTable[] {
  if (!Number.isInteger(limbs) || limbs < 1 || limbs > mostLimbs[format])
    throw new InvalidArgumentError(
      `${limbs} limbs of ${format}; expected 1 to ${mostLimbs[format]}, no longer than a float32`,
    );
  for (const data of [...tables, ...first]) checkNumbers(data, format);
  const rest = tables.map((data) => Float64Array.from(data));
  const coded = tables.map((data) => newCodes(format, data.length * limbs));
  const peaks: number[] = [];
  for (let l = 0; l < limbs; l++) {
    const goals = l === 0 ? first : rest;
    const peak = peakOf(goals);
    if (format === 'q8') peaks.push(peak);
    rest.forEach((data, t) => {
      for (let i = 0; i < data.length; i++) {
        const code = limbCode(format, goals[t][i], peak);
        coded[t][i * limbs + l] = code;
        data[i] -= limbValue(format, code, peak);
      }
    });
  }
  return coded.map((codes) => ({ format, limbs, codes, peaks }));
}

/** Largest magnitude of all numbers; never zero. */
function peakOf(tables: readonly Float64Array[]): number {
  let peak = smallestPeak;
  for (const data of tables) for (let i = 0; i < data.length; i++) peak = Math.max(peak, Math.abs(data[i]));
  return peak;
}

/** The table of some elements, in this order. */
export function takeElements(table: StoredTable, at: ArrayLike<number>): StoredTable {
  const { limbs } = table;
  const codes = newCodes(table.format, at.length * limbs);
  for (let i = 0; i < at.length; i++)
    for (let l = 0; l < limbs; l++) codes[i * limbs + l] = table.codes[at[i] * limbs + l];
  return { ...table, codes };
}

/** The first limbs of a table: the coarser rung of a nested one. */
export function leadingLimbs(table: StoredTable, limbs: number): StoredTable {
  const codes = newCodes(table.format, (table.codes.length / table.limbs) * limbs);
  for (let i = 0; i < codes.length; i++)
    codes[i] = table.codes[Math.floor(i / limbs) * table.limbs + (i % limbs)];
  return { ...table, limbs, codes, peaks: table.peaks.slice(0, limbs) };
}

/** Do two tables hold the same codes in the same way? */
export function sameStored(a: StoredTable | undefined, b: StoredTable | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.format === b.format &&
    a.limbs === b.limbs &&
    a.codes.length === b.codes.length &&
    a.peaks.every((p, l) => p === b.peaks[l]) &&
    a.codes.every((c, i) => c === b.codes[i])
  );
}

export { q8Steps };
