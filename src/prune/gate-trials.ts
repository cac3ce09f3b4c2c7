/** Scattered gates on the tree of a front end: trained with its gains and filterbank, decided, and only then fitted again. */
import type { Bank } from '../spectral/banks.ts';
import type { TransformModel } from '../model/initialize.ts';
import { binCount } from '../model/network.ts';
import { activeButterflies, gateMap } from './gate-map.ts';
import { featureObjective, frontOf } from './gate-objective.ts';
import { decideSearch, searchGates } from './gates.ts';
import type { RefitData } from '../front/refit.ts';
import type { FrontEnd } from '../front/front-end.ts';
import { fittedTreeBank, powerOf } from './structure-models.ts';
import { fullFit, type FrontMeter, type Judgement } from '../front/front-meter.ts';

export interface GatePoint {
  readonly step: number;
  readonly loss: number;
  /** Error if the gates were decided now, before the filterbank is fitted to them; NaN where it was not measured. */
  readonly validationError: number;
  /** Share of the trained gates that are open. */
  readonly open: number;
  /** Error on the step's frames, with gates as they are. */
  readonly error: number;
  /** Butterflies that are left. */
  readonly active: number;
}

/** A front end with decided gates and the filterbank that was fitted behind them. */
interface GatedFront {
  readonly model: FrontEnd;
  readonly tree: TransformModel;
  readonly judged: Judgement;
}

export const gateSteps = 240;
export const gateTrials = [
  { kind: 'skip', sparsity: 4 },
  { kind: 'skip', sparsity: 10 },
  { kind: 'drop', sparsity: 0.5 },
  { kind: 'drop', sparsity: 1.5 },
] as const;

/** Bins that are not zero behind decided gates. */
const liveBinsOf = (power: ArrayLike<number>, bins: number, lanes: number): boolean[] =>
  Array.from({ length: bins }, (_, bin) => {
    for (let at = bin * lanes; at < (bin + 1) * lanes; at++) if (power[at] > 0) return true;
    return false;
  });

/** One trial: gates of a kind on every ungated stage of `base`, under a weight of their openness. */
export async function* gateTrial(
  base: FrontEnd,
  { kind, sparsity }: (typeof gateTrials)[number],
  meter: FrontMeter,
  seed: number,
): AsyncGenerator<GatePoint, GatedFront> {
  const { head } = base;
  const { trainSet } = meter;
  const objective = featureObjective(base, trainSet);
  const search = searchGates(objective, { kind, sparsity, steps: gateSteps, seed });
  for await (const { step, loss, terms } of search.training) {
    if (step % 20 !== 0) continue;
    const { network, values, open, total } = decideSearch(objective, search);
    const { active } = activeButterflies(gateMap(network, values));
    const validationError = step % 80 === 0 ? meter.validate(frontOf(base, { network, values })).mean : NaN;
    yield { step, loss, validationError, open: open / total, error: terms.feature, active };
  }
  const { network, values } = decideSearch(objective, search);
  const { transform } = frontOf(base, { network, values });
  const power = powerOf({ head, transform }, trainSet);
  const live = liveBinsOf(power, binCount(network), trainSet.lanes);
  const data = { ...trainSet, power };
  // From the exact bank, over the bins that are left: what was trained with gates half open weights bins that are gone.
  const fit = (some: RefitData, steps: number): Promise<Bank> => fittedTreeBank(head, live, some, steps);
  const model: FrontEnd = { head, transform, bank: { kind: 'weights', ...(await fit(data, fullFit.steps)) } };
  return { model, tree: { network, values }, judged: await meter.judge(model, { data, fit }) };
}
