/** A report as a page, which opens offline and is complete without script. */
import { commandLine } from '../command-line.ts';
import { addressAttribute } from '../playground.ts';
import { escapeHtml } from './html.ts';
import type { Part, Report, Section, Table } from './report.ts';
import { stylesheet } from './style.ts';

/** Tables of so many columns have a wider page. */
const manyColumns = 8;

/** Does a column hold words, which may wrap, or figures? */
const isWords = (rows: readonly (readonly string[])[], column: number): boolean =>
  rows.some((r) => (r[column] ?? '').length > 20 && /[a-z]{3}/i.test(r[column]));

/** A region that scrolls by itself, also with the keyboard. `label` names it. */
export const scrollRegion = (label: string, content: string): string =>
  `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(label)}">${content}</div>`;

function tableHtml({ name, head, rows, style }: Table): string {
  const words = head.map((_, i) => isWords(rows, i));
  const cell = (text: string, tag: string, i: number): string =>
    `<${tag}${words[i] ? ' class="words"' : ''}>${escapeHtml(text)}</${tag}>`;
  const cells = (row: readonly string[], tag: string): string => row.map((c, i) => cell(c, tag, i)).join('');
  const body = rows.map((r) => `<tr>${cells(r, 'td')}</tr>`).join('');
  return scrollRegion(
    name,
    `<table class="${style}"><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table>`,
  );
}

/** A text with what stands between double stars in bold. */
const textHtml = (text: string): string => escapeHtml(text).replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>');

const paragraphs = (texts: readonly string[], style = ''): string =>
  texts.map((text) => `<p${style && ` class="${style}"`}>${textHtml(text)}</p>`).join('\n');

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((i) => `<li>${escapeHtml(i)}</li>`).join('')}</ul>`;

function partHtml(part: Part, level: number): string {
  if (typeof part === 'string') return paragraphs([part]);
  if ('title' in part) return sectionHtml(part, level);
  if (part.kind === 'code') return `<pre>${escapeHtml(part.text)}</pre>`;
  return part.kind === 'table' ? tableHtml(part) : part.html();
}

const isPlot = (part: Part | undefined): boolean =>
  typeof part === 'object' && 'kind' in part && part.kind === 'plot';

/** Plots that follow each other stand side by side where there is room. */
function partsHtml(parts: readonly Part[], level: number): string {
  const paired = (i: number): boolean => isPlot(parts[i]) && (isPlot(parts[i - 1]) || isPlot(parts[i + 1]));
  return parts
    .map((part, i) => {
      const open = paired(i) && !paired(i - 1) ? '<div class="pair">' : '';
      return `${open}${partHtml(part, level)}${paired(i) && !paired(i + 1) ? '</div>' : ''}`;
    })
    .join('\n');
}

const sectionHtml = ({ title, notes = [], parts }: Section, level: number): string =>
  `<section><h${level}>${escapeHtml(title)}</h${level}>${paragraphs(notes, 'note')}${partsHtml(parts, level + 1)}</section>`;

const factsHtml = (facts: Readonly<Record<string, string>>): string =>
  `<dl>${Object.entries(facts)
    .map(([k, v]) => `<div><dt>${escapeHtml(k)}</dt><dd>${escapeHtml(v)}</dd></div>`)
    .join('')}</dl>`;

const reproduceHtml = ({ commands, settings = [], details }: Report): string =>
  `<section class="reproduce"><h2>How to reproduce this</h2><pre>${escapeHtml([...new Set(commands)].join('\n'))}</pre>${list(settings)}${
    details ? `<details><summary>${escapeHtml(details.title)}</summary>${list(details.items)}</details>` : ''
  }</section>`;

const isWide = ({ sections }: Report): boolean =>
  sections.some(({ parts }) =>
    parts.some((p) => typeof p === 'object' && 'head' in p && p.head.length >= manyColumns),
  );

/** How one gets from a page to its models in the playground. The page carries them; a link to a file elsewhere would break. */
const playgroundHtml = (address: string | undefined, path: string): string =>
  address === undefined
    ? ''
    : `<section class="play"${addressAttribute(address)}><h2>See and hear it</h2><p class="note">The models of this page on any sound, side by side: pictures of the features, their difference, cost and time on your machine. Other models open by their names: <code>papilio play one.safetensors two.safetensors</code>.</p><pre>${escapeHtml(commandLine(['play', path]))}</pre></section>`;

/** The page of a report, with how it came to be at its end. `path`: where it will be, for what it says of itself. */
export function pageOf(report: Report, path = 'report.html'): string {
  const { title, verdict, notes = [], facts, sections, playground } = report;
  const [lead, ...more] = verdict;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>papilio: ${escapeHtml(title)}</title>
<style>${stylesheet}</style>
</head>
<body>
<main${isWide(report) ? ' class="wide"' : ''}>
<h1>${escapeHtml(title)}</h1>
${paragraphs(lead === undefined ? [] : [lead], 'lead')}
${paragraphs(more)}
${paragraphs(notes, 'note')}
${facts ? factsHtml(facts) : ''}
${sections.map((s) => sectionHtml(s, 2)).join('\n')}
${playgroundHtml(playground, path)}
${reproduceHtml(report)}
</main>
</body>
</html>
`;
}
