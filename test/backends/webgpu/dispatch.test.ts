/** What is made again and what is kept from one `encode` to the next. */
import { expect, it } from 'vitest';
import { planGpuFft } from '../../../src/plans/gpu-fft.ts';
import { bufferUsage, type GpuDevice, type GpuEncoder } from '../../../src/backends/webgpu/gpu.ts';
import { blankDevice } from '../../gpu.ts';

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
  expect(made[1][0]).toEqual({ buffer: a, offset: 256 });
  expect(dispatches).toBe(5);
});
