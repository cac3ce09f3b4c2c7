/**
 * Certificates: a proven bound tau of the error of a learned transform for every input, ||network x - target x|| <= tau ||x||,
 * the value that an input attains, and apart from it what the rounding of the compiled program may add.
 * The network is taken as compiled: gates applied, tables rounded to the dtype; its linear part only, no head of features.
 */
import type { TransformModel } from '../model/initialize.ts';
import { InvalidArgumentError } from '../errors.ts';
import { numberFormats, type Dtype } from '../compiler/number-format.ts';
import { tabulateCoefficients } from '../compiler/coefficients.ts';
import { scaleOf, type NetworkSpec, type Norm } from '../model/network.ts';
import { checkArgument, checkOptions, oneOf, record, type OptionTable } from '../options.ts';
import { chainTarget, chainTargetNames, targetNorm, type ChainTargetName } from '../numeric/chain-targets.ts';
import { copyOf } from '../numeric/complex.ts';
import { frobenius } from '../numeric/matrix.ts';
import { gramMatrix, proveNorm, type NormProof } from '../numeric/positive-definite.ts';
import { largestSingularValue, type Columns } from '../numeric/spectral-norm.ts';
import { checkCertifiable, errorOperator, frozenGraph, type ErrorOperator } from './error-operator.ts';
import { roundingBound, type StageBound } from './rounding-bound.ts';

const certifyTable = (): OptionTable<CertifyOptions> => ({
  target: oneOf([...chainTargetNames]),
  dtype: oneOf(['f32', 'f64']),
});

/** Options of `certify`. */
export interface CertifyOptions {
  /** What the network should be; dft or idft by its direction by default. Samples and outputs in natural order. */
  readonly target?: ChainTargetName;
  /** Number format of the compiled program. Default f64. */
  readonly dtype?: Dtype;
}

/** Plain data: what is claimed, and what a second program needs to check it. All errors are per unit of ||x||_2. */
export interface Certificate {
  readonly format: 1;
  readonly n: number;
  readonly target: ChainTargetName;
  readonly input: NetworkSpec['input'];
  /** real: only the real part of the outputs on real signals counts. */
  readonly head: 'complex' | 'real';
  readonly norm: Norm;
  readonly dtype: Dtype;
  /** Proven: ||E||_2 <= tau. */
  readonly tau: number;
  /** ||E v||_2 of the unit input v = `attainedBy`, in float64. */
  readonly attained: number;
  readonly attainedBy: { readonly re: readonly number[]; readonly im: readonly number[] };
  /** ||target||_2, and tau relative to it. */
  readonly targetNorm: number;
  readonly relativeTau: number;
  /** The output bin with the largest error over all inputs, and a bound of that error: the norm of the bin's row of E. */
  readonly worstBin: number;
  readonly worstBinError: number;
  /** A-priori bound of what rounding in the compiled program adds, absent underflow. */
  readonly roundingBound: number;
  readonly stages: readonly StageBound[];
  /** The proof: 2^exponent E has squared norm at most `square`; then the errors of the matrix E itself. */
  readonly proof: NormProof & {
    readonly exponent: number;
    readonly frobenius: number;
    readonly entryError: number;
  };
}

/** How far above the attained value tau is tried; the first that is proven is taken. */
const margins = [1.002, 1.01, 1.02, 1.04, 1.2, 2];

/** The exponent that brings the largest entry to about one; null for the zero matrix. */
function exponentOf({ re, im }: Columns): number | null {
  let largest = 0;
  for (let i = 0; i < re.length; i++) largest = Math.max(largest, Math.abs(re[i]), Math.abs(im[i]));
  return largest === 0 ? null : -Math.floor(Math.log2(largest));
}

function worstRow({ re, im, rows, columns }: Columns): { bin: number; error: number } {
  const squares = new Float64Array(rows);
  for (let j = 0, at = 0; j < columns; j++)
    for (let k = 0; k < rows; k++, at++) squares[k] += re[at] * re[at] + im[at] * im[at];
  let bin = 0;
  for (let k = 1; k < rows; k++) if (squares[k] > squares[bin]) bin = k;
  return { bin, error: Math.sqrt(squares[bin]) };
}

type Norms = Pick<Certificate, 'tau' | 'attained' | 'attainedBy' | 'proof'>;

/** Attained and proven norm of the error operator. */
export function provenNorms({ matrix, real, samples, error }: ErrorOperator): Norms {
  const exponent = exponentOf(matrix);
  const attainedBy = { re: new Array<number>(samples).fill(0), im: new Array<number>(samples).fill(0) };
  if (exponent === null) {
    attainedBy.re[0] = 1;
    const none = { square: 0, correction: 0, gramError: 0, choleskyError: 0, diagonalError: 0 };
    return {
      tau: error,
      attained: 0,
      attainedBy,
      proof: { ...none, exponent: 0, frobenius: 0, entryError: error },
    };
  }
  const unit = 2 ** -exponent;
  const scaled = { ...matrix, ...copyOf(matrix, 2 ** exponent) };
  const { value, input } = largestSingularValue(scaled, real);
  const size = frobenius(scaled);
  const gram = gramMatrix(scaled.re, scaled.im, scaled.columns, scaled.rows);
  if (real) gram.im.fill(0);
  // Two roundings of every entry when the target was subtracted.
  const entryError = (error + 2.01 * 2 ** -53 * size * unit) * (1 + 1e-12);
  for (const margin of margins) {
    const proof = proveNorm(gram, scaled.columns, scaled.rows, size * (1 + 1e-12), (value * margin) ** 2);
    if (!proof) continue;
    const tau = (Math.sqrt(proof.square) * unit + entryError) * (1 + 2 ** -50);
    for (let j = 0; j < samples; j++) [attainedBy.re[j], attainedBy.im[j]] = [input.re[j], input.im[j]];
    return {
      tau,
      attained: value * unit,
      attainedBy,
      proof: { ...proof, exponent, frobenius: size, entryError },
    };
  }
  throw new InvalidArgumentError(
    `the norm of the error operator could not be bounded within ${margins[margins.length - 1]} of ${value * unit}`,
  );
}

/**
 * Certify a transform network of up to 4096 points. n = 4096 takes minutes and 1 GB: n^3 work.
 * Throws InvalidArgumentError for an invalid network, a target that does not fit it and n beyond 4096; UnsupportedError for
 * real inverse networks.
 */
export function certify(model: TransformModel, options: CertifyOptions = {}): Certificate {
  checkOptions('certify', options, certifyTable());
  checkArgument('the model', model, record('a transform: { network, values }'));
  checkArgument('model.network', model.network, record());
  const { network } = model;
  const { dtype = 'f64', target: name = network.direction === 'inverse' ? 'idft' : 'dft' } = options;
  const target = chainTarget(name, network.n);
  checkCertifiable(model, target);
  const coefficients = tabulateCoefficients(frozenGraph(model, 1), dtype);
  const rounding = roundingBound(coefficients, numberFormats[dtype].roundoff);
  const operator = errorOperator(network, coefficients, target, rounding.stages);
  const { tau, attained, attainedBy, proof } = provenNorms(operator);
  const worst = worstRow(operator.matrix);
  const size = targetNorm(target) * scaleOf(network);
  return {
    format: 1,
    n: network.n,
    target: name,
    input: network.input,
    head: target.head,
    norm: network.norm,
    dtype,
    tau,
    attained,
    attainedBy,
    targetNorm: size,
    relativeTau: tau / size,
    worstBin: worst.bin,
    worstBinError: worst.error,
    roundingBound: rounding.bound,
    stages: rounding.stages,
    proof,
  };
}
