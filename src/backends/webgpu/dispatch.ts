/** Shaders on a device: pipelines, bind groups, dispatches. Nothing here submits or reads back. */
import { DeviceLostError, InvalidArgumentError, UnsupportedError } from '../../errors.ts';
import {
  bufferUsage,
  type GpuBuffer,
  type GpuBufferPart,
  type GpuDevice,
  type GpuEncoder,
  type GpuLimits,
  type GpuPipeline,
} from './gpu.ts';
import type { Shader } from './shader.ts';

/** Words of the uniform `counts`. */
export interface RowCounts {
  readonly rows: number;
  /** Rows of a group, and the elements from one group to the next; of what is not grouped the rows, and 0. */
  readonly inner?: number;
  readonly input?: number;
  readonly output?: number;
  /** Of a padded signal: its samples. */
  readonly samples?: number;
}

/** A buffer, or a part of one. */
export type GpuTarget = GpuBuffer | GpuBufferPart;

const isPart = (x: GpuTarget): x is GpuBufferPart => 'buffer' in x;
const partOf = (x: GpuTarget): GpuBufferPart => (isPart(x) ? x : { buffer: x });

/** Why a device is lost; empty while it is there. */
const losses = /* @__PURE__ */ new WeakMap<GpuDevice, { reason: string | null }>();

function watched(device: GpuDevice): { reason: string | null } {
  let state = losses.get(device);
  if (!state) {
    const made: { reason: string | null } = { reason: null };
    losses.set(device, made);
    void device.lost.then(({ reason, message }) => {
      made.reason = message === '' ? reason : `${reason}: ${message}`;
    });
    state = made;
  }
  return state;
}

/** Throws DeviceLostError where a device is known to be lost. */
export function requireDevice(device: GpuDevice): void {
  const { reason } = watched(device);
  if (reason !== null)
    throw new DeviceLostError(
      `the GPU device is lost (${reason}); expected plans made again on a new device`,
    );
}

/** A promise of a device; DeviceLostError where the device is lost meanwhile. */
export async function whileThere<T>(device: GpuDevice, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // The loss is told a moment after what it breaks.
    await Promise.race([device.lost, new Promise((done) => setTimeout(done, 50))]);
    await Promise.resolve();
    requireDevice(device);
    throw error;
  }
}

/** Throws UnsupportedError for needs beyond a device's limits. */
function requireLimits({ limits }: GpuDevice, needs: Partial<GpuLimits>): void {
  for (const [name, need] of Object.entries(needs)) {
    const has = limits[name as keyof GpuLimits];
    if (has < need)
      throw new UnsupportedError(
        `${name} of the device is ${has}; expected at least ${need}, asked for in requestDevice`,
      );
  }
}

/** Throws UnsupportedError for bytes that no buffer of a device holds, or that its shaders cannot use. */
export const requireBytes = (device: GpuDevice, bytes: number): void =>
  requireLimits(device, { maxStorageBufferBindingSize: bytes, maxBufferSize: bytes });

/** Throws InvalidArgumentError for what was let go of. */
export function requireKept(disposed: boolean): void {
  if (disposed) throw new InvalidArgumentError('this plan was disposed; plan again to run it');
}

/** A buffer that holds numbers from the start. */
export function filledBuffer(
  device: GpuDevice,
  data: Float32Array | Int32Array | Uint32Array,
  usage: number,
): GpuBuffer {
  requireBytes(device, data.byteLength);
  const buffer = device.createBuffer({ size: Math.max(4, data.byteLength), usage, mappedAtCreation: true });
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  buffer.unmap();
  return buffer;
}

/** How many sets of counts are kept. */
const keptCounts = 64;

/** What a bind group was made of, in order of binding. */
interface BoundGroup {
  readonly parts: readonly GpuBufferPart[];
  readonly group: object;
}

const sameParts = (a: readonly GpuBufferPart[], b: readonly GpuBufferPart[]): boolean =>
  a.every(({ buffer, offset, size }, i) => {
    const other = b[i];
    return buffer === other.buffer && offset === other.offset && size === other.size;
  });

/** A shader that a device can run. */
export class ReadyShader {
  readonly shader: Shader;
  private readonly device: GpuDevice;
  private readonly pipeline: GpuPipeline;
  private readonly layout: object;
  private readonly mostGroups: number;
  /** The latest group of every buffer that is bound last: making one takes longer than all else that `encode` does. */
  private readonly groups = new WeakMap<GpuBuffer, BoundGroup>();
  private readonly tables: ReadonlyMap<string, GpuBuffer>;
  private readonly counts = new Map<string, GpuBuffer>();
  private disposed = false;

  private constructor(device: GpuDevice, shader: Shader, pipeline: GpuPipeline) {
    this.device = device;
    this.shader = shader;
    this.pipeline = pipeline;
    this.layout = pipeline.getBindGroupLayout(0);
    this.mostGroups = device.limits.maxComputeWorkgroupsPerDimension;
    const table = (data: Float32Array | Int32Array): GpuBuffer =>
      filledBuffer(device, data, bufferUsage.storage);
    this.tables = new Map(
      shader.bindings.flatMap(({ kind }): [string, GpuBuffer][] => {
        if (kind === 'tables') return [[kind, table(shader.tables)]];
        return kind === 'offsets' ? [[kind, table(shader.offsets)]] : [];
      }),
    );
  }

