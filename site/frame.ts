/** The frame of every page: header, what else there is, what is on the page. Addresses are relative, so that a site works anywhere. */
import { dirname, relative } from 'node:path/posix';
import { escapeHtml } from '../src/cli/report/html.ts';
import { textOfHtml, type Heading } from './markdown.ts';

export type Area = 'home' | 'docs' | 'api' | 'examples' | 'source';

/** A page of the site. */
export interface Page {
  /** Its place on the site. */
  readonly path: string;
  readonly title: string;
  readonly area: Area;
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** A list of pages beside a page. */
export interface Group {
  readonly title: string;
  readonly links: readonly { readonly title: string; readonly path: string }[];
}

/** The address of a place on the site, from a page of it. */
export const addressFrom = (page: string, place: string): string => relative(dirname(page), place);

/** Two lines that cross: a butterfly of two points. */
const mark =
  '<svg viewBox="0 0 28 20" width="28" height="20" aria-hidden="true" class="mark"><path d="M3 3 L25 17" class="mark-a"/><path d="M3 17 L25 3" class="mark-b"/><circle cx="3" cy="3" r="2.6"/><circle cx="3" cy="17" r="2.6"/><circle cx="25" cy="3" r="2.6"/><circle cx="25" cy="17" r="2.6"/></svg>';

const areas: readonly { readonly area: Area | null; readonly title: string; readonly path: string }[] = [
  { area: 'docs', title: 'Docs', path: 'docs/index.html' },
  { area: 'api', title: 'API', path: 'api/index.html' },
  { area: 'examples', title: 'Examples', path: 'examples/index.html' },
  { area: null, title: 'Playground', path: 'playground.html' },
];

const header = ({ path, area }: Page): string => `<a class="skip" href="#main">To the text</a>
<header class="top">
<a class="brand" href="${addressFrom(path, 'index.html')}"${area === 'home' ? ' aria-current="page"' : ''}>${mark}papilio</a>
<nav aria-label="Site">${areas
  .map(
    (a) =>
      `<a href="${addressFrom(path, a.path)}"${a.area === area ? ` aria-current="${a.path === path ? 'page' : 'true'}"` : ''}>${a.title}</a>`,
  )
  .join('')}</nav>
<div class="tools"><button type="button" class="search" id="search" hidden>Search<kbd aria-hidden="true">/</kbd></button><button type="button" class="tool" id="colours" hidden aria-label="Colours"></button></div>
</header>`;

const besides = ({ path }: Page, groups: readonly Group[]): string =>
  groups
    .map(
      (g) =>
        `<h2>${escapeHtml(g.title)}</h2><ul>${g.links
          .map(
            (l) =>
              `<li><a href="${addressFrom(path, l.path)}"${l.path === path ? ' aria-current="page"' : ''}>${escapeHtml(l.title)}</a></li>`,
          )
          .join('')}</ul>`,
    )
    .join('');

/** Headings of the first level below the title, else of the next. */
function contents({ headings, area }: Page): string {
  const shown = headings.filter((h) => h.level === 2 || (h.level === 3 && headings.length < 40));
  if (shown.length < 2) return '';
  const items = shown.map(
    (h) => `<li class="level-${h.level}"><a href="#${h.anchor}">${escapeHtml(textOfHtml(h.html))}</a></li>`,
  );
  return `<nav class="contents${area === 'api' ? ' names' : ''}" aria-label="On this page"><h2>On this page</h2><ul>${items.join('')}</ul></nav>`;
}

/** The colours that a visitor has chosen, before anything is painted; the playground keeps them under the same name. */
const chosenColours =
  "try{const c=localStorage.getItem('papilio-colours');if(c==='light'||c==='dark')document.documentElement.dataset.scheme=c}catch{}";

/** A page in its frame. */
export function framed(page: Page, groups: readonly Group[]): string {
  const { path, title, area, html } = page;
  const side =
    groups.length === 0
      ? ''
      : `<details class="pages" open><summary>All pages</summary><nav aria-label="Pages">${besides(page, groups)}</nav></details>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(area === 'home' ? 'papilio: learned fast transforms' : `${title} · papilio`)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${addressFrom(path, 'assets/site.css')}">
<script>${chosenColours}</script>
<script defer src="${addressFrom(path, 'assets/site.js')}"></script>
</head>
<body class="${area}">
${header(page)}
<div class="page">
${side}
<main id="main" tabindex="-1">
${html}
</main>
${contents(page)}
</div>
<footer>MIT licence. These pages ask for nothing beside their own files.</footer>
</body>
</html>
`;
}
