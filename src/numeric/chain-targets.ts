/**
 * Transforms whose matrix, or a complex matrix of which it is the real part, is one butterfly chain. Every entry of
 * that matrix is (factor) exp(-2 pi i e(k, p) / order) with an integer e, hence known to any precision.
 *
 * | target   | y[k], unnormalised                              | class                                       |
 * |----------|-------------------------------------------------|---------------------------------------------|
 * | dft      | sum x[j] exp(-2 pi i j k / n)                   | complex chain, P = digit reversal           |
 * | idft     | sum x[j] exp(2 pi i j k / n)                    | complex chain, P = digit reversal           |
 * | hadamard | sum x[j] (-1)^popcount(j & k), n = 2^m          | real chain, P = identity                    |
 * | hartley  | sum x[j] (cos + sin)(2 pi j k / n)              | real part of a chain, P = digit reversal    |
 * | dct2     | sum x[j] cos(pi k (2 j + 1) / 2 n)              | real part of a chain after the even/odd fold |
 * | dct3     | sum x[j] cos(pi j (2 k + 1) / 2 n)              | transpose of dct2: its chain backwards       |
 * | dct4     | sum x[j] cos(pi (2 k + 1)(2 j + 1) / 4 n)       | real part of a chain after the even/odd fold |
 * | dst2     | sum x[j] sin(pi (k + 1)(2 j + 1) / 2 n)         | real part of a chain after the even/odd fold |
 *
 * The fold takes the even samples upwards, then the odd ones downwards (Makhoul, A fast cosine transform in one and
 * two dimensions, 1980). The matrices of Hartley, DCT and DST themselves are no chain: their blocks have rank two.
 * Orthonormal scales are SciPy's norm="ortho"; Strang, The discrete cosine transform (1999).
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, oneOf, whole } from '../options.ts';
import { complex, numberArithmetic, type Complex } from './arithmetic.ts';
import { inversePermutation } from './digits.ts';
import { largestSize } from './frequencies.ts';
import { matrixOf, type Matrix } from './matrix.ts';
import { twiddle, twiddleDoubleDouble } from './twiddle.ts';
import { add, mul, sub, type DoubleDouble } from './double-double.ts';

/** Transforms whose matrices are known exactly, as integer exponents of roots of unity. */
export const chainTargetNames = [
  'dft',
  'idft',
  'hadamard',
  'hartley',
  'dct2',
  'dct3',
  'dct4',
  'dst2',
] as const;
/** A name of `chainTargetNames`. */
export type ChainTargetName = (typeof chainTargetNames)[number];

/** A target as a matrix of roots of unity: a chain in time decimation, or the transpose of one. */
export interface ChainTarget {
  readonly name: ChainTargetName;
  readonly n: number;
  /** Entry (k, p) of the chain is factor exp(-2 pi i exponent(k, p) / order); k an output, p a folded input position. */
  readonly order: number;
  readonly exponent: (k: number, p: number) => number;
  readonly factor: readonly [re: number, im: number];
  /** Position p holds input sample fold[p], before P; null where it is p itself. */
  readonly fold: Int32Array | null;
  /** The target is the transpose of the chain: inputs k, outputs fold[p]. */
  readonly transposed: boolean;
  /** Row k of what the chain stands for (its real part for a real head) has norm sqrt(n / weight(k)). */
  readonly weight: (k: number) => number;
  readonly permutation: 'digit-reversal' | 'identity';
  readonly direction: 'forward' | 'inverse';
  /** real: the transform of real signals is the real part of the outputs. */
  readonly head: 'complex' | 'real';
}

/** Even samples upwards, odd samples downwards. */
function evenOddFold(n: number): Int32Array {
  const half = Math.ceil(n / 2);
  return Int32Array.from({ length: n }, (_, p) => (p < half ? 2 * p : 2 * (n - 1 - p) + 1));
}

