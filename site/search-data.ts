/** What the search of the site reads: every section of every page, as text. */
import type { Page } from './frame.ts';
import { textOfHtml } from './markdown.ts';
import type { SearchData, SearchSection } from './client/rank.ts';

/** Sections of a page: what stands before the first heading, and behind each. */
function sectionsOf(page: Page, at: number): SearchSection[] {
  // Sources are found by their names.
  if (page.area === 'source') return [[at, '', '', '']];
  const names = new Map(page.headings.map((h) => [h.anchor, textOfHtml(h.html)]));
  return page.html.split(/(?=<h[1-6] id=")/).flatMap((part): SearchSection[] => {
    const [, anchor = '', body = part] = /^<h[1-6] id="([^"]*)"[\s\S]*?<\/h[1-6]>([\s\S]*)$/.exec(part) ?? [];
    const text = textOfHtml(body);
    const isTitle = part.startsWith('<h1');
    return text === '' && anchor === ''
      ? []
      : [[at, isTitle ? '' : anchor, isTitle ? '' : (names.get(anchor) ?? ''), text]];
  });
}

export const searchDataOf = (pages: readonly Page[]): SearchData => ({
  pages: pages.map((p) => [p.path, p.title, p.area]),
  sections: pages.flatMap(sectionsOf),
});
