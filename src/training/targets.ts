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
import type { Complex } from '../numeric/arithmetic.ts';
import { dft } from '../numeric/dft.ts';
import { digitReversal, inversePermutation } from '../numeric/digits.ts';
import { withColumns, type Matrix } from '../numeric/matrix.ts';
import {
  convolutionKernel,
  convolutionMatrix,
  dct2Matrix,
  dct3Matrix,
  dct4Matrix,
  dftMatrix,
  dst2Matrix,
  hadamardMatrix,
  hartleyMatrix,
} from '../numeric/orthogonal.ts';
import { permutation as randomOrder } from '../numeric/random.ts';
import { twiddle } from '../numeric/twiddle.ts';
import { initializeChains, absorbGain, type ChainModel, type Gain } from '../model/product.ts';
import type { ParameterValues, Start } from '../model/initialize.ts';
import type { NetworkSpec, Permutation } from '../model/network.ts';
import { parametrizations, type Parametrization } from '../model/parametrization.ts';

export interface Target {
  readonly summary: string;
  readonly head: ChainModel['head'];
  /** Parametrisations whose class contains the target; the first is the one that learns best. */
  readonly parametrizations: readonly Parametrization[];
  /** Orthonormal scale; throws InvalidArgumentError for an n without this target. */
  matrix(n: number): Matrix;
  chains(radices: readonly number[], parametrization: Parametrization): NetworkSpec[];
  /** Exact parameters; absent where `initialize` already gives them. */
  exact?(radices: readonly number[]): readonly Gain[];
}

const learned: readonly Parametrization[] = parametrizations.filter((p) => p !== 'exact');
const anyGain: readonly Parametrization[] = ['widely-linear', 'free'];

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

function network(
  radices: readonly number[],
  parametrization: Parametrization,
  permutation: Permutation,
  rest: Partial<NetworkSpec> = {},
): NetworkSpec {
  return {
    n: product(radices),
    input: 'complex',
    direction: 'forward',
    norm: 'ortho',
    decimation: 'time',
    permutation,
    stages: radices.map((radix) => ({ radix, parametrization })),
    split: 'exact',
    ...rest,
  };
}

/** Sample at position i of the fold. */
const foldedSample = (i: number, n: number): number => (2 * i < n ? 2 * i : 2 * (n - 1 - i) + 1);

/** Makhoul's fold, then the digit reversal. */
export const foldTable = (radices: readonly number[]): number[] => {
  const n = product(radices);
  return Array.from(digitReversal(radices), (i) => foldedSample(i, n));
};

const gainOf = (n: number, f: (i: number) => Complex<number>): Complex<number>[] =>
  Array.from({ length: n }, (_, i) => f(i));

/** s exp(-2 pi i k / m). */
const root = (k: number, m: number, s = 1): Complex<number> => {
  const [re, im] = twiddle(k, m);
  return { re: s * re, im: s * im };
};

/** Row weights of the orthonormal cosine and sine transforms against the real part of the ortho DFT. */
const weight = (special: boolean): number => (special ? 1 : Math.SQRT2);

/** Gains of the input in the order of the samples, seen by the first stage behind the digit reversal. */
const atPositions = (radices: readonly number[], f: (i: number) => Complex<number>): Complex<number>[] =>
  Array.from(digitReversal(radices), f);

const chainOf =
  (
    permutation: (radices: readonly number[]) => Permutation,
    rest: Partial<NetworkSpec> = {},
  ): Target['chains'] =>
  (radices, parametrization) => [network(radices, parametrization, permutation(radices), rest)];

/** Every named target. */
export const targets = {
  dft: {
    summary: 'discrete Fourier transform',
    head: 'complex',
    parametrizations: ['free', ...learned.filter((p) => p !== 'free')],
    matrix: (n) => dftMatrix(n),
    chains: chainOf(() => 'digit-reversal'),
  },
  idft: {
    summary: 'inverse discrete Fourier transform',
    head: 'complex',
    parametrizations: ['free', ...learned.filter((p) => p !== 'free')],
    matrix: (n) => dftMatrix(n, true),
    chains: chainOf(() => 'digit-reversal', { direction: 'inverse' }),
  },
  hadamard: {
    summary: 'Walsh-Hadamard transform in natural order; P = identity',
    head: 'complex',
    parametrizations: ['free', ...learned.filter((p) => p !== 'free')],
    matrix: hadamardMatrix,
    chains: chainOf(() => 'identity'),
  },
  hartley: {
    summary: 'Hartley transform, cos + sin; the real part of (1 + i) F',
    head: 'real',
    parametrizations: anyGain,
    matrix: hartleyMatrix,
    chains: chainOf(() => 'digit-reversal'),
    exact: (radices) => [
      { chain: 0, end: 'output', factor: gainOf(product(radices), () => ({ re: 1, im: 1 })) },
    ],
  },
  dct2: {
    summary: 'cosine transform II',
    head: 'real',
    parametrizations: anyGain,
    matrix: dct2Matrix,
    chains: chainOf(foldTable),
    exact: (radices) => [{ chain: 0, end: 'output', factor: dct2Gain(product(radices)) }],
  },
  dct3: {
    summary: 'cosine transform III: the transpose of II, decimation in frequency',
    head: 'real',
    parametrizations: anyGain,
    matrix: dct3Matrix,
    chains: chainOf(foldTable, { decimation: 'frequency' }),
    exact: (radices) => [{ chain: 0, end: 'input', factor: dct2Gain(product(radices)) }],
  },
  dct4: {
    summary: 'cosine transform IV',
    head: 'real',
    parametrizations: anyGain,
    matrix: dct4Matrix,
    chains: chainOf(foldTable),
    exact: (radices) => {
      const n = product(radices);
      const sign = (i: number): number => (2 * i < n ? 1 : -1);
      return [
        { chain: 0, end: 'input', factor: atPositions(radices, (i) => root(4 * i + 1, 8 * n, sign(i))) },
        { chain: 0, end: 'output', factor: gainOf(n, (k) => root(k, 4 * n, Math.SQRT2)) },
      ];
    },
  },
  dst2: {
    summary: 'sine transform II',
    head: 'real',
    parametrizations: anyGain,
    matrix: dst2Matrix,
    chains: chainOf(foldTable),
    exact: (radices) => {
      const n = product(radices);
      const sign = (i: number): number => (2 * i < n ? 1 : -1);
      return [
        { chain: 0, end: 'input', factor: atPositions(radices, (i) => root(i, n, sign(i))) },
        { chain: 0, end: 'output', factor: gainOf(n, (k) => sineGain(k, n)) },
      ];
    },
  },
  convolution: {
    summary: 'circular convolution with a Gaussian kernel; a product of two chains',
    head: 'complex',
    parametrizations: ['free', 'widely-linear'],
    matrix: (n) => convolutionMatrix(convolutionKernel(n, kernelSeed)),
    chains: (radices, p) => [
      network(radices, p, 'identity', { decimation: 'frequency' }),
      network(radices, p, 'identity', { direction: 'inverse' }),
    ],
    exact: (radices) => {
      const n = product(radices);
      const spectrum = dft({ re: convolutionKernel(n, kernelSeed), im: new Float64Array(n) });
      const factor = Array.from(digitReversal(radices), (k) => ({
        re: spectrum.re[k],
        im: spectrum.im[k],
      }));
      return [{ chain: 0, end: 'output', factor }];
    },
  },
} as const satisfies Record<string, Target>;

