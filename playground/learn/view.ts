/** The room: a run of training that is watched, stopped, stepped and taken away. */
import { initializeModel, startParameters, type ParameterValues } from 'papilio/learn';
import { button, choice, lines, numeral, segments, tile } from '../shell/controls.ts';
import { Curve } from '../shell/curve.ts';
import { h } from '../shell/dom.ts';
import { saveFiles } from '../shell/files.ts';
import { Heat } from '../shell/heat.ts';
import { picture } from '../shell/picture.ts';
import type { Host, View } from '../shell/room.ts';
import { Thread, type Running } from '../shell/work.ts';
import {
  blocksOf,
  blockTitles,
  packed,
  subjectOf,
  targetNames,
  targetTitles,
  type Subject,
} from '../subject.ts';
import type exported from '../tasks/export.ts';
import { fileKinds, type FileKind } from '../tasks/export.ts';
import type learn from '../tasks/learn.ts';
import type { Learned, LearnOrder, LearnProgress } from '../tasks/learn.ts';
import { comparableNetwork, matrixOfNetwork, networkOfValues, Plane } from './pictures.ts';
import { runOf, sizes, startTitles, type StartName, type State } from './state.ts';

const figure = (x: number): string =>
  x >= 0.01 && x < 1000 ? x.toPrecision(3) : x.toExponential(1).replace('-', '−');
const named = <T extends string>(titles: Readonly<Record<T, string>>, all = Object.keys(titles) as T[]) =>
  all.map((x): [T, string] => [x, titles[x]]);

/** Where a run is. */
type Phase = 'ready' | 'running' | 'paused' | 'done';

/** Largest network that Butterflies takes through an address. */
const mostOpened = 256;

class Learn implements View<State> {
  private readonly host: Host<State>;
  private readonly thread = new Thread();
  private readonly exporter = new Thread();
  private running: Running<Learned> | null = null;
  private phase: Phase = 'ready';
  private key = '';
  private subject: Subject | null = null;
  private learned: Learned | null = null;
  private count = 0;
  private losses: number[] = [];
  private held: { readonly x: number[]; readonly y: number[] } = { x: [], y: [] };

  private readonly controls;
  private readonly go = button('Train', () => this.toggle(), 'main');
  private readonly stepButton = button('Step', () => this.order(this.count + 1));
  private readonly again = button('Again', () => this.begin(), 'quiet');
  private readonly openButton = button('Open in Butterflies', () => this.open());
  private readonly files = (Object.entries(fileKinds) as [FileKind, string][]).map(([kind, name]) =>
    button(name, () => void this.export(kind)),
  );
  private readonly tiles = {
    error: tile('Error on new signals', 'relative, in float64'),
    steps: tile('Steps'),
    time: tile('Time'),
  };
  private readonly curve = new Curve('Error by step');
  private readonly plane = new Plane();
  private readonly own = new Heat('Matrix of the network');
  private readonly goal = new Heat('Matrix that it should have');
  private readonly planeNote = h('p', { class: 'note' });

  constructor(host: Host<State>) {
    this.host = host;
    this.controls = this.makeControls();
    this.build();
    this.thread.warm();
  }

  private makeControls() {
    const { host } = this;
    return {
      target: choice('What to learn', named(targetTitles, targetNames), (target) => host.change({ target })),
      n: choice(
        'Points',
        sizes.map((n) => [n, String(n)]),
        (n) => host.change({ n }),
      ),
      blocks: new Map(
        targetNames.map((t) => [
          t,
          choice('Made of', named(blockTitles, blocksOf(t)), (blocks) => host.change({ blocks })),
        ]),
      ),
      start: choice('Start', named<StartName>(startTitles), (start) => host.change({ start })),
      seed: numeral('Seed', { min: 0, max: 4294967295, step: 1 }, (seed) => host.change({ seed })),
      matrix: lines('Your matrix', 'A row per line, numbers like 1, -0.5 or 1-2i', (matrix) =>
        host.change({ matrix }, 'matrix'),
      ),
      pace: segments<State['pace']>(
        'Pace',
        [
          ['slow', 'Slowly'],
          ['watch', 'To watch'],
          ['fast', 'Fast'],
        ],
        (pace) => host.change({ pace }),
      ),
    };
  }

