/** What a front has within error budgets: for each feature, size and budget the cheapest front end, chosen by what is to be expected of recordings not seen. */
import { upperError } from '../front.ts';
import type { FrontRow } from './front-row.ts';
import { featureTitle, frontTitle, timeRatios } from './front-summary.ts';
import { errorText, fixed, groupBy, mean, percent } from './report/figures.ts';
import { tableOf, type Table } from './report/report.ts';

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
  return groupBy(rows, frontTitle).flatMap((front) => {
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

/** Estimates and margins, means over seeds; a dash where there are none. */
function expectedText(rows: readonly FrontRow[]): string {
  const known = rows.flatMap((r) => r.estimate ?? []);
  if (known.length === 0) return '-';
  return `${errorText(mean(known.map((e) => e.mean)))} ± ${errorText(mean(known.map((e) => e.margin)))}`;
}

/** What most seeds choose. */
function usual(chosen: readonly FrontRow[]): FrontRow {
  const count = (r: FrontRow): number => chosen.filter((c) => c.structure === r.structure).length;
  return chosen.reduce((a, b) => (count(b) > count(a) ? b : a));
}

/** A line per choice: means over seeds. */
export const budgetTable = (rows: readonly FrontRow[], budgets: readonly number[]): Table =>
  tableOf(
    'Within a budget',
    withinBudgets(rows, budgets),
    {
      feature: (c) => c.feature,
      n_fft: (c) => String(c.nFft),
      'budget, log10': (c) => String(c.budget),
      'front end (most seeds)': (c) => usual(c.chosen).structure,
      'expected, log10': (c) => expectedText(c.chosen),
      'test error, log10': (c) => errorText(mean(c.chosen.map((r) => r.error))),
      'FFT operations': (c) => percent(mean(c.chosen.map((r) => r.fftOperations / r.exactFftOperations))),
      'whole front end': (c) => percent(mean(c.chosen.map((r) => r.operations / r.exactOperations))),
      'time / exact': (c) => fixed(mean(timeRatios(c.chosen)), 2),
      'model (first seed)': (c) => usual(c.chosen).files[0] ?? '-',
    },
    'front',
  );
