/**
 * @echogarden/pffft-wasm (BSD), the SIMD build, by its low-level module: aligned buffers in its own heap, the transform
 * in canonical order, work memory allocated once. Interleaved; a real spectrum has bin n/2 in the place of Im X[0].
 */
import type { Bin, Peer } from '../contender.ts';
import { importPeer } from './load.ts';

/** The module, as the page declares it. */
export type PffftModule = Awaited<ReturnType<typeof import('@echogarden/pffft-wasm/simd').default>>;

/** 2^a 3^b 5^c with enough factors two for its vectors of four: 16 complex, 32 real. */
export function hasSize(n: number, multiple: number): boolean {
  if (n % multiple !== 0) return false;
  let rest = n;
  for (const p of [2, 3, 5]) while (rest % p === 0) rest /= p;
  return rest === 1;
}

export async function loadPffft(): Promise<Peer> {
  const { default: create } = await importPeer<{ default: () => Promise<PffftModule> }>(
    '@echogarden/pffft-wasm/simd',
  );
  const pffft = await create();
  return {
    name: 'pffft-wasm',
    dtype: 'f32',
    sizes: '2^a 3^b 5^c, multiples of 16 (complex) or 32 (real)',
    supports: (n, kind) => hasSize(n, kind === 'real' ? 32 : 16),
    make({ kind, n, batch }, signal) {
      const setup = pffft._pffft_new_setup(n, kind === 'real' ? 0 : 1);
      const width = kind === 'real' ? n : 2 * n;
      const floats = (count: number): number => pffft._pffft_aligned_malloc(4 * count);
      const [input, output, work] = [floats(batch * width), floats(batch * width), floats(width)];
      // The heap may have grown: take the view only now.
      const heap = pffft.HEAPF32;
      for (let i = 0; i < batch * n; i++)
        if (kind === 'real') heap[input / 4 + i] = signal.re[i];
        else heap.set([signal.re[i], signal.im[i]], input / 4 + 2 * i);
      const at = (i: number): number => pffft.HEAPF32[output / 4 + i];
      const realBin = (base: number, k: number): Bin =>
        k === 0 ? [at(base), 0] : 2 * k === n ? [at(base + 1), 0] : [at(base + 2 * k), at(base + 2 * k + 1)];
      return {
        run: () => {
          for (let row = 0; row < batch; row++) {
            const shift = 4 * row * width;
            pffft._pffft_transform_ordered(setup, input + shift, output + shift, work, 0);
          }
        },
        bin: (row, k) =>
          kind === 'real' ? realBin(row * width, k) : [at(row * width + 2 * k), at(row * width + 2 * k + 1)],
      };
    },
  };
}
