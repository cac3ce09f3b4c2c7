/** The other thread: runs the tasks of tasks/ one at a time. */
import type { FromWorker, Task, ToWorker } from './shell/task.ts';

const found = import.meta.glob<Task<unknown>>('./tasks/*.ts', { eager: true, import: 'default' });
const tasks = new Map(Object.entries(found).map(([path, task]) => [path.replace(/^.*\/|\.ts$/g, ''), task]));

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void;
  postMessage(message: FromWorker): void;
};
const send = scope.postMessage.bind(scope);

/** What the page said to the running task. */
let said: { readonly id: number; readonly value: unknown } | null = null;

const channel = new MessageChannel();
/** Sooner than a timer, whose least wait is 4 ms. */
const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });

scope.onmessage = async ({ data }) => {
  const { id } = data;
  if ('say' in data) {
    said = { id, value: data.say };
    return;
  }
  try {
    const task = tasks.get(data.task);
    if (!task) throw new Error(`no task ${data.task}`);
    const result = await task(data.input, {
      progress: (progress) => send({ id, progress }),
      said: () => (said?.id === id ? said.value : null),
      breathe,
    });
    send({ id, result });
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
