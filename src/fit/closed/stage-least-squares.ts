/**
 * Exact least squares for one stage at a time: with all other stages fixed the output is linear in the blocks of one, so
 * the best blocks for given pairs are a linear least-squares problem. Sweeping the stages finishes what training began;
 * the residual never rises. Solved by conjugate gradients on the normal equations (CGLS, Hestenes & Stiefel 1952) in
 * variables that whiten the inputs of every butterfly, so that a unitary rest of the chain takes one step.
 */
import { checkOptions, finite, whole } from '../../options.ts';
import { complexArray, copyOf, type ComplexArray } from '../../numeric/complex.ts';
import { addMoments, invertInPlace } from '../../numeric/blocks.ts';
import { requireFinite } from '../../numeric/samples.ts';
import { extremeEigenvalues } from '../../numeric/tridiagonal.ts';
import { addTo, dot } from '../../numeric/vector.ts';
import type { ParameterValues } from '../../model/initialize.ts';
import type { NetworkSpec } from '../../model/network.ts';
import {
  adjointStage,
  applyStage,
  applyStages,
  chainOf,
  checkClosedFormNetwork,
  eachButterfly,
  permuted,
  type StageBlocks,
} from '../chain.ts';
import { valuesOf } from './rank-one.ts';

/** One least-squares update of one stage. */
export interface StageUpdate {
  readonly stage: number;
  /** Relative L2 of the outputs against those of the pairs after the update. */
  readonly residual: number;
  /** Largest condition ||L||_F ||L^-1||_F / r of the inputs of a butterfly, C = L L^H their second moments. */
  readonly inputCondition: number;
  /** Condition of the stages above as conjugate gradients saw it: square root of the ratio of extreme Ritz values. */
  readonly outputCondition: number;
  readonly iterations: number;
}

/** What `refineStages` made of a network, and its errors. */
export interface StageRefinement {
  readonly values: ParameterValues;
  /** Relative L2 on the pairs before and after. */
  readonly before: number;
  readonly residual: number;
  readonly updates: readonly StageUpdate[];
}

/** Options of `refineStages`. */
export interface RefineOptions {
  /** Passes over all stages, last to first. Default 1. */
  readonly sweeps?: number;
  /** Residual at which to stop. Default 1e-15. */
  readonly tolerance?: number;
  /** Bound of the conjugate gradient steps per stage. Default 60. */
  readonly iterations?: number;
}

const squareOfSignal = ({ re, im }: ComplexArray): number => dot(re, re) + dot(im, im);

/** sum over lanes of y_j conj(x_a) for every butterfly: moments of its legs, in the form of its blocks. */
function moments(stage: StageBlocks, y: ComplexArray, x: ComplexArray, lanes: number): Float64Array {
  const blocks = new Float64Array(stage.blocks.length);
  eachButterfly({ ...stage, blocks }, [y, x], lanes, (block, [to, from]) =>
    addMoments(block, to, from, lanes),
  );
  return blocks;
}

/** Cholesky factor of the r x r Hermitian matrix at `at`, in place; a pivot below 1e-14 of the trace is raised to it. */
function cholesky(m: Float64Array, at: number, r: number): void {
  const index = (i: number, j: number): number => at + 2 * (i * r + j);
  let trace = 0;
  for (let i = 0; i < r; i++) trace += m[index(i, i)];
  const floor = trace > 0 ? 1e-14 * trace : 1;
  for (let j = 0; j < r; j++) {
    let pivot = m[index(j, j)];
    for (let c = 0; c < j; c++) pivot -= m[index(j, c)] ** 2 + m[index(j, c) + 1] ** 2;
    const root = Math.sqrt(Math.max(pivot, floor));
    for (let i = j + 1; i < r; i++) {
      let [re, im] = [m[index(i, j)], m[index(i, j) + 1]];
      for (let c = 0; c < j; c++) {
        const [a, b, x, y] = [m[index(i, c)], m[index(i, c) + 1], m[index(j, c)], m[index(j, c) + 1]];
        re -= a * x + b * y;
        im -= b * x - a * y;
      }
      m.set([re / root, im / root], index(i, j));
      m.set([0, 0], index(j, i));
    }
    m.set([root, 0], index(j, j));
  }
}

/** Products A_b B_b of two lists of r x r blocks. */
function blockProducts(a: Float64Array, b: Float64Array, r: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let at = 0; at < a.length; at += 2 * r * r)
    for (let i = 0; i < r; i++)
      for (let j = 0; j < r; j++) {
        let [re, im] = [0, 0];
        for (let c = 0; c < r; c++) {
          const p = at + 2 * (i * r + c);
          const q = at + 2 * (c * r + j);
          re += a[p] * b[q] - a[p + 1] * b[q + 1];
          im += a[p] * b[q + 1] + a[p + 1] * b[q];
        }
        out[at + 2 * (i * r + j)] = re;
        out[at + 2 * (i * r + j) + 1] = im;
      }
  return out;
}

/** L and L^-1 of every butterfly's input moments, and their largest condition. */
function whitening(
  stage: StageBlocks,
  u: ComplexArray,
  lanes: number,
): { l: Float64Array; inverse: Float64Array; condition: number } {
  const { r } = stage;
  const l = moments(stage, u, u, lanes);
  let condition = 1;
  const size = 2 * r * r;
  for (let at = 0; at < l.length; at += size) cholesky(l, at, r);
  const inverse = l.slice();
  for (let at = 0; at < l.length; at += size) condition = Math.max(condition, invertInPlace(inverse, at, r));
  return { l, inverse, condition };
}

