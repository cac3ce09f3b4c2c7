/** Workers from the page's side. */
import PageWorker from '../worker.ts?worker&inline';
import type { FromWorker, Task, ToWorker } from './task.ts';

type InputOf<T> = T extends Task<infer I, unknown, never, never> ? I : never;
type OutputOf<T> = T extends (...args: never[]) => infer O ? Awaited<O> : never;
type ProgressOf<T> = T extends (input: never, context: { progress(value: infer P): void } & object) => unknown
  ? P
  : never;

/** A running task. */
export interface Running<O> {
  readonly result: Promise<O>;
  /** For `said` of the task. */
  say(value: unknown): void;
  /** Ends it now; the result never comes. */
  stop(): void;
}

/** A thread that keeps what it has compiled: one task after the other. */
export class Thread {
  private worker: Worker | null = null;
  private last = 0;

  /** Throws Error where the browser gives a page no worker. */
  private begun(): Worker {
    try {
      return (this.worker ??= this.begin());
    } catch (cause) {
      throw new Error('this browser gives this page no worker to compute in; open it in another browser', {
        cause,
      });
    }
  }

  private begin(): Worker {
    const worker = new PageWorker();
    // One that did not start answers nothing: the next task begins another.
    worker.addEventListener('error', () => {
      if (this.worker === worker) this.stop();
    });
    return worker;
  }

  /** Loads and parses the code before it is wanted. */
  warm(): void {
    try {
      this.begun();
    } catch {
      // Each run says it.
    }
  }

  run<T>(name: string, input: InputOf<T>, progress?: (value: ProgressOf<T>) => void): Running<OutputOf<T>> {
    let worker: Worker;
    try {
      worker = this.begun();
    } catch (error) {
      return { result: Promise.reject(error as Error), say: () => undefined, stop: () => undefined };
    }
    const id = ++this.last;
    const send = (message: ToWorker): void => worker.postMessage(message);
    const heard = new AbortController();
    const result = new Promise<OutputOf<T>>((resolve, reject) => {
      const listen = ({ data }: MessageEvent<FromWorker>): void => {
        if (data.id !== id) return;
        if ('progress' in data) {
          progress?.(data.progress as ProgressOf<T>);
          return;
        }
        if ('error' in data) reject(new Error(data.error));
        else resolve(data.result as OutputOf<T>);
      };
      const { signal } = heard;
      worker.addEventListener('message', listen, { signal });
      worker.addEventListener(
        'error',
        (event) => reject(new Error(event.message || 'the worker did not start')),
        { signal },
      );
    }).finally(() => heard.abort());
    send({ id, task: name, input });
    return { result, say: (say) => send({ id, say }), stop: () => this.stop() };
  }

  /** Ends whatever runs; the next task begins a new thread. */
  stop(): void {
    this.worker?.terminate();
    this.worker = null;
  }
}

/** The answer to the last question alone: while one is worked on, of those that come only the last waits. */
export class Latest<T> {
  private readonly thread = new Thread();
  private waiting: { readonly input: InputOf<T> } | null = null;
  private busy = false;

  private readonly name: string;
  private readonly answered: (output: OutputOf<T>) => void;
  private readonly failed: (message: string) => void;
  private readonly progress: (value: ProgressOf<T>) => void;

  constructor(
    name: string,
    answered: (output: OutputOf<T>) => void,
    failed: (message: string) => void,
    progress: (value: ProgressOf<T>) => void = () => undefined,
  ) {
    [this.name, this.answered, this.failed, this.progress] = [name, answered, failed, progress];
  }

  warm(): void {
    this.thread.warm();
  }

  ask(input: InputOf<T>): void {
    this.waiting = { input };
    if (!this.busy) void this.work();
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.waiting) {
      const { input } = this.waiting;
      this.waiting = null;
      try {
        const output = await this.thread.run<T>(this.name, input, (value) => {
          if (!this.waiting) this.progress(value);
        }).result;
        if (!this.waiting) this.answered(output);
      } catch (error) {
        if (!this.waiting) this.failed(error instanceof Error ? error.message : String(error));
      }
    }
    this.busy = false;
  }
}
