/** Per-channel energy normalisation as a step over rows: energies, and their smoothed ones behind them. */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import type { PcenOptions } from '../numeric/pcen.ts';
import { mapRows, someRows, type Order, type Rows } from './rows.ts';

/** x^p = exp(p ln x), and 0 of 0. */
function power(x: Expr, p: number): Expr {
  if (p === 1) return x;
  if (p === 0.5) return k.sqrt(x);
  const isZero = k.equal(x, literal(0));
  const positive = k.select(isZero, literal(1), x);
  return k.select(isZero, literal(0), k.exp(k.mul(k.log(positive), literal(p))));
}

/** [2 bands, lanes], energies and then smoothed ones, to [bands, lanes]. */
export const pcenStep =
  ({ gain, bias, power: root, epsilon }: PcenOptions) =>
  (x: Rows, order: Order): Rows => {
    const bands = x.count / 2;
    const [energy, smoothed] = [argument(0), argument(1)];
    // (epsilon + M)^-gain.
    const factor = k.exp(k.mul(k.log(k.add(smoothed, literal(epsilon))), literal(-gain)));
    const value = k.sub(
      power(k.add(k.mul(energy, factor), literal(bias)), root),
      literal(bias === 0 ? 0 : bias ** root),
    );
    return mapRows('pcen', [someRows(x, 0, bands), someRows(x, bands, bands)], [], value, order);
  };
