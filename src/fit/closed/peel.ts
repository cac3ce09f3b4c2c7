/**
 * Factorisation of a chain that can only be asked: a few signals per stage instead of all the columns of a matrix.
 * A signal that lives in sub-chain a of every group of stage s shows, once the stages above are inverted, column a of all
 * blocks of the stage at once (peeling; the blocks as in rank-one.ts).
 */
import { seedRule } from '../../model/initialize.ts';
import { requireFinite } from '../../numeric/samples.ts';
import { checkOptions, whole } from '../../options.ts';
import { complexArray, relativeL2, type ComplexArray } from '../../numeric/complex.ts';
import { scaleOf, type NetworkSpec } from '../../model/network.ts';
import { applyChain, applyStages, checkClosedFormNetwork, inverseStage, type StageBlocks } from '../chain.ts';
import { gaussianSignals } from '../pairs.ts';
import {
  blockScratch,
  emptyStages,
  probeSeed,
  splitBlock,
  valuesOf,
  writeColumn,
  type Factorization,
} from './rank-one.ts';
import { firstPosition, permutationTable } from '../../model/geometry.ts';

/** x -> y, both [n] in natural order; must be linear. */
export type LinearOperator = (x: ComplexArray) => ComplexArray;

/** Options of `factorizeOperator`. */
export interface OperatorOptions {
  /** Random signals per column of a stage's blocks; more are better conditioned. Default 3. */
  readonly probes?: number;
  readonly seed?: number;
}

/**
 * Parameters of a network of free stages from an operator that can only be asked: probes * (r_1 + ... + r_{S-1}) + r_0 + 2 times, at
 * O(n log n) of work for each. The operator must be an invertible chain. A singular block is an InvalidArgumentError that names it; an
 * operator that is no chain shows in `residual` and `defect`. Noise grows with `condition`; a whole matrix is better factorised as one.
 */
export function factorizeOperator(
  spec: NetworkSpec,
  operator: LinearOperator,
  options: OperatorOptions = {},
): Factorization {
  checkClosedFormNetwork(spec, 'free');
  checkOptions('factorizeOperator', options, { probes: whole(), seed: seedRule });
  const { probes = 3, seed = 1 } = options;
  const asker = askerOf(spec, operator, seed);
  const stages = emptyStages(spec);
  const above: StageBlocks[] = [];
  let [condition, worst] = [1, 0];
  for (let s = stages.length - 1; s >= 0; s--) {
    for (let a = 0; a < stages[s].r; a++) {
      const width = s === 0 ? 1 : probes;
      worst = Math.max(worst, fitColumn(stages[s], a, asker.ask(stages[s], a, above, width), width));
    }
    if (s === 0) break;
    const inverse = inverseStage(stages[s], s);
    condition = Math.max(condition, inverse.condition);
    above.push(inverse.stage);
  }
  const values = valuesOf(stages);
  const x = gaussianSignals(spec.n, 1, probeSeed, 2);
  const residual = relativeL2(applyChain(spec, values, x, 1), asker.query(x));
  return { values, residual, defect: Math.sqrt(worst), condition, queries: asker.queries };
}

/** Asks an operator, checks what it answers, and counts. */
function askerOf(spec: NetworkSpec, operator: LinearOperator, seed: number) {
  const { n } = spec;
  const order = permutationTable(spec);
  const scale = 1 / scaleOf(spec);
  return {
    queries: 0,
    query(x: ComplexArray): ComplexArray {
      this.queries++;
      const y = operator(x);
      requireFinite("the operator's answer", y, n, 1);
      return y;
    },
    /** Outputs [n, width] of `stage` for Gaussian signals on all positions of leg a; ones at stage 0. */
    ask(stage: StageBlocks, a: number, above: readonly StageBlocks[], width: number): ComplexArray {
      const answers = complexArray(n * width);
      const ones = stage.stride === 1;
      for (let q = 0; q < width; q++) {
        const random = gaussianSignals(n, 1, seed, 2 * this.queries);
        const x = complexArray(n);
        for (let p = 0; p < n; p++) {
          if (Math.floor(p / stage.stride) % stage.r !== a) continue;
          x.re[order[p]] = ones ? 1 : random.re[p];
          if (!ones) x.im[order[p]] = random.im[p];
        }
        const y = this.query(x);
        for (let p = 0; p < n; p++) {
          answers.re[p * width + q] = y.re[p] * scale;
          answers.im[p * width + q] = y.im[p] * scale;
        }
      }
      return applyStages(above, answers, width);
    },
  };
}

/** Column a of every block from answers [n, width] at the stage's outputs; stage 0 takes its one answer as it is. */
function fitColumn(stage: StageBlocks, a: number, answers: ComplexArray, width: number): number {
  const { r, stride, blocks } = stage;
  const m = complexArray(width);
  const scratch = blockScratch(r);
  let worst = 0;
  for (let b = 0; b < blocks.length / (2 * r * r); b++) {
    const rows = { ...answers, at: firstPosition(stage, b) * width, step: stride * width };
    if (stride > 1) worst = Math.max(worst, splitBlock(rows, width, scratch, m, 0));
    else for (let j = 0; j < r; j++) scratch.u.set([answers.re[rows.at + j], answers.im[rows.at + j]], 2 * j);
    writeColumn(stage, b, a, scratch.u);
  }
  return worst;
}
