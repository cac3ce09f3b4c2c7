/** The baseline in plain JavaScript: fft.js with the same window, mel filterbank and logarithm. */
import FFT from 'fft.js';
import { frameCount, frameWindow, melFilterbank, type LogMelConfig } from '../index.ts';

/** log10 mel [frames, mels] of a signal, buffers allocated once. */
export function fftjsLogMel(head: LogMelConfig): {
  logMel(samples: ArrayLike<number>): Float64Array;
  transform(samples: ArrayLike<number>, at: number): void;
} {
  const fft = new FFT(head.nFft);
  const window = frameWindow(head);
  const { start, width, weights } = melFilterbank(head);
  const frame = new Array<number>(head.nFft).fill(0);
  const spectrum = fft.createComplexArray();
  const power = new Float64Array(head.nFft / 2 + 1);
  const transform = (samples: ArrayLike<number>, at: number): void => {
    for (let j = 0; j < head.nFft; j++) frame[j] = samples[at + j] * window[j];
    fft.realTransform(spectrum, frame);
  };
  return {
    transform,
    logMel(samples) {
      const frames = frameCount(samples.length, head);
      const out = new Float64Array(frames * head.mels);
      for (let f = 0; f < frames; f++) {
        transform(samples, f * head.hop);
        for (let k = 0; k < power.length; k++) power[k] = spectrum[2 * k] ** 2 + spectrum[2 * k + 1] ** 2;
        for (let m = 0; m < head.mels; m++) {
          let energy = 0;
          for (let j = 0; j < width; j++) energy += weights[m * width + j] * power[start[m] + j];
          out[f * head.mels + m] = Math.log10(Math.max(energy, head.floor));
        }
      }
      return out;
    },
  };
}
