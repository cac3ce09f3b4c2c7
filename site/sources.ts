/** Files and folders of the repository as pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { basename, extname } from 'node:path/posix';
import { escapeHtml } from '../src/cli/report/html.ts';
import { colored } from './code.ts';
import type { Page } from './frame.ts';

/** Lines that can be linked to: #L12. */
export const numbered = (html: string): string =>
  html
    .replace(/\n$/, '')
    .split('\n')
    .map((line, i) => `<span class="line" id="L${i + 1}">${line}\n</span>`)
    .join('');

export function sourcePage(root: string, path: string, place: string): Page {
  const text = readFileSync(join(root, path), 'utf8');
  const html = numbered(colored(text, extname(path).slice(1)));
  return {
    path: place,
    title: basename(path),
    area: 'source',
    html: `<h1>${escapeHtml(path)}</h1>\n<pre class="source" tabindex="0"><code>${html}</code></pre>`,
    headings: [],
  };
}

/** Files of text that a folder shows. */
const shown = /\.(?:ts|js|mjs|json|md|c|h|sh|py|txt)$/;

export function folderPage(root: string, path: string, place: string, link: (path: string) => string): Page {
  const inside = readdirSync(join(root, path), { withFileTypes: true })
    .filter((e) => (e.isDirectory() && e.name !== 'node_modules') || shown.test(e.name))
    .map((e) => `${path.replace(/\/$/, '')}/${e.name}`);
  const items = inside.map(
    (p) => `<li><a href="${escapeHtml(link(p))}"><code>${escapeHtml(basename(p))}</code></a></li>`,
  );
  return {
    path: place,
    title: path,
    area: 'source',
    html: `<h1>${escapeHtml(path)}</h1>\n<ul>${items.join('')}</ul>`,
    headings: [],
  };
}
