/** Sound as it comes: a spectrum and features of the last seconds, in memory that does not grow. */
import { headFrequencies, Resampler, stream, type FeatureStream, type HeadConfig } from 'papilio';
import { decodeFrontEnd } from 'papilio/files';
import { frontProgram, headFrames } from 'papilio/front';
import type { Frames } from './frames.ts';
import { liveHead, spectrumHead } from './heads.ts';

/** Seconds that are seen. */
export const liveSeconds = 8;

/** The last frames of a stream; before there are so many, the rest is NaN. */
class Ring {
  private readonly stream: FeatureStream;
  private readonly data: Float32Array;
  private readonly capacity: number;
  /** Frames so far. */
  count = 0;

  constructor(from: FeatureStream, capacity: number) {
    [this.stream, this.capacity] = [from, capacity];
    this.data = new Float32Array(capacity * from.width).fill(NaN);
  }

  push(samples: ArrayLike<number>): void {
    const made = this.stream.push(samples);
    const { width, frames } = this.stream;
    for (let f = 0; f < made; f++) {
      const to = (this.count % this.capacity) * width;
      for (let m = 0; m < width; m++) this.data[to + m] = frames[f * width + m];
      this.count++;
    }
  }

  get frames(): Frames {
    const { data, capacity: frames } = this;
    return { data, frames, width: this.stream.width, first: this.count % frames };
  }

  dispose(): void {
    this.stream.dispose();
  }
}

export class Live {
  readonly spectrum: Ring;
  readonly exact: Ring;
  readonly other: Ring | null;
  private readonly resampler: Resampler;
  /** The last samples at the rate of the head. */
  private readonly kept: Float64Array;
  private received = 0;
  readonly head: HeadConfig;
  /** Of the features; empty where they have none. */
  readonly frequencies: Float64Array;
  private readonly own: HeadConfig;

  /** `front`: the file of a front end of this head beside the exact one. */
  constructor(from: number, head: HeadConfig, front: Uint8Array | null, keep: number) {
    const capacity = Math.max(8, Math.round((liveSeconds * head.sampleRate) / head.hop));
    this.head = head;
    const own = (this.own = liveHead(head));
    this.frequencies = headFrequencies(own);
    this.resampler = new Resampler({ from, to: head.sampleRate });
    this.spectrum = new Ring(stream(spectrumHead(head)), capacity);
    this.exact = new Ring(stream(own), capacity);
    const model = front && decodeFrontEnd(front, 'the front end');
    this.other = model && new Ring(stream(frontProgram({ ...model, head: own })), capacity);
    this.kept = new Float64Array(keep * head.sampleRate);
  }

  push(samples: ArrayLike<number>): void {
    const own = this.resampler.push(samples);
    if (own.length === 0) return;
    for (let i = 0; i < own.length; i++) this.kept[(this.received + i) % this.kept.length] = own[i];
    this.received += own.length;
    this.spectrum.push(own);
    this.exact.push(own);
    this.other?.push(own);
  }

  /** Frames that what was heard holds; the last few of them wait for what follows. */
  get expected(): number {
    return headFrames(this.own, this.received);
  }

  /** What was heard last, in the order of time. */
  recording(): Float64Array {
    const { kept, received } = this;
    if (received <= kept.length) return kept.slice(0, received);
    const at = received % kept.length;
    const out = new Float64Array(kept.length);
    out.set(kept.subarray(at));
    out.set(kept.subarray(0, at), kept.length - at);
    return out;
  }

  dispose(): void {
    for (const ring of [this.spectrum, this.exact, this.other]) ring?.dispose();
  }
}
