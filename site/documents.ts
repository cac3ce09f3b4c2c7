/** What documents there are: the list in the README, in its words and order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeHtml } from '../src/cli/report/html.ts';
import { addressFrom, type Group, type Page } from './frame.ts';
import { linkedHeading, textOfHtml } from './markdown.ts';

const place = 'docs/index.html';

/** "To use: [command line](docs/command-line.md), ...": a group. */
export function documentGroups(root: string): Group[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const list = /^## Documents\n([\s\S]*?)\n\n(?!To)/m.exec(`${readme}\n\n`)?.[1] ?? '';
  const groups = [...list.trim().matchAll(/([A-Z][^:[\].]*):((?:[^[:]*\[[^\]]*\]\([^)]*\))+)/g)].map(
    ([, title, links]) => ({
      title: title.trim(),
      links: [...links.matchAll(/\[([^\]]*)\]\(([^)]*)\)/g)].map(([, name, path]) => ({
        title: nameOf(name),
        path: path.replace(/\.md$/, '.html'),
      })),
    }),
  );
  if (groups.length < 2) throw new Error('README.md: no lists of documents under "## Documents"');
  return groups;
}

/** A name begins with a capital, and is no file. */
const nameOf = (text: string): string => {
  const words = text.replace(/\.md$/, '').replace(/\s+/g, ' ');
  const calm = /^[A-Z]+$/.test(words) && words.length > 5 ? words.toLowerCase() : words;
  return calm[0].toUpperCase() + calm.slice(1);
};

/** The first paragraph of a page, in plain words. */
function beginning({ html }: Page): string {
  const text = textOfHtml(/<p>([\s\S]*?)<\/p>/.exec(html)?.[1] ?? '');
  if (text.length <= 180) return text;
  return `${text.slice(0, text.lastIndexOf(' ', 180))} …`;
}

/** The list of documents as a page. */
export function overview(groups: readonly Group[], pages: ReadonlyMap<string, Page>): Page {
  const anchor = (title: string): string => title.toLowerCase().replaceAll(/\W+/g, '-');
  const sections = groups.map(({ title, links }) => {
    const cards = links.map((l) => {
      const page = pages.get(l.path);
      if (!page) throw new Error(`README.md lists ${l.path} among the documents, which is no page`);
      return `<li><a class="tile" href="${addressFrom(place, l.path)}"><strong>${escapeHtml(l.title)}</strong><span>${escapeHtml(beginning(page))}</span></a></li>`;
    });
    return `${linkedHeading(2, anchor(title), escapeHtml(title))}<ul class="tiles">${cards.join('')}</ul>`;
  });
  return {
    path: place,
    title: 'Docs',
    area: 'docs',
    html: `<h1 id="docs">Docs</h1>\n${sections.join('\n')}`,
    headings: groups.map(({ title }) => ({ level: 2, anchor: anchor(title), html: escapeHtml(title) })),
  };
}
