/**
 * Numbers at the edge that other people's tools met first: infinities, floors, frames that leave samples out, banks that are too fine.
 * Right values: NumPy 2.4, SciPy 1.17, librosa 0.11, torchaudio 2.9's and transformers' formulas.
 */
import { describe, expect, it } from 'vitest';
import {
  compileFrontEnd,
  exactFrontEnd,
  frontEndModule,
  interpolatedPeak,
  melFilterbank,
  standaloneLoader,
  standaloneModule,
} from '../../src/front.ts';
import {
  featureHead,
  features,
  findPeaks,
  InvalidArgumentError,
  istft,
  spectralPeaks,
  stft,
  stream,
  windowByName,
} from '../../src/index.ts';
import { wasmBackend } from '../../src/compiler.ts';

const noise = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => 0.3 * Math.sin(i * i * 1e-4));

describe('levels of -Infinity (NWaves#10, aubio#7)', () => {
  it('leave a peak on its sample', () => {
    expect(interpolatedPeak([-Infinity, 0, -Infinity], 1)).toEqual({ position: 1, value: 0 });
    expect(interpolatedPeak([-20, 0, -Infinity], 1)).toEqual({ position: 1, value: 0 });
    expect(spectralPeaks([-Infinity, -20, -60], [0, 100, 200])[0].frequency).toBe(100);
  });
});

describe('floors of a logarithm (python_speech_features#7)', () => {
  it('of 0 are refused under a cepstrum, where silence would be NaN', () => {
    const overrides = { cepstrum: { count: 4 }, log: { floor: 0 } };
    expect(() => featureHead('papilio', overrides)).toThrow(/log.floor is 0 under a cepstrum/);
    // An offset keeps silence finite: TensorFlow's head.
    const head = featureHead('tensorflow', { cepstrum: { count: 4 } });
    expect(features(head).run(new Float32Array(4000)).data.every(Number.isFinite)).toBe(true);
  });
  it('of 0 are refused with the maximum as reference, where silence would be NaN', () => {
    const open = { kind: 'ln', floor: 0, reference: 'max' } as const;
    expect(() => featureHead('papilio', { log: open })).toThrow(/log.floor is 0 with log.reference "max"/);
    // 0 times -Infinity.
    for (const multiply of [0, 1e-50])
      expect(() => featureHead('papilio', { log: { ...open, reference: 1 }, affine: { multiply } })).toThrow(
        `affine.multiply is ${multiply} over log.floor 0`,
      );
    const head = featureHead('papilio', { log: { ...open, offset: 1e-6 } });
    expect(
      features(head)
        .run(new Float32Array(4000))
        .data.every((x) => x === 0),
    ).toBe(true);
    // A range alone raises what is heard and leaves silence at -Infinity.
    const range = featureHead('papilio', { log: { ...open, reference: 1, range: 8 } });
    expect(
      features(range)
        .run(new Float32Array(4000))
        .data.every((x) => x === -Infinity),
    ).toBe(true);
  });
  it('and other numbers that float32 does not hold are refused there', () => {
    const refused: readonly [Parameters<typeof featureHead>[1], string][] = [
      [{ log: { kind: 'ln', floor: 0, offset: 1e-50 } }, 'log.offset is 1e-50'],
      [{ log: { floor: 1e39 } }, 'log.floor is 1e+39'],
      [{ log: { offset: 1e39 } }, 'log.offset is 1e+39'],
      [{ log: { range: 1e39 } }, 'log.range is 1e+39'],
      [{ affine: { multiply: -1e39 } }, 'affine.multiply is -1e+39'],
      [{ affine: { add: 1e39 } }, 'affine.add is 1e+39'],
    ];
    for (const [overrides, message] of refused) {
      const head = featureHead('papilio', overrides);
      const front = exactFrontEnd(head);
      for (const make of [features, stream])
        expect(() => make(head)).toThrow(`${message} in float32; expected`);
      for (const make of [compileFrontEnd, frontEndModule, standaloneModule])
        expect(() => make(front)).toThrow(`${message} in float32; expected`);
      features(head, { dtype: 'f64' }).dispose();
    }
  });
  it('that are zero in float32 are refused there, and right in float64', () => {
    const head = featureHead('papilio', { log: { kind: 'ln', floor: 1e-50 } });
    for (const make of [features, stream])
      expect(() => make(head)).toThrow(/log.floor is 1e-50 in float32; expected 0, at least 1.4e-45, or/);
    const { data } = features(head, { dtype: 'f64' }).run(new Float32Array(4000));
    for (const x of data) expect(x).toBeCloseTo(-115.12925464970229, 10);
  });
});

