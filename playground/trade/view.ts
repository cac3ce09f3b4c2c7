/** The room: the front of one's own recording, a point of it, its sound and its files. */
import type { Machine } from 'papilio/compiler';
import { button, choice, slider, tile } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import { saveFile } from '../shell/files.ts';
import { picture } from '../shell/picture.ts';
import type { Host, View } from '../shell/room.ts';
import { Latest, Thread, type Running } from '../shell/work.ts';
import { clipOr, ownEdition } from '../sound/clips.ts';
import { frontsOf, keepFront, titleOf, type Front } from '../sound/fronts.ts';
import { heardFeatures } from '../sound/heads.ts';
import { playSound, stopSound } from '../sound/player.ts';
import { onDrop, Source } from '../sound/source.ts';
import { bytesText, figure } from '../sound/text.ts';
import type deliver from '../tasks/deliver.ts';
import { delivered, type Delivered } from '../tasks/deliver.ts';
import type search from '../tasks/search.ts';
import type sound from '../tasks/sound.ts';
import type trade from '../tasks/trade.ts';
import type { Traded } from '../tasks/trade.ts';
import { TradePlot, type Mark } from './plot.ts';
import { leastBudget, machines, mostBudget, type State } from './state.ts';

/** Steps of the slider per factor of ten. */
const fineness = 20;
const kindOf = ({ bytes, title }: Front): Mark['kind'] =>
  bytes === null ? 'exact' : title.startsWith('exact') ? 'smaller' : 'learned';

const budgetText = (budget: number): string =>
  `${Number(budget.toPrecision(2))}, or ${Number((10 * budget).toPrecision(2))} dB`;

class Trade implements View<State> {
  private readonly host: Host<State>;
  private readonly source: Source<State>;
  private key = '';
  private fronts: Front[] = [];
  private traded: readonly Traded[] = [];
  private searching: Running<Uint8Array[]> | null = null;
  private edition = 0;

  private readonly plot = new TradePlot((front) => this.host.change({ front }));
  private readonly table = h('tbody');
  private readonly tiles = {
    error: tile('Error on your sound'),
    operations: tile('Operations per frame'),
    time: tile('Time per frame here'),
    flash: tile('On the microcontroller'),
  };
  private readonly chosenTitle = h('h2', {}, 'Chosen');
  private readonly files = delivered.map((file) => button(file, () => void this.deliver(file)));
  private readonly hearButton = button('Hear it', () => void this.hear(true));
  private readonly listenButton = button('Look at it in Listen', () => this.listen());
  private readonly note = h('p', { class: 'note', 'aria-live': 'polite' });
  private readonly learnButton = button('Learn on this sound', () => this.learn());
  private readonly progress = h('progress', { max: 1, value: 0, 'aria-label': 'Learning', hidden: true });
  private readonly controls;
  private readonly thread = new Thread();
  private readonly searcher = new Thread();
  private readonly trader = new Latest<typeof trade>(
    'trade',
    (all) => this.found(all, true),
    (message) => this.failed(message),
    (some) => this.found(some, false),
  );

  constructor(host: Host<State>) {
    this.host = host;
    this.source = new Source(host);
    this.controls = {
      feature: choice(
        'Features',
        heardFeatures.map((name) => [name, name]),
        (feature) => host.change({ feature, front: '' }),
      ),
      machine: choice<Machine>(
        'Microcontroller',
        machines.map((name) => [name, name]),
        (machine) => host.change({ machine }),
      ),
      budget: slider(
        'Error budget',
        {
          min: Math.log10(leastBudget) * fineness,
          max: Math.log10(mostBudget) * fineness,
          step: 1,
        },
        (at) => host.change({ budget: Number((10 ** (at / fineness)).toPrecision(2)), front: '' }, 'budget'),
        (at) => budgetText(10 ** (at / fineness)),
      ),
    };
    this.build();
    this.trader.warm();
    onDrop(host.element, (file) => void this.source.open(file));
  }

