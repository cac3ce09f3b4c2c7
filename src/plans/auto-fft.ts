/** Transforms of arrays by WebAssembly or by WebGPU, whichever is faster on this machine. */
import type { GpuDevice } from '../backends/webgpu/gpu.ts';
import { checkOptions } from '../options.ts';
import { fftOptions, planGpuFft, type GpuFftOptions, type GpuFftPlan } from './gpu-fft.ts';
import { chosen, lineOf, type AutoTimes, type Run } from './auto.ts';
import { ArrayRuns, numbersOf } from './gpu-plan.ts';
import { planFftSync } from './plan.ts';

/** A transform of arrays, where it was thought faster. */
export interface AutoFftPlan {
  /** webgpu, or the backend that `planFft` chooses: wasm, where this scope allows it. */
  readonly backend: string;
  /** Why, in one sentence, with what was measured. */
  readonly reason: string;
  /** Numbers of one transform. */
  readonly inputLength: number;
  readonly outputLength: number;
  /** Transforms an array of `batch` transforms, as `planGpuFft` has them. Throws as `planGpuFft`'s run does. */
  run(array: ArrayLike<number>): Promise<Float32Array>;
  /** Lets go of the plan's memory; used afterwards it throws. */
  dispose(): void;
}

/** Points that the longer of the two timed calls transforms; a transform of as many is timed alone. */
const timedPoints = 2 ** 17;

/** A host plan as a function of arrays. */
function hostOf({ lanes: _, ...options }: GpuFftOptions): AutoFftPlan {
  const plan = planFftSync({ ...options, layout: 'interleaved', dtype: 'f32' });
  const { batch = 1 } = options;
  const [from, to] = [plan.input.interleaved, plan.output.interleaved];
  return {
    backend: plan.report.backend,
    reason: '',
    inputLength: from.length / batch,
    outputLength: to.length / batch,
    run: async (array) => {
      from.set(numbersOf('array', array, from.length));
      plan.run();
      return Float32Array.from(to);
    },
    dispose: () => plan.dispose(),
  };
}

/** Times of one transform and of many, or of one that is long enough; the host plan serves for as many as it was made for. */
async function timesOf(
  gpu: GpuFftPlan,
  host: AutoFftPlan,
  device: GpuDevice,
  options: GpuFftOptions,
): Promise<AutoTimes> {
  const most = Math.ceil(timedPoints / options.n);
  const numbers = new Float32Array(most * gpu.inputLength).fill(1);
  const some = (batch: number): Float32Array => numbers.subarray(0, batch * gpu.inputLength);
  const arrays = new ArrayRuns(device);
  const onGpu: Run = (batch) =>
    arrays.run(some(batch), batch * gpu.outputLength, (encoder, input, output) =>
      gpu.encode(encoder, { input, output, batch }),
    );
  const others = new Map<number, AutoFftPlan>();
  const hostFor = (batch: number): AutoFftPlan => {
    if (batch === (options.batch ?? 1)) return host;
    const plan = others.get(batch) ?? hostOf({ ...options, batch });
    others.set(batch, plan);
    return plan;
  };
  try {
    return {
      host: await lineOf((batch) => hostFor(batch).run(some(batch)), 1, most),
      gpu: await lineOf(onGpu, 1, most),
    };
  } finally {
    arrays.dispose();
    for (const plan of others.values()) plan.dispose();
  }
}

/**
 * Plans exact transforms of arrays on a device or without it, whichever was faster: timed once per device, size and kind (upload and
 * read-back included: numbers that stay on the GPU have `planGpuFft`). Software adapters are never chosen; null: no device. Float32.
 * Throws InvalidArgumentError for impossible options, DeviceLostError.
 */
export async function planAutoFft(device: GpuDevice | null, options: GpuFftOptions): Promise<AutoFftPlan> {
  checkOptions('planAutoFft', options, fftOptions);
  const { n, batch = 1, input = 'complex', inverse = false, lanes = 0 } = options;
  const host = hostOf(options);
  const { plan, reason } = await chosen(device, {
    count: batch,
    what: `${batch} x ${n} points`,
    key: [n, input, inverse, lanes].join(),
    host,
    plan: (own) => planGpuFft(own, options),
    times: (gpu, own) => timesOf(gpu, host, own, options),
  });
  if ('host' in plan) return { ...host, reason };
  const { gpu } = plan;
  const { inputLength, outputLength } = gpu;
  return {
    backend: 'webgpu',
    reason,
    inputLength,
    outputLength,
    run: (array) => gpu.run(array),
    dispose: () => gpu.dispose(),
  };
}
