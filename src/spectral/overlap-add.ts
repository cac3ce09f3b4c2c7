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
  const out = new Float64Array((frames - 1) * hop + window.length);
  for (let f = 0; f < frames; f++)
    for (let j = 0; j < window.length; j++) out[f * hop + j] += window[j] * window[j];
  return out;
}

/** What sums of windowed frames are multiplied by. */
export const gainsOf = (envelope: Float64Array): Float64Array =>
  envelope.map((e) => (e > smallestEnvelope ? 1 / e : 0));

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
