/** Batches, strides and layouts: whatever the memory looks like, every transform is the one of a plain plan. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import type { BackendName } from '../../src/backends/backend.ts';
import { planFftSync, type PlanOptions } from '../../src/plans/plan.ts';
import { distance, gaussian } from '../helpers.ts';

interface Case extends Omit<PlanOptions, 'layout'> {
  readonly batch: number;
}

/** Largest distance between a batch and its transforms one at a time. */
function difference(options: Case, layout: 'planar' | 'interleaved'): number {
  const single = planFftSync({
    n: options.n,
    dtype: 'f64',
    ...(options.input ? { input: options.input } : {}),
    ...(options.inverse ? { inverse: true } : {}),
  });
  const plan = planFftSync<'planar' | 'interleaved'>({ ...options, dtype: 'f64', layout });
  const lengths = { in: single.input.re.length, out: single.output.re.length };
  const stride = { in: options.inputStride ?? 1, out: options.outputStride ?? 1 };
  const step = {
    in: options.inputDistance ?? lengths.in * stride.in,
    out: options.outputDistance ?? lengths.out * stride.out,
  };
  const part = (end: typeof plan.input, which: 're' | 'im', isComplex: boolean) => {
    if ('interleaved' in end && isComplex && layout === 'interleaved')
      return { data: end.interleaved, width: 2, offset: which === 're' ? 0 : 1 };
    const planar = end as { re: Float64Array; im?: Float64Array };
    return { data: planar[which] as Float64Array, width: 1, offset: 0 };
  };
  const x = Array.from({ length: options.batch }, (_, b) => ({
    re: gaussian(lengths.in, 2 * b),
    im: gaussian(lengths.in, 2 * b + 1),
  }));
  const isComplex = { in: single.input.im !== undefined, out: single.output.im !== undefined };
  for (const which of ['re', 'im'] as const) {
    if (which === 'im' && !isComplex.in) continue;
    const { data, width, offset } = part(plan.input, which, isComplex.in);
    x.forEach((row, b) =>
      row[which].forEach((v, j) => (data[(b * step.in + j * stride.in) * width + offset] = v)),
    );
  }
  plan.run();
  plan.run();
  let worst = 0;
  x.forEach((row, b) => {
    single.input.re.set(row.re);
    single.input.im?.set(row.im);
    single.run();
    for (const which of ['re', 'im'] as const) {
      if (which === 'im' && !isComplex.out) continue;
      const { data, width, offset } = part(plan.output, which, isComplex.out);
      const got = Array.from(
        { length: lengths.out },
        (_, k) => data[(b * step.out + k * stride.out) * width + offset],
      );
      const want = single.output[which] as Float64Array;
      // The imaginary part of a lone bin is nothing but zero.
      worst = Math.max(worst, want.every((v) => v === 0) ? Math.hypot(...got) : distance(got, want));
    }
  });
  return worst;
}

const kinds = [
  { input: 'complex' },
  { input: 'complex', inverse: true },
  { input: 'real' },
  { input: 'real', inverse: true },
] as const;
/** Two orders of the same sums: far below a rounding of the transform, far above nothing. */
const tolerance = 1e-13;

describe('layouts', () => {
  for (const kind of kinds)
    for (const layout of ['planar', 'interleaved'] as const)
      it(`${JSON.stringify(kind)} ${layout}: rows, padded rows, strides, lanes`, () => {
        for (const n of [1, 2, 3, 7, 16, 24, 37, 60]) {
          const check = (more: Omit<Case, 'n'>): void =>
            expect(difference({ n, ...kind, ...more }, layout), JSON.stringify({ n, ...more })).toBeLessThan(
              tolerance,
            );
          check({ batch: 1 });
          check({ batch: 3 });
          check({ batch: 2, inputDistance: n + 3, outputDistance: n + 2 });
          check({ batch: 2, inputStride: 3, outputStride: 2 });
          check({ batch: 8, inputStride: 8, inputDistance: 1, outputStride: 8, outputDistance: 1 });
          check({ batch: 5, inputStride: 5, inputDistance: 1, outputStride: 5, outputDistance: 1 });
          check({ batch: 4, inputStride: 4, inputDistance: 1 });
          check({ batch: 4, outputStride: 6, outputDistance: 1 });
        }
      });

  it('transforms side by side run as lanes', () => {
    const plan = planFftSync({
      n: 64,
      batch: 32,
      inputStride: 32,
      inputDistance: 1,
      outputStride: 32,
      outputDistance: 1,
    });
    expect(plan.report.lanes).toBe(16);
  });

  it.each(['wasm', 'js', 'reference'] as BackendName[])('%s agrees on rows', (backend) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...kinds),
        (n, batch, kind) => difference({ n, batch, backend, ...kind }, 'planar') < tolerance,
      ),
      { numRuns: 20 },
    );
  });

  it('overlapping outputs and impossible steps are named', () => {
    const bad: [Partial<PlanOptions>, RegExp][] = [
      [
        { batch: 2, outputDistance: 3 },
        /outputDistance is 3 with outputStride 1; 2 transforms of 8 points overlap/,
      ],
      [{ inputStride: 0 }, /inputStride is 0/],
      [{ inputDistance: -1 }, /inputDistance is -1/],
      [{ outputStride: 1.5 }, /outputStride is 1.5/],
      [{ batch: NaN }, /batch is NaN/],
      [{ batch: 2 ** 29 }, /batch is 536870912/],
      [{ layout: 'rows' as 'planar' }, /layout is "rows"/],
    ];
    for (const [options, message] of bad) {
      expect(() => planFftSync({ n: 8, ...options })).toThrow(message);
      expect(() => planFftSync({ n: 8, ...options })).toThrow(InvalidArgumentError);
    }
  });
});
