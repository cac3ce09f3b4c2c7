/** A front end as a model of ONNX. */
import { GraphBuilder, type Length, type Value } from '../../backends/onnx/builder.ts';
import { InvalidArgumentError, UnsupportedError } from '../../errors.ts';
import { sha256 } from '../../formats/sha256.ts';
import { checkOptions, text, whole, required, type OptionTable } from '../../options.ts';
import { requireHeldNumbers } from '../../plans/features.ts';
import { headWidth } from '../../spectral/banks.ts';
import { headFrames, type HeadConfig } from '../../spectral/head.ts';
import { isExactFront, type FrontEnd } from '../front-end.ts';
import { validateFrontEnd } from '../validate.ts';
import { finishedRows, headLevels } from './head.ts';
import { takesLens, type Signals } from './signal.ts';

/** How a front end is printed as ONNX. */
export interface OnnxOptions {
  /** Of the graph. */
  readonly name: string;
  /** One signal of so many samples, all shapes known; without it batch and samples are what the caller brings. */
  readonly samples?: number;
}

const onnxRules: OptionTable<OnnxOptions> = {
  name: required(text),
  samples: whole(1, 2 ** 28),
};

/** A model of ONNX: its file, and what it says of itself. */
export interface OnnxFile {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** Is `waveforms_lens` among its inputs? */
  readonly hasLens: boolean;
}

/** The inputs of a model. */
function signalsOf(g: GraphBuilder, head: HeadConfig, samples: number | undefined): Signals {
  const dims = samples === undefined ? (['batch', 'N'] as const) : ([1, samples] as const);
  const x = g.input('waveforms', 'float', dims);
  if (samples !== undefined) return { x, batch: 1, samples, lens: null };
  const shape = g.node('Shape', [x]);
  const [batch, length] = [0, 1].map((i): Value => g.slice(shape, { axis: 0, start: i, end: i + 1 }));
  const lens = takesLens(head) ? g.input('waveforms_lens', 'int64', ['batch']) : null;
  return { x, batch, samples: length, lens };
}

/** Frames of each signal, [batch]. */
function frameLens(g: GraphBuilder, batch: Length, frames: Length, own: Value | null): Value {
  if (own !== null) return own;
  const every = g.node('Range', [g.ints([0], []), g.reshape(g.lengths([batch]), []), g.ints([1], [])]);
  return g.node('Add', [g.node('Mul', [every, g.ints([0])]), g.lengths([frames])]);
}

const boundText = (bound: number): string =>
  `every real and imaginary part of a spectrum is within ${bound.toPrecision(2)} of the exact one, times the sum of the frame's windowed magnitudes`;

/**
 * A front end as a model of ONNX: `waveforms` [batch, samples] and, where each may be shorter, `waveforms_lens` [batch] ->
 * `features` [batch, width, frames] and `features_lens` [batch], zeros behind the last frame of each. Throws InvalidArgumentError for what is no
 * front end, UnsupportedError for heads that are not printed.
 */
export function frontEndOnnx(front: FrontEnd, options: OnnxOptions): OnnxFile {
  checkOptions('frontEndOnnx', options, onnxRules);
  validateFrontEnd(front);
  const { name, samples } = options;
  const { head } = front;
  requireHeldNumbers(head, 'f32');
  if (!isExactFront(front)) throw new UnsupportedError('a learned front end in ONNX; expected an exact one');
  if (samples !== undefined && headFrames(head, samples) < 1)
    throw new InvalidArgumentError(`samples is ${samples}, less than one frame; expected at least a frame`);
  const g = new GraphBuilder();
  const signals = signalsOf(g, head, samples);
  const found = headLevels(g, head, signals);
  const features = finishedRows(g, head, found);
  const { batch, frames } = found;
  const isStatic = samples !== undefined;
  g.output(
    'features',
    features,
    'float',
    isStatic ? [1, headWidth(head), Number(frames)] : ['batch', headWidth(head), 'T'],
  );
  g.output(
    'features_lens',
    frameLens(g, batch, frames, found.frameLens),
    'int64',
    isStatic ? [1] : ['batch'],
  );
  const metadata = {
    'papilio.head': JSON.stringify(head),
    'papilio.bound': boundText(found.bound),
    'papilio.sha256': sha256(g.encode(name, {})),
  };
  return { bytes: g.encode(name, metadata), metadata, hasLens: signals.lens !== null };
}
