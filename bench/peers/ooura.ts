/**
 * ooura (ISC), float64: its in-place calls, "for the ultimate throughput" in its README and three times as fast as its
 * planar ones; each run first copies the input, interleaved. They have exp(+2 pi i k n / N): the forward complex
 * transform is its ifftInPlace (unscaled), and the real spectrum is read as the conjugate it is.
 */
import { interleavedRow, isPowerOfTwo, realRow, rowsOf, type Bin, type Peer } from '../contender.ts';
import { importPeer } from './load.ts';

interface Ooura {
  fftInPlace(data: ArrayBufferLike): void;
  ifftInPlace(data: ArrayBufferLike): void;
}

export async function loadOoura(): Promise<Peer> {
  const { default: Transform } = await importPeer<{
    default: new (size: number, options: { type: 'real' | 'complex'; radix: 4 }) => Ooura;
  }>('ooura');
  return {
    name: 'ooura',
    dtype: 'f64',
    sizes: 'powers of two',
    supports: (n) => n >= 4 && isPowerOfTwo(n),
    make({ kind, n, batch }, signal) {
      const real = kind === 'real';
      const width = real ? n : 2 * n;
      const fft = new Transform(width, { type: kind, radix: 4 });
      const input = rowsOf(batch, (row) => (real ? realRow(signal, n, row) : interleavedRow(signal, n, row)));
      const output = rowsOf(batch, () => new Float64Array(width));
      // Bin n/2 of a real spectrum is in the place of Im X[0].
      const realBin = (x: Float64Array, k: number): Bin =>
        k === 0 ? [x[0], 0] : 2 * k === n ? [x[1], 0] : [x[2 * k], -x[2 * k + 1]];
      return {
        run: () => {
          for (let row = 0; row < batch; row++) {
            output[row].set(input[row]);
            if (real) fft.fftInPlace(output[row].buffer);
            else fft.ifftInPlace(output[row].buffer);
          }
        },
        bin: (row, k) => (real ? realBin(output[row], k) : [output[row][2 * k], output[row][2 * k + 1]]),
      };
    },
  };
}
