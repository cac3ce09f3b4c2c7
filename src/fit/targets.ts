/**
 * What `fit` can aim at: every target with its matrix, the class of networks that contains it, and the exact parameters
 * in that class, so that a test can see that the class contains the target before anything is trained.
 *
 * DFT family: X = B P x with P the digit reversal. Real targets: real signals and the real part, T = Re(D1 F D2 P), with
 * Makhoul's fold in P for the cosine and sine transforms (Makhoul, A fast cosine transform in one and two dimensions, 1980):
 * position i of the fold holds sample 2 i, or 2 (n - 1 - i) + 1 from the middle on. Convolution: F^-1 diag(H) F, a chain in
 * frequency and one in time that meet in digit-reversed order, so neither end is permuted.
 */
import { InvalidArgumentError } from '../errors.ts';
import {
  chainTarget,
  orthonormalMatrix,
  targetGains,
  type ChainTarget,
  type ChainTargetName,
} from '../numeric/chain-targets.ts';
import { dft } from '../numeric/dft.ts';
import { digitReversal, inversePermutation, primeFactors } from '../numeric/digits.ts';
import { matrixOf, withColumns, type Matrix } from '../numeric/matrix.ts';
import { fillGaussian, permutation as randomOrder } from '../numeric/random.ts';
import {
  chainModel,
  initializeModel,
  networkOf,
  networksOf,
  networkValues,
  type Model,
} from '../model/model.ts';
import { complex, numberArithmetic, type Complex } from '../numeric/arithmetic.ts';
import type { ParameterValues, Start } from '../model/initialize.ts';
import { uniformNetwork, type NetworkSpec, type Norm } from '../model/network.ts';
import { parametrizations, type Parametrization } from '../model/parametrization.ts';
import { firstPosition, parameterName, permutationTable, productOf, stageSizes } from '../model/geometry.ts';

/** A diagonal factor by position, before or after the stages of one chain: position p as the first or last stage sees it. */
interface Gain {
  readonly chain: number;
  readonly end: 'input' | 'output';
  readonly factor: readonly Complex<number>[];
}

export interface Target {
  readonly summary: string;
  readonly head: Model['head'];
  /** Parametrisations whose class contains the target; the first is the one that learns best. */
  readonly parametrizations: readonly Parametrization[];
  /** Orthonormal scale; throws InvalidArgumentError for an n without this target. */
  matrix(n: number): Matrix;
  chains(radices: readonly number[], parametrization: Parametrization): NetworkSpec[];
  /** Exact parameters; absent where `initialize` already gives them. */
  exact?(radices: readonly number[]): readonly Gain[];
}

const freeFirst: readonly Parametrization[] = /* @__PURE__ */ (() => [
  'free' as const,
  ...parametrizations.filter((p) => p !== 'exact' && p !== 'free'),
])();
const anyGain: readonly Parametrization[] = ['widely-linear', 'free'];

/** The network whose class contains the chain of a target, samples and outputs in natural order. */
export function targetNetwork(
  { n, direction, transposed, fold, permutation }: ChainTarget,
  radices: readonly number[],
  parametrization: Parametrization,
  norm: Norm,
): NetworkSpec {
  return uniformNetwork(
    radices,
    { parametrization },
    {
      n,
      direction,
      norm,
      decimation: transposed ? 'frequency' : 'time',
      permutation: fold ? Array.from(digitReversal(radices), (p) => fold[p]) : permutation,
    },
  );
}

/** Makhoul's fold, then the digit reversal: the permutation of the cosine and sine transforms. */
export const foldTable = (radices: readonly number[]): number[] =>
  Array.from(
    permutationTable(targetNetwork(chainTarget('dct2', productOf(radices)), radices, 'free', 'ortho')),
  );

/** Diagonal factors at the two ends of a target's chain, by the positions that the first and the last stage see. */
function gainsOf(target: ChainTarget, radices: readonly number[]): Gain[] {
  const { output, input } = targetGains(target);
  const reversed = Array.from(digitReversal(radices), (p) => input[p]);
  const [first, last] = target.transposed ? [output, reversed] : [reversed, output];
  return [
    { chain: 0, end: 'input', factor: first },
    { chain: 0, end: 'output', factor: last },
  ];
}

