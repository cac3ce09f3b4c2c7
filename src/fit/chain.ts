/**
 * A chain of free blocks on plain float64 arrays, for closed forms: stages applied, transposed and inverted one by one.
 * Signals are planar [n, lanes]: position p of lane l is at p lanes + l. Geometry as in model/network.ts.
 */
import { InvalidArgumentError } from '../errors.ts';
import { complexArray, copyOf, type ComplexArray } from '../numeric/complex.ts';
import { inversePermutation } from '../numeric/digits.ts';
import { adjointInPlace, invertInPlace, multiplyBlock, type Legs } from '../numeric/blocks.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { firstPosition, parameterName, permutationTable, stageSizes } from '../model/geometry.ts';
import { scaleOf, validateNetwork, type NetworkSpec } from '../model/network.ts';

/** Blocks [n / r, r, r, 2] of one stage: butterfly g stride + k joins positions g r stride + a stride + k. */
export interface StageBlocks {
  readonly r: number;
  readonly stride: number;
  readonly blocks: Float64Array;
}

/**
 * Throws InvalidArgumentError unless the network is complex, without gates, of one parametrisation and, by default, in
 * time decimation.
 */
export function checkClosedFormNetwork(
  spec: NetworkSpec,
  parametrization: 'free' | 'twiddle',
  decimation: 'time' | 'any' = 'time',
): void {
  validateNetwork(spec);
  if (spec.input !== 'complex')
    throw new InvalidArgumentError('input is "real"; a closed form needs a network of complex input');
  if (decimation === 'time' && spec.decimation !== 'time')
    throw new InvalidArgumentError('decimation is "frequency"; this closed form needs "time"');
  const wrong = spec.stages.findIndex((s) => s.parametrization !== parametrization || s.gate);
  if (wrong >= 0)
    throw new InvalidArgumentError(
      `stage ${wrong} is ${spec.stages[wrong].parametrization}${spec.stages[wrong].gate ? ' with gates' : ''}; this closed form needs ${parametrization} stages without gates`,
    );
}

/** The stages of a network of free ones. Throws InvalidArgumentError for other networks and for values of wrong length. */
export function blocksOf(spec: NetworkSpec, values: ParameterValues): StageBlocks[] {
  checkClosedFormNetwork(spec, 'free', 'any');
  return stageSizes(spec).map(({ s, r, stride }) => {
    const name = parameterName(s, 'block');
    const blocks = values[name];
    if (blocks?.length !== 2 * spec.n * r)
      throw new InvalidArgumentError(
        `${name} has ${blocks?.length ?? 'no'} values; expected ${2 * spec.n * r}`,
      );
    return { r, stride, blocks };
  });
}

/** The legs of every butterfly b of a stage in some signals [n, lanes], and where its block is. */
export function eachButterfly(
  { r, stride, blocks }: StageBlocks,
  signals: readonly ComplexArray[],
  lanes: number,
  body: (
    block: { readonly blocks: Float64Array; at: number; readonly r: number },
    legs: readonly Legs[],
  ) => void,
): void {
  const legs = signals.map((signal): Legs => ({ ...signal, at: 0, step: stride * lanes }));
  const block = { blocks, at: 0, r };
  for (let b = 0; block.at < blocks.length; b++, block.at += 2 * r * r) {
    for (const own of legs) own.at = firstPosition({ r, stride }, b) * lanes;
    body(block, legs);
  }
}

/** out = B x for one stage; `out` is not `x`. */
export const applyStage = (stage: StageBlocks, x: ComplexArray, out: ComplexArray, lanes: number): void =>
  eachButterfly(stage, [x, out], lanes, (block, [from, to]) => multiplyBlock(block, from, to, lanes));

/** Conjugate transpose of every block. */
export function adjointStage(stage: StageBlocks): StageBlocks {
  const blocks = stage.blocks.slice();
  for (let at = 0; at < blocks.length; at += 2 * stage.r * stage.r) adjointInPlace(blocks, at, stage.r);
  return { ...stage, blocks };
}

/**
 * Inverse of every block, and the largest condition ||B||_F ||B^-1||_F / r. Throws InvalidArgumentError, naming the stage
 * by `s`, for a singular block.
 */
export function inverseStage(stage: StageBlocks, s: number): { stage: StageBlocks; condition: number } {
  const blocks = stage.blocks.slice();
  const size = 2 * stage.r * stage.r;
  let condition = 1;
  for (let at = 0; at < blocks.length; at += size) {
    const own = invertInPlace(blocks, at, stage.r);
    if (own === Infinity)
      throw new InvalidArgumentError(
        `stage ${s}, butterfly ${at / size} is singular; only the factorisation of the whole matrix handles that`,
      );
    condition = Math.max(condition, own);
  }
  return { stage: { ...stage, blocks }, condition };
}

/** Rows of x in another order: row p of the result is row order[p]. */
export function permuted(order: ArrayLike<number>, x: ComplexArray, lanes: number): ComplexArray {
  const out = complexArray(order.length * lanes);
  for (let to = 0; to < order.length; to++)
    for (let l = 0; l < lanes; l++) {
      out.re[to * lanes + l] = x.re[order[to] * lanes + l];
      out.im[to * lanes + l] = x.im[order[to] * lanes + l];
    }
  return out;
}

/** Stages in turn; returns a new array. */
export function applyStages(stages: readonly StageBlocks[], x: ComplexArray, lanes: number): ComplexArray {
  let current = x;
  for (const stage of stages) {
    const next = complexArray(x.re.length);
    applyStage(stage, current, next, lanes);
    current = next;
  }
  return current === x ? copyOf(x) : current;
}

/**
 * A network of free stages on signals [n, lanes] in natural order. Decimation in time: scale B_{S-1} ... B_0 P x, P x = x[order];
 * in frequency: scale P^T B_0 ... B_{S-1} x. Throws as `blocksOf`.
 */
export function applyChain(
  spec: NetworkSpec,
  values: ParameterValues,
  x: ComplexArray,
  lanes: number,
): ComplexArray {
  const stages = blocksOf(spec, values);
  const order = permutationTable(spec);
  const y =
    spec.decimation === 'time'
      ? applyStages(stages, permuted(order, x, lanes), lanes)
      : permuted(inversePermutation(order), applyStages([...stages].reverse(), x, lanes), lanes);
  return copyOf(y, scaleOf(spec));
}
