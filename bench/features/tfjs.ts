/** @tensorflow/tfjs (Apache-2.0) on its CPU backend: signal.stft, a matrix product with the filters, logarithms. */
import { importPeer } from '../peers/load.ts';
import { inProcess, type FeatureContender } from './contender.ts';
import { binsOf, filtersOf, type FeatureTask } from './task.ts';

interface Tensor {
  add(other: Tensor | number): Tensor;
  mul(other: number): Tensor;
  div(other: number): Tensor;
  sub(other: number): Tensor;
  square(): Tensor;
  log(): Tensor;
  max(): Tensor;
  maximum(other: Tensor | number): Tensor;
  matMul(other: Tensor): Tensor;
  transpose(): Tensor;
  slice(begin: readonly number[], size: readonly number[]): Tensor;
  dataSync(): Float32Array;
}
interface Tensorflow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  enableProdMode(): void;
  tidy<T>(f: () => T): T;
  tensor1d(data: Float32Array): Tensor;
  tensor2d(data: Float32Array, shape: readonly number[]): Tensor;
  mirrorPad(x: Tensor, padding: readonly (readonly number[])[], mode: 'reflect'): Tensor;
  real(x: Tensor): Tensor;
  imag(x: Tensor): Tensor;
  readonly signal: {
    hannWindow(length: number): Tensor;
    stft(x: Tensor, length: number, hop: number, nFft: number, window: (n: number) => Tensor): Tensor;
  };
}

export async function tfjs(task: FeatureTask): Promise<FeatureContender> {
  const { samples, nFft, hop, mels, floor, frames } = task;
  const tf = await importPeer<Tensorflow>('@tensorflow/tfjs');
  tf.enableProdMode();
  await tf.setBackend('cpu');
  await tf.ready();
  const [bins, whisper, half] = [binsOf(task), task.finish === 'whisper', nFft / 2];
  const filters = tf.tensor2d(Float32Array.from(filtersOf(task)), [mels, bins]).transpose();
  const energies = (): Tensor => {
    const signal = tf.tensor1d(samples);
    const padded = whisper ? tf.mirrorPad(signal, [[half, half]], 'reflect') : signal;
    const x = tf.signal.stft(padded, nFft, hop, nFft, tf.signal.hannWindow);
    return tf.real(x).square().add(tf.imag(x).square()).slice([0, 0], [frames, bins]).matMul(filters);
  };
  return inProcess('frames', () =>
    tf.tidy(() => {
      const log = energies().maximum(floor).log().mul(Math.LOG10E);
      return (whisper ? log.maximum(log.max().sub(8)).add(4).div(4) : log).dataSync();
    }),
  );
}
