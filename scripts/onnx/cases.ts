/** What is run in onnxruntime: models, what they are fed, and what papilio makes of it in float64. */
import { readdirSync, readFileSync } from 'node:fs';
import { noise } from '../../bench/signal.ts';
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
import { secondOnnx } from '../fuzz/samples.ts';

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

/** Of the largest number; where papilio's own float32 is further off, four times that. */
const tolerance = 1e-5;
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
    tolerance: options.f16 ? halfTolerance : Math.max(tolerance, 4 * Math.max(...own)),
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
  most = tolerance,
): Case {
  const [, numbers] = Object.entries(files).find(([file]) => file.endsWith('.safetensors')) ?? [];
  const { tensors } = decodeSafetensors(numbers as Uint8Array);
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
  return { name, bytes, inputs, wanted, tolerance: most };
}

/** Presets: two lengths, with all shapes known and without. */
function* presetCases(): Generator<Case> {
  for (const preset of presetNames) {
    const head = featureHead(preset);
    for (const samples of lengths)
      for (const isStatic of [false, true]) {
        try {
          const name = `${preset}, ${samples}${isStatic ? ', static' : ''}`;
          yield batchCase(name, head, [samples], isStatic ? { samples } : {});
        } catch (error) {
          if (!(error instanceof UnsupportedError)) throw error;
          console.log(`not printed: ${preset}: ${error.message}`);
        }
      }
  }
}

/** Batches whose signals have ends of their own; samples of 16 bits and other rates; float16. */
function* formCases(): Generator<Case> {
  const batch = [7_000, 4_321, 1, 257, 6_999];
  for (const preset of ['torchaudio', 'hifigan', 'nemo', 'kaldi', 'perch', 'speecht5'] as const)
    // Levels of a clip of one sample are those of roundings.
    yield batchCase(
      `a batch, ${preset}`,
      featureHead(preset),
      ['nemo', 'speecht5'].includes(preset) ? [7_000, 4_321] : batch,
    );
  for (const padding of ['symmetric', 'edge'] as const)
    yield batchCase(`a batch, ${padding}`, featureHead('torchaudio', { padding }), batch);
  for (const kind of ['librosa', 'torchaudio', 'kaldi'] as const) {
    const head = featureHead('papilio', {
      framing: 'centered',
      padding: 'reflect',
      deltas: { kind, order: 2, width: 5 },
    });
    yield batchCase(`a batch, deltas of ${kind}`, head, [7_000, 4_321]);
  }
  const front = exactFrontEnd(featureHead('kaldi', { bank: { fMax: 3500 } }));
  for (const rate of [undefined, 48_000, 44_100, 8_000])
    for (const samples of [undefined, 20_000]) {
      const options = {
        name: 'front',
        int16: true,
        ...(rate ? { rate } : {}),
        ...(samples ? { samples } : {}),
      };
      const name = `int16 at ${rate ?? 16_000} Hz${samples ? ', static' : ''}`;
      yield filesCase(name, frontEndOnnxFiles(front, options));
    }
  for (const preset of ['papilio', 'kaldi', 'torchaudio', 'silero'] as const)
    yield batchCase(`float16, ${preset}`, featureHead(preset), [7_777], { f16: true });
}

/** Learned front ends and maps, exact transforms, inverse STFTs, a complex head, a model behind a front end. */
function* otherCases(): Generator<Case> {
  const folder = 'test/fixtures/v1';
  const names = readdirSync(folder).filter((f) =>
    /^(spectral|made-by-learn|transform-real|encoder|fit-d).*\.safetensors$/.test(f),
  );
  for (const file of names) {
    const name = file.replace('.safetensors', '');
    const found = decodeCheckpoint(readFileSync(`${folder}/${file}`), name);
    try {
      if (found.kind === 'model') yield filesCase(`learned, ${name}`, mapOnnx(mapOf(found), { name: 'map' }));
      if (found.kind !== 'front-end') continue;
      yield filesCase(`learned, ${name}`, frontEndOnnxFiles(found.front, { name: 'front' }));
      if (name === 'made-by-learn')
        yield filesCase(
          'learned, static',
          frontEndOnnxFiles(found.front, { name: 'front', samples: 4000, int16: true }),
        );
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      console.log(`not printed: ${name}: ${error.message}`);
    }
  }
  for (const options of [{ n: 512, input: 'real' }, { n: 1021 }, { n: 8192, inverse: true }] as const)
    yield filesCase(`transform ${JSON.stringify(options)}`, fftOnnx(options, { name: 'fft' }));
  for (const file of [{}, { frames: 20, batch: 1 }])
    yield filesCase(
      `inverse STFT ${JSON.stringify(file)}`,
      istftOnnx({ nFft: 512, hop: 128, padding: 'reflect' }, { name: 'istft', ...file }),
    );
  const complex = featureHead('scipy-spectrogram', { spectrum: 'complex' });
  yield filesCase('a complex spectrum', frontEndOnnxFiles(exactFrontEnd(complex), { name: 'front' }));
  const plain = batchCase('a model behind it', featureHead('papilio'), [4_000]);
  for (const [opset, type] of [
    [17, 1],
    [20, 1],
    [13, 1],
  ]) {
    const model = { bytes: secondOnnx({ opset, type, dims: ['B', 'T', 40] }), name: 'second' };
    const { bytes } = mergedOnnxFiles(exactFrontEnd(featureHead('papilio')), { name: 'joined' }, model);
    const frames = plain.wanted['features_lens'][0];
    const y = Array.from(
      plain.wanted['features'],
      (_, i) => -plain.wanted['features'][(i % 40) * frames + Math.floor(i / 40)],
    );
    yield { ...plain, name: `a model of opset ${opset} behind it`, bytes, wanted: { y } };
  }
}

/** All cases whose names have a text in them. */
export const casesOf = (part: string): Case[] =>
  [...presetCases(), ...formCases(), ...otherCases()].filter(({ name }) => name.includes(part));
