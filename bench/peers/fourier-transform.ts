/**
 * fourier-transform (MIT), float64, planar. The real transform writes into arrays it is given; the complex one is in
 * place, so each run first copies its input.
 */
import { isPowerOfTwo, planarBin, realRow, rowsOf, type Peer } from '../contender.ts';
import { importPeer } from './load.ts';

interface FourierTransform {
  fft(input: Float64Array, output: [Float64Array, Float64Array]): unknown;
  cfft(re: Float64Array, im: Float64Array): void;
}

export async function loadFourierTransform(): Promise<Peer> {
  const { fft, cfft } = await importPeer<FourierTransform>('fourier-transform');
  return {
    name: 'fourier-transform',
    dtype: 'f64',
    sizes: 'powers of two',
    supports: (n) => n > 1 && isPowerOfTwo(n),
    make({ kind, n, batch }, signal) {
      if (kind === 'real') {
        const input = rowsOf(batch, (row) => realRow(signal, n, row));
        const output = rowsOf(batch, (): [Float64Array, Float64Array] => [
          new Float64Array(n / 2 + 1),
          new Float64Array(n / 2 + 1),
        ]);
        return {
          run: () => {
            for (let row = 0; row < batch; row++) fft(input[row], output[row]);
          },
          bin: (row, k) => [output[row][0][k], output[row][1][k]],
        };
      }
      const [re, im] = [new Float64Array(batch * n), new Float64Array(batch * n)];
      const views = rowsOf(batch, (row) => [re, im].map((a) => a.subarray(row * n, (row + 1) * n)));
      return {
        run: () => {
          re.set(signal.re);
          im.set(signal.im);
          for (let row = 0; row < batch; row++) cfft(views[row][0], views[row][1]);
        },
        bin: planarBin(re, im, n),
      };
    },
  };
}
