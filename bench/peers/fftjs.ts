/**
 * fft.js (MIT), float64: interleaved plain arrays as in its README (typed arrays are slower); out of place, no copies.
 * Its real transform fills bins 0 .. n/2.
 */
import { interleavedRow, isPowerOfTwo, realRow, rowsOf, type Peer } from '../contender.ts';
import { importPeer } from './load.ts';

interface Transform {
  createComplexArray(): number[];
  transform(out: number[], data: number[]): void;
  realTransform(out: number[], data: number[]): void;
}

export async function loadFftjs(): Promise<Peer> {
  const { default: FFT } = await importPeer<{ default: new (n: number) => Transform }>('fft.js');
  return {
    name: 'fft.js',
    dtype: 'f64',
    sizes: 'powers of two',
    supports: (n) => n > 1 && isPowerOfTwo(n),
    make({ kind, n, batch }, signal) {
      const fft = new FFT(n);
      const data = rowsOf(batch, (row) =>
        Array.from(kind === 'real' ? realRow(signal, n, row) : interleavedRow(signal, n, row)),
      );
      const out = rowsOf(batch, () => fft.createComplexArray());
      const run =
        kind === 'real'
          ? () => {
              for (let row = 0; row < batch; row++) fft.realTransform(out[row], data[row]);
            }
          : () => {
              for (let row = 0; row < batch; row++) fft.transform(out[row], data[row]);
            };
      return { run, bin: (row, k) => [out[row][2 * k], out[row][2 * k + 1]] };
    },
  };
}