/** A target that is one chain; the parameters of a complex one are those that `initialize` gives. */
const chainRow = (name: ChainTargetName, summary: string, head: Model['head'] = 'complex'): Target => ({
  summary,
  head,
  parametrizations: head === 'real' ? anyGain : freeFirst,
  matrix: (n) => orthonormalMatrix(chainTarget(name, n)),
  chains: (radices, parametrization) => [
    targetNetwork(chainTarget(name, productOf(radices)), radices, parametrization, 'ortho'),
  ],
  ...(head === 'real' && { exact: (radices) => gainsOf(chainTarget(name, productOf(radices)), radices) }),
});

/** The kernel of the convolution target. */
const kernelSeed = 0;

/** n Gaussian numbers of variance 1/n, so that the matrix of the convolution has norm sqrt n on average. */
function kernelOf(n: number): Float64Array {
  const kernel = new Float64Array(n);
  fillGaussian(kernel, kernelSeed, 0);
  return kernel.map((x) => x / Math.sqrt(n));
}

/** Circular convolution, y[k] = sum_j h[(k - j) mod n] x[j]. */
const convolution: Target = {
  summary: 'circular convolution with a Gaussian kernel; a product of two chains',
  head: 'complex',
  parametrizations: ['free', 'widely-linear'],
  matrix: (n) => {
    const h = kernelOf(n);
    return matrixOf(n, (k, j) => [h[(k - j + n) % n], 0]);
  },
  chains: (radices, p) => {
    const ends = { norm: 'ortho', permutation: 'identity' } as const;
    const stage = { parametrization: p };
    return [
      uniformNetwork(radices, stage, { ...ends, decimation: 'frequency' }),
      uniformNetwork(radices, stage, { ...ends, direction: 'inverse' }),
    ];
  },
  exact: (radices) => {
    const n = productOf(radices);
    const spectrum = dft({ re: kernelOf(n), im: new Float64Array(n) });
    const factor = Array.from(digitReversal(radices), (k) => ({ re: spectrum.re[k], im: spectrum.im[k] }));
    return [{ chain: 0, end: 'output', factor }];
  },
};

type TargetName = ChainTargetName | 'convolution';

/** Every named target. */
export const targets: Readonly<Record<TargetName, Target>> = {
  dft: /* @__PURE__ */ chainRow('dft', 'discrete Fourier transform'),
  idft: /* @__PURE__ */ chainRow('idft', 'inverse discrete Fourier transform'),
  hadamard: /* @__PURE__ */ chainRow('hadamard', 'Walsh-Hadamard transform in natural order; P = identity'),
  hartley: /* @__PURE__ */ chainRow(
    'hartley',
    'Hartley transform, cos + sin; the real part of (1 + i) F',
    'real',
  ),
  dct2: /* @__PURE__ */ chainRow('dct2', 'cosine transform II', 'real'),
  dct3: /* @__PURE__ */ chainRow(
    'dct3',
    'cosine transform III: the transpose of II, decimation in frequency',
    'real',
  ),
  dct4: /* @__PURE__ */ chainRow('dct4', 'cosine transform IV', 'real'),
  dst2: /* @__PURE__ */ chainRow('dst2', 'sine transform II', 'real'),
  convolution,
};

/** Names of `targets`, which `targetModel` takes. */
export const targetNames = /* @__PURE__ */ Object.keys(targets) as TargetName[];

/** Row of the table. Throws InvalidArgumentError for an unknown name. */
export function targetByName(name: string): Target {
  if (!(targetNames as string[]).includes(name))
    throw new InvalidArgumentError(`target is ${JSON.stringify(name)}; expected ${targetNames.join(', ')}`);
  return targets[name as TargetName];
}

/** Radices of n, twos first, which learn fastest. Throws InvalidArgumentError unless n is a product of 2, 3, 5 and 7. */
export function defaultRadices(n: number): number[] {
  const radices = Number.isInteger(n) && n > 1 ? primeFactors(n) : [];
  if (radices.length === 0 || Math.max(...radices) > 7)
    throw new InvalidArgumentError(`n is ${n}; expected a product of 2, 3, 5 and 7, at least 2`);
  return radices;
}

/** A transform to be learned: its matrix, and a model that can represent it. */
export interface TargetModel {
  readonly name: string;
  readonly model: Model;
  readonly matrix: Matrix;
}

