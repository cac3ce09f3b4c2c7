/** Markdown as HTML: anchors as GitHub makes them, links that a site can follow, code in colours, tables that scroll by themselves. */
import { Marked, type Tokens } from 'marked';
import { escapeHtml } from '../src/cli/report/html.ts';
import { colored } from './code.ts';

/** Text of HTML, without its tags. */
export const textOfHtml = (html: string): string =>
  html
    .replace(/<(?:script|style|svg)\b[\s\S]*?<\/(?:script|style|svg)>/g, ' ')
    .replace(/<\/?(?:strong|em|code|a|span|mark)\b[^>]*>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(
      /&(lt|gt|quot|#39|amp);/g,
      (_, name: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[name] ?? '',
    )
    .replace(/\s+/g, ' ')
    .trim();

/** The anchor of a heading, as GitHub makes it; those that are `taken` get a number. */
export function anchorOf(text: string, taken: Set<string>): string {
  const plain = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
  let anchor = plain;
  for (let i = 1; taken.has(anchor); i++) anchor = `${plain}-${i}`;
  taken.add(anchor);
  return anchor;
}

/** A heading of a page. */
export interface Heading {
  readonly level: number;
  readonly anchor: string;
  readonly html: string;
}

export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** A region that scrolls by itself, also with keys. */
export const scrolling = (name: string, html: string): string =>
  `<div class="scroll" role="group" tabindex="0" aria-label="${escapeHtml(name)}">${html}</div>`;

const aligned = (align: string | null): string => (align ? ` class="${align}"` : '');

/** Markdown as HTML. `address` says where a link of the document leads on the site. */
export function render(markdown: string, address: (href: string) => string): Rendered {
  const headings: Heading[] = [];
  const taken = new Set<string>();
  const name = (): string => textOfHtml(headings[headings.length - 1]?.html ?? 'Table');
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const html = this.parser.parseInline(tokens);
        const anchor = anchorOf(textOfHtml(html), taken);
        headings.push({ level: depth, anchor, html });
        return depth === 1 ? `<h1 id="${anchor}">${html}</h1>\n` : linkedHeading(depth, anchor, html);
      },
      link({ href, tokens }: Tokens.Link): string {
        return `<a href="${escapeHtml(address(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image({ href, text }: Tokens.Image): string {
        return `<img src="${escapeHtml(address(href))}" alt="${escapeHtml(text)}">`;
      },
      code: ({ text, lang = '' }: Tokens.Code): string => codeBlock(text, lang.split(' ')[0]),
      table({ header, rows }: Tokens.Table): string {
        const row = (cells: readonly Tokens.TableCell[], tag: 'th' | 'td'): string =>
          `<tr>${cells.map((c) => `<${tag}${aligned(c.align)}>${this.parser.parseInline(c.tokens)}</${tag}>`).join('')}</tr>`;
        const body = rows.map((cells) => row(cells, 'td')).join('\n');
        return scrolling(
          `Table: ${name()}`,
          `<table><thead>${row(header, 'th')}</thead><tbody>\n${body}\n</tbody></table>`,
        );
      },
    },
  });
  // In two steps: `marked.parse` adds its own words to errors of `address`.
  return { html: marked.parser(marked.lexer(markdown)), headings };
}

/** A heading with a link to itself. */
export const linkedHeading = (level: number, anchor: string, html: string): string =>
  `<h${level} id="${anchor}">${html}<a class="anchor" href="#${anchor}" aria-label="Link to this section">#</a></h${level}>\n`;

export const codeBlock = (text: string, language: string): string =>
  `<pre tabindex="0"><code>${colored(text, language)}</code></pre>\n`;
