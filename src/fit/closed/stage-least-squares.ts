/**
 * Exact least squares for one stage at a time: with all other stages fixed the output is linear in the blocks of one, so
 * the best blocks for given pairs are a linear least-squares problem. Sweeping the stages finishes what training began;
 * the residual never rises. Solved by conjugate gradients on the normal equations (CGLS, Hestenes & Stiefel 1952) in
 * variables that whiten the inputs of every butterfly, so that a unitary rest of the chain takes one step.
 */
import { checkOptions, finite, whole } from '../../options.ts';
import { complexArray, copyOf, energyOf, mapParts, type ComplexArray } from '../../numeric/complex.ts';
import { addMoments, type Legs } from '../../numeric/blocks.ts';
import { choleskyFactor } from '../../numeric/hermitian.ts';
import { requireFinite } from '../../numeric/samples.ts';
import { extremeEigenvalue } from '../../numeric/tridiagonal.ts';
import { addTo, dot } from '../../numeric/vector.ts';
import type { ParameterValues } from '../../model/initialize.ts';
import { permutationTable } from '../../model/geometry.ts';
import { scaleOf, type NetworkSpec } from '../../model/network.ts';
import {
  adjointStage,
  applyStage,
  applyStages,
  blocksOf,
  checkClosedFormNetwork,
  eachButterfly,
  inverseStage,
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
  const g = complexArray(r * r);
  for (let i = 0; i < r * r; i++) [g.re[i], g.im[i]] = [m[at + 2 * i], m[at + 2 * i + 1]];
  let trace = 0;
  for (let i = 0; i < r; i++) trace += g.re[i * r + i];
  const l = choleskyFactor(g, r, trace > 0 ? 1e-14 * trace : 1);
  for (let i = 0; i < r * r; i++) m.set([l.re[i], l.im[i]], at + 2 * i);
}

/** Products A_b B_b of two lists of r x r blocks. */
function blockProducts(a: Float64Array, b: Float64Array, r: number): Float64Array {
  const out = new Float64Array(a.length);
  const { blocks: adjoints } = adjointStage({ r, stride: 1, blocks: b });
  for (let at = 0; at < a.length; at += 2 * r * r) {
    const [rows, columns] = [a, adjoints].map((m): Legs => ({
      re: m,
      im: m.subarray(1),
      at,
      step: 2 * r,
      lane: 2,
    }));
    addMoments({ blocks: out, at, r }, rows, columns, r);
  }
  return out;
}

/**
 * Minimises ||target - A x|| from x on, which is updated in place, by at most `limit` steps; `adjoint` is A^H. Returns what
 * is left, and the tridiagonal matrix of the steps, whose eigenvalues are those of A^H A that they met.
 */
function descend(
  forward: (x: Float64Array) => ComplexArray,
  adjoint: (y: ComplexArray) => Float64Array,
  x: Float64Array,
  target: ComplexArray,
  limit: number,
) {
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
    const curvature = energyOf(image);
    if (!(curvature > 0)) break;
    floor = Math.max(floor, (1e-15 ** 2 * energyOf(rest) * curvature) / dot(direction, direction));
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

/** Minimise ||target - T (B u)|| over the blocks of stage s, from where they are. */
function solveStage(
  stages: readonly StageBlocks[],
  s: number,
  u: ComplexArray,
  target: ComplexArray,
  lanes: number,
  limit: number,
) {
  const stage = stages[s];
  const above = stages.slice(s + 1);
  const { r } = stage;
  // L of the input moments C = L L^H of every butterfly; its inverse whitens them.
  const l = moments(stage, u, u, lanes);
  for (let at = 0; at < l.length; at += 2 * r * r) cholesky(l, at, r);
  const { stage: inverse, condition } = inverseStage({ ...stage, blocks: l }, s);
  const white = complexArray(u.re.length);
  applyStage(inverse, u, white, lanes);
  const back = above.map(adjointStage).reverse();
  const scratch = complexArray(u.re.length);
  const forward = (blocks: Float64Array): ComplexArray => {
    applyStage({ ...stage, blocks }, white, scratch, lanes);
    return applyStages(above, scratch, lanes);
  };
  const adjoint = (rest: ComplexArray): Float64Array =>
    moments(stage, applyStages(back, rest, lanes), white, lanes);
  const phi = blockProducts(stage.blocks, l, r);
  const { rest, diagonal, off } = descend(forward, adjoint, phi, target, limit);
  const least = extremeEigenvalue('smallest', diagonal, off);
  const most = extremeEigenvalue('largest', diagonal, off);
  return {
    blocks: blockProducts(phi, inverse.blocks, r),
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
  const stages = blocksOf(spec, values);
  const { n } = spec;
  requireFinite('x', x, n, lanes);
  requireFinite('y', y, n, lanes);
  const scale = scaleOf(spec);
  const target = mapParts(y, (v) => v / scale);
  const total = energyOf(target);
  const input = permuted(permutationTable(spec), x, lanes);
  const relative = (square: number): number => Math.sqrt(square / total);
  const outputs = applyStages(stages, input, lanes);
  addTo(outputs.re, -1, target.re);
  addTo(outputs.im, -1, target.im);
  const before = relative(energyOf(outputs));
  let residual = before;
  const updates: StageUpdate[] = [];
  for (let sweep = 0; sweep < (options.sweeps ?? 1); sweep++)
    for (let s = stages.length - 1; s >= 0 && residual > (options.tolerance ?? 1e-15); s--) {
      const u = applyStages(stages.slice(0, s), input, lanes);
      const found = solveStage(stages, s, u, target, lanes, options.iterations ?? 60);
      const after = relative(energyOf(found.residual));
      if (after < residual) {
        stages[s] = { ...stages[s], blocks: found.blocks };
        residual = after;
      }
      const { inputCondition, outputCondition, iterations } = found;
      updates.push({ stage: s, residual, inputCondition, outputCondition, iterations });
    }
  return { values: valuesOf(stages), before, residual, updates };
}
