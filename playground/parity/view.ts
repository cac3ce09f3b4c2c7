/** The room: a sound, a tensor, and the settings that lie between them. */
import { encodeWav } from 'papilio/files';
import type { ParityTensor } from 'papilio/front';
import { button, tile } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import { askFile, copyText, saveFile } from '../shell/files.ts';
import { picture } from '../shell/picture.ts';
import type { Host, View } from '../shell/room.ts';
import { Thread, type Running } from '../shell/work.ts';
import { clipOr, ownEdition } from '../sound/clips.ts';
import { differenceOf, rangeOf } from '../sound/frames.ts';
import { FrameMap } from '../sound/map.ts';
import { onDrop, Source } from '../sound/source.ts';
import { endsOf, figure, seconds } from '../sound/text.ts';
import type parity from '../tasks/parity.ts';
import type { Found } from '../tasks/parity.ts';
import type { State } from './state.ts';
import { tensorOf } from './tensors.ts';

const verdicts: Readonly<Record<Found['verdict'], string>> = {
  exact: 'found',
  noise: 'found, but for noise',
  close: 'near, not found',
  unknown: 'not found',
};
const isSound = (name: string): boolean => !/\.(?:npy|csv|txt|json|safetensors)$/i.test(name);
const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;

class Parity implements View<State> {
  private readonly host: Host<State>;
  private readonly source: Source<State>;
  private readonly thread = new Thread();
  private running: Running<Found> | null = null;
  private tensor: { readonly name: string; readonly value: ParityTensor } | null = null;
  private key = '';
  private code = '';

  private readonly status = h('p', { role: 'status' });
  private readonly stopButton = button('Stop', () => this.stop('Stopped.'));
  private readonly result = h('div', { class: 'stack', hidden: true });
  private readonly tiles = {
    verdict: tile('Settings'),
    difference: tile('Largest difference'),
    preset: tile('Nearest preset'),
    time: tile('Took'),
  };
  private readonly notes = h('ul', { class: 'note' });
  private readonly text = h('p');
  private readonly stages = h('tbody');
  private readonly stageTable: HTMLElement;
  private readonly codeText = h('pre', { tabindex: 0, role: 'region', 'aria-label': 'The settings as code' });
  private readonly maps = {
    theirs: new FrameMap('Features that were given'),
    ours: new FrameMap('Features by the settings that were found'),
    difference: new FrameMap('Their difference'),
  };
  private readonly differencePicture = picture(
    'parity-difference',
    'Difference',
    this.maps.difference.canvas,
  );

