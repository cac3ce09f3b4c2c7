/** The study's cells, and orders found without being given. */
import { describe, expect, it } from 'vitest';
import { withColumns } from '../../src/numeric/matrix.ts';
import { digitReversal, inversePermutation } from '../../src/numeric/digits.ts';
import { permutation } from '../../src/numeric/random.ts';
import { identifyPermutation } from '../../src/fit/identify.ts';
import { cellKey, publishedRmse, runCell, studyCells, studyTargets } from '../../studies/study.ts';
import { targetByName } from '../../src/fit/targets.ts';

describe('the study', () => {
  const cells = studyCells({ targets: studyTargets, seeds: 20 });
  it('has every target, size and seed once', () => {
    expect(new Set(cells.map(cellKey)).size).toBe(cells.length);
    const learn = cells.filter((c) => c.table === 'learn');
    for (const target of studyTargets)
      for (const n of [8, 16, 32, 64, 128, 256, 512, 1024])
        expect(learn.filter((c) => c.target === target && c.n === n).length % 20, `${target} ${n}`).toBe(0);
    for (const n of [400, 441, 480, 960])
      expect(learn.filter((c) => c.target === 'dft' && c.n === n).length).toBe(20);
    expect(cells.filter((c) => c.table === 'note').length).toBe(5);
    expect(cells.every((c) => c.start !== 'exact')).toBe(true);
  });
  it('quotes the published figures', () => {
    expect(publishedRmse('dct2', 8)).toBe(4.4e-6);
    expect(publishedRmse('convolution', 1024)).toBe(1.9e-2);
    expect(publishedRmse('dft', 8)).toBeUndefined();
    expect(publishedRmse('dct2', 400)).toBeUndefined();
  });
  it.each(['examples', 'unknown', 'learn'] as const)('runs a cell of the table %s', async (table) => {
    const cell = {
      table,
      target: 'dft',
      n: 16,
      radices: [2, 2, 2, 2],
      parametrization: 'free' as const,
      start: 'random' as const,
      seed: 2,
      ...(table === 'examples' ? { pairs: 10 } : {}),
    };
    const steps = runCell(cell);
    let next = await steps.next();
    while (!next.done) next = await steps.next();
    expect(next.value).toMatchObject(cell);
    expect(next.value.rmse).toBeLessThan(1e-12);
    expect(next.value.steps).toBeGreaterThan(50);
  });
});

describe('an order of the samples that is not given', () => {
  it.each([
    ['dft', [2, 2, 2, 2]],
    ['dft', [3, 2, 5]],
    ['idft', [4, 2]],
    ['hadamard', [2, 2, 2, 2]],
  ] as const)('is found in %s, radices %s', (name, radices) => {
    const n = radices.reduce((a, b) => a * b, 1);
    const matrix = targetByName(name).matrix(n);
    const order = permutation(n, 3, 0);
    const found = identifyPermutation(withColumns(matrix, inversePermutation(order)), radices);
    expect([...(found ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    // Of the DFT there is one, up to the order inside every butterfly; the first columns of each half say which.
    if (name === 'dft' && radices[0] === 2) {
      const expected = Array.from(digitReversal(radices), (p) => order[p]);
      const pairs = (list: readonly number[]): string[] =>
        Array.from({ length: n / 2 }, (_, b) =>
          [list[2 * b], list[2 * b + 1]].sort((a, c) => a - c).join(),
        ).sort();
      expect(pairs(found as number[])).toEqual(pairs(expected));
    }
  });
  it('is not claimed where blocks have rank two', () => {
    expect(identifyPermutation(targetByName('dct2').matrix(16), [2, 2, 2, 2])).toBeNull();
  });
});
