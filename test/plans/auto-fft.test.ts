/** The choice between WebAssembly and WebGPU, and that either gives the transform. */
import { afterAll, describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { choiceOf } from '../../src/plans/auto.ts';
import { planAutoFft } from '../../src/plans/auto-fft.ts';
import { planFftSync } from '../../src/plans/plan.ts';
import type { GpuDevice } from '../../src/webgpu.ts';
import { gpuDevice, unnamed, type TestDevice } from '../gpu.ts';
import { distance, gaussian } from '../helpers.ts';

const found = await gpuDevice();
const device = found as TestDevice;
afterAll(() => found?.destroy());

const x = Float32Array.from(gaussian(3 * 16, 1));

function expected(): Float32Array {
  const plan = planFftSync({ n: 16, input: 'real', batch: 3, layout: 'interleaved' });
  plan.input.interleaved.set(x);
  plan.run();
  return Float32Array.from(plan.output.interleaved);
}

describe('the choice', () => {
  const times = { host: { call: 0.1, each: 0.01 }, gpu: { call: 2.1, each: 0.002 } };
  it('is the faster for so many transforms, and says from where on', () => {
    expect(choiceOf(times, 100, '100 x 512 points')).toEqual({
      webgpu: false,
      reason:
        '100 x 512 points from array to array: 2.3 ms by webgpu, 1.1 ms without, measured on this device; webgpu is ahead from 251 on',
    });
    expect(choiceOf(times, 1000, '').webgpu).toBe(true);
    expect([249, 251].map((batch) => choiceOf(times, batch, '').webgpu)).toEqual([false, true]);
  });
  it('says so where webgpu is never ahead, and where it always is', () => {
    const slow = { ...times, gpu: { call: 2, each: 0.02 } };
    expect(choiceOf(slow, 1e6, '').reason).toContain('webgpu is ahead for no number of them');
    expect(choiceOf({ ...times, gpu: { call: 0, each: 0 } }, 1, '').reason).toContain('from 1 on');
  });
  it('is WebAssembly without a device, bit for bit', async () => {
    const plan = await planAutoFft(null, { n: 16, input: 'real', batch: 3 });
    expect([plan.backend, plan.reason]).toEqual(['wasm', 'there is no GPU device']);
    expect([plan.inputLength, plan.outputLength]).toEqual([16, 18]);
    expect(await plan.run(x)).toEqual(expected());
    await expect(plan.run([1])).rejects.toThrow('array has 1 numbers; expected 48');
    plan.dispose();
    await expect(planAutoFft(null, { n: 0 })).rejects.toThrow(InvalidArgumentError);
    await expect(planAutoFft({} as GpuDevice, { n: 8 })).rejects.toThrow('expected a GPUDevice');
  });
});

describe.skipIf(!found)('the choice on a device', () => {
  it('is never a software adapter', async () => {
    const plan = await planAutoFft(device, { n: 16 });
    expect(plan.backend).toBe('wasm');
    expect(plan.reason).toBe('the adapter of the device is software: it computes on the processor');
  });
  it('is measured once per device and kind', async () => {
    const made = { pipelines: 0, buffers: 0 };
    const other = unnamed(device, made);
    const plans = [];
    for (const batch of [1, 3]) plans.push(await planAutoFft(other, { n: 16, input: 'real', batch }));
    const [one, three] = plans;
    expect(one.reason).toMatch(
      /^1 x 16 points from array to array: .* measured on this device; webgpu is ahead/,
    );
    expect(three.reason).toMatch(/^3 x 16 /);
    const { buffers } = made;
    await planAutoFft(other, { n: 16, input: 'real', batch: 3 });
    // Tables of the plan; no uploads and downloads of timings.
    expect(made.buffers - buffers).toBeLessThan(3);
    expect(distance(await three.run(x), expected())).toBeLessThan(1e-6);
  });
  it('is WebAssembly for what a device cannot do', async () => {
    const plan = await planAutoFft(unnamed(device, { pipelines: 0, buffers: 0 }), { n: 4099 });
    expect([plan.backend, plan.reason]).toEqual([
      'wasm',
      expect.stringContaining('n = 4099 on webgpu; expected at most 2048 points'),
    ]);
  });
});
