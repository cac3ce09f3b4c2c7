/** The inverse short-time Fourier transform as a model of ONNX: inverse DFTs of columns, overlap-add, the division by squared windows. */
import { elementTypes } from '../backends/onnx/model.ts';
import { GraphBuilder, type Length, type Value } from '../backends/onnx/builder.ts';
import { onnxFileSet, plainOperators, type TestRun } from './onnx-files.ts';
import type { Tensor } from '../formats/safetensors.ts';
import { sha256 } from '../formats/sha256.ts';
import { fillGaussian } from '../numeric/random.ts';
import { checkOptions, extended, whole, type OptionTable } from '../options.ts';
import { smallestEnvelope } from '../spectral/overlap-add.ts';
import { linearRules, linearWithin, type LinearOnnxOptions, type OnnxModelFile } from './onnx-module.ts';
import { realFromRows } from './onnx-transform.ts';
import { istft, istftGeometry, type FramingOptions, type IstftOptions } from './stft.ts';

/** How an inverse STFT is printed as ONNX. */
export interface IstftOnnxOptions extends LinearOnnxOptions {
  /** Frames of a run, where that is known; without it as many as the caller brings. */
  readonly frames?: number;
}

const istftRules: OptionTable<IstftOnnxOptions> = extended<LinearOnnxOptions, IstftOnnxOptions>(linearRules, {
  frames: whole(1, 2 ** 20),
});

/** Blocks of hop samples that a frame touches, and frames. */
interface Overlap {
  readonly hop: number;
  readonly blocks: number;
  readonly frames: Length;
}

/** Sums [lanes, (frames + blocks - 1) hop] of frames [blocks hop, lanes, frames] at distances of hop. */
function overlapped(g: GraphBuilder, { hop, blocks, frames }: Overlap, x: Value): Value {
  const parts = Array.from({ length: blocks }, (_, a) => {
    const block = g.slice(x, { axis: 0, start: a * hop, end: (a + 1) * hop });
    return blocks === 1 ? block : g.node('Pad', [block, g.ints([0, 0, a, 0, 0, blocks - 1 - a])]);
  });
  const sum = parts.reduce((a, b) => g.node('Add', [a, b]));
  const columns = g.add(frames, blocks - 1);
  return g.reshape(g.transpose(sum, [1, 2, 0]), [0, g.times(columns, hop)]);
}

/** Ones, [1, 1, frames]. */
function onesOf(g: GraphBuilder, frames: Length): Value {
  if (typeof frames === 'number') return g.reals([1, 1, frames], new Float64Array(frames).fill(1));
  return g.node('Cast', [g.reshape(g.repeated(1, frames), [1, 1, -1])], { to: elementTypes.float });
}

/** Signals [lanes, samples] of frames [n, lanes, frames] that are not windowed yet. */
function synthesised(g: GraphBuilder, overlap: Overlap, window: Float64Array, x: Value): Value {
  const { hop, blocks } = overlap;
  const whole = new Float64Array(blocks * hop);
  whole.set(window);
  const rows = g.node('Pad', [x, g.ints([0, 0, 0, whole.length - window.length, 0, 0])]);
  const sums = overlapped(g, overlap, g.node('Mul', [rows, g.reals([whole.length, 1, 1], whole)]));
  const squares = g.reals(
    [whole.length, 1, 1],
    whole.map((w) => w * w),
  );
  const envelope = overlapped(g, overlap, g.node('Mul', [squares, onesOf(g, overlap.frames)]));
  // Where windows say nothing of a sample it is 0.
  const isNothing = g.node('Less', [envelope, g.scalar(2 * smallestEnvelope)]);
  const divisor = g.node('Where', [isNothing, g.scalar(1), envelope]);
  return g.node('Where', [isNothing, g.scalar(0), g.node('Div', [sums, divisor])]);
}

/** Samples from `pad` on: `length` of them, or all that frames cover but `pad` at the end. */
function cut(
  g: GraphBuilder,
  x: Value,
  covered: Length,
  { pad, length }: { readonly pad: number; readonly length: number | undefined },
): Value {
  if (length === undefined) return g.slice(x, { axis: 1, start: pad, end: g.sub(covered, pad) });
  const own = g.atMost(g.sub(covered, pad), length);
  const part = g.slice(x, { axis: 1, start: pad, end: g.add(own, pad) });
  const missing = typeof own === 'number' ? length - own : g.add(g.times(own, -1), length);
  return missing === 0 ? part : g.node('Pad', [part, g.lengths([0, 0, 0, missing])]);
}

