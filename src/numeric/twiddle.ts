/**
 * Twiddle factors exp(-2 pi i k / n): the angle is reduced by octant in integers, sine and cosine are double-double
 * Taylor series, and the result is rounded once to float64. `Math.sin` differs between engines and is not used.
 */
import { InvalidArgumentError } from '../errors.ts';
import { add, divideByNumber, highHalf, mul, neg, productError, type DoubleDouble } from './double-double.ts';

/** 2 pi to 106 bits. */
const twoPi: DoubleDouble = [6.283185307179586, 2.4492935982947064e-16];
/** sqrt(1/2) to 106 bits. */
const halfRoot: DoubleDouble = [Math.SQRT1_2, -4.833646656726457e-17];

/** 1/m! as double-doubles, m = 0 .. 27. */
export const inverseFactorials: readonly DoubleDouble[] = (() => {
  const list: DoubleDouble[] = [[1, 0]];
  for (let m = 1; m <= 27; m++) list.push(divideByNumber(list[m - 1], m));
  return list;
})();

/** sum_i (-1)^i x^(2 i + first) / (2 i + first)!, |x| <= pi / 4, up to the terms below 2^-110. */
export function series(x: DoubleDouble, first: 0 | 1): DoubleDouble {
  const square = neg(mul(x, x));
  let m = 26 + first;
  while (m > first && x[0] ** (m - first) * inverseFactorials[m][0] < 2 ** -110) m -= 2;
  let sum: DoubleDouble = [0, 0];
  for (; m >= 0; m -= 2) sum = add(inverseFactorials[m], mul(sum, square));
  return first === 1 ? mul(x, sum) : sum;
}

/** cos and sin of 2 pi j / n for 0 <= 8 j <= n. */
function firstOctant(j: number, n: number): { cos: DoubleDouble; sin: DoubleDouble } {
  if (j === 0) return { cos: [1, 0], sin: [0, 0] };
  if (8 * j === n) return { cos: halfRoot, sin: halfRoot };
  const x = divideByNumber(mul(twoPi, [j, 0]), n);
  return { cos: series(x, 0), sin: series(x, 1) };
}

const negated = (a: DoubleDouble): DoubleDouble => (a[0] === 0 ? [0, 0] : neg(a));

/** exp(-2 pi i k / n) as double-doubles. Throws InvalidArgumentError unless k and n are integers and n is positive. */
export function twiddleDoubleDouble(k: number, n: number): readonly [re: DoubleDouble, im: DoubleDouble] {
  if (!Number.isSafeInteger(k)) throw new InvalidArgumentError(`k is ${k}; expected an integer`);
  if (!Number.isSafeInteger(n) || n < 1 || n > 2 ** 49)
    throw new InvalidArgumentError(`n is ${n}; expected a positive integer up to 2^49`);
  const j = ((k % n) + n) % n;
  // Octant o and distance from its lower (even o) or upper (odd o) end, all in units of 1 / (8 n).
  const octant = Math.floor((8 * j) / n) % 8;
  const inOctant = 8 * j - octant * n;
  const odd = octant % 2 === 1;
  // 8 j' = distance: angles 2 pi j' / n with j' = distance / 8, kept exact by scaling n instead.
  const distance = odd ? n - inOctant : inOctant;
  const { cos, sin } = firstOctant(distance, 8 * n);
  const quadrant = octant >> 1;
  // Within a quadrant the odd octant mirrors at pi / 4.
  const [c, s] = odd ? [sin, cos] : [cos, sin];
  const [re, positiveIm] = (
    [
      [c, s],
      [negated(s), c],
      [negated(c), negated(s)],
      [s, negated(c)],
    ] as const
  )[quadrant];
  return [re, negated(positiveIm)];
}

/** exp(-2 pi i k / n), correctly rounded but for ties that double-double cannot see. Exact at multiples of n / 4. */
export function twiddle(k: number, n: number): [re: number, im: number] {
  const [re, im] = twiddleDoubleDouble(k, n);
  return [re[0], im[0]];
}

