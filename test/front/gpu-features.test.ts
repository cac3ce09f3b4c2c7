/** Front ends on a GPU against the same ones in float64, and their traffic. */
import { afterAll, describe, expect, it } from 'vitest';
import { UnsupportedError } from '../../src/errors.ts';
import { frontProgram } from '../../src/front/compile.ts';
import { planGpuFeatures } from '../../src/front/gpu-features.ts';
import { roundingBound } from '../../src/certify/rounding-bound.ts';
import { tabulateCoefficients } from '../../src/compiler/coefficients.ts';
import { features } from '../../src/plans/features.ts';
import { gpuChain } from '../../src/plans/gpu-chain.ts';
import { graphOf } from '../../src/plans/plan.ts';
import { ruleBank } from '../../src/spectral/banks.ts';
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
  const clipHeads: readonly (readonly [string, HeadConfig, number])[] = [
    ['a range below the largest of the clip', featureHead('whisper', { ...small, fit: 900 }), 3],
    [
      'cepstra of levels under a reference',
      featureHead('librosa', { ...small, cepstrum: { count: 5 }, log: { reference: 'max', range: 20 } }),
      3,
    ],
    ['numbers normalised one by one', featureHead('nemo', small), 2],
    [
      'a range, and all numbers normalised with one deviation',
      featureHead('whisper', {
        ...small,
        fit: 900,
        normalize: { over: 'clip', ddof: 0, varianceOffset: 0.01 },
      }),
      4,
    ],
    ['numbers less their mean', featureHead('nemo', { ...small, normalize: { deviation: false } }), 2],
  ];
  it.each(clipHeads)('%s: of the whole clip', async (_, head, dispatches) => {
    const plan = await planGpuFeatures(device, head);
    expect(plan.report.code.length).toBe(dispatches);
    const loud = Float32Array.from(x, (v, i) => v * (1 + i / 100));
    const exact = features(head, { dtype: 'f64' });
    for (const clip of [loud, x.subarray(0, 300), loud])
      near(await plan.run(clip), exact.run(clip).data, 1e-5);
    plan.dispose();
  });

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

  it('of Whisper keep to their bound', async () => {
    const head = featureHead('whisper');
    const clip = Float32Array.from(gaussian(40_000, 9), (v, i) => 1e-5 * 10 ** (i / 8000) * v);
    const plan = await planGpuFeatures(device, 'whisper');
    const [own, exact] = [await plan.run(clip), features(head, { dtype: 'f64' }).run(clip).data];
    expect(own.length).toBe(3000 * 80);
    // The root of a band's energy is a norm of weighted bins, off by no more than the norm of what those are off: the transform's
    // rounding, and that of a windowed sample. Levels below the largest by the range are raised in both.
    const { graph } = graphOf({ n: 400, input: 'real', layout: 'planar', chain: gpuChain(400)! });
    const { bound } = roundingBound(tabulateCoefficients(graph, 'f32'), 2 ** -23);
    const weight = ruleBank(head, head.nFft).weights.reduce((most, w) => Math.max(most, w), 0);
    let [energy, loudest] = [0, 0];
    clip.forEach((v, i) => {
      energy += v * v - (i < 400 ? 0 : clip[i - 400] ** 2);
      loudest = Math.max(loudest, energy);
    });
    const off = Math.sqrt(weight * loudest) * (bound + Math.sqrt(400) * 2 ** -23);
    // Levels below 16 are rounded four times on the way, and a sum of 40 weights once each.
    const share = (Math.log(10) / 2) * 4 * 2 ** -20 + 40 * 2 ** -24;
    const root = (level: number): number => 10 ** ((4 * level - 4) / 2);
    const wrong = own.filter((v, i) => {
      const r = root(exact[i]);
      return !(Math.abs(root(v) - r) <= off + share * r);
    });
    expect(wrong).toEqual(new Float32Array(0));
    plan.dispose();
  });

  it.each([
    ['', featureHead('papilio', small)],
    [', each under its own largest', featureHead('whisper', { ...small, fit: null, log: { range: 1 } })],
    [', each normalised', featureHead('nemo', small)],
  ])('of several clips go from buffer to buffer%s', async (_, head) => {
    const plan = await planGpuFeatures(device, head);
    const frames = plan.frames(350);
    const bytes = 2 * frames * plan.width * 4;
    const { storage, copySource, copyTarget } = bufferUsage;
    const clips = Float32Array.from(x, (v, i) => (i < 350 ? v : 0.01 * v));
    const input = filledBuffer(device, clips, storage);
    const output = device.createBuffer({ size: bytes, usage: storage | copySource });
    const staging = device.createBuffer({ size: bytes, usage: bufferUsage.mapRead | copyTarget });
    const encoder = device.createCommandEncoder();
    plan.encode(encoder, { input, output, samples: 350, clips: 2 });
    encoder.copyBufferToBuffer(output, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(mapRead);
    const own = new Float32Array(staging.getMappedRange().slice(0));
    near(own.subarray(0, own.length / 2), await plan.run(clips.subarray(0, 350)), 1e-12);
    near(own.subarray(own.length / 2), await plan.run(clips.subarray(350)), 1e-12);
    expect(() => plan.encode(encoder, { input, output, samples: 700, clips: 2 })).toThrow(
      'input has 2800 bytes',
    );
    if (head.framing === 'inside')
      await expect(plan.run(new Float32Array(10))).rejects.toThrow('10 samples hold no frame');
    await expect(plan.run([NaN, ...x])).rejects.toThrow('sample 0 is NaN');
  });

  it('refuse what is not there', async () => {
    for (const [options, what] of [
      [{ deltas: { order: 1 } }, 'deltas'],
      [{ average: 'mean' }, 'average mean'],
      [{ pcen: { gain: 0.5 }, log: null }, 'pcen'],
      [
        { spectrum: 'magnitude', bank: { kind: 'descriptors', names: ['centroid'] }, log: null },
        'descriptors',
      ],
    ] as const)
      await expect(planGpuFeatures(device, featureHead('papilio', options))).rejects.toThrow(
        new UnsupportedError(
          `${what} on webgpu; expected a head of frames, their largest level and a normalisation`,
        ),
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
  it('over a clip (goldens)', async () => {
    const codes = await Promise.all(
      [{ over: 'feature', ddof: 1 } as const, { over: 'clip', ddof: 0, deviation: false } as const].map(
        async (normalize) => {
          const head = featureHead('nemo', { ...small, normalize, log: { range: 8 } });
          return (await planGpuFeatures(blankDevice, head)).report.code;
        },
      ),
    );
    const [[, largest, , first], [, , , second]] = codes;
    await expect([largest, first, second].join('\n')).toMatchFileSnapshot('../goldens/clip.wgsl');
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
