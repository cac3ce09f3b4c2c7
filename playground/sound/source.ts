/** Where sound comes from, the same in every room: a recording of the page, or a file that is opened or dropped. */
import { askFile } from '../shell/files.ts';
import { button, choice } from '../shell/controls.ts';
import { h } from '../shell/dom.ts';
import type { Host } from '../shell/room.ts';
import { clipNames, clipOf, clipOfFile, clipTitles, keepOwn, type ClipName } from './clips.ts';

interface Heard {
  readonly clip: ClipName;
}

/** Takes files that are dropped on an element. */
export function onDrop(element: HTMLElement, take: (file: File) => void): void {
  element.addEventListener('dragover', (e) => {
    if (!e.dataTransfer?.types.includes('Files')) return;
    e.preventDefault();
    element.classList.add('over');
  });
  element.addEventListener('dragleave', () => element.classList.remove('over'));
  element.addEventListener('drop', (e) => {
    element.classList.remove('over');
    const file = e.dataTransfer?.files[0];
    if (!file) return;
    e.preventDefault();
    take(file);
  });
}

export class Source<S extends Heard> {
  /** A button and a menu. */
  readonly elements: readonly HTMLElement[];
  /** What is wrong with a file. */
  readonly problem = h('p', { class: 'note wrong', role: 'alert' });
  private readonly host: Host<S>;
  private readonly menu;
  private readonly before: () => void;

  /** `before`: called before another sound is taken. */
  constructor(host: Host<S>, before: () => void = () => undefined) {
    [this.host, this.before] = [host, before];
    this.menu = choice<ClipName>(
      'Sound',
      clipNames.map((name) => [name, clipTitles[name]]),
      (clip) => {
        if (clip === 'own' && !clipOf('own')) void this.ask();
        else this.host.change({ clip } as Partial<S>);
        this.menu.show(this.host.state().clip);
      },
    );
    this.elements = [button('Open a recording', () => void this.ask()), this.menu.element];
  }

  show({ clip }: S): void {
    this.menu.show(clip);
    this.problem.textContent =
      clip === 'own' && !clipOf('own')
        ? 'Your own sound is not kept between visits: this is speech. Record or open it again.'
        : '';
  }

  private async ask(): Promise<void> {
    const file = await askFile('audio/*,.wav');
    if (file) await this.open(file);
  }

  /** Makes the visitor's own sound of a file. */
  async open(file: File): Promise<void> {
    this.before();
    try {
      keepOwn(await clipOfFile(file));
      this.host.change({ clip: 'own' } as Partial<S>);
    } catch (error) {
      this.problem.textContent = (error as Error).message;
    }
  }
}