/** Parts of exp(-2 pi i k / n) for any integer k, from a table. */
export interface RootTable {
  re(k: number): number;
  im(k: number): number;
}

/**
 * All n-th roots of unity for quick repeated use: one octant, each entry a double-double product of at most log2(n / 8)
 * roots (error below 2^-96, rounded once), the rest by symmetry. n / 8 entries; log2(n / 8) series.
 */
export function rootTable(n: number): RootTable {
  if (!Number.isSafeInteger(n) || n < 1 || n > 2 ** 40)
    throw new InvalidArgumentError(`n is ${n}; expected a positive integer up to 2^40`);
  // The octant mirror maps the grid of n onto itself where 8 divides it.
  const scale = n % 8 === 0 ? 1 : n % 4 === 0 ? 2 : n % 2 === 0 ? 4 : 8;
  const size = n * scale;
  const { cos, sin } = octantTable(size);
  const eighth = size / 8;
  /** cos(2 pi j / size): by octants cos, sin, -sin, -cos, -cos, -sin, sin, cos of the distance from the nearest axis. */
  const cosine = (j: number): number => {
    const octant = Math.floor(j / eighth);
    const inOctant = j - octant * eighth;
    const distance = octant % 2 === 1 ? eighth - inOctant : inOctant;
    const value = (((octant + 1) >> 1) & 1) === 0 ? cos[distance] : sin[distance];
    return octant >= 2 && octant < 6 ? 0 - value : value;
  };
  const onGrid = (k: number): number => (((k % n) + n) % n) * scale;
  return {
    re: (k) => cosine(onGrid(k)),
    im: (k) => cosine((onGrid(k) + 2 * eighth) % size),
  };
}

/**
 * cos and sin of 2 pi j / size, j = 0 .. size / 8. Root m + j, j < m = 1, 2, 4, ..., is root j turned by root m: a complex
 * product of double-doubles, on flat arrays because there are many of them.
 */
function octantTable(size: number): { cos: Float64Array; sin: Float64Array } {
  const count = size / 8 + 1;
  const cos = new Float64Array(count);
  const sin = new Float64Array(count);
  const cosLow = new Float64Array(count);
  const sinLow = new Float64Array(count);
  cos[0] = 1;
  for (let m = 1; m < count; m *= 2) {
    const root = firstOctant(m, size);
    const [C, CLow] = root.cos;
    const [S, SLow] = root.sin;
    const CHigh = highHalf(C);
    const SHigh = highHalf(S);
    for (let j = 0; j < m && m + j < count; j++) {
      const c = cos[j];
      const s = sin[j];
      const cHigh = highHalf(c);
      const sHigh = highHalf(s);
      // cos = C c - S s, sin = S c + C s; the first product is the larger one, for j < m within one octant.
      const Cc = C * c;
      const Ss = S * s;
      const Sc = S * c;
      const Cs = C * s;
      const difference = Cc - Ss;
      const sum = Sc + Cs;
      const cosRest =
        Cc -
        difference -
        Ss +
        (productError(Cc, CHigh, C - CHigh, cHigh, c - cHigh) -
          productError(Ss, SHigh, S - SHigh, sHigh, s - sHigh)) +
        (C * cosLow[j] + CLow * c - (S * sinLow[j] + SLow * s));
      const sinRest =
        Cs -
        (sum - Sc) +
        (productError(Sc, SHigh, S - SHigh, cHigh, c - cHigh) +
          productError(Cs, CHigh, C - CHigh, sHigh, s - sHigh)) +
        (S * cosLow[j] + SLow * c + (C * sinLow[j] + CLow * s));
      cos[m + j] = difference + cosRest;
      cosLow[m + j] = cosRest - (cos[m + j] - difference);
      sin[m + j] = sum + sinRest;
      sinLow[m + j] = sinRest - (sin[m + j] - sum);
    }
  }
  cos[count - 1] = sin[count - 1] = halfRoot[0];
  return { cos, sin };
}
