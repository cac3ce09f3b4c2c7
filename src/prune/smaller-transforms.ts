/** The cheap way to spend less: exact transforms of fewer points in the middle of the frame, each with a refitted filterbank. */
import type { HeadConfig } from '../spectral/head.ts';
import { bandCount, bandsOf, type Bank } from '../spectral/banks.ts';
import { exactNetwork } from '../plans/plan.ts';
import { exactRadices } from '../plans/strategy.ts';
import type { FrameSet } from '../front/corpus.ts';
import type { Fitting } from '../front/held-out.ts';
import { refittedBank, startWeights, type RefitData } from '../front/refit.ts';
import type { FrontEnd, FrontTransform } from '../front/front-end.ts';
import { bandMargin, powerOf } from './structure-models.ts';

/** Half, a quarter and an eighth of n_fft: those that are even, enough for the bands, and of factors that a network has. */
const smallerSizes = (head: HeadConfig): number[] =>
  [2, 4, 8]
    .map((by) => head.nFft / by)
    .filter((n) => n % 2 === 0 && n >= Math.max(16, bandCount(head)) && exactRadices(n / 2) !== null);

/** A front end of each of the smaller sizes. */
export async function smallerTransforms(
  head: HeadConfig,
  trainSet: FrameSet,
  steps: number,
): Promise<{ readonly model: FrontEnd; readonly fitting: Fitting }[]> {
  const models: { model: FrontEnd; fitting: Fitting }[] = [];
  for (const n of smallerSizes(head)) {
    const exact = bandsOf(head, n, Math.min(bandMargin, Math.floor(n / 8)));
    const network = exactNetwork({ n, input: 'real' });
    const transform: FrontTransform = { kind: 'network', network, values: {} };
    const live = new Array<boolean>(n / 2 + 1).fill(true);
    // A shorter window sees less energy: bring the start to the level of the targets.
    const scale = (head.nFft / n) ** 2;
    const { bands, weights } = startWeights(exact, live);
    const scaled = weights.map((w) => w * scale);
    const start = { bands, weights: filledBands(scaled, bands.width) };
    const data = { ...trainSet, power: powerOf({ head, transform }, trainSet) };
    const fit = (some: RefitData, count: number): Promise<Bank> => refittedBank(head, start, some, count);
    const bank = await fit(data, steps);
    models.push({ model: { head, transform, bank: { kind: 'weights', ...bank } }, fitting: { data, fit } });
  }
  return models;
}

/** Bands narrower than a bin of a small transform start from a flat row. */
function filledBands(weights: Float64Array, width: number): Float64Array {
  const peak = weights.reduce((a, b) => Math.max(a, b), 0);
  return weights.map((w, i) => {
    const row = weights.subarray(i - (i % width), i - (i % width) + width);
    return row.every((x) => x === 0) ? peak / 10 : w;
  });
}
