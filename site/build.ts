/**
 * The site: every document as a page, the API, examples and sources that these link to, with one search over all. Plain files with
 * relative addresses, for a folder and for any host under any path. Links that lead nowhere are errors.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { basename, dirname, join as joined, normalize } from 'node:path/posix';
import { build } from 'vite';
import { notices } from '../scripts/notices.ts';
import { apiOf, type Entry } from './api.ts';
import { apiPages, entryPlace } from './api-pages.ts';
import { documentGroups, overview } from './documents.ts';
import { examplePages, examplePlace } from './examples.ts';
import { addressFrom, framed, type Area, type Group, type Page } from './frame.ts';
import { homePage } from './home.ts';
import { brokenLinks, LinkError } from './links.ts';
import { render } from './markdown.ts';
import { searchDataOf } from './search-data.ts';
import { folderPage, sourcePage } from './sources.ts';

/** The place of a file or folder of the repository on the site. */
export function placeOf(root: string, path: string): string {
  if (path === 'README.md') return 'index.html';
  const example = examplePlace(path);
  if (example !== null) return example;
  if (path.endsWith('.md')) return path.replace(/\.md$/, '.html');
  return statSync(join(root, path)).isDirectory() ? `source/${path}/index.html` : `source/${path}.html`;
}

/** Collects pages, and what these link to, until there is nothing new. */
export class Site {
  readonly pages = new Map<string, Page>();
  private readonly root: string;
  private readonly wanted: string[] = [];

  constructor(root: string) {
    this.root = root;
  }

  add(page: Page): void {
    this.pages.set(page.path, page);
  }

  /** The address of a file of the repository from a page, which the site then has. Throws LinkError where there is no such file. */
  link(page: string, path: string): string {
    if (path.startsWith('../'))
      throw new LinkError(`${page}: links to ${path}, which is outside of the repository`);
    if (!existsSync(join(this.root, path)))
      throw new LinkError(`${page}: links to ${path}, which is not there`);
    this.wanted.push(path);
    return addressFrom(page, placeOf(this.root, path));
  }

  /** Where a link of a document leads. Throws LinkError for one that leads nowhere. */
  private readonly linkOf =
    (document: string, page: string) =>
    (href: string): string => {
      if (/^(?:https?:|mailto:|#)/i.test(href)) return href;
      if (/^[a-z][a-z\d+.-]*:/i.test(href))
        throw new LinkError(`${document}: links to ${href}; expected https:, http:, mailto:, # or a path`);
      const [path, anchor] = href.split('#');
      const address = this.link(page, normalize(joined(dirname(document), path)));
      return anchor === undefined ? address : `${address}#${anchor}`;
    };

  document(path: string, area: Area): Page {
    const page = placeOf(this.root, path);
    const { html, headings } = render(readFileSync(join(this.root, path), 'utf8'), this.linkOf(path, page));
    const title = headings.find((h) => h.level === 1)?.html.replace(/<[^>]*>/g, '') ?? path;
    return { path: page, title, area, html, headings };
  }

  /** Pages of what is linked to and has none yet. */
  follow(): void {
    for (let path = this.wanted.pop(); path !== undefined; path = this.wanted.pop()) {
      const place = placeOf(this.root, path);
      if (this.pages.has(place)) continue;
      const isFolder = statSync(join(this.root, path)).isDirectory();
      this.add(
        path.endsWith('.md')
          ? this.document(path, 'docs')
          : isFolder
            ? folderPage(this.root, path, place, (p) => this.link(place, p))
            : sourcePage(this.root, path, place),
      );
    }
  }
}

/** The script of all pages, in one file without others' code. */
async function scriptOf(root: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [notices()],
    build: {
      write: false,
      lib: { entry: join(root, 'site/client/page.ts'), formats: ['iife'], name: 'papilioSite' },
      target: 'es2022',
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const chunk = outputs.flatMap((o) => ('output' in o ? o.output : [])).find((o) => o.type === 'chunk');
  if (chunk?.type !== 'chunk') throw new Error('site/client/page.ts: nothing was built');
  return chunk.code;
}

/** A list beside the pages of an area. */
function groupsOf(
  area: Area,
  documents: readonly Group[],
  api: readonly Entry[],
  pages: readonly Page[],
): Group[] {
  if (area === 'docs') return [...documents];
  if (area === 'api')
    return [{ title: 'Entries', links: api.map((e) => ({ title: e.module, path: entryPlace(e) })) }];
  if (area === 'examples') {
    const own = pages.filter((p) => p.area === area && basename(p.path) !== 'index.html');
    return [{ title: 'Examples', links: own.map(({ title, path }) => ({ title, path })) }];
  }
  return [];
}

/** All files of the site but the playground, by their places. Throws LinkError that lists links that lead nowhere. */
export async function siteFiles(root: string): Promise<Map<string, string>> {
  const site = new Site(root);
  const api = apiOf(root);
  const documents = documentGroups(root);
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  site.add(homePage(site.document('README.md', 'home')));
  for (const name of readdirSync(join(root, 'docs')).filter((f) => f.endsWith('.md')))
    site.add(site.document(`docs/${name}`, 'docs'));
  for (const page of examplePages(root, (page, path) => site.link(page, path))) site.add(page);
  for (const page of apiPages(api, (page, path) => site.link(page, path))) site.add(page);
  site.follow();
  site.add(overview(documents, site.pages));
  const pages = [...site.pages.values()];
  const files = new Map(pages.map((p) => [p.path, framed(p, groupsOf(p.area, documents, api, pages))]));
  files.set('assets/site.css', `${read('playground/tokens.css')}\n${read('site/style.css')}`);
  files.set('assets/site.js', await scriptOf(root));
  files.set('assets/search.js', `window.papilioSearch=${JSON.stringify(searchDataOf(pages))};\n`);
  const rooms = readdirSync(join(root, 'playground/rooms')).map((f) => f.replace('.ts', ''));
  const broken = brokenLinks(files, rooms);
  if (broken.length > 0) throw new LinkError(`links of the site lead nowhere:\n${broken.join('\n')}`);
  return files;
}

/** The playground as a page of the site: with a way back to it. */
export const playgroundOfSite = (html: string): string =>
  html.replace('</title>', '</title>\n    <link rel="index" href="index.html" />');

/** Writes files into a folder. */
export function writeSite(files: ReadonlyMap<string, string>, folder: string): void {
  for (const [path, text] of files) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
