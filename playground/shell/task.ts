/** Work off the page's thread. A task is a file of tasks/ whose default export is a `Task`; its name is that of the file. */

/** What a task has of the page. */
interface TaskContext<P = unknown, C = unknown> {
  /** Tells the page something on the way. */
  progress(value: P): void;
  /** What the page said last; null before it said anything. */
  said(): C | null;
  /** Lets the page's messages in; where the page has said something else meanwhile, `said` knows. */
  breathe(): Promise<void>;
}

/** `input`, result and progress are copied between threads: plain data and arrays. */
export type Task<I = never, O = unknown, P = unknown, C = unknown> = (
  input: I,
  context: TaskContext<P, C>,
) => O | Promise<O>;

/** From the page to the worker, and back. */
export type ToWorker = { readonly id: number } & (
  { readonly task: string; readonly input: unknown } | { readonly say: unknown }
);
export type FromWorker = { readonly id: number } & (
  { readonly progress: unknown } | { readonly result: unknown } | { readonly error: string }
);
