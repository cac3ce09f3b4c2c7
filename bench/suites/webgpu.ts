/**
 * Suite webgpu: complex transforms on one software adapter, beside @jax-js/jax in Node and the DFT of onnxruntime-web in Chromium.
 * Numbers stay on the device: a call is encoded, submitted and waited for. All take turns.
 */
import { UnsupportedError } from '../../src/index.ts';
import { planGpuFft } from '../../src/webgpu.ts';
import type { BenchOptions } from '../args.ts';
import type { Skip } from '../contender.ts';
import { importPeer } from '../peers/load.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import { noise } from '../signal.ts';
import { besideRuntime } from '../webgpu/chromium.ts';
import { dawn, type DawnDevice } from '../webgpu/dawn.ts';
import type { Progress } from './transforms.ts';

/** Numbers of WebGPU: storage, copies to and from. */
const usage = 0x80 | 0x8 | 0x4;

interface Contender {
  readonly name: string;
  /** One call, until its results are there. */
  readonly run: () => Promise<unknown>;
  readonly wall: number[];
  readonly cpu: number[];
}

const contender = (name: string, run: () => Promise<unknown>): Contender => ({
  name,
  run,
  wall: [],
  cpu: [],
});

async function papilio(device: DawnDevice, n: number, batch: number, x: Float32Array): Promise<Contender> {
  const plan = await planGpuFft(device, { n, batch });
  const size = 8 * n * batch;
  const [input, output] = [0, 1].map(() => device.createBuffer({ size, usage }));
  device.queue.writeBuffer(input, 0, x);
  return contender('papilio', async () => {
    const encoder = device.createCommandEncoder();
    plan.encode(encoder, { input, output });
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  });
}

interface JaxArray {
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  dispose(): void;
}
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): unknown;
  blockUntilReady(x: readonly JaxArray[]): Promise<unknown>;
  jit(f: (re: JaxArray, im: JaxArray) => JaxArray[]): (re: JaxArray, im: JaxArray) => JaxArray[];
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    readonly fft: { fft(a: { real: JaxArray; imag: JaxArray }): { real: JaxArray; imag: JaxArray } };
  };
}

async function jax(n: number, batch: number, x: Float32Array): Promise<Contender> {
  const library = await importPeer<Jax>('@jax-js/jax');
  if (!(await library.init('webgpu')).includes('webgpu'))
    throw new UnsupportedError('jax-js finds no WebGPU');
  library.defaultDevice('webgpu');
  const { numpy: np } = library;
  const part = (from: number): JaxArray => np.array(x.filter((_, i) => i % 2 === from)).reshape([batch, n]);
  const [re, im] = [part(0), part(1)];
  const transform = library.jit((a, b) => {
    const { real, imag } = np.fft.fft({ real: a, imag: b });
    return [real, imag];
  });
  return contender('jax-js', async () => {
    const out = transform(re.ref, im.ref);
    await library.blockUntilReady(out);
    for (const array of out) array.dispose();
  });
}

/** Seconds of a table's rounds at most. */
const longest = 40;

/** Seconds until a contender counts as one that does not answer. */
const patience = 60;

async function inTime<T>(name: string, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, refuse) =>
    setTimeout(
      () => refuse(new UnsupportedError(`${name} did not answer within ${patience} s`)),
      patience * 1000,
    ).unref(),
  );
  return Promise.race([work, late]);
}

