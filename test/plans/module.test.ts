/** Transforms written ahead of time: the module of a plan computes what the plan computes. */
import { describe, expect, it } from 'vitest';
import { planFftSync, type PlanOptions } from '../../src/plans/plan.ts';
import { fftLoader, fftModule, fftWasm } from '../../src/plans/module.ts';
import { distance, gaussian } from '../helpers.ts';

type Ends = Record<'re' | 'im' | 'interleaved', Float64Array | undefined>;
interface Kernel {
  readonly input: Ends;
  readonly output: Ends;
  run(): void;
}

const imported = async (text: string): Promise<Record<string, (...args: unknown[]) => unknown>> =>
  (await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as Record<
    string,
    (...args: unknown[]) => unknown
  >;

const cases: PlanOptions<'planar' | 'interleaved'>[] = [
  { n: 1 },
  { n: 8 },
  { n: 37 },
  { n: 400, norm: 'ortho' },
  { n: 64, inverse: true, batch: 3 },
  { n: 60, input: 'real', batch: 2 },
  { n: 60, input: 'real', inverse: true },
  { n: 15, input: 'real' },
  { n: 20, layout: 'interleaved', batch: 2 },
];

const asF32 = (x: Float64Array | undefined, from: Float64Array): void => x?.set(Float32Array.from(from));

function compare(kernel: Kernel, options: PlanOptions<'planar' | 'interleaved'>): void {
  const plan = planFftSync({ ...options, dtype: 'f64' }) as unknown as Kernel;
  for (const name of ['re', 'im', 'interleaved'] as const) {
    const x = plan.input[name];
    if (!x || (name === 'interleaved' && plan.input.re)) continue;
    x.set(gaussian(x.length, 3));
    kernel.input[name]?.set(x);
  }
  plan.run();
  kernel.run();
  for (const name of ['re', 'im', 'interleaved'] as const) {
    const want = plan.output[name];
    if (!want || (name === 'interleaved' && plan.output.re)) continue;
    const got = kernel.output[name] as Float64Array;
    expect(got.length).toBe(want.length);
    if (want.some((x) => x !== 0)) expect(distance(got, want), JSON.stringify(options)).toBeLessThan(1e-14);
  }
}

describe('modules written ahead of time', () => {
  it.each(cases.map((c): [string, typeof c] => [JSON.stringify(c), c]))(
    'ES module of %s',
    async (_, options) => {
      const text = fftModule({ ...options, dtype: 'f64' });
      expect(text).not.toMatch(/new Function|WebAssembly|eval/);
      const { create } = await imported(text);
      compare(create() as Kernel, options);
      // Two instances do not share memory.
      const [a, b] = [create() as Kernel, create() as Kernel];
      expect(Object.values(a.input)[0]?.buffer).not.toBe(Object.values(b.input)[0]?.buffer);
    },
  );
  it.each(cases.map((c): [string, typeof c] => [JSON.stringify(c), c]))(
    'ES module and WebAssembly of %s have the same bits in f32',
    async (_, options) => {
      const { create } = await imported(fftModule(options));
      const { load } = await imported(fftLoader);
      const [plain, wasm] = [create() as Kernel, (await load(fftWasm(options))) as Kernel];
      for (const [name, x] of Object.entries(wasm.input) as ['re' | 'im', Float64Array][]) {
        const noise = gaussian(x.length, 7);
        asF32(x, noise);
        asF32(plain.input[name], noise);
      }
      plain.run();
      wasm.run();
      for (const [name, want] of Object.entries(wasm.output) as ['re' | 'im', Float64Array][])
        expect(plain.output[name], name).toEqual(want);
    },
  );
  it.each(cases.map((c): [string, typeof c] => [JSON.stringify(c), c]))(
    'WebAssembly of %s',
    async (_, options) => {
      const { load } = await imported(fftLoader);
      compare((await load(fftWasm({ ...options, dtype: 'f64' }))) as Kernel, options);
    },
  );
});
