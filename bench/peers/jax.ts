/**
 * @jax-js/jax (MIT) on its WebAssembly device: planar arrays [batch, n], jit-compiled, a whole batch per call; reading
 * the results back with dataSync() is what executes it, and the copies that makes are its API.
 */
import { planarBin, type Peer } from '../contender.ts';
import { importPeer } from './load.ts';

interface JaxArray {
  /** One reference more: a function gives up those it is passed. */
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  dataSync(): Float32Array;
}
interface Pair {
  readonly real: JaxArray;
  readonly imag: JaxArray;
}
interface Jax {
  init(device: string): Promise<unknown>;
  defaultDevice(device: string): unknown;
  jit<A extends JaxArray[]>(f: (...args: A) => JaxArray[]): (...args: A) => JaxArray[];
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    readonly fft: { fft(a: Pair): Pair; rfft(a: JaxArray): Pair };
  };
}

export async function loadJax(): Promise<Peer> {
  const jax = await importPeer<Jax>('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy: np } = jax;
  const complexTransform = (re: JaxArray, im: JaxArray): JaxArray[] => {
    const { real, imag } = np.fft.fft({ real: re, imag: im });
    return [real, imag];
  };
  const realTransform = (x: JaxArray): JaxArray[] => {
    const { real, imag } = np.fft.rfft(x);
    return [real, imag];
  };
  return {
    name: 'jax-js',
    dtype: 'f32',
    sizes: 'any size',
    supports: () => true,
    make({ kind, n, batch }, signal) {
      const shaped = (x: Float64Array): JaxArray => np.array(Float32Array.from(x)).reshape([batch, n]);
      const [re, im] = [shaped(signal.re), shaped(signal.im)];
      const ofComplex = jax.jit(complexTransform);
      const ofReal = jax.jit(realTransform);
      let out: Float32Array[] = [];
      const run =
        kind === 'real'
          ? () => {
              out = ofReal(re.ref).map((a) => a.dataSync());
            }
          : () => {
              out = ofComplex(re.ref, im.ref).map((a) => a.dataSync());
            };
      const bins = kind === 'real' ? Math.floor(n / 2) + 1 : n;
      return { run, bin: (row, k) => planarBin(out[0], out[1], bins)(row, k) };
    },
  };
}
