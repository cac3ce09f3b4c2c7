/** The cheap baseline: exact transforms of a half, a quarter and an eighth of the points, where there are such. */
import { expect, it } from 'vitest';
import { frameSet } from '../../src/front/corpus.ts';
import { transformWindow } from '../../src/front/front-end.ts';
import { windowByName } from '../../src/numeric/window.ts';
import { exactNetwork } from '../../src/plans/plan.ts';
import { smallerTransforms } from '../../src/prune/smaller-transforms.ts';
import type { HeadConfig } from '../../src/spectral/head.ts';
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

it('stand in the middle of the samples that a frame has, wherever its window is placed', () => {
  const network = exactNetwork({ n: 256, input: 'real' });
  const windowOf = (head: HeadConfig) =>
    transformWindow({ head, transform: { kind: 'network', network, values: {} } });
  expect(windowOf(featureHead())).toMatchObject({ start: 128 });
  // 400 samples at the front of 512.
  const { window, start } = windowOf(featureHead('kaldi', { gain: 1 }));
  expect(start).toBe(72);
  expect([...window]).toEqual([...windowByName('povey', 256, 'symmetric')]);
});

it('see the middle of a window that is given as samples', async () => {
  const given = Array.from({ length: 50 }, (_, i) => 1 + i);
  const head = featureHead('papilio', {
    nFft: 64,
    windowLength: 50,
    hop: 32,
    window: given,
    bank: { bands: 8 },
  });
  const made = await smallerTransforms(head, frameSet(recordings, head, 8, 0), 2);
  const windows = made.map(({ model }) => transformWindow(model));
  expect(windows.map(({ start }) => start)).toEqual([16, 24]);
  // The 50 samples begin at 7 of 64.
  expect(windows.map(({ window }) => [...window])).toEqual([given.slice(9, 41), given.slice(17, 33)]);
});
