/** papilio: the exact front end, compiled to WebAssembly; Whisper's padding and compression are plain loops around it. */
import { wasmBackend } from '../../src/index.ts';
import { defaultLogMel } from '../../src/numeric/log-mel.ts';
import { compileSpectralModel, exactSpectralModel } from '../../src/training/spectral-model.ts';
import type { Dtype } from '../contender.ts';
import { inProcess, type FeatureContender } from './contender.ts';
import { paddedSamples, whisperCompress, type FeatureTask } from './task.ts';

export function papilio(task: FeatureTask, dtype: Dtype): FeatureContender {
  const { sampleRate, nFft, hop, mels, floor, frames } = task;
  const head = {
    ...defaultLogMel,
    sampleRate,
    nFft,
    windowLength: nFft,
    hop,
    mels,
    fMax: sampleRate / 2,
    floor,
  };
  const model = compileSpectralModel(exactSpectralModel(head), wasmBackend, dtype);
  if (task.finish === 'log10') return inProcess('frames', () => model.logMel(task.samples));
  return inProcess('frames', () => {
    const out = model.logMel(paddedSamples(task)).subarray(0, frames * mels);
    whisperCompress(out);
    return out;
  });
}
