/** The room: network, inspector, consequences, code. */
import { networksOf, type TrainedModel } from 'papilio/learn';
import { Bars } from '../shell/bars.ts';
import { button, choice, lines, segments, slider, tile } from '../shell/controls.ts';
import { h, isCalm, onWidth } from '../shell/dom.ts';
import { copyText, saveFiles } from '../shell/files.ts';
import { picture } from '../shell/picture.ts';
import type { Host, View } from '../shell/room.ts';
import { Latest, Thread } from '../shell/work.ts';
import { targetNames, targetTitles } from '../subject.ts';
import type emit from '../tasks/emit.ts';
import { codeKinds, type CodeKind, type Emitted } from '../tasks/emit.ts';
import type exported from '../tasks/export.ts';
import { fileKinds, type FileKind } from '../tasks/export.ts';
import type prove from '../tasks/prove.ts';
import type { Proven } from '../tasks/prove.ts';
import { Drawing, nameOf, type Shown } from './draw.ts';
import { keyOfDrawing } from './key.ts';
import { LargeDrawing } from './draw-large.ts';
import { edited, editsOf, editsText, keyOf, placeOf, type Edit, type Edits } from './edits.ts';
import { bankOf, FeatureError, levelsOf } from './features.ts';
import { Inspector } from './inspector.ts';
import { applied, carried, editedBlocks, editedModel, resultsOf, type Drawn, type Wires } from './network.ts';
import { numbersOf, signalNames, signalOf, signalTitles } from './signal.ts';
import { baseOf, drawnOf, handOf, hands, sizes, type Hand, type State } from './state.ts';

const magnitudes = ({ re, im }: Wires): Float64Array => re.map((x, i) => Math.hypot(x, im[i]));
const figure = (x: number): string =>
  x === 0
    ? '0'
    : x >= 0.001 && x < 1000
      ? String(Number(x.toPrecision(3)))
      : x.toExponential(1).replace('-', '−');

/** Largest network that is proven at every edit. */
const mostProven = 256;
/** Largest network whose every butterfly is an element. */
const mostDrawn = 64;
/** Characters of code that are shown. */
const mostShown = 60_000;

class Butterflies implements View<State> {
  private readonly host: Host<State>;
  private base = '';
  private drawn!: Drawn;
  private features: FeatureError | null = null;
  private exactBlocks!: Float64Array[];
  private drawing: Drawing | LargeDrawing | null = null;
  private width = 0;
  private trained!: TrainedModel;
  private begun = 0;
  private playing = 0;
  private exactCost: Emitted['exact'] = null;

  private readonly stage = h('div', { class: 'stage' });
  private readonly spectrum = new Bars('Size of every result, and what it should be');
  private readonly bands = new Bars('Energy in bands, and what it should be');
  private readonly bandPicture = picture('bands', 'Bands, log10 of energy', this.bands.svg);
  private readonly tiles = {
    signal: tile('Error of this signal'),
    proof: tile('Proven bound'),
    features: tile('Error of features'),
    cost: tile('Operations'),
  };
  private readonly codeText = h('pre', { tabindex: 0, 'aria-label': 'Text of the code', role: 'region' });
  private readonly controls;
  private readonly inspector: Inspector;
  private readonly exporter = new Thread();
  private readonly emitter = new Latest<typeof emit>(
    'emit',
    (emitted) => this.emitted(emitted),
    (message) => this.tiles.cost.note(message),
  );
  private readonly prover = new Latest<typeof prove>(
    'prove',
    (proven) => this.proved(proven),
    (message) => this.unproved(message),
  );

  constructor(host: Host<State>) {
    this.host = host;
    this.controls = this.makeControls();
    this.inspector = new Inspector((change, merge) => this.edit(host.state().chosen, change, merge));
    this.build();
    onWidth(this.stage, (width) => {
      this.width = width;
      this.redraw();
    });
    addEventListener('colourschange', () => this.redraw());
    this.emitter.warm();
    this.prover.warm();
  }

