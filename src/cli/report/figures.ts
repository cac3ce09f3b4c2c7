/** Figures as texts, and rows of them in groups. */
import { differs, noiseOf, type Percentiles } from '../../compiler.ts';

/** A number with sensible digits, or a dash. */
export function formatNumber(x: number | null): string {
  if (x === null || !Number.isFinite(x)) return '–';
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size < 1e-3 || size >= 1e6) {
    const [digits, exponent] = x.toExponential(1).split('e');
    return `${digits} · 10${exponent.startsWith('-') ? '⁻' : ''}${superscript(exponent.slice(1))}`;
  }
  return size >= 100 ? String(Math.round(x)) : x.toPrecision(3);
}

const superscript = (digits: string): string => [...digits].map((d) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(d)]).join('');

/** A number in few characters, that a program can read. */
export const number = (x: number | null | undefined): string =>
  x === null || x === undefined || !Number.isFinite(x)
    ? '-'
    : x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e4)
      ? x.toExponential(1)
      : x.toPrecision(3);

export const errorText = (x: number): string =>
  !Number.isFinite(x) ? '–' : x !== 0 && x < 1e-3 ? x.toExponential(1) : x.toFixed(4);
export const percent = (x: number, digits = 1): string => `${(100 * x).toFixed(digits)} %`;
/** A dash for what is not finite. */
export const fixed = (x: number, digits: number): string => (Number.isFinite(x) ? x.toFixed(digits) : '-');
/** "1 search", "2 searches" */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

export const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** Groups of rows in the order in which they appear. */
export function groupBy<T>(rows: readonly T[], key: (row: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const r of rows) groups.set(key(r), [...(groups.get(key(r)) ?? []), r]);
  return [...groups.values()];
}

/** The median with the quartiles. */
export const quartiles = ({ p25, p50, p75 }: Percentiles, text: (x: number) => string): string =>
  `${text(p50)} (${text(p25)} to ${text(p75)})`;

/** Ratios of times that cannot be told from 1 are as fast where both quartiles are this near to it. */
const tolerable = 0.1;

/** How a ratio of times is told from 1, in words; null where it is another: further off than equal kernels, which differ by `noise`. */
export function levelText(
  ratio: Pick<Percentiles, 'p25' | 'p75'>,
  noise = 0,
): 'as fast' | 'too noisy to tell' | null {
  if (differs(ratio, noise)) return null;
  return noiseOf(ratio) > tolerable ? 'too noisy to tell' : 'as fast';
}
