/** Front ends as models of ONNX, run by the interpreter of test/onnx.ts: papilio's features, frame by frame. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { onnxOperators } from '../../../src/backends/onnx/operators.ts';
import { InvalidArgumentError, UnsupportedError } from '../../../src/errors.ts';
import { exactFrontEnd } from '../../../src/front/front-end.ts';
import { decodeCheckpoint } from '../../../src/files.ts';
import { frontProgram } from '../../../src/front/compile.ts';
import { decodeSafetensors, type Tensor } from '../../../src/formats/safetensors.ts';
import { frontEndOnnxFiles } from '../../../src/front/onnx/files.ts';
import { frontEndOnnx } from '../../../src/front/onnx/front-end.ts';
import { features } from '../../../src/plans/features.ts';
import type { HeadConfig } from '../../../src/spectral/head.ts';
import { featureHead, type PresetName } from '../../../src/spectral/presets.ts';
import { gaussian } from '../../helpers.ts';
import { readOnnx, runOnnx, type ReadModel, type Values } from '../../onnx.ts';

const preset = (name: PresetName, own: Partial<HeadConfig> = {}): HeadConfig => ({
  ...featureHead(name),
  ...own,
});

const small = { nFft: 64, windowLength: 48, hop: 20, bank: null } as const;
const edge = { ...small, framing: 'centered' } as const;
const mel = featureHead('papilio').bank;
const cmvn = {
  mean: true,
  deviation: true,
  ddof: 1,
  offset: 1e-5,
  varianceOffset: 0,
  over: 'feature',
} as const;
const heads: readonly (readonly [string, HeadConfig])[] = [
  ['papilio', preset('papilio')],
  ['kaldi', preset('kaldi')],
  ['whisper, a short clip', preset('whisper', { fit: 2000 })],
  ['torchaudio', preset('torchaudio')],
  ['tensorflow', preset('tensorflow')],
  ['openwakeword', preset('openwakeword')],
  ['librosa', preset('librosa', { nFft: 512, hop: 128 })],
  ['scipy-spectrogram', preset('scipy-spectrogram')],
  ['reflected', preset('papilio', { ...edge, padding: 'reflect' })],
  ['symmetric', preset('papilio', { ...edge, padding: 'symmetric' })],
  ['edge', preset('papilio', { ...edge, padding: 'edge' })],
  ['zeros', preset('papilio', edge)],
  ['frames with gaps', preset('papilio', { ...small, hop: 100 })],
  ['padded at the end', preset('papilio', { ...small, framing: 'padded-end' })],
  ['midpoints', preset('papilio', { ...small, framing: 'midpoints', padding: 'symmetric' })],
  [
    'midpoints, hop above the frame',
    preset('papilio', { ...small, hop: 90, framing: 'midpoints', padding: 'reflect' }),
  ],
  [
    'a line taken off',
    preset('papilio', { ...small, detrend: 'linear', preEmphasis: 0.9, window: 'hamming' }),
  ],
  ['odd size', preset('papilio', { ...edge, nFft: 45, windowLength: 45, padding: 'reflect' })],
  ['a prime', preset('papilio', { ...small, nFft: 61, windowLength: null })],
  [
    'two-sided magnitudes',
    preset('papilio', { ...small, sides: 'two', spectrum: 'magnitude', scaling: 'density' }),
  ],
  [
    'few bins',
    preset('papilio', {
      bank: {
        kind: 'bands',
        edges: [
          [300, 700],
          [900, 1000],
        ],
      },
    }),
  ],
  [
    'a cepstrum below the maximum',
    preset('librosa', {
      ...small,
      bank: featureHead('papilio').bank,
      cepstrum: { count: 13, norm: 'ortho', lifter: null },
    }),
  ],
  [
    'pre-emphasis of the signal, normalised (nemo)',
    preset('papilio', { ...edge, bank: mel, signalPreEmphasis: 0.97, normalize: cmvn }),
  ],
  [
    'normalised over all numbers, by the mean alone',
    preset('papilio', { ...small, bank: mel, normalize: { ...cmvn, over: 'clip', deviation: false } }),
  ],
  [
    'magnitudes with an offset, padded by a record',
    preset('papilio', {
      ...small,
      spectrum: 'magnitude',
      magnitudeOffset: 1e-3,
      framing: { before: 22, after: 10 },
      padding: 'reflect',
    }),
  ],
  ['padded-last', preset('papilio', { ...small, framing: 'padded-last' })],
  ...(['first', 1] as const).map(
    (initial) =>
      [
        `pcen from ${initial}`,
        preset('perch', {
          ...small,
          windowNorm: 'none',
          bank: mel,
          pcen: {
            smoothing: initial === 1 ? 0.3 : 0.02,
            gain: 0.9,
            bias: 2,
            power: 0.4,
            epsilon: 1e-6,
            initial,
          },
        }),
      ] as const,
  ),
  ['perch', preset('perch', { nFft: 512, framing: { before: 256, after: 255 } })],
  [
    'below the largest of the frame',
    preset('papilio', {
      ...small,
      log: { kind: 'db', floor: 1e-10, offset: 0, range: 30, reference: 'max', over: 'frame' },
    }),
  ],
  ...(['librosa', 'torchaudio', 'kaldi'] as const).map(
    (kind) =>
      [
        `deltas of ${kind}`,
        preset('papilio', { ...edge, bank: mel, deltas: { kind, order: 2, width: 5 } }),
      ] as const,
  ),
  ['a mean', preset('scipy-welch', { ...small, bank: null, nFft: 64, windowLength: 48 })],
  ['energy', preset('kaldi', { bank: { ...mel, kind: 'mel', energy: 'samples' } as HeadConfig['bank'] })],
  [
    'several banks',
    preset('papilio', { also: [{ bank: { kind: 'bands', edges: [[0, 4000]] }, cepstrum: null, weight: 1 }] }),
  ],
];

/** Made once for all tests of a head. */
function once<T>(make: (head: HeadConfig) => T): (head: HeadConfig) => T {
  const made = new Map<HeadConfig, T>();
  return (head) => {
    if (!made.has(head)) made.set(head, make(head));
    return made.get(head) as T;
  };
}
const model = once((head): ReadModel => readOnnx(frontEndOnnx(exactFrontEnd(head), { name: 'front' }).bytes));
const extractorOf = once((head) => features(head, { dtype: 'f64' }));

