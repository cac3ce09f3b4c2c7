/** Per-channel energy normalisation as a step over rows: energies, and their smoothed ones behind them. */
import { argument, exprCarrier as k, type Carrier } from '../ir/expr.ts';
import type { PcenOptions } from '../numeric/pcen.ts';
import { mapRows, someRows, type Order, type Rows } from './rows.ts';

/** x^p = exp(p ln x), and 0 of 0. */
function power<T>(over: Carrier<T>, x: T, p: number): T {
  if (p === 1) return x;
  if (p === 0.5) return over.sqrt(x);
  const [zero, one] = [0, 1].map(over.literal);
  const isZero = over.equal(x, zero);
  const positive = over.select(isZero, one, x);
  return over.select(isZero, zero, over.exp(over.mul(over.log(positive), over.literal(p))));
}

/** What becomes of an energy and the smoothed one. */
export const pcenOver =
  <T>(over: Carrier<T>, { gain, bias, power: root, epsilon }: PcenOptions) =>
  (energy: T, smoothed: T): T => {
    // (epsilon + M)^-gain.
    const level = over.log(over.add(smoothed, over.literal(epsilon)));
    const factor = over.exp(over.mul(level, over.literal(-gain)));
    return over.sub(
      power(over, over.add(over.mul(energy, factor), over.literal(bias)), root),
      over.literal(bias === 0 ? 0 : bias ** root),
    );
  };

/** [2 bands, lanes], energies and then smoothed ones, to [bands, lanes]. */
export const pcenStep =
  (options: PcenOptions) =>
  (x: Rows, order: Order): Rows => {
    const bands = x.count / 2;
    const value = pcenOver(k, options)(argument(0), argument(1));
    return mapRows('pcen', [someRows(x, 0, bands), someRows(x, bands, bands)], [], value, order);
  };
