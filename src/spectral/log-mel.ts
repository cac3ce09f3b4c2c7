/**
 * Steps of log-mel that trained front ends and heads share: framing and window (a view, fused into the first pass), power, gain per
 * bin, logarithm. Tensors are [bins or bands, lanes]: one frame per lane.
 */
import { argument, exprCarrier as k, literal, type Expr } from '../ir/expr.ts';
import { constant, loop, rowMajor, type Tensor } from '../ir/graph.ts';
import type { View } from '../ir/view.ts';

/** Frames of a signal, one per lane: sample j of frame f is signal[f hop + j] window[j]. No padding. */
export function frames(signal: Tensor, hop: number, window: Float64Array): View {
  const scale: View = { tensor: constant([window.length], window), offset: 0, stride: 1, lane: 0 };
  return { tensor: signal, offset: 0, stride: 1, lane: hop, scale };
}

/** log(max(x, floor) + offset) to a base, times a factor: `scale` is the factor over ln of the base. */
export const logarithm = (x: Expr, scale: number, floor: number, offset = 0): Expr =>
  k.mul(k.log(k.add(k.max(x, literal(floor)), literal(offset))), literal(scale));

/** |X|^2 of a planar complex tensor. */
export function power(re: Tensor, im: Tensor): Tensor {
  const whole = { offset: 0, terms: rowMajor(re.shape) };
  return loop({
    label: 'power',
    space: re.shape,
    loads: [
      { tensor: re, access: whole },
      { tensor: im, access: whole },
    ],
    body: [k.add(k.mul(argument(0), argument(0)), k.mul(argument(1), argument(1)))],
    stores: [{ result: 0, access: whole, combine: 'store' }],
    shapes: [re.shape],
  })[0];
}

/** Multiply every bin by its complex gain: gain has shape [bins, 2], re and im [bins (+ spare rows), lanes]. */
export function applyGain(
  re: Tensor,
  im: Tensor,
  gain: Tensor,
  bins: number,
  lanes: number,
): { re: Tensor; im: Tensor } {
  const whole = { offset: 0, terms: [lanes, 1] };
  const [x, y, a, b] = [0, 1, 2, 3].map(argument);
  const [outRe, outIm] = loop({
    label: 'gain',
    space: [bins, lanes],
    loads: [
      { tensor: re, access: whole },
      { tensor: im, access: whole },
      { tensor: gain, access: { offset: 0, terms: [2, 0] } },
      { tensor: gain, access: { offset: 1, terms: [2, 0] } },
    ],
    body: [k.sub(k.mul(x, a), k.mul(y, b)), k.add(k.mul(x, b), k.mul(y, a))],
    stores: [
      { result: 0, access: whole, combine: 'store' },
      { result: 1, access: whole, combine: 'store' },
    ],
    shapes: [
      [bins, lanes],
      [bins, lanes],
    ],
  });
  return { re: outRe, im: outIm };
}
