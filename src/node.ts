/** Feature heads as Node streams: `import { featureTransform } from 'papilio/node'`. */
import { Transform, type TransformCallback } from 'node:stream';
import {
  InvalidArgumentError,
  stream,
  type FeatureStream,
  type FrontSource,
  type StreamOptions,
} from './index.ts';

/** How bytes hold samples: little-endian float32, or 16-bit integers divided by 32768. */
export type SampleFormat = 'f32le' | 's16le';

/** Options of `featureTransform`: those of `stream`, and the format of chunks that are bytes. */
export interface FeatureTransformOptions extends StreamOptions {
  /** Of chunks that are bytes (a Buffer, as from a file or a pipe). Default f32le. */
  readonly format?: SampleFormat;
}

const formats: Readonly<Record<SampleFormat, { bytes: number; read: (v: DataView, at: number) => number }>> =
  {
    f32le: { bytes: 4, read: (v, at) => v.getFloat32(at, true) },
    s16le: { bytes: 2, read: (v, at) => v.getInt16(at, true) / 32768 },
  };

/** Samples from bytes that may be cut anywhere. */
class SampleReader {
  private readonly format: (typeof formats)[SampleFormat];
  private rest = new Uint8Array(0);
  constructor(format: SampleFormat) {
    if (!Object.hasOwn(formats, format))
      throw new InvalidArgumentError(
        `format is ${typeof format === 'string' ? JSON.stringify(format) : typeof format}; expected ${Object.keys(formats).join(' or ')}`,
      );
    this.format = formats[format];
  }
  read(chunk: Uint8Array): Float64Array {
    const { bytes, read } = this.format;
    const all = new Uint8Array(this.rest.length + chunk.length);
    all.set(this.rest);
    all.set(chunk, this.rest.length);
    const view = new DataView(all.buffer);
    const samples = new Float64Array(Math.floor(all.length / bytes));
    for (let i = 0; i < samples.length; i++) samples[i] = read(view, i * bytes);
    this.rest = all.slice(samples.length * bytes);
    return samples;
  }
  /** Throws InvalidArgumentError when the bytes ended within a sample. */
  end(): void {
    if (this.rest.length > 0)
      throw new InvalidArgumentError(
        `the stream ended ${this.rest.length} bytes into a sample; expected whole samples of ${this.format.bytes} bytes`,
      );
  }
}

/** A Transform stream from mono samples to frames. */
class FeatureTransform extends Transform {
  readonly features: FeatureStream;
  private readonly reader: SampleReader;
  private readonly hasScale: boolean;

  constructor(head: FrontSource, options: FeatureTransformOptions) {
    super({ writableObjectMode: true, readableObjectMode: true });
    // What is no object, `stream` refuses.
    const isObject = typeof options === 'object' && options !== null;
    const { format = 'f32le', ...rest }: FeatureTransformOptions = isObject ? options : {};
    this.hasScale = rest.fullScale !== undefined;
    this.reader = new SampleReader(format);
    this.features = stream(head, isObject ? rest : options);
  }

  override _transform(chunk: unknown, _: string, done: TransformCallback): void {
    this.attempt(done, () => {
      if (chunk instanceof Uint8Array && this.hasScale)
        throw new InvalidArgumentError(
          'bytes under fullScale; expected a format alone, which has a scale of its own',
        );
      if (chunk instanceof Uint8Array) return this.features.push(this.reader.read(chunk));
      return this.features.push(chunk as ArrayLike<number>);
    });
  }

  override _flush(done: TransformCallback): void {
    this.attempt(done, () => {
      this.reader.end();
      return this.features.flush();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.features.dispose();
    done(error);
  }

  /** Emits the frames that `take` completes, or the error it throws. */
  private attempt(done: TransformCallback, take: () => number): void {
    try {
      const count = take();
      const { frames, width } = this.features;
      for (let f = 0; f < count; f++) this.push(frames.slice(f * width, (f + 1) * width));
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}

/**
 * A Transform stream: mono samples in (floating-point numbers, or bytes in `format`), one array of `width` numbers per frame
 * out. Chunks may be cut anywhere. Errors of samples and heads are errors of the stream; see `stream` for those thrown here.
 */
export const featureTransform = (
  head: FrontSource,
  options: FeatureTransformOptions = {},
): Transform & { readonly features: FeatureStream } => new FeatureTransform(head, options);
