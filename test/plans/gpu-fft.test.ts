/** Exact transforms on a GPU: the derived bound, each number once, the caller's buffers, limits and loss. */
import { afterAll, describe, expect, it } from 'vitest';
import { roundingBound } from '../../src/certify/rounding-bound.ts';
import { tabulateCoefficients } from '../../src/compiler/coefficients.ts';
import { DeviceLostError, InvalidArgumentError, UnsupportedError } from '../../src/errors.ts';
import { graphOf, planFftSync } from '../../src/plans/plan.ts';
import { gpuChain } from '../../src/plans/gpu-chain.ts';
import { planGpuFft, type GpuFftOptions, type GpuFftPlan } from '../../src/plans/gpu-fft.ts';
import { bufferUsage, mapRead } from '../../src/backends/webgpu/gpu.ts';
import { filledBuffer } from '../../src/backends/webgpu/dispatch.ts';
import { blankDevice, gpuDevice, type TestDevice } from '../gpu.ts';
import { gaussian, norm } from '../helpers.ts';

const found = await gpuDevice();
const device = found as TestDevice;
afterAll(() => found?.destroy());

/** The same transform in float64. */
function expected({ batch = 1, lanes: _, ...options }: GpuFftOptions, x: Float32Array): Float64Array {
  const plan = planFftSync({ ...options, batch, layout: 'interleaved', dtype: 'f64' });
  plan.input.interleaved.set(x);
  plan.run();
  return Float64Array.from(plan.output.interleaved);
}

/**
 * ||computed - exact|| / ||x|| of one transform at most. A coefficient is rounded once, a product once more: twice the unit. Products
 * that are fused into sums round less.
 */
function boundOf(
  { n, input, inverse, norm }: GpuFftOptions,
  { transforms: [{ chain }] }: GpuFftPlan,
): number {
  const options = {
    n,
    chain,
    layout: 'planar',
    ...(input ? { input } : {}),
    ...(norm ? { norm } : {}),
  } as const;
  const { graph } = graphOf({ ...options, ...(inverse ? { inverse } : {}) });
  return roundingBound(tabulateCoefficients(graph, 'f32'), 2 ** -23).bound;
}

/** Random numbers for a plan; imaginary parts of bins 0 and n/2, which count for nothing, are 0. */
function numbers({ n, input, inverse, batch = 1 }: GpuFftOptions, length: number): Float32Array {
  const x = Float32Array.from(gaussian(length * batch, 3));
  if (input === 'real' && inverse)
    for (let b = 0; b < batch; b++) {
      x[b * length + 1] = 0;
      if (n % 2 === 0) x[(b + 1) * length - 1] = 0;
    }
  return x;
}

const rowOf = (x: ArrayLike<number>, row: number, length: number): number[] =>
  Array.from({ length }, (_, i) => x[row * length + i]);

/** The distance of every transform of a batch from the exact one, at most. */
function worst(plan: GpuFftPlan, x: Float32Array, y: Float32Array, exact: Float64Array): number {
  let most = 0;
  for (let b = 0; b * plan.outputLength < y.length; b++) {
    const [own, other] = [y, exact].map((list) => rowOf(list, b, plan.outputLength));
    most = Math.max(most, norm(own.map((v, i) => v - other[i])) / norm(rowOf(x, b, plan.inputLength)));
  }
  return most;
}

