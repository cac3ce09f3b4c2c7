/** One of the two: what it is, its picture, its figures. */
import { button, choice, tile } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import { askFile } from '../shell/files.ts';
import { picture } from '../shell/picture.ts';
import { Latest } from '../shell/work.ts';
import type { Clip } from '../sound/clips.ts';
import { heardFrames, rangeOf } from '../sound/frames.ts';
import { frontOf, frontsOf, openFront } from '../sound/fronts.ts';
import { FrameMap } from '../sound/map.ts';
import { endsOf, figure, seconds } from '../sound/text.ts';
import type analyse from '../tasks/analyse.ts';
import type { Analysed, Measured } from '../tasks/analyse.ts';
import type { Timed } from '../tasks/times.ts';
import { comparedFeatures } from './state.ts';

/** What a side asks of the room. */
export interface SideHost {
  change(feature: string, front: string): void;
  /** Called when its features are there. */
  done(): void;
  failed(message: string): void;
}

export const ownOf = ({ other, exact }: Analysed): Measured => other ?? exact;

export class Side {
  readonly element: HTMLElement;
  found: Analysed | null = null;
  private key = '';
  private readonly host: SideHost;
  private readonly map: FrameMap;
  private readonly fields = h('div', { class: 'bar' });
  private readonly structure = h('p', { class: 'note' });
  private readonly tiles = {
    features: tile('Features'),
    operations: tile('Operations per frame'),
    error: tile('Off its exact features'),
    time: tile('Time on this machine'),
  };
  private readonly analyser: Latest<typeof analyse>;

  constructor(name: string, host: SideHost) {
    this.host = host;
    this.map = new FrameMap(`Features, ${name}`);
    this.analyser = new Latest<typeof analyse>(
      'analyse',
      (found) => this.analysed(found),
      (message) => host.failed(message),
    );
    this.element = h(
      'section',
      { class: 'stack', 'aria-label': name },
      this.fields,
      picture(name.toLowerCase(), name, this.map.canvas),
      this.structure,
      h(
        'dl',
        { class: 'tiles', 'aria-label': `Figures, ${name}` },
        ...Object.values(this.tiles).map((t) => t.element),
      ),
    );
  }

  /** `key`: of the recording. */
  show(clip: Clip, key: string, feature: string, frontId: string): void {
    const features = choice(
      'Features',
      comparedFeatures().map((name) => [name, name]),
      (name) => this.host.change(name, frontsOf(name)[0].id),
    );
    features.show(feature);
    const front = frontOf(feature, frontId);
    const fronts = choice(
      'Front end',
      frontsOf(feature).map((f) => [f.id, f.title]),
      (id) => this.host.change(feature, id),
    );
    fronts.show(front.id);
    this.fields.replaceChildren(
      features.element,
      fronts.element,
      button('Open a model', () => void this.open()),
    );
    const own = `${key} ${feature} ${front.id}`;
    if (own === this.key) return;
    this.key = own;
    this.found = null;
    for (const t of Object.values(this.tiles)) t.busy(true);
    this.analyser.ask({ samples: clip.samples, rate: clip.rate, feature, front: front.bytes });
  }

  private async open(): Promise<void> {
    const file = await askFile('.safetensors');
    if (file) await this.take(file);
  }

  /** Takes the file of a model. */
  async take(file: File): Promise<void> {
    try {
      const front = openFront(new Uint8Array(await file.arrayBuffer()), file.name);
      this.host.change(front.feature, front.id);
    } catch (error) {
      this.host.failed((error as Error).message);
    }
  }

  /** Times of both, measured in turn. */
  timed({ ns, spread }: Timed): void {
    this.tiles.time.show(`${figure(ns / 1e6)} ms`);
    this.tiles.time.note(`± ${figure(spread / 1e6)}, for ${seconds(this.found?.seconds ?? 0)} of sound`);
    this.tiles.time.busy(false);
  }

  private analysed(found: Analysed): void {
    this.found = found;
    const { features, mul, add } = ownOf(found);
    const [low, high] = rangeOf(features);
    this.map.show(heardFrames(features, found.head, found.seconds), {
      low,
      high,
      time: ['0 s', seconds(found.seconds)],
      ends: endsOf(found.frequencies, features.width),
    });
    this.structure.textContent = found.structure || 'the exact transform';
    this.tiles.features.show(`${features.frames} × ${features.width}`);
    this.tiles.features.note(
      `${found.head.nFft} points every ${found.head.hop}, ${found.head.sampleRate} Hz`,
    );
    this.tiles.operations.show(String(Math.round(mul + add)));
    this.tiles.operations.note(`${Math.round(mul)} × and ${Math.round(add)} +`);
    this.tiles.error.show(found.error ? figure(found.error.mean) : 'none');
    this.tiles.error.note(found.error ? `log10, or ${figure(10 * found.error.mean)} dB` : 'it is exact');
    const { time: _, ...known } = this.tiles;
    for (const t of Object.values(known)) t.busy(false);
    this.host.done();
  }
}
