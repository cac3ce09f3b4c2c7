/**
 * The error operator E = (network) - (target) of a transform network as a matrix, to the last digit of its entries: the
 * network with the tables that its compiled program has is run on all unit vectors in double-double and the target, known as
 * roots of unity to 100 bits, is subtracted.
 */
import type { TransformModel } from '../model/initialize.ts';
import { InvalidArgumentError, UnsupportedError } from '../errors.ts';
import type { Graph } from '../ir/graph.ts';
import { inLanes } from '../ir/lanes.ts';
import { widen } from '../ir/widen.ts';
import { chainModel, modelGraph } from '../model/model.ts';
import { binCount, scaleOf, validateNetwork, type NetworkSpec } from '../model/network.ts';
import { rootIndices, targetRoots, type ChainTarget } from '../numeric/chain-targets.ts';
import { complexArray } from '../numeric/complex.ts';
import { divideByNumber, mul, sub, twoProduct, type DoubleDouble } from '../numeric/double-double.ts';
import type { Columns } from '../numeric/spectral-norm.ts';
import { Evaluation } from '../optimize/evaluation.ts';
import { chainBound, type StageBound } from './rounding-bound.ts';

/** Largest size whose error operator is built as a matrix. */
export const largestCertified = 4096;

/** Unit roundoff of the double-double operations used, with room: their relative errors are below 8 2^-106. */
export const wideUnit = 2 ** -102;

export interface ErrorOperator {
  /** Column per input sample, row per output bin. An odd count of columns is padded with a zero one. */
  readonly matrix: Columns;
  /** Input samples: `matrix.columns` without padding. */
  readonly samples: number;
  /** Are the inputs real signals? */
  readonly real: boolean;
  /** Bound of the Frobenius distance between the matrix and the true operator, besides one rounding of every entry. */
  readonly error: number;
}

/** The network, its parameters constants, as a graph on `lanes` signals. */
export const frozenGraph = ({ network, values }: TransformModel, lanes: number): Graph =>
  modelGraph({ model: chainModel([network]), values }, lanes);

/** The factor of a network's direction and norm to 106 bits. */
function wideScale(network: NetworkSpec): DoubleDouble {
  const s = scaleOf(network);
  const { n } = network;
  if (s === 1) return [1, 0];
  if (network.norm !== 'ortho') return divideByNumber([1, 0], n);
  // One Newton step for 1 / sqrt(n): s + s (1 - n s^2) / 2.
  const rest = sub([1, 0], mul([n, 0], twoProduct(s, s)));
  return [s, (s * rest[0]) / 2];
}

/** Throws InvalidArgumentError or UnsupportedError, naming the value, for models that have no error operator. */
export function checkCertifiable({ network, values }: TransformModel, target: ChainTarget): void {
  validateNetwork(network);
  if (network.n > largestCertified)
    throw new InvalidArgumentError(`n is ${network.n}; certificates go up to ${largestCertified}`);
  if (target.n !== network.n)
    throw new InvalidArgumentError(`the target has ${target.n} points; expected ${network.n}`);
  if (network.input === 'real' && network.direction === 'inverse')
    throw new UnsupportedError('a real inverse network has no certificate; its input is half a spectrum');
  if (network.input === 'real' && target.name !== 'dft')
    throw new InvalidArgumentError(`target is ${target.name}; a network of real input is compared with dft`);
  for (const [name, value] of Object.entries(values))
    if (!value.every(Number.isFinite))
      throw new InvalidArgumentError(`${name} holds a number that is not finite`);
}

/** A target in double-double: entry (row, column) is table[at .. at + 3] = re hi, re lo, im hi, im lo, at = index(row, column). */
interface WideTarget {
  readonly table: Float64Array;
  readonly index: (row: number, column: number) => number;
}

/**
 * (graph) - (target) as a matrix [samples + padding, bins]: the images of all unit vectors under a linear graph of one signal, of
 * inputs "re", "im" and outputs "outRe", "outIm" (real signals: "re", "outRe"), computed in double-double. Its coefficients are
 * those of its program (compiler/coefficients.ts).
 */
export function subtractedImages(
  coefficients: Graph,
  samples: number,
  bins: number,
  target: WideTarget,
): Columns {
  const columns = samples + (samples % 2);
  const lanes = Math.min(columns, 32);
  const matrix = { ...complexArray(columns * bins), rows: bins, columns };
  const graph = widen(inLanes(coefficients, lanes));
  const e = new Evaluation(graph.outputs, { specialize: false });
  const signal = e.view('re').fill(0);
  if (e.needs('im')) e.view('im').fill(0);
  const parts = ['outRe.hi', 'outRe.lo', 'outIm.hi', 'outIm.lo'].map((name) =>
    name in graph.outputs ? e.view(name) : new Float64Array(bins * lanes),
  );
  for (let first = 0; first < samples; first += lanes) {
    const count = Math.min(lanes, samples - first);
    for (let l = 0; l < count; l++) signal[(first + l) * lanes + l] = 1;
    e.run();
    for (let l = 0; l < count; l++) {
      signal[(first + l) * lanes + l] = 0;
      subtractTarget(matrix, first + l, parts, l, lanes, target);
    }
  }
  e.dispose();
  return matrix;
}

/**
 * E of a network, samples and outputs in natural order. `coefficients` is its frozen graph for one signal with those of its program,
 * `stages` are those of its rounding bound; the model passes `checkCertifiable`.
 */
export function errorOperator(
  network: NetworkSpec,
  coefficients: Graph,
  target: ChainTarget,
  stages: readonly StageBound[],
): ErrorOperator {
  const { n } = network;
  const bins = binCount(network);
  const index = rootIndices(target);
  const real = network.input === 'real' || target.head === 'real';
  const matrix = subtractedImages(coefficients, n, bins, {
    table: targetRoots(target, wideScale(network)),
    index: (row, column) => 4 * index(row, column),
  });
  if (target.head === 'real') matrix.im.fill(0);
  const wide = chainBound(stages, wideUnit);
  const size = Math.hypot(...target.factor) * scaleOf(network);
  return { matrix, samples: n, real, error: Math.sqrt(n) * wide + Math.sqrt(n * bins) * size * 2 ** -98 };
}

/** Row `column` of the matrix: outputs of lane l minus the target's column, both hi + lo. */
function subtractTarget(
  matrix: Columns,
  column: number,
  [reHi, reLo, imHi, imLo]: readonly Float64Array[],
  l: number,
  lanes: number,
  { table, index }: WideTarget,
): void {
  const { rows: bins } = matrix;
  for (let k = 0; k < bins; k++) {
    const at = k * lanes + l;
    const j = index(k, column);
    matrix.re[column * bins + k] = difference(reHi[at], reLo[at], table[j], table[j + 1]);
    matrix.im[column * bins + k] = difference(imHi[at], imLo[at], table[j + 2], table[j + 3]);
  }
}

/** (a + b) - (c + d) with the high parts subtracted exactly. */
function difference(a: number, b: number, c: number, d: number): number {
  const s = a - c;
  const back = s - a;
  return s + (a - (s - back) - (c + back) + (b - d));
}
