/**
 * Suite webgpu: complex transforms on one software adapter, beside @jax-js/jax and the DFT of onnxruntime-web. Numbers stay on the
 * device: a call is encoded, submitted and waited for. All take turns.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GraphBuilder } from '../../src/backends/onnx/builder.ts';
import type { OnnxOperator } from '../../src/backends/onnx/operators.ts';
import { UnsupportedError } from '../../src/index.ts';
import { planGpuFft } from '../../src/webgpu.ts';
import type { BenchOptions } from '../args.ts';
import type { Skip } from '../contender.ts';
import { importPeer } from '../peers/load.ts';
import { duration, figure, type SuiteReport, type Table } from '../report.ts';
import { noise } from '../signal.ts';
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

interface OrtWeb {
  readonly env: {
    readonly wasm: { numThreads: number };
    readonly webgpu: { readonly device: Promise<DawnDevice> };
  };
  readonly Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => object;
  readonly InferenceSession: {
    create(
      bytes: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: object): Promise<Record<string, { dispose(): void }>>;
    }>;
  };
}

async function onnxruntime(n: number, batch: number, x: Float32Array): Promise<Contender> {
  const folder = resolve(process.env['PAPILIO_ORT'] ?? join(import.meta.dirname, '../../scripts/onnx'));
  const file = join(folder, 'node_modules/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs');
  if (!existsSync(file))
    throw new UnsupportedError('onnxruntime-web is not installed; run npm run onnx-install');
  const ort = await importPeer<OrtWeb>(pathToFileURL(file).href);
  ort.env.wasm.numThreads = 1;
  const g = new GraphBuilder();
  const value = g.input('x', 'float', [batch, n, 2]);
  g.output('y', g.node('DFT' as OnnxOperator, [value], { axis: 1 }), 'float', [batch, n, 2]);
  const session = await ort.InferenceSession.create(g.encode('dft', {}), {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
    logSeverityLevel: 4,
  });
  // It has a device of its own.
  const { queue } = await ort.env.webgpu.device;
  return contender('onnxruntime-web', async () => {
    const { y } = await session.run({ x: new ort.Tensor('float32', x, [batch, n, 2]) });
    await queue.onSubmittedWorkDone();
    y.dispose();
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

const least = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b), Infinity);

async function tableOf(
  device: DawnDevice,
  [n, batch, peer]: (typeof shapes)[number],
  rounds: number,
  skipped: Skip[],
): Promise<Table> {
  const x = Float32Array.from(noise(2 * n * batch, 1));
  const all = [await papilio(device, n, batch, x)];
  try {
    const other = await inTime(peer, peer === 'jax-js' ? jax(n, batch, x) : onnxruntime(n, batch, x));
    await inTime(peer, other.run());
    all.push(other);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    skipped.push({ label: peer, what: `${batch} x ${n}`, why });
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
    header: ['library', 'least time', 'over papilio', 'least processor time', 'over papilio'],
    rows: all.map(({ name, wall, cpu }) => [
      name,
      duration(least(wall)),
      figure(least(wall) / least(own.wall)),
      duration(least(cpu)),
      figure(least(cpu) / least(own.cpu)),
    ]),
  };
}

const shapes = [
  [256, 64, 'jax-js'],
  [1024, 64, 'jax-js'],
  [512, 4, 'onnxruntime-web'],
  [1024, 4, 'onnxruntime-web'],
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
  for (const shape of shapes) {
    if (options.peers && !options.peers.includes(shape[2])) continue;
    progress(`webgpu: ${shape[1]} x ${shape[0]} beside ${shape[2]}`);
    tables.push(await tableOf(device, shape, 5 * options.samples, skipped));
  }
  device.destroy();
  return { suite: 'webgpu', tables, records: [], skipped };
}
