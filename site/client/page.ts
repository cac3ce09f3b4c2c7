/** What a page of the site does beside being read: search, colours, copying of code. */
import { mostFound, Search, type Answer, type Found, type SearchData } from './rank.ts';

declare global {
  interface Window {
    papilioSearch?: SearchData;
  }
}

const own = document.currentScript as HTMLScriptElement;
/** Where the site begins, wherever it lies. */
const site = new URL('..', own.src).href;

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> & Readonly<Record<`aria-${string}`, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('aria-')) made.setAttribute(key, String(value));
    else Object.assign(made, { [key]: value });
  }
  made.append(...children);
  return made;
}

/** The data come with the first search: as a script, because a page from a disk may read nothing else. */
let loading: Promise<Search> | null = null;
const search = (): Promise<Search> =>
  (loading ??= new Promise((resolve, reject) => {
    const script = element('script', { src: `${site}assets/search.js` });
    script.addEventListener('load', () => resolve(new Search(window.papilioSearch as SearchData)));
    script.addEventListener('error', () => {
      // The next question asks for it again.
      loading = null;
      script.remove();
      reject(new Error('assets/search.js is not there'));
    });
    document.head.append(script);
  }));

/** A text with words of it marked. */
function marked(text: string, words: readonly string[]): Node[] {
  const escaped = words.map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text
    .split(new RegExp(`(${escaped.join('|')})`, 'gi'))
    .map((part, i) => (i % 2 === 1 ? element('mark', {}, part) : document.createTextNode(part)));
}

const areaNames: Readonly<Record<string, string>> = {
  home: 'Start',
  docs: 'Docs',
  api: 'API',
  examples: 'Examples',
  source: 'Source',
};

const item = (found: Found, words: readonly string[]): HTMLElement =>
  element(
    'li',
    {},
    element(
      'a',
      { href: site + found.address },
      element('span', { className: 'where' }, `${areaNames[found.area]} · ${found.page}`),
      element('strong', {}, ...marked(found.heading || found.page, words)),
      element('span', { className: 'excerpt' }, ...marked(found.excerpt, words)),
    ),
  );

class SearchDialog {
  private readonly input = element('input', {
    type: 'search',
    id: 'asked',
    autocomplete: 'off',
    spellcheck: false,
    placeholder: 'Search docs, API and examples',
    'aria-label': 'Search docs, API and examples',
  });
  private readonly said = element('p', { className: 'said' });
  private readonly list = element('ol');
  private readonly dialog = element(
    'dialog',
    { className: 'finder', 'aria-label': 'Search' },
    element('div', { className: 'ask' }, this.input, this.closer()),
    this.said,
    this.list,
  );

  constructor() {
    this.said.setAttribute('role', 'status');
    this.dialog.addEventListener('click', (e) => {
      if (e.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener('keydown', (e) => this.key(e));
    this.input.addEventListener('input', () => void this.ask());
    document.body.append(this.dialog);
  }

  private closer(): HTMLElement {
    const button = element('button', { type: 'button' }, 'Close');
    button.addEventListener('click', () => this.dialog.close());
    return button;
  }

  open(): void {
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
    this.input.select();
    void this.ask();
  }

  private async ask(): Promise<void> {
    const asked = this.input.value;
    try {
      const found = await search();
      if (asked === this.input.value) this.show(found.answer(asked), asked);
    } catch (error) {
      this.said.textContent = (error as Error).message;
    }
  }

  private show({ words, found }: Answer, asked: string): void {
    const isOther = words.join(' ') !== asked.toLowerCase().split(/\s+/).filter(Boolean).join(' ');
    const count =
      found.length === 1
        ? 'One section'
        : `${found.length === mostFound ? 'The best ' : ''}${found.length} sections`;
    this.said.textContent =
      words.length === 0
        ? ''
        : found.length === 0
          ? `Nothing has ${asked.trim()}.`
          : isOther
            ? `Nothing has ${asked.trim()}; ${count.toLowerCase()} of ${words.join(' ')}.`
            : `${count}.`;
    this.list.replaceChildren(...found.map((f) => item(f, words)));
    this.list.scrollTop = 0;
  }

  /** Up and down through what was found; Enter in the field takes the first, Escape leaves. */
  private key(e: KeyboardEvent): void {
    const links = [...this.list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      const to = at + (e.key === 'ArrowDown' ? 1 : -1);
      if (to < 0) this.input.focus();
      else links[Math.min(to, links.length - 1)]?.focus();
    } else if (e.key === 'Enter' && document.activeElement === this.input) {
      e.preventDefault();
      links[0]?.click();
    } else if (e.key === 'Escape') {
      // A search field would only be emptied.
      e.preventDefault();
      this.dialog.close();
    }
  }

  /** What was found on this page itself changes no page. */
  closeFor(address: string): void {
    if (this.dialog.open && new URL(address).pathname === location.pathname) this.dialog.close();
  }
}

const schemes = ['system', 'light', 'dark'] as const;

function colours(button: HTMLButtonElement): void {
  const root = document.documentElement;
  const icons = { system: '◐', light: '○', dark: '●' };
  const show = (): void => {
    const now = schemes.find((s) => s === root.dataset['scheme']) ?? 'system';
    button.textContent = icons[now];
    button.setAttribute('aria-label', `Colours: ${now}`);
    button.title = `Colours: ${now}`;
  };
  button.addEventListener('click', () => {
    const now = schemes.findIndex((s) => s === root.dataset['scheme']);
    const next = schemes[(Math.max(0, now) + 1) % schemes.length];
    if (next === 'system') delete root.dataset['scheme'];
    else root.dataset['scheme'] = next;
    try {
      localStorage.setItem('papilio-colours', next);
    } catch {
      // Kept for this page alone.
    }
    show();
  });
  button.hidden = false;
  show();
}

/** Code has a button that copies it, where a browser lets a page copy. */
function copying(): void {
  for (const pre of document.querySelectorAll<HTMLElement>('main pre:not(.source)')) {
    const button = element('button', { type: 'button', className: 'copy' }, 'Copy');
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(pre.textContent).then(
        () => (button.textContent = 'Copied'),
        () => (button.textContent = 'Not allowed'),
      );
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    });
    const box = element('div', { className: 'code' });
    pre.replaceWith(box);
    box.append(pre, button);
  }
}

function begin(): void {
  const finder = new SearchDialog();
  const button = document.querySelector('#search') as HTMLButtonElement;
  button.hidden = false;
  button.addEventListener('click', () => finder.open());
  addEventListener('keydown', (e) => {
    const typing = /^(?:input|textarea|select)$/i.test((e.target as HTMLElement).tagName);
    const isKey =
      (e.key === '/' && !typing && !e.ctrlKey && !e.metaKey) || ((e.ctrlKey || e.metaKey) && e.key === 'k');
    if (!isKey) return;
    e.preventDefault();
    finder.open();
  });
  addEventListener('click', (e) => {
    const link = (e.target as Element).closest('a');
    if (link) finder.closeFor(link.href);
  });
  colours(document.querySelector('#colours') as HTMLButtonElement);
  if (isSecureContext && 'clipboard' in navigator) copying();
  // The list of pages is open where there is room for it.
  const pages = document.querySelector<HTMLDetailsElement>('details.pages');
  const narrow = matchMedia('(max-width: 60rem)');
  const fold = (): void => {
    if (pages) pages.open = !narrow.matches;
  };
  narrow.addEventListener('change', fold);
  fold();
}

begin();
