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

/** What timings are of: words, or an object, which they do not keep. */
type Key = string | object;

/** Timings on a device, by what they are of. */
class Timings {
  private readonly byName = new Map<string, Promise<AutoTimes>>();
  private readonly byObject = new WeakMap<object, Promise<AutoTimes>>();

  /** Those that are known, or made now; those that failed are not kept. */
  of(key: Key, make: () => Promise<AutoTimes>): Promise<AutoTimes> {
    return typeof key === 'string' ? known(this.byName, key, make) : known(this.byObject, key, make);
  }
}

interface Store<K> {
  get(key: K): Promise<AutoTimes> | undefined;
  set(key: K, value: Promise<AutoTimes>): unknown;
  delete(key: K): unknown;
}

function known<K>(store: Store<K>, key: K, make: () => Promise<AutoTimes>): Promise<AutoTimes> {
  const own = store.get(key) ?? make();
  store.set(key, own);
  own.catch(() => store.delete(key));
  return own;
}

const measured = /* @__PURE__ */ new WeakMap<GpuDevice, Timings>();

function timingsOn(device: GpuDevice): Timings {
  const own = measured.get(device) ?? new Timings();
  measured.set(device, own);
  return own;
}

const timedRuns = 5;

/** Milliseconds after which no further run is timed. */
const longEnough = 100;

/** A call with so many. */
export type Run = (count: number) => Promise<unknown>;

async function leastOf(run: Run, count: number): Promise<number> {
  let [least, sum] = [Infinity, 0];
  await run(count);
  for (let i = 0; i < timedRuns && sum < longEnough; i++) {
    const begun = performance.now();
    await run(count);
    const time = performance.now() - begun;
    sum += time;
    least = Math.min(least, time);
  }
  return least;
}

/** The line through the least times of two counts; of one count, which is long enough, the line through it and 0. */
export async function lineOf(run: Run, few: number, many: number): Promise<Line> {
  const long = await leastOf(run, many);
  if (few === many) return { call: 0, each: long / many };
  const short = await leastOf(run, few);
  const each = Math.max(0, (long - short) / (many - few));
  return { each, call: Math.max(0, short - each * few) };
}

const ms = (x: number): string => `${Number(x.toPrecision(2))} ms`;

const timeOf = ({ call, each }: Line, count: number): number => call + each * count;

const isAhead = ({ host, gpu }: AutoTimes, count: number): boolean =>
  timeOf(gpu, count) < timeOf(host, count);

/** For which numbers webgpu is ahead, in words. */
function rangeOf(times: AutoTimes): string {
  const { host, gpu } = times;
  const crossing = (gpu.call - host.call) / (host.each - gpu.each);
  if (host.each > gpu.each) {
    const first = Math.max(1, Math.ceil(crossing));
    return `from ${isAhead(times, first) ? first : first + 1} on`;
  }
  if (gpu.call >= host.call) return 'for no number of them';
  if (host.each === gpu.each) return 'for any number of them';
  const last = Math.floor(crossing);
  const most = isAhead(times, last) ? last : last - 1;
  return most < 1 ? 'for no number of them' : `up to ${most}`;
}

/** Which of two is faster for so many, and why; `what` says of how many of what. */
export function choiceOf(times: AutoTimes, count: number, what: string): { webgpu: boolean; reason: string } {
  const [here, there] = [times.host, times.gpu].map((line) => ms(timeOf(line, count)));
  return {
    webgpu: isAhead(times, count),
    reason: `${what} from array to array: ${there} by webgpu, ${here} without, measured on this device; webgpu is ahead ${rangeOf(times)}`,
  };
}

/** What lets go of its memory. */
interface Disposable {
  dispose(): void;
}

/** What is to be chosen for. */
interface Question<H, P> {
  readonly count: number;
  readonly what: string;
  /** Equal ones have the same timings. */
  readonly key: Key;
  readonly host: H;
  readonly plan: (device: GpuDevice) => Promise<P>;
  readonly times: (plan: P, device: GpuDevice) => Promise<AutoTimes>;
}

/** The plan on a device that serves and is faster, or why there is none. */
async function onDevice<H, P extends Disposable>(
  device: GpuDevice | null,
  { count, what, key, plan, times }: Question<H, P>,
): Promise<{ gpu: P | null; reason: string }> {
  if (!device) return { gpu: null, reason: 'there is no GPU device' };
  checkDevice(device);
  if (isProcessor(device))
    return { gpu: null, reason: 'the adapter of the device is software: it computes on the processor' };
  let made: P | null = null;
  let taken = false;
  try {
    const gpu = await plan(device);
    made = gpu;
    const { webgpu, reason } = choiceOf(
      await timingsOn(device).of(key, () => times(gpu, device)),
      count,
      what,
    );
    taken = webgpu;
    return { gpu: webgpu ? gpu : null, reason };
  } catch (error) {
    if (error instanceof UnsupportedError) return { gpu: null, reason: error.message };
    throw error;
  } finally {
    if (!taken) made?.dispose();
  }
}

/** The plan on a device, where the device serves and is faster, otherwise that of the host; and why. The other one is disposed, both on an error. */
export async function chosen<H extends Disposable, P extends Disposable>(
  device: GpuDevice | null,
  question: Question<H, P>,
): Promise<{ plan: { gpu: P } | { host: H }; reason: string }> {
  const { host } = question;
  let taken = false;
  try {
    const { gpu, reason } = await onDevice(device, question);
    taken = !gpu;
    return { plan: gpu ? { gpu } : { host }, reason };
  } finally {
    if (!taken) host.dispose();
  }
}
