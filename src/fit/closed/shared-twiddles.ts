/**
 * The network whose twiddles are shared by the groups of a stage, from one or a few input / output pairs.
 *
 * With y[k + j d] = sum_a omega^{j a} w_a(k) z_a[k] at the top (radix r, omega = exp(-2 pi i / r)), an r-point inverse DFT over
 * j gives w_a(k) z_a[k]. For a = 0 that is the output of the first sub-chain, to go on with. Once the twiddles below are
 * known, z_a is too, and w_a(k) follows by least squares over the pairs: everything is linear, O(n log n) per pair.
 * The first solution uses one group per stage; `sweeps` repeat it with all groups, which averages noise.
 */
import { InvalidArgumentError } from '../../errors.ts';
import { checkOptions, whole } from '../../options.ts';
import { complexArray, relativeL2, type ComplexArray } from '../../numeric/complex.ts';
import { twiddle } from '../../numeric/twiddle.ts';
import type { ParameterValues } from '../../model/initialize.ts';
import { permutationTable, scaleOf, type NetworkSpec } from '../../model/network.ts';
import { checkClosedFormNetwork, permuted } from '../chain.ts';

export interface SharedTwiddles {
  /** Parameters of the network, by name. */
  readonly values: ParameterValues;
  /** Relative L2 of the network's outputs against those of the pairs. */
  readonly residual: number;
  /** Largest ratio of the mean size of a stage's inputs to that behind one twiddle: how much it amplifies noise. */
  readonly condition: number;
}

export interface SharedTwiddleOptions {
  /** Least-squares passes over all groups after the first solution. Default 0; 3 are worth it with noise. */
  readonly sweeps?: number;
}

/** One stage: its r-point DFT (interleaved [r, r]) and twiddles [r, stride] (leg 0 is one). */
interface Stage {
  readonly r: number;
  readonly stride: number;
  readonly dft: Float64Array;
  readonly w: ComplexArray;
}

function stagesOf(spec: NetworkSpec): Stage[] {
  let stride = 1;
  return spec.stages.map(({ radix: r }) => {
    const w = complexArray(r * stride);
    w.re.fill(1, 0, stride);
    const dft = new Float64Array(2 * r * r);
    for (let j = 0; j < r; j++)
      for (let a = 0; a < r; a++) {
        const [re, im] = twiddle(j * a, r);
        dft.set([re, spec.direction === 'inverse' ? -im : im], 2 * (j * r + a));
      }
    const stage = { r, stride, dft, w };
    stride *= r;
    return stage;
  });
}

/** Sum over `legs` positions, `step` apart from `from`, of c[leg] (conjugated if asked) x, into out[to ..], for all lanes. */
function combine(
  x: ComplexArray,
  from: number,
  step: number,
  c: Float64Array,
  row: number,
  sign: 1 | -1,
  out: ComplexArray,
  to: number,
  lanes: number,
): void {
  const legs = step === 0 ? 1 : Math.sqrt(c.length / 2);
  for (let l = 0; l < lanes; l++) {
    let re = 0;
    let im = 0;
    for (let a = 0; a < legs; a++) {
      const u = x.re[from + a * step + l];
      const v = x.im[from + a * step + l];
      const cr = c[2 * (row * legs + a)];
      const ci = sign * c[2 * (row * legs + a) + 1];
      re += cr * u - ci * v;
      im += cr * v + ci * u;
    }
    out.re[to + l] = re;
    out.im[to + l] = im;
  }
}

/** `groups` groups of a stage applied in place. */
function forward(stage: Stage, x: ComplexArray, lanes: number, groups: number): void {
  const { r, stride, w, dft } = stage;
  const legs = complexArray(r * lanes);
  for (let b = 0; b < groups * stride; b++) {
    const k = b % stride;
    const first = (b - k) * r + k;
    for (let a = 0; a < r; a++)
      multiplyLanes(
        x,
        (first + a * stride) * lanes,
        w.re[a * stride + k],
        w.im[a * stride + k],
        legs,
        a * lanes,
        lanes,
      );
    for (let j = 0; j < r; j++) combine(legs, 0, lanes, dft, j, 1, x, (first + j * stride) * lanes, lanes);
  }
}

function multiplyLanes(
  x: ComplexArray,
  from: number,
  re: number,
  im: number,
  out: ComplexArray,
  to: number,
  lanes: number,
): void {
  for (let l = 0; l < lanes; l++) {
    const u = x.re[from + l];
    const v = x.im[from + l];
    out.re[to + l] = re * u - im * v;
    out.im[to + l] = re * v + im * u;
  }
}

