/** The bench of an ablation measures what it says, and a cell's row is its seeds'. */
import { afterAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { ablationCells, runAblationCell, type AblationRow } from '../../studies/ablation.ts';
import {
  AblationBench,
  colouredSignals,
  exactProgram,
  operationsOf,
  programOfSpectrum,
} from '../../studies/ablation-bench.ts';
import { spectrum } from '../../src/model/network.ts';
import { frozen } from '../../src/model/parametrization.ts';
import { planFftSync } from '../../src/plans/plan.ts';
import { realDft } from '../../src/numeric/dft.ts';
import { percentiles } from '../../src/numeric/percentiles.ts';
import { network } from '../helpers.ts';

const n = 16;
const settings = {
  n,
  samples: 3,
  seed: 5,
  steps: 20,
  sparsity: 1,
  budget: 0.1,
  decimation: 'time',
} as const;
const bench = new AblationBench(n, colouredSignals(1));
afterAll(() => bench.dispose());

async function rowOf(
  cell: Parameters<typeof runAblationCell>[0],
): Promise<{ row: AblationRow; seeds: number[] }> {
  const seeds: number[] = [];
  const steps = runAblationCell(cell, bench, settings);
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) seeds.push(next.value);
  return { row: next.value, seeds };
}

describe('the bench', () => {
  it('compares with the transform, on signals held out', () => {
    const {
      signals: [signal],
      exact: [exact],
    } = bench.pairs(3, 1, true);
    const expected = realDft(Array.from({ length: n }, (_, j) => signal[4 * j + 2]));
    for (let b = 0; b <= n / 2; b++)
      expect(Math.abs(exact.re[4 * b + 2] - expected.re[b])).toBeLessThan(1e-12);
    expect(bench.pairs(3, 1, false).signals[0]).not.toEqual(signal);
    // Every number twice as large is an error of one.
    const spec = { ...network(n, { input: 'real' }), norm: 'ortho' as const };
    const program = programOfSpectrum(n, (re) => spectrum(spec, { re }, { lanes: 4, provide: frozen({}) }));
    expect(bench.errorOf({ program, backend: wasmBackend }, 2)).toBeCloseTo(1 - 1 / Math.sqrt(n), 5);
  });

  it('counts the exact kernel', () => {
    const plan = planFftSync({ n, input: 'real' });
    const { mul, add } = plan.report;
    plan.dispose();
    const own = operationsOf({ program: exactProgram(n), backend: wasmBackend });
    // Four signals are vectors, so every special twiddle is a case of its own; the plan of one signal keeps runs together.
    expect(own).toBeLessThanOrEqual(mul + add);
    // Every stage adds or subtracts every pair.
    expect(own).toBeGreaterThan((n / 2) * Math.log2(n));
  });
});

describe('cells', () => {
  it('have names of their own, and rows of all their seeds', async () => {
    const cells = ablationCells(settings, ['network', 'backend', 'quantization', 'corrector', 'gates']);
    expect(new Set(cells.map((c) => `${c.group} ${c.name}`)).size).toBe(cells.length);
    const [cell] = cells.filter((c) => c.name === 'skipped block, banded:1');
    const { row, seeds } = await rowOf(cell);
    expect(seeds).toEqual([1, 2, 3]);
    const own = await Promise.all(
      [5, 6, 7].map(async (seed) => bench.errorOf(await cell.variant(bench, seed), seed)),
    );
    expect(row.error).toEqual(percentiles(own));
    expect(row.failed).toBeNull();
  });

  it('learn from random starts', async () => {
    const cell = ablationCells(settings, ['parametrization']).find((c) => c.name === 'free, learned');
    const { row } = await rowOf({ ...cell!, variant: (b, seed) => cell!.variant(b, seed) });
    expect(row.error?.p50).toBeLessThan(1e-5);
  });

  it('that fail say why, and nothing else', async () => {
    let calls = 0;
    const { row } = await rowOf({
      group: 'gates',
      name: 'x',
      weight: 1,
      variant: async () => {
        if (++calls === 2) throw new Error('no such gate\nstack');
        return { program: exactProgram(n), backend: wasmBackend };
      },
    });
    expect([row.failed, row.error, row.nsPerTransform, row.codeBytes]).toEqual([
      'no such gate',
      null,
      null,
      null,
    ]);
  });
});
