/**
 * Which phases fit what, from measurements (docs/learning.md).
 *
 * Complex targets in one chain: Adam finds the basin and nearly rounding; the rate belongs to the parametrisation.
 * Products of two chains whose matrix is known: from the outside in (outside-in.ts). Real targets, and products of two
 * chains from pairs alone: L-BFGS with weight decay. Their classes have more freedom than the target needs: the product of two factors that should vanish goes to zero ever more slowly, unless a decay takes both to zero exponentially;
 * the decay then goes to zero itself, and what is left converges to rounding. Values of a spectrum below the decay die with
 * the rest; noise takes them off the saddle at zero, and Gauss-Newton does not mind how small they are.
 */
import { parametrizations, type Parametrization } from '../model/parametrization.ts';
import { networkOf, networksOf, pointsOf, type Model } from '../model/model.ts';
import { checkArgument, oneOf, whole } from '../options.ts';
import { isOutsideIn } from './outside-in.ts';
import type { FitPhase } from './phases.ts';

/** Adam's rate for blocks of energy r. Angles and twiddles are of size 1, entries of blocks of 1 / sqrt r. */
const rates: Readonly<Record<Parametrization, number>> = {
  exact: 0.03,
  free: 0.03,
  'widely-linear': 0.03,
  unitary: 0.1,
  twiddle: 0.3,
  'unit-circle': 0.3,
};

/** Rate by parametrisation and size: large networks of blocks need smaller steps. */
export function recommendedRate(parametrization: Parametrization, n: number): number {
  checkArgument('parametrization', parametrization, oneOf(parametrizations));
  checkArgument('n', n, whole());
  const rate = rates[parametrization];
  return parametrization === 'free' || parametrization === 'widely-linear'
    ? rate * Math.min(1, Math.sqrt(1024 / Math.max(n, 1024)))
    : rate;
}

/** Steps of Adam. Twiddles learn more slowly than whole blocks. Blocks of larger radix need a little longer. */
function adamSteps(model: Model): number {
  const { n, stages } = networkOf(model);
  if (stages.some((s) => s.parametrization === 'twiddle' || s.parametrization === 'unit-circle'))
    return n <= 64 ? 2000 : 5000;
  return stages.some((s) => s.radix > 2) ? 1500 : 1000;
}

/** Phases that fit a model from any start, to a known matrix or to example pairs alone. */
export function recommendedPhases(model: Model, matrixKnown = true): FitPhase[] {
  const n = pointsOf(model);
  const { stages } = networkOf(model);
  const parametrization = stages[0]?.parametrization ?? 'free';
  if (model.head === 'complex' && networksOf(model).length === 1)
    return [
      {
        method: 'adam',
        steps: adamSteps(model),
        rate: recommendedRate(parametrization, n),
      },
      { method: 'lbfgs', steps: 400, decay: 0 },
    ];
  if (networksOf(model).length > 1 && matrixKnown && isOutsideIn(model))
    return [
      { method: 'outside-in', steps: 400 },
      { method: 'lbfgs', steps: 60, decay: 0 },
    ];
  if (networksOf(model).length > 1)
    return [
      { method: 'lbfgs', steps: 400, decay: Math.min(0.002, 0.06 / n) },
      { method: 'gauss-newton', steps: 80, decay: 0, noise: 0.01 },
    ];
  return [
    { method: 'lbfgs', steps: 600, decay: 0.01 },
    { method: 'lbfgs', steps: 250, decay: 0.001 },
    { method: 'lbfgs', steps: 200, decay: 0 },
    { method: 'gauss-newton', steps: 8, decay: 0 },
  ];
}
