/** The room: heats of a race, with how they are run. */
import '../sound/style.css';
import { button, segments } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import { copyText } from '../shell/files.ts';
import type { Host, View } from '../shell/room.ts';
import { Thread, type Running } from '../shell/work.ts';
import { figure } from '../sound/text.ts';
import type race from '../tasks/race.ts';
import type { Heat, Runner } from '../tasks/race.ts';
import { isNoisy, ratioText, sharesOf, timeText } from './figures.ts';
import { licences } from './licence.ts';
import { inputs, type RaceInput, type State } from './state.ts';

const method =
  'Each library transforms the same numbers. Its result is compared with the sum that defines the transform, in float64; where it is off by more than its number format, it is not timed. Then all run in turn, 15 samples of 3 ms each after a warm-up, in an order that rotates. The figures are medians and half the distance between the quartiles; bars are as long as what a second brings, grey where a figure spreads over more than a third of itself and tells nothing. Buffers and plans are made before, each library is called by its own fastest way: pffft on memory of its own, jax-js jitted, its results read.';

class Race implements View<State> {
  private readonly host: Host<State>;
  private readonly thread = new Thread();
  private running: Running<Heat[]> | null = null;
  private heats: readonly Heat[] = [];
  private ranAs: RaceInput | null = null;
  private readonly input = segments<RaceInput>(
    'Numbers',
    Object.entries(inputs) as [RaceInput, string][],
    (input) => this.host.change({ input }),
  );
  private readonly go = button('Race', () => this.toggle(), 'main');
  private readonly copyButton = button('Copy the figures', () => void this.copy());
  private readonly status = h('p', { role: 'status', class: 'note' });
  private readonly results = h('div', { class: 'stack' });

  constructor(host: Host<State>) {
    this.host = host;
    this.copyButton.hidden = true;
    host.element.append(
      h('div', { class: 'bar' }, this.input.element, this.go, this.copyButton),
      this.status,
      this.results,
      h('h2', { class: 'between' }, 'How it is run'),
      h('p', { class: 'about' }, method),
      ...licences.map(([title, text]) =>
        h(
          'details',
          { class: 'note' },
          h('summary', {}, `${title} is part of this page: its licence`),
          ...text.split('\n\n').map((part) => h('p', {}, part)),
        ),
      ),
    );
    this.thread.warm();
  }

  show({ input }: State): void {
    this.input.show(input);
    if (this.ranAs !== null && this.ranAs !== input) {
      this.stop('');
      this.ranAs = null;
      this.present([]);
    }
  }

  private toggle(): void {
    if (this.running) return this.stop('Stopped.');
    const { input } = this.host.state();
    this.ranAs = input;
    this.go.textContent = 'Stop';
    this.status.textContent = 'Checking, then timing. Leave the page in front, and the machine alone.';
    this.host.element.dataset['done'] = '';
    this.running = this.thread.run<typeof race>('race', { input }, (heats) => this.present(heats));
    this.running.result.then(
      (heats) => {
        this.running = null;
        const noisy = heats.flatMap(({ runners }) => runners).filter(isNoisy).length;
        const busy = ` ${noisy} of the figures are too noisy to tell: this machine is busy. Race again when it is idle.`;
        this.stop(`Run in this page on ${navigator.hardwareConcurrency} cores.${noisy === 0 ? '' : busy}`);
        this.present(heats);
        this.host.element.dataset['done'] = 'yes';
      },
      (error: Error) => this.stop(error.message),
    );
  }

  private stop(text: string): void {
    this.running?.stop();
    this.running = null;
    this.go.textContent = 'Race';
    this.status.textContent = text;
  }

  private present(heats: readonly Heat[]): void {
    this.heats = heats;
    this.copyButton.hidden = heats.length === 0;
    this.results.replaceChildren(...heats.map((heat) => this.heat(heat)));
  }

  private heat({ n, runners }: Heat): HTMLElement {
    const shares = sharesOf(runners);
    const rival = runners.find((r) => r.name.startsWith('fft.js') && r.ns !== null);
    return h(
      'section',
      { 'aria-label': `${n} points` },
      h('h2', {}, `${n} points`, rival === undefined ? ': fft.js has powers of two alone' : ''),
      h(
        'div',
        { class: 'wide', tabindex: 0, role: 'region', 'aria-label': `Times, ${n} points` },
        h(
          'table',
          { class: 'figures' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...['', 'time', 'of fft.js', 'error', ''].map((name, i) =>
                name === '' ? h('td', {}) : h('th', { scope: 'col', class: i > 0 ? 'number' : null }, name),
              ),
            ),
          ),
          h('tbody', {}, ...runners.map((r, i) => this.row(r, shares[i], rival))),
        ),
      ),
    );
  }

  private row(own: Runner, share: number, rival: Runner | undefined): HTMLElement {
    const { name, ns, spread, error, right } = own;
    const kind = isNoisy(own) ? ' noisy' : name.startsWith('papilio') ? '' : ' rival';
    const time = ns === null ? 'not timed' : timeText(ns, spread ?? 0);
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      h('td', { class: 'number' }, time),
      h('td', { class: 'number' }, ratioText(own, rival)),
      h('td', { class: 'number' }, right ? figure(error) : `wrong: ${figure(error)}`),
      h('td', { class: `length${kind}` }, h('span', { style: `width: ${share.toFixed(1)}%` })),
    );
  }

  private async copy(): Promise<void> {
    const rows = this.heats.flatMap(({ n, runners }) =>
      runners.map((r) => [n, r.name, r.ns?.toFixed(1) ?? '', r.spread?.toFixed(1) ?? '', r.error].join('\t')),
    );
    const text = [
      `${this.ranAs} transforms, ${navigator.userAgent}`,
      ['points', 'library', 'ns', 'spread', 'error'].join('\t'),
      ...rows,
      method,
    ].join('\n');
    this.host.say((await copyText(text)) ? 'Figures copied' : 'This browser lets no page copy');
  }

  leave(): void {
    if (this.running) this.stop('Stopped: the room was left.');
  }
}

export const raceView = (host: Host<State>): View<State> => new Race(host);
