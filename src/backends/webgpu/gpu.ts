/**
 * The part of WebGPU that papilio calls, as types of its own: devices of browsers, of Deno and of Dawn for Node fit, and nothing has
 * to be installed.
 */

/** GPUBuffer. */
export interface GpuBuffer {
  readonly size: number;
  readonly usage: number;
  /** Waits until the buffer can be read here. */
  mapAsync(mode: number): Promise<unknown>;
  /** The numbers of a mapped buffer. */
  getMappedRange(): ArrayBuffer;
  /** Gives the buffer back to the GPU. */
  unmap(): void;
  /** Lets go of the memory. */
  destroy(): void;
}

/** What a plan is told of a buffer: all of it, or the part from an offset on. */
export interface GpuBufferPart {
  readonly buffer: GpuBuffer;
  /** In bytes, a multiple of the device's minStorageBufferOffsetAlignment. */
  readonly offset?: number;
  readonly size?: number;
}

interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: object | null): void;
  dispatchWorkgroups(x: number, y?: number, z?: number): void;
  end(): void;
}

/** GPUCommandEncoder. */
export interface GpuEncoder {
  /** Begins a pass of dispatches. */
  beginComputePass(descriptor?: { label?: string }): GpuPass;
  /** Copies bytes. */
  copyBufferToBuffer(
    from: GpuBuffer,
    fromOffset: number,
    to: GpuBuffer,
    toOffset: number,
    size: number,
  ): unknown;
  /** The commands, to be submitted. */
  finish(): object;
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}

export interface GpuLimits {
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly minStorageBufferOffsetAlignment: number;
}

interface GpuQueue {
  writeBuffer(buffer: GpuBuffer, offset: number, data: ArrayBuffer | ArrayBufferView): unknown;
  submit(list: Iterable<object>): unknown;
}

/** GPUDevice. */
export interface GpuDevice {
  readonly limits: GpuLimits;
  readonly queue: GpuQueue;
  /** Absent where a browser is older. */
  readonly adapterInfo?: { readonly isFallbackAdapter?: boolean; readonly subgroupMaxSize?: number };
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  /** Memory of the device. */
  createBuffer(descriptor: {
    label?: string;
    size: number;
    usage: number;
    mappedAtCreation?: boolean;
  }): GpuBuffer;
  /** WGSL, parsed. */
  createShaderModule(descriptor: { label?: string; code: string }): object;
  /** A shader, compiled. */
  createComputePipelineAsync(descriptor: {
    layout: object | 'auto';
    compute: { module: object; entryPoint?: string };
  }): Promise<GpuPipeline>;
  /** What a shader's bindings are. */
  createBindGroup(descriptor: {
    layout: object;
    entries: Iterable<{ binding: number; resource: object }>;
  }): object;
  /** An encoder of commands. */
  createCommandEncoder(): GpuEncoder;
}

/** Numbers of the specification; no global is asked for. */
export const bufferUsage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
} as const;
export const mapRead = 1;
