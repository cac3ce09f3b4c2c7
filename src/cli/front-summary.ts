/** A front over its seeds: a line per structure, and in words whether a learned front end is worth it. */
import type { FrontRow } from './front-row.ts';
import { errorText, fixed, formatNumber, groupBy, mean, percent } from './report/figures.ts';
import { tableOf, type Columns, type Table } from './report/report.ts';
import { judgedError } from '../front.ts';

/** One structure over all seeds: means, the worst seed, parts of the exact kernel's. */
export interface Summary {
  readonly structure: string;
  readonly kind: FrontRow['kind'];
  readonly seeds: number;
  readonly error: number;
  readonly worst: number;
  readonly p95: number;
  readonly fft: number;
  readonly transform: number;
  readonly whole: number;
  /** NaN where nothing was timed. */
  readonly time: number;
  readonly codeBytes: number;
  /** Of the target, where it is counted; `instructions` as a part of the exact kernel's. */
  readonly needs?: {
    readonly instructions: number;
    readonly part: number;
    readonly flash: number;
    readonly ram: number;
  };
  /** Of the feature `peaks`: part that is missed, mean errors in Hz and dB of those found (NaN if none is). */
  readonly peaks?: { readonly missed: number; readonly hertz: number; readonly decibels: number };
}

type Front = Pick<FrontRow, 'corpus' | 'feature' | 'nFft'>;

/** speech: log-mel-40 */
const featureTitle = ({ corpus, feature }: Omit<Front, 'nFft'>): string =>
  corpus === undefined ? feature : `${corpus}: ${feature}`;

/** speech: log-mel-40, n_fft 512 */
export const frontTitle = (front: Front): string => `${featureTitle(front)}, n_fft ${front.nFft}`;

/** Times over those of the exact front end, of rows that were timed. */
const timeRatios = (rows: readonly FrontRow[]): number[] =>
  rows.flatMap((r) =>
    r.nsPerFrame === null || r.exactNsPerFrame === null ? [] : [r.nsPerFrame / r.exactNsPerFrame],
  );

function peaksOf(rows: readonly FrontRow[]): Summary['peaks'] {
  const all = rows.flatMap((r) => r.peaks ?? []);
  if (all.length === 0) return undefined;
  return {
    missed: mean(all.map((p) => p.missed / Math.max(1, p.peaks))),
    hertz: mean(all.flatMap((p) => p.frequency?.mean ?? [])),
    decibels: mean(all.flatMap((p) => p.level?.mean ?? [])),
  };
}

/** Instructions of the exact front end of a row's search. */
const exactInstructions = (rows: readonly FrontRow[], { seed }: FrontRow): number =>
  rows.find((r) => r.kind === 'exact' && r.seed === seed)?.needs?.instructions ?? NaN;

function needsOf(rows: readonly FrontRow[], all: readonly FrontRow[]): Summary['needs'] {
  const known = rows.flatMap((r) =>
    r.needs ? [{ ...r.needs, part: r.needs.instructions / exactInstructions(all, r) }] : [],
  );
  if (known.length === 0) return undefined;
  const of = (key: 'instructions' | 'part' | 'flash' | 'ram'): number => mean(known.map((n) => n[key]));
  return { instructions: of('instructions'), part: of('part'), flash: of('flash'), ram: of('ram') };
}

/** By falling cost. */
export function summaries(rows: readonly FrontRow[]): Summary[] {
  return groupBy(rows, (r) => `${r.kind} ${r.structure}`)
    .map((g): Summary => {
      const peaks = peaksOf(g);
      const needs = needsOf(g, rows);
      return {
        structure: g[0].structure,
        kind: g[0].kind,
        seeds: g.length,
        error: mean(g.map((r) => r.error)),
        worst: g.reduce((most, r) => Math.max(most, r.error), -Infinity),
        p95: mean(g.map((r) => r.errorP95)),
        fft: mean(g.map((r) => r.fftOperations / r.exactFftOperations)),
        transform: mean(g.map((r) => r.transformOperations / r.exactTransformOperations)),
        whole: mean(g.map((r) => r.operations / r.exactOperations)),
        time: mean(timeRatios(g)),
        codeBytes: mean(g.map((r) => r.codeBytes)),
        ...(needs ? { needs } : {}),
        ...(peaks ? { peaks } : {}),
      };
    })
    .sort((a, b) => b.fft - a.fft);
}

const kilobytes = (bytes = NaN): string =>
  Number.isFinite(bytes) ? `${(bytes / 1024).toFixed(1)} KiB` : '-';

const columns: Columns<Summary> = {
  'front end': (s) => s.structure,
  seeds: (s) => String(s.seeds),
  'test error, log10 (worst seed)': (s) =>
    s.kind === 'exact' ? errorText(s.error) : `${errorText(s.error)} (${errorText(s.worst)})`,
  'p95, log10': (s) => errorText(s.p95),
  'FFT operations': (s) => percent(s.fft),
  'with windows': (s) => percent(s.transform),
  'whole front end': (s) => percent(s.whole),
  'time / exact': (s) => fixed(s.time, 2),
  code: (s) => kilobytes(s.codeBytes),
};

const targetColumns: Columns<Summary> = {
  instructions: (s) => (s.needs ? `${Math.round(s.needs.instructions)} (${percent(s.needs.part)})` : '-'),
  flash: (s) => kilobytes(s.needs?.flash),
  RAM: (s) => kilobytes(s.needs?.ram),
};

const peakColumns: Columns<Summary> = {
  'peaks missed': (s) => percent(s.peaks?.missed ?? NaN),
  'off by, Hz': (s) => fixed(s.peaks?.hertz ?? NaN, 2),
  'off by, dB': (s) => fixed(s.peaks?.decibels ?? NaN, 3),
};