const modelOf = (head: HeadConfig, samples: number): ReadModel =>
  readOnnx(frontEndOnnx(exactFrontEnd(head), { name: 'front', samples }).bytes);

const signal = (length: number, stream = 0): Float64Array =>
  gaussian(length, stream).map((x, i) => Math.fround(0.1 * x + 0.3 * Math.sin(i / 9)));

function batch(signals: readonly Float64Array[], samples: number): Values {
  const data = new Float64Array(signals.length * samples).fill(7);
  signals.forEach((x, i) => data.set(x, i * samples));
  return { dims: [signals.length, samples], data };
}

/** Features of signals side by side, those behind a signal being anything where the model is told their lengths. */
function run(read: ReadModel, signals: readonly Float64Array[]): Record<string, Values> {
  const samples = Math.max(...signals.map((x) => x.length));
  const lens = Float64Array.from(signals, (x) => x.length);
  return runOnnx(read, {
    waveforms: batch(signals, samples),
    ...(read.inputs.includes('waveforms_lens')
      ? { waveforms_lens: { dims: [lens.length], data: lens } }
      : {}),
  });
}

/** Largest difference of the features of signal `i` from papilio's, over their largest number. */
function differenceOf(head: HeadConfig, found: Record<string, Values>, i: number, x: Float64Array): number {
  const [, width, frames] = found['features'].dims;
  const want = extractorOf(head).run(x);
  if (head.average === 'none') expect(found['features_lens'].data[i]).toBe(want.frames);
  expect([width, frames >= want.frames]).toEqual([want.width, true]);
  let [difference, largest] = [0, 0];
  for (let f = 0; f < frames; f++)
    for (let m = 0; m < width; m++) {
      const value = found['features'].data[(i * width + m) * frames + f];
      if (f >= want.frames) expect(value).toBe(0);
      else {
        difference = Math.max(difference, Math.abs(value - want.data[f * width + m]));
        largest = Math.max(largest, Math.abs(want.data[f * width + m]));
      }
    }
  return difference / largest;
}

