/**
 * Feature heads on signals that come in chunks. Every frame has the bits of `features(head).run` over the whole signal: the same
 * programs run, and a frame does not know which frames run beside it. Nothing is allocated while chunks of a familiar size come.
 */
import { InvalidArgumentError } from '../errors.ts';
import { newArray } from '../compiler/number-format.ts';
import { viewOf, type FloatArray } from '../backends/backend.ts';
import { firstUnusable, samplesOver } from '../numeric/samples.ts';
import { sampleOf, samplesOf } from '../spectral/features.ts';
import type { Smoother } from '../numeric/pcen.ts';
import {
  frameLength,
  headFrames,
  needsClip,
  samplesBefore,
  withoutClipSteps,
  type HeadConfig,
} from '../spectral/head.ts';
import { Emphasis } from './clip-steps.ts';
import { DeltaStream } from './delta-stream.ts';
import type { FeatureStream } from './feature-stream.ts';
import { staticWidth } from '../spectral/banks.ts';
import { checkOptions, extended, finite } from '../options.ts';
import { backendOf, type ProgramOptions } from './compiled.ts';
import {
  programOf,
  requireFrames,
  smootherOf,
  walksOf,
  type FrontProgram,
  type FrontSource,
  type Walk,
} from './feature-graphs.ts';
import {
  Extractor,
  featureOptions,
  largestSampleOf,
  refuse,
  requireHeldNumbers,
  type FeatureExtractor,
  type FeatureOptions,
} from './features.ts';

/** Options of `stream`: how it is compiled, and the level that a head would otherwise wait for. */
export interface StreamOptions extends FeatureOptions {
  /**
   * The largest level of the signal, in the unit of the head's logarithm, for heads that lower or cut below it (Whisper, dB with
   * top_db or reference max): with it they emit frames as they come. Without it they know it at the end.
   */
  readonly reference?: number;
}

const streamOptions = extended<FeatureOptions, StreamOptions>(featureOptions, { reference: finite() });

/** How a stream is compiled, and what its samples are divided by. */
interface Compiled extends ProgramOptions {
  readonly fullScale: number;
}

/** What all streams keep: how much of the signal is in, and whether more may come. */
abstract class SignalStream {
  readonly head: HeadConfig;
  readonly width: number;
  frames: FloatArray;
  /** Samples received; those behind `fit` are not part of the signal. */
  protected received = 0;
  private readonly fit: number;
  private readonly limit: number;
  private readonly fullScale: number;
  private ended = false;
  private disposed = false;

  constructor({ head, framing, width }: FrontProgram, { dtype, fullScale }: Compiled, expected: number) {
    this.head = head;
    this.fullScale = fullScale;
    this.width = width;
    this.fit = framing.fit ?? Infinity;
    this.limit = largestSampleOf(head, dtype);
    this.frames = newArray(dtype, expected * width);
  }

  /** Takes the first `count` samples. */
  protected abstract take(samples: ArrayLike<number>, count: number): number;
  /** Makes the frames that are left. */
  protected abstract finish(): number;

  get full(): boolean {
    return this.received >= this.fit;
  }

  push(given: ArrayLike<number>): number {
    this.requireOpen();
    const samples = samplesOver(this.fullScale, 'samples', given);
    const count = Math.min(samples.length, this.fit - this.received);
    const bad = firstUnusable(samples, 0, count, this.limit);
    if (bad >= 0) refuse(this.head, this.received + bad, samples[bad], this.limit);
    return this.take(samples, count);
  }

  flush(): number {
    this.requireOpen();
    const count = this.finish();
    this.ended = true;
    return count;
  }

  reset(): void {
    this.received = 0;
    this.ended = false;
  }

  dispose(): void {
    this.disposed = true;
    this.frames = this.frames.subarray(0, 0);
  }

  private requireOpen(): void {
    if (this.disposed) throw new InvalidArgumentError('this stream was disposed; make another to go on');
    if (this.ended) throw new InvalidArgumentError('this stream was flushed; reset it for another signal');
  }
}

/** Frames that one push is expected to complete: the buffer of results grows beyond it when it has to. */
const expectedFrames = 64;

/** A head that can work frame by frame. */
class FrameStream extends SignalStream implements FeatureStream {
  readonly emits = 'frames';
  readonly latency: number;
  imaginary?: FloatArray;
  private readonly framing: HeadConfig;
  private readonly inner: number;
  private readonly lanes: number;
  /** Frames that a result averages. */
  private readonly averaged: number;
  private readonly before: number;
  /** Samples of a frame, and how many of those before the next frame are kept for padding at the end. */
  private readonly length: number;
  private readonly margin: number;
  private frameWalk: Walk | null;
  private readonly finishWalk: Walk | null;
  private readonly emphasis: Emphasis;
  /** Energies along the frames, for PCEN. */
  private readonly smoother: Smoother | null;
  /** The frame-wise numbers of the frame before, for descriptors. */
  private readonly previous: FloatArray | null;
  /** Position in the signal of the first sample in the block: negative for padding. */
  private origin = 0;
  /** The position up to which the block is filled. */
  private filled = 0;
  /** The next frame, and whether the padding before the signal is there. */
  private next = 0;
  private padded = false;

