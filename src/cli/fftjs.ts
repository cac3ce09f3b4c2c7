/** The baseline in plain JavaScript: fft.js with the same window, filterbank, logarithm and cepstrum. */
import FFT from 'fft.js';
import { featuresByPowers, headWindow, type HeadConfig } from '../front.ts';

/** Features of a signal, as `CompiledFrontEnd.features` gives them; tables and buffers made once. */
export function fftjsFeatures(head: HeadConfig): {
  features(samples: ArrayLike<number>): Float64Array;
  transform(samples: ArrayLike<number>, at: number): void;
} {
  const fft = new FFT(head.nFft);
  const window = headWindow(head);
  const frame = new Array<number>(head.nFft).fill(0);
  const spectrum = fft.createComplexArray();
  const transform = (samples: ArrayLike<number>, at: number): void => {
    for (let j = 0; j < head.nFft; j++) frame[j] = samples[at + j] * window[j];
    fft.realTransform(spectrum, frame);
  };
  return {
    transform,
    features: featuresByPowers(head, (windowed, powers) => {
      fft.realTransform(spectrum, windowed);
      for (let k = 0; k < powers.length; k++) powers[k] = spectrum[2 * k] ** 2 + spectrum[2 * k + 1] ** 2;
    }),
  };
}
