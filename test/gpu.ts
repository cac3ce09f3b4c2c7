/** A WebGPU device of Dawn for Node on a software adapter, where one is found; tests of WebGPU are skipped without. */
import { dawn, type DawnDevice } from '../bench/webgpu/dawn.ts';
import type { GpuBuffer } from '../src/backends/webgpu/gpu.ts';
import type { GpuDevice } from '../src/webgpu.ts';

export type TestDevice = DawnDevice;

/** A new device; null, and a line that says so, where there is no adapter. An adapter makes one device. */
export async function gpuDevice(): Promise<TestDevice | null> {
  const adapter = await (await dawn())?.gpu.requestAdapter();
  if (!adapter)
    console.warn('skipped: no adapter of WebGPU (npm package webgpu, and a software driver of Vulkan)');
  // Programs with many parameters bind them all.
  const most = Math.min(12, adapter?.limits.maxStorageBuffersPerShaderStage ?? 0);
  return (
    (await adapter?.requestDevice({ requiredLimits: { maxStorageBuffersPerShaderStage: most } })) ?? null
  );
}

/** A device that does not say what it computes on; `made` counts its pipelines and buffers. */
export function unnamed(device: TestDevice, made: { pipelines: number; buffers: number }): GpuDevice {
  return new Proxy(device, {
    get: (target, key) => {
      if (key === 'adapterInfo') return undefined;
      if (key === 'createComputePipelineAsync') made.pipelines++;
      if (key === 'createBuffer') made.buffers++;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const nothing = (): undefined => undefined;

/** A device on which nothing runs: plans are made, and say what they are. */
export const blankDevice: GpuDevice = {
  limits: {
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerShaderStage: 8,
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
    minStorageBufferOffsetAlignment: 256,
  },
  lost: new Promise(nothing),
  queue: { writeBuffer: nothing, submit: nothing },
  createShaderModule: () => ({}),
  createComputePipelineAsync: () => Promise.resolve({ getBindGroupLayout: () => ({}) }),
  createBuffer: ({ size, usage }) => ({
    size,
    usage,
    mapAsync: () => Promise.resolve(),
    getMappedRange: () => new ArrayBuffer(size),
    unmap: nothing,
    destroy: nothing,
  }),
  createBindGroup: () => ({}),
  createCommandEncoder: () => {
    throw new Error('nothing runs');
  },
};

/** A device that counts what it keeps, takes `wait` for reading back and logs what is done; nothing is computed. */
export function fakeDevice(wait: () => Promise<unknown> = () => Promise.resolve()): {
  device: GpuDevice;
  kept: Set<GpuBuffer>;
  log: string[];
} {
  const kept = new Set<GpuBuffer>();
  const log: string[] = [];
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  const device: GpuDevice = {
    ...blankDevice,
    queue: { writeBuffer: () => log.push('write'), submit: nothing },
    createBuffer: (descriptor) => {
      const made: GpuBuffer = {
        ...blankDevice.createBuffer(descriptor),
        mapAsync: async () => {
          log.push('map');
          await wait();
        },
        unmap: () => log.push('unmap'),
        destroy: () => kept.delete(made),
      };
      kept.add(made);
      return made;
    },
    createCommandEncoder: () => ({
      beginComputePass: () => pass,
      copyBufferToBuffer: nothing,
      finish: () => ({}),
    }),
  };
  return { device, kept, log };
}
