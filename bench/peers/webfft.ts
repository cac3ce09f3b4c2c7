/**
 * webfft (MIT): interleaved Float32Array in, a new one out on every call; that allocation and the copies to and from its
 * modules are its API. `profile()` chooses the fastest of its sub-libraries, as its README advises. Its real transform
 * is left out: it returns the upper half of the spectrum.
 */
import { interleavedRow, isPowerOfTwo, rowsOf, type Peer } from '../contender.ts';
import { importPeer } from './load.ts';

interface WebFft {
  fft(input: Float32Array): Float32Array;
  profile(seconds: number): { readonly fastestSubLibrary: string };
}

const profileSeconds = 0.5;

/** It announces its choice on the console; here it goes into the report. */
function profiled(fft: WebFft): string {
  const { log } = console;
  console.log = () => {};
  try {
    return fft.profile(profileSeconds).fastestSubLibrary;
  } finally {
    console.log = log;
  }
}

export async function loadWebfft(): Promise<Peer> {
  const { default: Fft } = await importPeer<{ default: new (n: number) => WebFft }>('webfft');
  return {
    name: 'webfft',
    dtype: 'f32',
    sizes: 'powers of two from 4 to 131072, complex',
    supports: (n, kind) => kind === 'complex' && isPowerOfTwo(n) && n >= 4 && n <= 131072,
    make({ n, batch }, signal) {
      const fft = new Fft(n);
      const note = profiled(fft);
      const input = rowsOf(batch, (row) => Float32Array.from(interleavedRow(signal, n, row)));
      const output = rowsOf(batch, (): Float32Array => new Float32Array(0));
      return {
        note,
        run: () => {
          for (let row = 0; row < batch; row++) output[row] = fft.fft(input[row]);
        },
        bin: (row, k) => [output[row][2 * k], output[row][2 * k + 1]],
      };
    },
  };
}
