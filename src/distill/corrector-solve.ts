/**
 * The best corrector for given pairs of spectra. Every corrector is linear in its parameters, so that is a closed form: least
 * squares with Tikhonov's term, per bin or over all; low rank is reduced-rank regression. (Izenman, Reduced-rank regression
 * for the multivariate linear model, 1975.)
 */
import { InvalidArgumentError } from '../errors.ts';
import { countPer, type OperationCount } from '../compiler/kernel.ts';
import { compileGraph } from '../compiler/pipeline.ts';
import { input, type Tensor } from '../ir/graph.ts';
import { planarOutputs } from '../ir/view.ts';
import type { ParameterValues } from '../model/initialize.ts';
import { complexArray, difference, energyOf, relativeL2, type ComplexArray } from '../numeric/complex.ts';
import { requireFinite } from '../numeric/samples.ts';
import {
  adjoint,
  crossMoments,
  divideByHermitian,
  leadingEigenvectors,
  multiply,
} from '../numeric/hermitian.ts';
import {
  correctedSpectrum,
  validateCorrector,
  type Corrector,
  type CorrectorSpec,
} from '../model/correctors.ts';
import { frozen } from '../model/parametrization.ts';
import { evaluate } from '../optimize/evaluation.ts';

/** Spectra [bins, lanes] of the same signals. */
export interface SpectrumPairs {
  readonly student: ComplexArray;
  readonly teacher: ComplexArray;
  readonly bins: number;
  readonly lanes: number;
}

/** What is solved: the map C of spectra s to differences d, with a ridge. */
interface Problem {
  readonly s: ComplexArray;
  readonly d: ComplexArray;
  readonly bins: number;
  readonly lanes: number;
  readonly ridge: number;
}

const rowsFrom = (x: ComplexArray, first: number, count: number, lanes: number): ComplexArray => ({
  re: x.re.subarray(first * lanes, (first + count) * lanes),
  im: x.im.subarray(first * lanes, (first + count) * lanes),
});

/** C [m, n] that minimises ||D - C S||^2 + ridge ||C||^2: D S^H (S S^H + ridge I)^-1. */
function ridgeSolution(
  d: ComplexArray,
  m: number,
  s: ComplexArray,
  n: number,
  lanes: number,
  ridge: number,
): { solution: ComplexArray; cross: ComplexArray } {
  const gram = crossMoments(s, n, s, n, lanes);
  for (let i = 0; i < n; i++) gram.re[i * n + i] += ridge;
  const cross = crossMoments(d, m, s, n, lanes);
  return { solution: divideByHermitian(cross, gram, m, n), cross };
}

/** Pairs (re, im) of complex numbers. */
const interleaved = (a: ComplexArray): Float64Array =>
  Float64Array.from({ length: 2 * a.re.length }, (_, i) => (i % 2 === 0 ? a.re : a.im)[i >> 1]);

function affineValues({ s, d, bins, lanes, ridge }: Problem) {
  const [scale, offset] = [complexArray(bins), complexArray(bins)];
  // The columns are s and a constant as large as the spectra, so that one ridge suits both.
  const level = Math.sqrt(energyOf(s) / s.re.length) || 1;
  for (let b = 0; b < bins; b++) {
    const design = complexArray(2 * lanes);
    design.re.set(s.re.subarray(b * lanes, (b + 1) * lanes));
    design.im.set(s.im.subarray(b * lanes, (b + 1) * lanes));
    design.re.fill(level, lanes);
    const { solution } = ridgeSolution(rowsFrom(d, b, 1, lanes), 1, design, 2, lanes, ridge);
    [scale.re[b], scale.im[b]] = [1 + solution.re[0], solution.im[0]];
    [offset.re[b], offset.im[b]] = [level * solution.re[1], level * solution.im[1]];
  }
  return { 'corrector.scale': interleaved(scale), 'corrector.offset': interleaved(offset) };
}

function bandedValues({ s, d, bins, lanes, ridge }: Problem, radius: number) {
  const width = 2 * radius + 1;
  const band = complexArray(bins * width);
  for (let b = 0; b < bins; b++) {
    const first = Math.max(0, b - radius);
    const count = Math.min(bins, b + radius + 1) - first;
    const own = rowsFrom(s, first, count, lanes);
    const { solution } = ridgeSolution(rowsFrom(d, b, 1, lanes), 1, own, count, lanes, ridge);
    const at = b * width + first - (b - radius);
    band.re.set(solution.re, at);
    band.im.set(solution.im, at);
    band.re[b * width + radius] += 1;
  }
  return { 'corrector.band': interleaved(band) };
}

