/**
 * The network whose twiddles are shared by the groups of a stage, from one or a few input / output pairs.
 *
 * The top stage of radix r makes y[k + j d] = sum_a omega^{j a} w_a(k) z_a[k], omega = exp(-2 pi i / r). An inverse DFT over j gives
 * w_a(k) z_a[k]. For a = 0 that is the output of the first sub-chain, which the next level goes on with. Once the twiddles below are
 * known, z_a is known too, and w_a(k) follows by least squares over the pairs. All of it is linear: O(n log n) per pair.
 * The first solution uses one group of each stage. `sweeps` repeat it with all groups, which averages noise.
 */
import { InvalidArgumentError } from '../../errors.ts';
import { checkArgument, checkOptions, whole } from '../../options.ts';
import { complexArray, copyOf, relativeL2, type ComplexArray } from '../../numeric/complex.ts';
import { complex, numberArithmetic } from '../../numeric/arithmetic.ts';
import { addMoments, multiplyBlock, type Legs } from '../../numeric/blocks.ts';
import { requireFinite } from '../../numeric/samples.ts';
import { blockNumbers, dftBlock } from '../../model/butterfly.ts';
import type { ParameterValues } from '../../model/initialize.ts';
import { scaleOf, type NetworkSpec } from '../../model/network.ts';
import { checkClosedFormNetwork, permuted } from '../chain.ts';
import { firstPosition, parameterName, permutationTable, stageSizes } from '../../model/geometry.ts';

/** Twiddles found by least squares from example pairs. */
export interface SharedTwiddles {
  /** Parameters of the network, by name. */
  readonly values: ParameterValues;
  /** Relative L2 of the network's outputs against those of the pairs. */
  readonly residual: number;
  /** Largest ratio of the mean size of a stage's inputs to that behind one twiddle: how much it amplifies noise. */
  readonly condition: number;
}

/** Options of `solveSharedTwiddles`. */
export interface SharedTwiddleOptions {
  /** Least-squares passes over all groups after the first solution. Default 0; 3 are worth it with noise. */
  readonly sweeps?: number;
}

/** One stage: its r-point DFT and, conjugated and divided by r, the inverse ([r, r]), and twiddles [r, stride] (leg 0 is one); all interleaved. */
interface Stage {
  readonly r: number;
  readonly stride: number;
  readonly groups: number;
  readonly dft: Float64Array;
  readonly inverse: Float64Array;
  readonly w: Float64Array;
}

const stagesOf = (spec: NetworkSpec): Stage[] =>
  stageSizes(spec).map(({ r, stride, groups }) => {
    const w = new Float64Array(2 * r * stride);
    for (let k = 0; k < stride; k++) w[2 * k] = 1;
    const dft = Float64Array.from(blockNumbers(dftBlock(numberArithmetic, r, spec.direction === 'inverse')));
    // The DFT matrix is symmetric.
    const inverse = dft.map((x, i) => (i % 2 === 0 ? x / r : -x / r));
    return { r, stride, groups, dft, inverse, w };
  });

/** A stage applied in place. */
function forward({ r, stride, groups, w, dft }: Stage, x: ComplexArray, lanes: number): void {
  const legs: Legs = { ...complexArray(r * lanes), at: 0, step: lanes };
  const signal: Legs = { ...x, at: 0, step: stride * lanes };
  for (let b = 0; b < groups * stride; b++) {
    const first = firstPosition({ r, stride }, b);
    for (let a = 0; a < r; a++) {
      signal.at = (first + a * stride) * lanes;
      legs.at = a * lanes;
      multiplyBlock({ blocks: w, at: 2 * (a * stride + (b % stride)), r: 1 }, signal, legs, lanes);
    }
    [legs.at, signal.at] = [0, first * lanes];
    multiplyBlock({ blocks: dft, at: 0, r }, legs, signal, lanes);
  }
}

/** In place over `groups` groups: outputs of a stage to its inputs times their twiddles, by the inverse DFT over the legs. */
function untangle({ r, stride, inverse }: Stage, y: ComplexArray, lanes: number, groups: number): void {
  const legs: Legs = { ...complexArray(r * lanes), at: 0, step: lanes };
  const signal: Legs = { ...y, at: 0, step: stride * lanes };
  for (let b = 0; b < groups * stride; b++) {
    signal.at = firstPosition({ r, stride }, b) * lanes;
    multiplyBlock({ blocks: inverse, at: 0, r }, signal, legs, lanes);
    for (const part of ['re', 'im'] as const)
      for (let a = 0; a < r; a++)
        y[part].set(legs[part].subarray(a * lanes, (a + 1) * lanes), signal.at + a * signal.step);
  }
}