/** Inputs and outputs of a run of one signal. */
function runOf(options: IstftOptions & FramingOptions, bins: number, frames: number, f16: boolean): TestRun {
  const parts = [0, 1].map((stream) => {
    const noise = new Float64Array(frames * bins);
    fillGaussian(noise, 1, stream);
    return noise.map(Math.fround);
  });
  const [re, im] = parts;
  const signal = Float32Array.from(istft({ re, im, frames, bins }, options));
  const turned = (x: Float64Array): Float32Array =>
    Float32Array.from(x, (_, i) => x[(i % frames) * bins + Math.floor(i / frames)]);
  const tensor = (shape: number[], data: Float32Array): Tensor => ({ dtype: 'F32', shape, data });
  const spectra = (x: Float64Array): Tensor => tensor([1, bins, frames], turned(x));
  const tensors = { re: spectra(re), im: spectra(im), waveforms: tensor([1, signal.length], signal) };
  return { tensors, ...linearWithin({ waveforms: signal }, f16) };
}

const spectraText = 'frames last, as librosa.stft and torch.stft give them';
const endTexts = {
  re: `real parts of spectra, ${spectraText}`,
  im: `imaginary parts of spectra, ${spectraText}`,
  waveforms: 'the signals whose spectra are nearest to those',
};

/**
 * `istft` as a model of ONNX: `re` and `im` [batch, bins, frames] -> `waveforms` [batch, samples]. Give the options of the `stft` that it
 * inverts, nFft or a window of samples among them. Throws InvalidArgumentError for impossible options, and windows that leave samples out.
 */
export function istftOnnx(
  options: Omit<IstftOptions, 'nola'> & FramingOptions,
  file: IstftOnnxOptions,
): OnnxModelFile {
  checkOptions('istftOnnx', file, istftRules);
  const { window, hop, pad } = istftGeometry('istftOnnx', options);
  const { name, batch: lanes = 'batch', frames: known = 'T', f16 = false } = file;
  const n = window.length;
  const bins = Math.floor(n / 2) + 1;
  const g = new GraphBuilder(f16);
  const [re, im] = ['re', 'im'].map((part) => g.input(part, 'float', [lanes, bins, known]));
  const shape = g.node('Shape', [re]);
  const size = (axis: number): Value => g.slice(shape, { axis: 0, start: axis, end: axis + 1 });
  const [batch, frames] = [lanes === 'batch' ? size(0) : lanes, known === 'T' ? size(2) : known] as const;
  const parts = [re, im].map((x) => g.reshape(g.transpose(x, [1, 0, 2]), [1, bins, -1]));
  // No spectrum of samples up to 1 has a larger number.
  const largest = window.reduce((sum, w) => sum + Math.abs(w), 0);
  const samples = realFromRows(g, { n, sign: 1, factor: 1 / n, largest }, g.concat(parts, 0));
  const overlap = { hop, blocks: Math.ceil(n / hop), frames };
  const whole = synthesised(g, overlap, window, g.reshapeTo(samples, [n, batch, frames]));
  const covered = g.add(g.times(g.add(frames, -1), hop), n);
  const { length } = options;
  const end = length ?? (typeof covered === 'number' ? covered - 2 * pad : 'N');
  g.output('waveforms', cut(g, whole, covered, { pad, length }), 'float', [lanes, end]);
  const about = `Inverse STFT of ${n} points, ${hop} samples from frame to frame, ${pad} cut off at both ends`;
  const metadata = { 'papilio.computes': about, 'papilio.sha256': sha256(g.encode(name, {})) };
  const testFrames = known === 'T' ? Math.ceil((4 * n) / hop) : known;
  const { windowLength: _, ...rest } = options;
  const run = { ...rest, window: Array.from(window), nFft: n, hop };
  const set = onnxFileSet({
    name,
    bytes: g.encode(name, metadata),
    about: `${about}. ${plainOperators}`,
    ends: endTexts,
    run: runOf(run, bins, testFrames, f16),
    metadata: Object.keys(metadata),
  });
  return { ...set, metadata };
}
