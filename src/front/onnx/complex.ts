/** Complex spectra of frames as nodes of ONNX: bins in their order, real parts and imaginary ones. */
import type { GraphBuilder, Value } from '../../backends/onnx/builder.ts';
import { realRows } from '../../plans/onnx-transform.ts';
import { oneSidedBins, spectrumScale, type HeadConfig } from '../../spectral/head.ts';

/** Real parts and imaginary ones, [bins, columns], of frames [window.length, columns], whose samples are at most `largest`. */
export function complexBins(
  g: GraphBuilder,
  head: HeadConfig,
  frames: Value,
  window: Float64Array,
  largest: number,
): { readonly re: Value; readonly im: Value } {
  const { nFft: n, sides } = head;
  const windowed = g.node('Mul', [frames, g.reals([window.length, 1], window)]);
  const missing = n - window.length;
  const whole = missing === 0 ? windowed : g.node('Pad', [windowed, g.ints([0, 0, missing, 0])]);
  const peak = largest * window.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const one = { n, sign: -1 as const, factor: Math.sqrt(spectrumScale(head)), largest: peak };
  const spectra = realRows(g, one, whole);
  const [re, im] = [0, 1].map((part) => {
    const bins = g.reshape(g.slice(spectra, { axis: 0, start: part, end: part + 1 }), [oneSidedBins(n), -1]);
    const others = Math.ceil(n / 2) - 1;
    if (sides === 'one' || others === 0) return bins;
    // Bins n - k are conjugates of bins k.
    const mirrored = g.backwards(g.slice(bins, { axis: 0, start: 1, end: 1 + others }), 0);
    return g.concat([bins, part === 0 ? mirrored : g.node('Neg', [mirrored])], 0);
  });
  return { re, im };
}