/** w_a(k) = sum conj(z) t / sum |z|^2 over `groups` groups and all lanes; returns the condition. */
function fitTwiddles(
  stage: Stage,
  s: number,
  z: ComplexArray,
  t: ComplexArray,
  lanes: number,
  groups: number,
): number {
  const { r, stride, w } = stage;
  let [weakest, total] = [Infinity, 0];
  for (let a = 1; a < r; a++)
    for (let k = 0; k < stride; k++) {
      const product = new Float64Array(2);
      const energy = new Float64Array(2);
      for (let g = 0; g < groups; g++) {
        const at = (g * r * stride + a * stride + k) * lanes;
        const [own, goal] = [z, t].map((signal): Legs => ({ ...signal, at, step: 0 }));
        addMoments({ blocks: product, at: 0, r: 1 }, goal, own, lanes);
        addMoments({ blocks: energy, at: 0, r: 1 }, own, own, lanes);
      }
      const [square] = energy;
      if (!(square > 0))
        throw new InvalidArgumentError(
          `the pairs do not determine twiddle ${a} of offset ${k} in stage ${s}: its inputs are all zero`,
        );
      w.set([product[0] / square, product[1] / square], 2 * (a * stride + k));
      weakest = Math.min(weakest, square);
      total += square;
    }
  return Math.sqrt(total / ((r - 1) * stride) / weakest);
}

/** First solution: twiddles of rising stages from group 0 of each; every stage runs on `x`, in place. */
function solveOnce(stages: readonly Stage[], x: ComplexArray, y: ComplexArray, lanes: number): number {
  const targets: ComplexArray[] = [];
  let current = copyOf(y);
  for (let s = stages.length - 1; s >= 0; s--) {
    untangle(stages[s], current, lanes, 1);
    targets[s] = current;
    const size = stages[s].stride * lanes;
    current = { re: current.re.slice(0, size), im: current.im.slice(0, size) };
  }
  let condition = 1;
  stages.forEach((stage, s) => {
    condition = Math.max(condition, fitTwiddles(stage, s, x, targets[s], lanes, 1));
    forward(stage, x, lanes);
  });
  return condition;
}

/** One pass from the last stage to the first, each fitted on all groups to the outputs pulled back through the stages above. */
function sweep(stages: readonly Stage[], input: ComplexArray, y: ComplexArray, lanes: number): number {
  const states = [input];
  for (const stage of stages) {
    const next = copyOf(states[states.length - 1]);
    forward(stage, next, lanes);
    states.push(next);
  }
  const target = copyOf(y);
  let condition = 1;
  for (let s = stages.length - 1; s >= 0; s--) {
    const { r, stride, groups, w } = stages[s];
    untangle(stages[s], target, lanes, groups);
    condition = Math.max(condition, fitTwiddles(stages[s], s, states[s], target, lanes, groups));
    for (let p = 0; p < groups * r * stride; p++) {
      const at = 2 * (p % (r * stride));
      const square = w[at] ** 2 + w[at + 1] ** 2;
      if (!(square > 0)) throw new InvalidArgumentError(`a twiddle of stage ${s} vanishes; use sweeps = 0`);
      const over = { re: w[at] / square, im: -w[at + 1] / square };
      for (let i = p * lanes; i < (p + 1) * lanes; i++) {
        const y = complex.mul(numberArithmetic, over, { re: target.re[i], im: target.im[i] });
        [target.re[i], target.im[i]] = [y.re, y.im];
      }
    }
  }
  return condition;
}

/** Parameter tensors [n / r, r - 1, 2]: the shared twiddles, repeated for every group. */
function expanded(stages: readonly Stage[], n: number): ParameterValues {
  return Object.fromEntries(
    stages.map(({ r, stride, w }, s) => {
      const out = new Float64Array(2 * (n / r) * (r - 1));
      for (let b = 0, at = 0; b < n / r; b++)
        for (let a = 1; a < r; a++, at += 2) {
          const from = 2 * (a * stride + (b % stride));
          out.set(w.subarray(from, from + 2), at);
        }
      return [parameterName(s, 'twiddle'), out];
    }),
  );
}

/**
 * Twiddles of a network of `twiddle` stages (any radices, time decimation) from `lanes` pairs x, y, planar [n, lanes] in
 * natural order. One pair is enough unless an inner signal has a zero; more pairs bound the condition.
 * Throws InvalidArgumentError for another network, arrays of another size, numbers that are not finite, and pairs that
 * leave a twiddle undetermined.
 */
export function solveSharedTwiddles(
  spec: NetworkSpec,
  x: ComplexArray,
  y: ComplexArray,
  lanes: number,
  options: SharedTwiddleOptions = {},
): SharedTwiddles {
  checkOptions('solveSharedTwiddles', options, { sweeps: whole(0, 1000) });
  checkClosedFormNetwork(spec, 'twiddle');
  const { n } = spec;
  checkArgument('the number of pairs', lanes, whole());
  requireFinite('x', x, n, lanes);
  requireFinite('y', y, n, lanes);
  const input = permuted(permutationTable(spec), x, lanes);
  const target = copyOf(y, 1 / scaleOf(spec));
  const stages = stagesOf(spec);
  let condition = solveOnce(stages, copyOf(input), target, lanes);
  for (let i = 0; i < (options.sweeps ?? 0); i++) condition = sweep(stages, input, target, lanes);
  const outputs = copyOf(input);
  for (const stage of stages) forward(stage, outputs, lanes);
  return { values: expanded(stages, n), residual: relativeL2(outputs, target), condition };
}