  constructor(front: FrontProgram, options: Compiled, reference: number) {
    const { head, framing } = front;
    const { dtype } = options;
    super(front, options, expectedFrames);
    this.framing = framing;
    this.inner = front.inner;
    this.lanes = front.lanes;
    this.averaged = front.averaged;
    this.before = samplesBefore(framing);
    this.length = frameLength(framing);
    this.emphasis = new Emphasis(head, dtype);
    this.smoother = smootherOf(front);
    // Frames and padding at the end, which may repeat as much of the signal.
    const after = typeof framing.framing === 'object' ? framing.framing.after : 0;
    this.margin = Math.max(2 * head.nFft, 2 * (after + head.nFft));
    this.latency = Math.max(0, this.length - this.before - framing.hop);
    // What is kept, a run of frames, and as much again to receive into.
    const samples = this.margin + 2 * samplesOf(framing, 2 * this.lanes) + Math.abs(this.before);
    const walks = walksOf(front, this.lanes, samples, options);
    this.frameWalk = walks.frames;
    this.finishWalk = walks.finish;
    if (this.finishWalk && needsClip(head)) viewOf(this.finishWalk.executable, 'reference')[0] = reference;
    this.previous = head.bank?.kind === 'descriptors' ? newArray(dtype, this.inner) : null;
    if (head.spectrum === 'complex') this.imaginary = newArray(dtype, expectedFrames * this.width);
    this.reset();
  }

  override reset(): void {
    super.reset();
    this.origin = Math.min(0, -this.before);
    this.filled = 0;
    this.next = 0;
    this.padded = this.before <= 0;
    this.emphasis.reset();
    this.smoother?.reset();
  }

  protected take(samples: ArrayLike<number>, wanted: number): number {
    const { input } = this.frameWalk as Walk;
    let count = 0;
    for (let i = 0; i < wanted;) {
      if (this.filled - this.origin === input.length) this.makeRoom(input);
      const n = Math.min(wanted - i, input.length - (this.filled - this.origin));
      const to = this.filled - this.origin;
      for (let j = 0; j < n; j++) input[to + j] = samples[i + j];
      this.emphasis.apply(input, to, to + n);
      i += n;
      this.filled += n;
      this.received += n;
      count = this.compute(this.available(), count);
    }
    return count;
  }

  protected finish(): number {
    const { input } = this.frameWalk as Walk;
    const total = requireFrames(this.framing, this.received, this.averaged);
    this.padBefore(input);
    let count = 0;
    while (this.next < total) {
      // Padding behind the signal, as far as the next run of frames sees it.
      const last = Math.min(total, this.next + this.lanes) - 1;
      const end = this.begin(last) + this.length;
      if (end - this.origin > input.length) this.makeRoom(input);
      this.pad(input, this.filled, end);
      this.filled = Math.max(this.filled, end);
      count = this.compute(last + 1, count);
    }
    return count;
  }

  override dispose(): void {
    super.dispose();
    this.frameWalk?.executable.dispose();
    this.finishWalk?.executable.dispose();
    this.frameWalk = null;
  }

  /** Position of the first sample of a frame. */
  private begin(frame: number): number {
    return frame * this.framing.hop - this.before;
  }

  /** Frames whose samples are all there, and that no later sample can take away. */
  private available(): number {
    const { framing } = this;
    const there = this.received + this.before - this.length;
    // Padding that repeats the signal needs as many samples of it.
    if (there < 0 || (!this.padded && this.received <= this.before)) return 0;
    return Math.min(Math.floor(there / framing.hop) + 1, headFrames(framing, this.received));
  }

  private padBefore(input: FloatArray): void {
    if (this.padded) return;
    this.padded = true;
    this.pad(input, -this.before, 0);
  }

  /** Fills the block from one position to another with padding of what was received. */
  private pad(input: FloatArray, from: number, end: number): void {
    const at = sampleOf(this.framing, this.received);
    for (let position = from; position < end; position++) {
      const source = at(position);
      input[position - this.origin] = source < 0 ? 0 : input[source - this.origin];
    }
  }

  /** Drops samples that no frame to come sees, nor padding behind the end. */
  private makeRoom(input: FloatArray): void {
    const keep = Math.max(this.origin, Math.min(this.filled, this.begin(this.next) - this.margin));
    input.copyWithin(0, keep - this.origin, this.filled - this.origin);
    this.origin = keep;
  }

