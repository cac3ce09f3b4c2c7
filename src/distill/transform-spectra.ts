/** Signals that transforms are compared on, and what a transform makes of them, in float64. */
import { viewOf, type FloatArray } from '../backends/backend.ts';
import { defaultBackend } from '../backends/default.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { binCount } from '../model/network.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { fillGaussian } from '../numeric/random.ts';
import { networkOf, type TrainedModel } from '../model/model.ts';
import { transformGraphOf } from './transform-program.ts';

/** Fills a batch [n, lanes] of one stream of signals; `im` for complex networks. Streams from 2^31 on are held out. */
export type Signals = (stream: number, re: FloatArray, im: FloatArray | null) => void;

/** First of the streams that measure. */
export const heldOutStream = 2 ** 31;

/** Gaussian noise. */
export const gaussianSignals =
  (seed: number): Signals =>
  (stream, re, im) => {
    fillGaussian(re, seed, 2 * stream);
    if (im) fillGaussian(im, seed, 2 * stream + 1);
  };

/** Spectra [bins, lanes] of a stream, float64. */
export function spectraOf(t: TrainedModel, signals: Signals, stream: number, lanes: number): ComplexArray {
  const e = defaultBackend().instantiate(
    compileGraph(transformGraphOf(t, lanes), { dtype: 'f64', specialize: false }),
  );
  const network = networkOf(t.model);
  const { inputs } = e.program;
  const size = network.n * lanes;
  const part = (name: string): FloatArray => (name in inputs ? viewOf(e, name) : new Float64Array(size));
  signals(stream, part('re'), network.input === 'complex' ? part('im') : null);
  e.run();
  const length = binCount(network) * lanes;
  const out = {
    re: Float64Array.from(viewOf(e, 'outRe', length)),
    im: Float64Array.from(viewOf(e, 'outIm', length)),
  };
  e.dispose();
  return out;
}
