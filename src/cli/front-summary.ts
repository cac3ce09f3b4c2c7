/** A front over its seeds: a line per structure, and in words whether a learned front end is worth it. */
import type { FrontRow } from '../front.ts';

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
  /** Of the feature `peaks`: part that is missed, mean errors in Hz and dB of those found (NaN if none is). */
  readonly peaks?: { readonly missed: number; readonly hertz: number; readonly decibels: number };
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
export const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
export const errorText = (x: number): string => (x < 1e-3 ? x.toExponential(1) : x.toFixed(4));

export function groupBy<T>(rows: readonly T[], key: (r: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const r of rows) groups.set(key(r), [...(groups.get(key(r)) ?? []), r]);
  return [...groups.values()];
}

function peaksOf(rows: readonly FrontRow[]): Summary['peaks'] {
  const all = rows.flatMap((r) => r.peaks ?? []);
  if (all.length === 0) return undefined;
  return {
    missed: mean(all.map((p) => p.missed / Math.max(1, p.peaks))),
    hertz: mean(all.flatMap((p) => p.frequency?.mean ?? [])),
    decibels: mean(all.flatMap((p) => p.level?.mean ?? [])),
  };
}

/** By falling cost. */
export function summaries(rows: readonly FrontRow[]): Summary[] {
  return groupBy(rows, (r) => `${r.kind} ${r.structure}`)
    .map((g): Summary => {
      const peaks = peaksOf(g);
      const times = g.flatMap((r) =>
        r.nsPerFrame === null || r.exactNsPerFrame === null ? [] : [r.nsPerFrame / r.exactNsPerFrame],
      );
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
        time: mean(times),
        codeBytes: mean(g.map((r) => r.codeBytes)),
        ...(peaks ? { peaks } : {}),
      };
    })
    .sort((a, b) => b.fft - a.fft);
}

const titles = [
  'front end',
  'seeds',
  'test error, log10 (worst seed)',
  'p95, log10',
  'FFT operations',
  'with windows',
  'whole front end',
  'time / exact',
  'code',
];

const figure = (x: number, digits: number): string => (Number.isFinite(x) ? x.toFixed(digits) : '-');

function cells(s: Summary): string[] {
  const line = [
    s.structure,
    String(s.seeds),
    s.kind === 'exact' ? errorText(s.error) : `${errorText(s.error)} (${errorText(s.worst)})`,
    errorText(s.p95),
    percent(s.fft),
    percent(s.transform),
    percent(s.whole),
    figure(s.time, 2),
    `${(s.codeBytes / 1024).toFixed(1)} KiB`,
  ];
  if (!s.peaks) return line;
  return [...line, percent(s.peaks.missed), figure(s.peaks.hertz, 2), figure(s.peaks.decibels, 3)];
}

/** Titles and lines of a table. */
export const frontTable = (all: readonly Summary[]): { head: string[]; lines: string[][] } => ({
  head: all.some((s) => s.peaks) ? [...titles, 'peaks missed', 'off by, Hz', 'off by, dB'] : titles,
  lines: all.map(cells),
});

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