  private makeControls() {
    const { host } = this;
    const named = <T extends string>(all: readonly T[], titles: Readonly<Record<T, string>>) =>
      all.map((x): [T, string] => [x, titles[x]]);
    return {
      target: choice('Transform', named(targetNames, targetTitles), (target) => {
        // A matrix has no network before one is learned.
        if (target === 'matrix') host.open('learn', { target });
        else host.change({ target, learned: '', edits: '', chosen: '' });
      }),
      n: choice(
        'Points',
        sizes.map((n) => [n, String(n)]),
        (n) => host.change({ n, learned: '', edits: '', chosen: '', passed: -1 }),
      ),
      signal: choice('Signal', named(signalNames, signalTitles), (signal) => host.change({ signal, at: 1 })),
      at: slider('Place', { min: 0, max: 7, step: 1 }, (at) => host.change({ at }, 'at')),
      own: lines('Your numbers', 'One per sample, complex ones as 0.5-2i', (own) =>
        host.change({ own }, 'own'),
      ),
      hand: segments('A click does this', Object.entries(hands) as [Hand, string][], (hand) =>
        host.change({ hand }),
      ),
      code: segments('Kind of code', Object.entries(codeKinds) as [CodeKind, string][], (code) =>
        host.change({ code }),
      ),
    };
  }

  private build(): void {
    const { target, n, signal, at, own, hand, code } = this.controls;
    const files = (Object.entries(fileKinds) as [FileKind, string][]).map(([kind, name]) =>
      button(name, () => void this.export(kind)),
    );
    const steps = h(
      'div',
      { class: 'buttons', role: 'group', 'aria-label': 'Stages' },
      button('Back', () => this.step(-1)),
      button('Step', () => this.step(1)),
      button('Play', () => this.play()),
    );
    const tiles = Object.values(this.tiles).map((x) => x.element);
    this.host.element.append(
      h('div', { class: 'bar' }, target.element, n.element, signal.element, at.element, steps),
      own.element,
      h(
        'div',
        { class: 'columns' },
        h('div', { class: 'stack' }, hand.element, this.stage, keyOfDrawing()),
        h(
          'aside',
          { class: 'stack', 'aria-label': 'What comes of it' },
          h('dl', { class: 'tiles' }, ...tiles),
          this.inspector.element,
        ),
      ),
      h('div', { class: 'pair' }, picture('spectrum', 'Results, size', this.spectrum.svg), this.bandPicture),
      h(
        'section',
        { class: 'stack', 'aria-labelledby': 'code-title' },
        h('h2', { id: 'code-title' }, 'Code'),
        h(
          'div',
          { class: 'bar' },
          code.element,
          button('Copy', () => void this.copyCode()),
        ),
        this.codeText,
        h('h2', {}, 'Take it away'),
        h('div', { class: 'buttons', role: 'group', 'aria-label': 'Take it away' }, ...files),
      ),
    );
  }

  /** What a click or a key on a butterfly does. */
  private chosen(place: string, key: string | null): void {
    const byKey: Readonly<Record<string, Hand>> = {
      s: 'skip',
      r: 'reverse',
      d: 'drop',
      q: 'round',
      k: 'keep',
    };
    const state = this.host.state();
    if (key === 'arrow') {
      this.host.change({ chosen: place }, 'arrow');
      this.host.say(nameOf(place, this.edits(state).get(place)));
      return;
    }
    const hand = key === null ? state.hand : byKey[key];
    if (hand === undefined) return;
    if (hand === 'choose') {
      this.host.change({ chosen: state.chosen === place ? '' : place });
      return;
    }
    const edit = this.edits(state).get(place);
    const act = handOf(hand);
    const own: Edit | { act: null; w: null; bits: null } =
      hand === 'keep'
        ? { act: null, w: null, bits: null }
        : act
          ? { act }
          : { bits: edit?.bits === 4 ? 24 : 4 };
    // The same again takes it back.
    const back = act !== null && edit?.act === act;
    const bits = 'bits' in own && own.bits === 24 ? { bits: null } : own;
    this.edit(place, back ? { act: null } : bits);
  }

  private edits(state: State): Map<string, Edit> {
    return editsOf(state.edits, this.drawn.columns.length, this.drawn.n / 2);
  }

  private edit(place: string, change: Parameters<typeof edited>[2], merge?: string): void {
    const edits = edited(this.edits(this.host.state()), place, change);
    this.host.change({ edits: editsText(edits), chosen: place }, merge && `${merge} ${place}`);
  }

  private step(by: number): void {
    const all = this.drawn.columns.length;
    const { passed } = this.host.state();
    const to = Math.min(all, Math.max(0, (passed < 0 ? (by > 0 ? -1 : all) : passed) + by));
    this.host.change({ passed: to === all ? -1 : to }, 'passed');
    this.host.say(to === all ? 'All stages passed' : `${to} of ${all} stages passed`);
  }

