/** What a front has within budgets: chosen by validation error, test errors read off. */
import { describe, expect, it } from 'vitest';
import { budgetTable, withinBudgets } from '../../src/cli/front-summary.ts';
import type { FrontRow } from '../../src/cli/front-row.ts';

const row = (change: Partial<FrontRow>): FrontRow => ({
  feature: 'welch',
  nFft: 64,
  mels: 0,
  structure: 'exact real-input kernel',
  kind: 'exact',
  seed: 0,
  error: 1e-6,
  errorP95: 1e-6,
  validationError: 1e-6,
  bandErrors: [],
  operations: 100,
  exactOperations: 100,
  transformOperations: 90,
  exactTransformOperations: 90,
  fftOperations: 80,
  exactFftOperations: 80,
  nsPerFrame: 10,
  exactNsPerFrame: 10,
  tableBytes: 1,
  codeBytes: 2,
  files: [],
  ...change,
});

const rows = [
  row({}),
  row({
    structure: 'a',
    kind: 'learned',
    validationError: 0.01,
    error: 0.09,
    operations: 60,
    fftOperations: 40,
  }),
  row({ structure: 'b', kind: 'learned', validationError: 0.08, error: 0.001, operations: 50 }),
  row({ structure: 'c', kind: 'baseline', validationError: null, error: 0, operations: 1 }),
  row({ seed: 1 }),
  row({ seed: 1, structure: 'a', kind: 'learned', validationError: 0.02, error: 0.03, nsPerFrame: null }),
];

describe('withinBudgets', () => {
  it('takes the fewest operations by validation error, seed by seed', () => {
    const [loose, tight, none] = withinBudgets(rows, [0.1, 0.015, 1e-9]);
    expect(loose.chosen.map((r) => r.structure)).toEqual(['b', 'exact real-input kernel']);
    expect(tight.chosen.map((r) => r.structure)).toEqual(['a', 'exact real-input kernel']);
    expect(none.chosen.map((r) => r.kind)).toEqual(['exact', 'exact']);
  });

  it('allows for what other recordings may bring, and takes the smallest tables of equal operations', () => {
    const estimate = (mean: number, margin: number) => ({ mean, margin, recordings: 12 });
    const uncertain = [
      row({}),
      row({
        structure: 'a',
        kind: 'learned',
        validationError: 0.04,
        operations: 60,
        estimate: estimate(0.045, 0.02),
      }),
      row({
        structure: 'f16',
        kind: 'baseline',
        validationError: 0.3,
        tableBytes: 0.5,
        estimate: estimate(0.3, 0.1),
      }),
      row({
        structure: 'q24',
        kind: 'baseline',
        validationError: 1e-4,
        tableBytes: 0.7,
        estimate: estimate(1e-4, 1e-5),
      }),
    ];
    const [tight, loose] = withinBudgets(uncertain, [0.06, 0.07]);
    expect(tight.chosen.map((r) => r.structure)).toEqual(['q24']);
    expect(loose.chosen.map((r) => r.structure)).toEqual(['a']);
    expect(budgetTable(uncertain, [0.07]).rows[0][4]).toBe('0.0450 ± 0.0200');
  });

  it('takes the fewest instructions of a target, of front ends that C has and that keep within its memory', () => {
    const needs = (instructions: number, flash: number, ram: number) => ({ instructions, flash, ram });
    const settings = { target: 'cortex-m4f', maxFlash: 5000, maxRam: 2000 };
    const small = { kind: 'learned', settings, validationError: 0.01 } as const;
    const counted = [
      row({ settings, needs: needs(900, 6000, 1500) }),
      row({ ...small, structure: 'a', operations: 60, needs: needs(500, 4000, 1500) }),
      row({ ...small, structure: 'b', operations: 50, needs: needs(600, 4000, 1500) }),
      row({ ...small, structure: 'too much flash', needs: needs(300, 5001, 1500) }),
      row({ ...small, structure: 'too much RAM', needs: needs(300, 4000, 2001) }),
      row({ ...small, structure: 'no C', operations: 1 }),
      row({ ...small, structure: 'finest', validationError: 1e-3, needs: needs(700, 4000, 1500) }),
    ];
    const [loose, none] = withinBudgets(counted, [0.1, 1e-9]);
    expect(loose.chosen.map((r) => r.structure)).toEqual(['a']);
    // The exact one takes too much.
    expect(none.chosen.map((r) => r.structure)).toEqual(['finest']);
    expect(budgetTable(counted, [0.1]).rows[0].slice(-4)).toEqual(['500', '3.9 KiB', '1.5 KiB', '-']);
  });

  it('names the model that it chose, of its first seed', () => {
    const learned = { structure: 'a', kind: 'learned', validationError: 0.01, operations: 60 } as const;
    const { rows: lines } = budgetTable(
      [0, 1].map((seed) => row({ ...learned, seed, files: [`a-${seed}.safetensors`, `a-${seed}.wasm`] })),
      [0.1],
    );
    expect(lines[0].at(-1)).toBe('a-0.safetensors');
  });

  it('reads off means over seeds', () => {
    expect(budgetTable(rows.slice(0, 2), [0.05]).rows[0]).toEqual([
      'welch',
      '64',
      '0.05',
      'a',
      '-',
      '0.0900',
      '50.0 %',
      '60.0 %',
      '1.00',
      '-',
    ]);
  });
});