/** C of limited rank: the unlimited C projected on the leading eigenvectors of C G C^H. G contains the ridge. */
function lowRankValues({ s, d, bins, lanes, ridge }: Problem, rank: number) {
  const { solution, cross } = ridgeSolution(d, bins, s, bins, lanes, ridge);
  // C G C^H = C (D S^H)^H.
  const energy = multiply(solution, adjoint(cross, bins, bins), bins, bins, bins);
  const left = leadingEigenvectors(energy, bins, rank);
  const right = multiply(adjoint(left, bins, rank), solution, rank, bins, bins);
  return { 'corrector.left': interleaved(left), 'corrector.right': interleaved(right) };
}

/** A corrector alone: inputs "re" and "im" [bins, lanes], outputs "outRe" and "outIm". */
function correctorOutputs({ spec, bins, values }: Corrector, lanes: number): Record<string, Tensor> {
  const source = { re: input('re', [bins, lanes]), im: input('im', [bins, lanes]) };
  return planarOutputs(correctedSpectrum(spec, source, bins, lanes, frozen(values)));
}

/** Spectra [bins, lanes] behind a corrector, by its graph in float64. */
export function corrected(corrector: Corrector, { re, im }: ComplexArray, lanes: number): ComplexArray {
  if (corrector.spec.kind === 'identity') return { re, im };
  const { outRe, outIm } = evaluate(correctorOutputs(corrector, lanes), { re, im });
  return { re: outRe, im: outIm };
}

/** Lanes that costs are counted over. */
const countedLanes = 4;

/** Real operations per spectrum, counted from the compiled program of the corrector alone. */
export function correctorCost(corrector: Corrector): OperationCount {
  if (corrector.spec.kind === 'identity') return { mul: 0, add: 0, other: 0, loads: 0, stores: 0 };
  const outputs = correctorOutputs(corrector, countedLanes);
  return countPer(compileGraph({ outputs }, { dtype: 'f32' }), countedLanes);
}

/** A corrector and what it does for the student. */
export interface SolvedCorrector extends Corrector {
  /** Relative L2 of the student's spectra, and of the corrected ones, against the teacher's: on the pairs given. */
  readonly before: number;
  readonly after: number;
}

/**
 * The corrector of a kind that brings the student's spectra closest to the teacher's: minimises
 * ||teacher - y||^2 + ridge ||y's map - identity||^2, ridge = tikhonov times the energy of all student spectra divided by
 * the bins. Bins that hold nothing stay as they are. Default tikhonov 1e-9.
 * Throws InvalidArgumentError for lengths that do not fit, numbers that are not finite, and a tikhonov that is not positive.
 */
export function solveCorrector(spec: CorrectorSpec, pairs: SpectrumPairs, tikhonov = 1e-9): SolvedCorrector {
  const { bins, student, teacher } = pairs;
  validateCorrector(spec, bins);
  requireFinite('student', student, bins, pairs.lanes);
  requireFinite('teacher', teacher, bins, pairs.lanes);
  if (!(tikhonov > 0) || tikhonov === Infinity)
    throw new InvalidArgumentError(`tikhonov is ${tikhonov}; expected a positive number`);
  const ridge = Math.max(tikhonov * (energyOf(student) / bins), Number.MIN_VALUE);
  const problem = { s: student, d: difference(teacher, student), bins, lanes: pairs.lanes, ridge };
  const valuesOf = (): ParameterValues => {
    switch (spec.kind) {
      case 'identity':
        return {};
      case 'affine':
        return affineValues(problem);
      case 'banded':
        return bandedValues(problem, spec.radius);
      case 'low-rank':
        return lowRankValues(problem, spec.rank);
      default:
        return spec satisfies never;
    }
  };
  const corrector = { spec, bins, values: valuesOf() };
  return {
    ...corrector,
    before: relativeL2(student, teacher),
    after: relativeL2(corrected(corrector, student, pairs.lanes), teacher),
  };
}