/** What conjugate gradients leave, and their tridiagonal matrix, whose eigenvalues are those of A^H A that they met. */
interface Descent {
  readonly rest: ComplexArray;
  readonly diagonal: readonly number[];
  readonly off: readonly number[];
}

/** Minimises ||target - A x|| from x on, which is updated in place, by at most `limit` steps; `adjoint` is A^H. */
function descend(
  forward: (x: Float64Array) => ComplexArray,
  adjoint: (y: ComplexArray) => Float64Array,
  x: Float64Array,
  target: ComplexArray,
  limit: number,
): Descent {
  const rest = copyOf(target);
  const take = ({ re, im }: ComplexArray, factor: number): void => {
    addTo(rest.re, -factor, re);
    addTo(rest.im, -factor, im);
  };
  take(forward(x), 1);
  let direction = adjoint(rest);
  let square = dot(direction, direction);
  const [diagonal, off]: [number[], number[]] = [[], []];
  let [lastAlpha, lastBeta] = [1, 0];
  // Below this the gradient is rounding: a few units of ||A|| ||rest||.
  let floor = 1e-32 * square;
  while (diagonal.length < limit && square > floor) {
    const image = forward(direction);
    const curvature = squareOfSignal(image);
    if (!(curvature > 0)) break;
    floor = Math.max(floor, (1e-15 ** 2 * squareOfSignal(rest) * curvature) / dot(direction, direction));
    const alpha = square / curvature;
    addTo(x, alpha, direction);
    take(image, alpha);
    const turned = adjoint(rest);
    const next = dot(turned, turned);
    const beta = next / square;
    diagonal.push(1 / alpha + lastBeta / lastAlpha);
    off.push(Math.sqrt(beta) / alpha);
    [lastAlpha, lastBeta, square] = [alpha, beta, next];
    addTo(turned, beta, direction);
    direction = turned;
  }
  return { rest, diagonal, off: off.slice(0, -1) };
}

/** Minimise ||target - T (B u)|| over the blocks of one stage, from where they are. */
function solveStage(
  stage: StageBlocks,
  above: readonly StageBlocks[],
  u: ComplexArray,
  target: ComplexArray,
  lanes: number,
  limit: number,
) {
  const { l, inverse, condition } = whitening(stage, u, lanes);
  const white = complexArray(u.re.length);
  applyStage({ ...stage, blocks: inverse }, u, white, lanes);
  const back = above.map(adjointStage).reverse();
  const scratch = complexArray(u.re.length);
  const forward = (blocks: Float64Array): ComplexArray => {
    applyStage({ ...stage, blocks }, white, scratch, lanes);
    return applyStages(above, scratch, lanes);
  };
  const adjoint = (rest: ComplexArray): Float64Array =>
    moments(stage, applyStages(back, rest, lanes), white, lanes);
  const phi = blockProducts(stage.blocks, l, stage.r);
  const { rest, diagonal, off } = descend(forward, adjoint, phi, target, limit);
  const [least, most] = extremeEigenvalues(diagonal, off);
  return {
    blocks: blockProducts(phi, inverse, stage.r),
    residual: rest,
    inputCondition: condition,
    outputCondition: least > 0 ? Math.sqrt(most / least) : 1,
    iterations: diagonal.length,
  };
}

/**
 * Sweeps of exact per-stage least squares on `lanes` pairs x, y, planar [n, lanes] in natural order, for a network of free
 * stages in time decimation. An update that would not lower the residual is not taken.
 * Throws InvalidArgumentError for other networks, and for arrays of another size or with numbers that are not finite.
 */
export function refineStages(
  spec: NetworkSpec,
  values: ParameterValues,
  x: ComplexArray,
  y: ComplexArray,
  lanes: number,
  options: RefineOptions = {},
): StageRefinement {
  checkOptions('refineStages', options, {
    sweeps: whole(0),
    tolerance: finite({ minimum: 0 }),
    iterations: whole(),
  });
  checkClosedFormNetwork(spec, 'free');
  const chain = chainOf(spec, values);
  const { n } = chain;
  requireFinite('x', x, n, lanes);
  requireFinite('y', y, n, lanes);
  const stages = chain.stages.map((s) => ({ ...s }));
  const target = { re: y.re.map((v) => v / chain.scale), im: y.im.map((v) => v / chain.scale) };
  const total = squareOfSignal(target);
  const input = permuted(chain.order, x, lanes);
  const relative = (square: number): number => Math.sqrt(square / total);
  const outputs = applyStages(stages, input, lanes);
  addTo(outputs.re, -1, target.re);
  addTo(outputs.im, -1, target.im);
  const before = relative(squareOfSignal(outputs));
  let residual = before;
  const updates: StageUpdate[] = [];
  for (let sweep = 0; sweep < (options.sweeps ?? 1); sweep++)
    for (let s = stages.length - 1; s >= 0 && residual > (options.tolerance ?? 1e-15); s--) {
      const u = applyStages(stages.slice(0, s), input, lanes);
      const found = solveStage(stages[s], stages.slice(s + 1), u, target, lanes, options.iterations ?? 60);
      const after = relative(squareOfSignal(found.residual));
      if (after < residual) {
        stages[s] = { ...stages[s], blocks: found.blocks };
        residual = after;
      }
      const { inputCondition, outputCondition, iterations } = found;
      updates.push({ stage: s, residual, inputCondition, outputCondition, iterations });
    }
  return { values: valuesOf(stages), before, residual, updates };
}
