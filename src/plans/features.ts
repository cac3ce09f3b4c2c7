/**
 * Compiled feature heads: a head in, an extractor out that takes signals of any length. Frames run in lanes through one program;
 * what needs the whole clip (a maximum, an average, the frame before) runs behind, through a second one.
 */
import { InvalidArgumentError } from '../errors.ts';
import { viewOf, type BackendName, type HostExecutable, type FloatArray } from '../backends/backend.ts';
import { countPer, type Dtype, type OperationCount } from '../compiler/kernel.ts';
import { newArray } from '../compiler/number-format.ts';
import { largest } from '../numeric/largest.ts';
import { medianBias, medianOf } from '../numeric/percentiles.ts';
import { copyPadded } from '../numeric/padding.ts';
import { firstUnusable, samplesOver } from '../numeric/samples.ts';
import { paddingOf, sampleOf, samplesOf } from '../spectral/features.ts';
import {
  frameTimes,
  hasClipSteps,
  headFrames,
  headWindow,
  needsClip,
  samplesBefore,
  spectrumScale,
  type HeadConfig,
  type HeadWarning,
} from '../spectral/head.ts';
import { checkArgument, checkOptions, finite, whole, type OptionTable } from '../options.ts';
import { headWarnings, staticWidth } from '../spectral/banks.ts';
import { emphasisedClip, overClip } from './clip-steps.ts';
import { backendOf, backendRule, dtypeRule, type ProgramOptions } from './compiled.ts';
import {
  blockFramesOf,
  programOf,
  requireFrames,
  smootherOf,
  walksOf,
  type FrontProgram,
  type FrontSource,
  type Walk,
} from './feature-graphs.ts';

/** How a feature head is compiled. */
export interface FeatureOptions {
  /** Default f32. */
  readonly dtype?: Dtype;
  /**
   * Default: `defaultBackend()`. Programs of js and reference have no vectors: their last bits may differ from those of wasm.
   * `compileFrontEnd` of papilio/front has one program for all backends.
   */
  readonly backend?: BackendName;
  /**
   * Samples are divided by it: 32768 for those of 16 bits, which may then be an Int16Array (an Int8Array, an Int32Array). Default 1: numbers in
   * [-1, 1], in arrays or typed arrays of floating-point numbers.
   */
  readonly fullScale?: number;
}

export const featureOptions: OptionTable<FeatureOptions> = {
  dtype: dtypeRule,
  backend: backendRule,
  fullScale: finite({ minimum: 1, maximum: 2 ** 31 }),
};

/** What an extractor makes of a clip. */
export interface Features {
  /** [frames, width], frame by frame; a single frame where the head averages. */
  readonly data: FloatArray;
  /** Imaginary parts of a complex head. */
  readonly imaginary?: FloatArray;
  readonly frames: number;
  readonly width: number;
  /** Samples at the end that the head leaves out: those behind its `fit`. 0 without one. */
  readonly cut: number;
}

/** What was compiled for a feature head, and what one frame costs. */
export interface FeatureReport {
  readonly backend: BackendName;
  readonly dtype: Dtype;
  /** Allowed and rarely meant: bands that hold no bin. */
  readonly warnings: readonly HeadWarning[];
  /** Real operations of one frame, counted from the compiled program. */
  readonly perFrame: OperationCount;
  /** Does the head need the whole clip before its first number? */
  readonly wholeClip: boolean;
}

/** A compiled feature head: whole clips in, features [frames, width] out. */
export interface FeatureExtractor {
  readonly head: HeadConfig;
  /** Numbers per frame. */
  readonly width: number;
  /** Hz, of bins or bands; empty for cepstra and descriptors. */
  readonly frequencies: Float64Array;
  readonly report: FeatureReport;
  /** Frames of a clip of so many samples; 0 when it is too short. */
  frames(samples: number): number;
  /** Middles of the frames of a clip of so many samples, in seconds. */
  times(samples: number): Float64Array;
  /**
   * Features of a clip, mono samples in [-1, 1] (in [-fullScale, fullScale]). Throws InvalidArgumentError for several channels, a clip shorter than one frame, and for a sample that
   * is not finite (naming sample, frame and time).
   */
  run(samples: ArrayLike<number>): Features;
  /** Lets go of the memory; run afterwards throws. */
  dispose(): void;
}

