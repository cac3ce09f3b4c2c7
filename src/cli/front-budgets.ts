/** What a front has within error budgets: for each feature, size and budget the cheapest front end, chosen by validation error alone. */
import { InvalidArgumentError } from '../errors.ts';
import { errorText, percent } from './front-summary.ts';
import type { FrontRow } from '../index.ts';
import { featureTitle, frontTitle } from './front-title.ts';

/** The cheapest front end of a seed within a budget. */
export interface WithinBudget {
  readonly feature: string;
  readonly nFft: number;
  readonly budget: number;
  /** One row per seed, in their order. */
  readonly chosen: readonly FrontRow[];
}

/** Error budgets of a flag, as in 0.05,0.012. */
export function budgetsOf(text: string): number[] {
  const list = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (list.some((x) => !(x > 0 && Number.isFinite(x))))
    throw new InvalidArgumentError(
      `--budgets is ${JSON.stringify(text)}; expected errors in log10, as in 0.05,0.012`,
    );
  return list;
}

/** Fewest operations of the whole front end whose validation error is within the budget; the exact one if no other is. */
function cheapest(rows: readonly FrontRow[], budget: number): FrontRow {
  const within = rows.filter((r) => r.validationError !== null && r.validationError <= budget);
  const all = within.length > 0 ? within : rows.filter((r) => r.kind === 'exact');
  return all.reduce((a, b) => (b.operations < a.operations ? b : a));
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

export const budgetHead = [
  'feature',
  'n_fft',
  'budget',
  'front end (most seeds)',
  'test error',
  'FFT operations',
  'whole front end',
  'time',
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
    errorText(error),
    percent(mean(chosen.map((r) => r.fftOperations / r.exactFftOperations))),
    percent(mean(chosen.map((r) => r.operations / r.exactOperations))),
    timed.length > 0 ? mean(timed).toFixed(2) : '-',
    chosen[names.indexOf(usual)].files[0] ?? '-',
  ];
}