  private build(): void {
    const { target, n, blocks, start, seed, matrix, pace } = this.controls;
    this.host.element.append(
      h(
        'div',
        { class: 'bar' },
        target.element,
        n.element,
        ...[...blocks.values()].map((x) => x.element),
        start.element,
        seed.element,
      ),
      matrix.element,
      h(
        'div',
        { class: 'bar' },
        h('div', { class: 'buttons' }, this.go, this.stepButton, this.again),
        pace.element,
      ),
      h('dl', { class: 'tiles' }, ...Object.values(this.tiles).map((t) => t.element)),
      h(
        'div',
        { class: 'pictures' },
        picture('twiddles', 'Twiddles in the plane', this.plane.svg, this.planeNote),
        picture('matrix', 'What it does', this.own.canvas),
        picture('target', 'What it should do', this.goal.canvas),
      ),
      picture('loss', 'Error by step: thin on what it learns from, thick on new signals', this.curve.svg),
      h(
        'section',
        { class: 'stack', 'aria-labelledby': 'take-title' },
        h('h2', { id: 'take-title' }, 'Take it away'),
        h('div', { class: 'buttons' }, this.openButton, ...this.files),
      ),
    );
  }

  show(state: State): void {
    this.showControls(state);
    const key = runOf(state);
    if (key !== this.key) {
      this.key = key;
      this.reset(state);
    } else if (this.phase === 'running') this.order(Infinity);
  }

  private showControls(state: State): void {
    const { target, n, blocks, start, seed, matrix, pace } = this.controls;
    target.show(state.target);
    n.show(state.n);
    n.element.hidden = state.target === 'matrix';
    for (const [name, control] of blocks) {
      control.element.hidden = name !== state.target || blocksOf(name).length < 2;
      if (name === state.target) control.show(state.blocks);
    }
    start.show(state.start);
    seed.show(state.seed);
    matrix.element.hidden = state.target !== 'matrix';
    matrix.show(state.matrix);
    pace.show(state.pace);
  }

  /** Back to the start of what a state says. */
  private reset(state: State): void {
    this.stop();
    [this.learned, this.count, this.losses, this.held] = [null, 0, [], { x: [], y: [] }];
    try {
      this.subject = subjectOf(state);
      this.controls.matrix.problem('');
    } catch (error) {
      this.subject = null;
      this.controls.matrix.problem((error as Error).message);
    }
    this.turn('ready');
    this.tiles.error.show('–');
    this.tiles.steps.show('0');
    this.tiles.steps.note('');
    this.tiles.time.show('–');
    this.curve.show([], { low: -16, high: 0 }, 'steps');
    if (!this.subject) return;
    const { target, start, seed } = state;
    const { model, matrix } = this.subject;
    const most = Math.max(...matrix.re.map((x, i) => Math.hypot(x, matrix.im[i])));
    const cell = (i: number, j: number) =>
      [matrix.re[i * matrix.n + j], matrix.im[i * matrix.n + j]] as const;
    this.goal.show(matrix.n, matrix.n, cell, most);
    this.draw(
      target === 'matrix'
        ? initializeModel(model, start, seed)
        : startParameters(target, this.subject, start, seed),
    );
  }

  private stop(): void {
    if (this.phase === 'running' || this.phase === 'paused') this.running?.stop();
    this.running = null;
  }

  leave(): void {
    if (this.phase === 'running') this.order(this.count);
  }

  private turn(phase: Phase): void {
    this.phase = phase;
    this.host.element.dataset['phase'] = phase;
    this.go.textContent = { ready: 'Train', running: 'Pause', paused: 'Go on', done: 'Train again' }[phase];
    this.go.disabled = this.subject === null;
    this.stepButton.disabled = phase === 'running' || phase === 'done' || this.subject === null;
    this.again.hidden = phase === 'ready' || phase === 'done';
    for (const file of this.files) file.disabled = phase !== 'done';
    this.openButton.disabled = phase !== 'done' || (this.subject?.matrix.n ?? 0) > mostOpened;
  }

  private toggle(): void {
    if (this.phase === 'running') this.order(this.count);
    else if (this.phase === 'done') this.begin();
    else this.order(Infinity);
  }

  private begin(): void {
    this.reset(this.host.state());
    this.order(Infinity);
  }

