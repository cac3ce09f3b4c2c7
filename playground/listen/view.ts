/** The room: a source, a feature, a front end; pictures, numbers, sounds. */
import { button, choice, tile } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import { picture } from '../shell/picture.ts';
import type { Host, View } from '../shell/room.ts';
import { Latest, Thread } from '../shell/work.ts';
import { clipOr, keepOwn, mostSeconds, ownEdition } from '../sound/clips.ts';
import { differenceOf, heardFrames, rangeOf, type Frames } from '../sound/frames.ts';
import { frontOf, frontsOf } from '../sound/fronts.ts';
import { fullScale, headOf, heardFeatures } from '../sound/heads.ts';
import { Live, liveSeconds } from '../sound/live.ts';
import { FrameMap } from '../sound/map.ts';
import { hear, type Heard } from '../sound/microphone.ts';
import { playSound, stopSound } from '../sound/player.ts';
import { onDrop, Source } from '../sound/source.ts';
import { endsOf, figure, seconds, spectrumEnds } from '../sound/text.ts';
import type analyse from '../tasks/analyse.ts';
import type { Analysed } from '../tasks/analyse.ts';
import type sound from '../tasks/sound.ts';
import type { State } from './state.ts';

/** dB of the spectrum that are shown. */
const shownRange = 80;
/** Milliseconds between pictures of live sound. */
const liveEvery = 40;

function caption(figure: HTMLElement, text: string): void {
  const span = figure.querySelector('figcaption span');
  if (span) span.textContent = text;
}

class Listen implements View<State> {
  private readonly host: Host<State>;
  private readonly source: Source<State>;
  private asked = { key: '', at: 0 };
  private heard: Heard | null = null;
  private live: Live | null = null;
  /** Counts how often the room was left. */
  private visit = 0;
  private drawing = 0;
  private drawn = 0;
  private range: readonly [number, number] = [0, 1];
  private ranged = 0;

  private readonly spectrum = new FrameMap('Spectrogram');
  private readonly features = new FrameMap('Features');
  private readonly difference = new FrameMap('Difference from the exact features');
  private readonly featurePicture = picture('features', 'Features', this.features.canvas);
  private readonly differencePicture = picture('difference', 'Difference', this.difference.canvas);
  private readonly tiles = {
    sound: tile('Sound'),
    features: tile('Features'),
    operations: tile('Operations per frame'),
    error: tile('Difference from exact'),
    time: tile('Time on this machine'),
  };
  private readonly micButton = button('Microphone', () => void this.microphone(), 'main');
  private readonly playButtons = {
    clip: button('Play', () => this.play()),
    exact: button('Hear the exact features', () => void this.resound(false)),
    other: button('Hear this front end', () => void this.resound(true)),
  };
  private readonly soundNote = h('p', { class: 'note' });
  private readonly controls;
  private readonly resounding = new Thread();
  private readonly analyser = new Latest<typeof analyse>(
    'analyse',
    (found) => this.analysed(found),
    (message) => this.failed(message),
  );

  constructor(host: Host<State>) {
    this.host = host;
    this.source = new Source(host, () => this.stopLive());
    this.controls = {
      feature: choice(
        'Features',
        heardFeatures.map((name) => [name, name]),
        (feature) => host.change({ feature, front: 'exact' }),
      ),
    };
    this.build();
    this.analyser.warm();
    onDrop(host.element, (file) => void this.source.open(file));
  }

  private readonly frontField = h('div');

  private build(): void {
    const { feature } = this.controls;
    const { clip: play, exact, other } = this.playButtons;
    this.host.element.append(
      h('div', { class: 'bar' }, this.micButton, ...this.source.elements, feature.element, this.frontField),
      this.source.problem,
      h(
        'div',
        { class: 'stack' },
        picture('spectrogram', 'Spectrogram, dB', this.spectrum.canvas),
        this.featurePicture,
        this.differencePicture,
        h(
          'dl',
          { class: 'tiles', 'aria-label': 'Figures' },
          ...Object.values(this.tiles).map((t) => t.element),
        ),
        h('div', { class: 'buttons', role: 'group', 'aria-label': 'Hear it' }, play, exact, other),
        this.soundNote,
      ),
    );
  }

