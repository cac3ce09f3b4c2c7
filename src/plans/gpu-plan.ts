/** What plans on a GPU have in common: a caller's device, dispatches that are encoded, and a run that submits and reads back. */
import { InvalidArgumentError } from '../errors.ts';
import type { GpuBuffer, GpuDevice, GpuEncoder } from '../backends/webgpu/gpu.ts';
import { bufferUsage, mapRead } from '../backends/webgpu/gpu.ts';
import {
  requireBytes,
  requireDevice,
  requireKept,
  whileThere,
  type GpuTarget,
} from '../backends/webgpu/dispatch.ts';
import type { Shader, ShaderOptions } from '../backends/webgpu/shader.ts';
import type { CompileOptions } from '../compiler/pipeline.ts';
import { checkArgument, matching, shown, whole } from '../options.ts';

/** What a plan on a GPU is made of. */
export interface GpuReport {
  /** WGSL of its dispatches, in order. */
  readonly code: readonly string[];
  /** Of each dispatch: invocations and rows (transforms, frames) of a workgroup, and bytes of its memory. */
  readonly workgroups: readonly {
    readonly invocations: number;
    readonly rows: number;
    readonly bytes: number;
  }[];
  /** Bytes of global memory that one transform, or one frame, reads and writes, counted from its program; tables, which caches hold, apart. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly bytesOfTables: number;
}

/** What shaders are made of, `times` of their rows to one transform or frame. */
export function reportOf(shaders: readonly Shader[], times: readonly number[]): GpuReport {
  const total = (of: (s: Shader) => number): number =>
    shaders.reduce((sum, shader, i) => sum + times[i] * of(shader), 0);
  return {
    code: shaders.map(({ code }) => code),
    workgroups: shaders.map(({ invocations, rows, workgroupBytes: bytes }) => ({ invocations, rows, bytes })),
    bytesRead: total((s) => s.traffic.read),
    bytesWritten: total((s) => s.traffic.written),
    bytesOfTables: total((s) => s.traffic.tables),
  };
}

/** How a program is shared out. Only speed depends on it. */
export interface GpuShape {
  /** Invocations that share a transform or a frame, a power of two; default: by the width of the adapter's vectors. */
  readonly lanes?: number;
}

const isDevice = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && 'createComputePipelineAsync' in x && 'limits' in x;

const deviceRule = matching<GpuDevice>('a GPUDevice', isDevice);

/** Throws InvalidArgumentError for what is no device. */
export const checkDevice = (device: GpuDevice): void => checkArgument('device', device, deviceRule);

export const lanesRule = matching<number>(
  'a power of two up to 256',
  (x) => typeof x === 'number' && [1, 2, 4, 8, 16, 32, 64, 128, 256].includes(x),
);

/** Vectors this short are those of a processor. */
const shortVector = 8;

/** Invocations of a row where the adapter is a processor, whose vectors are short and whose barriers are expensive. */
const processorLanes = 4;

/** Is a device one that computes on the processor? */
export function isProcessor({ adapterInfo }: GpuDevice): boolean {
  if (adapterInfo === undefined) return false;
  const { isFallbackAdapter = false, subgroupMaxSize = Infinity } = adapterInfo;
  return isFallbackAdapter || subgroupMaxSize <= shortVector;
}

/** The shape of shaders on a device. */
export function shapeOn(
  device: GpuDevice,
  { lanes }: GpuShape,
): Pick<ShaderOptions, 'lanes' | 'rows' | 'workgroupBytes'> {
  const workgroupBytes = device.limits.maxComputeWorkgroupStorageSize;
  if (lanes !== undefined) return { lanes, workgroupBytes };
  return isProcessor(device) ? { lanes: processorLanes, rows: 1, workgroupBytes } : { workgroupBytes };
}

/** How graphs are compiled for shaders: one transform at a time, in few kernels, outputs written once. */
export const gpuCompilation = (live: Readonly<Record<string, number>>): CompileOptions => ({
  dtype: 'f32',
  lanes: 1,
  smallestClass: 64,
  outputsOnce: true,
  live,
});

/** Memory between the dispatches of a plan. */
export class Scratch {
  private readonly device: GpuDevice;
  /** The largest is the last. Commands that are encoded may still use the smaller ones. */
  private readonly buffers: GpuBuffer[] = [];
  private disposed = false;

  constructor(device: GpuDevice) {
    this.device = device;
  }

