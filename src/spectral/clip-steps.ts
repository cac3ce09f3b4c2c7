/** Steps over a whole clip as graph functions, with gradients: pre-emphasis, smoothed energies, deltas, normalisation. */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { constant, loop, type Tensor } from '../ir/graph.ts';
import { banded } from '../numeric/banded.ts';
import { deltaRows, type DeltaOptions } from '../numeric/deltas.ts';
import { requireVariance, type NormalizeOptions } from '../numeric/normalize.ts';
import type { PcenOptions } from '../numeric/pcen.ts';
import type { HeadConfig } from './head.ts';
import {
  everywhere,
  filterbank,
  mapRows,
  meanOverFrames,
  repeated,
  rowLoop,
  rowsOf,
  sumRows,
  type Order,
  type Rows,
} from './rows.ts';

const [a, b] = /* @__PURE__ */ [argument(0), argument(1)];

/** y[i] = x[i] - c x[i - 1], x[-1] = 0. */
export function emphasised({ signalPreEmphasis: c = 0 }: HeadConfig, signal: Tensor): Tensor {
  if (c === 0) return signal;
  const { size } = signal;
  const before = Int32Array.from({ length: size }, (_, i) => Math.max(0, i - 1));
  const factors = new Float64Array(size).fill(c, 1);
  return loop({
    label: 'signal pre-emphasis',
    space: [size],
    loads: [
      { tensor: signal, access: { offset: 0, terms: [1] } },
      { tensor: signal, access: { offset: 0, terms: [before] } },
      { tensor: constant([size], factors), access: { offset: 0, terms: [1] } },
    ],
    body: [k.sub(a, k.mul(b, argument(2)))],
    stores: [{ result: 0, access: { offset: 0, terms: [1] }, combine: 'store' }],
    shapes: [[size]],
  })[0];
}

/** Matrices of the same shape one below the other. */
function stacked(parts: readonly Rows[], order: Order): Rows {
  const { count, lanes } = parts[0];
  const all = parts.length * count;
  const [row, lane] = order === 'rows' ? [lanes, 1] : [1, all];
  const [tensor] = loop({
    label: 'stack',
    space: [count, lanes],
    loads: parts.map((x) => ({ tensor: x.tensor, access: { offset: x.offset, terms: [x.row, x.lane] } })),
    body: parts.map((_, i) => argument(i)),
    stores: parts.map((_, i) => ({
      result: 0,
      access: { offset: i * count * row, terms: [row, lane] },
      combine: 'store' as const,
    })),
    shapes: [order === 'rows' ? [all, lanes] : [lanes, all]],
  });
  return rowsOf(tensor, all, lanes, order);
}

/** Energies with their smoothed ones below them: the recursion along frames in log2(frames) steps (Hillis & Steele 1986). */
export function withSmoothed(x: Rows, { smoothing, initial }: PcenOptions): Rows {
  const { count, lanes } = x;
  const own = { tensor: x.tensor, access: { offset: x.offset, terms: [x.row, x.lane] } };
  const perLane = (at: (t: number) => number) => ({
    tensor: constant(
      [lanes],
      Float64Array.from({ length: lanes }, (_, t) => at(t)),
    ),
    access: { offset: 0, terms: [0, 1] },
  });
  const isFirst = (t: number): boolean => t === 0;
  const weights = perLane((t) => (isFirst(t) && initial === 'first' ? 1 : smoothing));
  const starts = perLane((t) => (isFirst(t) && initial !== 'first' ? (1 - smoothing) * initial : 0));
  const plus = k.add(k.mul(a, b), argument(2));
  let [tensor] = rowLoop('smoothing', [count, lanes], { loads: [own, weights, starts] }, [plus]);
  for (let step = 1; step < lanes; step *= 2) {
    const earlier = Int32Array.from({ length: lanes }, (_, t) => Math.max(0, t - step));
    const decay = perLane((t) => (t >= step ? (1 - smoothing) ** step : 0));
    const loads = [
      { tensor, access: { offset: 0, terms: [lanes, earlier] } },
      decay,
      { tensor, access: { offset: 0, terms: [lanes, 1] } },
    ];
    [tensor] = rowLoop('smoothing', [count, lanes], { loads }, [plus]);
  }
  return stacked([x, rowsOf(tensor, count, lanes)], 'rows');
}

/** Frames as rows and rows as frames. */
const turned = (x: Rows): Rows => ({ ...x, count: x.lanes, lanes: x.count, row: x.lane, lane: x.row });

function deltas(x: Rows, options: DeltaOptions): Rows {
  const orders = deltaRows(options, x.lanes).map((rows) => {
    const { start, width, weights } = banded(rows, x.lanes);
    return turned(filterbank(turned(x), constant([x.lanes, width], weights), { start, width }));
  });
  return stacked([x, ...orders], 'rows');
}

/** Means over frames, and over all numbers where there is one group: [count, lanes], the same for all frames. */
function means(x: Rows, over: NormalizeOptions['over']): Rows {
  const perRow = meanOverFrames(x);
  if (over === 'feature') return everywhere(perRow, x.lanes);
  const [sum] = sumRows('mean', perRow, [], [k.mul(a, literal(1 / x.count))]);
  return everywhere(repeated(sum, x.count), x.lanes);
}

function normalize(x: Rows, options: NormalizeOptions): Rows {
  const { ddof, over, offset, varianceOffset } = options;
  requireVariance(options, x.lanes, x.count);
  const mean = means(x, over);
  const centred = mapRows('centred', [x, mean], [], k.sub(a, b), 'rows');
  const count = over === 'clip' ? x.lanes * x.count : x.lanes;
  const variance = means(mapRows('squares', [centred], [], k.mul(a, a), 'rows'), over);
  const deviation = k.add(
    k.sqrt(k.add(k.mul(b, literal(count / (count - ddof))), literal(varianceOffset))),
    literal(offset),
  );
  const shifted = options.mean ? centred : x;
  return options.deviation
    ? mapRows('normalised', [shifted, variance], [], k.div(a, deviation), 'rows')
    : shifted;
}

/** Deltas, normalisation and affine map of a head over the frames of a clip: [lanes, width]. */
export function clipSteps(head: HeadConfig, x: Rows, affine: ((x: Expr) => Expr) | null): Rows {
  const more = head.deltas ? deltas(x, head.deltas) : x;
  const normal = head.normalize ? normalize(more, head.normalize) : more;
  return mapRows('affine', [normal], [], affine ? affine(a) : a, 'frames');
}
