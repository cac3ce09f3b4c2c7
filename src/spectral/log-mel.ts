/**
 * Log-mel as graph functions: framing and window (a view, fused into the first pass), banded mel filterbank, logarithm.
 * Tensors are [bins or bands, lanes]: one frame per lane. Formulas and defaults: numeric/log-mel.ts.
 */
import { argument, exprCarrier as k, literal } from '../ir/expr.ts';
import { constant, loop, rowMajor, type Tensor } from '../ir/graph.ts';
import type { View } from '../ir/view.ts';

/** Frames of a signal, one per lane: sample j of frame f is signal[f hop + j] window[j]. No padding. */
export function frames(signal: Tensor, hop: number, window: Float64Array): View {
  const scale: View = { tensor: constant([window.length], window), offset: 0, stride: 1, lane: 0 };
  return { tensor: signal, offset: 0, stride: 1, lane: hop, scale };
}

/** Where each band of a filterbank begins, and how many bins it may weight. */
export interface Bands {
  /** First bin of each band. */
  readonly start: Int32Array;
  readonly width: number;
}

/**
 * Banded filterbank: band m = sum_j weights[m, j] spectrum[start[m] + j]. `weights` has shape [bands, width],
 * `spectrum` [bins, lanes]; returns [bands, lanes].
 */
export function filterbank(spectrum: Tensor, weights: Tensor, bands: Bands, lanes: number): Tensor {
  const count = bands.start.length;
  return loop({
    label: 'filterbank',
    space: [count, bands.width, lanes],
    loads: [
      { tensor: weights, access: { offset: 0, terms: [bands.width, 1, 0] } },
      { tensor: spectrum, access: { offset: 0, terms: [bands.start.map((s) => s * lanes), lanes, 1] } },
    ],
    body: [k.mul(argument(0), argument(1))],
    stores: [{ result: 0, access: { offset: 0, terms: [lanes, 0, 1] }, combine: 'sum' }],
    shapes: [[count, lanes]],
  })[0];
}

/** log10(max(x, floor)) of [bands, lanes]; `transposed` stores [lanes, bands], frame by frame. */
export function log10Compress(energies: Tensor, floor: number, transposed = false): Tensor {
  const [bands, lanes] = energies.shape;
  const value = k.mul(k.log(k.max(argument(0), literal(floor))), literal(Math.LOG10E));
  return loop({
    label: 'log10',
    space: [bands, lanes],
    loads: [{ tensor: energies, access: { offset: 0, terms: [lanes, 1] } }],
    body: [value],
    stores: [
      { result: 0, access: { offset: 0, terms: transposed ? [1, bands] : [lanes, 1] }, combine: 'store' },
    ],
    shapes: [transposed ? [lanes, bands] : [bands, lanes]],
  })[0];
}

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
