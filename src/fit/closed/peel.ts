/**
 * Factorisation of a chain that can only be asked: a few signals per stage instead of all the columns of a matrix.
 * A signal that lives in sub-chain a of every group of stage s shows, once the stages above are inverted, column a of all
 * blocks of the stage at once (peeling; the blocks as in rank-one.ts).
 */
import { InvalidArgumentError } from '../../errors.ts';
import { seedRule } from '../../model/initialize.ts';
import { checkOptions, whole } from '../../options.ts';
import { complexArray, relativeL2, type ComplexArray } from '../../numeric/complex.ts';
import { scaleOf, type NetworkSpec } from '../../model/network.ts';
import {
  applyChain,
  applyStage,
  chainOf,
  checkClosedFormNetwork,
  inverseStage,
  type StageBlocks,
} from '../chain.ts';
import { gaussianSignals } from '../pairs.ts';
import {
  BlockScratch,
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
 * The same for an operator that is asked probes * (r_1 + ... + r_{S-1}) + r_0 + 2 times, O(n log n) per query: signals that live in
 * one sub-chain of every group of stage s show, through the inverse of the stages above, one column of all its blocks.
 * The operator must be an invertible chain: a singular block is an InvalidArgumentError naming it, an operator that is no
 * chain shows in `residual` and `defect`. Noise grows with `condition`; a whole matrix is better factorised as one.
 */
export function factorizeOperator(
  spec: NetworkSpec,
  operator: LinearOperator,
  options: OperatorOptions = {},
): Factorization {
  checkClosedFormNetwork(spec, 'free');
  checkOptions('factorizeOperator', options, { probes: whole(), seed: seedRule });
  const { probes = 3, seed = 1 } = options;
  const asker = new Asker(spec, operator, permutationTable(spec), seed);
  const stages = emptyStages(spec);
  const above: StageBlocks[] = [];
  let [condition, worst] = [1, 0];
  for (let s = stages.length - 1; s >= 0; s--) {
    for (let a = 0; a < stages[s].r; a++) {
      const answers = Array.from({ length: s === 0 ? 1 : probes }, () =>
        asker.ask(stages[s], a, above, s === 0),
      );
      worst = Math.max(worst, fitColumn(stages[s], a, answers, s === 0));
    }
    if (s === 0) break;
    const inverse = inverseStage(stages[s], s);
    condition = Math.max(condition, inverse.condition);
    above.push(inverse.stage);
  }
  const values = valuesOf(stages);
  const x = gaussianSignals(spec.n, 1, probeSeed, 2);
  const residual = relativeL2(applyChain(chainOf(spec, values), x, 1), asker.query(x));
  return { values, residual, defect: Math.sqrt(worst), condition, queries: asker.queries };
}

class Asker {
  queries = 0;
  private readonly spec: NetworkSpec;
  private readonly operator: LinearOperator;
  private readonly order: Int32Array;
  private readonly seed: number;
  constructor(spec: NetworkSpec, operator: LinearOperator, order: Int32Array, seed: number) {
    this.spec = spec;
    this.operator = operator;
    this.order = order;
    this.seed = seed;
  }

  /** The operator's answer, checked. */
  query(x: ComplexArray): ComplexArray {
    this.queries++;
    const y = this.operator(x);
    const { n } = this.spec;
    if (y.re.length !== n || y.im.length !== n)
      throw new InvalidArgumentError(`the operator returned ${y.re.length} numbers; expected ${n}`);
    for (let i = 0; i < n; i++)
      if (!Number.isFinite(y.re[i]) || !Number.isFinite(y.im[i]))
        throw new InvalidArgumentError(`the operator returned a number that is not finite at ${i}`);
    return y;
  }

  /** Output of `stage` for a Gaussian signal (ones at the last stage) on all positions of leg a. */
  ask(stage: StageBlocks, a: number, above: readonly StageBlocks[], ones: boolean): ComplexArray {
    const { n } = this.spec;
    const random = gaussianSignals(n, 1, this.seed, 2 * this.queries);
    const x = complexArray(n);
    for (let p = 0; p < n; p++) {
      if (Math.floor(p / stage.stride) % stage.r !== a) continue;
      x.re[this.order[p]] = ones ? 1 : random.re[p];
      if (!ones) x.im[this.order[p]] = random.im[p];
    }
    let z = this.query(x);
    const scale = 1 / scaleOf(this.spec);
    z = { re: z.re.map((v) => v * scale), im: z.im.map((v) => v * scale) };
    for (const inverse of above) {
      const next = complexArray(n);
      applyStage(inverse, z, next, 1);
      z = next;
    }
    return z;
  }
}

/** Column a of every block from answers at the stage's outputs; `exact` takes the one answer as it is. */
function fitColumn(stage: StageBlocks, a: number, answers: readonly ComplexArray[], exact: boolean): number {
  const { r, stride, blocks } = stage;
  const width = answers.length;
  const own = complexArray(r * width);
  const view = { ...own, first: 0, step: width, columnStep: 1, width };
  const m = complexArray(width);
  const scratch = new BlockScratch(r);
  let worst = 0;
  for (let b = 0; b < blocks.length / (2 * r * r); b++) {
    const first = firstPosition(stage, b);
    for (let j = 0; j < r; j++)
      for (let q = 0; q < width; q++) {
        own.re[j * width + q] = answers[q].re[first + j * stride];
        own.im[j * width + q] = answers[q].im[first + j * stride];
      }
    if (!exact) worst = Math.max(worst, splitBlock(view, scratch, m, 0));
    else
      for (let j = 0; j < r; j++) {
        scratch.u[2 * j] = own.re[j];
        scratch.u[2 * j + 1] = own.im[j];
      }
    writeColumn(stage, b, a, scratch.u);
  }
  return worst;
}
