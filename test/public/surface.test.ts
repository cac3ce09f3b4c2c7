/** The public surface, also run against the built package (vitest.dist.config.ts). */
import { describe, expect, it } from 'vitest';
import * as papilio from '../entries.ts';

describe('public surface', () => {
  it('plans and transforms as the README shows', async () => {
    const plan = await papilio.planFft({ n: 512 });
    plan.input.re.set(Float32Array.from({ length: 512 }, (_, j) => Math.cos((2 * Math.PI * 5 * j) / 512)));
    plan.run();
    expect(plan.output.re[5]).toBeCloseTo(256, 3);
    expect(Math.abs(plan.output.re[6])).toBeLessThan(1e-3);
    expect(plan.report.backend).toBe('wasm');
    plan.dispose();
    expect(() => plan.run()).toThrow(papilio.InvalidArgumentError);
  });

  it('has NumPy semantics in fft, ifft, rfft, irfft and stft', () => {
    const x = { re: Float64Array.from({ length: 8 }, (_, j) => j), im: new Float64Array(8) };
    const y = papilio.fft(x);
    // numpy.fft.fft(range(8))[1]
    expect(y.re[1]).toBeCloseTo(-4, 12);
    expect(y.im[1]).toBeCloseTo(9.65685424949238, 12);
    expect(papilio.ifft(y).re[3]).toBeCloseTo(3, 12);
    const r = papilio.rfft(x.re);
    expect(r.re.length).toBe(5);
    expect(r.re[4]).toBeCloseTo(-4, 12);
    expect(papilio.irfft(r)[5]).toBeCloseTo(5, 12);
    const s = papilio.stft(new Float64Array(100).fill(1), new Float64Array(16).fill(1), 8);
    expect([s.frames, s.bins]).toEqual([11, 9]);
    expect(s.re[0]).toBeCloseTo(16, 12);
  });

  it('computes log-mel features like the float64 reference', () => {
    const head = papilio.featureHead();
    const samples = Float64Array.from({ length: 4000 }, (_, i) => 0.5 * Math.sin(i * i * 1e-4));
    const front = papilio.compileFrontEnd(papilio.exactFrontEnd(head), papilio.wasmBackend, 'f64');
    const expected = papilio.referenceFeatures(head, samples);
    const own = front.features(samples);
    expect(own.length).toBe(expected.length);
    for (let i = 0; i < own.length; i++) expect(Math.abs(own[i] - expected[i])).toBeLessThan(1e-6);
  });
});

describe('features, as the README shows', () => {
  const samples = Float32Array.from({ length: 30 * 16000 }, (_, i) => 0.3 * Math.sin(i * i * 1e-6));

  it('Whisper’s 30 seconds are [3000, 80]', () => {
    const { data, frames, width } = papilio.features('whisper').run(samples);
    expect([frames, width, data.length]).toEqual([3000, 80, 240000]);
    // Whisper's levels end 8 below the largest: 2 in units of four decades.
    expect(Math.max(...data.subarray(0, 80000)) - Math.min(...data.subarray(0, 80000))).toBeLessThanOrEqual(
      2,
    );
  });

  it('MFCC and Welch spectra', () => {
    const head = papilio.featureHead('librosa', { sampleRate: 16000, hop: 256, cepstrum: { count: 20 } });
    const { frames, width } = papilio.features(head, { dtype: 'f64' }).run(samples.subarray(0, 16000));
    expect([frames, width]).toEqual([63, 20]);
    const { frequencies, power } = papilio.welch(samples, { fs: 16000, nperseg: 512, average: 'median' });
    expect(frequencies.length).toBe(257);
    expect(frequencies[256]).toBe(8000);
    expect(power.every((p) => p >= 0)).toBe(true);
  });
});
