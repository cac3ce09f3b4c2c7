/** fft.js (MIT), float64, with plain loops around: a plain array in, as its README has it, bins 0 .. n/2 out. */
import { UnsupportedError } from '../../src/index.ts';
import { isPowerOfTwo } from '../contender.ts';
import { importPeer } from '../peers/load.ts';
import { inProcess, type FeatureContender } from './contender.ts';
import { logMelRow, melLoops } from './plain.ts';
import { binsOf, windowOf, type FeatureTask } from './task.ts';

interface Transform {
  createComplexArray(): number[];
  realTransform(out: number[], data: number[]): void;
}

/** Throws UnsupportedError for other sizes than powers of two. */
export async function fftjs(task: FeatureTask): Promise<FeatureContender> {
  const { samples, nFft, hop, mels, frames, floor } = task;
  if (!isPowerOfTwo(nFft)) throw new UnsupportedError('has powers of two');
  const { default: FFT } = await importPeer<{ default: new (n: number) => Transform }>('fft.js');
  const fft = new FFT(nFft);
  const [window, loops, bins] = [windowOf(task), melLoops(task), binsOf(task)];
  const frame = new Array<number>(nFft).fill(0);
  const spectrum = fft.createComplexArray();
  const power = new Float64Array(bins);
  return inProcess('frames', () => {
    const out = new Float32Array(frames * mels);
    for (let f = 0; f < frames; f++) {
      const from = f * hop;
      for (let j = 0; j < nFft; j++) frame[j] = window[j] * samples[from + j];
      fft.realTransform(spectrum, frame);
      for (let k = 0; k < bins; k++) {
        const [re, im] = [spectrum[2 * k], spectrum[2 * k + 1]];
        power[k] = re * re + im * im;
      }
      logMelRow(loops, power, floor, out, f * mels);
    }
    return out;
  });
}
