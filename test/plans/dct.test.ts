/** Cosine and sine transforms against SciPy (scripts/fixtures/transforms.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { InvalidArgumentError } from '../../src/errors.ts';
import type { BackendName } from '../../src/backends/backend.ts';
import { dct, dst, idct, idst, planDctSync, planDstSync } from '../../src/plans/dct.ts';
import { cases, distance, gaussian } from '../helpers.ts';

interface Row {
  readonly kind: 'dct' | 'dst';
  readonly type: 1 | 2 | 3 | 4;
  readonly n: number;
  readonly norm: 'backward' | 'ortho' | 'forward';
  readonly x: number[];
  readonly y: number[];
  readonly inverse: number[];
}

const rows = (
  JSON.parse(readFileSync(new URL('../fixtures/plans/transforms.json', import.meta.url), 'utf8')) as {
    trigonometric: Row[];
  }
).trigonometric;
const forward = { dct, dst };
const backward = { dct: idct, dst: idst };

describe('cosine and sine transforms', () => {
  // SciPy's own rounding and ours, each a few eps sqrt(log2 n).
  const tolerance = 4e-15;
  for (const kind of ['dct', 'dst'] as const)
    for (const type of [1, 2, 3, 4] as const)
      it(`${kind} ${type} is SciPy's, forward and inverse, for every norm`, () => {
        for (const row of rows.filter((r) => r.kind === kind && r.type === type)) {
          const name = `n = ${row.n}, ${row.norm}`;
          expect(distance(forward[kind](row.x, type, row.norm), row.y), name).toBeLessThan(tolerance);
          expect(
            distance(backward[kind](row.x, type, row.norm), row.inverse),
            `inverse ${name}`,
          ).toBeLessThan(tolerance);
        }
      });

  it('inverses undo, for any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.constantFrom('dct' as const, 'dst' as const),
        fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
        fc.constantFrom('backward' as const, 'ortho' as const, 'forward' as const),
        (n, kind, type, norm) => {
          const x = gaussian(n, n);
          return distance(backward[kind](forward[kind](x, type, norm), type, norm), x) < 1e-14;
        },
      ),
      { numRuns: cases(24, 60) },
    );
  });

  it.each(['wasm', 'js', 'reference'] as BackendName[])(
    '%s: batches, strides and lanes are single transforms',
    (backend) => {
      for (const type of [1, 2, 3, 4] as const)
        for (const planKind of [planDctSync, planDstSync]) {
          const [n, batch] = [10, 4];
          const single = planKind({ n, type, dtype: 'f64' });
          for (const lanes of [false, true]) {
            const steps = lanes
              ? { inputStride: batch, inputDistance: 1, outputStride: batch, outputDistance: 1 }
              : { inputStride: 2, outputStride: 3 };
            const plan = planKind({ n, type, batch, dtype: 'f64', backend, ...steps });
            const x = Array.from({ length: batch }, (_, b) => gaussian(n, b));
            x.forEach((row, b) =>
              row.forEach((v, j) => (plan.input.re[lanes ? j * batch + b : b * n * 2 + 2 * j] = v)),
            );
            plan.run();
            x.forEach((row, b) => {
              single.input.re.set(row);
              single.run();
              const got = row.map((_, j) => plan.output.re[lanes ? j * batch + b : b * n * 3 + 3 * j]);
              expect(distance(got, single.output.re), `type ${type}`).toBeLessThan(1e-14);
            });
          }
        }
    },
  );

  it('impossible options are named', () => {
    expect(() => planDctSync({ n: 1, type: 1 })).toThrow(/DCT of type I needs at least 2/);
    expect(() => planDctSync({ n: 0 })).toThrow(InvalidArgumentError);
    expect(() => planDstSync({ n: 4, type: 5 as 4 })).toThrow(/type is 5/);
    expect(() => dct([1, 2], 2, 'none' as 'ortho')).toThrow(/norm is "none"/);
    expect(() => dct([])).toThrow(/n is 0/);
  });
});
