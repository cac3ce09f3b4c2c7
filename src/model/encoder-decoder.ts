/**
 * Encoder-decoders: models of a forward network "encoder", a complex diagonal if they are spectral filters, and an inverse
 * network "decoder" of the same samples.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, checkOptions, flag, matching, oneOf } from '../options.ts';
import { networksOf, validateModel, type Model, type Part } from './model.ts';
import { binCount, uniformNetwork, type NetworkSpec } from './network.ts';
import { parametrizations, type Parametrization } from './parametrization.ts';

/** What can be trained, or kept, by itself. */
export const coderParts = ['encoder', 'decoder', 'mask'] as const;
/** A part that can learn: encoder, decoder or mask. */
export type CoderPart = (typeof coderParts)[number];

/** The part of a parameter. */
export const partOf = (name: string): CoderPart => name.split('.')[0] as CoderPart;

/** The parts of an encoder-decoder. */
interface Coder {
  /** Samples to bins. */
  readonly encoder: NetworkSpec;
  /** Bins to samples. */
  readonly decoder: NetworkSpec;
  /** A complex factor per bin between the two. */
  readonly mask: boolean;
  /** Bins between the two: n, or n/2 + 1 for real samples. */
  readonly bins: number;
  /** Are the samples real? */
  readonly real: boolean;
  /** The parts by what they do: to the spectrum, from it, and from it behind the mask. */
  readonly encode: readonly Part[];
  readonly decode: readonly Part[];
  readonly filter: readonly Part[];
}

/** The parts of an encoder-decoder by name. Throws InvalidArgumentError for a model of another form. */
export function coderOf(model: Model): Coder {
  validateModel(model);
  const { parts } = model;
  const [encoder, decoder] = networksOf(model);
  const last = parts.length - 1;
  const form = parts.map((p) => [p.kind, ...(p.name === undefined ? [] : [p.name])].join(' ')).join(', ');
  const isKept = parts.some((p) => p.kind === 'diagonal' && p.kept);
  if (
    !['network encoder, network decoder', 'network encoder, diagonal, network decoder'].includes(form) ||
    isKept
  )
    throw new InvalidArgumentError(
      `a model of ${parts.map((p) => p.name ?? p.kind).join(', ')}; expected an encoder, a diagonal or none, and a decoder`,
    );
  if (encoder.direction !== 'forward' || decoder.direction !== 'inverse')
    throw new InvalidArgumentError(
      `directions are ${encoder.direction} and ${decoder.direction}; expected forward and inverse`,
    );
  return {
    encoder,
    decoder,
    mask: parts.length === 3,
    bins: binCount(encoder),
    real: encoder.input === 'real',
    encode: parts.slice(0, 1),
    decode: parts.slice(last),
    filter: parts.slice(1),
  };
}

/**
 * The usual pair of networks, in ortho scale: decimation in time, then in frequency over the same radices, so that the
 * decoder's class holds the inverse of everything in the encoder's. `radices` multiply to the points of the chain: n, or
 * n/2 for real samples, whose split stages are then free (exact where the blocks are).
 */
export function encoderDecoder(
  radices: readonly number[],
  options: {
    readonly parametrization?: Parametrization;
    readonly input?: NetworkSpec['input'];
    readonly mask?: boolean;
  } = {},
): Model {
  checkOptions('encoderDecoder', options, {
    parametrization: oneOf(parametrizations),
    input: oneOf(['complex', 'real']),
    mask: flag,
  });
  const { parametrization = 'free', input = 'complex', mask = false } = options;
  checkArgument(
    'radices',
    radices,
    matching('a list of whole numbers', (x) => Array.isArray(x) && x.every(Number.isSafeInteger)),
  );
  const rest = { input, norm: 'ortho', split: parametrization === 'exact' ? 'exact' : 'free' } as const;
  const model = coderModel(
    uniformNetwork(radices, { parametrization }, rest),
    uniformNetwork(radices, { parametrization }, { ...rest, direction: 'inverse', decimation: 'frequency' }),
    mask,
  );
  validateModel(model);
  return model;
}

/** The model of two networks, with a mask between them or without. */
export const coderModel = (encoder: NetworkSpec, decoder: NetworkSpec, mask: boolean): Model => ({
  parts: [
    { kind: 'network', name: 'encoder', network: encoder },
    ...(mask ? [{ kind: 'diagonal' } as const] : []),
    { kind: 'network', name: 'decoder', network: decoder },
  ],
  head: 'complex',
});
