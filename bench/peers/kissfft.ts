/**
 * kissfft-wasm (MIT, kissfft BSD): arrays in its own heap, interleaved, out of place; its `work` checks lengths on every
 * call, which is part of its API. Scalar code.
 */
import { interleavedRow, realRow, rowsOf, type Bin, type Peer } from '../contender.ts';
import { requirePeer } from './load.ts';

interface HeapArray {
  realAt(i: number): number;
  imagAt(i: number): number;
}
interface Config {
  work(input: object, output: object): void;
}
interface KissFft {
  /** Set when its module has loaded. */
  readonly wasmKissFFT: object | undefined;
  readonly ComplexArray: { new (n: number): HeapArray; fromDataArray(data: Float32Array): HeapArray };
  readonly RealArray: { fromDataArray(data: Float32Array): object };
  readonly FFTConfig: new (n: number, inverse: boolean) => Config;
  readonly RealFFTConfig: new (n: number) => Config;
}

const loadLimitMs = 5000;

/** The package is older than Node's fetch and takes it for a browser's; and it ends the process on any rejection. */
async function importQuietly(): Promise<KissFft> {
  const { fetch } = globalThis;
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'exit'));
  Object.assign(globalThis, { fetch: undefined });
  try {
    const kiss = requirePeer<KissFft>('kissfft-wasm');
    const start = performance.now();
    while (!kiss.wasmKissFFT) {
      if (performance.now() - start > loadLimitMs) throw new Error('its WebAssembly module does not load');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return kiss;
  } finally {
    Object.assign(globalThis, { fetch });
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'exit'))
        if (!before[i].includes(listener)) process.removeListener(event, listener);
    });
  }
}

export async function loadKissfft(): Promise<Peer> {
  const kiss = await importQuietly();
  return {
    name: 'kissfft-wasm',
    dtype: 'f32',
    sizes: 'any size (complex) or even ones (real)',
    supports: (n, kind) => kind === 'complex' || n % 2 === 0,
    make({ kind, n, batch }, signal) {
      const real = kind === 'real';
      const config = real ? new kiss.RealFFTConfig(n) : new kiss.FFTConfig(n, false);
      const input = rowsOf(batch, (row) =>
        real
          ? kiss.RealArray.fromDataArray(Float32Array.from(realRow(signal, n, row)))
          : kiss.ComplexArray.fromDataArray(Float32Array.from(interleavedRow(signal, n, row))),
      );
      // It asks for n complex numbers of output even where a real transform writes n/2 + 1.
      const output = rowsOf(batch, () => new kiss.ComplexArray(n));
      return {
        run: () => {
          for (let row = 0; row < batch; row++) config.work(input[row], output[row]);
        },
        bin: (row, k): Bin => [output[row].realAt(k), output[row].imagAt(k)],
      };
    },
  };
}
