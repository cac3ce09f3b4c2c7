/** Links of pages that lead nowhere, and anchors that are there twice. */
import { dirname, join } from 'node:path/posix';

const anchorsOf = (html: string): string[] => [...html.matchAll(/\sid="([^"]*)"/g)].map((m) => m[1]);

/** Entities of addresses. */
const plain = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'");

/**
 * One line for each, by page. `rooms`: of the playground, which is a page beside these.
 */
export function brokenLinks(files: ReadonlyMap<string, string>, rooms: readonly string[]): string[] {
  const pages = [...files].filter(([path]) => path.endsWith('.html'));
  const anchors = new Map(pages.map(([path, html]) => [path, anchorsOf(html)]));
  const wrongOf = (page: string, href: string): string | null => {
    const [path, anchor] = plain(href).split('#');
    const place = path === '' ? page : join(dirname(page), path);
    if (path.startsWith('/')) return 'is not relative';
    if (place === 'playground.html') {
      const room = anchor?.split(/[/?]/)[1];
      return room === undefined || [...rooms, 'tour'].includes(room) ? null : 'is no room';
    }
    if (!files.has(place)) return 'is no page';
    const isThere = anchor === undefined || anchors.get(place)?.includes(anchor);
    return isThere ? null : 'has no such anchor';
  };
  return pages.flatMap(([page, html]) => {
    const own = anchors.get(page) ?? [];
    const twice = own.filter((id, i) => own.indexOf(id) !== i).map((id) => `${page}: #${id} is there twice`);
    // Scripts hold no links of pages.
    const text = html.replace(/<script>[\s\S]*?<\/script>/g, '');
    const wrong = [...text.matchAll(/\s(?:href|src)="([^"]*)"/g)]
      .map((m) => m[1])
      .filter((href) => !/^(?:https?:|mailto:|data:)/.test(href))
      .flatMap((href) => {
        const what = wrongOf(page, href);
        return what === null ? [] : [`${page}: ${href} ${what}`];
      });
    return [...twice, ...wrong];
  });
}
