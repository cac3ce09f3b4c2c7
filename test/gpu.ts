/** A WebGPU device of Dawn for Node on a software adapter, where one is found; tests of WebGPU are skipped without. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { GpuDevice } from '../src/webgpu.ts';

/** Drivers of Vulkan that compute on the processor: that of Chromium, and newer Mesa's. */
const drivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
];

/** Of a device of Dawn, beside what papilio calls. */
export interface TestDevice extends GpuDevice {
  destroy(): void;
}

interface Adapter {
  readonly limits: { readonly maxStorageBuffersPerShaderStage: number };
  requestDevice(descriptor?: object): Promise<TestDevice>;
}
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}
interface Dawn {
  create(flags: string[]): Gpu;
}

/** Dawn crashes when its instance is collected while devices live. */
const kept = globalThis as { papilioGpu?: Promise<Gpu | null> };

async function dawn(): Promise<Gpu | null> {
  const driver = drivers.find((file) => existsSync(file));
  if (process.env['VK_ICD_FILENAMES'] === undefined) {
    if (driver === undefined) return null;
    process.env['VK_ICD_FILENAMES'] = driver;
  }
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  // Not installed is not an error, and no type is asked for.
  const name: string = 'webgpu';
  return import(name).then(
    (module: Dawn) => module.create([]),
    () => null,
  );
}

/** A new device; null, and a line that says so, where there is no adapter. An adapter makes one device. */
export async function gpuDevice(): Promise<TestDevice | null> {
  kept.papilioGpu ??= dawn();
  const adapter = await (await kept.papilioGpu)?.requestAdapter();
  if (!adapter)
    console.warn('skipped: no adapter of WebGPU (npm package webgpu, and a software driver of Vulkan)');
  // Programs with many parameters bind them all.
  const most = Math.min(12, adapter?.limits.maxStorageBuffersPerShaderStage ?? 0);
  return (
    (await adapter?.requestDevice({ requiredLimits: { maxStorageBuffersPerShaderStage: most } })) ?? null
  );
}

const nothing = (): undefined => undefined;

/** A device on which nothing runs: plans are made, and say what they are. */
export const blankDevice: GpuDevice = {
  limits: {
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerShaderStage: 8,
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
