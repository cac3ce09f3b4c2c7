/**
 * Hierarchical rank-one factorisation of a matrix as a butterfly chain of free blocks; peel.ts does it for an operator.
 *
 * The chain is y = B_{S-1} ... B_0 P x. Its top stage has radix r and stride d = n / r. It makes the outputs k, k + d, ...,
 * k + (r - 1) d from output k of each of its r sub-chains M_a. So the rows k + j d of the columns of sub-chain a are an r x d block
 * of rank one, B_k[:, a] M_a[k, :]. Splitting all blocks gives the top stage, and r matrices of size d to go on with.
 * Source: Le, Zheng, Riccietti & Gribonval, Fast learning of fast transforms, with guarantees (2022).
 */
import { complexArray, relativeL2, type ComplexArray } from '../../numeric/complex.ts';
import { addMoments, dominantEigenvector, transposeInPlace, type Legs } from '../../numeric/blocks.ts';
import { applyMatrix, requireMatrix, transposed, withColumns, type Matrix } from '../../numeric/matrix.ts';
import type { ParameterValues } from '../../model/initialize.ts';
import { scaleOf, type NetworkSpec } from '../../model/network.ts';
import { applyChain, blocksOf, checkClosedFormNetwork, type StageBlocks } from '../chain.ts';
import { gaussianSignals } from '../pairs.ts';
import { parameterName, stageSizes } from '../../model/geometry.ts';

/** A chain of stages found without training, and how well it fits. */
export interface Factorization {
  /** Parameters of the network, by name. */
  readonly values: ParameterValues;
  /** Relative L2 distance between chain and target on Gaussian signals. */
  readonly residual: number;
  /** Largest relative distance (Frobenius) of a block from its rank-one part: 0 says the target is a chain. */
  readonly defect: number;
  /** Operator form: largest condition of a block that had to be inverted; matrix form: 1, nothing is inverted. */
  readonly condition: number;
  /** Operator form: how often it was asked. */
  readonly queries: number;
}

export const probeSeed = 0x9e37;

/** Blocks of every stage, to be filled. */
export const emptyStages = (spec: NetworkSpec): StageBlocks[] =>
  stageSizes(spec).map(({ r, stride }) => ({ r, stride, blocks: new Float64Array(2 * spec.n * r) }));

export const valuesOf = (stages: readonly StageBlocks[]): ParameterValues =>
  Object.fromEntries(stages.map((stage, s) => [parameterName(s, 'block'), stage.blocks]));

/** What `splitBlock` works on for one radix: the Gram matrix [r, r] and a column [r], both interleaved. */
export const blockScratch = (r: number) => ({
  r,
  gram: new Float64Array(2 * r * r),
  u: new Float64Array(2 * r),
});
type BlockScratch = ReturnType<typeof blockScratch>;

/** out[at ..] = u^H A. */
function project(
  { re: vr, im: vi, at: first, step, lane = 1 }: Legs,
  width: number,
  u: Float64Array,
  out: ComplexArray,
  at: number,
): void {
  const { re, im } = out;
  for (let j = 0; j < u.length / 2; j++) {
    const [c, s] = [u[2 * j], u[2 * j + 1]];
    for (let i = at, q = first + j * step; i < at + width; i++, q += lane) {
      const [x, y] = [vr[q], vi[q]];
      re[i] = (j === 0 ? 0 : re[i]) + c * x + s * y;
      im[i] = (j === 0 ? 0 : im[i]) + c * y - s * x;
    }
  }
}

/**
 * The best rank-one part u m of the r x width block whose rows are the legs v: u into `scratch.u` with norm sqrt(r), as a column of a DFT has, m into
 * out[at ..]. The phase makes the first entry of m of at least half the largest size real and positive. Returns
 * ||A - u m||_F^2 / ||A||_F^2 as 1 - lambda_1 / trace of the Gram matrix, which rounding makes up to 1e-15.
 */
export function splitBlock(
  v: Legs,
  width: number,
  { r, gram, u }: BlockScratch,
  out: ComplexArray,
  at: number,
): number {
  gram.fill(0);
  addMoments({ blocks: gram, at: 0, r }, v, v, width);
  const lost = lostShare(gram, r, dominantEigenvector(gram, r, u));
  project(v, width, u, out, at);
  const { re, im } = out;
  let largest = 0;
  for (let i = at; i < at + width; i++) largest = Math.max(largest, re[i] * re[i] + im[i] * im[i]);
  let lead = at;
  while (re[lead] * re[lead] + im[lead] * im[lead] < largest / 4) lead++;
  rescale(u, out, at, lead, width);
  return lost;
}

