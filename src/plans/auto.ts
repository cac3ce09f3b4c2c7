/** A choice between WebAssembly and WebGPU by what both were measured at on this machine. */
import { UnsupportedError } from '../errors.ts';
import type { GpuDevice } from '../backends/webgpu/gpu.ts';
import { checkDevice, isProcessor } from './gpu-plan.ts';

/** Milliseconds of a call, and of each of what is counted in it. */
interface Line {
  readonly call: number;
  readonly each: number;
}

/** What was measured of a transform or a front end. */
export interface AutoTimes {
  readonly host: Line;
  readonly gpu: Line;
}

/** Timings on a device, by what they are of. */
const measured = /* @__PURE__ */ new WeakMap<GpuDevice, Map<unknown, Promise<AutoTimes>>>();

const timedRuns = 5;

/** A call with so many. */
export type Run = (count: number) => Promise<unknown>;

async function leastOf(run: Run, count: number): Promise<number> {
  let least = Infinity;
  await run(count);
  for (let i = 0; i < timedRuns; i++) {
    const begun = performance.now();
    await run(count);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

/** The line through the least times of two counts. */
export async function lineOf(run: Run, few: number, many: number): Promise<Line> {
  const [short, long] = [await leastOf(run, few), await leastOf(run, many)];
  const each = Math.max(0, (long - short) / (many - few));
  return { each, call: Math.max(0, short - each * few) };
}

const ms = (x: number): string => `${Number(x.toPrecision(2))} ms`;

/** Which of two is faster for so many, and why; `what` says of how many of what. */
export function choiceOf(
  { host, gpu }: AutoTimes,
  count: number,
  what: string,
): { webgpu: boolean; reason: string } {
  const [here, there] = [host, gpu].map(({ call, each }) => call + each * count);
  const crossing = Math.max(1, Math.ceil((gpu.call - host.call) / (host.each - gpu.each)));
  const from = host.each > gpu.each ? `from ${crossing} on` : 'for no number of them';
  return {
    webgpu: there < here,
    reason: `${what} from array to array: ${ms(there)} by webgpu, ${ms(here)} without, measured on this device; webgpu is ahead ${from}`,
  };
}

/** What is to be chosen for. */
interface Question<P> {
  readonly count: number;
  readonly what: string;
  /** Equal ones have the same timings. */
  readonly key: unknown;
  readonly plan: (device: GpuDevice) => Promise<P>;
  readonly times: (plan: P, device: GpuDevice) => Promise<AutoTimes>;
}

/** The plan on a device, where the device serves and is faster; and why, or why not. */
export async function onDevice<P extends { dispose(): void }>(
  device: GpuDevice | null,
  { count, what, key, plan, times }: Question<P>,
): Promise<{ gpu: P | null; reason: string }> {
  if (!device) return { gpu: null, reason: 'there is no GPU device' };
  checkDevice(device);
  if (isProcessor(device))
    return { gpu: null, reason: 'the adapter of the device is software: it computes on the processor' };
  try {
    const gpu = await plan(device);
    const known = measured.get(device) ?? new Map<unknown, Promise<AutoTimes>>();
    measured.set(device, known);
    const own = known.get(key) ?? times(gpu, device);
    known.set(key, own);
    own.catch(() => known.delete(key));
    const { webgpu, reason } = choiceOf(await own, count, what);
    if (!webgpu) gpu.dispose();
    return { gpu: webgpu ? gpu : null, reason };
  } catch (error) {
    if (error instanceof UnsupportedError) return { gpu: null, reason: error.message };
    throw error;
  }
}
