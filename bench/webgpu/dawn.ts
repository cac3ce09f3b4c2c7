/** WebGPU in Node: Dawn (npm package webgpu) on a software driver of Vulkan, where both are found. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { GpuDevice } from '../../src/webgpu.ts';

/** Drivers of Vulkan that compute on the processor: that of Chromium, and newer Mesa's. */
const drivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
];

/** Of a device of Dawn, beside what papilio calls. */
export interface DawnDevice extends GpuDevice {
  readonly queue: GpuDevice['queue'] & { onSubmittedWorkDone(): Promise<unknown> };
  destroy(): void;
}

interface Adapter {
  readonly limits: { readonly maxStorageBuffersPerShaderStage: number };
  readonly info: { readonly description: string };
  requestDevice(descriptor?: object): Promise<DawnDevice>;
}

/** navigator.gpu. */
export interface DawnGpu {
  requestAdapter(): Promise<Adapter | null>;
}

interface Dawn {
  create(flags: string[]): DawnGpu;
  readonly globals: Readonly<Record<string, { prototype: object }>>;
}

/** Dawn crashes when its instance is collected while devices live. */
const kept = globalThis as { papilioDawn?: Promise<{ gpu: DawnGpu; globals: Dawn['globals'] } | null> };

async function loaded(): Promise<{ gpu: DawnGpu; globals: Dawn['globals'] } | null> {
  if (process.env['VK_ICD_FILENAMES'] === undefined) {
    const driver = drivers.find((file) => existsSync(file));
    if (driver === undefined) return null;
    process.env['VK_ICD_FILENAMES'] = driver;
  }
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  // Not installed is not an error, and no type is asked for.
  const name: string = 'webgpu';
  return import(name).then(
    ({ create, globals }: Dawn) => ({ gpu: create([]), globals }),
    () => null,
  );
}

/** Dawn and the classes of WebGPU, once; null where there is none. */
export const dawn = (): ReturnType<typeof loaded> => (kept.papilioDawn ??= loaded());
