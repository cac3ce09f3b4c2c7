/**
 * What a command found, as plain data: sentences, tables, and drawings that only pages show. A terminal, Markdown and CSV print it
 * here, `page.ts` makes a page of it.
 */

import { isRecord } from '../../options.ts';

export interface Table {
  readonly kind: 'table';
  /** Says to readers of any kind what it is. */
  readonly name: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Class names in a page. */
  readonly style: string;
}

/** What is made for a page alone, when that is made. */
export interface Drawing {
  readonly kind: 'plot' | 'picture' | 'sound';
  readonly html: () => string;
}

/** Lines of a program. */
export interface Code {
  readonly kind: 'code';
  readonly text: string;
}

export interface Section {
  readonly title: string;
  readonly notes?: readonly string[];
  readonly parts: readonly Part[];
}

/** A text is a paragraph. */
export type Part = string | Table | Code | Drawing | Section;

export interface Report {
  readonly title: string;
  /** What came of it, in sentences: the first leads. */
  readonly verdict: readonly string[];
  readonly notes?: readonly string[];
  /** A few figures at the top, by name. */
  readonly facts?: Readonly<Record<string, string>>;
  /** A terminal shows the tables of the first. */
  readonly sections: readonly Section[];
  /** The command lines that make it again, and what else decides its figures. */
  readonly commands: readonly string[];
  readonly settings?: readonly string[];
  /** Its models in the playground: an address there, from # on. */
  readonly playground?: string | undefined;
  /** More of that, folded away: a title and a list. */
  readonly details?: { readonly title: string; readonly items: readonly string[] };
}

/** A section with one note under its title. */
export const section = (title: string, note: string, ...parts: Part[]): Section => ({
  title,
  notes: [note],
  parts,
});

/** Columns by title: the cell of a row. */
export type Columns<R> = Readonly<Record<string, (row: R, index: number) => string>>;

export const tableOf = <R>(name: string, rows: readonly R[], columns: Columns<R>, style = ''): Table => ({
  kind: 'table',
  name,
  head: Object.keys(columns),
  rows: rows.map((row, i) => Object.values(columns).map((cell) => cell(row, i))),
  style,
});

/** For a terminal: first column left, the others right. */
export function tableText({ head, rows }: Pick<Table, 'head' | 'rows'>): string {
  const all = [head, ...rows];
  const widths = head.map((_, c) => all.reduce((most, r) => Math.max(most, r[c].length), 0));
  const line = (row: readonly string[]): string =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

const isTable = (part: Part): part is Table =>
  typeof part === 'object' && 'kind' in part && part.kind === 'table';

/** For a terminal. */
export const reportText = ({ sections, verdict }: Report): string =>
  [
    ...sections
      .slice(0, 1)
      .flatMap(({ title, parts }) => [title, ...parts.filter(isTable).map((t) => tableText(t))]),
    ...verdict,
  ].join('\n');

function tableMarkdown({ head, rows }: Table): string {
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [head, rule, ...rows]
    .map((row) => `| ${row.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** Blocks of a section; none where there is nothing but drawings. */
function sectionMarkdown({ title, notes = [], parts }: Section, level: number): string[] {
  const blocks = parts.flatMap((part) => {
    if (typeof part === 'string') return [part];
    if ('title' in part) return sectionMarkdown(part, level + 1);
    if (part.kind === 'code') return [`\`\`\`js\n${part.text}\n\`\`\``];
    return part.kind === 'table' ? [tableMarkdown(part)] : [];
  });
  return blocks.length === 0 ? [] : [`${'#'.repeat(level)} ${title}`, ...notes, ...blocks];
}

const listMarkdown = (items: readonly string[]): string => items.map((i) => `- ${i}`).join('\n');

export const reportMarkdown = (r: Report): string =>
  `${[
    `# ${r.title}`,
    ...r.verdict,
    ...(r.notes ?? []),
    listMarkdown(Object.entries(r.facts ?? {}).map(([name, value]) => `${name}: ${value}`)),
    ...r.sections.flatMap((s) => sectionMarkdown(s, 2)),
    '## How to reproduce this',
    `\`\`\`sh\n${[...new Set(r.commands)].join('\n')}\n\`\`\``,
    listMarkdown([...(r.settings ?? []), ...(r.details?.items ?? [])]),
  ]
    .filter(Boolean)
    .join('\n\n')}\n`;

/** Values of a row by column: parts of objects as "error.p5", lists of texts or numbers in one. */
function flat(value: unknown, name = ''): [column: string, value: unknown][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [[name, value.join(' ')]];
  if (!isRecord(value)) return [[name, value]];
  return Object.entries(value).flatMap(([key, own]) => flat(own, name === '' ? key : `${name}.${key}`));
}

/** Rows as CSV (RFC 4180), every column that one of them has; nothing for what is not there. */
export function csvOf(rows: readonly object[]): string {
  const quoted = (x: unknown): string => {
    const text = String(x ?? '');
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => new Map(flat(row)));
  const columns = [...new Set(lines.flatMap((line) => [...line.keys()]))];
  return [columns, ...lines.map((line) => columns.map((c) => line.get(c)))]
    .map((line) => `${line.map(quoted).join(',')}\n`)
    .join('');
}

/** Rows as JSON, one a line, so that a difference of two files can be read. */
export const rowsText = (rows: readonly unknown[]): string =>
  `[\n${rows.map((r) => `  ${JSON.stringify(r)}`).join(',\n')}\n]\n`;
