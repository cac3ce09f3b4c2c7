/**
 * numpy-ts (MIT), Zig kernels in WebAssembly: complex64 arrays [batch, n], a whole batch per call, a new array as the
 * result, which is disposed before the next as its documentation advises; that allocation is its API.
 */
import type { Peer } from '../contender.ts';
import { importPeer } from './load.ts';

interface NdArray {
  readonly data: Float32Array;
  dispose(): void;
}
interface Numpy {
  zeros(shape: readonly number[], dtype: string): NdArray;
  readonly fft: { fft(a: NdArray): NdArray; rfft(a: NdArray): NdArray };
}

export async function loadNumpyTs(): Promise<Peer> {
  const np = await importPeer<Numpy>('numpy-ts');
  return {
    name: 'numpy-ts',
    dtype: 'f32',
    sizes: 'any size',
    supports: () => true,
    make({ kind, n, batch }, signal) {
      const real = kind === 'real';
      const input = np.zeros([batch, n], real ? 'float32' : 'complex64');
      const { data } = input;
      for (let i = 0; i < batch * n; i++)
        if (real) data[i] = signal.re[i];
        else data.set([signal.re[i], signal.im[i]], 2 * i);
      const bins = real ? Math.floor(n / 2) + 1 : n;
      const transform = real ? np.fft.rfft : np.fft.fft;
      let output: NdArray | undefined;
      return {
        run: () => {
          output?.dispose();
          output = transform(input);
        },
        bin: (row, k) => {
          const out = output?.data ?? new Float32Array(0);
          return [out[2 * (row * bins + k)], out[2 * (row * bins + k) + 1]];
        },
      };
    },
  };
}
