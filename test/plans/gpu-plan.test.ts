/** Memory of plans on a GPU: limits, growth, and what is left once a plan is disposed. No device is asked for. */
import { expect, it } from 'vitest';
import { UnsupportedError } from '../../src/errors.ts';
import { planAutoFeatures } from '../../src/front/auto-features.ts';
import { planGpuFeatures } from '../../src/front/gpu-features.ts';
import { planGpuFft } from '../../src/plans/gpu-fft.ts';
import { ArrayRuns, numbersOf, Scratch } from '../../src/plans/gpu-plan.ts';
import { fakeDevice } from '../gpu.ts';

const nothing = (): undefined => undefined;
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 1));

it('memory between dispatches grows by doubling, and all of it goes at the end', () => {
  const { device, kept } = fakeDevice();
  const scratch = new Scratch(device);
  const first = scratch.of(100);
  expect(scratch.of(60)).toBe(first);
  expect([300, 310, 600].map((bytes) => scratch.of(bytes).size)).toEqual([300, 600, 600]);
  expect(kept.size).toBe(3);
  expect(() => scratch.of(2 ** 27 + 4)).toThrow(UnsupportedError);
  scratch.dispose();
  expect(kept.size).toBe(0);
  expect(() => scratch.of(4)).toThrow('disposed');
});

it('runs on arrays follow each other, and make nothing beyond the limits or once disposed', async () => {
  const { device, kept, log } = fakeDevice(turn);
  const arrays = new ArrayRuns(device);
  const run = (outputs = 2): Promise<Float32Array> => arrays.run(new Float32Array(2), outputs, nothing);
  await expect(run(2 ** 25 + 1)).rejects.toThrow(
    'maxStorageBufferBindingSize of the device is 134217728; expected at least 134217732',
  );
  expect(kept.size).toBe(0);
  await Promise.all([run(), run()]);
  expect(log.join()).toBe('write,map,unmap,write,map,unmap');
  arrays.dispose();
  await expect(run()).rejects.toThrow('disposed');
  expect(kept.size).toBe(0);
});

it('plans refuse a batch that no buffer holds, and keep nothing once disposed', async () => {
  const { device, kept } = fakeDevice();
  for (const batch of [8193, 2 ** 31 - 1])
    await expect(planGpuFft(device, { n: 2048, batch })).rejects.toThrow(UnsupportedError);
  const small = { ...device, limits: { ...device.limits, maxStorageBufferBindingSize: 2 ** 20 } };
  const auto = await planAutoFeatures(small, 'papilio', { samples: 2 ** 18 + 1 });
  expect([auto.backend, auto.reason]).toEqual([
    'wasm',
    expect.stringContaining('maxStorageBufferBindingSize'),
  ]);
  const front = await planGpuFeatures(small, 'papilio');
  await expect(front.run(new Float32Array(2 ** 18 + 1))).rejects.toThrow('maxStorageBufferBindingSize');
  front.dispose();
  const x = new Float32Array(2 * 2080);
  const plan = await planGpuFft(device, { n: 2080 });
  await plan.run(x);
  plan.dispose();
  await expect(plan.run(x)).rejects.toThrow('disposed');
  expect(kept.size).toBe(0);
});

it('numbers are copied, shared ones too, and are numbers', () => {
  const x = new Float32Array(new SharedArrayBuffer(8)).fill(1);
  const own = numbersOf('array', x, 2);
  x.fill(0);
  expect([own, own.buffer instanceof ArrayBuffer]).toEqual([Float32Array.of(1, 1), true]);
  for (const [list, what] of [
    [['q'], 'array[0] is "q"; expected a number'],
    [[0, 1n], 'array[1] is 1n; expected a number'],
    [{ length: 32 }, 'array[0] is undefined; expected a number'],
  ] as [unknown, string][])
    expect(() => numbersOf('array', list as number[])).toThrow(what);
});

it('a run whose plan is disposed meanwhile says so', async () => {
  const { device, kept } = fakeDevice(async () => {
    await turn();
    throw new Error('unmapped');
  });
  const arrays = new ArrayRuns(device);
  const late = arrays.run(new Float32Array(2), 2, nothing);
  await Promise.resolve();
  arrays.dispose();
  await expect(late).rejects.toThrow('this plan was disposed');
  expect(kept.size).toBe(0);
});
