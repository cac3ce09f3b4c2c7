/** The page around the rooms: name, tabs, tools. */
import { addressOf, fileOf, wholeOf, wholeOfAddress, wholeOfFile, type Whole } from './address.ts';
import { h, s, set } from './dom.ts';
import { askFile, copyText, saveFile } from './files.ts';
import type { Host, Room, View } from './room.ts';
import { Store } from './store.ts';
import { Tour } from '../tour/tour.ts';

/** A room that has been seen. */
interface Seen {
  readonly view: View<object>;
}

/** Two lines that cross: a butterfly of two points. */
const mark = (): SVGSVGElement =>
  s(
    'svg',
    { viewBox: '0 0 28 20', width: 28, height: 20, 'aria-hidden': 'true', class: 'mark' },
    s('path', { d: 'M3 3 L25 17', class: 'mark-a' }),
    s('path', { d: 'M3 17 L25 3', class: 'mark-b' }),
    ...[3, 25].flatMap((x) => [3, 17].map((y) => s('circle', { cx: x, cy: y, r: 2.6 }))),
  );

/** Drawn on 20 x 20: the tools of the page. */
const icons = {
  undo: 'M8 5 L4 9 L8 13 M4 9 H12 A4 4 0 0 1 12 17 H9',
  redo: 'M12 5 L16 9 L12 13 M16 9 H8 A4 4 0 0 0 8 17 H11',
  reset: 'M5 10 A5 5 0 1 0 7 6 M7 2.5 V6.5 H11',
  menu: 'M4 6 H16 M4 10 H16 M4 14 H16',
} as const;

const icon = (path: string): SVGSVGElement =>
  s('svg', { viewBox: '0 0 20 20', width: 20, height: 20, 'aria-hidden': 'true' }, s('path', { d: path }));

/** The name of the page; where it stands on a site, a way back there. */
function title(): HTMLElement {
  const site = document.querySelector<HTMLLinkElement>('link[rel=index]');
  const name = [mark(), 'papilio'];
  return h(
    'h1',
    { class: 'brand' },
    ...(site ? [h('a', { class: 'brand', href: site.href }, ...name)] : name),
  );
}

const schemes = ['system', 'light', 'dark'] as const;
type Scheme = (typeof schemes)[number];

/** What is drawn in colours of the page is, again. */
const drawAnew = (): unknown => dispatchEvent(new Event('colourschange'));

class Page {
  private readonly element: HTMLElement;
  private readonly rooms: readonly Room[];
  private readonly store: Store;
  private readonly seen = new Map<string, Seen>();
  private readonly tabs = new Map<string, HTMLButtonElement>();
  private readonly panels = new Map<string, HTMLElement>();
  private readonly said = h('p', { role: 'status', class: 'said' });
  private shown: string | null = null;
  private quietSoon = 0;
  private writeSoon = 0;

  /** The fragment of the address as the page knows it. */
  private written = location.hash;

  constructor(element: HTMLElement, rooms: readonly Room[]) {
    this.element = element;
    this.rooms = rooms;
    this.store = new Store(wholeOfAddress(location.hash, rooms));
    this.store.listen((whole) => this.show(whole));
    this.build();
    this.listen();
    const isTour = location.hash === '#/tour';
    this.show(this.store.whole);
    if (isTour) this.tour.begin();
  }

