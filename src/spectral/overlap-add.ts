/**
 * Inverse short-time Fourier transform: y = sum_f w x_f / sum_f w^2, the signal whose transform is nearest to the given one in the
 * least-squares sense (Griffin & Lim 1984).
 */
import { argument, exprCarrier as k } from '../ir/expr.ts';
import { constant, loop, map, type Tensor } from '../ir/graph.ts';

/** Up to this, the sum of squared windows says nothing about a sample, which becomes 0: float32's smallest normal number, as in librosa. */
export const smallestEnvelope = 2 ** -126;

/** sum_f window^2 over the samples that `frames` frames cover. */
export function envelopeOf(window: ArrayLike<number>, hop: number, frames: number): Float64Array {
  const n = window.length;
  const whole = Math.ceil(n / hop);
  // From there on the same terms add up in the same order every hop samples, but for those that the last frames alone reach.
  const steady = whole * hop;
  const few = Math.min(frames, 2 * whole);
  const sums = new Float64Array((few - 1) * hop + n);
  for (let f = 0; f < few; f++) for (let j = 0; j < n; j++) sums[f * hop + j] += window[j] * window[j];
  if (few === frames) return sums;
  const out = new Float64Array((frames - 1) * hop + n);
  out.set(sums.subarray(0, steady));
  const period = sums.subarray(steady, steady + hop);
  const last = steady + (frames - few) * hop;
  for (let at = steady; at < last; at += hop) out.set(period, at);
  out.set(sums.subarray(steady), last);
  return out;
}

/** What sums of windowed frames are multiplied by, in the place of the envelope. */
export function gainsOf(envelope: Float64Array): Float64Array {
  for (let i = 0; i < envelope.length; i++)
    envelope[i] = envelope[i] > smallestEnvelope ? 1 / envelope[i] : 0;
  return envelope;
}

/** Frames [window.length (+ spare rows), lanes] to the signal [(lanes - 1) hop + window.length]. */
export function overlapAdd(frames: Tensor, window: Float64Array, hop: number, lanes: number): Tensor {
  const gains = gainsOf(envelopeOf(window, hop, lanes));
  const [sums] = loop({
    label: 'overlap-add',
    space: [window.length, lanes],
    loads: [
      { tensor: frames, access: { offset: 0, terms: [lanes, 1] } },
      { tensor: constant([window.length], window), access: { offset: 0, terms: [1, 0] } },
    ],
    body: [k.mul(argument(0), argument(1))],
    stores: [{ result: 0, access: { offset: 0, terms: [1, hop] }, combine: 'sum' }],
    shapes: [[gains.length]],
  });
  return map('envelope', [sums, constant([gains.length], gains)], [k.mul(argument(0), argument(1))])[0];
}
