/** Front ends on a GPU against the same ones in float64, and their traffic. */
import { afterAll, describe, expect, it } from 'vitest';
import { UnsupportedError } from '../../src/errors.ts';
import { frontProgram } from '../../src/front/compile.ts';
import { planGpuFeatures } from '../../src/front/gpu-features.ts';
import { features } from '../../src/plans/features.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import type { HeadConfig } from '../../src/spectral/head.ts';
import { bufferUsage, mapRead } from '../../src/backends/webgpu/gpu.ts';
import { filledBuffer } from '../../src/backends/webgpu/dispatch.ts';
import { blankDevice, gpuDevice, type TestDevice } from '../gpu.ts';
import { gaussian } from '../helpers.ts';
import { branched, pruned } from './small-fronts.ts';

const found = await gpuDevice();
const device = found as TestDevice;
afterAll(() => found?.destroy());

const x = Float32Array.from(gaussian(700, 4), (v) => 0.1 * v);
const small = { nFft: 64, windowLength: null, hop: 24, bank: { bands: 8 } } as const;

/** Numbers within a share of the largest of the exact ones. */
function near(own: Float32Array, exact: ArrayLike<number>, share: number): void {
  expect(own.length).toBe(exact.length);
  const largest = Array.from(exact, Math.abs).reduce((a, b) => Math.max(a, b), 0);
  own.forEach((v, i) => expect(Math.abs(v - exact[i])).toBeLessThan(share * largest));
}

describe.skipIf(!found)('features on a GPU', () => {
  const heads: readonly (readonly [string, HeadConfig])[] = [
    ['log-mel', featureHead('papilio', small)],
    ['powers, zero padded', featureHead('papilio', { ...small, windowLength: 40, bank: null, log: null })],
    ['centred, reflected', featureHead('librosa', { ...small, log: { range: null, reference: 1 } })],
    ['trend and pre-emphasis of a frame', featureHead('kaldi', { ...small, windowLength: 50 })],
    [
      'cepstra, pre-emphasis of the signal',
      featureHead('papilio', { ...small, cepstrum: { count: 5 }, signalPreEmphasis: 0.97, fit: 800 }),
    ],
  ];
  it.each(heads)('%s are those of float64', async (_, head) => {
    const plan = await planGpuFeatures(device, head);
    const exact = features(head, { dtype: 'f64' }).run(x);
    expect([plan.frames(x.length), plan.width]).toEqual([exact.frames, exact.width]);
    near(await plan.run(x), exact.data, 2e-6);
    plan.dispose();
  });

  it.each([
    ['pruned', pruned()],
    ['branched', branched()],
  ] as const)('are those of a %s front end', async (_, front) => {
    const plan = await planGpuFeatures(device, front);
    near(await plan.run(x), features(frontProgram(front), { dtype: 'f64' }).run(x).data, 2e-6);
    expect(plan.report.bytesRead).toBeLessThanOrEqual(4 * 64);
    expect(plan.report.bytesWritten).toBe(4 * 8);
    plan.dispose();
  });

  it('of several clips go from buffer to buffer', async () => {
    const plan = await planGpuFeatures(device, featureHead('papilio', small));
    const frames = plan.frames(350);
    const bytes = 2 * frames * plan.width * 4;
    const { storage, copySource, copyTarget } = bufferUsage;
    const input = filledBuffer(device, x, storage);
    const output = device.createBuffer({ size: bytes, usage: storage | copySource });
    const staging = device.createBuffer({ size: bytes, usage: bufferUsage.mapRead | copyTarget });
    const encoder = device.createCommandEncoder();
    plan.encode(encoder, { input, output, samples: 350, clips: 2 });
    encoder.copyBufferToBuffer(output, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(mapRead);
    const own = new Float32Array(staging.getMappedRange().slice(0));
    near(own.subarray(0, own.length / 2), await plan.run(x.subarray(0, 350)), 1e-12);
    near(own.subarray(own.length / 2), await plan.run(x.subarray(350)), 1e-12);
    expect(() => plan.encode(encoder, { input, output, samples: 700, clips: 2 })).toThrow(
      'input has 2800 bytes',
    );
    await expect(plan.run(new Float32Array(10))).rejects.toThrow('10 samples hold no frame');
    await expect(plan.run([NaN, ...x])).rejects.toThrow('sample 0 is NaN');
  });

  it('refuse what has to know more than a frame', async () => {
    for (const [preset, what] of [
      ['whisper', 'a log.range, or a reference, of the whole clip'],
      ['nemo', 'normalize'],
    ] as const)
      await expect(planGpuFeatures(device, preset)).rejects.toThrow(
        new UnsupportedError(`${what} on webgpu; expected a head whose steps are per frame`),
      );
    await expect(planGpuFeatures(device, 'whispr' as 'whisper')).rejects.toThrow('whispr');
    await expect(planGpuFeatures(device, 'papilio', { lane: 4 } as object)).rejects.toThrow(
      'no option "lane"',
    );
  });
});

describe('shaders of features', () => {
  it('read each sample of a frame once and write each number once, in one dispatch', async () => {
    const sizes = async (source: Parameters<typeof planGpuFeatures>[1]): Promise<unknown> => {
      const { report } = await planGpuFeatures(blankDevice, source);
      return [report.code.length, report.bytesRead / 4, report.bytesWritten / 4];
    };
    expect(await sizes(featureHead('papilio', { nFft: 2048, windowLength: null }))).toEqual([1, 2048, 40]);
    // 16 samples under a window of zeros are read with others.
    expect(await sizes('papilio')).toEqual([1, 416, 40]);
    expect(await sizes('kaldi')).toEqual([1, 400, 23]);
  });
  it('of a small head (golden)', async () => {
    const head = featureHead('papilio', { nFft: 16, windowLength: null, hop: 8, bank: { bands: 2 } });
    const { report } = await planGpuFeatures(blankDevice, {
      ...head,
      framing: 'centered',
      padding: 'reflect',
    });
    await expect(report.code[0]).toMatchFileSnapshot('../goldens/mel2.wgsl');
  });
});
