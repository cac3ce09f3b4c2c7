/**
 * An AudioWorklet module: `await context.audioWorklet.addModule(url of papilio/worklet)`, then
 *
 *   const node = new AudioWorkletNode(context, 'papilio-features', { numberOfOutputs: 0, processorOptions: { head: 'whisper', reference: 1.5 } });
 *   node.port.onmessage = ({ data }) => data.frames;   // Float32Array [count, width]
 *   node.port.postMessage('flush');                    // the frames that are left, and the end
 *
 * Inputs are mixed to mono and resampled when the context has another sample rate than the head.
 */
import {
  Resampler,
  stream,
  type FeatureStream,
  type FrontProgram,
  type HeadConfig,
  type PresetName,
  type StreamOptions,
} from './index.ts';
import { frontProgram, type FrontEnd } from './front.ts';

/** What `processorOptions` may hold. */
export interface FeatureProcessorOptions extends StreamOptions {
  /** Default papilio; a learned front end as `decodeFrontEnd` reads it: all data, as messages to a worklet must be. */
  readonly head?: PresetName | HeadConfig | FrontEnd;
}

/** What the processor posts: first what it is, then frames as they come, `full` where a clip ends, `done` after a flush, or what went wrong. */
export type FeatureMessage =
  | {
      readonly kind: 'ready';
      readonly width: number;
      readonly emits: string;
      readonly latency: number;
      readonly sampleRate: number;
    }
  | { readonly kind: 'frames'; readonly count: number; readonly frames: Float32Array | Float64Array }
  /** As many samples are in as the head's `fit`; what follows is left out. */
  | { readonly kind: 'full' }
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly message: string };

/** The scope of a worklet, of which DOM types know nothing. */
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

const sourceOf = (head: PresetName | HeadConfig | FrontEnd): PresetName | HeadConfig | FrontProgram =>
  typeof head === 'object' && head !== null && 'transform' in head ? frontProgram(head) : head;

class FeatureProcessor extends AudioWorkletProcessor {
  private features: FeatureStream | null = null;
  private resampler: Resampler | null = null;
  private mono = new Float64Array(128);

  constructor({ processorOptions = {} }: { processorOptions?: FeatureProcessorOptions }) {
    super();
    this.port.addEventListener('message', ({ data }) => {
      if (data === 'flush') this.attempt(() => this.end());
    });
    this.port.start();
    this.attempt(() => {
      const { head = 'papilio', ...options } = processorOptions;
      this.features = stream(sourceOf(head), options);
      const config = this.features.head;
      if (config.sampleRate !== sampleRate)
        this.resampler = new Resampler({ from: sampleRate, to: config.sampleRate });
      const { width, emits, latency } = this.features;
      this.post({ kind: 'ready', width, emits, latency, sampleRate: config.sampleRate });
    });
  }

  /** Called for every block of 128 samples per channel; false ends the processor. */
  process([channels]: readonly (readonly Float32Array[])[]): boolean {
    if (!this.features) return false;
    // No channels: nothing is connected, and the time that passes is silence.
    this.attempt(() => this.take(channels ?? []));
    return true;
  }

  private take(channels: readonly Float32Array[]): void {
    const { features, resampler } = this;
    if (!features) return;
    const length = channels[0]?.length ?? this.mono.length;
    if (this.mono.length !== length) this.mono = new Float64Array(length);
    this.mono.fill(0);
    for (const channel of channels)
      for (let i = 0; i < length; i++) this.mono[i] += channel[i] / channels.length;
    const { full } = features;
    this.emit(features.push(resampler ? resampler.push(this.mono) : this.mono));
    if (features.full && !full) this.post({ kind: 'full' });
  }

  private end(): void {
    const { features, resampler } = this;
    if (!features) return;
    if (resampler) this.emit(features.push(resampler.flush()));
    this.emit(features.flush());
    this.features = null;
    this.post({ kind: 'done' });
  }

  private emit(count: number): void {
    if (!this.features || count === 0) return;
    const { frames, width } = this.features;
    this.post({ kind: 'frames', count, frames: frames.slice(0, count * width) });
  }

  private post(message: FeatureMessage): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- ports have no origin
    this.port.postMessage(message);
  }

  private attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.features = null;
      this.post({ kind: 'error', message: error instanceof Error ? error.message : String(error) });
    }
  }
}

registerProcessor('papilio-features', FeatureProcessor);
