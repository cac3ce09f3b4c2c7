/**
 * @huggingface/transformers (Apache-2.0): its own FFT in float64, the mel product by ONNX Runtime, which takes all cores.
 * Whisper's features by the exported WhisperFeatureExtractor. `spectrogram`, with which all its feature extractors are
 * made, is not exported; it is imported from the package's sources, as no extractor has the settings of the other task.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importPeer } from '../peers/load.ts';
import { inProcessLater, type FeatureContender } from './contender.ts';
import { binsOf, type FeatureTask } from './task.ts';

interface Tensor {
  readonly data: Float32Array;
}
type Extract = (audio: Float32Array) => Promise<{ input_features: Tensor }>;
interface Exported {
  readonly WhisperFeatureExtractor: new (config: Readonly<Record<string, number>>) => Extract;
}
interface Audio {
  spectrogram(
    samples: Float32Array,
    window: Float64Array,
    frameLength: number,
    hop: number,
    options: object,
  ): Promise<Tensor>;
  mel_filter_bank(
    bins: number,
    mels: number,
    fMin: number,
    fMax: number,
    sampleRate: number,
    norm: 'slaney',
    scale: 'slaney',
  ): number[][];
  window_function(length: number, name: 'hann'): Float64Array;
}

const packageName = '@huggingface/transformers';

function importSource(path: string): Promise<Audio> {
  const entry = createRequire(import.meta.url).resolve(packageName);
  return importPeer<Audio>(pathToFileURL(join(dirname(entry), '..', 'src', path)).href);
}

export async function transformers(task: FeatureTask): Promise<FeatureContender> {
  const { samples, sampleRate, nFft, hop, mels, floor, frames } = task;
  if (task.finish === 'whisper') {
    const { WhisperFeatureExtractor } = await importPeer<Exported>(packageName);
    const extract = new WhisperFeatureExtractor({
      feature_size: mels,
      n_fft: nFft,
      hop_length: hop,
      sampling_rate: sampleRate,
      n_samples: samples.length,
      nb_max_frames: frames,
    });
    return inProcessLater('bands', async () => (await extract(samples)).input_features.data);
  }
  const {
    spectrogram,
    mel_filter_bank: filterBank,
    window_function: windowFunction,
  } = await importSource('utils/audio.js');
  const window = windowFunction(nFft, 'hann');
  const filters = filterBank(binsOf(task), mels, 0, sampleRate / 2, sampleRate, 'slaney', 'slaney');
  const options = { center: false, power: 2, mel_filters: filters, mel_floor: floor, log_mel: 'log10' };
  return inProcessLater('bands', async () => (await spectrogram(samples, window, nFft, hop, options)).data);
}
