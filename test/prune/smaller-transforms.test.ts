/** The cheap baseline: exact transforms of a half, a quarter and an eighth of the points, where there are such. */
import { expect, it } from 'vitest';
import { frameSet } from '../../src/front/corpus.ts';
import { smallerTransforms } from '../../src/prune/smaller-transforms.ts';
import { featureHead } from '../../src/spectral/presets.ts';
import { gaussian } from '../helpers.ts';

const recordings = [{ name: 'noise', samples: gaussian(4000, 1) }];

it.each([
  [256, 20, [128, 64, 32]],
  [256, 40, [128, 64]],
  [64, 8, [32, 16]],
])('sizes below %i points for %i bands', async (nFft, bands, sizes) => {
  const head = featureHead('papilio', { nFft, windowLength: nFft, hop: nFft, bank: { bands } });
  const made = await smallerTransforms(head, frameSet(recordings, head, 8, 0), 2);
  expect(made.map(({ model }) => model.transform.kind === 'network' && model.transform.network.n)).toEqual(
    sizes,
  );
  for (const { model, fitting } of made)
    expect(model.bank).toEqual({ kind: 'weights', ...(await fitting.fit(fitting.data, 2)) });
});