  /** Compiles a shader. Throws UnsupportedError for limits that the device has not, DeviceLostError. */
  static async of(device: GpuDevice, shader: Shader): Promise<ReadyShader> {
    requireDevice(device);
    requireLimits(device, {
      maxComputeWorkgroupStorageSize: shader.workgroupBytes,
      maxComputeInvocationsPerWorkgroup: shader.invocations,
      maxStorageBuffersPerShaderStage: shader.bindings.length - 1,
    });
    const module = device.createShaderModule({ code: shader.code });
    const made = device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    return new ReadyShader(device, shader, await whileThere(device, made));
  }

  private countsOf({ rows, inner = rows, input = 0, output = 0, samples = 0 }: RowCounts): GpuBuffer {
    const words = Int32Array.of(rows, inner, input, output, samples, 0, 0, 0);
    const key = words.join();
    let buffer = this.counts.get(key);
    if (!buffer) {
      // Buffers of commands that are still to run are let go of, not destroyed.
      if (this.counts.size >= keptCounts) this.counts.clear();
      buffer = filledBuffer(this.device, words, bufferUsage.uniform);
      this.counts.set(key, buffer);
    }
    return buffer;
  }

  private bound(targets: Readonly<Record<string, GpuTarget>>, counts: RowCounts): object {
    const parts = this.shader.bindings.map(({ kind, name }) =>
      partOf(kind === 'counts' ? this.countsOf(counts) : (this.tables.get(kind) ?? targets[name])),
    );
    const last = this.shader.bindings.findLastIndex(({ kind }) => kind === 'output' || kind === 'parameter');
    const { buffer } = parts[Math.max(0, last)];
    this.requireApart(parts);
    const known = this.groups.get(buffer);
    if (known && sameParts(known.parts, parts)) return known.group;
    const { device, layout } = this;
    const entries = parts.map((resource, binding) => ({ binding, resource }));
    const made = { parts, group: device.createBindGroup({ layout, entries }) };
    this.groups.set(buffer, made);
    return made.group;
  }

  /** Throws InvalidArgumentError where a buffer would be read and written: a dispatch of WebGPU has it for one of them. */
  private requireApart(parts: readonly GpuBufferPart[]): void {
    const { bindings } = this.shader;
    const written = new Set(
      parts.filter((_, i) => bindings[i].kind === 'output').map(({ buffer }) => buffer),
    );
    if (parts.some(({ buffer }, i) => bindings[i].kind !== 'output' && written.has(buffer)))
      throw new InvalidArgumentError('input and output are one buffer; expected two buffers');
  }

  /** Adds one dispatch to an encoder. `targets`: what is bound to inputs, outputs and parameters, by name. */
  encode(encoder: GpuEncoder, targets: Readonly<Record<string, GpuTarget>>, counts: RowCounts): void {
    requireKept(this.disposed);
    requireDevice(this.device);
    const groups = Math.ceil(counts.rows / this.shader.rows);
    const most = this.mostGroups;
    const folds = Math.ceil(groups / most);
    if (folds > most)
      throw new InvalidArgumentError(
        `${counts.rows} rows; expected at most ${most * most * this.shader.rows}`,
      );
    const bound = this.bound(targets, counts);
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.pipeline);
    pass.setBindGroup(0, bound);
    pass.dispatchWorkgroups(Math.ceil(groups / folds), folds);
    pass.end();
  }

  /** Lets go of the memory; encode afterwards throws. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const buffer of [...this.tables.values(), ...this.counts.values()]) buffer.destroy();
    this.counts.clear();
  }
}

/** Throws InvalidArgumentError for a part that no buffer has, or that is shorter than so many bytes. */
function requirePart({ limits }: GpuDevice, name: string, part: GpuBufferPart, bytes: number): void {
  const { buffer, offset = 0, size = buffer.size - offset } = part;
  const step = limits.minStorageBufferOffsetAlignment;
  if (!Number.isInteger(offset) || offset < 0 || offset % step !== 0)
    throw new InvalidArgumentError(`offset of ${name} is ${offset}; expected a multiple of ${step} bytes`);
  if (!(size >= bytes))
    throw new InvalidArgumentError(`${name} has ${size} bytes; expected at least ${bytes}`);
  if (offset + size > buffer.size)
    throw new InvalidArgumentError(
      `${name} ends at byte ${offset + size}; expected at most the ${buffer.size} of its buffer`,
    );
}

/**
 * What is bound of a target: so many numbers from its offset on. Throws InvalidArgumentError for what is no buffer, none that shaders can
 * use, or no part of one, UnsupportedError for more than a binding of the device may have.
 */
export function requireTarget(
  device: GpuDevice,
  name: string,
  target: GpuTarget | undefined,
  elements: number,
): GpuBufferPart {
  const part = typeof target === 'object' && target !== null ? partOf(target) : null;
  if (!part || typeof part.buffer?.size !== 'number')
    throw new InvalidArgumentError(
      `${name} is no GPU buffer; expected a buffer, or { buffer, offset, size }`,
    );
  if ((part.buffer.usage & bufferUsage.storage) === 0)
    throw new InvalidArgumentError(`${name} has no usage STORAGE; expected a buffer made with it`);
  requirePart(device, name, part, 4 * elements);
  requireBytes(device, 4 * elements);
  return { buffer: part.buffer, offset: part.offset ?? 0, size: 4 * elements };
}