/** Samples beyond this are no audio. */
export const largestSample = 1e18;

/**
 * Samples must stay below this: powers of spectra and sums over bands and frames are then finite. By Parseval a frame's powers add up
 * to at most (2 nFft w gain x)^2, w the window's peak, pre-emphasis and detrending counted as a factor of 2 (that over the signal as one of
 * its own); float32 ends at 2^128, and 2^6 are left for averages. In float64 the bounds of a head leave room for more than any audio.
 */
export function largestSampleOf(head: HeadConfig, dtype: Dtype): number {
  if (dtype === 'f64') return largestSample;
  const peak = headWindow(head).reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const factor = Math.max(1, Math.abs(head.gain), peak) * Math.sqrt(Math.max(1, spectrumScale(head)));
  return 2 ** 60 / (head.nFft * factor * (1 + Math.abs(head.signalPreEmphasis ?? 0)));
}

/**
 * Throws InvalidArgumentError where float32 is to hold a number of a head that it does not: what keeps logarithms of silence finite
 * and would be zero, and what would be infinite.
 */
export function requireHeldNumbers({ log, affine }: HeadConfig, dtype: Dtype): void {
  if (dtype !== 'f32') return;
  const refuseNumber = (name: string, value: number, expected: string): never => {
    throw new InvalidArgumentError(`${name} is ${value} in float32; expected ${expected}, or dtype f64`);
  };
  const numbers = {
    'log.floor': log?.floor,
    'log.offset': log?.offset,
    'log.range': log?.range,
    'affine.multiply': affine?.multiply,
    'affine.add': affine?.add,
  };
  for (const [name, value] of Object.entries(numbers))
    if (typeof value === 'number' && !Number.isFinite(Math.fround(value)))
      refuseNumber(name, value, 'at most 3.4e38 in magnitude');
  if (!log) return;
  const { floor, offset } = log;
  const vanishes = (x: number): boolean => x > 0 && Math.fround(x) === 0;
  if (vanishes(floor)) refuseNumber('log.floor', floor, '0, at least 1.4e-45');
  if (floor === 0 && vanishes(offset)) refuseNumber('log.offset', offset, '0, at least 1.4e-45');
}

export function refuse(head: HeadConfig, sample: number, value: number, limit: number): never {
  const frame = Math.max(0, Math.floor((sample + samplesBefore(head)) / head.hop));
  const seconds = (sample / head.sampleRate).toFixed(3);
  throw new InvalidArgumentError(
    `sample ${sample} is ${value} (frame ${frame}, ${seconds} s); expected a finite number below ${limit.toPrecision(3)}`,
  );
}

/** What an extractor fills: a block of samples below a limit, of a head. */
interface Block {
  readonly samples: FloatArray;
  readonly limit: number;
  readonly head: HeadConfig;
}

/** Copy the samples of frames from `first` on, `length` of them, to a block, and zeros to the `end` of the last lanes. */
function fillBlock(
  framing: HeadConfig,
  samples: ArrayLike<number>,
  first: number,
  [length, end]: readonly [number, number],
  { samples: block, limit, head }: Block,
): void {
  const begin = first * framing.hop - samplesBefore(framing);
  const at = sampleOf(framing, samples.length);
  const inside = Math.min(samples.length, framing.fit ?? Infinity);
  const isZero = paddingOf(framing) === 'constant';
  copyPadded(samples, { begin, count: length, inside }, isZero ? null : at, block);
  block.fill(0, length, end);
  // Infinite where float32 cannot hold it, too.
  const bad = firstUnusable(block, 0, length, limit);
  if (bad < 0) return;
  const source = at(begin + bad);
  refuse(head, source, samples[source], limit);
}

