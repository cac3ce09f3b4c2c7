/** Welch's average inside a program: |X|^2 of segments summed in their order, then scaled once. */
import { powerFactors } from './banks.ts';
import { argument, exprCarrier as k, type Expr } from '../ir/expr.ts';
import { constant, loop, type Tensor } from '../ir/graph.ts';
import { framePower, mirrored, type RealTransform } from './features.ts';
import type { HeadConfig } from './head.ts';
import { mapRows, rowsOf, someFrames, sumInOrder, type Earlier, type Rows } from './rows.ts';

const [a, b] = /* @__PURE__ */ [argument(0), argument(1)];

/**
 * The sum of |X|^2 over the first `segments` of so many `lanes` of a signal, [one-sided bins, 1]; from earlier ones on, those that
 * these say.
 */
export const segmentSum = (
  head: HeadConfig,
  signal: Tensor,
  { lanes, segments }: { lanes: number; segments: number },
  transform: RealTransform,
  earlier?: Earlier,
): Rows => sumInOrder(someFrames(framePower(head, signal, lanes, transform), 0, segments), earlier);

/** The same sum over one segment of each of so many signals, `distance` samples from one to the next: [one-sided bins, count]. */
export function signalSums(
  head: HeadConfig,
  { signals, count, distance }: { signals: Tensor; count: number; distance: number },
  transform: RealTransform,
  before?: Rows,
): Rows {
  const power = framePower({ ...head, hop: distance }, signals, count, transform);
  return before ? mapRows('sum', [before, power], [], k.add(a, b), 'rows') : power;
}

/** Factors per bin of the mean over `count` segments, scaled as the head says. */
const meanFactors = (head: HeadConfig, count: number): Float64Array =>
  powerFactors(head).map((factor) => factor / count);

/** The mean power over `count` segments from the sums of their |X|^2: signal by signal. */
export function meanPower(head: HeadConfig, sums: Rows, count: number): Rows {
  const table = head.sides === 'two' ? mirrored(head.nFft) : undefined;
  return mapRows('mean', [sums], [meanFactors(head, count)], k.mul(a, b), 'frames', table);
}

/** Most numbers that a network sorts. */
const networkSize = 64;

/** Groups of bins that a bound on the k-th largest is taken from, a power of two; 0 where there are too few. */
export function boundGroups(bins: number, place: number): number {
  const groups = Math.min(networkSize, 2 ** Math.floor(Math.log2(bins)));
  return place >= 1 && place <= groups ? groups : 0;
}

/** Sorts 2^m values, largest first, by comparators without branches (Batcher 1968: odd-even merge sort). */
function sorted(values: readonly Expr[]): Expr[] {
  const x = [...values];
  const order = (i: number, j: number): void => {
    [x[i], x[j]] = [k.max(x[i], x[j]), k.min(x[i], x[j])];
  };
  for (let p = 1; p < x.length; p *= 2)
    for (let q = p; q >= 1; q /= 2)
      for (let j = q % p; j + q < x.length; j += 2 * q)
        for (let i = j; i < j + q && i + q < x.length; i++)
          if (Math.floor(i / (2 * p)) === Math.floor((i + q) / (2 * p))) order(i, i + q);
  return x;
}

/**
 * At least so many of the mean powers of a signal are as large as this number of it, [1, signals]: the `place`-th largest among the
 * largest of `boundGroups` groups of bins.
 */
export function powerBound(head: HeadConfig, sums: Rows, count: number, place: number): Rows {
  const factors = meanFactors(head, count);
  const groups = boundGroups(factors.length, place);
  const size = Math.floor(factors.length / groups);
  const { lanes } = sums;
  // The bins of a group are `groups` apart.
  const [largest] = loop({
    label: 'largest of groups',
    space: [groups, size, lanes],
    loads: [
      {
        tensor: sums.tensor,
        access: { offset: sums.offset, terms: [sums.row, groups * sums.row, sums.lane] },
      },
      { tensor: constant([factors.length], factors), access: { offset: 0, terms: [1, groups, 0] } },
    ],
    body: [k.mul(a, b)],
    stores: [{ result: 0, access: { offset: 0, terms: [lanes, 0, 1] }, combine: 'max' }],
    shapes: [[groups, lanes]],
  });
  const [bound] = loop({
    label: 'bound',
    space: [lanes],
    loads: Array.from({ length: groups }, (_, i) => ({
      tensor: largest,
      access: { offset: i * lanes, terms: [1] },
    })),
    body: [sorted(Array.from({ length: groups }, (_, i) => argument(i)))[place - 1]],
    stores: [{ result: 0, access: { offset: 0, terms: [1] }, combine: 'store' }],
    shapes: [[lanes]],
  });
  return rowsOf(bound, 1, lanes);
}