/**
 * A named target of given radices: its matrix and the model class that contains it, both behind a random order of the
 * samples where `shuffle` is a seed. Throws InvalidArgumentError if the parametrisation does not contain the target.
 */
export function targetModel(
  name: string,
  radices: readonly number[],
  parametrization?: Parametrization,
  shuffle?: number,
): TargetModel {
  const target = targetByName(name);
  const chosen = parametrization ?? target.parametrizations[0];
  if (!target.parametrizations.includes(chosen))
    throw new InvalidArgumentError(
      `${name} is not in the class of ${chosen} blocks; expected ${target.parametrizations.join(' or ')}`,
    );
  const n = productOf(radices);
  const chains = target.chains(radices, chosen);
  const matrix = target.matrix(n);
  if (shuffle === undefined) return { name, matrix, model: chainModel(chains, target.head) };
  const order = randomOrder(n, shuffle, 0);
  const [first, ...rest] = chains;
  if (first.decimation !== 'time')
    throw new InvalidArgumentError(
      `${name} takes its samples in natural order (decimation in frequency); they cannot be shuffled`,
    );
  const given = Array.from(permutationTable(first), (p) => order[p]);
  return {
    name: `${name}, samples in the random order ${shuffle}`,
    matrix: withColumns(matrix, inversePermutation(order)),
    model: chainModel([{ ...first, permutation: given }, ...rest], target.head),
  };
}

/** Multiply a gain into the free or widely linear blocks at one end of a chain. */
function absorbGain(model: Model, values: ParameterValues, gain: Gain): void {
  const spec = networksOf(model)[gain.chain];
  const inTime = spec.decimation === 'time';
  const s = (gain.end === 'output') === inTime ? spec.stages.length - 1 : 0;
  const { radix: r, parametrization } = spec.stages[s];
  if (parametrization !== 'free' && parametrization !== 'widely-linear')
    throw new InvalidArgumentError(
      `a gain needs free or widely-linear blocks; stage ${s} is ${parametrization}`,
    );
  const widely = parametrization === 'widely-linear';
  const table = networkValues(model, values, gain.chain)[parameterName(s, widely ? 'widely' : 'block')];
  const size = stageSizes(spec)[s];
  const columns = widely ? 2 * r : r;
  for (let b = 0; b < size.count; b++)
    for (let j = 0; j < r; j++)
      for (let a = 0; a < columns; a++) {
        const leg = gain.end === 'output' ? j : a % r;
        const f = gain.factor[firstPosition(size, b) + leg * size.stride];
        const conjugated = gain.end === 'input' && a >= r;
        const at = 2 * ((b * r + j) * columns + a);
        const e = complex.mul(numberArithmetic, conjugated ? { re: f.re, im: -f.im } : f, {
          re: table[at],
          im: table[at + 1],
        });
        [table[at], table[at + 1]] = [e.re, e.im];
      }
}

/** Parameters with which the model is the target: proof that its class contains it. */
export function exactParameters(name: string, { model }: Pick<TargetModel, 'model'>): ParameterValues {
  const radices = networkOf(model).stages.map((s) => s.radix);
  const values = initializeModel(model, 'exact', 0);
  if (name === 'hadamard') return withoutTwiddles(model, values);
  for (const gain of targetByName(name).exact?.(radices) ?? []) absorbGain(model, values, gain);
  return values;
}

/** All twiddles 1: every butterfly is that of k = 0. */
function withoutTwiddles(model: Model, values: ParameterValues): ParameterValues {
  const plain: ParameterValues = {};
  for (const [name, value] of Object.entries(values)) {
    const count = networkOf(model).n / networkOf(model).stages[0].radix;
    const per = value.length / count;
    plain[name] = value.map((_, i) => value[i % per]);
  }
  return plain;
}

/** Starting values of a named target: `exact` and `noise` are around its exact parameters, others as `initialize`. */
export function startParameters(
  name: string,
  target: Pick<TargetModel, 'model'>,
  start: Start,
  seed: number,
): ParameterValues {
  const values = initializeModel(target.model, start, seed);
  if (start !== 'exact' && start !== 'noise') return values;
  const exact = exactParameters(name, target);
  const plain = initializeModel(target.model, 'exact', seed);
  return Object.fromEntries(
    Object.entries(exact).map(([key, value]) => [
      key,
      value.map((x, i) => x + values[key][i] - plain[key][i]),
    ]),
  );
}
