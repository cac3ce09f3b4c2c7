/** What a choice says, keeps and lets go of, on clocks that tests set. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { choiceOf, chosen, lineOf, type AutoTimes } from '../../src/plans/auto.ts';
import { planAutoFft } from '../../src/plans/auto-fft.ts';
import type { GpuBuffer, GpuDevice, GpuEncoder } from '../../src/webgpu.ts';
import { blankDevice } from '../gpu.ts';

afterEach(() => vi.restoreAllMocks());

/** Times of a host, and of a GPU. */
const lines = (call: number, each: number, gpuCall: number, gpuEach: number): AutoTimes => ({
  host: { call, each },
  gpu: { call: gpuCall, each: gpuEach },
});

describe('what is said', () => {
  it.each([
    [lines(1, 1, 5, 0.5), 'from 9 on'],
    [lines(1, 1, 6, 0.5), 'from 11 on'],
    [lines(5, 1, 1, 0.5), 'from 1 on'],
    [lines(5, 1, 1, 1.5), 'up to 7'],
    [lines(5, 1, 1, 2.6), 'up to 2'],
    [lines(5, 1, 1, 9), 'for no number of them'],
    [lines(5, 1, 1, 1), 'for any number of them'],
    [lines(1, 1, 1, 1), 'for no number of them'],
    [lines(1, 1, 5, 2), 'for no number of them'],
  ])('is what is chosen: %o %s', (times, range) => {
    const [, kind, limit = '0'] = /^(from|up to|for any|for no)(?: (\d+))?/.exec(range)!;
    for (let count = 1; count < 20; count++) {
      const { webgpu, reason } = choiceOf(times, count, 'x');
      expect(reason.endsWith(`webgpu is ahead ${range}`), reason).toBe(true);
      const said = { from: count >= +limit, 'up to': count <= +limit, 'for any': true, 'for no': false }[
        kind
      ];
      expect(webgpu, `${count}`).toBe(said);
    }
  });
});

describe('what is timed', () => {
  it('is one count where one is long enough, and no more runs than are needed', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const counts: number[] = [];
    const run = async (count: number): Promise<void> => {
      counts.push(count);
      now += 30 + count;
    };
    expect(await lineOf(run, 1, 11)).toEqual({ call: 30, each: 1 });
    counts.length = 0;
    expect(await lineOf(run, 1, 1)).toEqual({ call: 0, each: 31 });
    // One to warm, and 31 ms four times.
    expect(counts).toEqual([1, 1, 1, 1, 1]);
  });
});

interface Counted {
  disposed: number;
  dispose(): void;
}
const counted = (): Counted => ({
  disposed: 0,
  dispose() {
    this.disposed++;
  },
});

describe('what is kept', () => {
  const fast = lines(5, 1, 1, 0.5);
  const ask = (
    device: GpuDevice | null,
    key: string | object,
    times: () => Promise<AutoTimes>,
  ): { host: Counted; gpu: Counted; choice: ReturnType<typeof chosen<Counted, Counted>> } => {
    const [host, gpu] = [counted(), counted()];
    const question = { count: 4, what: 'x', key, host, plan: () => Promise.resolve(gpu), times };
    return { host, gpu, choice: chosen(device, question) };
  };

  it('is the plan that is faster; the other one is disposed', async () => {
    const won = ask({ ...blankDevice }, 'a', () => Promise.resolve(fast));
    expect((await won.choice).plan).toEqual({ gpu: won.gpu });
    expect([won.host.disposed, won.gpu.disposed]).toEqual([1, 0]);
    const lost = ask({ ...blankDevice }, 'a', () => Promise.resolve(lines(1, 0.5, 5, 1)));
    expect((await lost.choice).plan).toEqual({ host: lost.host });
    expect([lost.host.disposed, lost.gpu.disposed]).toEqual([0, 1]);
  });
  it.each(['a', { head: 1 }])('is what was timed of %o, unless it failed: then nothing is', async (key) => {
    const device = { ...blankDevice };
    const failed = ask(device, key, () => Promise.reject(new InvalidArgumentError('no time')));
    await expect(failed.choice).rejects.toThrow('no time');
    expect([failed.host.disposed, failed.gpu.disposed]).toEqual([1, 1]);
    const times = vi.fn(() => Promise.resolve(fast));
    for (let i = 0; i < 2; i++) await ask(device, key, times).choice;
    expect(times).toHaveBeenCalledTimes(1);
  });
  it('is no host plan where the device is none', async () => {
    const wrong = ask({} as GpuDevice, 'a', () => Promise.resolve(fast));
    await expect(wrong.choice).rejects.toThrow('expected a GPUDevice');
    expect(wrong.host.disposed).toBe(1);
  });
});

/** A device whose numbers take so many milliseconds to come back, on a clock that stands still otherwise; `live` are its buffers. */
function slowDevice(back: (buffer: GpuBuffer) => number): { device: GpuDevice; live: Set<GpuBuffer> } {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 0.5));
  const live = new Set<GpuBuffer>();
  const nothing = (): undefined => undefined;
  const encoder = {
    beginComputePass: () => ({
      setPipeline: nothing,
      setBindGroup: nothing,
      dispatchWorkgroups: nothing,
      end: nothing,
    }),
    copyBufferToBuffer: nothing,
    finish: () => ({}),
  } as GpuEncoder;
  const device: GpuDevice = {
    ...blankDevice,
    createCommandEncoder: () => encoder,
    createBuffer: (descriptor) => {
      const buffer: GpuBuffer = {
        ...blankDevice.createBuffer(descriptor),
        mapAsync: async () => void (now += back(buffer)),
        destroy: () => void live.delete(buffer),
      };
      live.add(buffer);
      return buffer;
    },
  };
  return { device, live };
}

describe('a device', () => {
  it('wins where its numbers are back at once, and is timed by itself', async () => {
    // Half a millisecond passes between two looks at the clock; the device takes a quarter of one from it.
    const { device, live } = slowDevice(() => -0.25);
    const plan = await planAutoFft(device, { n: 16, batch: 3 });
    expect(plan.backend).toBe('webgpu');
    expect(plan.reason).toContain('0.25 ms by webgpu, 0.5 ms without');
    plan.dispose();
    expect(live.size).toBe(0);
  });
  it('loses where they take long, and has none of its memory left', async () => {
    const { device, live } = slowDevice(({ size }) => size / 1024);
    const plan = await planAutoFft(device, { n: 16 });
    expect(plan.backend).toBe('wasm');
    expect(plan.reason).toContain('0.63 ms by webgpu, 0.5 ms without');
    expect(live.size).toBe(0);
    plan.dispose();
  });
  it('that fails has none left either, and is asked again', async () => {
    let fails = true;
    const { device, live } = slowDevice(() => {
      if (fails) throw new InvalidArgumentError('not now');
      return 1;
    });
    const options = { n: 16, batch: 2 };
    await expect(planAutoFft(device, options)).rejects.toThrow('not now');
    expect(live.size).toBe(0);
    fails = false;
    expect((await planAutoFft(device, options)).reason).toContain('measured on this device');
  });
});
