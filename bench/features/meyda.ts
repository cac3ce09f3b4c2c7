/**
 * meyda (MIT): powerSpectrum of each frame. Its own windows are symmetric and its mel bands neither Slaney's nor 80 by
 * default, so both are plain loops; its spectrum has no bin n/2, where these filters are zero.
 */
import { UnsupportedError } from '../../src/index.ts';
import { isPowerOfTwo } from '../contender.ts';
import { requirePeer } from '../peers/load.ts';
import { inProcess, type FeatureContender } from './contender.ts';
import { logMelRow, melLoops } from './plain.ts';
import { binsOf, windowOf, type FeatureTask } from './task.ts';

interface Meyda {
  bufferSize: number;
  sampleRate: number;
  windowingFunction: string;
  extract(feature: 'powerSpectrum', frame: Float32Array): Float32Array;
}

/** Throws UnsupportedError for other sizes than powers of two. */
export function meyda(task: FeatureTask): FeatureContender {
  const { samples, sampleRate, nFft, hop, mels, frames, floor } = task;
  if (!isPowerOfTwo(nFft)) throw new UnsupportedError('has powers of two');
  const library = requirePeer<Meyda>('meyda');
  Object.assign(library, { bufferSize: nFft, sampleRate, windowingFunction: 'rect' });
  const [window, loops] = [windowOf(task), melLoops(task)];
  const frame = new Float32Array(nFft);
  const power = new Float64Array(binsOf(task));
  return inProcess('frames', () => {
    const out = new Float32Array(frames * mels);
    for (let f = 0; f < frames; f++) {
      const from = f * hop;
      for (let j = 0; j < nFft; j++) frame[j] = window[j] * samples[from + j];
      power.set(library.extract('powerSpectrum', frame));
      logMelRow(loops, power, floor, out, f * mels);
    }
    return out;
  });
}
