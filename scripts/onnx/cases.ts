/** What is run in onnxruntime: models, what they are fed, and what papilio makes of it in float64. */
import { readdirSync, readFileSync } from 'node:fs';
import { noise } from '../../bench/signal.ts';
import { closeness, withinOf } from '../../src/plans/onnx-files.ts';
import { fftOnnx, istftOnnx } from '../../src/compiler.ts';
import { decodeCheckpoint, decodeSafetensors } from '../../src/files.ts';
import {
  exactFrontEnd,
  frontEndOnnx,
  frontEndOnnxFiles,
  mergedOnnxFiles,
  type FrontEnd,
  type OnnxOptions,
} from '../../src/front.ts';
import { featureHead, features, presetNames, UnsupportedError, type HeadConfig } from '../../src/index.ts';
import { mapOf, mapOnnx } from '../../src/learn.ts';
import { secondOnnx } from '../fuzz/second-onnx.ts';

/** A tensor as it goes to a page. */
export interface CheckTensor {
  readonly type: 'float32' | 'int16' | 'int64';
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** A model and one run of it. */
export interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly inputs: Readonly<Record<string, CheckTensor>>;
  readonly wanted: Readonly<Record<string, readonly number[]>>;
  /** Of the largest number. */
  readonly tolerance: number;
}

/** Of float16: levels of quiet bands beside loud ones. */
const halfTolerance = 0.05;
const lengths = [16_000, 7_777];

export const signal = (samples: number): Float32Array =>
  Float32Array.from(noise(samples, 1), (v, i) => 0.1 * v + 0.3 * Math.sin(i / 9));

/** Features [width, frames], and their frames. */
function columnsOf({ head }: FrontEnd, x: Float32Array, dtype: 'f32' | 'f64') {
  const extractor = features(head, { dtype });
  if (extractor.frames(x.length) < 1) return { frames: 0, width: 0, data: [] };
  const { data, frames, width } = extractor.run(x);
  const column = (i: number): number => data[(i % frames) * width + Math.floor(i / frames)];
  return { frames, width, data: Array.from({ length: data.length }, (_, i) => column(i)) };
}

/** Largest difference over the largest number; infinite for another count of numbers. */
export function differenceOf(found: ArrayLike<number>, wanted: readonly number[]): number {
  if (found.length !== wanted.length) return Infinity;
  let [difference, largest] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    const own = Math.abs(found[i] - value);
    difference = own <= difference ? difference : own;
    largest = Math.max(largest, Math.abs(value));
  }
  return difference === 0 ? 0 : difference / largest;
}

/** Signals side by side, each with numbers behind its end that are not to count. */
function batchCase(
  name: string,
  head: HeadConfig,
  lens: readonly number[],
  options: Partial<OnnxOptions> = {},
): Case {
  const front = exactFrontEnd(head);
  const samples = Math.max(...lens);
  const data = lens.flatMap((n) => [...signal(n), ...new Array<number>(samples - n).fill(0.7)]);
  const all = lens.map((n) => columnsOf(front, signal(n), 'f64'));
  const frames = Math.max(...all.map((x) => x.frames));
  const wanted = all.flatMap((x) =>
    Array.from({ length: all[0].width * frames }, (_, i) => {
      const [row, frame] = [Math.floor(i / frames), i % frames];
      return frame < x.frames ? x.data[row * x.frames + frame] : 0;
    }),
  );
  const own = lens.map((n, i) => differenceOf(columnsOf(front, signal(n), 'f32').data, all[i].data));
  return {
    name,
    bytes: frontEndOnnx(front, { name: 'front', ...options }).bytes,
    inputs: {
      waveforms: { type: 'float32', dims: [lens.length, samples], data },
      ...(options.samples === undefined
        ? { waveforms_lens: { type: 'int64', dims: [lens.length], data: [...lens] } }
        : {}),
    },
    wanted: { features: wanted, features_lens: all.map((x) => x.frames) },
    tolerance: options.f16 ? halfTolerance : Math.max(closeness, 4 * Math.max(...own)),
  };
}

const waveformTypes: Readonly<Record<string, CheckTensor['type']>> = {
  waveforms: 'int16',
  waveforms_lens: 'int64',
  features_lens: 'int64',
};
const inputNames = ['waveforms', 'waveforms_lens', 're', 'im'];

/** The run that the files of a model have beside it. */
function filesCase(
  name: string,
  {
    bytes,
    files,
  }: { readonly bytes: Uint8Array; readonly files: Readonly<Record<string, string | Uint8Array>> },
): Case {
  const [, numbers] = Object.entries(files).find(([file]) => file.endsWith('.safetensors')) ?? [];
  const { tensors, metadata } = decodeSafetensors(numbers as Uint8Array, name);
  const isInverse = !tensors.has('features') && tensors.has('waveforms');
  const isInput = (key: string): boolean => inputNames.includes(key) && !(isInverse && key === 'waveforms');
  const inputs: Record<string, CheckTensor> = {};
  const wanted: Record<string, number[]> = {};
  for (const [key, { dtype, shape, data }] of tensors)
    if (isInput(key))
      inputs[key] = {
        type: dtype === 'F32' ? 'float32' : waveformTypes[key],
        dims: shape,
        data: Array.from(data, Number),
      };
    else wanted[key] = Array.from(data, Number);
  const parts = Object.entries(wanted).map(([key, list]) => {
    const largest = list.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    return largest === 0 ? 0 : (withinOf(metadata, key) ?? NaN) / largest;
  });
  return { name, bytes, inputs, wanted, tolerance: Math.max(...parts) };
}

/** A case by name, made when it is asked for. */
type Named = readonly [name: string, make: (name: string) => Case];

