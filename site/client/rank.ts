/**
 * Search without an index: the text of all pages is a megabyte, which is looked through in a few milliseconds. A section is found when
 * it, its heading and its page have every word that was asked for; names and headings count more than text.
 */

/** Path, title, area. */
export type SearchPage = readonly [path: string, title: string, area: string];
/** Number of its page, anchor, heading, text. */
export type SearchSection = readonly [page: number, anchor: string, heading: string, text: string];

export interface SearchData {
  readonly pages: readonly SearchPage[];
  readonly sections: readonly SearchSection[];
}

/** What was found: where, and the words around it. */
export interface Found {
  readonly address: string;
  readonly page: string;
  readonly area: string;
  readonly heading: string;
  readonly excerpt: string;
  readonly score: number;
}

export interface Answer {
  /** The words that were looked for; others than those asked where nothing has these. */
  readonly words: readonly string[];
  readonly found: readonly Found[];
}

/** Sections that are shown, at most. */
export const mostFound = 30;

/** Characters around a word that are shown. */
const around = 70;

/** A name or heading that has a word: the same, begins with it, has a word that begins with it, has it. */
function scoreOfName(name: string, word: string): number {
  if (name === word) return 120;
  if (name.startsWith(word)) return 60;
  const at = name.indexOf(word);
  if (at < 0) return 0;
  return /[\p{L}\p{N}]/u.test(name[at - 1]) ? 12 : 35;
}

function scoreOfText(text: string, word: string): number {
  let [count, starts] = [0, 0];
  for (let at = text.indexOf(word); at >= 0 && count < 20; at = text.indexOf(word, at + word.length)) {
    count++;
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1])) starts++;
  }
  return count === 0 ? 0 : 1 + Math.log2(count) + (starts > 0 ? 3 + Math.log2(starts) : 0);
}

/** Pages of figures, of threads and of what changed come behind those that explain. */
const weightOf = (path: string): number =>
  /CHANGELOG|people|benchmarks|results|embedded|digits|corpus/.test(path) ? 0.3 : 1;

function excerptOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase();
  const places = words.map((w) => lower.indexOf(w)).filter((at) => at >= 0);
  const at = places.length === 0 ? 0 : Math.min(...places);
  // From the beginning of a word, but for a word that is itself too long.
  const from = at <= around ? 0 : Math.min(at, text.indexOf(' ', at - around) + 1 || at);
  const to = Math.min(text.length, at + 2 * around);
  return `${from > 0 ? '… ' : ''}${text.slice(from, to)}${to < text.length ? ' …' : ''}`;
}

/** Letters to change, add, leave out or swap until one word is another; more than `most` counts as `most` + 1. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    if (Math.min(...row) > most) return most + 1;
    [before, last] = [last, row];
  }
  return last[b.length];
}

/** A search over all sections. */
export class Search {
  private readonly data: SearchData;
  private readonly lower: readonly { readonly heading: string; readonly text: string }[];
  private readonly titles: readonly string[];
  private known: Map<string, number> | null = null;

  constructor(data: SearchData) {
    this.data = data;
    this.lower = data.sections.map(([, , heading, text]) => ({
      heading: heading.toLowerCase(),
      text: text.toLowerCase(),
    }));
    this.titles = data.pages.map(([path, title, area]) =>
      `${title} ${area === 'source' ? path : ''}`.toLowerCase().trim(),
    );
  }

  /** At most `most` sections, the best first. A word that nothing has is taken for the most frequent one that is close to it. */
  answer(asked: string, most = mostFound): Answer {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return { words, found: [] };
    const found = this.all(words, most);
    if (found.length > 0) return { words, found };
    const close = words.map((w) => this.closest(w));
    return { words: close, found: close.join(' ') === words.join(' ') ? [] : this.all(close, most) };
  }

  private all(words: readonly string[], most: number): Found[] {
    const scored = this.data.sections.flatMap((section, i) => {
      const score = this.score(i, words);
      return score === 0 ? [] : [{ section, score }];
    });
    scored.sort((a, b) => b.score - a.score);
    return scored.slice(0, most).map(({ section: [page, anchor, heading, text], score }) => {
      const [path, title, area] = this.data.pages[page];
      return {
        address: anchor === '' ? path : `${path}#${anchor}`,
        page: title,
        area,
        heading,
        excerpt: excerptOf(text, words),
        score,
      };
    });
  }

  private score(i: number, words: readonly string[]): number {
    const [page, anchor] = this.data.sections[i];
    const [path, , area] = this.data.pages[page];
    const { heading, text } = this.lower[i];
    const title = this.titles[page];
    let [sum, own] = [0, false];
    for (const word of words) {
      // The title is that of the beginning of a page; its other sections have a little of it.
      const ofTitle = scoreOfName(title, word);
      const here = scoreOfName(heading, word) + scoreOfText(text, word) + (anchor === '' ? ofTitle : 0);
      if (here > 0) own = true;
      else if (ofTitle === 0) return 0;
      sum += here + (anchor === '' ? 0 : ofTitle / 20);
    }
    return own ? sum * weightOf(path) * (area === 'source' ? 0.3 : 1) : 0;
  }

  private closest(word: string): string {
    if (this.lower.some(({ heading, text }) => heading.includes(word) || text.includes(word))) return word;
    if (!this.known) {
      this.known = new Map();
      for (const { heading, text } of this.lower)
        for (const [w] of `${heading} ${text}`.matchAll(/[\p{L}][\p{L}\p{N}]{2,}/gu))
          this.known.set(w, (this.known.get(w) ?? 0) + 1);
    }
    const most = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
    let best = { word, off: most + 1, count: 0 };
    for (const [other, count] of this.known) {
      const off = distance(word, other, most);
      if (off < best.off || (off === best.off && off <= most && count > best.count))
        best = { word: other, off, count };
    }
    return best.word;
  }
}
