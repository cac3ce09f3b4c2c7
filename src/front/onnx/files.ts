/** The files of a front end in ONNX: the model, numbers to test it with, a page that says what it is. */
import { mergeOnnx } from '../../backends/onnx/merge.ts';
import { bytesOf } from '../../formats/bytes.ts';
import {
  onnxFileSet,
  plainOperators,
  withinFloat32,
  withinPart,
  type OnnxFileSet,
  type TestRun,
} from '../../plans/onnx-files.ts';
import { onnxEndText, signatureOf } from '../../backends/onnx/signature.ts';
import type { Tensor } from '../../formats/safetensors.ts';
import { resample } from '../../numeric/resample.ts';
import { fillGaussian } from '../../numeric/random.ts';
import { features as extractorOf } from '../../plans/features.ts';
import { headWidth } from '../../spectral/banks.ts';
import { spareSamples, type HeadConfig } from '../../spectral/head.ts';
import { frontProgram } from '../compile.ts';
import { isExactFront, type FrontEnd } from '../front-end.ts';
import { frontEndOnnx, type OnnxFile, type OnnxOptions } from './front-end.ts';

/** The model, what it reads and gives, and its files by name. */
export interface OnnxFiles extends OnnxFile, OnnxFileSet {
  readonly bytes: Uint8Array;
}

/** Frames of the test signal, where its length is not said. */
const testFrames = 12;

/** A tone that rises, and noise: about a tenth of full scale. */
function testSignal(samples: number): Float32Array {
  const noise = new Float64Array(samples);
  fillGaussian(noise, 1, 0);
  return Float32Array.from(noise, (x, i) => 0.02 * x + 0.2 * Math.sin(0.01 * i + 1e-5 * i * i));
}

/** Part of the largest number that levels of float16 may be off: those of quiet bands beside loud ones. */
const halfCloseness = 0.05;

/** Inputs and outputs of one run. */
function runOf(
  front: FrontEnd,
  { int16 = false, f16 = false, rate }: OnnxOptions,
  samples: number,
  hasLens: boolean,
): TestRun {
  const { sampleRate } = front.head;
  const signal = testSignal(samples);
  const whole = Int16Array.from(signal, (x) => Math.round(32768 * x));
  const given = int16 ? Float32Array.from(whole, (x) => x / 32768) : signal;
  const waveform =
    rate === undefined || rate === sampleRate ? given : resample(given, { from: rate, to: sampleRate });
  const source = isExactFront(front) ? front.head : frontProgram(front);
  const made = extractorOf(source, { dtype: 'f64' }).run(waveform);
  const float32 = extractorOf(source, { dtype: 'f32' }).run(waveform);
  const { frames, width } = made;
  const bands = (x: ArrayLike<number>): Tensor => ({
    dtype: 'F32',
    shape: [1, width, frames],
    data: Float32Array.from({ length: x.length }, (_, i) => x[(i % frames) * width + Math.floor(i / frames)]),
  });
  const count = (name: string, value: number) => ({
    [name]: { dtype: 'I64' as const, shape: [1], data: Float64Array.of(value) },
  });
  const most = (key: 'data' | 'imaginary'): number =>
    f16
      ? withinPart(made[key] ?? [], halfCloseness)
      : withinFloat32(made[key] ?? [], float32[key] ?? undefined);
  return {
    tensors: {
      waveforms: int16
        ? { dtype: 'I16', shape: [1, samples], data: whole }
        : { dtype: 'F32', shape: [1, samples], data: signal },
      ...(hasLens ? count('waveforms_lens', samples) : {}),
      features: bands(made.data),
      ...(made.imaginary ? { imaginary: bands(made.imaginary) } : {}),
      ...count('features_lens', frames),
    },
    within: {
      features: most('data'),
      ...(made.imaginary ? { imaginary: most('imaginary') } : {}),
      features_lens: 0,
    },
    rule: f16
      ? `a twentieth of the largest number, for the quiet bands of float16 (most are within a thousandth)`
      : `a hundred-thousandth of the largest number or, where that is more, four times what papilio's own float32 is off`,
  };
}

/** What inputs and outputs are. */
function endTexts(head: HeadConfig, { int16, rate = head.sampleRate }: OnnxOptions): Record<string, string> {
  return {
    waveforms: `mono samples${int16 ? '' : ' in [-1, 1]'} at ${rate} Hz`,
    waveforms_lens: 'samples of each signal, N or fewer; what lies behind them does not count',
    features: 'features, frames last; zeros behind the last frame of a signal',
    imaginary: 'imaginary parts of features, which are the real ones',
    features_lens: 'frames of each signal',
  };
}

/** A model of ONNX that features are computed for. */
export interface MergedModel {
  readonly bytes: Uint8Array;
  /** Of its file, for messages. */
  readonly name: string;
  /** The input that gets the features. Default: the one called features, or the only one of three dimensions. */
  readonly input?: string;
}

/**
 * A front end in front of a model: NAME.onnx, NAME.md. Inputs are those of the front end, and those of the model that it does not feed; outputs
 * are the model's. Throws as `frontEndOnnx` does, and FileFormatError, InvalidArgumentError or UnsupportedError, naming the input or node,
 * for models that it cannot stand in front of.
 */
export function mergedOnnxFiles(front: FrontEnd, options: OnnxOptions, model: MergedModel): OnnxFiles {
  const file = frontEndOnnx(front, options);
  const width = headWidth(front.head);
  const bytes = mergeOnnx(file.bytes, bytesOf(model.bytes, model.name), {
    name: model.name,
    width,
    ...(file.frames === null ? {} : { frames: file.frames }),
    ...(model.input === undefined ? {} : { input: model.input }),
  });
  const { name } = options;
  const signature = signatureOf(bytes, name);
  const own = endTexts(front.head, options);
  const samples = signatureOf(file.bytes, name).inputs.map((i) => i.name);
  const kept = signature.inputs.filter((i) => !samples.includes(i.name));
  const set = onnxFileSet({
    name,
    bytes,
    about: `${model.name} behind a front end, joined by papilio. It reads samples in the place of features${kept.length === 0 ? '' : `, and as before ${kept.map((i) => `${i.name} (${onnxEndText(i)})`).join(', ')}`}.`,
    ends: {
      ...Object.fromEntries(
        [...kept, ...signature.outputs].map((end) => [end.name, `of ${model.name}, as before`]),
      ),
      waveforms: own['waveforms'],
      waveforms_lens: own['waveforms_lens'],
    },
    run: null,
    metadata: Object.keys(file.metadata).filter((key) => key !== 'papilio.sha256'),
  });
  return { ...file, ...set };
}

/**
 * NAME.onnx, NAME.safetensors with a run to compare with, NAME.md. Throws as `frontEndOnnx` does.
 */
export function frontEndOnnxFiles(front: FrontEnd, options: OnnxOptions): OnnxFiles {
  const file = frontEndOnnx(front, options);
  const { name, samples, rate } = options;
  const { head } = front;
  const frames = head.fit ?? Math.max(1, testFrames * head.hop - spareSamples(head));
  const enough = Math.ceil((frames * (rate ?? head.sampleRate)) / head.sampleRate);
  const set = onnxFileSet({
    name,
    bytes: file.bytes,
    about: `A front end. ${plainOperators}`,
    ends: endTexts(head, options),
    run: runOf(front, options, samples ?? enough, file.hasLens),
    bound: file.metadata['papilio.bound'],
    metadata: Object.keys(file.metadata),
    settings: head,
  });
  return { ...file, ...set };
}
