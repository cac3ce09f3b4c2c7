/** The choice between WebAssembly and WebGPU for features. */
import { afterAll, describe, expect, it } from 'vitest';
import { planAutoFeatures } from '../../src/front/auto-features.ts';
import { features } from '../../src/plans/features.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { gpuDevice, unnamed, type TestDevice } from '../gpu.ts';
import { distance, gaussian } from '../helpers.ts';
import { pruned } from './small-fronts.ts';

const found = await gpuDevice();
const device = found as TestDevice;
afterAll(() => found?.destroy());

const x = Float32Array.from(gaussian(700, 4), (v) => 0.1 * v);
const head = featureHead('papilio', { nFft: 64, windowLength: null, hop: 24, bank: { bands: 8 } });

it('features without a device are those of features', async () => {
  const plan = await planAutoFeatures(null, head, { samples: 700 });
  expect([plan.backend, plan.reason, plan.width]).toEqual(['wasm', 'there is no GPU device', 8]);
  expect(plan.frames(700)).toBe(27);
  expect(await plan.run(x)).toEqual(features(head).run(x).data);
  await expect(plan.run([NaN, ...x])).rejects.toThrow('NaN');
  await expect(planAutoFeatures(null, head, { samples: 0 })).rejects.toThrow('samples is 0');
});

describe.skipIf(!found)('features on a device', () => {
  it('are never those of a software adapter, nor of a head that it does not take', async () => {
    const software = await planAutoFeatures(device, head, { samples: 700 });
    expect([software.backend, software.reason]).toEqual(['wasm', expect.stringContaining('is software')]);
    const made = { pipelines: 0, buffers: 0 };
    const pcen = featureHead('papilio', { pcen: { gain: 0.5 }, log: null });
    const other = await planAutoFeatures(unnamed(device, made), pcen, { samples: 700 });
    expect([other.backend, other.reason]).toEqual(['wasm', expect.stringContaining('pcen on webgpu')]);
  });
  it('are timed once per device and front end, exact or learned', async () => {
    const made = { pipelines: 0, buffers: 0 };
    const other = unnamed(device, made);
    const front = pruned();
    const first = await planAutoFeatures(other, front, { samples: 700 });
    expect(first.reason).toMatch(/^700 samples from array to array: .* webgpu is ahead/);
    const { buffers } = made;
    const second = await planAutoFeatures(other, front, { samples: 100_000 });
    expect(second.reason).toMatch(/^100000 samples /);
    expect(made.buffers - buffers).toBeLessThan(4);
    expect(distance(await second.run(x), await first.run(x))).toBeLessThan(1e-6);
    second.dispose();
    await expect(second.run(x)).rejects.toThrow('disposed');
  });
});