/** In place over `groups` groups: outputs of a stage to its inputs times their twiddles, by the inverse DFT over the legs. */
function untangle(stage: Stage, y: ComplexArray, lanes: number, groups: number): void {
  const { r, stride, dft } = stage;
  const legs = complexArray(r * lanes);
  const conjugate = dft.map((v) => v / r);
  for (let b = 0; b < groups * stride; b++) {
    const first = ((b - (b % stride)) * r + (b % stride)) * lanes;
    // The DFT matrix is symmetric: row a serves as column a.
    for (let a = 0; a < r; a++) combine(y, first, stride * lanes, conjugate, a, -1, legs, a * lanes, lanes);
    for (let a = 0; a < r; a++) multiplyLanes(legs, a * lanes, 1, 0, y, first + a * stride * lanes, lanes);
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
      let [re, im, square] = [0, 0, 0];
      for (let g = 0; g < groups; g++) {
        const at = (g * r * stride + a * stride + k) * lanes;
        for (let i = at; i < at + lanes; i++) {
          re += z.re[i] * t.re[i] + z.im[i] * t.im[i];
          im += z.re[i] * t.im[i] - z.im[i] * t.re[i];
          square += z.re[i] * z.re[i] + z.im[i] * z.im[i];
        }
      }
      if (!(square > 0))
        throw new InvalidArgumentError(
          `the pairs do not determine twiddle ${a} of offset ${k} in stage ${s}: its inputs are all zero`,
        );
      w.re[a * stride + k] = re / square;
      w.im[a * stride + k] = im / square;
      weakest = Math.min(weakest, square);
      total += square;
    }
  return Math.sqrt(total / ((r - 1) * stride) / weakest);
}

/** First solution: twiddles of rising stages from group 0 of each. Leaves the network's outputs in `x`. */
function solveOnce(
  stages: readonly Stage[],
  x: ComplexArray,
  y: ComplexArray,
  lanes: number,
  n: number,
): number {
  const targets: ComplexArray[] = [];
  let current: ComplexArray = { re: y.re.slice(), im: y.im.slice() };
  for (let s = stages.length - 1; s >= 0; s--) {
    untangle(stages[s], current, lanes, 1);
    targets[s] = current;
    const size = stages[s].stride * lanes;
    current = { re: current.re.slice(0, size), im: current.im.slice(0, size) };
  }
  let condition = 1;
  stages.forEach((stage, s) => {
    condition = Math.max(condition, fitTwiddles(stage, s, x, targets[s], lanes, 1));
    forward(stage, x, lanes, n / (stage.r * stage.stride));
  });
  return condition;
}

/** One pass from the last stage to the first, each fitted on all groups to the outputs pulled back through the stages above. */
function sweep(
  stages: readonly Stage[],
  input: ComplexArray,
  y: ComplexArray,
  lanes: number,
  n: number,
): number {
  const states = [input];
  for (const stage of stages) {
    const last = states[states.length - 1];
    const next = { re: last.re.slice(), im: last.im.slice() };
    forward(stage, next, lanes, n / (stage.r * stage.stride));
    states.push(next);
  }
  const target = { re: y.re.slice(), im: y.im.slice() };
  let condition = 1;
  for (let s = stages.length - 1; s >= 0; s--) {
    const { r, stride, w } = stages[s];
    const groups = n / (r * stride);
    untangle(stages[s], target, lanes, groups);
    condition = Math.max(condition, fitTwiddles(stages[s], s, states[s], target, lanes, groups));
    for (let p = 0; p < n; p++) {
      const at = p % (r * stride);
      const square = w.re[at] ** 2 + w.im[at] ** 2;
      if (!(square > 0)) throw new InvalidArgumentError(`a twiddle of stage ${s} vanishes; use sweeps = 0`);
      multiplyLanes(target, p * lanes, w.re[at] / square, -w.im[at] / square, target, p * lanes, lanes);
    }
  }
  return condition;
}

function checkPairs(n: number, x: ComplexArray, y: ComplexArray, lanes: number): void {
  if (!Number.isInteger(lanes) || lanes < 1)
    throw new InvalidArgumentError(`the number of pairs is ${lanes}; expected a positive integer`);
  for (const [name, part] of Object.entries({ 'x.re': x.re, 'x.im': x.im, 'y.re': y.re, 'y.im': y.im })) {
    if (part.length !== n * lanes)
      throw new InvalidArgumentError(`${name} has ${part.length} numbers; expected ${n} x ${lanes}`);
    const bad = part.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) throw new InvalidArgumentError(`${name}[${bad}] is ${part[bad]}; expected a finite number`);
  }
}

/** Parameter tensors [n / r, r - 1, 2]: the shared twiddles, repeated for every group. */
function expanded(stages: readonly Stage[], n: number): ParameterValues {
  return Object.fromEntries(
    stages.map(({ r, stride, w }, s) => {
      const out = new Float64Array(2 * (n / r) * (r - 1));
      for (let b = 0, at = 0; b < n / r; b++)
        for (let a = 1; a < r; a++, at += 2) {
          out[at] = w.re[a * stride + (b % stride)];
          out[at + 1] = w.im[a * stride + (b % stride)];
        }
      return [`stage${s}.twiddle`, out];
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
  checkPairs(n, x, y, lanes);
  const input = permuted(permutationTable(spec), x, lanes);
  const scale = 1 / scaleOf(spec);
  const target = { re: y.re.map((v) => v * scale), im: y.im.map((v) => v * scale) };
  const stages = stagesOf(spec);
  const outputs = { re: input.re.slice(), im: input.im.slice() };
  let condition = solveOnce(stages, outputs, target, lanes, n);
  for (let i = 0; i < (options.sweeps ?? 0); i++) condition = sweep(stages, input, target, lanes, n);
  if (options.sweeps) {
    outputs.re.set(input.re);
    outputs.im.set(input.im);
    for (const stage of stages) forward(stage, outputs, lanes, n / (stage.r * stage.stride));
  }
  return { values: expanded(stages, n), residual: relativeL2(outputs, target), condition };
}