/** The least, the median and the third quartile. */
function quartiles(list: readonly number[]): readonly [number, number, number] {
  const sorted = [...list].sort((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted[(3 * sorted.length) >> 2]];
}

const timedHeader = ['library', 'least time', 'over papilio', 'median (third quartile)', 'over papilio'];

/** Times of a library in nanoseconds, beside papilio's. */
function timedRow(name: string, times: readonly number[], own: readonly number[]): string[] {
  const [[least, median, upper], [ownLeast, ownMedian]] = [quartiles(times), quartiles(own)];
  return [
    name,
    duration(least),
    figure(least / ownLeast),
    `${duration(median)} (${duration(upper)})`,
    figure(median / ownMedian),
  ];
}

async function tableOf(
  device: DawnDevice,
  [n, batch]: (typeof shapes)[number],
  rounds: number,
  skipped: Skip[],
): Promise<Table> {
  const x = Float32Array.from(noise(2 * n * batch, 1));
  const all = [await papilio(device, n, batch, x)];
  try {
    const other = await inTime('jax-js', jax(n, batch, x));
    await inTime('jax-js', other.run());
    all.push(other);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    skipped.push({ label: 'jax-js', what: `${batch} x ${n}`, why });
  }
  await all[0].run();
  const end = performance.now() + 1000 * longest;
  for (let round = 0; round < rounds && performance.now() < end; round++)
    for (const { run, wall, cpu } of all) {
      const before = process.cpuUsage();
      const start = performance.now();
      await run();
      wall.push((performance.now() - start) * 1e6);
      const { user, system } = process.cpuUsage(before);
      cpu.push((user + system) * 1e3);
    }
  const [own] = all;
  return {
    caption: `${batch} transforms of ${n} complex points, float32`,
    header: [...timedHeader, 'least processor time', 'over papilio'],
    rows: all.map(({ name, wall, cpu }) => [
      ...timedRow(name, wall, own.wall),
      duration(quartiles(cpu)[0]),
      figure(quartiles(cpu)[0] / quartiles(own.cpu)[0]),
    ]),
  };
}

/** Beside onnxruntime-web, which has the device and lends it. */
async function runtimeTables(rounds: number, skipped: Skip[]): Promise<Table[]> {
  const sizes = [512, 1024].map((n) => ({ n, batch: 4 }));
  try {
    const found = await besideRuntime(sizes, rounds, longest);
    return found.map(({ n, batch, times: [own, other], difference }): Table => {
      const [mine, theirs] = [own, other].map((list) => list.map((ms) => 1e6 * ms));
      return {
        caption: `${batch} transforms of ${n} complex points, float32, in Chromium; ${own.length} calls each, results within ${difference.toPrecision(1)} of the largest`,
        header: timedHeader,
        rows: [timedRow('papilio', mine, mine), timedRow('onnxruntime-web', theirs, mine)],
      };
    });
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    skipped.push({ label: 'onnxruntime-web', what: 'DFT', why: error.message });
    return [];
  }
}

const shapes = [
  [256, 64],
  [1024, 64],
] as const;

export async function webgpuSuite(options: BenchOptions, progress: Progress): Promise<SuiteReport> {
  const found = await dawn();
  const adapter = await found?.gpu.requestAdapter();
  if (!found || !adapter)
    throw new UnsupportedError(
      'no adapter of WebGPU; expected the npm package webgpu and a software driver of Vulkan',
    );
  Object.assign(globalThis, found.globals);
  // Dawn for Node takes no views of a memory that grows.
  const queue = found.globals['GPUQueue'].prototype as DawnDevice['queue'];
  const { writeBuffer } = queue;
  queue.writeBuffer = function (this: object, buffer, offset, data, ...rest: unknown[]) {
    const own = data instanceof Uint8Array ? data.slice() : data;
    return Reflect.apply(writeBuffer, this, [buffer, offset, own, ...rest]) as unknown;
  };
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: found.gpu, userAgent: 'Node' },
    configurable: true,
  });
  progress(`webgpu: ${adapter.info.description}`);
  const device = await adapter.requestDevice();
  const tables: Table[] = [];
  const skipped: Skip[] = [];
  const wanted = (peer: string): boolean => options.peers?.includes(peer) ?? true;
  for (const shape of wanted('jax-js') ? shapes : []) {
    progress(`webgpu: ${shape[1]} x ${shape[0]} beside jax-js`);
    tables.push(await tableOf(device, shape, 5 * options.samples, skipped));
  }
  device.destroy();
  if (wanted('onnxruntime-web')) {
    progress('webgpu: beside onnxruntime-web in Chromium');
    tables.push(...(await runtimeTables(5 * options.samples, skipped)));
  }
  return { suite: 'webgpu', tables, records: [], skipped };
}
