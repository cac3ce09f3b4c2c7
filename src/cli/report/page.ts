/** The frame of a report page, which opens offline, and tables in pages, Markdown and CSV. */
import { escapeHtml } from './plots.ts';
import { stylesheet } from './style.ts';

/** Does a column hold words, which may wrap, or figures? */
const isWords = (rows: readonly (readonly string[])[], column: number): boolean =>
  rows.some((r) => (r[column] ?? '').length > 20 && /[a-z]{3}/i.test(r[column]));

/** A region that scrolls by itself, also with the keyboard. `label` names it. */
export const scrollRegion = (label: string, content: string): string =>
  `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(label)}">${content}</div>`;

/** A table named `label`, in a region that scrolls by itself. */
export const htmlTable = (
  label: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style = '',
): string => {
  const words = head.map((_, i) => isWords(rows, i));
  const cell = (text: string, tag: string, i: number): string =>
    `<${tag}${words[i] ? ' class="words"' : ''}>${escapeHtml(text)}</${tag}>`;
  const cells = (row: readonly string[], tag: string): string => row.map((c, i) => cell(c, tag, i)).join('');
  const body = rows.map((r) => `<tr>${cells(r, 'td')}</tr>`).join('');
  return scrollRegion(
    label,
    `<table${style && ` class="${style}"`}><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table>`,
  );
};

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

/** RFC 4180; nothing for what is not there. */
export function csvText(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const quoted = (x: unknown): string => {
    const text = x === null || x === undefined ? '' : String(x);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

/** How a page came to be: the command lines, and what else decides its figures. */
export interface Reproduction {
  readonly commands: readonly string[];
  readonly facts?: readonly string[];
  /** HTML behind the facts. */
  readonly more?: string;
}

export const htmlList = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((i) => `<li>${escapeHtml(i)}</li>`).join('')}</ul>`;

const reproduceHtml = ({ commands, facts = [], more = '' }: Reproduction): string =>
  `<section class="reproduce"><h2>How to reproduce this</h2><pre>${escapeHtml([...new Set(commands)].join('\n'))}</pre>${htmlList(facts)}${more}</section>`;

/** A page that opens offline, with how it came to be at its end. `wide`: for tables of many columns. */
export const page = (
  title: string,
  body: string,
  reproduction: Reproduction,
  wide = false,
): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>papilio: ${escapeHtml(title)}</title>
<style>${stylesheet}</style>
</head>
<body>
<main${wide ? ' class="wide"' : ''}>
<h1>${escapeHtml(title)}</h1>
${body}
${reproduceHtml(reproduction)}
</main>
</body>
</html>
`;
