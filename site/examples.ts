/** Examples as pages: what each says of itself, its code, and the test that runs it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { basename, extname } from 'node:path/posix';
import { escapeHtml } from '../src/cli/report/html.ts';
import { addressFrom, type Page } from './frame.ts';
import { anchorOf, codeBlock, linkedHeading, render, type Heading } from './markdown.ts';

interface Example {
  /** training-loop, firmware */
  readonly name: string;
  /** Its files, that which explains it first. */
  readonly files: readonly string[];
}

function examplesOf(root: string): Example[] {
  return readdirSync(join(root, 'examples')).map((entry) => {
    const path = `examples/${entry}`;
    if (!statSync(join(root, path)).isDirectory())
      return { name: entry.replace(/\.\w+$/, ''), files: [path] };
    const files = readdirSync(join(root, path)).map((f) => `${path}/${f}`);
    const rank = (f: string): number => (/\/main\./.test(f) ? 0 : 1);
    return { name: entry, files: files.sort((a, b) => rank(a) - rank(b)) };
  });
}

/** The page of the example that has a file or folder. */
export const examplePlace = (path: string): string | null => {
  const name = /^examples\/([\w-]+)/.exec(path)?.[1];
  return name === undefined ? null : `examples/${name}.html`;
};

/** The comment at the head of a file, in Markdown. */
function commentOf(code: string): string {
  const comment = /^(?:\/\*+([\s\S]*?)\*\/|(?:#![^\n]*\n)?((?:#[^\n]*\n)+))/.exec(code);
  return (comment?.[1] ?? comment?.[2] ?? '').replace(/^[ \t]*[*#][ \t]?/gm, '').trim();
}

/** "A loop of one's own: ..." is called "A loop of one's own". */
const titleOf = (comment: string): string => (/^[^:.]*/.exec(comment)?.[0] ?? '').replace(/\s+/g, ' ').trim();

function pageOf(root: string, { name, files }: Example, link: (page: string, path: string) => string): Page {
  const path = examplePlace(files[0]) as string;
  const texts = files.map((f) => readFileSync(join(root, f), 'utf8'));
  const comment = commentOf(texts[0]);
  const title = titleOf(comment);
  const taken = new Set<string>(['title']);
  const test = `test/examples/${name}.test.ts`;
  if (!existsSync(join(root, test))) throw new Error(`examples/${name}: no ${test} runs it`);
  const headings: Heading[] = [];
  const parts = files.map((f, i) => {
    const html = `<code>${escapeHtml(basename(f))}</code>`;
    const anchor = anchorOf(basename(f), taken);
    headings.push({ level: 2, anchor, html });
    const said = i === 0 ? '' : render(commentOf(texts[i]), (href) => href).html;
    return linkedHeading(2, anchor, html) + said + codeBlock(texts[i], extname(f).slice(1));
  });
  const intro = render(comment, (href) => href).html;
  return {
    path,
    title,
    area: 'examples',
    html: `<h1 id="title">${escapeHtml(title)}</h1>\n${intro}<p class="note">Runs as a test: <a href="${link(path, test)}">${test}</a>.</p>\n${parts.join('\n')}`,
    headings,
  };
}

/** A page of each example, and one that lists them. Throws Error for an example that no test runs. */
export function examplePages(root: string, link: (page: string, path: string) => string): Page[] {
  const pages = examplesOf(root).map((e) => pageOf(root, e, link));
  const place = 'examples/index.html';
  const tiles = pages.map(
    (p) =>
      `<li><a class="tile" href="${addressFrom(place, p.path)}"><strong>${escapeHtml(p.title)}</strong><span>${p.headings.map((h) => h.html).join(', ')}</span></a></li>`,
  );
  const html = `<h1 id="examples">Examples</h1>\n<p>Whole programs over the public entry points. Each runs as a test.</p>\n<ul class="tiles">${tiles.join('')}</ul>`;
  return [...pages, { path: place, title: 'Examples', area: 'examples', html, headings: [] }];
}
