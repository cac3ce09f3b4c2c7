/** The error of a learned real network against the float64 DFT, which shares nothing with the compiler. */
import { inputSignals, planarOutputs } from '../ir/view.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { spectrum, type NetworkSpec } from '../model/network.ts';
import { frozen } from '../model/parametrization.ts';
import { realDft } from '../numeric/dft.ts';
import { fillGaussian } from '../numeric/random.ts';
import { evaluate } from '../optimize/evaluation.ts';
import { heldOutStream } from './pairs.ts';

/** Relative L2 error of a real network against the float64 DFT on hold-out Gaussian signals. */
export function spectrumError(network: NetworkSpec, values: ParameterValues, seed: number): number {
  const lanes = 16;
  const { n } = network;
  const x = spectrum(network, inputSignals(n, lanes, 'real'), { lanes, provide: frozen(values) });
  const signal = new Float64Array(n * lanes);
  fillGaussian(signal, seed, heldOutStream);
  const { outRe: re, outIm: im } = evaluate(planarOutputs(x), { re: signal });
  const scale = network.norm === 'ortho' ? 1 / Math.sqrt(n) : 1;
  let difference = 0;
  let total = 0;
  for (let lane = 0; lane < lanes; lane++) {
    const expected = realDft(Array.from({ length: n }, (_, j) => signal[j * lanes + lane]));
    for (let k = 0; k <= n / 2; k++) {
      const [a, b] = [scale * expected.re[k], scale * expected.im[k]];
      difference += (re[k * lanes + lane] - a) ** 2 + (im[k * lanes + lane] - b) ** 2;
      total += a * a + b * b;
    }
  }
  return Math.sqrt(difference / total);
}