  /** Frames up to `end`, behind the `count` that this call has made already. */
  private compute(end: number, count: number): number {
    if (this.next >= end) return count;
    const { executable, input, outputs } = this.frameWalk as Walk;
    this.padBefore(input);
    let made = count;
    while (this.next < end) {
      const n = Math.min(this.lanes, end - this.next);
      // All lanes run, so all lanes must lie inside the block.
      if (this.begin(this.next) - this.origin + samplesOf(this.framing, this.lanes) > input.length)
        this.makeRoom(input);
      executable.run(1, 0, 0, this.begin(this.next) - this.origin);
      this.reserve(made + n);
      if (this.finishWalk) this.finishFrames(this.finishWalk, outputs.features, n, made);
      else copyInto(this.frames, made * this.width, outputs.features, n * this.width);
      if (this.imaginary) copyInto(this.imaginary, made * this.width, outputs.imaginary, n * this.width);
      this.next += n;
      made += n;
    }
    return made;
  }

  /** The rest of a head over n frames. */
  private finishFrames(
    { executable, input, outputs }: Walk,
    values: FloatArray,
    n: number,
    made: number,
  ): void {
    const { inner, previous, smoother } = this;
    if (previous) {
      // Before the first frame of a signal stands the first.
      if (this.next === 0) copyInto(previous, 0, values, inner);
      copyInto(input, 0, previous, inner);
      for (let i = 0; i < inner; i++) previous[i] = values[(n - 1) * inner + i];
    }
    if (smoother) for (let f = 0; f < n; f++) smoother.frame(values, f * inner, input, f * 2 * inner);
    else copyInto(input, previous ? inner : 0, values, n * inner);
    executable.run();
    copyInto(this.frames, made * this.width, outputs.features, n * this.width);
  }

  /** Room for so many frames of results. */
  private reserve(count: number): void {
    const size = count * this.width;
    if (size <= this.frames.length) return;
    this.frames = grown(this.frames, size);
    if (this.imaginary) this.imaginary = grown(this.imaginary, size);
  }
}

/** to[at ...] = the first n of `from`; no view is made. */
function copyInto(to: FloatArray, at: number, from: FloatArray, n: number): void {
  for (let i = 0; i < n; i++) to[at + i] = from[i];
}

/** The same numbers in an array of at least twice the length. */
function grown(array: FloatArray, least: number): FloatArray {
  const length = Math.max(least, 2 * array.length);
  const larger = array instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  larger.set(array);
  return larger;
}

/** A head that knows its first number when it has heard the last: the signal is kept until then. */
class ClipStream extends SignalStream implements FeatureStream {
  readonly emits = 'flush';
  readonly latency = Infinity;
  private readonly extractor: FeatureExtractor;
  private samples = new Float64Array(1 << 14);

  constructor(front: FrontProgram, options: Compiled) {
    super(front, options, 0);
    this.extractor = new Extractor(front, options);
  }

  protected take(samples: ArrayLike<number>, count: number): number {
    const end = this.received + count;
    if (end > this.samples.length) this.samples = grown(this.samples, end) as Float64Array<ArrayBuffer>;
    for (let i = 0; i < count; i++) this.samples[this.received + i] = samples[i];
    this.received = end;
    return 0;
  }

  protected finish(): number {
    const found = this.extractor.run(this.samples.subarray(0, this.received));
    this.frames = found.data;
    return found.frames;
  }

  override dispose(): void {
    super.dispose();
    this.extractor.dispose();
  }
}

/**
 * A stream of a preset's name, a head or a learned front end (`frontProgram`). Compiles synchronously.
 * Throws InvalidArgumentError for an unknown name, an impossible head, or a `reference` that the head has no use for.
 */
export function stream(head: FrontSource, options: StreamOptions = {}): FeatureStream {
  checkOptions('stream', options, streamOptions);
  const { dtype = 'f32', backend, fullScale = 1, reference } = options;
  const front = programOf(head);
  const config = front.head;
  requireHeldNumbers(config, dtype);
  if (reference !== undefined && !needsClip(config))
    throw new InvalidArgumentError(
      `reference is ${reference}; this head has no level relative to the maximum, expected none`,
    );
  const whole =
    front.framing.average !== 'none' ||
    (config.normalize ?? null) !== null ||
    (needsClip(config) && reference === undefined);
  const compiled = { dtype, backend: backendOf(backend), fullScale };
  if (whole) return new ClipStream(front, compiled);
  const { deltas } = config;
  if (!deltas) return new FrameStream(front, compiled, reference ?? 0);
  // The same programs, without what stands behind all frames.
  const inner = { ...front, head: { ...withoutClipSteps(config), affine: null }, width: staticWidth(config) };
  return new DeltaStream(new FrameStream(inner, compiled, reference ?? 0), config, deltas, dtype);
}