  private build(): void {
    const list = h('div', {
      role: 'tablist',
      'aria-label': 'Rooms',
      keydown: (e: KeyboardEvent) => this.arrow(e),
    });
    for (const { id, title, about } of this.rooms) {
      const tab = h(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${id}`,
          'aria-controls': `room-${id}`,
          click: () => this.go(id),
        },
        title,
      );
      const panel = h(
        'section',
        { role: 'tabpanel', id: `room-${id}`, 'aria-labelledby': `tab-${id}`, hidden: true, tabindex: -1 },
        h('p', { class: 'about' }, about),
      );
      this.tabs.set(id, tab);
      this.panels.set(id, panel);
      list.append(tab);
    }
    this.element.replaceChildren(
      h('header', {}, title(), list, this.tools()),
      h('main', {}, ...this.panels.values()),
      this.said,
    );
  }

  private readonly tour = new Tour((address) => this.store.put(wholeOfAddress(address, this.rooms)));
  private readonly undoButton = this.tool('Undo', icons.undo, () => this.step('undo'));
  private readonly redoButton = this.tool('Redo', icons.redo, () => this.step('redo'));

  private tool(name: string, path: string, click: () => void): HTMLButtonElement {
    return h('button', { type: 'button', class: 'tool', 'aria-label': name, title: name, click }, icon(path));
  }

  private readonly schemeButtons = schemes.map((scheme) =>
    h(
      'button',
      { type: 'button', click: () => this.color(scheme) },
      `${scheme[0].toUpperCase()}${scheme.slice(1)} colours`,
    ),
  );

  private tools(): HTMLElement {
    const item = (name: string, click: () => void): HTMLElement =>
      h('button', { type: 'button', click: () => (menu.hidePopover(), click()) }, name);
    const menu = h(
      'div',
      { id: 'menu', popover: 'auto', class: 'menu', role: 'group', 'aria-label': 'State and looks' },
      item('Tour of two minutes', () => this.tour.begin()),
      h('hr'),
      item('Copy link', () => this.copy('Link', this.link())),
      item('Copy as code', () => this.copy('Code', this.code())),
      item('Save state', () => saveFile('papilio-playground.json', fileOf(this.store.whole))),
      item('Open state', () => void this.open()),
      h('hr'),
      ...this.schemeButtons,
    );
    const more = this.tool('Menu', icons.menu, () => undefined);
    set(more, 'popovertarget', 'menu');
    return h(
      'div',
      { class: 'tools', role: 'toolbar', 'aria-label': 'Tools' },
      this.undoButton,
      this.redoButton,
      this.tool('Reset this room', icons.reset, () => this.reset()),
      more,
      menu,
    );
  }

  private listen(): void {
    addEventListener('hashchange', () => this.follow());
    addEventListener('keydown', (e) => {
      const target = e.target as HTMLElement;
      const typing =
        /^(?:input|textarea)$/i.test(target.tagName) && (target as HTMLInputElement).type !== 'range';
      if (typing || !(e.ctrlKey || e.metaKey) || e.altKey) return;
      const key = e.key.toLowerCase();
      if (key !== 'z' && key !== 'y') return;
      e.preventDefault();
      this.step(key === 'y' || e.shiftKey ? 'redo' : 'undo');
    });
    addEventListener('error', (e) => this.say(`Something went wrong: ${e.message}`));
    addEventListener('unhandledrejection', (e) => this.say(`Something went wrong: ${String(e.reason)}`));
    const kept = ((): string | null => {
      try {
        return localStorage.getItem('papilio-colours');
      } catch {
        return null;
      }
    })();
    this.color(schemes.find((x) => x === kept) ?? 'system');
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAnew);
  }

  private color(scheme: Scheme): void {
    set(document.documentElement, 'data-scheme', scheme === 'system' ? null : scheme);
    this.schemeButtons.forEach((b, i) => set(b, 'aria-pressed', String(schemes[i] === scheme)));
    try {
      localStorage.setItem('papilio-colours', scheme);
    } catch {
      // Kept for this visit alone.
    }
    drawAnew();
  }

  private go(room: string): void {
    if (room !== this.store.whole.room) this.store.put({ ...this.store.whole, room });
  }

  /** Left and right, first and last among the tabs. */
  private arrow(e: KeyboardEvent): void {
    const at = this.rooms.findIndex((r) => r.id === this.store.whole.room);
    const last = this.rooms.length - 1;
    const to = {
      ArrowLeft: at === 0 ? last : at - 1,
      ArrowRight: at === last ? 0 : at + 1,
      Home: 0,
      End: last,
    }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    this.go(this.rooms[to].id);
    this.tabs.get(this.rooms[to].id)?.focus();
  }

  private step(way: 'undo' | 'redo'): void {
    const { back, forth } = this.store.steps;
    if (!(way === 'undo' ? back : forth)) return;
    this.store[way]();
    this.say(way === 'undo' ? 'Undone' : 'Done again');
  }

  private reset(): void {
    const { whole } = this.store;
    const own = this.rooms.find((r) => r.id === whole.room) as Room;
    this.put(own.id, own.read({}));
    this.say(`${own.title} is as it was at first`);
  }

  private put(id: string, state: object, merge?: string): void {
    const { whole } = this.store;
    this.store.put({ ...whole, states: { ...whole.states, [id]: state } }, merge ?? null);
  }

  private link(): string {
    return location.href.replace(/#.*$/s, '') + addressOf(this.store.whole, this.rooms);
  }

  private code(): string {
    const { room, states } = this.store.whole;
    return (this.rooms.find((r) => r.id === room) as Room).code(states[room]);
  }

  private async copy(what: string, text: string): Promise<void> {
    this.say((await copyText(text)) ? `${what} copied` : 'This browser lets no page copy');
  }

  private async open(): Promise<void> {
    const file = await askFile('.json,.html,application/json,text/html');
    if (!file) return;
    try {
      this.store.put(wholeOfFile(await file.text(), this.rooms));
      this.say(`${file.name} is open`);
    } catch (error) {
      this.say(`${file.name}: ${(error as Error).message}`);
    }
  }

  private say(text: string): void {
    this.said.textContent = text;
    this.said.classList.add('seen');
    clearTimeout(this.quietSoon);
    this.quietSoon = window.setTimeout(() => this.said.classList.remove('seen'), 2500);
  }

  private hostOf(own: Room): Host<object> {
    return {
      element: this.panels.get(own.id) as HTMLElement,
      state: () => this.store.whole.states[own.id],
      change: (patch, merge) =>
        this.put(
          own.id,
          own.read({ ...this.store.whole.states[own.id], ...patch }),
          merge && `${own.id} ${merge}`,
        ),
      open: (room, patch) => {
        const { states } = this.store.whole;
        if (!this.rooms.some((r) => r.id === room)) return;
        this.store.put(
          wholeOf({ room, states: { ...states, [room]: { ...states[room], ...patch } } }, this.rooms),
        );
      },
      say: (text) => this.say(text),
    };
  }

  private show(whole: Whole): void {
    const { room: id } = whole;
    if (this.shown !== id) {
      if (this.shown !== null) this.seen.get(this.shown)?.view.leave?.();
      for (const [other, tab] of this.tabs) {
        set(tab, 'aria-selected', String(other === id));
        set(tab, 'tabindex', other === id ? 0 : -1);
        set(this.panels.get(other) as HTMLElement, 'hidden', other !== id);
      }
      this.tabs.get(id)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      this.shown = id;
    }
    const own = this.rooms.find((r) => r.id === id) as Room;
    let seen = this.seen.get(id);
    if (!seen) this.seen.set(id, (seen = { view: own.mount(this.hostOf(own)) }));
    seen.view.show(whole.states[id]);
    document.title = `${own.title} · papilio playground`;
    const { back, forth } = this.store.steps;
    this.undoButton.disabled = !back;
    this.redoButton.disabled = !forth;
    this.write();
  }

  /** What the visitor has made of the address; true where that is news. */
  private follow(): boolean {
    const { hash } = location;
    const isNews = hash !== this.written;
    this.written = hash;
    if (isNews && hash !== addressOf(this.store.whole, this.rooms))
      this.store.put(wholeOfAddress(hash, this.rooms));
    return isNews;
  }

  /** The address follows, at most four times a second: browsers refuse more. */
  private write(): void {
    clearTimeout(this.writeSoon);
    this.writeSoon = window.setTimeout(() => {
      // A visitor's address whose event is still to come is not written over: the event would be lost.
      if (this.follow()) return;
      const address = addressOf(this.store.whole, this.rooms);
      if (address === `#/${this.rooms[0].id}` && location.hash === '') return;
      try {
        history.replaceState(null, '', address);
      } catch {
        // Some places let no page change its address; Copy link has the state.
      }
      this.written = location.hash;
    }, 250);
  }
}

/** Puts the page into an element. */
export const openPage = (element: HTMLElement, rooms: readonly Room[]): unknown => new Page(element, rooms);