/** 1 - largest / trace. */
function lostShare(gram: Float64Array, r: number, largest: number): number {
  let trace = 0;
  for (let i = 0; i < r; i++) trace += gram[2 * (i * r + i)];
  return trace === 0 ? 0 : Math.max(0, 1 - largest / trace);
}

/** u sqrt(r) e^{it} and m e^{-it} / sqrt(r) with m[lead] real and positive. */
function rescale(u: Float64Array, m: ComplexArray, at: number, lead: number, width: number): void {
  const { re, im } = m;
  const root = Math.sqrt(u.length / 2);
  const size = Math.hypot(re[lead], im[lead]);
  const c = size > 0 ? re[lead] / size : 1;
  const s = size > 0 ? im[lead] / size : 0;
  for (let j = 0; j < u.length; j += 2) {
    const x = root * u[j];
    const y = root * u[j + 1];
    u[j] = x * c - y * s;
    u[j + 1] = x * s + y * c;
  }
  for (let i = at; i < at + width; i++) {
    const x = re[i] / root;
    const y = im[i] / root;
    re[i] = x * c + y * s;
    im[i] = y * c - x * s;
  }
}

/** Column a of block b of a stage. */
export function writeColumn({ r, blocks }: StageBlocks, b: number, a: number, u: Float64Array): void {
  for (let j = 0; j < r; j++) {
    const at = 2 * ((b * r + j) * r + a);
    blocks[at] = u[2 * j];
    blocks[at + 1] = u[2 * j + 1];
  }
}

/**
 * Splits a matrix and, depth first, the matrices below it into the blocks of `stages`; returns the largest lost share. Columns of
 * sub-chain a are a, a + r, ... where they are `interleaved` (samples before digit reversal), else a d, a d + 1, ... (positions).
 */
function splitMatrix(
  stages: readonly StageBlocks[],
  matrix: ComplexArray,
  interleaved: boolean,
  scale: number,
): number {
  const scratch = stages.map(({ r }) => blockScratch(r));
  // The matrix below each stage; one at a time is alive.
  const below = stages.map(({ stride }, s) => complexArray(s === 0 ? 0 : stride * stride));
  let worst = 0;
  /** A square matrix as group g of stage s. */
  const split = (s: number, g: number, { re, im }: ComplexArray): void => {
    const { r, stride: d, blocks } = stages[s];
    if (s === 0) {
      for (let i = 0; i < r * r; i++) blocks.set([scale * re[i], scale * im[i]], 2 * (g * r * r + i));
      return;
    }
    for (let a = 0; a < r; a++) {
      const [start, lane] = interleaved ? [a, r] : [a * d, 1];
      for (let k = 0; k < d; k++) {
        const rows = { re, im, at: start + k * r * d, step: d * r * d, lane };
        worst = Math.max(worst, splitBlock(rows, d, scratch[s], below[s], k * d));
        writeColumn(stages[s], g * d + k, a, scratch[s].u);
      }
      split(s - 1, g * r + a, below[s]);
    }
  };
  split(stages.length - 1, 0, matrix);
  return worst;
}

/**
 * Parameters of a network of free stages (any radices and permutation) that multiply to `matrix` [n, n], y = matrix x; the
 * network's own factor is taken into account. O(n^2) time; a matrix that is no chain gives the level-by-level best one.
 * Throws InvalidArgumentError for another network, a matrix of another size or with entries that are not finite.
 */
export function factorizeMatrix(spec: NetworkSpec, matrix: Matrix): Factorization {
  checkClosedFormNetwork(spec, 'free', 'any');
  const { n, permutation } = spec;
  requireMatrix(matrix, n);
  if (spec.decimation === 'frequency') {
    const { values, ...rest } = factorizeMatrix({ ...spec, decimation: 'time' }, transposed(matrix));
    transposeBlocks(spec, values);
    return { values, ...rest };
  }
  const stages = emptyStages(spec);
  const columns = typeof permutation === 'string' ? matrix : withColumns(matrix, permutation);
  const worst = splitMatrix(stages, columns, permutation === 'digit-reversal', 1 / scaleOf(spec));
  const values = valuesOf(stages);
  const x = gaussianSignals(n, 1, probeSeed, 0);
  const y = applyChain(spec, values, x, 1);
  const residual = relativeL2(y, applyMatrix(matrix, x, 1));
  return { values, residual, defect: Math.sqrt(worst), condition: 1, queries: 0 };
}

/** Transposes every block of a network of free stages, in place. */
function transposeBlocks(spec: NetworkSpec, values: ParameterValues): void {
  for (const { r, blocks } of blocksOf(spec, values))
    for (let at = 0; at < blocks.length; at += 2 * r * r) transposeInPlace(blocks, at, r);
}