  private play(): void {
    clearInterval(this.playing);
    const all = this.drawn.columns.length;
    this.host.change({ passed: isCalm() ? -1 : 0 }, 'passed');
    if (isCalm()) return;
    this.playing = window.setInterval(() => {
      const { passed } = this.host.state();
      if (passed < 0 || passed >= all) clearInterval(this.playing);
      else this.host.change({ passed: passed + 1 === all ? -1 : passed + 1 }, 'passed');
    }, 700);
  }

  leave(): void {
    clearInterval(this.playing);
  }

  show(state: State): void {
    this.begun = performance.now();
    const base = baseOf(state);
    if (base !== this.base) {
      this.base = base;
      this.drawn = drawnOf(state);
      this.exactBlocks = editedBlocks(this.drawn, new Map());
      const isDft = state.target === 'dft' && this.drawn.n >= 8;
      this.features = isDft ? new FeatureError(this.drawn, this.exactBlocks) : null;
      this.drawing = null;
      this.exactCost = null;
    }
    this.showControls(state);
    this.consequences(state);
  }

  private showControls(state: State): void {
    const { target, n, signal, at, own, hand, code } = this.controls;
    target.show(state.target);
    n.show(state.n);
    signal.show(state.signal);
    at.limit(state.signal === 'tone' ? this.drawn.n / 2 : state.signal === 'noise' ? 99 : this.drawn.n - 1);
    at.show(Math.min(state.at, this.drawn.n - 1));
    at.name({ impulse: 'Place', tone: 'Cycles', noise: 'Seed', ramp: '', own: '' }[state.signal]);
    at.element.hidden = state.signal === 'ramp' || state.signal === 'own';
    own.element.hidden = state.signal !== 'own';
    own.show(state.own);
    own.problem(problemOf(state.own, this.drawn.n));
    hand.show(state.hand);
    code.show(state.code);
  }

  private consequences(state: State): void {
    const edits = this.edits(state);
    const blocks = editedBlocks(this.drawn, edits);
    const x = signalOf(state.signal, state.at, state.own, this.drawn.n);
    const all = carried(this.drawn, blocks, x);
    const y = resultsOf(this.drawn, all[all.length - 1]);
    const wanted = applied(this.drawn.subject.matrix, x);
    if (this.drawn.subject.model.head === 'real') wanted.im.fill(0);
    const selected = isPlace(state.chosen, this.drawn) ? state.chosen : null;
    this.shown = {
      edits,
      blocks,
      wires: all,
      selected,
      passed: passedOf(state, this.drawn),
    };
    this.redraw();
    this.inspector.show(this.drawn, edits, all, selected);
    this.showErrors(y, wanted, blocks);
    if (state.signal === 'own' && problemOf(state.own, this.drawn.n) !== '') {
      this.tiles.signal.show('–');
      this.tiles.signal.note('your numbers are not to be read');
    }
    this.ask(state, edits);
  }

  private shown: Shown | null = null;

  private redraw(): void {
    if (this.width === 0 || !this.shown) return;
    if (!this.drawing || this.drawing.width !== this.width) {
      const had = this.stage.contains(document.activeElement);
      const Kind = this.drawn.n <= mostDrawn ? Drawing : LargeDrawing;
      this.drawing = new Kind(this.drawn, this.width, (place, key) => this.chosen(place, key));
      const note =
        this.drawn.subject.model.head === 'real'
          ? 'The network; the real part of its results counts'
          : 'The network';
      this.stage.replaceChildren(picture('network', note, this.drawing.element));
      if (had) this.drawing.element.querySelector<SVGElement>('[tabindex="0"]')?.focus();
    }
    this.drawing.show(this.shown);
  }

  private showErrors(y: Wires, wanted: Wires, blocks: readonly Float64Array[]): void {
    let [difference, size] = [0, 0];
    y.re.forEach((re, k) => {
      difference += (re - wanted.re[k]) ** 2 + (y.im[k] - wanted.im[k]) ** 2;
      size += wanted.re[k] ** 2 + wanted.im[k] ** 2;
    });
    const error = Math.sqrt(difference / (size || 1));
    this.tiles.signal.show(error < 1e-14 ? 'none' : figure(error));
    this.tiles.signal.note('of the size of the results');
    this.spectrum.show(magnitudes(y), magnitudes(wanted), ['0', String(this.drawn.n - 1)]);
    this.bandPicture.hidden = this.features === null;
    if (!this.features) {
      this.tiles.features.show('–');
      this.tiles.features.note('of Fourier transforms from 8 points on');
      return;
    }
    const bank = bankOf(this.drawn.n);
    const [own, exact] = [levelsOf(bank, y), levelsOf(bank, wanted)];
    const floor = Math.max(-6, Math.floor(Math.min(...own, ...exact)));
    this.bands.show(own, exact, ['low', 'high'], floor);
    const off = this.features.of(blocks);
    this.tiles.features.show(off < 1e-12 ? 'none' : figure(off));
    this.tiles.features.note('of log10 mel energies, on noise');
  }

