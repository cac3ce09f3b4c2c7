import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError, UnsupportedError } from '../../src/errors.ts';
import { rootTable } from '../../src/numeric/twiddle.ts';
import { dft } from '../../src/numeric/dft.ts';
import { describePlan, exactNetwork, planFft, planFftSync, type PlanOptions } from '../../src/plans/plan.ts';
import { backendByName } from '../../src/plans/compiled.ts';
import { convolutionLength, exactRadices } from '../../src/plans/strategy.ts';
import { fft, ifft, irfft, rfft } from '../../src/plans/fft.ts';
import { stft } from '../../src/plans/stft.ts';
import { cases, distance, gaussian } from '../helpers.ts';

const sizes = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 21, 31, 32, 33, 37, 48, 64, 74, 97, 100, 111, 128,
  210,
];
const largerSizes = [256, 400, 441, 480, 509, 512, 960, 1000, 1018, 1024, 1155, 1920, 2048, 2187, 4093, 4096];
const epsilon = { f32: 2 ** -23, f64: 2 ** -52 } as const;

describe('plans', () => {
  it.each([...sizes, ...largerSizes])(
    'n = %i: every kind and dtype within 1.0 eps sqrt(log2 n) of the DFT',
    (n) => {
      const x = { re: gaussian(n, 1), im: gaussian(n, 2) };
      const forward = dft(x);
      const inverse = dft(x, { inverse: true });
      const real = dft({ re: x.re, im: new Float64Array(n) });
      const bins = Math.floor(n / 2) + 1;
      for (const dtype of ['f32', 'f64'] as const)
        for (const backend of n <= 128 ? (['wasm', 'js'] as const) : (['wasm'] as const)) {
          const bound = epsilon[dtype] * Math.sqrt(Math.max(1, Math.log2(n)));
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
    },
  );

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

  it('has at most 64 kB of code up to n = 65536, whatever the factors', () => {
    for (const n of [961, 12167, 20677, 36518, 46189, 65536])
      for (const input of ['complex', 'real'] as const) {
        const plan = planFftSync({ n, input });
        expect(plan.report.codeBytes, `n = ${n}, ${input}`).toBeLessThanOrEqual(65536);
        plan.dispose();
      }
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
  it('n beyond 2^22 is named', () => {
    expect(() => planFftSync({ n: 2 ** 22 + 1 })).toThrow(/n is 4194305; expected .* from 1 to 4194304/);
    expect(() => exactNetwork({ n: 37 })).toThrow(UnsupportedError);
  });
  it('n = 1 is exact', () => {
    for (const input of ['complex', 'real'] as const) {
      const plan = planFftSync({ n: 1, input });
      plan.input.re[0] = Math.fround(0.1);
      plan.run();
      expect(plan.output.re[0]).toBe(Math.fround(0.1));
    }
  });
  it.each([64, 74, 82, 105, 148, 254])(
    'n = %i: real inverses take nothing from the imaginary parts of bins 0 and n/2',
    (n) => {
      const plan = planFftSync({ n, input: 'real', inverse: true, dtype: 'f64', backend: 'js' });
      const im = plan.input.im as Float64Array;
      plan.input.re.set(gaussian(im.length, 1));
      im.set(gaussian(im.length, 2));
      const run = (): number[] => {
        plan.run();
        return Array.from(plan.output.re);
      };
      const found = run();
      im[0] = 0;
      if (n % 2 === 0) im[n / 2] = 0;
      expect(found).toEqual(run());
    },
  );

  it('a plan is data before it is code', () => {
    expect(describePlan({ n: 400 })).toEqual({
      n: 400,
      input: 'complex',
      direction: 'forward',
      norm: 'backward',
      chain: { kind: 'stages', n: 400, radices: [5, 5, 4, 4] },
    });
    expect(describePlan({ n: 74, input: 'real' }).chain).toMatchObject({ kind: 'chirp', n: 37 });
    expect(convolutionLength(73)).toBeGreaterThanOrEqual(73);
  });
  it('large powers of two, and large sizes with large factors, agree with each other', () => {
    // Bins of a tone on the grid: one line of height n.
    for (const n of [8192, 65536, 2 * 10007, 3 * 16384]) {
      const plan = planFftSync({ n, dtype: 'f64' });
      const bin = 1234;
      const root = rootTable(n);
      for (let j = 0; j < n; j++) {
        plan.input.re[j] = root.re(-bin * j);
        (plan.input.im as Float64Array)[j] = root.im(-bin * j);
      }
      plan.run();
      let rest = 0;
      plan.output.re.forEach((re, k) => {
        const im = (plan.output.im as Float64Array)[k];
        rest += (k === bin ? re - n : re) ** 2 + im ** 2;
      });
      expect(Math.sqrt(rest) / n).toBeLessThan(epsilon.f64 * Math.sqrt(Math.log2(n)));
    }
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
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom('backward' as const, 'ortho' as const, 'forward' as const),
        fc.nat(1000),
        (n, norm, seed) => {
          const x = { re: gaussian(n, 1, seed), im: gaussian(n, 2, seed) };
          expect(distance(ifft(fft(x, norm), norm).im, x.im)).toBeLessThan(1e-14);
          expect(distance(irfft(rfft(x.re, norm), norm, n), x.re)).toBeLessThan(1e-14);
          expect(distance(fft(x, norm).re, dft(x, { norm }).re)).toBeLessThan(1e-14);
        },
      ),
      { numRuns: cases(30, 100) },
    );
  });
  it('refuse unequal parts and impossible hops', () => {
    expect(() => fft({ re: new Float64Array(8), im: new Float64Array(4) })).toThrow(InvalidArgumentError);
    expect(() => irfft({ re: new Float64Array(5), im: new Float64Array(4) })).toThrow(InvalidArgumentError);
    expect(() => stft(new Float64Array(10), new Float64Array(4), 0)).toThrow(InvalidArgumentError);
    expect(stft(new Float64Array(3), new Float64Array(4), 1).frames).toBe(0);
  });
});
