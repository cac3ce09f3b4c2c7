/** Chains chosen for few operations. */
import { expect, it } from 'vitest';
import { countProgram } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { argument } from '../../src/ir/expr.ts';
import { input } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { exactTransform } from '../../src/model/exact.ts';
import { realBins } from '../../src/model/hermitian.ts';
import { leanRealChain, planTransform } from '../../src/plans/strategy.ts';
import { mapRows, rowsOf } from '../../src/spectral/rows.ts';

function* chains(n: number): Generator<number[]> {
  if (n === 1) yield [];
  for (const r of [2, 4, 8]) if (n % r === 0) for (const rest of chains(n / r)) yield [r, ...rest];
}

const operations = (n: number, radices: readonly number[]): number => {
  const about = { n, input: 'real', direction: 'forward', norm: 'backward' } as const;
  const plan = planTransform(about, { kind: 'stages', n, radices });
  const none = (): never => {
    throw new Error('no chirp here');
  };
  const parts = exactTransform(plan, { re: rows(input('x', [n, 4]), 4) }, 4, none);
  const bins = parts.map((t) => mapRows('bins', [rowsOf(t, realBins(n), 4)], [], argument(0), 'rows').tensor);
  const { mul, add } = countProgram(
    compileGraph({ outputs: { re: bins[0], im: bins[1] } }, { dtype: 'f32' }),
  );
  return (mul + add) / 4;
};

it.each([64, 128, 256])('no chain of 2, 4 and 8 has fewer operations than the lean one of %i points', (n) => {
  const lean = operations(n, leanRealChain(n)?.radices ?? []);
  const fewest = [...chains(n)].reduce((least, radices) => Math.min(least, operations(n, radices)), Infinity);
  expect(lean).toBe(fewest);
  // Split radix: 2 n log2 n - 4 n + 6 (Sorensen et al. 1987).
  const split = 2 * n * Math.log2(n) - 4 * n + 6;
  expect(lean).toBeGreaterThanOrEqual(split);
  expect(lean).toBeLessThan(1.03 * split);
});

it('sizes that are no power of two, and small ones, have none', () => {
  expect([8, 32, 96, 400].map(leanRealChain)).toEqual([null, null, null, null]);
  expect(leanRealChain(1024)?.radices).toEqual([2, 8, 8, 8]);
});