/** Tables are rounded to float32: about 1e-7 of a spectrum, a little more of the level of a quiet band. */
const tolerance = 1e-5;

describe('front ends as ONNX', () => {
  it.each(heads)('%s: the features of papilio', (_, head) => {
    const x = signal(1745);
    expect(differenceOf(head, run(model(head), [x]), 0, x)).toBeLessThan(tolerance);
    const known = run(modelOf(head, x.length), [x]);
    expect(differenceOf(head, known, 0, x)).toBeLessThan(tolerance);
  });

  it.each(heads)('%s: a signal in a batch is as alone', (_, head) => {
    const read = model(head);
    const signals = [900, 700, 555].map((n, i) => signal(n, i));
    const found = run(read, signals);
    signals.forEach((x, i) => {
      expect(differenceOf(head, found, i, x)).toBeLessThan(tolerance);
      // To the last bit: what lies behind an end, and other signals, never count.
      const { features: alone } = run(read, [x]);
      const [, width, frames] = alone.dims;
      const all = found['features'].dims[2];
      for (let m = 0; m < width; m++)
        for (let f = 0; f < frames; f++)
          expect(found['features'].data[(i * width + m) * all + f]).toBe(alone.data[m * frames + f]);
    });
  });

  it('a clip of known length is measured in as many turns as it is long', () => {
    const head = preset('papilio', { nFft: 400, windowLength: null, hop: 200 });
    const x = signal(100_000);
    const read = modelOf(head, x.length);
    const products = read.nodes.filter(({ op }) => op === 'MatMul').length;
    expect(products).toBeGreaterThan(modelOf(head, 1000).nodes.filter(({ op }) => op === 'MatMul').length);
    expect(differenceOf(head, run(read, [x]), 0, x)).toBeLessThan(tolerance);
  });

  it.each(heads)('%s: frames of signals that are short', (_, head) => {
    const read = model(head);
    const extractor = extractorOf(head);
    const { nFft, hop } = head;
    for (const n of [1, 2, 3, hop - 1, hop, hop + 1, nFft / 2, nFft / 2 + 1, nFft - 1, nFft, nFft + 1]) {
      const x = signal(Math.floor(n));
      // Deltas, deviations and means of too few frames are errors; PCEN of a constant is the roundings of nothing.
      const isOfMany = head.deltas || head.normalize || head.pcen || head.average !== 'none';
      if (isOfMany && extractor.frames(x.length) < 7) continue;
      const found = run(read, [x]);
      expect([n, found['features_lens'].data[0]]).toEqual([n, extractor.frames(x.length)]);
      // Of a few samples there are bins that hold nothing but roundings.
      if (x.length > 0 && extractor.frames(x.length) > 0)
        expect(differenceOf(head, found, 0, x)).toBeLessThan(1e-3);
    }
  });

  it.each(['librosa', 'torchaudio', 'kaldi'] as const)('deltas of %s: no frames stay none', (kind) => {
    const read = model(preset('papilio', { ...small, deltas: { kind, order: 2, width: 5 } }));
    for (const n of [0, 1, small.windowLength - 1]) {
      const found = run(read, [signal(n)]);
      expect([found['features_lens'].data[0], found['features'].dims[2]]).toEqual([0, 0]);
    }
  });

  it.each(['reflect', 'symmetric', 'edge'] as const)(
    '%s: signals shorter than a frame beside long ones',
    (padding) => {
      const head = preset('papilio', { ...edge, padding });
      const signals = [300, 1, 2, 3, 31, 32, 33, 64, 65, 299].map((n, i) => signal(n, i).map((x) => x + 0.1));
      const found = run(model(head), signals);
      signals.forEach((x, i) => expect(differenceOf(head, found, i, x)).toBeLessThan(1e-3));
    },
  );

  it('the file is small, says what it is and has operators of the list only', () => {
    for (const [name, most] of [
      ['papilio', 40_000],
      ['whisper', 60_000],
    ] as const) {
      const { bytes } = frontEndOnnx(exactFrontEnd(featureHead(name)), { name: 'front' });
      expect(bytes.length).toBeLessThan(most);
      const read = readOnnx(bytes);
      expect([read.opset, read.irVersion]).toEqual([17, 8]);
      expect(read.nodes.filter(({ op }) => !(op in onnxOperators))).toEqual([]);
      expect(JSON.parse(read.metadata['papilio.head'])).toEqual(featureHead(name));
    }
  });

  it('docs/onnx.md says how large they are', () => {
    const size = (name: PresetName): number =>
      Math.round(frontEndOnnx(exactFrontEnd(featureHead(name)), { name: 'front' }).bytes.length / 1000);
    expect(readFileSync('docs/onnx.md', 'utf8')).toContain(
      `whisper-80 is ${size('whisper')} kB, the 40-band log-mel of 512 points ${size('papilio')} kB`,
    );
  });

  it('docs/onnx.md lists the operators', () => {
    const text = readFileSync('docs/onnx.md', 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z]\w+)`/gm)].map(([, op]) => op);
    expect(rows).toEqual(Object.keys(onnxOperators));
  });

  it('numbers to test with are what the model computes', () => {
    const { files } = frontEndOnnxFiles(exactFrontEnd(featureHead('kaldi')), { name: 'kaldi' });
    const { tensors, metadata } = decodeSafetensors(files['kaldi.safetensors'] as Uint8Array);
    const within = Number(metadata['within.features']);
    const [waveforms, wanted] = ['waveforms', 'features'].map((key) => tensors.get(key) as Tensor);
    const found = runOnnx(readOnnx(files['kaldi.onnx'] as Uint8Array), {
      waveforms: { dims: waveforms.shape, data: Float64Array.from(waveforms.data, Number) },
      waveforms_lens: { dims: [1], data: Float64Array.of(waveforms.shape[1]) },
    });
    expect(found['features'].dims).toEqual(wanted.shape);
    found['features'].data.forEach((x, i) =>
      expect(Math.abs(x - Number(wanted.data[i]))).toBeLessThan(within),
    );
    expect(within).toBeLessThan(1e-3);
    expect(files['kaldi.md']).toContain(`\`features\` within ${within.toPrecision(2)}`);
    // What is proven stands beside what is asked for.
    expect(files['kaldi.md']).toContain('every real and imaginary part of a spectrum is within');
    expect(files['kaldi.md']).toContain('waveforms_lens');
    expect(() => frontEndOnnx(exactFrontEnd(featureHead()), { name: 'a/b' })).toThrow(/name is "a\/b"/);
  });

  it('a mean over a clip has numbers to test with, too', () => {
    const { files, frames } = frontEndOnnxFiles(exactFrontEnd(featureHead('scipy-welch')), { name: 'welch' });
    const { tensors } = decodeSafetensors(files['welch.safetensors'] as Uint8Array);
    expect([frames, tensors.get('features')?.shape]).toEqual([1, [1, 129, 1]]);
  });

  it('rates whose filters would not fit are named', () => {
    const front = exactFrontEnd(preset('papilio'));
    const make = (): unknown => frontEndOnnx(front, { name: 'front', rate: 16001 });
    expect(make).toThrow(UnsupportedError);
    expect(make).toThrow(/^rate is 16001: the filters to 16000 Hz are \d+ numbers/);
  });

  it.each([48000, 44100, 8000])('from %d Hz, integers of 16 bits: files say what they compute', (rate) => {
    const { files } = frontEndOnnxFiles(exactFrontEnd(featureHead('kaldi', { bank: { fMax: 3500 } })), {
      name: 'kaldi',
      int16: true,
      rate,
    });
    const [waveforms, wanted] = ['waveforms', 'features'].map(
      (key) => decodeSafetensors(files['kaldi.safetensors'] as Uint8Array).tensors.get(key) as Tensor,
    );
    const found = runOnnx(readOnnx(files['kaldi.onnx'] as Uint8Array), {
      waveforms: { dims: waveforms.shape, data: Float64Array.from(waveforms.data, Number) },
      waveforms_lens: { dims: [1], data: Float64Array.of(waveforms.shape[1]) },
    });
    expect(found['features'].dims).toEqual(wanted.shape);
    found['features'].data.forEach((x, i) => expect(Math.abs(x - Number(wanted.data[i]))).toBeLessThan(1e-3));
    expect(files['kaldi.md']).toContain(`int16 [batch, N] | mono samples at ${rate} Hz`);
  });

  it.each([
    'spectral-gates-skip',
    'spectral-free',
    'spectral-streams',
    'spectral-virtual',
    'spectral-own-window',
    'made-by-learn',
  ])('a learned front end: %s', (name) => {
    const found = decodeCheckpoint(readFileSync(`test/fixtures/v1/${name}.safetensors`), name);
    if (found.kind !== 'front-end') throw new Error('no front end');
    const { bytes } = frontEndOnnx(found.front, { name });
    const x = signal(700);
    const { features: out } = run(readOnnx(bytes), [x]);
    const { data, frames, width } = features(frontProgram(found.front), { dtype: 'f64' }).run(x);
    expect(out.dims).toEqual([1, width, frames]);
    const largest = Array.from(data).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    out.data.forEach((value, i) => {
      const wanted = data[(i % frames) * width + Math.floor(i / frames)];
      expect(Math.abs(value - wanted)).toBeLessThan(tolerance * largest);
    });
  });

  it.each([
    ['one-sided', { ...edge, padding: 'reflect', sides: 'one' }],
    ['two-sided, a prime', { ...small, nFft: 61, windowLength: 50, sides: 'two', scaling: 'density' }],
    ['conditioned', { ...small, preEmphasis: 0.9, detrend: 'constant', placement: 'start' }],
    ['256 points', { nFft: 256, windowLength: 200, hop: 100, sides: 'two' }],
  ] as const)('a complex spectrum: %s', (_, own) => {
    const head = preset('papilio', { ...own, bank: null, log: null, spectrum: 'complex', affine: null });
    const { files, bytes } = frontEndOnnxFiles(exactFrontEnd(head), { name: 'front' });
    const { tensors } = decodeSafetensors(files['front.safetensors'] as Uint8Array);
    const wanted = (key: string): Tensor => tensors.get(key) as Tensor;
    const { shape, data } = wanted('waveforms');
    const found = run(readOnnx(bytes), [Float64Array.from(data, Number)]);
    expect(shape[0]).toBe(1);
    for (const key of ['features', 'imaginary']) {
      expect(found[key].dims).toEqual(wanted(key).shape);
      const largest = Array.from(wanted('features').data, Number).reduce(
        (a, b) => Math.max(a, Math.abs(b)),
        0,
      );
      found[key].data.forEach((x, i) =>
        expect(Math.abs(x - Number(wanted(key).data[i]))).toBeLessThan(tolerance * largest),
      );
    }
    expect(files['front.md']).toContain('features, imaginary, features_lens = session.run(');
    // Complex spectra have no proven bound, and nobody says so.
    expect(files['front.md']).toContain('`papilio.head`, `papilio.input`, `papilio.sha256`.');
  });

  it('what is not printed is named', () => {
    const print = (own: Partial<HeadConfig>) => () => model(preset('papilio', own));
    expect(print({ average: 'median' })).toThrow(UnsupportedError);
    const empty = featureHead('papilio', { bank: { bands: 4, fMax: 5 } });
    for (const bank of [
      { kind: 'rule' } as const,
      {
        kind: 'weights',
        bands: { start: new Int32Array(4), width: 1 },
        weights: new Float64Array(4),
      } as const,
    ])
      expect(() => frontEndOnnx({ ...exactFrontEnd(empty), bank }, { name: 'front' })).toThrow(
        /the features are the same for all samples/,
      );
    expect(() => modelOf(featureHead(), 100)).toThrow(
      /samples is 100, less than one frame; expected at least 512/,
    );
    const deltas = { kind: 'librosa', order: 2, width: 5 } as const;
    for (const [own, message] of [
      [{ fit: 511 }, 'fit is 511, less than one frame; expected at least 512'],
      [{ fit: 1000, deltas }, "4 frames under librosa's deltas; expected at least deltas.width = 5"],
    ] as const) {
      const make = () => model(featureHead('papilio', own));
      expect(make).toThrow(InvalidArgumentError);
      expect(make).toThrow(message);
    }
    const least = { name: 'front', samples: 512, rate: 48000 };
    expect(() => frontEndOnnx(exactFrontEnd(featureHead()), least)).toThrow(/expected at least 1536/);
    expect(frontEndOnnx(exactFrontEnd(featureHead()), { ...least, samples: 1536 }).frames).toBe(1);
  });
});