describe('samples beyond what float32 can square', () => {
  const silentThenLoud = (level: number): Float64Array => {
    const x = new Float64Array(4000);
    x[1234] = level;
    return x;
  };
  it.each(['papilio', 'kaldi', 'torchaudio', 'openwakeword'] as const)('%s: are refused by name', (name) => {
    for (const level of [3e38, 1e30, 9.9e17, -1e16]) {
      expect(() => features(name).run(silentThenLoud(level))).toThrow(/sample 1234 is .*finite number below/);
      expect(() => stream(name).push(silentThenLoud(level))).toThrow(InvalidArgumentError);
    }
  });
  it.each(['papilio', 'kaldi', 'torchaudio', 'openwakeword', 'scipy-welch'] as const)(
    '%s: the largest that are taken give finite numbers',
    (name) => {
      const extractor = features(name);
      const limit = 2 ** 60 / (extractor.head.nFft * Math.abs(extractor.head.gain));
      const x = Float64Array.from({ length: 4096 }, (_, i) => 0.99 * limit * (i % 2 === 0 ? 1 : -1));
      expect(extractor.run(x).data.every(Number.isFinite)).toBe(true);
      expect(extractor.run(x.fill(0.99 * limit)).data.every(Number.isFinite)).toBe(true);
    },
  );
});

