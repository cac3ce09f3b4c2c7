/**
 * @echogarden/pffft-wasm (BSD), the SIMD build, with plain loops around that work in its heap. Sizes that it has for complex
 * numbers only, like 400, take two frames as real and imaginary part of one transform.
 */
import { UnsupportedError } from '../../src/index.ts';
import { importPeer } from '../peers/load.ts';
import { hasSize, type PffftModule } from '../peers/pffft.ts';
import { inProcess, type FeatureContender } from './contender.ts';
import { logMelRow, melLoops } from './plain.ts';
import { binsOf, paddedSamples, whisperCompress, windowOf, type FeatureTask } from './task.ts';

/** Power spectra of the frame at `from`, and of the one after it where two are transformed together. */
type Spectra = (samples: Float32Array, from: number) => void;

function realSpectra(pffft: PffftModule, task: FeatureTask, power: Float64Array): Spectra {
  const n = task.nFft;
  const setup = pffft._pffft_new_setup(n, 0);
  const [input, output, work] = [0, 0, 0].map(() => pffft._pffft_aligned_malloc(4 * n));
  const heap = pffft.HEAPF32;
  const [x, y] = [input, output].map((at) => heap.subarray(at / 4, at / 4 + n));
  const window = Float32Array.from(windowOf(task));
  return (samples, from) => {
    for (let j = 0; j < n; j++) x[j] = window[j] * samples[from + j];
    pffft._pffft_transform_ordered(setup, input, output, work, 0);
    power[0] = y[0] * y[0];
    power[n / 2] = y[1] * y[1];
    for (let k = 1; k < n / 2; k++) power[k] = y[2 * k] * y[2 * k] + y[2 * k + 1] * y[2 * k + 1];
  };
}

/** Z = X + i Y with one-sided X and Y: 2 X[k] = Z[k] + conj Z[n - k], 2 i Y[k] = Z[k] - conj Z[n - k]. */
function pairedSpectra(pffft: PffftModule, task: FeatureTask, powers: readonly Float64Array[]): Spectra {
  const { nFft: n, hop } = task;
  const setup = pffft._pffft_new_setup(n, 1);
  const [input, output, work] = [0, 0, 0].map(() => pffft._pffft_aligned_malloc(8 * n));
  const heap = pffft.HEAPF32;
  const [x, y] = [input, output].map((at) => heap.subarray(at / 4, at / 4 + 2 * n));
  // The halves of the formula are in the window.
  const window = Float32Array.from(windowOf(task), (w) => w / 2);
  const [first, second] = powers;
  return (samples, from) => {
    for (let j = 0; j < n; j++) {
      x[2 * j] = window[j] * samples[from + j];
      x[2 * j + 1] = window[j] * samples[from + hop + j];
    }
    pffft._pffft_transform_ordered(setup, input, output, work, 0);
    for (let k = 0; k <= n / 2; k++) {
      const l = k === 0 ? 0 : n - k;
      const a = y[2 * k];
      const b = y[2 * k + 1];
      const c = y[2 * l];
      const d = y[2 * l + 1];
      first[k] = (a + c) * (a + c) + (b - d) * (b - d);
      second[k] = (a - c) * (a - c) + (b + d) * (b + d);
    }
  };
}

/** Throws UnsupportedError for sizes it does not have. */
export async function pffft(task: FeatureTask): Promise<FeatureContender> {
  const { nFft, hop, mels, frames, floor } = task;
  const paired = !hasSize(nFft, 32);
  if (!hasSize(nFft, 16)) throw new UnsupportedError('has 2^a 3^b 5^c, multiples of 16');
  const { default: create } = await importPeer<{ default: () => Promise<PffftModule> }>(
    '@echogarden/pffft-wasm/simd',
  );
  const library = await create();
  const loops = melLoops(task);
  const powers = [0, 1].map(() => new Float64Array(binsOf(task)));
  const together = paired ? 2 : 1;
  const spectra = paired ? pairedSpectra(library, task, powers) : realSpectra(library, task, powers[0]);
  return inProcess(
    'frames',
    () => {
      const samples = paddedSamples(task);
      const out = new Float32Array(frames * mels);
      for (let f = 0; f < frames; f += together) {
        spectra(samples, f * hop);
        for (let i = 0; i < together && f + i < frames; i++)
          logMelRow(loops, powers[i], floor, out, (f + i) * mels);
      }
      if (task.finish === 'whisper') whisperCompress(out);
      return out;
    },
    paired ? 'two frames per transform' : undefined,
  );
}
