/** Inverse STFTs as models of ONNX: what `istft` computes. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { decodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { istftOnnx } from '../../src/plans/onnx-istft.ts';
import { istft, stft } from '../../src/plans/stft.ts';
import { gaussian } from '../helpers.ts';
import { readOnnx, runOnnx, type Values } from '../onnx.ts';

const centred = { padding: 'reflect' } as const;

/** Spectra of a batch as models read them. */
function spectraOf(list: readonly { re: Float64Array; im: Float64Array; frames: number; bins: number }[]) {
  const [{ frames, bins }] = list;
  const part = (key: 're' | 'im'): Values => ({
    dims: [list.length, bins, frames],
    data: Float64Array.from({ length: list.length * bins * frames }, (_, i) => {
      const [b, rest] = [Math.floor(i / (bins * frames)), i % (bins * frames)];
      return list[b][key][(rest % frames) * bins + Math.floor(rest / frames)];
    }),
  });
  return { re: part('re'), im: part('im') };
}

describe('the inverse STFT as ONNX', () => {
  it.each([
    [{ nFft: 64, hop: 16, ...centred }],
    [{ nFft: 64, windowLength: 48, hop: 20, window: 'hamming', padding: 'none' }],
    [{ nFft: 45, hop: 9, ...centred, length: 300 }],
    [{ nFft: 64, hop: 64, window: 'boxcar', padding: 'none', length: 1000 }],
    [{ nFft: 262, hop: 100, window: 'hamming', ...centred }],
  ] as const)('%o: numbers of its file, with frames that are known and without', (options) => {
    for (const frames of [undefined, 21]) {
      const { files, bytes } = istftOnnx(options, { name: 'inverse', ...(frames ? { frames } : {}) });
      const { tensors } = decodeSafetensors(files['inverse.safetensors'] as Uint8Array);
      const values = (key: string): Values => {
        const { shape, data } = tensors.get(key) as Tensor;
        return { dims: shape, data: Float64Array.from(data, Number) };
      };
      const wanted = values('waveforms');
      const { waveforms } = runOnnx(readOnnx(bytes), { re: values('re'), im: values('im') });
      expect(waveforms.dims).toEqual(wanted.dims);
      // Where windows end, small numbers are divided by small ones.
      const inside = options.padding === 'none' ? options.nFft : 0;
      const largest = wanted.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const end = wanted.data.length - inside;
      for (let i = inside; i < end; i++)
        expect(Math.abs(waveforms.data[i] - wanted.data[i])).toBeLessThan(1e-5 * largest);
    }
  });

  it('a batch of signals comes back from their spectra; float16 within 2e-3', () => {
    const options = { nFft: 128, hop: 32, window: 'hann', ...centred } as const;
    const signals = [1, 2].map((stream) => gaussian(1000, stream).map((x) => 0.2 * x));
    const feeds = spectraOf(signals.map((x) => stft(x, options)));
    for (const [f16, tolerance] of [
      [false, 1e-5],
      [true, 2e-3],
    ] as const) {
      const { bytes } = istftOnnx({ ...options, length: 1000 }, { name: 'inverse', f16 });
      const { waveforms } = runOnnx(readOnnx(bytes), feeds);
      expect(waveforms.dims).toEqual([2, 1000]);
      waveforms.data.forEach((x, i) =>
        expect(Math.abs(x - signals[Math.floor(i / 1000)][i % 1000])).toBeLessThan(tolerance),
      );
    }
  });

  it('is small, and refuses what istft refuses', () => {
    const { bytes, metadata } = istftOnnx({ nFft: 512, hop: 128 }, { name: 'inverse' });
    expect(bytes.length).toBeLessThan(40_000);
    expect(metadata['papilio.computes']).toContain('512 points');
    expect(() => istftOnnx({ nFft: 64, hop: 100 }, { name: 'inverse' })).toThrow(InvalidArgumentError);
    const nothing = { re: [], im: [], frames: 0, bins: 0 } as never;
    expect(() => istft(nothing, { nFft: 64, hop: 100 })).toThrow(InvalidArgumentError);
    for (const [options, file, message] of [
      [{ hop: 100 }, {}, /nFft is undefined/],
      [{ nFft: 64 }, { frames: 0 }, /frames is 0/],
      [{ nFft: 64 }, { batch: 0 }, /batch is 0/],
    ] as const) {
      const make = () => istftOnnx(options, { name: 'inverse', ...file });
      expect(make).toThrow(InvalidArgumentError);
      expect(make).toThrow(message);
    }
  });
});
