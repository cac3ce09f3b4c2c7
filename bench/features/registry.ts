/** All contenders of suite features by name; the packages behind them are imported only when asked for. */
import type { Dtype } from '../contender.ts';
import type { FeaturePeer } from './contender.ts';
import { essentia } from './essentia.ts';
import { fftjs } from './fftjs.ts';
import { meyda } from './meyda.ts';
import { papilio } from './papilio.ts';
import { pffft } from './pffft.ts';
import { python, type PythonPeer } from './python.ts';
import { tfjs } from './tfjs.ts';
import { transformers } from './transformers.ts';

const own = (dtype: Dtype): FeaturePeer => ({
  name: 'papilio',
  dtype,
  start: (task) => papilio(task, dtype),
});
const beside = (name: PythonPeer): FeaturePeer => ({ name, dtype: 'f32', start: python(name) });

export const featureRegistry: readonly FeaturePeer[] = [
  own('f32'),
  own('f64'),
  { name: 'pffft-wasm', dtype: 'f32', start: pffft },
  { name: 'fft.js', dtype: 'f64', start: fftjs },
  { name: 'transformers.js', dtype: 'f64', start: transformers },
  { name: 'meyda', dtype: 'f64', start: meyda },
  { name: 'essentia.js', dtype: 'f32', excerpt: 1, start: essentia },
  { name: 'tfjs', dtype: 'f32', excerpt: 1, start: tfjs },
  beside('torch'),
  beside('librosa'),
  beside('scipy'),
];

/** Names for --peers. */
export const featurePeerNames: readonly string[] = [...new Set(featureRegistry.map((p) => p.name))];
