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
 * | dct4     | sum x[j] cos(pi (2 k + 1)(2 j + 1) / 4 n)       | real part of a chain after the even/odd fold |
 * | dst2     | sum x[j] sin(pi (k + 1)(2 j + 1) / 2 n)         | real part of a chain after the even/odd fold |
 *
 * The fold takes the even samples upwards, then the odd ones downwards (Makhoul, A fast cosine transform in one and
 * two dimensions, 1980). The matrices of Hartley, DCT and DST themselves are no chain: their blocks have rank two.
 */
import { InvalidArgumentError } from '../errors.ts';
import { zeroMatrix, type Matrix } from './matrix.ts';
import { twiddleDoubleDouble } from './twiddle.ts';
import { add, mul, sub, type DoubleDouble } from './double-double.ts';

export const chainTargetNames = ['dft', 'idft', 'hadamard', 'hartley', 'dct2', 'dct4', 'dst2'] as const;
export type ChainTargetName = (typeof chainTargetNames)[number];

/** A target as a matrix of roots of unity. */
export interface ChainTarget {
  readonly name: ChainTargetName;
  readonly n: number;
  /** Entry (k, p) is factor exp(-2 pi i exponent(k, p) / order); k an output, p a folded input position. */
  readonly order: number;
  readonly exponent: (k: number, p: number) => number;
  readonly factor: readonly [re: number, im: number];
  /** Position p holds input sample source[p], before P; null where it is p itself. */
  readonly source: Int32Array | null;
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

const rows: {
  readonly [K in ChainTargetName]: (
    n: number,
  ) => Partial<ChainTarget> & Pick<ChainTarget, 'order' | 'exponent'>;
} = {
  dft: (n) => ({ order: n, exponent: (k, p) => k * p }),
  idft: (n) => ({ order: n, exponent: (k, p) => -k * p, direction: 'inverse' }),
  hadamard: () => ({ order: 2, exponent: (k, p) => bitCount(k & p), permutation: 'identity' }),
  // Re (1 + i)(c - i s) = c + s.
  hartley: (n) => ({ order: n, exponent: (k, p) => k * p, factor: [1, 1], head: 'real' }),
  // Sample 2 p, or 2 (n - 1 - p) + 1, has cos(pi k (4 p + 1) / 2 n).
  dct2: (n) => ({ order: 4 * n, exponent: (k, p) => k * (4 * p + 1), source: evenOddFold(n), head: 'real' }),
  // The odd samples, 2 (n - 1 - p) + 1, change sign: cos(pi (2 k + 1) - t) = -cos t, half the order.
  dct4: (n) => ({
    order: 8 * n,
    exponent: (k, p) => (2 * k + 1) * (4 * p + 1) + (2 * p >= n ? 4 * n : 0),
    source: evenOddFold(n),
    head: 'real',
  }),
  // Re i exp(-i t) = sin t; i is three quarters of the order; odd samples have sin(2 pi (k + 1) - t) = -sin t.
  dst2: (n) => ({
    order: 4 * n,
    exponent: (k, p) => (k + 1) * (4 * p + 1) + 3 * n + (2 * p >= n ? 2 * n : 0),
    source: evenOddFold(n),
    head: 'real',
  }),
};

/** The target of size n. Throws InvalidArgumentError for an unknown name or a size that it does not have. */
export function chainTarget(name: ChainTargetName, n: number): ChainTarget {
  if (!chainTargetNames.includes(name))
    throw new InvalidArgumentError(
      `target is ${JSON.stringify(name)}; expected ${chainTargetNames.join(', ')}`,
    );
  if (!Number.isInteger(n) || n < 2 || n > 1 << 22)
    throw new InvalidArgumentError(`n is ${n}; expected an integer from 2 to ${1 << 22}`);
  if (name === 'hadamard' && !Number.isInteger(Math.log2(n)))
    throw new InvalidArgumentError(`n is ${n}; the Hadamard matrix needs a power of two`);
  return {
    name,
    n,
    factor: [1, 0],
    source: null,
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

/** exponent(k, p) reduced to 0 .. order - 1. */
export function rootIndex({ order, exponent }: ChainTarget, k: number, p: number): number {
  const e = exponent(k, p);
  return e >= 0 && e < order ? e : ((e % order) + order) % order;
}

/** The complex matrix of the chain, [n, n] over folded positions, in float64. */
export function targetMatrix(target: ChainTarget): Matrix {
  const { n } = target;
  const matrix = zeroMatrix(n);
  const roots = targetRoots(target);
  for (let k = 0, at = 0; k < n; k++)
    for (let p = 0; p < n; p++, at++) {
      const j = 4 * rootIndex(target, k, p);
      matrix.re[at] = roots[j];
      matrix.im[at] = roots[j + 2];
    }
  return matrix;
}