/** The average of frames [frames, width] in float64. */
function averaged(head: HeadConfig, values: FloatArray, frames: number, width: number): Float64Array {
  if (head.average === 'mean') {
    const sums = new Float64Array(width);
    for (let f = 0; f < frames; f++) for (let i = 0; i < width; i++) sums[i] += values[f * width + i];
    return sums.map((sum) => sum / frames);
  }
  return Float64Array.from({ length: width }, (_, i) => {
    const column = Float64Array.from({ length: frames }, (__, f) => values[f * width + i]);
    return medianOf(column) / medianBias(frames);
  });
}

/** Runs a head over a clip, block by block. */
export class Extractor implements FeatureExtractor {
  readonly head: HeadConfig;
  readonly width: number;
  readonly frequencies: Float64Array;
  private readonly front: FrontProgram;
  private readonly options: ProgramOptions;
  private readonly blockFrames: number;
  private readonly limit: number;
  private readonly fullScale: number;
  private frameWalk: Walk | null;
  private finishWalk: Walk | null;
  private counted: FeatureReport | undefined;

  constructor(front: FrontProgram, options: ProgramOptions, fullScale = 1) {
    this.front = front;
    this.fullScale = fullScale;
    this.head = front.head;
    this.width = front.width;
    this.frequencies = front.frequencies;
    this.options = options;
    this.limit = largestSampleOf(front.head, options.dtype);
    this.blockFrames = blockFramesOf(front);
    const walks = walksOf(front, this.blockFrames, samplesOf(front.framing, this.blockFrames), options);
    this.frameWalk = walks.frames;
    this.finishWalk = walks.finish;
  }

  get report(): FeatureReport {
    return (this.counted ??= this.count());
  }

  private count(): FeatureReport {
    const { backend, dtype } = this.options;
    return {
      backend: backend.name,
      dtype,
      warnings: headWarnings(this.head),
      perFrame: countPer(this.executable.program, this.front.lanes * this.front.averaged),
      wholeClip: needsClip(this.head) || hasClipSteps(this.head) || this.front.framing.average !== 'none',
    };
  }

  /** What runs over frames. */
  get executable(): HostExecutable {
    return this.walk().executable;
  }

  private walk(): Walk {
    if (!this.frameWalk)
      throw new InvalidArgumentError('this extractor was disposed; make another to run it');
    return this.frameWalk;
  }

  frames(samples: number): number {
    checkArgument('samples', samples, whole(0));
    return headFrames(this.front.framing, samples);
  }

  times(samples: number): Float64Array {
    return frameTimes(this.front.framing, this.frames(samples));
  }

  run(given: ArrayLike<number>): Features {
    const { width } = this;
    const { framing, averaged } = this.front;
    const samples = samplesOver(this.fullScale, 'samples', given);
    const frames = requireFrames(framing, samples.length, averaged);
    const { dtype } = this.options;
    const { features, imaginary } = this.frameWise(this.emphasised(samples), frames);
    const cut = Math.max(0, samples.length - (framing.fit ?? Infinity));
    if (framing.average !== 'none')
      return { data: this.finishAverage(features, frames), frames: 1, width, cut };
    const levels = this.finishWalk ? this.finish(this.finishWalk, features, frames) : features;
    const data = overClip(this.head, levels, frames, dtype);
    return { data, frames, width, cut, ...(imaginary ? { imaginary } : {}) };
  }

  /** The samples behind a pre-emphasis over the signal; those that are no samples are refused as they are. */
  private emphasised(samples: ArrayLike<number>): ArrayLike<number> {
    const { head, limit } = this;
    if ((head.signalPreEmphasis ?? 0) === 0) return samples;
    const bad = firstUnusable(samples, 0, Math.min(samples.length, head.fit ?? Infinity), limit);
    if (bad >= 0) refuse(head, bad, samples[bad], limit);
    return emphasisedClip(head, samples, this.options.dtype);
  }

