/** What a front has within error budgets: for each feature, size and budget the cheapest front end, chosen by what is to be expected of recordings not seen. */
import { errorText, percent } from './front-summary.ts';
import { upperError, type FrontRow } from '../front.ts';
import { featureTitle, frontTitle } from './front-title.ts';

/** The cheapest front end of a seed within a budget. */
interface WithinBudget {
  readonly feature: string;
  readonly nFft: number;
  readonly budget: number;
  /** One row per seed, in their order. */
  readonly chosen: readonly FrontRow[];
}

/** The error that a budget is compared with: of validation recordings, or the upper end of what is expected of others. */
function promised({ validationError, estimate }: FrontRow): number {
  if (validationError === null) return Infinity;
  return estimate ? Math.max(validationError, upperError(estimate)) : validationError;
}

/**
 * Fewest operations of the whole front end within the budget, and of equally many the smallest tables; the exact one if nothing
 * is within it.
 */
function cheapest(rows: readonly FrontRow[], budget: number): FrontRow {
  const within = rows.filter((r) => promised(r) <= budget);
  const all = within.length > 0 ? within : rows.filter((r) => r.kind === 'exact');
  const order = (a: FrontRow, b: FrontRow): number =>
    a.operations - b.operations || a.tableBytes - b.tableBytes;
  return all.reduce((a, b) => (order(b, a) < 0 ? b : a));
}

/** Choices for every feature, size and budget. Test errors are read off afterwards: they choose nothing. */
export function withinBudgets(rows: readonly FrontRow[], budgets: readonly number[]): WithinBudget[] {
  const fronts = new Map<string, FrontRow[]>();
  for (const r of rows) {
    const key = frontTitle(r);
    fronts.set(key, [...(fronts.get(key) ?? []), r]);
  }
  return [...fronts.values()].flatMap((front) => {
    const seeds = [...new Set(front.map((r) => r.seed))];
    return budgets.map((budget) => ({
      feature: featureTitle(front[0]),
      nFft: front[0].nFft,
      budget,
      chosen: seeds.map((seed) =>
        cheapest(
          front.filter((r) => r.seed === seed),
          budget,
        ),
      ),
    }));
  });
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** Estimates and margins, means over seeds; a dash where there are none. */
function expectedText(rows: readonly FrontRow[]): string {
  const known = rows.flatMap((r) => r.estimate ?? []);
  if (known.length === 0) return '-';
  return `${errorText(mean(known.map((e) => e.mean)))} ± ${errorText(mean(known.map((e) => e.margin)))}`;
}

export const budgetHead = [
  'feature',
  'n_fft',
  'budget, log10',
  'front end (most seeds)',
  'expected, log10',
  'test error, log10',
  'FFT operations',
  'whole front end',
  'time / exact',
  'model (first seed)',
] as const;

/** A table line per choice: means over seeds. */
export function budgetCells({ feature, nFft, budget, chosen }: WithinBudget): string[] {
  const names = chosen.map((r) => r.structure);
  const count = (name: string): number => names.filter((n) => n === name).length;
  const usual = names.reduce((a, b) => (count(b) > count(a) ? b : a));
  const timed = chosen.flatMap((r) =>
    r.nsPerFrame === null || r.exactNsPerFrame === null ? [] : [r.nsPerFrame / r.exactNsPerFrame],
  );
  const error = mean(chosen.map((r) => r.error));
  return [
    feature,
    String(nFft),
    String(budget),
    usual,
    expectedText(chosen),
    errorText(error),
    percent(mean(chosen.map((r) => r.fftOperations / r.exactFftOperations))),
    percent(mean(chosen.map((r) => r.operations / r.exactOperations))),
    timed.length > 0 ? mean(timed).toFixed(2) : '-',
    chosen[names.indexOf(usual)].files[0] ?? '-',
  ];
}
