/** The frame of a report page, and tables in it: opens offline. */
import { escapeHtml } from './plots.ts';
import { stylesheet } from './style.ts';

export const htmlTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style = '',
): string => {
  const cells = (row: readonly string[], tag: string): string =>
    row.map((c) => `<${tag}>${escapeHtml(c)}</${tag}>`).join('');
  const body = rows.map((r) => `<tr>${cells(r, 'td')}</tr>`).join('');
  return `<div class="scroll"><table${style && ` class="${style}"`}><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table></div>`;
};

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

/** `wide`: for tables of many columns. */
export const page = (title: string, body: string, wide = false): string => `<!doctype html>
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
</main>
</body>
</html>
`;