  show(state: State): void {
    this.source.show(state);
    this.controls.feature.show(state.feature);
    const front = choice(
      'Front end',
      frontsOf(state.feature).map((f) => [f.id, f.title]),
      (id) => this.host.change({ front: id }),
    );
    front.show(frontOf(state.feature, state.front).id);
    this.frontField.replaceChildren(front.element);
    if (this.live) this.beginLive();
    else this.analyse(state);
  }

  private analyse(state: State): void {
    const { clip, feature } = state;
    const { samples, rate } = clipOr(clip);
    const { id, bytes } = frontOf(feature, state.front);
    const key = [clip, clip === 'own' ? ownEdition() : 0, feature, id].join(' ');
    if (key === this.asked.key) return;
    this.asked = { key, at: performance.now() };
    for (const t of Object.values(this.tiles)) t.busy(true);
    this.analyser.ask({ samples, rate, feature, front: bytes });
  }

  private failed(message: string): void {
    this.source.problem.textContent = message;
    for (const t of Object.values(this.tiles)) t.busy(false);
    this.host.element.dataset['seen'] = this.asked.key;
  }

  private analysed({ head, frequencies, seconds: long, spectrum, exact, other, error }: Analysed): void {
    const time: readonly [string, string] = ['0 s', seconds(long)];
    const top = fullScale(head);
    const shown = (other ?? exact).features;
    const [low, high] = rangeOf(exact.features);
    const ends = endsOf(frequencies, shown.width);
    caption(this.featurePicture, `Features: ${this.host.state().feature}`);
    this.spectrum.show(spectrum, { low: top - shownRange, high: top, time, ends: spectrumEnds(head) });
    this.features.show(heardFrames(shown, head, long), { low, high, time, ends });
    const off = other && differenceOf(other.features, exact.features);
    this.showDifference(off && heardFrames(off, head, long), { time, ends });
    this.tiles.sound.show(seconds(long));
    this.tiles.sound.note(`at ${head.sampleRate} Hz`);
    this.tiles.features.show(`${shown.frames} × ${shown.width}`);
    this.tiles.features.note(`${head.nFft} points every ${head.hop} samples`);
    const cost = ({ mul, add }: typeof exact): number => mul + add;
    this.tiles.operations.show(String(Math.round(cost(other ?? exact))));
    this.tiles.operations.note(
      other
        ? `exact: ${Math.round(cost(exact))}`
        : `${Math.round(exact.mul)} × and ${Math.round(exact.add)} +`,
    );
    this.tiles.error.show(error ? figure(error.mean) : 'none');
    this.tiles.error.note(
      error
        ? `mean |difference| of log10: ${figure(10 * error.mean)} dB; 95 of 100 below ${figure(10 * error.p95)} dB`
        : 'this is the exact front end',
    );
    this.tiles.time.show(`${figure((other ?? exact).ms)} ms`);
    this.tiles.time.note(`for ${seconds(long)} of sound${other ? `; exact: ${figure(exact.ms)} ms` : ''}`);
    for (const t of Object.values(this.tiles)) t.busy(false);
    this.showSounds(other !== null);
    this.host.element.dataset['seen'] = this.asked.key;
    this.host.element.dataset['ms'] = (performance.now() - this.asked.at).toFixed(0);
  }

  private showDifference(
    off: Frames | null,
    beside: { readonly time: readonly [string, string]; readonly ends: readonly [string, string] },
  ): void {
    this.differencePicture.hidden = off === null;
    if (!off) return;
    const [low, high] = rangeOf(off, 0.01);
    const most = Math.max(-low, high, 1e-6);
    this.difference.show(off, { low: -most, high: most, scale: 'difference', ...beside });
    caption(this.differencePicture, `Difference from the exact features: ± ${figure(most)}, blue is more`);
  }

  private showSounds(hasOther: boolean): void {
    const { exact, other } = this.playButtons;
    other.hidden = !hasOther;
    exact.disabled = false;
    this.soundNote.textContent = '';
  }

  private play(): void {
    const { samples, rate } = clipOr(this.host.state().clip);
    try {
      playSound(samples, rate, () => undefined);
    } catch (error) {
      this.soundNote.textContent = (error as Error).message;
    }
  }