  private build(): void {
    const { feature, machine, budget } = this.controls;
    const column = (name: string, number = true): HTMLElement =>
      h('th', { scope: 'col', class: number ? 'number' : null }, name);
    const head = h(
      'tr',
      {},
      column('Front end', false),
      ...['error, log10', 'dB', 'operations', 'ns per frame', 'flash', 'RAM'].map((name) => column(name)),
    );
    budget.element.classList.add('long');
    this.host.element.append(
      h('div', { class: 'bar' }, ...this.source.elements, feature.element, machine.element, budget.element),
      this.source.problem,
      h(
        'div',
        { class: 'stack' },
        picture('trade', 'Error on your sound against operations; the line is your budget', this.plot.svg),
        h('div', { class: 'buttons' }, this.learnButton),
        this.progress,
        this.note,
        this.chosenTitle,
        h(
          'dl',
          { class: 'tiles', 'aria-label': 'Chosen' },
          ...Object.values(this.tiles).map((t) => t.element),
        ),
        h(
          'div',
          { class: 'buttons', role: 'group', 'aria-label': 'Hear it' },
          this.hearButton,
          button('Hear the exact one', () => void this.hear(false)),
          this.listenButton,
        ),
        h('div', { class: 'buttons', role: 'group', 'aria-label': 'Take it away' }, ...this.files),
        h(
          'div',
          { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'All front ends' },
          h('table', { class: 'figures' }, h('thead', {}, head), this.table),
        ),
      ),
    );
  }

  show(state: State): void {
    const { feature, machine, budget } = this.controls;
    this.source.show(state);
    feature.show(state.feature);
    machine.show(state.machine);
    budget.show(Math.round(Math.log10(state.budget) * fineness));
    const { clip } = state;
    const key = [clip, clip === 'own' ? ownEdition() : 0, state.feature, state.machine, this.edition].join(
      ' ',
    );
    if (key !== this.key) {
      this.key = key;
      this.fronts = frontsOf(state.feature);
      this.traded = [];
      this.host.element.dataset['done'] = '';
      this.note.textContent =
        this.fronts.length > 1
          ? ''
          : 'This page brings no front end learned for these features: learn one on this sound.';
      const { samples, rate } = clipOr(clip);
      const fronts = this.fronts.map((f) => f.bytes);
      this.showWaiting();
      this.trader.ask({ samples, rate, feature: state.feature, fronts, machine: state.machine });
    }
    this.showChoice();
  }

  /** Nothing is known of a new choice: no figure of the old one stands beside its name. */
  private showWaiting(): void {
    for (const t of Object.values(this.tiles)) {
      t.busy(true);
      t.show('–');
      t.note('');
    }
    this.chosenTitle.textContent = 'Being computed …';
    this.table.replaceChildren();
    this.plot.show([], '', this.host.state().budget);
  }

  private failed(message: string): void {
    this.note.textContent = message;
    this.chosenTitle.textContent = 'Not computed';
    for (const t of Object.values(this.tiles)) t.busy(false);
    this.host.element.dataset['done'] = this.key;
  }

  private found(traded: readonly Traded[], isAll: boolean): void {
    if (traded.length !== this.fronts.length) return;
    this.traded = traded;
    if (isAll) this.host.element.dataset['done'] = this.key;
    for (const t of Object.values(this.tiles)) t.busy(false);
    this.showChoice();
  }

  /** The front end of the state: the one that was chosen, else the cheapest within the budget. */
  private get chosen(): number {
    const { front, budget } = this.host.state();
    const own = this.fronts.findIndex((f) => f.id === front);
    if (own >= 0) return own;
    let best = 0;
    this.traded.forEach(({ error, operations }, i) => {
      if (error <= budget && operations < this.traded[best].operations) best = i;
    });
    return best;
  }

  private showChoice(): void {
    const { chosen, traded, fronts } = this;
    this.enable();
    if (traded.length === 0) return;
    const { budget, machine } = this.host.state();
    const marks = fronts.map((f, i): Mark => ({
      id: f.id,
      title: f.title,
      kind: kindOf(f),
      operations: traded[i].operations,
      error: traded[i].error,
    }));
    this.plot.show(marks, fronts[chosen].id, budget);
    this.table.replaceChildren(...fronts.map((f, i) => this.row(f, traded[i], i === chosen)));
    const [own, exact] = [traded[chosen], traded[0]];
    const share = (x: number, of: number): string =>
      chosen === 0 ? 'the exact front end' : `${Math.round((100 * x) / of)} % of the exact one`;
    this.chosenTitle.textContent = `Chosen: ${fronts[chosen].title}`;
    this.tiles.error.show(chosen === 0 ? 'none' : figure(own.error));
    this.tiles.error.note(
      chosen === 0
        ? 'but rounding'
        : `${figure(10 * own.error)} dB on average; 95 of 100 below ${figure(10 * own.p95)} dB`,
    );
    this.tiles.operations.show(String(Math.round(own.operations)));
    this.tiles.operations.note(share(own.operations, exact.operations));
    this.tiles.time.show(own.ns === null ? '…' : `${figure(own.ns)} ns`);
    this.tiles.time.note(
      own.ns === null || exact.ns === null
        ? ''
        : `± ${figure(own.spread ?? 0)}; ${share(own.ns, exact.ns)}${(own.spread ?? 0) > 0.2 * own.ns ? '; this machine is busy' : ''}`,
    );
    this.tiles.flash.show(own.flash === null ? '–' : bytesText(own.flash));
    this.tiles.flash.note(
      own.flash === null
        ? `${machine}: ${own.counted ? 'C has not these features' : 'being counted …'}`
        : `of flash, ${bytesText(own.ram ?? 0)} of RAM, ${own.instructions} instructions a frame`,
    );
  }

