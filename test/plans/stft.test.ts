import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/errors.ts';
import { gradient } from '../../src/ir/grad.ts';
import { interpret } from '../../src/ir/interpret.ts';
import { checkCola, checkNola } from '../../src/numeric/overlap.ts';
import { windowByName, type WindowName } from '../../src/numeric/window.ts';
import { rfft } from '../../src/plans/fft.ts';
import { istft, istftGraph, stft, type StftOptions } from '../../src/plans/stft.ts';
import { envelopeOf } from '../../src/spectral/overlap-add.ts';
import { backends } from '../../src/plans/compiled.ts';
import { centralDifferences, distance, gaussian, inputOf, runOn, weightedSquares } from '../helpers.ts';
import { manifest, parityTensors } from '../parity.ts';

const tensors = parityTensors();
const data = (name: string): Float64Array => Float64Array.from(tensors.get(name)?.data ?? []);
const optionsOf = (o: { n_fft: number; center: boolean; pad_mode: string }): StftOptions => ({
  nFft: o.n_fft,
  padding: o.center ? (o.pad_mode as 'reflect') : 'none',
});

describe('stft', () => {
  it('is librosa’s with every padding mode, also with a window shorter than n_fft', () => {
    const x = data('stft/x');
    manifest().stft.forEach((o, i) => {
      const own = stft(x, windowByName('hann', o.win_length, 'periodic'), o.hop_length, optionsOf(o));
      expect([own.frames, own.bins]).toEqual(tensors.get(`stft/${i}/re`)?.shape);
      // float64 transforms of 256 points: eps sqrt(log2 n) each.
      for (const part of ['re', 'im'] as const)
        expect(distance(own[part], data(`stft/${i}/${part}`))).toBeLessThan(1e-14);
    });
  });

  it('has an inverse that is torch’s for spectra no signal has', () => {
    manifest().stft.forEach((o, i) => {
      if (!o.center) return;
      const [re, im] = ['re', 'im'].map((part) =>
        data(`stft/${i}/${part}`).map((v, at) => v * (1 + 0.3 * Math.cos(at))),
      );
      const bins = o.n_fft / 2 + 1;
      const expected = data(`istft/${i}`);
      const window = windowByName('hann', o.win_length, 'periodic');
      const own = istft({ re, im, bins, frames: re.length / bins }, window, o.hop_length, {
        ...optionsOf(o),
        length: expected.length,
      });
      expect(own.length).toBe(expected.length);
      expect(distance(own, expected)).toBeLessThan(1e-13);
    });
  });

  it('and back is the signal, for any window, hop and padding that leave nothing out', () => {
    const names: WindowName[] = ['hann', 'hamming', 'boxcar', 'blackman', 'cosine'];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.integer({ min: 4, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom('reflect', 'constant', 'edge', 'symmetric'),
        fc.integer({ min: 1, max: 90 }),
        (name, length, hop, more, padding, samples) => {
          const window = windowByName(name, length, 'periodic');
          // A quarter of the window overlaps four times: far from a vanishing envelope.
          const step = Math.max(1, Math.min(hop, length >> 2));
          const options = { nFft: length + more, padding } as const;
          const x = gaussian(samples, 3);
          const there = stft(x, window, step, options);
          if (there.frames === 0) return;
          const back = istft(there, window, step, options);
          const reached = Math.min(samples, back.length);
          for (let i = 0; i < reached; i++) expect(Math.abs(back[i] - x[i])).toBeLessThan(1e-10);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('as a graph gives the same on every backend, and has the gradient of central differences', () => {
    const window = windowByName('hann', 12, 'periodic');
    const [frames, bins] = [5, 9];
    const graph = istftGraph(frames, window, 4, 16);
    const values = { re: gaussian(bins * frames, 1), im: gaussian(bins * frames, 2) };
    const turn = (x: Float64Array): Float64Array =>
      Float64Array.from(x, (_, i) => x[(i % bins) * frames + Math.floor(i / bins)]);
    const expected = istft({ re: turn(values.re), im: turn(values.im), frames, bins }, window, 4, {
      nFft: 16,
    });
    for (const name of ['reference', 'js', 'wasm'] as const)
      expect(distance(runOn(backends[name], graph, values, { dtype: 'f64' }).signal, expected)).toBeLessThan(
        1e-14,
      );
    const weights = gaussian(expected.length, 4);
    const loss = (v: Record<string, Float64Array>): number =>
      interpret(graph, v).signal.reduce((s, y, i) => s + weights[i] * y * y, 0);
    const [g] = gradient(weightedSquares(graph.outputs.signal, weights), [inputOf(graph, 're')]);
    const own = interpret({ outputs: { g } }, values).g;
    expect(distance(own, centralDifferences(loss, values, 're'))).toBeLessThan(1e-6);
  });

  it('of a frame is the same bits wherever it stands in a signal, and the transform of the windowed frame', () => {
    const sizes = fc.constantFrom(1, 2, 3, 16, 37, 45, 64, 100);
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 300 }), fc.nat(3000), (n, hop, more) => {
        const x = gaussian(n + more, 1);
        const w = gaussian(n, 2);
        const { re, im, frames, bins } = stft(x, w, hop);
        expect(frames).toBe(1 + Math.floor(more / hop));
        for (const f of [0, 1, 63, 64, 65, frames - 1].filter((i) => i < frames)) {
          const frame = x.subarray(f * hop, f * hop + n);
          const alone = stft(frame, w, hop);
          expect(re.subarray(f * bins, (f + 1) * bins)).toEqual(alone.re);
          expect(im.subarray(f * bins, (f + 1) * bins)).toEqual(alone.im);
          const plain = rfft(frame.map((v, j) => v * w[j]));
          // Fused multiply-add rounds the product with the window less often.
          expect(distance([...alone.re, ...alone.im], [...plain.re, ...plain.im])).toBeLessThan(1e-15);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('envelopes repeat between the ends, to the bit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 200 }),
        (n, hop, frames) => {
          const w = gaussian(n, 3);
          const sums = new Float64Array((frames - 1) * hop + n);
          for (let f = 0; f < frames; f++) for (let j = 0; j < n; j++) sums[f * hop + j] += w[j] * w[j];
          const own = envelopeOf(w, hop, frames);
          expect(own.length).toBe(sums.length);
          expect(own.findIndex((e, i) => e !== sums[i])).toBe(-1);
        },
      ),
    );
  });

  it('refuses what cannot be', () => {
    const x = new Float64Array(50);
    const w = windowByName('hann', 10, 'periodic');
    expect(() => stft(x, w, 0)).toThrow(/hop is 0/);
    expect(() => stft(x, w, 5, { nFft: 9 })).toThrow(/nFft is 9/);
    expect(() => stft(x, w, 5, { padding: 'wrap' as 'edge' })).toThrow(
      /padding is "wrap"; expected none, reflect/,
    );
    expect(stft([], w, 5, { padding: 'edge' }).frames).toBe(0);
    const s = stft(x, w, 5, { padding: 'reflect' });
    expect(() => istft(s, w, 10, { padding: 'reflect' })).toThrow(/NOLA/);
    expect(() => istft({ ...s, frames: 3 }, w, 5)).toThrow(/expected 3 frames of 6/);
    expect(() => istft(s, w, 5, { nFft: 20 })).toThrow(/6 bins for nFft = 20; expected 11/);
    expect(() => istft(s, w, 5, { length: -1 })).toThrow(InvalidArgumentError);
    // Frames so far apart that no array holds what is between them.
    const far = { re: new Float64Array(9), im: new Float64Array(9), frames: 3, bins: 3 };
    for (const hop of [2 ** 28, 3e9, 2 ** 40])
      expect(() => istft(far, { hop, nFft: 4, nola: 'zeros' })).toThrow(InvalidArgumentError);
    expect(() => istft(far, { hop: 3e9, nFft: 4, nola: 'zeros' })).toThrow(
      /hop is 3000000000, with which 3 frames cover 6000000004 samples; expected at most 268435456/,
    );
  });
});

describe('overlap', () => {
  it('COLA and NOLA are SciPy’s', () => {
    for (const { window, nperseg, noverlap, cola, nola } of manifest().overlap) {
      const w = windowByName(window as WindowName, nperseg, 'periodic');
      expect(checkCola(w, nperseg - noverlap), window).toBe(cola);
      expect(checkNola(w, nperseg - noverlap), window).toBe(nola);
    }
    expect(() => checkCola([1, 1], 3)).toThrow(/hop is 3; expected 1 to the window's length, 2/);
  });
});
