/** Links of pages that lead nowhere, and anchors that are there twice. */
import { dirname, join } from 'node:path/posix';

/** Links that lead nowhere, or nowhere a page may lead. */
export class LinkError extends Error {
  override name = 'LinkError';
}

const tagPattern = /<[a-z][^\s/>]*((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;
const attributePattern = /([^\s"'/<=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)))?/g;

/** Values of the attributes of some names, in tags alone: quoted either way, or not at all. */
const valuesOf = (html: string, names: readonly string[]): string[] =>
  [...html.matchAll(tagPattern)].flatMap(([, attributes]) =>
    [...attributes.matchAll(attributePattern)]
      .filter(([, name]) => names.includes(name.toLowerCase()))
      .map(([, , double, single, bare]) => double ?? single ?? bare ?? ''),
  );

/** Entities of addresses. */
const plain = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'");

/**
 * One line for each, by page. `rooms`: of the playground, which is a page beside these.
 */
export function brokenLinks(files: ReadonlyMap<string, string>, rooms: readonly string[]): string[] {
  const pages = [...files].filter(([path]) => path.endsWith('.html'));
  const anchors = new Map(pages.map(([path, html]) => [path, valuesOf(html, ['id'])]));
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
    const wrong = valuesOf(text, ['href', 'src'])
      .filter((href) => !/^(?:https?:|mailto:|data:)/.test(href))
      .flatMap((href) => {
        const what = wrongOf(page, href);
        return what === null ? [] : [`${page}: ${href} ${what}`];
      });
    return [...twice, ...wrong];
  });
}
