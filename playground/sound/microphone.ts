/** The microphone, sample by sample: an audio worklet counts what it passes on, so that a gap is seen. */

import { newContext } from './player.ts';

/** In the audio thread. Chunks of 1024 samples; `at` counts from the start of the context. */
const processor = `
class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Float32Array(1024);
    this.filled = 0;
    this.at = -1;
    this.begun = -1;
  }
  process([input]) {
    const channel = input[0];
    // The microphone takes a moment to come, and the graph a tenth of a second to run evenly.
    if (channel && this.begun < 0) this.begun = currentFrame;
    if (this.begun < 0 || currentFrame < this.begun + sampleRate / 10) return true;
    if (this.at < 0) this.at = currentFrame;
    if (channel) this.chunk.set(channel, this.filled);
    else this.chunk.fill(0, this.filled, this.filled + 128);
    this.filled += 128;
    if (this.filled === this.chunk.length) {
      this.port.postMessage({ samples: this.chunk, at: this.at });
      this.filled = 0;
      this.at = -1;
    }
    return true;
  }
}
registerProcessor('papilio-tap', Tap);
`;

interface Chunk {
  readonly samples: Float32Array;
  readonly at: number;
}

/** A microphone that is heard. */
export interface Heard {
  readonly rate: number;
  /** Samples that were passed on, and those between chunks that were not. */
  readonly counts: { readonly samples: number; readonly lost: number };
  stop(): void;
}

/** Loads the processor: a page from a file may load no blob, and some browsers load no data. */
async function load({ audioWorklet }: AudioContext): Promise<void> {
  const type = 'text/javascript';
  try {
    await audioWorklet.addModule(`data:${type},${encodeURIComponent(processor)}`);
  } catch {
    const url = URL.createObjectURL(new Blob([processor], { type }));
    try {
      await audioWorklet.addModule(url);
    } finally {
      URL.revokeObjectURL(url);
    }
  }
}

/** Asks the visitor for the microphone. Throws Error that says why there is none. */
export async function hear(take: (samples: Float32Array) => void): Promise<Heard> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new Error('this browser gives this page no microphone; drop a recording instead');
  const context = newContext();
  let media: MediaStream;
  try {
    media = await devices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 },
    });
  } catch (error) {
    void context.close();
    throw new Error(`no microphone: ${(error as Error).message}`, { cause: error });
  }
  const end = (): void => {
    for (const track of media.getTracks()) track.stop();
    void context.close();
  };
  try {
    await load(context);
    await context.resume();
  } catch (error) {
    end();
    throw error;
  }
  const source = context.createMediaStreamSource(media);
  const tap = new AudioWorkletNode(context, 'papilio-tap', { numberOfOutputs: 1 });
  const counts = { samples: 0, lost: 0 };
  let next = -1;
  tap.port.onmessage = ({ data: { samples, at } }: MessageEvent<Chunk>) => {
    if (next >= 0) counts.lost += at - next;
    next = at + samples.length;
    counts.samples += samples.length;
    take(samples);
  };
  // What leads nowhere is not run everywhere; the tap itself is silent.
  tap.connect(context.destination);
  source.connect(tap);
  return {
    rate: context.sampleRate,
    counts,
    stop() {
      tap.port.onmessage = null;
      source.disconnect();
      tap.disconnect();
      end();
    },
  };
}