  /** Results of the frame-wise part, [frames, frameWidth]. */
  private frameWise(
    samples: ArrayLike<number>,
    frames: number,
  ): { features: FloatArray; imaginary: FloatArray | null } {
    const { blockFrames } = this;
    const { framing, inner, lanes } = this.front;
    const { executable, input, outputs } = this.walk();
    const { dtype } = this.options;
    const block = { samples: input, limit: this.limit, head: this.head };
    const features = newArray(dtype, frames * inner);
    const imaginary = 'imaginary' in outputs ? newArray(dtype, frames * inner) : null;
    for (let first = 0; first < frames; first += blockFrames) {
      const count = Math.min(blockFrames, frames - first);
      const whole = Math.ceil(count / lanes) * lanes;
      fillBlock(framing, samples, first, [samplesOf(framing, count), samplesOf(framing, whole)], block);
      executable.run(Math.ceil(count / lanes), lanes * framing.hop, lanes * inner);
      features.set(outputs.features.subarray(0, count * inner), first * inner);
      imaginary?.set(outputs.imaginary.subarray(0, count * inner), first * inner);
    }
    return { features, imaginary };
  }

  /** The rest of the head over all frames. */
  private finish(
    { executable, input: block, outputs }: Walk,
    values: FloatArray,
    frames: number,
  ): FloatArray {
    const { blockFrames } = this;
    const { head, inner, lanes } = this.front;
    const width = staticWidth(head);
    const before = head.bank?.kind === 'descriptors' ? 1 : 0;
    const smoother = smootherOf(this.front);
    const taken = smoother ? 2 * inner : inner;
    if (needsClip(head)) viewOf(executable, 'reference')[0] = largest(values);
    const out = newArray(this.options.dtype, frames * width);
    for (let first = 0; first < frames; first += blockFrames) {
      const count = Math.min(blockFrames, frames - first);
      // Descriptors look back one frame; before the first of a clip stands the first.
      if (before)
        block.set(values.subarray(Math.max(0, first - 1) * inner, (Math.max(0, first - 1) + 1) * inner));
      if (smoother)
        for (let f = 0; f < count; f++) smoother.frame(values, (first + f) * inner, block, f * taken);
      else block.set(values.subarray(first * inner, (first + count) * inner), before * inner);
      block.fill(0, (before + count) * taken);
      executable.run(Math.ceil(count / lanes), lanes * taken, lanes * width);
      out.set(outputs.features.subarray(0, count * width), first * width);
    }
    return out;
  }

  private finishAverage(values: FloatArray, frames: number): FloatArray {
    const average = averaged(this.head, values, frames, this.front.inner);
    const out = newArray(this.options.dtype, this.width);
    if (!this.finishWalk) out.set(average);
    else {
      this.finishWalk.input.set(average);
      this.finishWalk.executable.run();
      out.set(this.finishWalk.outputs.features.subarray(0, this.width));
    }
    return out;
  }

  dispose(): void {
    this.frameWalk?.executable.dispose();
    this.finishWalk?.executable.dispose();
    this.frameWalk = null;
    this.finishWalk = null;
  }
}

/**
 * An extractor for a preset's name, a head (see `featureHead`) or a learned front end (`frontProgram`). Compiles synchronously.
 * Throws InvalidArgumentError for an unknown name, listing what exists, and for a head that is not possible.
 */
export function features(head: FrontSource, options: FeatureOptions = {}): FeatureExtractor {
  checkOptions('features', options, featureOptions);
  const { dtype = 'f32', backend, fullScale } = options;
  const front = programOf(head);
  requireHeldNumbers(front.head, dtype);
  return new Extractor(front, { dtype, backend: backendOf(backend) }, fullScale);
}