describe('samples beyond what the float32 kernel of a model can square', () => {
  const model = exactFrontEnd(featureHead());
  interface Kernel {
    features(samples: Float64Array): Float32Array;
  }
  const importOf = (text: string): Promise<unknown> =>
    import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`);
  const kernels: [string, () => Promise<Kernel>][] = [
    ['compileFrontEnd', () => Promise.resolve(compileFrontEnd(model, wasmBackend) as unknown as Kernel)],
    ['kernel.mjs', async () => (await importOf(frontEndModule(model))) as Kernel],
    [
      'kernel.wasm',
      async () => {
        const { load } = (await importOf(standaloneLoader)) as { load(bytes: Uint8Array): Promise<Kernel> };
        return load(standaloneModule(model));
      },
    ],
  ];
  it.each(kernels)('%s refuses them by name, and is finite below', async (_, make) => {
    const kernel = await make();
    const x = new Float64Array(2000);
    for (const level of [NaN, Infinity, 3e38, 1e30, -1e18]) {
      x[1234] = level;
      expect(() => kernel.features(x)).toThrow(/sample 1234 is .*expected a finite number below/);
    }
    for (const sign of [1, -1]) {
      const largest = Float64Array.from(x, (_, i) => 0.99 * 2 ** 51 * (sign === 1 ? 1 : (-1) ** i));
      expect(kernel.features(largest).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('frames that leave samples out (librosa#1870, torchaudio)', () => {
  it('22,050 samples, nFft 512, hop 1024 are 22 frames of librosa', () => {
    const head = featureHead('librosa', { nFft: 512, hop: 1024, bank: { bands: 40 } });
    expect(features(head).run(noise(22050)).frames).toBe(22);
  });
  it('torchaudio allows a hop of 500 with nFft 400', () => {
    const head = featureHead('torchaudio', { nFft: 400, hop: 500 });
    expect(features(head).run(noise(16000)).frames).toBe(33);
  });
  it('and each is the frame of a small hop', () => {
    const wide = features(featureHead('papilio', { hop: 1600 }), { dtype: 'f64' });
    const close = features(featureHead('papilio', { hop: 160 }), { dtype: 'f64' });
    const [a, b] = [wide.run(noise(16000)), close.run(noise(16000))];
    for (let f = 0; f < a.frames; f++)
      expect([...a.data.subarray(f * 40, f * 40 + 40)]).toEqual([
        ...b.data.subarray(10 * f * 40, 10 * f * 40 + 40),
      ]);
  });
});

describe('banks finer than the bins (librosa#478)', () => {
  it.each([
    ['librosa', 64, 40],
    ['librosa', 200, 128],
  ] as const)('%s with nFft %d and %d mels: empty bands and a warning', (name, nFft, bands) => {
    const extractor = features(featureHead(name, { nFft, hop: nFft / 4, bank: { bands } }));
    const [warning] = extractor.report.warnings;
    expect(warning.name).toBe('EmptyFilter');
    expect(warning.bands.length).toBeGreaterThan(0);
    const { data, width } = extractor.run(noise(4000));
    expect(width).toBe(bands);
    expect(data.every(Number.isFinite)).toBe(true);
  });
});

describe('mel banks', () => {
  it('torchaudio puts the bins of an odd nFft over half the rate: a pulse in 9 samples is 1.92548 in one band', () => {
    const head = featureHead('torchaudio', {
      nFft: 9,
      hop: 9,
      framing: 'inside',
      window: 'boxcar',
      bank: { bands: 1, fMax: 8000 },
    });
    const x = new Float64Array(32);
    x[4] = 1;
    // melscale_fbanks: all_freqs = linspace(0, sample_rate // 2, n_freqs).
    const [first] = features(head, { dtype: 'f64' }).run(x).data;
    expect(first).toBeCloseTo(1.9254814716983824, 12);
  });
  it('have the same bits in either spacing where nFft and rate are even', () => {
    const options = { sampleRate: 16000, nFft: 400, mels: 80, scale: 'slaney', norm: 'slaney' } as const;
    expect(melFilterbank({ ...options, binSpacing: 'half-rate' })).toEqual(melFilterbank(options));
  });
  it('slaney heights on the kaldi scale are over widths in mel (transformers, triangularize_in_mel_space)', () => {
    const options = { sampleRate: 16000, nFft: 512, mels: 10, scale: 'kaldi', norm: 'none' } as const;
    const plain = melFilterbank(options).weights;
    const scaled = melFilterbank({ ...options, norm: 'slaney' }).weights;
    const width = (2 * (1127 * Math.log(1 + 8000 / 700))) / 11;
    for (const [i, w] of plain.entries()) expect(scaled[i]).toBeCloseTo((w * 2) / width, 14);
  });
});

describe('findPeaks (scipy.signal.find_peaks)', () => {
  it('rounds windowLength up: 3.2 reaches as far as 4', () => {
    const [peak] = findPeaks([0, 1, 2, 3, 1, 0, -1], { windowLength: 3.2 });
    expect(peak.prominence).toBe(2);
  });
});

describe('istft', () => {
  it('gives back what the first rising samples of a window hold (librosa.istft)', () => {
    const w = windowByName('hann', 2048, 'periodic');
    const x = istft(stft(new Float64Array(8192).fill(1), w, 512), w, 512);
    // The window is 0 at sample 0 and 2.4e-6 at sample 1: rounding is divided by it.
    expect(x[0]).toBe(0);
    expect(x[1]).toBeCloseTo(1, 6);
    expect(x[1024]).toBeCloseTo(1, 13);
  });
  it('leaves zeros where no window reaches, when asked to (scipy.signal.istft warns)', () => {
    const w = [1, 1, 1, 1];
    const spectra = stft(new Float64Array(20).fill(1), w, 6);
    expect(() => istft(spectra, w, 6)).toThrow(/leaves samples out \(NOLA\)/);
    const y = istft(spectra, w, 6, { nola: 'zeros' });
    expect([...y].map((v) => Math.round(v * 1e12) / 1e12)).toEqual([
      1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1,
    ]);
  });
});