function bitCount(x: number): number {
  let count = 0;
  for (let rest = x; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

type Row = Partial<ChainTarget> & Pick<ChainTarget, 'order' | 'exponent'>;

/** Sample 2 p, or 2 (n - 1 - p) + 1, has cos(pi k (4 p + 1) / 2 n). */
const dct2 = (n: number): Row => ({
  order: 4 * n,
  exponent: (k, p) => k * (4 * p + 1),
  fold: evenOddFold(n),
  weight: (k) => (k === 0 ? 1 : 2),
  head: 'real',
});

const rows: { readonly [K in ChainTargetName]: (n: number) => Row } = {
  dft: (n) => ({ order: n, exponent: (k, p) => k * p }),
  idft: (n) => ({ order: n, exponent: (k, p) => -k * p, direction: 'inverse' }),
  hadamard: () => ({ order: 2, exponent: (k, p) => bitCount(k & p), permutation: 'identity' }),
  // Re (1 + i)(c - i s) = c + s.
  hartley: (n) => ({ order: n, exponent: (k, p) => k * p, factor: [1, 1], head: 'real' }),
  dct2,
  dct3: (n) => ({ ...dct2(n), transposed: true }),
  // The odd samples, 2 (n - 1 - p) + 1, change sign: cos(pi (2 k + 1) - t) = -cos t, half the order.
  dct4: (n) => ({
    order: 8 * n,
    exponent: (k, p) => (2 * k + 1) * (4 * p + 1) + (2 * p >= n ? 4 * n : 0),
    fold: evenOddFold(n),
    weight: () => 2,
    head: 'real',
  }),
  // Re i exp(-i t) = sin t; i is three quarters of the order; odd samples have sin(2 pi (k + 1) - t) = -sin t.
  dst2: (n) => ({
    order: 4 * n,
    exponent: (k, p) => (k + 1) * (4 * p + 1) + 3 * n + (2 * p >= n ? 2 * n : 0),
    fold: evenOddFold(n),
    weight: (k) => (k === n - 1 ? 1 : 2),
    head: 'real',
  }),
};

/** The target of size n. Throws InvalidArgumentError for an unknown name or a size that it does not have. */
export function chainTarget(name: ChainTargetName, n: number): ChainTarget {
  checkArgument('target', name, oneOf(chainTargetNames));
  checkArgument('n', n, whole(2, largestSize));
  if (name === 'hadamard' && !Number.isInteger(Math.log2(n)))
    throw new InvalidArgumentError(`n is ${n}; the Hadamard matrix needs a power of two`);
  return {
    name,
    n,
    factor: [1, 0],
    fold: null,
    transposed: false,
    weight: () => 1,
    permutation: 'digit-reversal',
    direction: 'forward',
    head: 'complex',
    ...rows[name](n),
  };
}

/**
 * Table of factor scale exp(-2 pi i j / order), j < order, as double-doubles [reHi, reLo, imHi, imLo] one after the other;
 * relative error below 2^-99.
 */
export function targetRoots(target: ChainTarget, scale: DoubleDouble = [1, 0]): Float64Array {
  const { order, factor } = target;
  const table = new Float64Array(4 * order);
  const times = (a: DoubleDouble, by: number): DoubleDouble => mul([by, 0], a);
  for (let j = 0; j < order; j++) {
    const [re, im] = twiddleDoubleDouble(j, order);
    const [c, d] = factor;
    const x = mul(scale, d === 0 ? times(re, c) : sub(times(re, c), times(im, d)));
    const y = mul(scale, d === 0 ? times(im, c) : add(times(im, c), times(re, d)));
    table.set([x[0], x[1], y[0], y[1]], 4 * j);
  }
  return table;
}

/** exp(-2 pi i exponent / order) reduced to a place in `targetRoots`. */
const reduced = (e: number, order: number): number =>
  e >= 0 && e < order ? e : ((e % order) + order) % order;

/** The place in `targetRoots` of the entry at (output, input), both in natural order. */
export function rootIndices({
  order,
  exponent,
  fold,
  transposed,
}: ChainTarget): (output: number, input: number) => number {
  const position = fold && inversePermutation(fold);
  const at = (k: number, j: number): number => reduced(exponent(k, position ? position[j] : j), order);
  return transposed ? (output, input) => at(input, output) : at;
}

/** The complex matrix of the chain, unnormalised, over samples and outputs in natural order, in float64. */
export function targetMatrix(target: ChainTarget): Matrix {
  const roots = targetRoots(target);
  const index = rootIndices(target);
  return matrixOf(target.n, (output, input) => {
    const at = 4 * index(output, input);
    return [roots[at], roots[at + 2]];
  });
}

/** The target itself in its orthonormal scale: the real part for a real head. */
export function orthonormalMatrix(target: ChainTarget): Matrix {
  const { n, head, transposed, weight } = target;
  const { re, im } = targetMatrix(target);
  const scales = Float64Array.from({ length: n }, (_, k) => Math.sqrt(weight(k) / n));
  const scaled = (x: Float64Array): Float64Array =>
    x.map((value, at) => value * scales[transposed ? at % n : Math.floor(at / n)]);
  return { n, re: scaled(re), im: head === 'real' ? new Float64Array(n * n) : scaled(im) };
}

/** ||target||_2, unnormalised: its rows (columns of a transposed one) are orthogonal. */
export function targetNorm({ n, weight }: ChainTarget): number {
  let least = Infinity;
  for (let k = 0; k < n; k++) least = Math.min(least, weight(k));
  return Math.sqrt(n / least);
}

/**
 * The chain as diag(output) F diag(input) over folded positions, F the transform exp(-+2 pi i k p / n) of its direction:
 * what the blocks at its two ends carry besides an exact Fourier chain, in the orthonormal scale. Not for Hadamard.
 */
export function targetGains({ n, order, exponent, factor, weight }: ChainTarget): {
  readonly output: readonly Complex<number>[];
  readonly input: readonly Complex<number>[];
} {
  const root = (e: number): Complex<number> => {
    const [re, im] = twiddle(reduced(e, order), order);
    return { re, im };
  };
  const list = (f: (i: number) => Complex<number>): Complex<number>[] =>
    Array.from({ length: n }, (_, i) => f(i));
  return {
    output: list((k) => {
      const scale = Math.sqrt(weight(k));
      const [re, im] = factor;
      return complex.mul(numberArithmetic, { re: scale * re, im: scale * im }, root(exponent(k, 0)));
    }),
    input: list((p) => root(exponent(0, p) - exponent(0, 0))),
  };
}
