/**
 * Per-channel energy normalisation as nodes of ONNX, on energies [bands, batch, frames]. The recursion M[t] = a M[t - 1] + s E[t] is
 * the sum of a^j s E[t - j], whose polynomial is a product: 1 + a z + a^2 z^2 + ... = (1 + a z) (1 + a^2 z^2) (1 + a^4 z^4) ... Each factor
 * is a shift and a sum; those whose power of a is no number of float32 are left out.
 */
import {
  afterLast,
  elementwise,
  type GraphBuilder,
  type Length,
  type Value,
} from '../../backends/onnx/builder.ts';
import type { PcenOptions } from '../../numeric/pcen.ts';
import { pcenOver } from '../../spectral/pcen.ts';

/** float32's smallest number. */
const smallest = 2 ** -149;

/** The largest shift, where any number of frames may come: steps of a double more. */
const mostShift = 2 ** 24;

/** x[t - shift], zeros in front. */
function late(g: GraphBuilder, x: Value, frames: Length, shift: number): Value {
  const front = g.atMost(frames, shift);
  const padded = g.node('Pad', [x, g.lengths([0, 0, front, 0, 0, 0])]);
  return g.slice(padded, { axis: 2, start: 0, end: frames });
}

/** M of all frames. */
function smoothed(
  g: GraphBuilder,
  energies: Value,
  frames: Length,
  { smoothing, initial }: PcenOptions,
): Value {
  const keep = 1 - smoothing;
  const first = g.slice(energies, { axis: 2, start: 0, end: 1 });
  const before = initial === 'first' ? first : g.reals([1, 1, 1], [initial]);
  const scaled = (x: Value, by: number): Value => g.node('Mul', [x, g.scalar(by)]);
  const begun = g.node('Add', [scaled(first, smoothing), scaled(before, keep)]);
  const later = g.slice(energies, { axis: 2, start: 1, end: afterLast });
  let out = g.concat([begun, scaled(later, smoothing)], 2);
  const most = typeof frames === 'number' ? frames : mostShift;
  for (let shift = 1, by = keep; shift < most && by >= smallest; shift *= 2, by *= by)
    out = g.node('Add', [out, scaled(late(g, out, frames, shift), by)]);
  return out;
}

/** PCEN of energies [bands, batch, frames]. */
export const pcenRows = (g: GraphBuilder, energies: Value, frames: Length, options: PcenOptions): Value =>
  pcenOver(elementwise(g), options)(energies, smoothed(g, energies, frames, options));
