/** papilio: one call per clip of a compiled head; Whisper's is the preset as it is. */
import { featureHead, features } from '../../src/index.ts';
import type { Dtype } from '../contender.ts';
import { inProcess, type FeatureContender } from './contender.ts';
import type { FeatureTask } from './task.ts';

export function papilio(task: FeatureTask, dtype: Dtype): FeatureContender {
  const { sampleRate, nFft, hop, mels, floor, finish, samples } = task;
  const shared = { sampleRate, nFft, hop, bank: { bands: mels } };
  const head =
    finish === 'whisper'
      ? featureHead('whisper', { ...shared, log: { floor }, fit: samples.length })
      : featureHead('papilio', { ...shared, windowLength: nFft, log: { floor } });
  const extractor = features(head, { dtype });
  return inProcess('frames', () => extractor.run(samples).data);
}
