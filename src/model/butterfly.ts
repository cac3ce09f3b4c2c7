/**
 * The butterfly, written once over the arithmetic interface. Every transform, gradient, backend and precision in
 * papilio comes from `butterfly`; what differs is the block it is given and the carrier it runs on.
 */
import { complex, type Arithmetic, type Complex } from '../numeric/arithmetic.ts';
import { twiddle } from '../numeric/twiddle.ts';

/** A complex matrix, r x r but for widely linear blocks, which are r x 2r. */
export type Block<T> = readonly (readonly Complex<T>[])[];

/** y_j = sum_a block[j][a] x_a. */
export function butterfly<T>(k: Arithmetic<T>, block: Block<T>, x: readonly Complex<T>[]): Complex<T>[] {
  return block.map((row) =>
    row.map((entry, a) => complex.mul(k, entry, x[a])).reduce((sum, term) => complex.add(k, sum, term)),
  );
}

/** [[1, w], [1, -w]]: the radix-2 block of decimation in time. */
export function twiddleBlock<T>(k: Arithmetic<T>, w: Complex<T>): Block<T> {
  const one = complex.literal(k, 1, 0);
  return [
    [one, w],
    [one, complex.neg(k, w)],
  ];
}

/** Pairs i < j in the order in which the rotations of `unitaryBlock` meet the inputs. */
export function rotationPairs(r: number): [i: number, j: number][] {
  const falling = indices(r).slice(1).reverse();
  return falling.flatMap((j) => indices(j).map((i): [number, number] => [i, j]));
}

/**
 * scale D R_m .. R_1: every unitary r x r matrix (Reck et al., Phys. Rev. Lett. 73, 1994). `polar` holds exp(i t) of r^2
 * angles: the phases of D, then theta and phi of every R = [[e c, -s], [e s, c]], e = exp(i phi), on the pairs above.
 */
export function unitaryBlock<T>(
  k: Arithmetic<T>,
  r: number,
  polar: readonly Complex<T>[],
  scale: number,
): Block<T> {
  const rows = indices(r).map((j) => indices(r).map((a) => complex.literal(k, j === a ? 1 : 0, 0)));
  rotationPairs(r).forEach(([i, j], m) => {
    const [{ re: c, im: s }, e] = [polar[r + 2 * m], polar[r + 2 * m + 1]];
    const real = (x: T): Complex<T> => ({ re: x, im: k.literal(0) });
    const rotation = [
      [complex.scale(k, c, e), real(k.neg(s))],
      [complex.scale(k, s, e), real(c)],
    ];
    for (let a = 0; a < r; a++) [rows[i][a], rows[j][a]] = butterfly(k, rotation, [rows[i][a], rows[j][a]]);
  });
  return rows.map((row, j) =>
    row.map((entry) => complex.scale(k, k.literal(scale), complex.mul(k, polar[j], entry))),
  );
}

/** 0 .. n - 1 */
const indices = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** r x r DFT matrix with exact entries; `conjugate` for the inverse. */
export const dftBlock = <T>(k: Arithmetic<T>, r: number, conjugate = false): Block<T> =>
  indices(r).map((j) => indices(r).map((a) => literalTwiddle(k, (j * a) % r, r, conjugate)));

/** The block of interleaved numbers [rows, columns, 2] from `at` on. */
export const readBlock = (
  values: ArrayLike<number>,
  at: number,
  rows: number,
  columns = rows,
): Complex<number>[][] =>
  indices(rows).map((j) =>
    indices(columns).map((a) => {
      const own = at + 2 * (j * columns + a);
      return { re: values[own], im: values[own + 1] };
    }),
  );

/** The numbers of a block, interleaved, row by row. */
export const blockNumbers = (block: Block<number>): number[] =>
  block.flatMap((row) => row.flatMap(({ re, im }) => [re, im]));

/**
 * r-point DFT as butterflies with literal coefficients: a composite radix is split at its smallest prime power, without
 * twiddles where the rest is coprime (Good 1958), a prime power at its prime (Cooley & Tukey 1965), and an odd prime works
 * on sums and differences of the pairs (a, r - a).
 * A carrier that folds literals pays 0 mul / 4 add for r = 2, 4 / 12 for 3, 0 / 16 for 4, 12 / 32 for 5, 8 / 36 for 6,
 * 36 / 60 for 7, 4 / 52 for 8.
 */
export function smallDft<T>(k: Arithmetic<T>, x: readonly Complex<T>[], conjugate = false): Complex<T>[] {
  const r = x.length;
  if (r === 1) return [...x];
  const p = smallestFactor(r);
  if (p === r) return primeDft(k, x, conjugate);
  let power = p;
  while ((r / power) % p === 0) power *= p;
  return power === r ? twiddledDft(k, x, p, conjugate) : coprimeDft(k, x, power, conjugate);
}

/**
 * p x q points with p and q coprime: x at q a + p b, X at the k that is i mod p and j mod q, so that
 * exp(-2 pi i n k / r) is the product of the two DFTs' own roots.
 */
function coprimeDft<T>(
  k: Arithmetic<T>,
  x: readonly Complex<T>[],
  p: number,
  conjugate: boolean,
): Complex<T>[] {
  const r = x.length;
  const q = r / p;
  const transform = (points: readonly Complex<T>[]): Complex<T>[] => smallDft(k, points, conjugate);
  const columns = indices(p).map((a) => transform(indices(q).map((b) => x[(q * a + p * b) % r])));
  const y: Complex<T>[] = new Array(r);
  for (let j = 0; j < q; j++) {
    const row = transform(columns.map((column) => column[j]));
    for (let n = j; n < r; n += q) y[n] = row[n % p];
  }
  return y;
}