/** Presets: two lengths, with all shapes known and without. */
function* presetCases(): Generator<Named> {
  for (const preset of presetNames)
    for (const samples of lengths)
      for (const isStatic of [false, true])
        yield [
          `${preset}, ${samples}${isStatic ? ', static' : ''}`,
          (name) => batchCase(name, featureHead(preset), [samples], isStatic ? { samples } : {}),
        ];
}

/** Batches whose signals have ends of their own; samples of 16 bits and other rates; float16. */
function* formCases(): Generator<Named> {
  const [long, batch] = [
    [7_000, 4_321],
    [7_000, 4_321, 1, 257, 6_999],
  ];
  for (const preset of ['torchaudio', 'hifigan', 'nemo', 'kaldi', 'perch', 'speecht5'] as const) {
    // Levels of a clip of one sample are those of roundings.
    const lens = preset === 'nemo' || preset === 'speecht5' ? long : batch;
    yield [`a batch, ${preset}`, (name) => batchCase(name, featureHead(preset), lens)];
  }
  for (const padding of ['symmetric', 'edge'] as const)
    yield [`a batch, ${padding}`, (name) => batchCase(name, featureHead('torchaudio', { padding }), batch)];
  for (const kind of ['librosa', 'torchaudio', 'kaldi'] as const) {
    const deltas = { kind, order: 2, width: 5 } as const;
    const head = featureHead('papilio', { framing: 'centered', padding: 'reflect', deltas });
    yield [`a batch, deltas of ${kind}`, (name) => batchCase(name, head, long)];
  }
  const front = exactFrontEnd(featureHead('kaldi', { bank: { fMax: 3500 } }));
  for (const rate of [16_000, 48_000, 44_100, 8_000])
    for (const samples of [undefined, 20_000]) {
      const options = { name: 'front', int16: true, rate, ...(samples ? { samples } : {}) };
      const make = (name: string): Case => filesCase(name, frontEndOnnxFiles(front, options));
      yield [`int16 at ${rate} Hz${samples ? ', static' : ''}`, make];
    }
  for (const preset of ['papilio', 'kaldi', 'torchaudio', 'silero'] as const)
    yield [`float16, ${preset}`, (name) => batchCase(name, featureHead(preset), [7_777], { f16: true })];
}

const folder = 'test/fixtures/v1';
const fixtures = /^(spectral|made-by-learn|transform-real|encoder|fit-d).*\.safetensors$/;

/** Learned front ends and maps. */
function* learnedCases(): Generator<Named> {
  const own = { name: 'front' };
  for (const file of readdirSync(folder).filter((f) => fixtures.test(f)))
    yield [
      `learned, ${file.replace('.safetensors', '')}`,
      (name) => {
        const found = decodeCheckpoint(readFileSync(`${folder}/${file}`), name);
        if (found.kind === 'model') return filesCase(name, mapOnnx(mapOf(found), own));
        return filesCase(name, frontEndOnnxFiles(found.front, own));
      },
    ];
  yield [
    'learned, static, int16',
    (name) => {
      const found = decodeCheckpoint(readFileSync(`${folder}/made-by-learn.safetensors`), name);
      if (found.kind !== 'front-end') throw new Error('no front end');
      return filesCase(name, frontEndOnnxFiles(found.front, { ...own, samples: 4000, int16: true }));
    },
  ];
}

/** A front end in front of a model that takes frames first, and negates them. */
function mergedCase(name: string, opset: number, names: { input?: string; node?: string } = {}): Case {
  const front = exactFrontEnd(featureHead('papilio'));
  const plain = batchCase(name, front.head, [4_000]);
  const model = { bytes: secondOnnx({ opset, dims: ['N', 'T', 40], ...names }), name: 'second' };
  const { bytes } = mergedOnnxFiles(front, { name: 'joined' }, model);
  const { features, features_lens: lens } = plain.wanted;
  const y = Array.from(features, (_, i) => -features[(i % 40) * lens[0] + Math.floor(i / 40)]);
  return { ...plain, bytes, wanted: { y } };
}

/** Exact transforms, inverse STFTs, a complex head, models behind a front end. */
function* otherCases(): Generator<Named> {
  for (const options of [{ n: 512, input: 'real' }, { n: 1021 }, { n: 8192, inverse: true }] as const)
    for (const f16 of [false, true])
      yield [
        `${f16 ? 'float16, ' : ''}transform ${JSON.stringify(options)}`,
        (name) => filesCase(name, fftOnnx(options, { name: 'fft', f16 })),
      ];
  const istft = { nFft: 512, hop: 128, padding: 'reflect' } as const;
  for (const file of [{}, { frames: 20, batch: 1 }])
    yield [
      `inverse STFT ${JSON.stringify(file)}`,
      (name) => filesCase(name, istftOnnx(istft, { name: 'istft', ...file })),
    ];
  const complex = exactFrontEnd(featureHead('scipy-spectrogram', { spectrum: 'complex' }));
  yield ['a complex spectrum', (name) => filesCase(name, frontEndOnnxFiles(complex, { name: 'front' }))];
  for (const opset of [17, 20, 13])
    yield [`a model of opset ${opset} behind it`, (name) => mergedCase(name, opset)];
  for (const own of ['constant_0', 'features', 'MatMul_20'])
    yield [
      `a model behind it that calls its input and node ${own}`,
      (name) => mergedCase(name, 17, { input: own, node: own }),
    ];
}

/** All cases whose names have a text in them; says what is not printed, and why. */
export function casesOf(part: string): Case[] {
  const all = [...presetCases(), ...formCases(), ...learnedCases(), ...otherCases()];
  return all.flatMap(([name, make]) => {
    if (!name.includes(part)) return [];
    try {
      return [make(name)];
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      console.log(`not printed: ${name}: ${error.message}`);
      return [];
    }
  });
}
