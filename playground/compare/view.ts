/** The room: two sides, and what is between them. */
import { differenceText, stageDifferences } from 'papilio/front';
import { tile } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import { picture } from '../shell/picture.ts';
import type { Host, View } from '../shell/room.ts';
import { Latest } from '../shell/work.ts';
import { clipOr, ownEdition } from '../sound/clips.ts';
import { differenceOf, heardFrames, rangeOf } from '../sound/frames.ts';
import { frontOf, modelText } from '../sound/fronts.ts';
import { FrameMap } from '../sound/map.ts';
import { onDrop, Source } from '../sound/source.ts';
import { endsOf, figure, seconds } from '../sound/text.ts';
import type times from '../tasks/times.ts';
import type { Timed } from '../tasks/times.ts';
import { ownOf, Side } from './side.ts';
import type { State } from './state.ts';

class Compare implements View<State> {
  private readonly host: Host<State>;
  private readonly source: Source<State>;
  private readonly left: Side;
  private readonly right: Side;
  private readonly map = new FrameMap('Left less right');
  private readonly mapPicture = picture('left-less-right', 'Left less right: blue is more', this.map.canvas);
  private readonly note = h('p', { class: 'note' });
  private readonly stages = h('tbody');
  private readonly stageTable: HTMLElement;
  private readonly tiles = {
    difference: tile('Mean |left less right|'),
    operations: tile('Operations, right to left'),
    time: tile('Time, right to left'),
  };

  private readonly timer = new Latest<typeof times>(
    'times',
    (found) => this.timed(found),
    (message) => this.failed(message),
  );

  constructor(host: Host<State>) {
    this.host = host;
    this.source = new Source(host);
    const side = (name: string, change: (feature: string, front: string) => void): Side =>
      new Side(name, {
        change,
        done: () => this.between(),
        failed: (message) => this.failed(message),
      });
    this.left = side('Left', (left, leftFront) =>
      host.change({ left, leftFront, leftModel: modelText(left, leftFront) }),
    );
    this.right = side('Right', (right, rightFront) =>
      host.change({ right, rightFront, rightModel: modelText(right, rightFront) }),
    );
    const column = (name: string): HTMLElement => h('th', { scope: 'col' }, name);
    this.stageTable = h(
      'div',
      { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Stages that differ' },
      h(
        'table',
        { class: 'figures' },
        h('thead', {}, h('tr', {}, ...['Stage', 'Left', 'Right'].map(column))),
        this.stages,
      ),
    );
    host.element.append(
      h('div', { class: 'bar' }, ...this.source.elements),
      this.source.problem,
      h('div', { class: 'pair' }, this.left.element, this.right.element),
      h(
        'div',
        { class: 'stack between' },
        h('h2', {}, 'Between them'),
        this.mapPicture,
        h(
          'dl',
          { class: 'tiles', 'aria-label': 'Between them' },
          ...Object.values(this.tiles).map((t) => t.element),
        ),
        this.note,
        this.stageTable,
      ),
    );
    onDrop(host.element, (file) => {
      if (/\.safetensors$/i.test(file.name)) void this.right.take(file);
      else void this.source.open(file);
    });
  }

  show(state: State): void {
    this.source.show(state);
    const clip = clipOr(state.clip);
    const key = `${state.clip} ${state.clip === 'own' ? ownEdition() : 0}`;
    this.host.element.dataset['done'] = '';
    this.left.show(clip, key, state.left, state.leftFront);
    this.right.show(clip, key, state.right, state.rightFront);
    this.between();
  }

  private failed(message: string): void {
    this.source.problem.textContent = message;
  }

  private between(): void {
    const [a, b] = [this.left.found, this.right.found];
    if (!a || !b) return;
    const [own, other] = [ownOf(a), ownOf(b)];
    const off = differenceOf(own.features, other.features);
    this.mapPicture.hidden = off === null;
    if (off) {
      const [low, high] = rangeOf(off, 0.01);
      const most = Math.max(-low, high, 1e-6);
      const time = ['0 s', seconds(a.seconds)] as const;
      const ends = endsOf(a.frequencies, off.width);
      this.map.show(heardFrames(off, a.head, a.seconds), {
        low: -most,
        high: most,
        scale: 'difference',
        time,
        ends,
      });
      let sum = 0;
      for (let i = 0; i < off.data.length; i++) sum += Math.abs(off.data[i]);
      this.tiles.difference.show(figure(sum / off.data.length));
      this.tiles.difference.note(`in the unit of the features; the picture goes to ± ${figure(most)}`);
    } else {
      this.tiles.difference.show('–');
      this.tiles.difference.note('they have not as many numbers');
    }
    const ratio = (x: number, y: number): string => `${Math.round((100 * y) / x)} %`;
    this.tiles.operations.show(ratio(own.mul + own.add, other.mul + other.add));
    this.time();
    this.showStages(a.head, b.head);
    this.host.element.dataset['done'] = 'yes';
  }

  /** Both are timed in one thread, when neither is at work in its own. */
  private time(): void {
    const { clip, left, leftFront, right, rightFront } = this.host.state();
    const { samples, rate } = clipOr(clip);
    const side = (feature: string, id: string) => ({ feature, front: frontOf(feature, id).bytes });
    this.tiles.time.busy(true);
    this.timer.ask({ samples, rate, sides: [side(left, leftFront), side(right, rightFront)] });
  }

  private timed([left, right]: readonly Timed[]): void {
    this.left.timed(left);
    this.right.timed(right);
    this.tiles.time.show(`${Math.round((100 * right.ns) / left.ns)} %`);
    this.tiles.time.note('of the whole sound, measured in turn');
    this.tiles.time.busy(false);
    this.host.element.dataset['timed'] = 'yes';
  }

  private showStages(left: Parameters<typeof stageDifferences>[0], right: typeof left): void {
    const found = stageDifferences(left, right);
    this.stageTable.hidden = found.length === 0;
    this.note.textContent =
      found.length === 0
        ? 'Both have the same settings; what differs is how they are computed.'
        : `${found.length} stages differ, the first of the signal’s way first: ${differenceText(found[0], 'the right one').replace('your', 'the left')}.`;
    this.stages.replaceChildren(
      ...found.map(({ stage, yours, theirs }) =>
        h('tr', {}, h('th', { scope: 'row' }, stage), h('td', {}, yours), h('td', {}, theirs)),
      ),
    );
  }
}

export const compareView = (host: Host<State>): View<State> => new Compare(host);
