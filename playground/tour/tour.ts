/** The walk: a card that stays while rooms change behind it. */
import './style.css';
import { h } from '../shell/dom.ts';
import { steps } from './steps.ts';

export class Tour {
  private at = 0;
  private readonly go: (address: string) => void;
  private readonly title = h('h2', {});
  private readonly text = h('p', {});
  private readonly count = h('span', { class: 'note' });
  private readonly back = this.button('Back', () => this.to(this.at - 1));
  private readonly next = this.button('Next', () => this.to(this.at + 1));
  private readonly card = h(
    'aside',
    { class: 'tour', 'aria-label': 'Tour', hidden: true },
    h('div', { 'aria-live': 'polite' }, this.title, this.text),
    h(
      'div',
      { class: 'buttons' },
      this.count,
      this.button('End', () => this.end()),
      this.back,
      this.next,
    ),
  );

  /** `go`: shows an address. */
  constructor(go: (address: string) => void) {
    this.go = go;
    this.card.addEventListener('keydown', (e) => {
      if (e.key === 'Escape') this.end();
    });
    document.body.append(this.card);
  }

  private button(text: string, click: () => void): HTMLButtonElement {
    return h('button', { type: 'button', click }, text);
  }

  begin(): void {
    this.card.hidden = false;
    document.body.classList.add('touring');
    this.to(0);
    this.next.focus();
  }

  private to(step: number): void {
    if (step >= steps.length) return this.end();
    this.at = Math.max(0, step);
    const { title, text, address } = steps[this.at];
    this.title.textContent = title;
    this.text.textContent = text;
    this.count.textContent = `${this.at + 1} of ${steps.length}`;
    this.back.disabled = this.at === 0;
    this.next.textContent = this.at === steps.length - 1 ? 'Done' : 'Next';
    this.go(address);
    scrollTo({ top: 0 });
  }

  private end(): void {
    this.card.hidden = true;
    document.body.classList.remove('touring');
  }
}
