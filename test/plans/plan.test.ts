import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError, UnsupportedError } from '../../src/errors.ts';
import { dft } from '../../src/numeric/dft.ts';
import { backendByName, exactRadices, planFft, planFftSync, type PlanOptions } from '../../src/plans/plan.ts';
import { fft, ifft, irfft, rfft, stft } from '../../src/plans/fft.ts';
import { distance, gaussian } from '../helpers.ts';

const sizes = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const epsilon = { f32: 2 ** -23, f64: 2 ** -52 } as const;

describe('plans', () => {
  it.each(sizes)('n = %i: every kind and dtype within 1.0 eps sqrt(log2 n) of the DFT', (n) => {
    const x = { re: gaussian(n, 1), im: gaussian(n, 2) };
    const forward = dft(x);
    const inverse = dft(x, { inverse: true });
    const real = dft({ re: x.re, im: new Float64Array(n) });
    const bins = n / 2 + 1;
    for (const dtype of ['f32', 'f64'] as const)
      for (const backend of n <= 512 ? (['wasm', 'js'] as const) : (['wasm'] as const)) {
        const bound = epsilon[dtype] * Math.sqrt(Math.log2(n));
        const run = (options: Partial<PlanOptions>, re: Float64Array, im?: Float64Array) => {
          const plan = planFftSync({ n, dtype, backend, ...options });
          plan.input.re.set(re);
          if (im) plan.input.im?.set(im);
          plan.run();
          return plan.output;
        };
        const f = run({}, x.re, x.im);
        expect(distance([...f.re, ...(f.im as Float32Array)], [...forward.re, ...forward.im])).toBeLessThan(
          bound,
        );
        const i = run({ inverse: true }, x.re, x.im);
        expect(distance([...i.re, ...(i.im as Float32Array)], [...inverse.re, ...inverse.im])).toBeLessThan(
          bound,
        );
        const r = run({ input: 'real' }, x.re);
        expect(r.re.length).toBe(bins);
        expect(
          distance(
            [...r.re, ...(r.im as Float32Array)],
            [...real.re.slice(0, bins), ...real.im.slice(0, bins)],
          ),
        ).toBeLessThan(bound);
        const back = run({ input: 'real', inverse: true }, real.re.slice(0, bins), real.im.slice(0, bins));
        expect(back.im).toBeUndefined();
        // The input, rounded to the dtype, adds its own half ulp.
        expect(distance(back.re, x.re)).toBeLessThan(2 * bound);
      }
  });

  it('batches are rows', () => {
    const [n, batch] = [32, 5];
    for (const kind of ['complex', 'real'] as const) {
      const plan = planFftSync({ n, batch, input: kind, dtype: 'f64' });
      const single = planFftSync({ n, input: kind, dtype: 'f64' });
      const x = gaussian(n * batch, 4);
      plan.input.re.set(x);
      plan.run();
      const bins = plan.output.re.length / batch;
      for (let row = 0; row < batch; row++) {
        single.input.re.set(x.slice(row * n, (row + 1) * n));
        single.run();
        expect(plan.output.re.slice(row * bins, (row + 1) * bins)).toEqual(single.output.re);
        expect(plan.output.im?.slice(row * bins, (row + 1) * bins)).toEqual(single.output.im);
      }
    }
  });

  it('a run leaves the input alone and repeats', () => {
    const plan = planFftSync({ n: 64 });
    const x = Float32Array.from(gaussian(64, 5));
    plan.input.re.set(x);
    plan.run();
    const first = plan.output.re.slice();
    plan.run();
    expect(plan.input.re).toEqual(x);
    expect(plan.output.re).toEqual(first);
  });

  it('says what it is', async () => {
    const plan = await planFft({ n: 512 });
    expect(plan.report).toMatchObject({ backend: 'wasm', simd: 4 });
    expect(plan.report.mul).toBeGreaterThan(0);
    expect(exactRadices(512)).toEqual([8, 4, 4, 4]);
    plan.dispose();
    expect(() => plan.run()).toThrow(InvalidArgumentError);
  });

  it.each([0, -4, 2.5, NaN, Infinity, '8' as unknown as number])('n = %s is an InvalidArgumentError', (n) => {
    expect(() => planFftSync({ n })).toThrow(InvalidArgumentError);
  });
  it.each([1, 2, 3, 100, 8192])('n = %i is an UnsupportedError', (n) => {
    expect(() => planFftSync({ n })).toThrow(UnsupportedError);
  });
  it('other impossible options are named', () => {
    const bad: [Record<string, unknown>, RegExp][] = [
      [{ batch: 0 }, /batch is 0/],
      [{ dtype: 'f16' }, /dtype is "f16"; expected f32, f64/],
      [{ input: 'planar' }, /input is "planar"/],
      [{ norm: 'none' }, /norm is "none"/],
      [{ backend: 'gpu' }, /backend is "gpu"; expected reference, js, wasm/],
    ];
    for (const [options, message] of bad)
      expect(() => planFftSync({ n: 8, ...options } as PlanOptions)).toThrow(message);
    expect(() => backendByName('toString')).toThrow(InvalidArgumentError);
  });
});

describe('one-call transforms', () => {
  it('invert each other for every norm', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 8, 64, 256),
        fc.constantFrom('backward' as const, 'ortho' as const, 'forward' as const),
        fc.nat(1000),
        (n, norm, seed) => {
          const x = { re: gaussian(n, 1, seed), im: gaussian(n, 2, seed) };
          expect(distance(ifft(fft(x, norm), norm).im, x.im)).toBeLessThan(1e-14);
          expect(distance(irfft(rfft(x.re, norm), norm), x.re)).toBeLessThan(1e-14);
          expect(distance(fft(x, norm).re, dft(x, { norm }).re)).toBeLessThan(1e-14);
        },
      ),
    );
  });
  it('refuse unequal parts and impossible hops', () => {
    expect(() => fft({ re: new Float64Array(8), im: new Float64Array(4) })).toThrow(InvalidArgumentError);
    expect(() => irfft({ re: new Float64Array(5), im: new Float64Array(4) })).toThrow(InvalidArgumentError);
    expect(() => stft(new Float64Array(10), new Float64Array(4), 0)).toThrow(InvalidArgumentError);
    expect(stft(new Float64Array(3), new Float64Array(4), 1).frames).toBe(0);
  });
});
