/** Figures of a race in words, and how long their bars are. */
import type { Runner } from '../tasks/race.ts';

const digits = (x: number): string => String(Number(x.toPrecision(3)));
/** A time, and its spread to the last digit of the time: clocks of pages are coarse, and spreads may be none. */
export function timeText(ns: number, spread: number): string {
  if (ns === 0) return 'below the clock';
  const [unit, name] = ns < 10_000 ? [1, 'ns'] : [1000, 'µs'];
  const last = 10 ** (Math.floor(Math.log10(ns / unit)) - 2);
  return `${digits(ns / unit)} ± ${digits(Math.round(spread / unit / last) * last)} ${name}`;
}

/** Does it spread over more than a third of its median? Then it ranks nothing. */
export const isNoisy = ({ ns, spread }: Runner): boolean => ns !== null && 3 * (spread ?? 0) > ns;

/** Its time as a part of that of a rival. */
export function ratioText(own: Runner, rival: Runner | undefined): string {
  if (own.ns === null || !rival?.ns) return '–';
  return isNoisy(own) || isNoisy(rival) ? 'too noisy to tell' : (own.ns / rival.ns).toFixed(2);
}

/** Lengths of the bars, in percent of the fastest one that is sure; none is longer. */
export function sharesOf(runners: readonly Runner[]): number[] {
  const times = (of: readonly Runner[]): number[] => of.flatMap(({ ns }) => (ns === null ? [] : [ns || 1]));
  const sure = times(runners.filter((r) => !isNoisy(r)));
  const fastest = Math.min(...(sure.length > 0 ? sure : times(runners)));
  return runners.map(({ ns }) => (ns === null ? 0 : Math.min(100, (100 * fastest) / (ns || 1))));
}
