/** Deltas of a signal that comes in chunks: frames wait for those behind them that their deltas count. */
import type { Dtype } from '../compiler/kernel.ts';
import { newArray } from '../compiler/number-format.ts';
import type { FloatArray } from '../backends/backend.ts';
import {
  deltaReach,
  deltaWeights,
  putDeltas,
  requireDeltaWidth,
  type DeltaOptions,
} from '../numeric/deltas.ts';
import type { HeadConfig } from '../spectral/head.ts';
import type { FeatureStream } from './feature-stream.ts';

/** The deltas and the affine map of a head behind a stream of its numbers without them. Allocates a few small objects per frame. */
export class DeltaStream implements FeatureStream {
  readonly head: HeadConfig;
  readonly width: number;
  readonly emits = 'frames';
  readonly latency: number;
  frames: FloatArray;
  private readonly inner: FeatureStream;
  private readonly dtype: Dtype;
  private readonly options: DeltaOptions;
  private readonly weights: ReturnType<typeof deltaWeights>;
  private readonly reach: number;
  /** Frames from `first` on that deltas to come may count, and how many frames there were in all. */
  private kept: FloatArray;
  private first = 0;
  private count = 0;
  /** The next frame to give. */
  private next = 0;
  private readonly row: Float64Array;

  constructor(inner: FeatureStream, head: HeadConfig, options: DeltaOptions, dtype: Dtype) {
    this.inner = inner;
    this.head = head;
    this.dtype = dtype;
    this.options = options;
    this.weights = deltaWeights(options);
    this.reach = deltaReach(options);
    this.width = inner.width * (1 + options.order);
    this.latency = inner.latency + this.reach * head.hop;
    this.kept = newArray(dtype, 4 * Math.max(this.reach, options.width) * inner.width);
    this.frames = newArray(dtype, 0);
    this.row = new Float64Array(this.width);
  }

  get full(): boolean {
    return this.inner.full;
  }

  push(samples: ArrayLike<number>): number {
    this.keep(this.inner.push(samples));
    return this.give(Infinity);
  }

  flush(): number {
    this.keep(this.inner.flush());
    requireDeltaWidth(this.options, this.count);
    return this.give(this.count);
  }

  reset(): void {
    this.inner.reset();
    this.first = this.count = this.next = 0;
  }

  dispose(): void {
    this.inner.dispose();
    this.frames = this.frames.subarray(0, 0);
  }

  /** Takes the frames of the inner stream, and drops those that nothing to come counts. */
  private keep(count: number): void {
    const { width } = this.inner;
    const from = Math.max(this.first, this.next - Math.max(this.reach, this.options.width));
    this.kept.copyWithin(0, (from - this.first) * width, (this.count - this.first) * width);
    this.first = from;
    const held = this.count - from;
    if ((held + count) * width > this.kept.length) {
      const larger = newArray(this.dtype, 2 * (held + count) * width);
      larger.set(this.kept.subarray(0, held * width));
      this.kept = larger;
    }
    for (let i = 0; i < count * width; i++) this.kept[held * width + i] = this.inner.frames[i];
    this.count += count;
  }

  /** Gives the frames whose deltas are known, of a signal of so many frames. */
  private give(total: number): number {
    const { width, row, head } = this;
    const { affine } = head;
    // Beside the start as many frames count as the fit is wide.
    const known = this.count >= this.options.width ? this.count - this.reach : 0;
    const end = total === Infinity ? Math.max(this.next, known) : total;
    const made = end - this.next;
    if (made * width > this.frames.length) this.frames = newArray(this.dtype, 2 * made * width);
    const some = { values: this.kept, first: this.first, width: this.inner.width };
    for (let f = 0; f < made; f++) {
      const t = this.next + f;
      putDeltas(
        this.weights.map((weights) => weights(t, total)),
        some,
        t,
        row,
        0,
      );
      for (let i = 0; i < width; i++)
        this.frames[f * width + i] = affine ? affine.multiply * row[i] + affine.add : row[i];
    }
    this.next = end;
    return made;
  }
}
