/** Chains chosen for few operations. */
import { expect, it } from 'vitest';
import { countProgram } from '../../src/compiler/kernel.ts';
import { compileGraph } from '../../src/compiler/pipeline.ts';
import { argument } from '../../src/ir/expr.ts';
import { input } from '../../src/ir/graph.ts';
import { rows } from '../../src/ir/view.ts';
import { exactTransform } from '../../src/model/exact.ts';
import { realBins } from '../../src/model/hermitian.ts';
import { leanChain, planTransform } from '../../src/plans/strategy.ts';
import { mapRows, rowsOf } from '../../src/spectral/rows.ts';

function* chains(n: number): Generator<number[]> {
  if (n === 1) yield [];
  for (const r of [2, 4, 8]) if (n % r === 0) for (const rest of chains(n / r)) yield [r, ...rest];
}

const operations = (n: number, radices: readonly number[], samples: 'complex' | 'real'): number => {
  const about = { n, input: samples, direction: 'forward', norm: 'backward' } as const;
  const plan = planTransform(about, { kind: 'stages', n, radices });
  const signal = (name: string) => rows(input(name, [n, 4]), 4);
  const source = samples === 'real' ? { re: signal('x') } : { re: signal('x'), im: signal('y') };
  const parts = exactTransform(plan, source, 4);
  const count = samples === 'real' ? realBins(n) : n;
  const bins = parts.map((t) => mapRows('bins', [rowsOf(t, count, 4)], [], argument(0), 'rows').tensor);
  const { mul, add } = countProgram(
    compileGraph({ outputs: { re: bins[0], im: bins[1] } }, { dtype: 'f32' }),
  );
  return (mul + add) / 4;
};

it.each([64, 128, 256])('no chain of 2, 4 and 8 has fewer operations than the lean one of %i points', (n) => {
  const count = (radices: readonly number[]): number => operations(n, radices, 'real');
  const lean = count(leanChain(n, 'real')?.radices ?? []);
  const fewest = [...chains(n)].reduce((least, radices) => Math.min(least, count(radices)), Infinity);
  expect(lean).toBe(fewest);
  // Split radix: 2 n log2 n - 4 n + 6 (Sorensen et al. 1987).
  const split = 2 * n * Math.log2(n) - 4 * n + 6;
  expect(lean).toBeGreaterThanOrEqual(split);
  expect(lean).toBeLessThan(1.03 * split);
});

it.each([16, 32, 64, 128])('nor of %i complex points', (n) => {
  const count = (radices: readonly number[]): number => operations(n, radices, 'complex');
  const fewest = [...chains(n)].reduce((least, radices) => Math.min(least, count(radices)), Infinity);
  expect(count(leanChain(n, 'complex')?.radices ?? [])).toBe(fewest);
  // Split radix: 4 n log2 n - 6 n + 8.
  expect(fewest).toBeGreaterThanOrEqual(4 * n * Math.log2(n) - 6 * n + 8);
});

it('sizes that are no power of two, and small ones, have none', () => {
  expect([8, 32, 96, 400].map((n) => leanChain(n, 'real'))).toEqual([null, null, null, null]);
  expect([8, 96].map((n) => leanChain(n, 'complex'))).toEqual([null, null]);
  expect(leanChain(1024, 'real')?.radices).toEqual([2, 8, 8, 8]);
  expect(leanChain(128, 'complex')?.radices).toEqual([4, 4, 8]);
});
