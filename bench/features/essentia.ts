/**
 * essentia.js (AGPL-3.0; used through its documented interface, nothing of it is in papilio): Spectrum and MelBands of each
 * frame, which it sets up anew in every call. Its Hann window is symmetric, so the window is a plain loop, like logarithms.
 */
import { requirePeer } from '../peers/load.ts';
import { inProcess, type FeatureContender } from './contender.ts';
import { binsOf, paddedSamples, whisperCompress, windowOf, type FeatureTask } from './task.ts';

/** Numbers in the heap of its module. */
interface Vector {
  delete(): void;
}
interface Algorithms {
  arrayToVector(data: Float32Array): Vector;
  vectorToArray(data: Vector): Float32Array;
  Spectrum(frame: Vector, size: number): { spectrum: Vector };
  MelBands(
    spectrum: Vector,
    fMax: number,
    inputSize: number,
    log: boolean,
    fMin: number,
    normalize: 'unit_tri',
    bands: number,
    sampleRate: number,
    type: 'power',
    warpingFormula: 'slaneyMel',
    weighting: 'linear',
  ): { bands: Vector };
}
interface Package {
  readonly Essentia: new (wasm: unknown) => Algorithms;
  readonly EssentiaWASM: unknown;
}

export function essentia(task: FeatureTask): FeatureContender {
  const { sampleRate, nFft, hop, mels, frames, floor } = task;
  const { Essentia, EssentiaWASM } = requirePeer<Package>('essentia.js');
  const library = new Essentia(EssentiaWASM);
  const [window, bins, fMax] = [windowOf(task), binsOf(task), sampleRate / 2];
  const frame = new Float32Array(nFft);
  const energies = (): Float32Array => {
    const input = library.arrayToVector(frame);
    const { spectrum } = library.Spectrum(input, nFft);
    const { bands } = library.MelBands(
      ...([
        spectrum,
        fMax,
        bins,
        false,
        0,
        'unit_tri',
        mels,
        sampleRate,
        'power',
        'slaneyMel',
        'linear',
      ] as const),
    );
    const out = library.vectorToArray(bands);
    for (const vector of [input, spectrum, bands]) vector.delete();
    return out;
  };
  return inProcess('frames', () => {
    const samples = paddedSamples(task);
    const out = new Float32Array(frames * mels);
    for (let f = 0; f < frames; f++) {
      const from = f * hop;
      for (let j = 0; j < nFft; j++) frame[j] = window[j] * samples[from + j];
      const row = energies();
      for (let m = 0; m < mels; m++) out[f * mels + m] = Math.log10(row[m] > floor ? row[m] : floor);
    }
    if (task.finish === 'whisper') whisperCompress(out);
    return out;
  });
}
