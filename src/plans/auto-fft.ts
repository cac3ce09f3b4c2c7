/** Transforms of arrays by WebAssembly or by WebGPU, whichever is faster on this machine. */
import { UnsupportedError } from '../errors.ts';
import type { GpuDevice } from '../backends/webgpu/gpu.ts';
import { checkOptions } from '../options.ts';
import { fftOptions, planGpuFft, type GpuFftOptions, type GpuFftPlan } from './gpu-fft.ts';
import { ArrayRuns, checkDevice, isProcessor, numbersOf } from './gpu-plan.ts';
import { planFftSync } from './plan.ts';

/** A transform of arrays, where it was thought faster. */
export interface AutoFftPlan {
  /** webgpu, or the backend that `planFft` chooses: wasm, or js where there is no WebAssembly. */
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

/** Milliseconds of a call, and of each transform in it. */
interface Line {
  readonly call: number;
  readonly each: number;
}

/** What was measured of a transform. */
interface AutoTimes {
  readonly host: Line;
  readonly gpu: Line;
}

/** Timings of a transform on a device, by the options that they depend on. */
const measured = /* @__PURE__ */ new WeakMap<GpuDevice, Map<string, Promise<AutoTimes>>>();

/** Points that the longer of the two timed calls transforms. */
const timedPoints = 2 ** 17;
const timedRuns = 5;

type Run = (batch: number) => Promise<unknown>;

async function leastOf(run: Run, batch: number): Promise<number> {
  let least = Infinity;
  await run(batch);
  for (let i = 0; i < timedRuns; i++) {
    const begun = performance.now();
    await run(batch);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

async function lineOf(run: Run, most: number): Promise<Line> {
  const [one, many] = [await leastOf(run, 1), await leastOf(run, most)];
  const each = Math.max(0, (many - one) / (most - 1));
  return { each, call: Math.max(0, one - each) };
}

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

async function timesOf(gpu: GpuFftPlan, device: GpuDevice, options: GpuFftOptions): Promise<AutoTimes> {
  const most = Math.max(2, Math.ceil(timedPoints / options.n));
  const numbers = new Float32Array(most * gpu.inputLength).fill(1);
  const some = (batch: number): Float32Array => numbers.subarray(0, batch * gpu.inputLength);
  const arrays = new ArrayRuns(device);
  const onGpu: Run = (batch) =>
    arrays.run(some(batch), batch * gpu.outputLength, (encoder, input, output) =>
      gpu.encode(encoder, { input, output, batch }),
    );
  const [one, many] = [1, most].map((batch) => hostOf({ ...options, batch }));
  const onHost: Run = (batch) => (batch === 1 ? one : many).run(some(batch));
  const times = { host: await lineOf(onHost, most), gpu: await lineOf(onGpu, most) };
  arrays.dispose();
  for (const plan of [one, many]) plan.dispose();
  return times;
}

const ms = (x: number): string => `${Number(x.toPrecision(2))} ms`;

/** Which of two is faster for so many transforms, and why. */
export function choiceOf(
  { host, gpu }: AutoTimes,
  { n, batch = 1 }: GpuFftOptions,
): { webgpu: boolean; reason: string } {
  const [here, there] = [host, gpu].map(({ call, each }) => call + each * batch);
  const crossing = Math.max(1, Math.ceil((gpu.call - host.call) / (host.each - gpu.each)));
  const from = host.each > gpu.each ? `from ${crossing} on` : 'for no number of them';
  return {
    webgpu: there < here,
    reason: `${batch} x ${n} points from array to array: ${ms(there)} by webgpu, ${ms(here)} without, measured on this device; webgpu is ahead ${from}`,
  };
}

/** Does a device serve, and is it faster? */
async function onDevice(
  device: GpuDevice | null,
  options: GpuFftOptions,
): Promise<{ gpu: GpuFftPlan | null; reason: string }> {
  if (!device) return { gpu: null, reason: 'there is no GPU device' };
  checkDevice(device);
  if (isProcessor(device))
    return { gpu: null, reason: 'the adapter of the device is software: it computes on the processor' };
  try {
    const gpu = await planGpuFft(device, options);
    const known = measured.get(device) ?? new Map<string, Promise<AutoTimes>>();
    measured.set(device, known);
    const { n, input = 'complex', inverse = false, lanes = 0 } = options;
    const key = [n, input, inverse, lanes].join();
    const times = known.get(key) ?? timesOf(gpu, device, options);
    known.set(key, times);
    times.catch(() => known.delete(key));
    const { webgpu, reason } = choiceOf(await times, options);
    if (!webgpu) gpu.dispose();
    return { gpu: webgpu ? gpu : null, reason };
  } catch (error) {
    if (error instanceof UnsupportedError) return { gpu: null, reason: error.message };
    throw error;
  }
}

/**
 * Plans exact transforms of arrays on a device or without it, whichever was faster: timed once per device, size and kind (upload and
 * read-back included: numbers that stay on the GPU have `planGpuFft`). Software adapters are never chosen; null: no device. Float32.
 * Throws InvalidArgumentError for impossible options, DeviceLostError.
 */
export async function planAutoFft(device: GpuDevice | null, options: GpuFftOptions): Promise<AutoFftPlan> {
  checkOptions('planAutoFft', options, fftOptions);
  const { gpu, reason } = await onDevice(device, options);
  if (!gpu) return { ...hostOf(options), reason };
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