  constructor(host: Host<State>) {
    this.host = host;
    this.source = new Source(host);
    const column = (name: string): HTMLElement => h('th', { scope: 'col' }, name);
    this.stageTable = h(
      'div',
      { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Beside the nearest preset' },
      h(
        'table',
        { class: 'figures' },
        h('thead', {}, h('tr', {}, ...['Stage', 'Yours', 'The preset'].map(column))),
        this.stages,
      ),
    );
    this.build();
    onDrop(host.element, (file) => void this.take(file));
  }

  private build(): void {
    this.stopButton.hidden = true;
    this.result.append(
      h('dl', { class: 'tiles', 'aria-label': 'Result' }, ...Object.values(this.tiles).map((t) => t.element)),
      this.text,
      this.notes,
      h(
        'div',
        { class: 'bar' },
        button('Copy', () => void this.copy()),
      ),
      this.codeText,
      h(
        'div',
        { class: 'pair' },
        picture('theirs', 'Given', this.maps.theirs.canvas),
        picture('ours', 'By the settings that were found', this.maps.ours.canvas),
      ),
      this.differencePicture,
      this.stageTable,
    );
    this.host.element.append(
      h(
        'div',
        { class: 'bar' },
        ...this.source.elements,
        button('Save this sound', () => this.save()),
        button('Open features', () => void this.ask(), 'main'),
        button('Give me a riddle', () => this.riddle()),
        this.stopButton,
      ),
      this.source.problem,
      h(
        'p',
        { class: 'note' },
        'Save the probe, run your front end over it, and drop what it gives: .npy, .csv, .json or .safetensors. A riddle hides settings of ours.',
      ),
      this.status,
      this.result,
    );
  }

  private riddle(): void {
    this.tensor = null;
    this.host.change({ riddle: (this.host.state().riddle % 9999) + 1 });
  }

  private save(): void {
    const { samples, rate, name } = clipOr(this.host.state().clip);
    saveFile(
      `${name.toLowerCase().replace(/\W+/g, '-')}.wav`,
      encodeWav(samples, rate, { format: 'float32' }),
    );
  }

  private async ask(): Promise<void> {
    const file = await askFile('.npy,.csv,.txt,.json,.safetensors');
    if (file) await this.take(file);
  }

  private async take(file: File): Promise<void> {
    if (isSound(file.name)) return this.source.open(file);
    try {
      this.tensor = { name: file.name, value: tensorOf(new Uint8Array(await file.arrayBuffer()), file.name) };
      this.key = '';
      if (this.host.state().riddle !== 0) this.host.change({ riddle: 0 });
      else this.show(this.host.state());
    } catch (error) {
      this.source.problem.textContent = (error as Error).message;
    }
  }

  show(state: State): void {
    this.source.show(state);
    const { clip, riddle } = state;
    const key = [clip, clip === 'own' ? ownEdition() : 0, riddle, this.tensor?.name ?? ''].join(' ');
    if (key === this.key) return;
    this.key = key;
    if (riddle > 0) this.tensor = null;
    if (riddle === 0 && !this.tensor) {
      this.stop('');
      this.result.hidden = true;
      return;
    }
    this.solve(state);
  }

  private solve({ clip, riddle }: State): void {
    this.stop('');
    const { samples, rate } = clipOr(clip);
    this.result.hidden = true;
    this.host.element.dataset['found'] = '';
    this.status.textContent = `Searching for the settings of ${this.tensor?.name ?? 'the riddle'}: seconds as a rule, 40 at most …`;
    this.stopButton.hidden = false;
    const input = { samples, rate, riddle, tensor: this.tensor?.value ?? null };
    const own = (this.running = this.thread.run<typeof parity>('parity', input));
    own.result.then(
      (found) => this.found(found),
      (error: Error) => this.stop(error.message),
    );
  }

  private stop(text: string): void {
    this.running?.stop();
    this.running = null;
    this.stopButton.hidden = true;
    this.status.textContent = text;
  }

  private found(found: Found): void {
    this.running = null;
    this.stopButton.hidden = true;
    this.status.textContent = '';
    this.result.hidden = false;
    const { verdict, difference, rms, preset, apart, theirs, ours } = found;
    this.tiles.verdict.show(verdicts[verdict]);
    this.tiles.verdict.note(`${theirs.frames} frames of ${theirs.width} numbers`);
    this.tiles.difference.show(figure(difference));
    this.tiles.difference.note(`of the largest number; RMS ${figure(rms)}`);
    this.tiles.preset.show(preset);
    this.tiles.preset.note(apart.length === 0 ? 'it is that' : `${apart.length} stages differ`);
    this.tiles.time.show(seconds(found.ms / 1000));
    this.text.textContent = sentence(found.text.replace(/\.$/, ''));
    this.notes.replaceChildren(...found.notes.map((note) => h('li', {}, sentence(note))));
    this.code = found.code;
    this.codeText.textContent = found.code;
    this.stageTable.hidden = apart.length === 0;
    this.stages.replaceChildren(
      ...apart.map((d) =>
        h('tr', {}, h('th', { scope: 'row' }, d.stage), h('td', {}, d.yours), h('td', {}, d.theirs)),
      ),
    );
    const [low, high] = rangeOf(theirs);
    const { samples, rate } = clipOr(this.host.state().clip);
    const time = ['0 s', seconds(samples.length / rate)] as const;
    const beside = { time, ends: endsOf(found.frequencies, theirs.width) };
    this.maps.theirs.show(theirs, { low, high, ...beside });
    this.maps.ours.show(ours, { low, high, ...beside });
    const off = differenceOf(ours, theirs);
    this.differencePicture.hidden = off === null || verdict === 'exact';
    if (off) {
      const most = Math.max(...rangeOf(off, 0.01).map(Math.abs));
      this.maps.difference.show(off, { low: -most, high: most, scale: 'difference', ...beside });
    }
    this.host.element.dataset['found'] = verdict;
    this.host.say(`Settings: ${verdicts[verdict]}`);
  }

  private async copy(): Promise<void> {
    this.host.say((await copyText(this.code)) ? 'Settings copied' : 'This browser lets no page copy');
  }

  leave(): void {
    if (!this.running) return;
    this.stop('Stopped: the room was left.');
    this.key = '';
  }
}

export const parityView = (host: Host<State>): View<State> => new Parity(host);