  /** Asks the other threads for what takes longer than a frame. */
  private ask(state: State, edits: Edits): void {
    this.noteTime('drawn');
    this.trained = editedModel(this.drawn, edits);
    const { target, code } = state;
    const isTransform = target === 'dft' || target === 'idft';
    this.tiles.cost.busy(true);
    const name = isTransform ? undefined : this.drawn.subject.name;
    // An address with edits tells no more and no less than the way there by hand.
    const exact = edits.size > 0 && !this.exactCost ? editedModel(this.drawn, new Map()) : null;
    this.emitter.ask({ ...this.trained, name, code, exact });
    const [network, ...more] = networksOf(this.trained.model);
    if (more.length > 0 || target === 'convolution' || target === 'matrix') {
      this.unproved('no certificate for this target');
    } else if (this.drawn.n > mostProven) {
      this.unproved(`up to ${mostProven} points here; papilio certify goes to 4096`);
    } else {
      this.tiles.proof.busy(true);
      this.prover.ask({ network, values: this.trained.values, target });
    }
  }

  /** How long the consequences of an edit took; tests read it. */
  private noteTime(what: 'drawn' | 'code' | 'proof'): void {
    this.host.element.dataset[what] = (performance.now() - this.begun).toFixed(1);
  }

  private emitted(emitted: Emitted): void {
    const { mul, add, code, tableBytes } = emitted;
    const isEdited = this.edits(this.host.state()).size > 0;
    this.exactCost = isEdited ? (emitted.exact ?? this.exactCost) : emitted;
    const before = this.exactCost;
    this.tiles.cost.busy(false);
    this.tiles.cost.show(`${mul} mul, ${add} add`);
    this.tiles.cost.note(
      before && isEdited
        ? `without edits: ${before.mul} mul, ${before.add} add. Counted in the code below: a loop over a stage whose crossings differ may multiply by 0 and 1`
        : `${tableBytes} bytes of tables`,
    );
    const text = code ?? '';
    this.codeText.textContent =
      text.length > mostShown
        ? `${text.slice(0, mostShown)}\n… ${text.length - mostShown} more characters: Copy has them all`
        : text;
    this.whole = text;
    this.noteTime('code');
  }

  private whole = '';

  private async copyCode(): Promise<void> {
    this.host.say((await copyText(this.whole)) ? 'Code copied' : 'This browser lets no page copy');
  }

  private proved({ relativeTau, rounding, worstBin }: Proven): void {
    this.tiles.proof.busy(false);
    this.tiles.proof.show(`≤ ${figure(relativeTau + rounding)}`);
    this.tiles.proof.note(
      relativeTau > rounding
        ? `of the transform, worst in bin ${worstBin}`
        : 'of the transform: rounding of float32',
    );
    this.noteTime('proof');
  }

  private unproved(why: string): void {
    this.tiles.proof.busy(false);
    this.tiles.proof.show('–');
    this.tiles.proof.note(why);
    this.noteTime('proof');
  }

  private async export(kind: FileKind): Promise<void> {
    const { target } = this.host.state();
    const report = target === 'dft' || target === 'idft' ? {} : { target: this.drawn.subject.name };
    try {
      const files = { ...this.trained, kind, report };
      saveFiles(`kernel-${kind}`, await this.exporter.run<typeof exported>('export', files).result);
    } catch (error) {
      this.host.say((error as Error).message);
    }
  }
}

const passedOf = ({ passed }: State, { columns }: Drawn): number => (passed < 0 ? columns.length : passed);

function isPlace(text: string, { columns, n }: Drawn): boolean {
  const { column, butterfly } = placeOf(text);
  if (column < 0 || butterfly < 0) return false;
  return column < columns.length && butterfly < n / 2 && keyOf(column, butterfly) === text;
}

function problemOf(text: string, n: number): string {
  try {
    numbersOf(text, n);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

export const butterfliesView = (host: Host<State>): View<State> => new Butterflies(host);