  /** A buffer of so many bytes or more. Throws UnsupportedError for more than the device has, InvalidArgumentError once disposed. */
  of(bytes: number): GpuBuffer {
    requireKept(this.disposed);
    const { device, buffers } = this;
    const last = buffers.at(-1);
    if (last && last.size >= bytes) return last;
    requireBytes(device, bytes);
    // Twice the one before: all that are kept take no more than the last.
    const { maxStorageBufferBindingSize: most, maxBufferSize } = device.limits;
    const size = Math.max(bytes, Math.min(2 * (last?.size ?? 0), most, maxBufferSize));
    const made = device.createBuffer({ size, usage: bufferUsage.storage });
    buffers.push(made);
    return made;
  }

  dispose(): void {
    this.disposed = true;
    for (const buffer of this.buffers.splice(0)) buffer.destroy();
  }
}

/** Buffers of one run, kept for the next of the same sizes. */
interface RunBuffers {
  readonly input: GpuBuffer;
  readonly output: GpuBuffer;
  readonly staging: GpuBuffer;
}

/** Runs on arrays: one upload, one submit, one read-back. */
export class ArrayRuns {
  private readonly device: GpuDevice;
  private buffers: RunBuffers | null = null;
  /** Runs that follow each other share buffers, so each waits for the one before. */
  private last: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(device: GpuDevice) {
    this.device = device;
  }

  private ready(input: number, output: number): RunBuffers {
    const known = this.buffers;
    if (known && known.input.size === input && known.output.size === output) return known;
    const { device } = this;
    requireBytes(device, Math.max(input, output));
    this.release();
    const { copySource, copyTarget, storage } = bufferUsage;
    const made = {
      input: device.createBuffer({ size: input, usage: storage | copyTarget }),
      output: device.createBuffer({ size: output, usage: storage | copySource }),
      staging: device.createBuffer({ size: output, usage: bufferUsage.mapRead | copyTarget }),
    };
    this.buffers = made;
    return made;
  }

  /** What `encode` makes of an array, `outputs` numbers of it. */
  run(
    array: Float32Array,
    outputs: number,
    encode: (encoder: GpuEncoder, input: GpuTarget, output: GpuTarget) => void,
  ): Promise<Float32Array> {
    const next = this.last.then(() => this.now(array, outputs, encode));
    this.last = next.catch(() => undefined);
    return next;
  }

  private async now(
    array: Float32Array,
    outputs: number,
    encode: (encoder: GpuEncoder, input: GpuTarget, output: GpuTarget) => void,
  ): Promise<Float32Array> {
    const { device } = this;
    requireKept(this.disposed);
    requireDevice(device);
    const { input, output, staging } = this.ready(array.byteLength, 4 * outputs);
    device.queue.writeBuffer(input, 0, array);
    const encoder = device.createCommandEncoder();
    encode(encoder, input, output);
    encoder.copyBufferToBuffer(output, 0, staging, 0, 4 * outputs);
    device.queue.submit([encoder.finish()]);
    // Disposing takes away the buffer that is waited for: this error says why.
    await whileThere(device, staging.mapAsync(mapRead)).finally(() => requireKept(this.disposed));
    const result = new Float32Array(staging.getMappedRange().slice(0));
    staging.unmap();
    return result;
  }

  /** Lets go of the memory; run afterwards throws. */
  dispose(): void {
    this.disposed = true;
    this.release();
  }

  private release(): void {
    for (const buffer of Object.values(this.buffers ?? {}) as GpuBuffer[]) buffer.destroy();
    this.buffers = null;
  }
}

/** A copy of numbers as float32: a caller may write over them while they are on their way. Throws InvalidArgumentError for what is no array of numbers, or not of so many. */
export function numbersOf(name: string, x: ArrayLike<number>, count?: number): Float32Array {
  if (typeof x !== 'object' || x === null || typeof x.length !== 'number')
    throw new InvalidArgumentError(`${name} is ${shown(x)}; expected an array of numbers`);
  if (count !== undefined && x.length !== count)
    throw new InvalidArgumentError(`${name} has ${x.length} numbers; expected ${count}`);
  for (let i = 0; i < x.length; i++)
    if (typeof x[i] !== 'number')
      throw new InvalidArgumentError(`${name}[${i}] is ${shown(x[i])}; expected a number`);
  return new Float32Array(x);
}

export const batchRule = whole(1, 2 ** 31 - 1);
