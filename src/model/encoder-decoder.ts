/**
 * An encoder-decoder: a forward network, a complex factor per bin if it is a spectral filter, and an inverse network.
 * Its parameters are those of the two networks prefixed by "encoder." and "decoder.", and "mask" [bins, 2].
 */
import { InvalidArgumentError } from '../errors.ts';
import type { ComplexTensor, Tensor } from '../ir/graph.ts';
import { rows, type ComplexView, type View } from '../ir/view.ts';
import { fillGaussian } from '../numeric/random.ts';
import { checkArgument, checkOptions, flag, matching, oneOf } from '../options.ts';
import { initialize, type ParameterValues, type Start } from './initialize.ts';
import {
  binCount,
  parameterShapes,
  realInverse,
  spectrum,
  validateNetwork,
  type NetworkOptions,
  type NetworkSpec,
} from './network.ts';
import { parametrizations, type Parametrization, type Provide } from './parametrization.ts';

export interface EncoderDecoder {
  /** Samples to bins. */
  readonly encoder: NetworkSpec;
  /** Bins to samples, the same size and kind of samples. */
  readonly decoder: NetworkSpec;
  /** Is there a complex factor per bin between the two? */
  readonly mask: boolean;
}

/** What can be trained, or kept, by itself. */
export const parts = ['encoder', 'decoder', 'mask'] as const;
export type Part = (typeof parts)[number];

/** The part of a parameter. */
export const partOf = (name: string): Part => name.split('.')[0] as Part;

/** Throws InvalidArgumentError unless a forward and an inverse network of one size and one kind of samples meet. */
export function validateEncoderDecoder(model: EncoderDecoder): void {
  if (typeof model !== 'object' || model === null || typeof model.mask !== 'boolean')
    throw new InvalidArgumentError('an encoder-decoder has an encoder, a decoder and mask: true or false');
  const { encoder, decoder } = model;
  validateNetwork(encoder);
  validateNetwork(decoder);
  if (encoder.direction !== 'forward' || decoder.direction !== 'inverse')
    throw new InvalidArgumentError(
      `directions are ${encoder.direction} and ${decoder.direction}; expected forward and inverse`,
    );
  if (encoder.n !== decoder.n || encoder.input !== decoder.input)
    throw new InvalidArgumentError(
      `an encoder of ${encoder.n} ${encoder.input} samples and a decoder of ${decoder.n} ${decoder.input} ones; expected the same`,
    );
}

/** Bins between the two networks: n, or n/2 + 1 for real samples. */
export const maskSize = (model: EncoderDecoder): number => binCount(model.encoder);

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
): EncoderDecoder {
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
  const points = radices.reduce((a, b) => a * b, 1);
  const network = {
    n: input === 'real' ? 2 * points : points,
    input,
    norm: 'ortho',
    permutation: 'digit-reversal',
    stages: radices.map((radix) => ({ radix, parametrization })),
    split: parametrization === 'exact' ? 'exact' : 'free',
  } as const;
  const model: EncoderDecoder = {
    encoder: { ...network, direction: 'forward', decimation: 'time' },
    decoder: { ...network, direction: 'inverse', decimation: 'frequency' },
    mask,
  };
  validateEncoderDecoder(model);
  return model;
}

const prefixed = <T>(prefix: Part, record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}.${name}`, value]));

/** Names and shapes of all parameters. */
export const encoderDecoderShapes = (model: EncoderDecoder): Record<string, readonly number[]> => ({
  ...prefixed('encoder', parameterShapes(model.encoder)),
  ...prefixed('decoder', parameterShapes(model.decoder)),
  ...(model.mask ? { mask: [maskSize(model), 2] } : {}),
});

/** Seeds of the parts, 2^32 apart as those of a product of chains. */
const seedStep = 2 ** 32;

/** Starting values; a mask is 1 for the starts `exact` and `ones`, 1 + noise for `noise`, else Gaussian of mean square 1. */
export function initializeEncoderDecoder(model: EncoderDecoder, start: Start, seed: number): ParameterValues {
  const values: ParameterValues = {
    ...prefixed('encoder', initialize(model.encoder, start, seed)),
    ...prefixed('decoder', initialize(model.decoder, start, seed + seedStep)),
  };
  if (!model.mask) return values;
  const mask = new Float64Array(2 * maskSize(model));
  const deviation = { exact: 0, ones: 0, noise: 0.1, random: Math.SQRT1_2, gaussian: Math.SQRT1_2 }[start];
  if (deviation > 0) fillGaussian(mask, seed + 2 * seedStep, 0);
  const mean = start === 'random' || start === 'gaussian' ? 0 : 1;
  for (let i = 0; i < mask.length; i++) mask[i] = deviation * mask[i] + (i % 2 === 0 ? mean : 0);
  return { ...values, mask };
}

/** The values of one network under its own names. */
export function partValues(values: ParameterValues, part: 'encoder' | 'decoder'): ParameterValues {
  const own = Object.entries(values).filter(([name]) => partOf(name) === part);
  return Object.fromEntries(own.map(([name, value]) => [name.slice(part.length + 1), value]));
}

const optionsOf = (part: Part, { lanes, provide }: CoderOptions): NetworkOptions => ({
  lanes,
  provide: (name, shape) => provide(`${part}.${name}`, shape),
});

export interface CoderOptions {
  readonly lanes: number;
  readonly provide: Provide;
}

/** Spectra [bins (+ spare rows), lanes] of the encoder. */
export const encode = (model: EncoderDecoder, source: ComplexView, options: CoderOptions): ComplexTensor =>
  spectrum(model.encoder, source, optionsOf('encoder', options));

/** Samples [n, lanes]; no imaginary part for real ones. */
export interface Samples {
  readonly re: Tensor;
  readonly im?: Tensor;
}

/** Samples of spectra [bins (+ spare rows), lanes]; times the mask first where `masked`. */
export function decode(
  model: EncoderDecoder,
  spectra: ComplexTensor,
  options: CoderOptions,
  masked: boolean,
): Samples {
  const { lanes } = options;
  const source: ComplexView = { re: rows(spectra.re, lanes), im: rows(spectra.im, lanes) };
  const view = masked ? { ...source, factor: maskView(model, options.provide) } : source;
  const own = optionsOf('decoder', options);
  if (model.decoder.input === 'real') return { re: realInverse(model.decoder, view, own) };
  return spectrum(model.decoder, view, own);
}

/** The mask as a signal over the bins, the same in every lane. */
function maskView(model: EncoderDecoder, provide: Provide): ComplexView {
  const tensor = provide('mask', [maskSize(model), 2]);
  const part = (offset: number): View => ({ tensor, offset, stride: 2, lane: 0 });
  return { re: part(0), im: part(1) };
}
