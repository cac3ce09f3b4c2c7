/** Scattered gates on the tree of a front end: trained with its gains and filterbank, decided, and only then fitted again. */
import type { TransformModel } from '../model/initialize.ts';
import { binCount } from '../model/network.ts';
import type { FrontMeter, Judgement } from '../front/front-meter.ts';
import { activeButterflies, gateMap } from './gate-map.ts';
import { featureObjective, frontOf } from './gate-objective.ts';
import { decideSearch, searchGates } from './gates.ts';
import { refittedBank, startWeights, type RefitData } from '../front/refit.ts';
import { bandsOf, type TrainedHead } from '../front/spectral-head.ts';
import type { Bank, FrontEnd } from '../front/front-end.ts';
import { bandMargin, powerOf } from './structure-models.ts';
import { fullFit } from '../front/front-meter.ts';

export interface GatePoint {
  readonly step: number;
  readonly loss: number;
  /** Error if the gates were decided now, before the filterbank is fitted to them; NaN where it was not measured. */
  readonly validationError: number;
  /** Share of the trained gates that are open. */
  readonly open: number;
}

/** A front end with decided gates and the filterbank that was fitted behind them. */
interface GatedFront extends Judgement {
  readonly model: FrontEnd;
  readonly tree: TransformModel;
  readonly kind: 'skip' | 'drop';
  readonly sparsity: number;
}

export const gateSteps = 240;
export const gateTrials = [
  { kind: 'skip', sparsity: 4 },
  { kind: 'skip', sparsity: 10 },
  { kind: 'drop', sparsity: 0.5 },
  { kind: 'drop', sparsity: 1.5 },
] as const;

/** Progress of one trial: its loss, its error, the butterflies that are left. */
interface GateTrialProgress {
  readonly point: GatePoint;
  readonly error: number;
  readonly active: number;
}

/** Bins that are not zero behind decided gates. */
const liveBinsOf = (power: ArrayLike<number>, bins: number, lanes: number): boolean[] =>
  Array.from({ length: bins }, (_, bin) => {
    for (let at = bin * lanes; at < (bin + 1) * lanes; at++) if (power[at] > 0) return true;
    return false;
  });

/**
 * The filterbank behind decided gates, fitted from the exact one over the bins that are left, wider than the exact bands: what was
 * trained with gates half open weights bins that are gone, and a band of such bins alone has no gradient.
 */
async function bankBehind(
  head: TrainedHead,
  data: RefitData,
  live: readonly boolean[],
  steps: number,
): Promise<Bank> {
  const { bands, weights } = bandsOf(head, head.nFft, bandMargin);
  const start = startWeights(bands, weights, live);
  return { bands, weights: await refittedBank(head, bands, live.length, data, start, steps) };
}

/** One trial: gates of a kind on every ungated stage of `base`, under a weight of their openness. */
export async function* gateTrial(
  base: FrontEnd,
  { kind, sparsity }: (typeof gateTrials)[number],
  meter: FrontMeter,
  seed: number,
): AsyncGenerator<GateTrialProgress, GatedFront> {
  const { head } = base;
  const { trainSet } = meter;
  const objective = featureObjective(base, trainSet);
  const search = searchGates(objective, { kind, sparsity, steps: gateSteps, seed });
  for await (const { step, loss, terms } of search.training) {
    if (step % 20 !== 0) continue;
    const { network, values, open, total } = decideSearch(objective, search);
    const { active } = activeButterflies(gateMap(network, values));
    const validationError = step % 80 === 0 ? meter.validate(frontOf(base, { network, values })).mean : NaN;
    yield { point: { step, loss, validationError, open: open / total }, error: terms.feature, active };
  }
  const { network, values } = decideSearch(objective, search);
  const { transform } = frontOf(base, { network, values });
  const power = powerOf({ head, transform }, trainSet);
  const live = liveBinsOf(power, binCount(network), trainSet.lanes);
  const data = { ...trainSet, power };
  const fit = (some: RefitData, steps: number): Promise<Bank> => bankBehind(head, some, live, steps);
  const bank = await fit(data, fullFit.steps);
  const model: FrontEnd = { head, transform, bank: { kind: 'weights', ...bank } };
  return {
    ...(await meter.judge(model, { data, fit })),
    model,
    tree: { network, values },
    kind,
    sparsity,
  };
}