  /** What is chosen is known with its figures; a certificate has all of them. */
  private enable(): void {
    const own = this.traded.at(this.chosen);
    this.hearButton.disabled = this.listenButton.disabled = own === undefined;
    this.files.forEach((button, i) => {
      button.disabled = own === undefined || (delivered[i] === 'certificate.json' && !own.counted);
    });
  }

  private row(front: Front, own: Traded, isChosen: boolean): HTMLElement {
    const number = (text: string): HTMLElement => h('td', { class: 'number' }, text);
    const known = (x: number | null, text: (x: number) => string): string => (x === null ? '–' : text(x));
    return h(
      'tr',
      { class: isChosen ? 'chosen' : null },
      h(
        'th',
        { scope: 'row' },
        button(front.title, () => this.host.change({ front: front.id }), 'plain'),
      ),
      number(front.bytes === null ? '0' : figure(own.error)),
      number(front.bytes === null ? '0' : figure(10 * own.error)),
      number(String(Math.round(own.operations))),
      number(known(own.ns, (ns) => `${Math.round(ns)} ± ${Math.round(own.spread ?? 0)}`)),
      number(known(own.flash, bytesText)),
      number(known(own.ram, bytesText)),
    );
  }

  private learn(): void {
    if (this.searching) return this.stopLearning('Stopped.');
    const { clip, feature } = this.host.state();
    const { samples, rate, name } = clipOr(clip);
    this.learnButton.textContent = 'Stop';
    this.progress.hidden = false;
    this.note.textContent =
      'Trying structures, and fitting the best of them to your sound: some twenty seconds …';
    this.searching = this.searcher.run<typeof search>('search', { samples, rate, feature, seed: 1 }, (part) =>
      this.progress.setAttribute('value', String(part)),
    );
    this.searching.result.then(
      (files) => this.learned(feature, name, files),
      (error: Error) => this.stopLearning(error.message),
    );
  }

  private learned(feature: string, clip: string, files: readonly Uint8Array[]): void {
    files.forEach((bytes, i) => {
      const id = `${feature}-here-${i + 1}`;
      keepFront({ id, feature, title: `${titleOf(bytes, undefined)}, on ${clip}`, bytes });
    });
    this.edition++;
    this.stopLearning(
      `${files.length} front ends learned on this sound. Their errors here are of what they were fitted to; those of other sounds are larger.`,
    );
  }

  private stopLearning(text: string): void {
    this.searching?.stop();
    this.searching = null;
    this.learnButton.textContent = 'Learn on this sound';
    this.progress.hidden = true;
    this.show(this.host.state());
    this.note.textContent = text;
  }

  private async hear(own: boolean): Promise<void> {
    const { clip, feature } = this.host.state();
    const { samples, rate } = clipOr(clip);
    this.note.textContent = 'Seeking a sound that has these features …';
    const front = own ? this.fronts[this.chosen].bytes : null;
    try {
      const found = await this.thread.run<typeof sound>('sound', { samples, rate, feature, front }).result;
      playSound(found.samples, found.rate, () => undefined);
      this.note.textContent = 'Sound made of the features alone.';
    } catch (error) {
      this.note.textContent = (error as Error).message;
    }
  }

  private listen(): void {
    const { clip, feature } = this.host.state();
    this.host.open('listen', { clip, feature, front: this.fronts[this.chosen].id });
  }

  private async deliver(file: Delivered): Promise<void> {
    const { clip, feature, machine } = this.host.state();
    const { chosen } = this;
    const values = this.traded[chosen];
    if (!values) return;
    try {
      const content = await this.thread.run<typeof deliver>('deliver', {
        file,
        feature,
        machine,
        front: this.fronts[chosen].bytes,
        measured: { recording: clipOr(clip).name, values },
      }).result;
      saveFile(file, content);
    } catch (error) {
      this.note.textContent = (error as Error).message;
    }
  }

  leave(): void {
    stopSound();
    if (this.searching) this.stopLearning('Stopped: the room was left.');
  }
}

export const tradeView = (host: Host<State>): View<State> => new Trade(host);