  /** Goes on to a step, from the beginning where there is no run. */
  private order(until: number): void {
    if (!this.subject) return;
    if (!this.running) {
      const { pace: _, ...input } = this.host.state();
      const running = this.thread.run<typeof learn>('learn', input, (p) => this.progressed(running, p));
      this.running = running;
      running.result.then(
        (learned) => this.finished(running, learned),
        (error: Error) => {
          if (this.running !== running) return;
          this.reset(this.host.state());
          this.host.say(error.message);
        },
      );
    }
    const order: LearnOrder = { until, pace: this.host.state().pace };
    this.running.say(order);
    this.turn(until > this.count + 1 ? 'running' : 'paused');
  }

  private progressed(
    run: Running<Learned>,
    { count, losses, error, method, values, seconds }: LearnProgress,
  ): void {
    if (this.running !== run) return;
    this.count = count;
    this.losses.push(...losses);
    if (Number.isFinite(error) && error !== this.held.y.at(-1)) {
      this.held.x.push(count);
      this.held.y.push(error);
    }
    this.tiles.error.show(Number.isFinite(error) ? figure(error) : figure(losses.at(-1) ?? 1));
    this.tiles.steps.show(String(count));
    this.tiles.steps.note(method);
    this.tiles.time.show(`${seconds.toFixed(1)} s`);
    this.showCurve();
    if (values) this.draw(values);
  }

  private showCurve(): void {
    const x = this.losses.map((_, i) => i + 1);
    const lines = [
      { name: 'trained', x, y: this.losses },
      { name: 'held', ...this.held },
    ];
    this.curve.show(lines, { low: -16, high: 0 }, 'steps');
  }

  private finished(run: Running<Learned>, learned: Learned): void {
    if (this.running !== run) return;
    this.running = null;
    this.learned = learned;
    const { holdOut, steps, seconds } = learned.figures;
    this.held.x.push(this.count);
    this.held.y.push(holdOut);
    this.showCurve();
    this.draw(learned.values);
    this.tiles.error.show(figure(holdOut));
    this.tiles.steps.show(String(steps));
    this.tiles.steps.note(holdOut < 1e-12 ? 'learned' : 'not learned: another seed may do it');
    this.host.element.dataset['error'] = String(holdOut);
    this.host.element.dataset['seconds'] = String(seconds);
    this.turn('done');
    this.host.say(
      holdOut < 1e-12 ? `Learned to ${figure(holdOut)} in ${steps} steps` : 'Training ended far from it',
    );
  }

  private draw(values: ParameterValues): void {
    const { subject } = this;
    if (!subject) return;
    const { target } = this.host.state();
    const isDft = target === 'dft' || target === 'idft';
    const d = networkOfValues(subject, values);
    this.plane.show(comparableNetwork(subject, values), isDft ? target === 'idft' : null);
    this.planeNote.textContent = isDft
      ? 'A colour per stage; grey is where a Fourier transform has them.'
      : d.columns[0].width === 4
        ? 'These blocks have no twiddles: their entries, a colour per stage.'
        : 'A colour per stage.';
    const { re, im } = matrixOfNetwork(d);
    const wanted = subject.matrix;
    const most = Math.max(...wanted.re.map((x, i) => Math.hypot(x, wanted.im[i])));
    this.own.show(d.n, d.n, (i, j) => [re[i * d.n + j], im[i * d.n + j]], most);
  }

  private open(): void {
    if (!this.learned || !this.subject) return;
    const { target, blocks, matrix } = this.host.state();
    this.host.open('butterflies', {
      target,
      blocks,
      matrix: target === 'matrix' ? matrix : '',
      n: this.subject.matrix.n,
      learned: packed(this.subject.model, this.learned.values),
      edits: '',
      chosen: '',
      passed: -1,
    });
  }

  private async export(kind: FileKind): Promise<void> {
    if (!this.learned || !this.subject) return;
    const { values, report } = this.learned;
    const { model } = this.subject;
    try {
      const files = { model, values, kind, report };
      saveFiles(`kernel-${kind}`, await this.exporter.run<typeof exported>('export', files).result);
    } catch (error) {
      this.host.say((error as Error).message);
    }
  }
}

export const learnView = (host: Host<State>): View<State> => new Learn(host);
