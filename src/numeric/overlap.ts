/** Overlap-add: when frames can be put together again (scipy.signal.check_COLA and check_NOLA; Allen & Rabiner 1977). */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, finite, shown } from '../options.ts';
import { medianOf } from './percentiles.ts';
import { requireNumbers } from './samples.ts';

const toleranceRule = finite({ minimum: 0 });

function validate(window: ArrayLike<number>, hop: number): void {
  requireNumbers('window', window);
  if (window.length === 0) throw new InvalidArgumentError('window is empty; expected at least one sample');
  if (!Number.isInteger(hop) || hop < 1 || hop > window.length)
    throw new InvalidArgumentError(
      `hop is ${shown(hop)}; expected 1 to the window's length, ${window.length}`,
    );
}

/** sum over frames of f(window) at each of `hop` consecutive positions, far from the ends. */
function folded(window: ArrayLike<number>, hop: number, f: (w: number) => number): Float64Array {
  validate(window, hop);
  const sums = new Float64Array(hop);
  for (let j = 0; j < window.length; j++) sums[j % hop] += f(window[j]);
  return sums;
}

/** Do shifted windows add up to a constant, within `tolerance` of their median? Then overlap-add without a division inverts. */
export function checkCola(window: ArrayLike<number>, hop: number, tolerance = 1e-10): boolean {
  checkArgument('tolerance', tolerance, toleranceRule);
  const sums = folded(window, hop, (w) => w);
  const median = medianOf(sums);
  return sums.every((s) => Math.abs(s - median) < tolerance);
}

/** Is the sum of squares of shifted windows nowhere below `tolerance`? Then the least-squares inverse exists. */
export function checkNola(window: ArrayLike<number>, hop: number, tolerance = 1e-10): boolean {
  checkArgument('tolerance', tolerance, toleranceRule);
  return folded(window, hop, (w) => w * w).every((s) => s > tolerance);
}
