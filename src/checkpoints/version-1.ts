/** What files of version 1 mean in terms of this version: five kinds of model that are two now. */
import { FileFormatError } from '../errors.ts';
import type { Tensor } from '../formats/safetensors.ts';
import type { CorrectorSpec } from '../model/correctors.ts';
import { coderModel } from '../model/encoder-decoder.ts';
import { chainModel, transformModel, type Model } from '../model/model.ts';
import type { NetworkSpec } from '../model/network.ts';
import type { Stored } from './format.ts';

type Read = Stored['read'];

/** The bins that a transform of version 1 keeps: a tensor then, part of the spec now. */
function keptOf(mask: Tensor | undefined, name: string): number[] | undefined {
  if (mask && !(mask.data instanceof Uint8Array))
    throw new FileFormatError(`${name}: tensor "mask" is ${mask.dtype}; expected U8`);
  return mask && Array.from(mask.data as Uint8Array);
}

const models: Readonly<Record<string, (read: Read, mask: () => number[] | undefined) => Model>> = {
  transform: (read) => chainModel([read('network') as NetworkSpec]),
  'corrected-transform': (read, mask) => {
    const corrector = { spec: read('corrector') as CorrectorSpec, values: {} };
    return transformModel(read('network') as NetworkSpec, {}, { corrector, kept: mask() }).model;
  },
  chains: (read) => {
    const { chains, head } = read('model') as { chains: NetworkSpec[]; head: Model['head'] };
    return chainModel(chains, head);
  },
  'encoder-decoder': (read) => {
    const { encoder, decoder, mask } = read('model') as Record<'encoder' | 'decoder', NetworkSpec> & {
      mask: boolean;
    };
    return coderModel(encoder, decoder, mask);
  },
};

/** The spec of a front end of version 1; its arrays have the names that they have now, but for "gain". */
export function frontEndOf1({ metadata, read }: Stored): unknown {
  const transform =
    metadata['branches'] === undefined
      ? { kind: 'network', network: read('network') }
      : { kind: 'branches', branches: read('branches') };
  return { head: read('head'), transform, bank: { kind: 'weights', width: Number(metadata['bandWidth']) } };
}

/** The spec of a model of version 1; its arrays have the names that they have now. */
export function modelOf1(kind: string, { read, arrays }: Stored, name: string): unknown {
  try {
    return models[kind](read, () => keptOf(arrays.get('mask'), name));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new FileFormatError(`${name}: its metadata is not what papilio writes`);
  }
}