describe.skipIf(!found)('transforms on a GPU', () => {
  const cases: GpuFftOptions[] = [
    { n: 2, input: 'real' },
    { n: 16, batch: 5 },
    { n: 30, input: 'real', batch: 3 },
    { n: 96, inverse: true, norm: 'ortho', batch: 2 },
    { n: 105, input: 'real', inverse: true, batch: 2 },
    { n: 64, input: 'real', batch: 9, lanes: 16 },
    { n: 240, input: 'real', inverse: true },
  ];
  it.each(cases)('%o keeps to its bound', async (options) => {
    const plan = await planGpuFft(device, options);
    const x = numbers(options, plan.inputLength);
    const y = await plan.run(x);
    const bound = boundOf(options, plan);
    expect(bound).toBeLessThan(1e-4);
    expect(worst(plan, x, y, expected(options, x))).toBeLessThan(bound);
    plan.dispose();
    await expect(plan.run(x)).rejects.toThrow('disposed');
  });

  it('transforms one point, and a prime number of points', async () => {
    for (const options of [{ n: 1, batch: 3 }, { n: 37 }] as GpuFftOptions[]) {
      const plan = await planGpuFft(device, options);
      const x = numbers(options, plan.inputLength);
      expect(worst(plan, x, await plan.run(x), expected(options, x))).toBeLessThan(2e-5);
    }
  });

  it.each([
    [{ n: 2080, batch: 2, inverse: true }, [52, 40]],
    // An even number of rows and of columns, an odd one of each, and of both.
    [{ n: 2080, batch: 3, input: 'real' }, [52, 40]],
    [{ n: 2100, batch: 2, input: 'real', inverse: true, norm: 'ortho' }, [42, 50]],
    [{ n: 2310, input: 'real' }, [55, 42]],
    [{ n: 2187, batch: 2, input: 'real' }, [81, 27]],
    [{ n: 2430, input: 'real', inverse: true }, [45, 54]],
  ] as [GpuFftOptions, number[]][])('takes two dispatches above 2048 points: %o', async (options, points) => {
    const plan = await planGpuFft(device, options);
    expect(plan.transforms.map((t) => t.n)).toEqual(points);
    const x = numbers(options, plan.inputLength);
    expect(worst(plan, x, await plan.run(x), expected(options, x))).toBeLessThan(
      1e-6 * (options.inverse ? 1 : Math.sqrt(options.n)),
    );
    plan.dispose();
  });

  it('encodes into the encoder it is given, between buffers of the caller, and submits nothing', async () => {
    const plan = await planGpuFft(device, { n: 8, input: 'real' });
    const { storage, copySource, copyTarget } = bufferUsage;
    const x = numbers({ n: 8, batch: 3 }, 8);
    const offset = 256;
    const input = filledBuffer(device, Float32Array.of(...new Float32Array(offset / 4), ...x), storage);
    const output = device.createBuffer({ size: 3 * 40, usage: storage | copySource });
    const staging = device.createBuffer({ size: 3 * 40, usage: bufferUsage.mapRead | copyTarget });
    const read = async (encoder = device.createCommandEncoder()): Promise<Float32Array> => {
      encoder.copyBufferToBuffer(output, 0, staging, 0, 3 * 40);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(mapRead);
      const numbers = new Float32Array(staging.getMappedRange().slice(0));
      staging.unmap();
      return numbers;
    };
    const encoder = device.createCommandEncoder();
    plan.encode(encoder, { input: { buffer: input, offset }, output, batch: 3 });
    expect(await read()).toEqual(new Float32Array(30));
    const y = await read(encoder);
    const exact = expected({ n: 8, input: 'real', batch: 3 }, x);
    y.forEach((v, i) => expect(Math.abs(v - exact[i])).toBeLessThan(1e-5));
    const refused =
      (ends: object): unknown =>
      () =>
        plan.encode(encoder, { input, output, ...ends });
    expect(refused({ output: staging })).toThrow('output has no usage STORAGE');
    expect(refused({ batch: 4 })).toThrow(
      new InvalidArgumentError('output has 120 bytes; expected at least 160'),
    );
    expect(refused({ input: x })).toThrow('input is no GPU buffer');
    expect(refused({ batch: 0 })).toThrow('batch is 0');
    await expect(plan.run(x)).rejects.toThrow('array has 24 numbers; expected 8');
  });

  it('folds batches of more than 65,535 workgroups over two dimensions', async () => {
    const batch = 65_535 + 8;
    const plan = await planGpuFft(device, { n: 2, input: 'real', batch });
    const x = Float32Array.from({ length: 2 * batch }, (_, i) => (i % 2) + (i >> 1));
    const y = await plan.run(x);
    const wrong = Array.from({ length: batch }, (_, b) => b).filter(
      (b) => y[4 * b] !== 2 * b + 1 || y[4 * b + 2] !== -1,
    );
    expect(wrong).toEqual([]);
  });

  it('says which limit a device lacks', async () => {
    const poor = new Proxy(device, {
      get: (target, key) => {
        if (key === 'limits') return { ...limitsOf(target), maxComputeWorkgroupStorageSize: 1000 };
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(planGpuFft(poor, { n: 512 })).rejects.toThrow(UnsupportedError);
    await expect(planGpuFft(poor, { n: 512 })).rejects.toThrow('maxComputeWorkgroupStorageSize');
    await expect(planGpuFft(device, { n: 4099 })).rejects.toThrow(
      'n = 4099 on webgpu; expected at most 2048 points',
    );
    await expect(planGpuFft(device, { n: 8, input: 'half' as 'real' })).rejects.toThrow('input is "half"');
    await expect(planGpuFft({} as TestDevice, { n: 8 })).rejects.toThrow(
      'device is an object; expected a GPUDevice',
    );
  });

  it('throws DeviceLostError once its device is lost; a new device serves', async () => {
    const doomed = (await gpuDevice())!;
    const plan = await planGpuFft(doomed, { n: 4 });
    const x = [1, 0, 0, 0, 0, 0, 0, 0];
    const flat = Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0);
    expect(await plan.run(x)).toEqual(flat);
    doomed.destroy();
    await expect(plan.run(x)).rejects.toThrow(DeviceLostError);
    await doomed.lost;
    await Promise.resolve();
    expect(() => plan.encode(device.createCommandEncoder(), {} as never)).toThrow('input is no GPU buffer');
    await expect(planGpuFft(doomed, { n: 4 })).rejects.toThrow(/the GPU device is lost \(destroyed/);
    expect(await (await planGpuFft(device, { n: 4 })).run(x)).toEqual(flat);
  });
});

const limitsOf = ({ limits }: TestDevice): object => ({
  maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
  maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
  maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
  maxBufferSize: limits.maxBufferSize,
});

describe('half spectra', () => {
  it('are stored by the rows that have no mirrors in another one', async () => {
    const guardOf = async (n: number): Promise<string | undefined> => {
      const { report } = await planGpuFft(blankDevice, { n, input: 'real' });
      return /else if \(!\((.*?)\)\)/.exec(report.code[1])?.[1];
    };
    // 52 x 40 and 55 x 42: the bins of row 26 of 52 mirror each other, as those of row 0 do.
    expect([await guardOf(2080), await guardOf(2310)]).toEqual(['row == 0 || row == 26', 'row == 0']);
  });
});

describe('chains for a GPU', () => {
  it('have few stages of small radices', () => {
    const radices = (n: number): unknown => gpuChain(n)?.radices;
    expect([1, 7, 32, 256, 400, 512, 1024, 2048].map(radices)).toEqual([
      [],
      [7],
      [32],
      [16, 16],
      [20, 20],
      [32, 16],
      [32, 32],
      [16, 16, 8],
    ]);
    expect(gpuChain(37)).toBeNull();
  });
});
