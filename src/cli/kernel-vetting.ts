/**
 * Kernels that anybody may have written: what a module declares is read from its bytes, and it runs in a thread of its own first,
 * with a time limit, on several inputs. What ends badly there is a named failure of its file. (A kernel without imports is a
 * function of its memory: one that waits for an input of its own before it hangs would pass; Ctrl-C ends that.)
 */
import { Worker } from 'node:worker_threads';
import { FileFormatError } from '../errors.ts';

/** Milliseconds until a kernel must have done its trial runs. */
const timeLimit = 10_000;
/** Most memory that a kernel may ask for, in pages of 64 KiB: 1 GiB. */
const mostPages = 1 << 14;

/** Where a kernel's numbers are: first element and length, in elements of its memory. */
export interface KernelPlaces {
  readonly wide: boolean;
  readonly inputs: readonly (readonly [from: number, length: number])[];
  readonly outputs: readonly (readonly [from: number, length: number])[];
}

const fail = (name: string, problem: string): never => {
  throw new FileFormatError(`${name}: ${problem}; expected a kernel.wasm compiled by papilio`);
};

/** An unsigned LEB128 number at `at`; NaN beyond the end or 5 bytes. */
function leb(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 5 && at + i < bytes.length; i++) {
    value += (bytes[at + i] & 0x7f) * 2 ** (7 * i);
    if (bytes[at + i] < 0x80) return { value, next: at + i + 1 };
  }
  return { value: NaN, next: bytes.length };
}

/** Pages that the memory of a module begins with; 0 for a module without one. */
function initialPages(bytes: Uint8Array): number {
  const memorySection = 5;
  for (let at = 8; at < bytes.length;) {
    const { value: size, next } = leb(bytes, at + 1);
    if (bytes[at] === memorySection) return leb(bytes, leb(bytes, next).next + 1).value;
    at = next + size;
    if (!(size >= 0)) return 0;
  }
  return 0;
}

/** The module of a file that needs nothing and offers a memory and `run`. Throws FileFormatError, naming it, for others. */
export function kernelModule(bytes: Uint8Array, name: string): WebAssembly.Module {
  const pages = initialPages(bytes);
  if (!(pages <= mostPages)) fail(name, `asks for ${pages} pages of memory, more than ${mostPages}`);
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch {
    return fail(name, 'no WebAssembly module');
  }
  const [needed] = WebAssembly.Module.imports(module);
  if (needed) fail(name, `imports ${JSON.stringify(`${needed.module}.${needed.name}`)}`);
  const kinds = new Map(WebAssembly.Module.exports(module).map((e) => [e.name, e.kind]));
  if (kinds.get('memory') !== 'memory') fail(name, 'exports no memory');
  if (kinds.get('run') !== 'function') fail(name, 'exports no function run');
  return module;
}

/** What the thread does; plain JavaScript, so that it runs from a checkout as from a package. */
const trial = `
const { parentPort, workerData } = require('node:worker_threads');
const { module, wide, inputs, outputs } = workerData;
function run() {
  let instance;
  try { instance = new WebAssembly.Instance(module, {}); } catch (error) { return 'ends at its start (' + error.message + ')'; }
  const { memory, run } = instance.exports;
  const { buffer } = memory;
  const numbers = wide ? new Float64Array(buffer) : new Float32Array(buffer);
  for (const [from, length] of [...inputs, ...outputs])
    if (from + length > numbers.length) return 'has numbers at ' + from + ' to ' + (from + length) + ' of a memory of ' + numbers.length;
  const signals = [() => 0, () => 1, (i) => Math.sin(i * i), (i) => (i % 2 ? -1 : 1), (i) => (i === 0 ? 1 : 0), (i) => 1e-9 * Math.cos(i)];
  const until = performance.now() + 200;
  for (let turn = 0; turn < 600 && (turn < signals.length || performance.now() < until); turn++) {
    const signal = signals[turn % signals.length];
    for (const [from, length] of inputs) for (let i = 0; i < length; i++) numbers[from + i] = signal(i);
    try { run(0, 0); } catch (error) { return 'ends in run (' + error.message + ')'; }
    if (memory.buffer !== buffer) return 'changes the size of its memory';
    for (const [from, length] of outputs)
      for (let i = 0; i < length; i++) if (!Number.isFinite(numbers[from + i])) return 'gives ' + numbers[from + i] + ' for a plain signal';
  }
  return null;
}
parentPort.postMessage(run());
`;

/** Runs a kernel in a thread of its own. Throws FileFormatError, naming the file, if it does not end well and in time. */
export async function tryKernel(
  module: WebAssembly.Module,
  places: KernelPlaces,
  name: string,
  limit = timeLimit,
): Promise<void> {
  const worker = new Worker(trial, {
    eval: true,
    workerData: { module, ...places },
    stdout: true,
    stderr: true,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const problem = await new Promise<string | null>((resolve) => {
    timer = setTimeout(() => resolve(`does not end within ${limit / 1000} s`), limit);
    worker.once('message', resolve);
    worker.once('error', (error: Error) => resolve(`cannot be run (${error.message.split('\n')[0]})`));
    worker.once('exit', () => resolve('ends its thread'));
  });
  clearTimeout(timer);
  await worker.terminate();
  if (problem !== null) fail(name, problem);
}
