/** The API as pages: one of every entry, and one that lists all names. */
import { escapeHtml } from '../src/cli/report/html.ts';
import type { Entry, PublicName } from './api.ts';
import { colored } from './code.ts';
import { addressFrom, type Page } from './frame.ts';
import { linkedHeading, render, type Heading } from './markdown.ts';

export const entryPlace = ({ id }: Entry): string => `api/${id}.html`;

/** How a name is imported. */
const importOf = (module: string, example: string): string => `import { ${example} } from '${module}';`;

const markdown = (text: string): string => render(text, (href) => href).html;

/** Where the type of a name is documented: on this page, else where it is found first. */
function linker(entries: readonly Entry[], own: Entry, itself: string): (name: string) => string | null {
  return (name) => {
    // Lower case words are parameters and fields more often than functions.
    if (name === itself || !/^[A-Z]/.test(name)) return null;
    const isThere = (e: Entry): boolean => e.names.some((n) => n.name === name);
    const entry = isThere(own) ? own : entries.find(isThere);
    return entry ? `${entry === own ? '' : addressFrom(entryPlace(own), entryPlace(entry))}#${name}` : null;
  };
}

function nameHtml(n: PublicName, link: (name: string) => string | null, source: string): string {
  const heading = linkedHeading(2, n.name, `<code>${escapeHtml(n.name)}</code>`);
  const from = `<p class="from"><span class="kind">${n.kind}</span> <a href="${escapeHtml(source)}#L${n.line}" aria-label="${escapeHtml(`${n.path}: source of ${n.name}`)}">${escapeHtml(n.path)}</a></p>`;
  return `${heading}${from}${markdown(n.text)}<pre tabindex="0"><code>${colored(n.declaration, 'ts', link)}</code></pre>`;
}

function entryPage(
  entries: readonly Entry[],
  own: Entry,
  link: (page: string, path: string) => string,
): Page {
  const path = entryPlace(own);
  const parts = own.names.map((n) => nameHtml(n, linker(entries, own, n.name), link(path, n.path)));
  const headings: Heading[] = own.names.map((n) => ({ level: 2, anchor: n.name, html: escapeHtml(n.name) }));
  const about = own.text.replace(`${own.module}: `, '');
  const first = own.names.find((n) => n.kind === 'function') ?? own.names[0];
  return {
    path,
    title: own.module,
    area: 'api',
    html: `<h1 id="${own.id}-entry">${escapeHtml(own.module)}</h1>\n${markdown(about[0].toUpperCase() + about.slice(1))}<pre tabindex="0"><code>${colored(importOf(own.module, first.name), 'ts')}</code></pre>\n${parts.join('\n')}`,
    headings,
  };
}

/** Pages of all entries. `link` gives the address of a source, from a page. */
export function apiPages(entries: readonly Entry[], link: (page: string, path: string) => string): Page[] {
  const place = 'api/index.html';
  const sections = entries.map((e) => {
    const address = addressFrom(place, entryPlace(e));
    const names = e.names.map((n) => `<li><a href="${address}#${n.name}">${escapeHtml(n.name)}</a></li>`);
    const title = `<a href="${address}">${escapeHtml(e.module)}</a>`;
    const about = e.text.replace(`${e.module}: `, '');
    return `${linkedHeading(2, e.id, title)}${markdown(about[0].toUpperCase() + about.slice(1))}<ul class="names">${names.join('')}</ul>`;
  });
  return [
    ...entries.map((e) => entryPage(entries, e, link)),
    {
      path: place,
      title: 'API',
      area: 'api',
      html: `<h1 id="api">API</h1>\n<p>Every public name, by what one imports it from. Declarations are those of the source.</p>\n${sections.join('\n')}`,
      headings: entries.map((e) => ({ level: 2, anchor: e.id, html: escapeHtml(e.module) })),
    },
  ];
}
