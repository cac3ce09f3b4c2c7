/** What files of version 1 mean in terms of this version: five kinds of model that are two now. */
import { FileFormatError, UnsupportedError } from '../errors.ts';
import type { Tensor } from '../formats/safetensors.ts';
import type { CorrectorSpec } from '../model/correctors.ts';
import { coderModel } from '../model/encoder-decoder.ts';
import { chainModel, transformModel, type Model } from '../model/model.ts';
import type { NetworkSpec } from '../model/network.ts';

type Read = (key: string) => unknown;

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

/** Kind and spec of a file of version 1; its arrays have the names that they have now. */
export function fromVersion1(
  metadata: Readonly<Record<string, string>>,
  arrays: ReadonlyMap<string, Tensor>,
  name: string,
  read: Read,
): { readonly kind: 'model' | 'front-end'; readonly spec: unknown } {
  const kind = metadata['kind'] ?? 'nothing';
  if (kind === 'learn-job')
    throw new UnsupportedError(
      `${name}: an unfinished job of papilio 0.1 (format version 1), which this version cannot continue; finish it with papilio 0.1, or begin it anew with --force`,
    );
  if (kind === 'spectral-model') {
    const transform =
      metadata['branches'] === undefined
        ? { kind: 'network', network: read('network') }
        : { kind: 'branches', branches: read('branches') };
    const bank = { kind: 'weights', width: Number(metadata['bandWidth']) };
    const spec = { head: read('head'), transform, bank };
    return { kind: 'front-end', spec };
  }
  if (!Object.hasOwn(models, kind))
    throw new FileFormatError(`${name}: holds ${JSON.stringify(kind)}; expected a model of papilio`);
  try {
    return { kind: 'model', spec: models[kind](read, () => keptOf(arrays.get('mask'), name)) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new FileFormatError(`${name}: its metadata is not what papilio writes`);
  }
}
