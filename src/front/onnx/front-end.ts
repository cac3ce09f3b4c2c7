/** A front end as a model of ONNX. */
import { GraphBuilder } from '../../backends/onnx/builder.ts';
import { nameRule } from '../../backends/onnx/model.ts';
import { InvalidArgumentError } from '../../errors.ts';
import { sha256 } from '../../formats/sha256.ts';
import { requireDeltaWidth } from '../../numeric/deltas.ts';
import { resampledLength } from '../../numeric/resample.ts';
import { checkOptions, flag, whole, required, type OptionTable } from '../../options.ts';
import { requireHeldNumbers } from '../../plans/features.ts';
import { headWidth } from '../../spectral/banks.ts';
import { headFrames, spareSamples, type HeadConfig } from '../../spectral/head.ts';
import type { FrontEnd } from '../front-end.ts';
import { validateFrontEnd } from '../validate.ts';
import { finishedRows } from './finish.ts';
import { headLevels } from './head.ts';
import { inputSignals, type SignalOptions } from './inputs.ts';

/** How a front end is printed as ONNX. */
export interface OnnxOptions extends SignalOptions {
  /** Of the graph. */
  readonly name: string;
  /** Tables are stored, and spectra computed, in float16; squares and levels, inputs and outputs are float32. Default false. */
  readonly f16?: boolean;
}

const onnxRules: OptionTable<OnnxOptions> = {
  name: required(nameRule),
  samples: whole(1, 2 ** 28),
  int16: flag,
  f16: flag,
  rate: whole(1, 2 ** 22),
};

/** A model of ONNX: its file, and what it says of itself. */
export interface OnnxFile {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** Is `waveforms_lens` among its inputs? */
  readonly hasLens: boolean;
  /** Frames of every signal, where that is known. */
  readonly frames: number | null;
}

const boundText = (bound: number, f16: boolean): string =>
  `every real and imaginary part of a spectrum is within ${bound.toPrecision(2)} of the exact one, times the sum of the frame's windowed magnitudes${f16 ? ', for samples from 2^-14 on' : ''}`;

/** Samples at a rate that make a frame. */
const leastSamples = (head: HeadConfig, rate: number): number =>
  Math.ceil((Math.max(1, head.hop - spareSamples(head)) * rate) / head.sampleRate);

/** Throws InvalidArgumentError where all clips have too few frames: those that are filled up, or of `samples` at `rate`. */
function requireFrames(head: HeadConfig, { samples, rate = head.sampleRate }: SignalOptions): void {
  const { fit, deltas, sampleRate } = head;
  const own =
    samples === undefined || rate === sampleRate ? samples : resampledLength(samples, rate, sampleRate);
  const length = fit ?? own;
  if (length === undefined) return;
  const frames = headFrames(head, length);
  if (frames < 1)
    throw new InvalidArgumentError(
      fit === null
        ? `samples is ${samples}, less than one frame; expected at least ${leastSamples(head, rate)}`
        : `fit is ${fit}, less than one frame; expected at least ${leastSamples(head, sampleRate)}`,
    );
  if (deltas) requireDeltaWidth(deltas, frames);
}

/**
 * A front end as a model of ONNX: `waveforms` [batch, samples] and, where each may be shorter, `waveforms_lens` [batch] ->
 * `features` [batch, width, frames] and `features_lens` [batch], zeros behind the last frame of each; complex heads give `imaginary`, too. Throws InvalidArgumentError for what is no
 * front end, UnsupportedError for heads that are not printed.
 */
export function frontEndOnnx(front: FrontEnd, options: OnnxOptions): OnnxFile {
  checkOptions('frontEndOnnx', options, onnxRules);
  validateFrontEnd(front);
  const { name, samples, rate = front.head.sampleRate } = options;
  const { head } = front;
  requireHeldNumbers(head, 'f32');
  requireFrames(head, options);
  const g = new GraphBuilder(options.f16);
  const signals = inputSignals(g, head, options);
  const found = headLevels(g, front, signals);
  const features = finishedRows(g, head, found);
  const { batch, frames, imaginary } = found;
  const isStatic = samples !== undefined;
  const dims = isStatic ? [1, headWidth(head), Number(frames)] : ['batch', headWidth(head), 'T'];
  g.output('features', features, 'float', dims);
  if (imaginary !== null)
    g.output('imaginary', finishedRows(g, head, { ...found, cube: imaginary }), 'float', dims);
  g.output(
    'features_lens',
    found.frameLens ?? g.repeated(frames, batch),
    'int64',
    isStatic ? [1] : ['batch'],
  );
  const metadata = {
    'papilio.head': JSON.stringify(head),
    'papilio.input': `${options.int16 ? 'int16, 32768 is 1' : 'float32 in [-1, 1]'}, ${rate} Hz`,
    ...(found.bound === null ? {} : { 'papilio.bound': boundText(found.bound, g.f16) }),
    ...(g.f16 ? { 'papilio.numbers': 'tables and spectra are float16, all else float32' } : {}),
    'papilio.sha256': sha256(g.encode(name, {})),
  };
  return {
    bytes: g.encode(name, metadata),
    metadata,
    hasLens: signals.lens !== null,
    frames: typeof frames === 'number' ? frames : null,
  };
}