/** The kernel of the convolution target. */
const kernelSeed = 0;

const dct2Gain = (n: number): Complex<number>[] => gainOf(n, (k) => root(k, 4 * n, weight(k === 0)));

/** i exp(-pi i (k + 1) / 2n), weighted. */
function sineGain(k: number, n: number): Complex<number> {
  const { re, im } = root(k + 1, 4 * n, weight(k === n - 1));
  return { re: 0 - im, im: re };
}

export type TargetName = keyof typeof targets;
export const targetNames = /* @__PURE__ */ Object.keys(targets) as TargetName[];

/** Row of the table. Throws InvalidArgumentError for an unknown name. */
export function targetByName(name: string): Target {
  if (!(targetNames as string[]).includes(name))
    throw new InvalidArgumentError(`target is ${JSON.stringify(name)}; expected ${targetNames.join(', ')}`);
  return targets[name as TargetName];
}

/** Radices of n, twos first, which learn fastest; Throws InvalidArgumentError unless n is a product of 2, 3, 5 and 7. */
export function defaultRadices(n: number): number[] {
  const radices: number[] = [];
  let rest = n;
  for (const p of [2, 3, 5, 7]) for (; rest % p === 0 && rest > 1; rest /= p) radices.push(p);
  if (rest !== 1 || radices.length === 0)
    throw new InvalidArgumentError(`n is ${n}; expected a product of 2, 3, 5 and 7, at least 2`);
  return radices;
}

export interface TargetModel {
  readonly name: string;
  readonly model: ChainModel;
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
  const n = product(radices);
  const chains = target.chains(radices, chosen);
  const matrix = target.matrix(n);
  if (shuffle === undefined) return { name, matrix, model: { chains, head: target.head } };
  const order = randomOrder(n, shuffle, 0);
  const [first, ...rest] = chains;
  if (first.decimation !== 'time')
    throw new InvalidArgumentError(
      `${name} takes its samples in natural order (decimation in frequency); they cannot be shuffled`,
    );
  const given = tableOf(first.permutation, radices).map((p) => order[p]);
  return {
    name: `${name}, samples in the random order ${shuffle}`,
    matrix: withColumns(matrix, inversePermutation(order)),
    model: { chains: [{ ...first, permutation: given }, ...rest], head: target.head },
  };
}

/** A permutation as a table. */
export function tableOf(p: Permutation, radices: readonly number[]): readonly number[] {
  if (p === 'identity') return Array.from({ length: product(radices) }, (_, i) => i);
  return p === 'digit-reversal' ? [...digitReversal(radices)] : p;
}

/** Parameters with which the model is the target: proof that its class contains it. */
export function exactParameters(name: string, { model }: Pick<TargetModel, 'model'>): ParameterValues {
  const radices = model.chains[0].stages.map((s) => s.radix);
  const values = initializeChains(model, 'exact', 0);
  if (name === 'hadamard') return withoutTwiddles(model, values);
  for (const gain of targetByName(name).exact?.(radices) ?? []) absorbGain(model, values, gain);
  return values;
}

/** Every butterfly the one of k = 0: twiddles 1. */
function withoutTwiddles(model: ChainModel, values: ParameterValues): ParameterValues {
  const plain: ParameterValues = {};
  for (const [name, value] of Object.entries(values)) {
    const count = model.chains[0].n / model.chains[0].stages[0].radix;
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
  const values = initializeChains(target.model, start, seed);
  if (start !== 'exact' && start !== 'noise') return values;
  const exact = exactParameters(name, target);
  const plain = initializeChains(target.model, 'exact', seed);
  return Object.fromEntries(
    Object.entries(exact).map(([key, value]) => [
      key,
      value.map((x, i) => x + values[key][i] - plain[key][i]),
    ]),
  );
}
