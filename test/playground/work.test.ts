/** Workers from the page's side: what is said where a browser starts none. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Latest, Thread } from '../../playground/shell/work.ts';

type Listener = (event: object) => void;

/** A worker that answers as it is told, and is over when it is told. */
class FakeWorker {
  static made: FakeWorker[] = [];
  isOver = false;
  private readonly listeners: (readonly [string, Listener])[] = [];

  constructor() {
    FakeWorker.made.push(this);
  }

  addEventListener(name: string, listener: Listener): void {
    this.listeners.push([name, listener]);
  }

  postMessage(): void {}

  terminate(): void {
    this.isOver = true;
  }

  fire(name: string, event: object): void {
    for (const [other, listener] of this.listeners) if (other === name) listener(event);
  }
}

const noWorker = /^this browser gives this page no worker to compute in/;

afterEach(() => {
  vi.unstubAllGlobals();
  FakeWorker.made = [];
});

describe('a thread', () => {
  it('says in a sentence that no worker starts: none is there, it is refused, it fails before a task or in one', async () => {
    vi.stubGlobal('Worker', undefined);
    const thread = new Thread();
    thread.warm();
    const running = thread.run('square', 1 as never);
    running.say('more');
    running.stop();
    await expect(running.result).rejects.toThrow(noWorker);
    // A policy of the page: the constructor throws.
    vi.stubGlobal('Worker', function refuse(): never {
      throw new DOMException('refused', 'SecurityError');
    });
    await expect(thread.run('square', 1 as never).result).rejects.toThrow(noWorker);
    vi.stubGlobal('Worker', FakeWorker);
    thread.warm();
    FakeWorker.made[0].fire('error', {});
    const { result } = thread.run('square', 1 as never);
    expect([FakeWorker.made.length, FakeWorker.made[0].isOver]).toEqual([2, true]);
    FakeWorker.made[1].fire('error', {});
    await expect(result).rejects.toThrow('the worker did not start');
  });

  it('tells who asks for the latest answer', async () => {
    vi.stubGlobal('Worker', undefined);
    const said = await new Promise<string>((resolve) => {
      const latest = new Latest('square', () => undefined, resolve);
      latest.warm();
      latest.ask(1 as never);
    });
    expect(said).toMatch(noWorker);
  });
});
