/** What a suite found: tables for people, records for machines, and who was skipped; as text and as Markdown. */
import type { SuiteName } from './args.ts';
import type { Skip } from './contender.ts';
import type { Environment } from './environment.ts';

export interface Table {
  readonly caption: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface SuiteReport {
  readonly suite: SuiteName;
  readonly tables: readonly Table[];
  readonly records: readonly Readonly<Record<string, string | number | undefined>>[];
  readonly skipped: readonly Skip[];
}

/** Three significant digits or whole numbers. */
export function figure(x: number): string {
  if (!Number.isFinite(x)) return '–';
  return Math.abs(x) >= 100 ? x.toFixed(0) : x.toPrecision(3);
}

const small = (x: number): string => (x >= 10 ? x.toFixed(0) : x.toPrecision(2));

/** Nanoseconds in the unit of their size. */
export function duration(ns: number, spread?: number): string {
  if (!Number.isFinite(ns)) return '–';
  const [unit, scale] = ns >= 1e7 ? ['ms', 1e6] : ns >= 1e5 ? ['µs', 1e3] : ['ns', 1];
  return `${figure(ns / scale)}${spread === undefined ? '' : ` ± ${small(spread / scale)}`} ${unit}`;
}

const lineWidth = 120;

/** Columns padded, the first to the left and the others to the right; wide tables go on below with the first column again. */
export function textTable({ caption, header, rows }: Table): string {
  const widths = header.map((h, c) => Math.max(h.length, ...rows.map((r) => r[c].length)));
  const blocks: number[][] = [[]];
  let used = widths[0];
  for (let c = 1; c < header.length; c++) {
    if (used + 2 + widths[c] > lineWidth && blocks[blocks.length - 1].length > 0) {
      blocks.push([]);
      used = widths[0];
    }
    blocks[blocks.length - 1].push(c);
    used += 2 + widths[c];
  }
  const line = (cells: readonly string[], block: readonly number[]): string =>
    [cells[0].padEnd(widths[0]), ...block.map((c) => cells[c].padStart(widths[c]))].join('  ').trimEnd();
  const parts = blocks.map((block) => [header, ...rows].map((cells) => line(cells, block)).join('\n'));
  return [caption, parts.join('\n\n')].join('\n');
}

export function markdownTable({ caption, header, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, c) => (c === 0 ? '---' : '---:'));
  return [caption, '', line(header), line(rule), ...rows.map(line)].join('\n');
}

/** Skips with the same reason on one line: label (reason): shapes. */
export function skipLines(skipped: readonly Skip[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { label, what, why } of skipped) {
    const key = `${label} (${why})`;
    groups.set(key, [...(groups.get(key) ?? []), what]);
  }
  return [...groups].map(([who, shapes]) => `skipped: ${who}: ${[...new Set(shapes)].join(', ')}`);
}

export const textReport = ({ tables, skipped }: SuiteReport): string =>
  [...tables.map(textTable), skipLines(skipped).join('\n')].filter(Boolean).join('\n\n');

export const markdownReport = ({ tables, skipped }: SuiteReport, e: Environment): string =>
  [
    `${e.date}, ${e.cpu}, ${e.cores} cores, Node ${e.node}, \`${e.command}\`:`,
    ...tables.map(markdownTable),
    skipLines(skipped)
      .map((line) => `- ${line}`)
      .join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
