/** Signals that transforms are compared on, and what a transform makes of them, in float64. */
import type { FloatArray } from '../backends/backend.ts';
import { binCount } from '../model/network.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { fillGaussian } from '../numeric/random.ts';
import { evaluate } from '../optimize/evaluation.ts';
import { modelGraph, networkOf, type TrainedModel } from '../model/model.ts';

/** Fills a batch [n, lanes] of one stream of signals; `im` for complex networks. Streams from `heldOutStream` on are held out. */
export type Signals = (stream: number, re: FloatArray, im: FloatArray | null) => void;

/** Gaussian noise. */
export const gaussianSignals =
  (seed: number): Signals =>
  (stream, re, im) => {
    fillGaussian(re, seed, 2 * stream);
    if (im) fillGaussian(im, seed, 2 * stream + 1);
  };

/** Spectra [bins, lanes] of a stream, float64. */
export function spectraOf(t: TrainedModel, signals: Signals, stream: number, lanes: number): ComplexArray {
  const { n, input } = networkOf(t.model);
  const [re, im] = [new Float64Array(n * lanes), new Float64Array(n * lanes)];
  signals(stream, re, input === 'complex' ? im : null);
  const { outRe, outIm } = evaluate(modelGraph(t, lanes).outputs, { re, im });
  const length = binCount(networkOf(t.model)) * lanes;
  return { re: outRe.slice(0, length), im: outIm.slice(0, length) };
}