/** p x q points with twiddles in between. */
function twiddledDft<T>(
  k: Arithmetic<T>,
  x: readonly Complex<T>[],
  p: number,
  conjugate: boolean,
): Complex<T>[] {
  const r = x.length;
  const q = r / p;
  const transform = (points: readonly Complex<T>[]): Complex<T>[] => smallDft(k, points, conjugate);
  const parts = indices(p).map((a) => transform(x.filter((_, i) => i % p === a)));
  const y: Complex<T>[] = new Array(r);
  for (let j = 0; j < q; j++) {
    const w = parts.map((_, a) => literalTwiddle(k, a * j, r, conjugate));
    const inputs = parts.map((part) => part[j]);
    const turned = inputs.map((v, a) => (a === 0 ? v : complex.mul(k, w[a], v)));
    // Two parts take the twiddle inside their butterfly.
    const outputs = p === 2 ? butterfly(k, twiddleBlock(k, w[1]), inputs) : primeDft(k, turned, conjugate);
    outputs.forEach((value, a) => (y[j + a * q] = value));
  }
  return y;
}

function literalTwiddle<T>(k: Arithmetic<T>, j: number, r: number, conjugate: boolean): Complex<T> {
  const [re, im] = twiddle(j, r);
  return complex.literal(k, re, conjugate ? -im : im);
}

function smallestFactor(r: number): number {
  for (let p = 2; p * p <= r; p++) if (r % p === 0) return p;
  return r;
}

/**
 * DFT of prime length: with s_a = x_a + x_{r-a} and d_a = x_a - x_{r-a}, y_j and y_{r-j} are the sum and difference of
 * x_0 + sum_a cos(2 pi j a / r) s_a and -i sum_a sin(2 pi j a / r) d_a.
 */
function primeDft<T>(k: Arithmetic<T>, x: readonly Complex<T>[], conjugate: boolean): Complex<T>[] {
  const r = x.length;
  const plusMinus = twiddleBlock(k, complex.literal(k, 1, 0));
  if (r === 2) return butterfly(k, plusMinus, x);
  const half = (r - 1) / 2;
  const pairs = indices(half).map((a) => butterfly(k, plusMinus, [x[a + 1], x[r - 1 - a]]));
  const sums = [x[0], ...pairs.map(([s]) => s)];
  const differences = pairs.map(([, d]) => d);
  const one = complex.literal(k, 1, 0);
  const rows = indices(half).map((j) => indices(half).map((a) => twiddle(((j + 1) * (a + 1)) % r, r)));
  const even =
    half === 2
      ? evenOfFive(k, x[0], pairs[0][0], pairs[1][0])
      : butterfly(
          k,
          [sums.map(() => one), ...rows.map((row) => [one, ...row.map(([re]) => complex.literal(k, re, 0))])],
          sums,
        );
  const odd = butterfly(
    k,
    rows.map((row) => row.map(([, im]) => complex.literal(k, 0, conjugate ? -im : im))),
    differences,
  );
  const y = [even[0]];
  for (let j = 1; j <= half; j++) [y[j], y[r - j]] = butterfly(k, plusMinus, [even[j], odd[j - 1]]);
  return y;
}

/**
 * x_0 + s_1 + s_2 and x_0 + cos(2 pi j / 5) s_1 + cos(4 pi j / 5) s_2 for j = 1, 2: the two cosines are -1/4 +- sqrt(5)/4, so
 * their matrix is diagonal on the sum and the difference (Rader 1968).
 */
function evenOfFive<T>(k: Arithmetic<T>, x0: Complex<T>, s1: Complex<T>, s2: Complex<T>): Complex<T>[] {
  const plusMinus = twiddleBlock(k, complex.literal(k, 1, 0));
  const [sum, difference] = butterfly(k, plusMinus, [s1, s2]);
  const quarter = complex.scale(k, k.literal(-0.25), sum);
  const scaled = complex.scale(k, k.literal(Math.sqrt(5) / 4), difference);
  const [middle] = butterfly(k, plusMinus, [x0, quarter]);
  return [butterfly(k, plusMinus, [x0, sum])[0], ...butterfly(k, plusMinus, [middle, scaled])];
}

export const transpose = <T>(block: Block<T>): Block<T> => block[0].map((_, j) => block.map((row) => row[j]));

/** diag(scale) block: row j times scale[j]. */
export const scaleRows = <T>(k: Arithmetic<T>, scale: readonly T[], block: Block<T>): Block<T> =>
  block.map((row, j) => row.map((entry) => complex.scale(k, scale[j], entry)));

/**
 * (1 - g) I + g F: skip when g = 0, the block when g = 1, both exactly. Radix 2 in time with a general twiddle costs 10 mul /
 * 10 add: (1 - g) + g 1 is 1, and g w is shared by both rows.
 */
export const mixWithIdentity = <T>(k: Arithmetic<T>, g: T, block: Block<T>): Block<T> => {
  const rest = k.sub(k.literal(1), g);
  return block.map((row, j) =>
    row.map((entry, a) => {
      const own = complex.scale(k, g, entry);
      return j === a ? { re: k.add(rest, own.re), im: own.im } : own;
    }),
  );
};

/** p0 I + p1 F + p2 J F: skip, forward, reverse. J puts the rows, which are the outputs, in reverse order. */
export const mixOfThree = <T>(k: Arithmetic<T>, [p0, p1, p2]: readonly T[], block: Block<T>): Block<T> =>
  block.map((row, j) =>
    row.map((entry, a) => {
      const reversed = block[block.length - 1 - j][a];
      const mix = (own: T, other: T): T => k.add(k.mul(p1, own), k.mul(p2, other));
      const re = mix(entry.re, reversed.re);
      return { re: j === a ? k.add(p0, re) : re, im: mix(entry.im, reversed.im) };
    }),
  );