/** The table of a front. `fileOf`: the model of a line. */
export const frontTable = (title: string, all: readonly Summary[], fileOf: (s: Summary) => string): Table =>
  tableOf(
    title,
    all,
    {
      ...columns,
      ...(all.some((s) => s.needs) ? targetColumns : {}),
      ...(all.some((s) => s.peaks) ? peakColumns : {}),
      'model (first seed)': fileOf,
    },
    'comparison front',
  );

/** An error that most uses forgive: half a decibel. */
const forgiven = 0.05;
/** Below these parts of the exact kernel's time and operations a learned front end is worth having. */
const worthwhile = { time: 0.8, operations: 0.7 } as const;

const least = <T>(list: readonly T[], by: (x: T) => number): T | undefined =>
  list.length === 0 ? undefined : list.reduce((a, b) => (by(b) < by(a) ? b : a));

/** How learned front ends do beside the best of the cheap ways that they can be set against. */
function againstCheap(learned: readonly Summary[], cheap: readonly Summary[]): string {
  const pairs = cheap.flatMap((way) => {
    const rival = least(
      learned.filter((s) => s.fft <= 1.05 * way.fft),
      (s) => s.error,
    );
    return rival ? [{ way, rival }] : [];
  });
  const best = least(pairs, ({ way }) => way.error);
  if (!best) return '';
  const { way, rival } = best;
  const [own, other] = [errorText(rival.error), errorText(way.error)];
  return way.error < rival.error
    ? ` ${way.structure} is better at its cost (${percent(way.fft)}): ${other} against ${own}.`
    : ` At the cost of the best cheap way, ${way.structure} (${percent(way.fft)}, error ${other}), a learned one is at ${own}.`;
}

/** When a learned front end is worth it, in plain words. */
export function verdict(all: readonly Summary[]): string {
  const learned = all.filter((s) => s.kind === 'learned');
  const finest = least(learned, (s) => s.error);
  const cheapest = least(learned, (s) => s.fft);
  if (!finest || !cheapest) return 'Nothing that was tried beats the exact kernel: use it.';
  const range = `Learned front ends reach from ${errorText(finest.error)} at ${percent(finest.fft)} of the FFT operations to ${errorText(cheapest.error)} at ${percent(cheapest.fft)}.`;
  const cheap = all.filter((s) => s.kind === 'baseline' && s.fft < 0.99);
  const good = learned.filter((s) => s.error <= forgiven);
  const fastest = least(
    good.filter((s) => Number.isFinite(s.time)),
    (s) => s.time,
  );
  const leanest = least(good, (s) => s.fft);
  const advice =
    fastest && fastest.time <= worthwhile.time
      ? `Worth it where an error of ${errorText(fastest.error)} is allowed: ${fastest.time.toFixed(2)} of the time, ${percent(fastest.fft)} of the operations.`
      : leanest && leanest.fft <= worthwhile.operations
        ? `Worth it where operations are what is paid for: ${percent(leanest.fft)} of them at an error of ${errorText(leanest.error)}; in time little is gained.`
        : `Not worth it for errors up to ${forgiven}: take the exact kernel.`;
  return `${range}${againstCheap(learned, cheap)} ${advice}`;
}

/** The error that a budget is compared with: of validation recordings, or the upper end of what is expected of others. */
function promised({ validationError, estimate }: FrontRow): number {
  return validationError === null
    ? Infinity
    : judgedError({ validationError, ...(estimate && { estimate }) });
}

/** Rows that may be chosen: for a target, front ends that C has, within the memory that the search was given. */
function eligible(rows: readonly FrontRow[]): FrontRow[] {
  if (rows.every((r) => r.needs === undefined)) return [...rows];
  return rows.filter(({ needs, settings = {} }) => {
    const bound = (name: string): number => Number(settings[name] ?? Infinity);
    return needs && needs.flash <= bound('maxFlash') && needs.ram <= bound('maxRam');
  });
}

/**
 * Fewest operations of the whole front end within the budget, for a target fewest instructions, and of equally many the smallest tables;
 * the exact one if nothing is within it, or, where that takes too much memory, the one of least error.
 */
function cheapest(rows: readonly FrontRow[], budget: number): FrontRow {
  const all = eligible(rows);
  const within = all.filter((r) => promised(r) <= budget);
  const exact = all.find((r) => r.kind === 'exact');
  if (within.length === 0) return exact ?? all.reduce((a, b) => (promised(b) < promised(a) ? b : a));
  const cost = (r: FrontRow): number => r.needs?.instructions ?? r.operations;
  const order = (a: FrontRow, b: FrontRow): number => cost(a) - cost(b) || a.tableBytes - b.tableBytes;
  return within.reduce((a, b) => (order(b, a) < 0 ? b : a));
}

/**
 * The cheapest front end of every seed, in their order, for every feature, size and budget. Test errors are read off afterwards:
 * they choose nothing.
 */
export function withinBudgets(rows: readonly FrontRow[], budgets: readonly number[]) {
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

/** What choices take of the target: means over seeds. */
const chosenColumns: Columns<{ readonly chosen: readonly FrontRow[] }> = {
  instructions: (c) => formatNumber(mean(c.chosen.map((r) => r.needs?.instructions ?? NaN))),
  flash: (c) => kilobytes(mean(c.chosen.map((r) => r.needs?.flash ?? NaN))),
  RAM: (c) => kilobytes(mean(c.chosen.map((r) => r.needs?.ram ?? NaN))),
};

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
      ...(rows.some((r) => r.needs) ? chosenColumns : {}),
      'model (first seed)': (c) => usual(c.chosen).files[0] ?? '-',
    },
    'front',
  );
