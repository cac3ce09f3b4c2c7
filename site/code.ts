/** Code in colours, as HTML: comments, texts, numbers and words of a language; names that are documented elsewhere are links. */
import { escapeHtml } from '../src/cli/report/html.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const typescript = words(
  'abstract any as async await bigint boolean break case catch class const continue declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace never new null number object of private protected public readonly return satisfies set static string super switch symbol this throw true try type typeof undefined unknown var void while yield',
);
const c = words(
  'auto break case char const continue default do double else enum extern float for goto if include define inline int int8_t int16_t int32_t int64_t long register restrict return short signed size_t sizeof static struct switch typedef uint8_t uint16_t uint32_t uint64_t union unsigned void volatile while',
);
const shell = words(
  'if then else elif fi for in do done case esac while until function set export trap exit cd',
);

const keywords: Readonly<Record<string, ReadonlySet<string>>> = {
  ts: typescript,
  js: typescript,
  mjs: typescript,
  json: words('true false null'),
  c,
  h: c,
  sh: shell,
};

const slashed = /\/\/[^\n]*|\/\*[\s\S]*?\*\//;
const quoted = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
const number = /\b0x[\da-fA-F]+\b|\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?[fnuUL]*\b/;
const word = /[A-Za-z_$][\w$]*/;
const patternOf = (comment: RegExp, digits = number): RegExp =>
  new RegExp([comment, quoted, digits, word].map((r) => `(${r.source})`).join('|'), 'g');
const pattern = patternOf(slashed);
/** Digits of flags and names are no numbers. */
const patternOfShell = patternOf(/(?<=^|\s)#[^\n]*/, /(?<![\w.-])\d[\d.]*\b/);

/** A difference: lines that come and go. */
const difference = (text: string): string =>
  text
    .split('\n')
    .map((line) => {
      const kind = line.startsWith('+') ? 'ins' : line.startsWith('-') ? 'del' : null;
      return kind ? `<${kind}>${escapeHtml(line)}</${kind}>` : escapeHtml(line);
    })
    .join('\n');

/** Line by line, so that a page may have elements of lines. */
const span = (kind: string, text: string): string =>
  escapeHtml(text)
    .split('\n')
    .map((line) => `<span class="${kind}">${line}</span>`)
    .join('\n');

/** Code as HTML; `link` gives the address of a name, or null. A language that is not known stays as it is. */
export function colored(
  text: string,
  language: string,
  link: (name: string) => string | null = () => null,
): string {
  if (language === 'diff') return difference(text);
  const known = keywords[language];
  if (!known) return escapeHtml(text);
  let [html, end] = ['', 0];
  for (const match of text.matchAll(language === 'sh' ? patternOfShell : pattern)) {
    const [all, comment, string, digits, name] = match;
    html += escapeHtml(text.slice(end, match.index));
    end = match.index + all.length;
    if (comment) html += span('c', all);
    else if (string) html += span('s', all);
    else if (digits) html += span('n', all);
    else if (known.has(name)) html += span('k', all);
    else {
      const address = link(name);
      html += address === null ? escapeHtml(all) : `<a href="${escapeHtml(address)}">${escapeHtml(all)}</a>`;
    }
  }
  return html + escapeHtml(text.slice(end));
}
