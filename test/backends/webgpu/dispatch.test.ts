/** What is made again and what is kept from one `encode` to the next. */
import { expect, it } from 'vitest';
import { planGpuFft } from '../../../src/plans/gpu-fft.ts';
import { bufferUsage, type GpuDevice, type GpuEncoder } from '../../../src/backends/webgpu/gpu.ts';
import type { GpuTarget } from '../../../src/backends/webgpu/dispatch.ts';
import { blankDevice, fakeDevice } from '../../gpu.ts';

const nothing = (): undefined => undefined;

it('encode makes a bind group for buffers it has not met, and dispatches every time', async () => {
  const made: (readonly unknown[])[] = [];
  const device: GpuDevice = {
    ...blankDevice,
    createBindGroup: ({ entries }) => {
      made.push(Array.from(entries, ({ resource }) => resource));
      return { number: made.length };
    },
  };
  const bound: unknown[] = [];
  let dispatches = 0;
  const encoder = {
    beginComputePass: () => ({
      setPipeline: nothing,
      setBindGroup: (_: number, group: unknown) => bound.push(group),
      dispatchWorkgroups: () => void dispatches++,
      end: nothing,
    }),
  } as unknown as GpuEncoder;
  const plan = await planGpuFft(device, { n: 8 });
  const [a, b, c] = [1, 2, 3].map(() => device.createBuffer({ size: 512, usage: bufferUsage.storage }));
  const encode = (
    input: typeof a | { buffer: typeof a; offset: number },
    output: typeof b,
    batch = 1,
  ): void => plan.encode(encoder, { input, output, batch });
  encode(a, b);
  encode(a, b);
  expect(made.length).toBe(1);
  encode({ buffer: a, offset: 256 }, b);
  encode(a, c);
  encode(a, c, 2);
  expect(made.length).toBe(4);
  expect(bound.map((group) => (group as { number: number }).number)).toEqual([1, 1, 2, 3, 4]);
  expect(made[1][0]).toEqual({ buffer: a, offset: 256, size: 64 });
  expect(dispatches).toBe(5);
});

it('encode refuses what a dispatch would', async () => {
  const { device } = fakeDevice();
  const plan = await planGpuFft(device, { n: 8 });
  const [a, b] = [1, 2].map(() => device.createBuffer({ size: 512, usage: bufferUsage.storage }));
  const refused = (input: GpuTarget, output: GpuTarget, batch = 1): string => {
    try {
      plan.encode(device.createCommandEncoder(), { input, output, batch });
    } catch (error) {
      return String(error);
    }
    return '';
  };
  expect(refused(a, { buffer: b, offset: 256, size: 256 })).toBe('');
  for (const offset of [4, -256, 0.5])
    expect(refused(a, { buffer: b, offset })).toContain(
      `offset of output is ${offset}; expected a multiple of 256 bytes`,
    );
  expect(refused({ buffer: a, offset: 256, size: 512 }, b)).toContain(
    'input ends at byte 768; expected at most the 512 of its buffer',
  );
  expect(refused({ buffer: a, size: NaN }, b)).toContain('input has NaN bytes');
  expect(refused(a, { buffer: a, offset: 256 })).toContain('input and output are one buffer');
  const large = device.createBuffer({ size: 2 ** 28, usage: bufferUsage.storage });
  expect(refused(large, b)).toBe('');
  const other = device.createBuffer({ size: 2 ** 28, usage: bufferUsage.storage });
  expect(refused(large, other, 2 ** 22)).toContain('maxStorageBufferBindingSize');
});
