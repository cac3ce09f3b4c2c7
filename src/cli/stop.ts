/**
 * Ctrl-C and SIGTERM. A command computes in a thread of its own, so that the main thread can always answer. The first signal
 * says a word at once and asks the command to end where it can go on later; what is still in the middle of something is ended
 * after a moment. A second signal ends it now. Files are written whole or not at all (`files.ts`), so any moment will do.
 */
import { fileURLToPath } from 'node:url';
import { parentPort, Worker, workerData as given, type WorkerOptions } from 'node:worker_threads';

/** Milliseconds that a command has after the first signal, to write what it has. */
const grace = 1200;
/** Milliseconds that an ended thread has to be gone; one that waits for a device never is. */
const farewell = 600;

const signals = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof signals;

/** What a thread is given. */
interface ThreadData {
  /** Path of the program. */
  readonly program: string;
  /** One number: not 0 when a stop was asked for. */
  readonly stop: Int32Array;
  readonly terminals: Readonly<Record<StreamName, { readonly isTTY: boolean; readonly columns: number }>>;
}

type StreamName = 'stdout' | 'stderr';

/** What a thread says. */
type Message =
  /** What goes out. */
  | { readonly stream: StreamName; readonly chunk: string | Uint8Array }
  /** What a stop keeps, and how to go on. */
  | { readonly stops: string }
  /** The exit code; null where it was stopped. */
  | { readonly code: number | null };

/** Null in a process of its own, and in a thread of somebody else's. */
const data = (given as Partial<ThreadData> | null)?.stop ? (given as ThreadData) : null;
const port = data === null ? null : parentPort;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- ports have no origin
const send = (message: Message): void => port?.postMessage(message);

/** Was the command asked to stop? Also true in the middle of a long computation. */
export const stopRequested = (): boolean => data !== null && Atomics.load(data.stop, 0) !== 0;

/** Ends a command; what it has is written. */
class Stopped extends Error {}

/** Throws Stopped once a stop was asked for. */
export function endIfStopped(): void {
  if (stopRequested()) throw new Stopped();
}

const callbacks: (() => void)[] = [];

/** Calls back when a stop is asked for, from an event of its own. */
export function onStop(callback: () => void): void {
  if (callbacks.push(callback) > 1) return;
  port?.once('message', () => callbacks.forEach((f) => f()));
  port?.unref();
}

/** Says what a stop keeps from now on, as in "finished searches are kept; the same command goes on". */
export const announceStops = (stops: string): void => send({ stops });

/** Gives what is written to the main thread at once. A thread's own streams wait for its event loop, which a long computation holds up. */
function passOn(stream: StreamName): typeof process.stdout.write {
  return (chunk: string | Uint8Array, ...rest: unknown[]) => {
    send({ stream, chunk });
    const written = rest.at(-1);
    if (typeof written === 'function') queueMicrotask(() => void written());
    return true;
  };
}

/** The body of the thread: runs a command, and gives its exit code to the main thread. */
export async function serveCommand(run: (argv: readonly string[]) => Promise<number>): Promise<void> {
  if (data !== null) {
    process.argv[1] = data.program;
    for (const name of ['stdout', 'stderr'] as const)
      Object.assign(process[name], data.terminals[name], { write: passOn(name) });
  }
  try {
    send({ code: await run(process.argv.slice(2)) });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    send({ code: null });
  }
}

/** Ends the thread and the process. */
function end(worker: Worker, signal: Signal): void {
  // A thread that waits in the operating system cannot be ended, and would keep the process.
  setTimeout(() => {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }, farewell);
  void worker.terminate().then(() => process.exit(signals[signal]));
}

/** A thread of the program; from its sources by tsx, which does not reach threads by itself in Node 20. */
function threadOf(program: URL, options: WorkerOptions): Worker {
  if (!program.pathname.endsWith('.ts')) return new Worker(program, options);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${tsx}).then(({ register }) => { register(); return import(${JSON.stringify(program.href)}); })`;
  return new Worker(code, { ...options, eval: true });
}

/** Run a command of the program at this address in a thread, and answer signals meanwhile; its exit code. */
export function runInThread(program: URL, argv: readonly string[]): Promise<number> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const { stdout, stderr } = process;
  const terminals = Object.fromEntries(
    Object.entries({ stdout, stderr }).map(([name, { isTTY, columns }]) => [
      name,
      { isTTY: Boolean(isTTY), columns },
    ]),
  );
  const workerData = { program: fileURLToPath(program), stop, terminals };
  const worker = threadOf(program, { argv: [...argv], workerData });
  let stops = 'no file is left half-written';
  let first: Signal | null = null;
  const onSignal = (signal: Signal): void => {
    if (first !== null) return end(worker, first);
    first = signal;
    Atomics.store(stop, 0, 1);
    stderr.write(
      `${stderr.isTTY ? '\r\x1b[2K' : ''}papilio: stopping: ${stops}; press Ctrl-C again to end now\n`,
    );
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
    worker.postMessage('stop');
    setTimeout(() => end(worker, signal), grace).unref();
  };
  for (const signal of Object.keys(signals) as Signal[]) process.on(signal, () => onSignal(signal));
  return new Promise((resolve, reject) => {
    let code: number | null | undefined;
    worker.on('message', (message: Message) => {
      if ('chunk' in message) process[message.stream].write(message.chunk);
      else if ('stops' in message) ({ stops } = message);
      else ({ code } = message);
    });
    worker.on('error', reject);
    worker.on('exit', (own) => {
      resolve(code === null && first !== null ? signals[first] : (code ?? own));
    });
  });
}