  /** Sound of features alone, by the exact front end or the chosen one. */
  private async resound(chosen: boolean): Promise<void> {
    const { clip, feature, front } = this.host.state();
    const { samples, rate } = clipOr(clip);
    this.soundNote.textContent = 'Seeking a sound that has these features …';
    try {
      const found = await this.resounding.run<typeof sound>('sound', {
        samples,
        rate,
        feature,
        front: chosen ? frontOf(feature, front).bytes : null,
      }).result;
      playSound(found.samples, found.rate, () => undefined);
      this.soundNote.textContent =
        'Sound made of the features alone. They hold no phases, which makes it hollow; what differs between the two is the front end.';
      this.host.element.dataset['heard'] = String(found.samples.length);
    } catch (error) {
      this.soundNote.textContent = (error as Error).message;
    }
  }

  private async microphone(): Promise<void> {
    if (this.heard) return this.stopLive();
    this.source.problem.textContent = '';
    stopSound();
    this.micButton.disabled = true;
    try {
      const { visit } = this;
      const heard = await hear((samples) => this.live?.push(samples));
      // The room may have been left while the visitor was asked.
      if (visit !== this.visit) return heard.stop();
      this.heard = heard;
      this.beginLive();
      this.micButton.textContent = 'Stop';
      this.host.say('The microphone is on');
    } catch (error) {
      this.source.problem.textContent = (error as Error).message;
    } finally {
      this.micButton.disabled = false;
    }
  }

  /** Streams of the chosen features; what was heard before them is let go. */
  private beginLive(): void {
    const { feature, front } = this.host.state();
    const { rate } = this.heard as Heard;
    const head = headOf(feature);
    this.live?.dispose();
    this.live = new Live(rate, head, frontOf(feature, front).bytes, mostSeconds);
    this.ranged = 0;
    this.tiles.sound.note(`at ${head.sampleRate} Hz, from ${rate} Hz`);
    this.tiles.time.show('live');
    this.asked.key = '';
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame((t) => this.drawLive(t));
  }

  private drawLive(now: number): void {
    const { live } = this;
    if (!live || !this.heard) return;
    this.drawing = requestAnimationFrame((t) => this.drawLive(t));
    if (now - this.drawn < liveEvery) return;
    this.drawn = now;
    const shown = (live.other ?? live.exact).frames;
    if (now - this.ranged > 500) {
      this.range = rangeOf(live.exact.frames);
      this.ranged = now;
    }
    const [low, high] = this.range;
    const { head } = live;
    const time: readonly [string, string] = [`${liveSeconds} s ago`, 'now'];
    const ends = endsOf(live.frequencies, shown.width);
    const top = fullScale(head);
    this.spectrum.show(live.spectrum.frames, {
      low: top - shownRange,
      high: top,
      time,
      ends: spectrumEnds(head),
    });
    this.features.show(shown, { low, high, time, ends });
    this.differencePicture.hidden = live.other === null;
    if (live.other) this.showDifference(differenceOf(live.other.frames, live.exact.frames), { time, ends });
    const { samples, lost } = this.heard.counts;
    this.tiles.sound.show(seconds(samples / this.heard.rate));
    this.tiles.features.show(`${live.exact.count} frames`);
    this.tiles.time.note(lost === 0 ? 'no sample lost' : `${lost} samples lost`);
    const { dataset } = this.host.element;
    Object.assign(dataset, { samples, lost, frames: live.exact.count, expected: live.expected });
  }

  private stopLive(): void {
    cancelAnimationFrame(this.drawing);
    const { heard, live } = this;
    if (!heard || !live) return;
    [this.heard, this.live] = [null, null];
    heard.stop();
    const samples = live.recording();
    live.dispose();
    this.micButton.textContent = 'Microphone';
    if (samples.length > 0) {
      keepOwn({ name: 'Microphone', rate: live.head.sampleRate, samples });
      this.host.change({ clip: 'own' });
    } else this.analyse(this.host.state());
  }

  leave(): void {
    this.visit++;
    stopSound();
    this.stopLive();
  }
}

export const listenView = (host: Host<State>): View<State> => new Listen(host);
