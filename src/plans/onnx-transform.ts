/**
 * DFTs of any size as products of matrices: n = n1 n2, j = n2 j1 + j2, k = k1 + n1 k2,
 *
 *   Y[k1, j2] = sum_j1 x_j e^(-2 pi i j1 k1 / n1),   X[k] = sum_j2 Y[k1, j2] e^(-2 pi i j2 (k1 + n1 k2) / n)
 *
 * (Cooley and Tukey 1965), numbers in their natural order at both ends. Numbers of more than two factors that are small are first
 * multiplied by e^(-2 pi i j2 k1 / n), then go on so with n2; those with a large prime factor are convolved with a chirp (Bluestein 1970).
 * Complex numbers are [2, n, columns], real parts before imaginary ones. Matrices are kept as tables of two factors, which runtimes
 * multiply once, when they load the model.
 */
import type { GraphBuilder, Value } from '../backends/onnx/builder.ts';
import { primeFactors } from '../numeric/digits.ts';
import { rootTable } from '../numeric/twiddle.ts';
import { fft } from './fft.ts';

/** Cosines and sines. */
interface Turns {
  readonly c: Value;
  readonly s: Value;
}

/** What is transformed: sign -1 forward, 1 backward; results are multiplied by `factor`. */
interface OnnxTransform {
  readonly n: number;
  readonly sign: -1 | 1;
  readonly factor: number;
  /** No number of the input is larger: float16 has to hold the results. */
  readonly largest: number;
  /** The magnitudes of a signal sum to no more, where that is known to be less than all of the largest. */
  readonly total?: number;
}

/** No sum of so many numbers, each turned, is larger. */
const sumLimit = ({ largest, total = Infinity, factor }: OnnxTransform, count: number): number =>
  Math.min(count * largest, total) * factor;

/** Largest DFT that is one dense matrix, and weights of all matrices of a product of several. */
const mostDense = 128;
const mostWeights = 2 ** 20;

/** cos and sin of 2 pi t / n, times a factor: in a forward transform s belongs to e^-i, in a backward one to e^i. */
function turns(
  g: GraphBuilder,
  { n, sign, factor }: Pick<OnnxTransform, 'n' | 'sign' | 'factor'>,
  dims: readonly number[],
  t: (place: number) => number,
): Turns {
  const roots = rootTable(n);
  const count = dims.reduce((a, b) => a * b, 1);
  const table = (f: (t: number) => number): Value =>
    g.reals(
      dims,
      Float64Array.from({ length: count }, (_, i) => factor * f(t(i) % n)),
    );
  return { c: table(roots.re), s: table((i) => sign * roots.im(i)) };
}

/** Turns by the sums of angles. */
function sums(g: GraphBuilder, a: Turns, b: Turns): Turns {
  const times = (x: Value, y: Value): Value => g.node('Mul', [x, y]);
  return {
    c: g.node('Sub', [times(a.c, b.c), times(a.s, b.s)]),
    s: g.node('Add', [times(a.s, b.c), times(a.c, b.s)]),
  };
}

/** Which ends of a matrix are real numbers, without imaginary ones. */
type Ends = 'complex' | 'real-in' | 'real-out';

/** e^-i as a matrix of real and imaginary parts, over the last two of `rank` axes. */
function asMatrix(g: GraphBuilder, { c, s }: Turns, rank: number, ends: Ends): Value {
  const negative = (x: Value): Value => g.node('Neg', [x]);
  if (ends === 'real-in') return g.concat([c, negative(s)], rank - 2);
  const real = g.concat([c, s], rank - 1);
  return ends === 'real-out' ? real : g.concat([real, g.concat([negative(s), c], rank - 1)], rank - 2);
}

/** x e^-i, element by element. */
function turned(g: GraphBuilder, x: Value, { c, s }: Turns): Value {
  const [re, im] = [0, 1].map((part) => g.slice(x, { axis: 0, start: part, end: part + 1 }));
  const times = (a: Value, b: Value): Value => g.node('Mul', [a, b]);
  return g.concat(
    [g.node('Add', [times(re, c), times(im, s)]), g.node('Sub', [times(im, c), times(re, s)])],
    0,
  );
}

/** How a size is taken apart. */
type Split =
  | { readonly kind: 'dense' }
  | { readonly kind: 'two' | 'more'; readonly n1: number; readonly n2: number }
  | { readonly kind: 'chirp' };

function splitOf(n: number): Split {
  if (n <= 16 || (n <= mostDense && primeFactors(n).length === 1)) return { kind: 'dense' };
  if (Math.max(...primeFactors(n)) > mostDense) return { kind: 'chirp' };
  const divisors = Array.from({ length: mostDense }, (_, i) => i + 1).filter((d) => n % d === 0);
  const balanced = divisors
    .map((n1) => ({ n1, n2: n / n1 }))
    .filter(({ n1, n2 }) => n1 * (2 * n2) ** 2 <= mostWeights)
    .sort((a, b) => a.n1 + a.n2 - b.n1 - b.n2);
  if (balanced.length > 0) return { kind: 'two', ...balanced[0] };
  const n1 = Math.max(...divisors.filter((d) => d <= mostDense / 2 || d === divisors[1]));
  return { kind: 'more', n1, n2: n / n1 };
}

/** The matrix [n1, k2, j2] of the second product: angles j2 k1 / n + j2 k2 / n2. */
function secondTurns(
  g: GraphBuilder,
  sign: -1 | 1,
  { n1, n2 }: { readonly n1: number; readonly n2: number },
  counts: { readonly k2: number },
): Turns {
  const byRow = turns(
    g,
    { n: n2, sign, factor: 1 },
    [1, counts.k2, n2],
    (i) => Math.floor(i / n2) * (i % n2),
  );
  const byStep = turns(g, { n: n1 * n2, sign, factor: 1 }, [n1, 1, n2], (i) => Math.floor(i / n2) * (i % n2));
  return sums(g, byRow, byStep);
}

/** Square tables of a DFT. */
const dftTurns = (g: GraphBuilder, n: number, sign: -1 | 1, factor: number): Turns =>
  turns(g, { n, sign, factor }, [n, n], (i) => Math.floor(i / n) * (i % n));

/** Of [parts, n, columns] to [2, n, columns] by two products; real numbers give the bins up to n / 2. */
function byTwo(g: GraphBuilder, one: OnnxTransform, x: Value, isReal: boolean): Value {
  const { n, sign, factor } = one;
  const { n1, n2 } = splitOf(n) as { n1: number; n2: number };
  const scale = g.halfScale(sumLimit(one, n));
  const ends = isReal ? 'real-in' : 'complex';
  const first = asMatrix(g, dftTurns(g, n1, sign, factor * scale), 2, ends);
  const digits = g.reshape(g.half(x), [(isReal ? 1 : 2) * n1, -1]);
  const y = g.reshape(g.node('MatMul', [g.half(first), digits]), [2, n1, n2, -1]);
  const k2 = isReal ? Math.floor(n2 / 2) + 1 : n2;
  const second = asMatrix(g, secondTurns(g, sign, { n1, n2 }, { k2 }), 3, 'complex');
  const z = g.node('MatMul', [g.half(second), g.reshape(g.transpose(y, [1, 0, 2, 3]), [n1, 2 * n2, -1])]);
  const natural = g.transpose(g.reshape(z, [n1, 2, k2, -1]), [1, 2, 0, 3]);
  const out = g.single(g.reshape(natural, [2, n1 * k2, -1]), scale);
  return isReal ? g.slice(out, { axis: 1, start: 0, end: Math.floor(n / 2) + 1 }) : out;
}

/** The points n1 by a product, then columns of n2 points, which have the factor: small numbers are none of float16. */
function byMore(g: GraphBuilder, one: OnnxTransform, x: Value, isReal: boolean): Value {
  const { n, sign, largest } = one;
  const { n1, n2 } = splitOf(n) as { n1: number; n2: number };
  const scale = g.halfScale(sumLimit({ ...one, factor: 1 }, n1));
  const first = asMatrix(g, dftTurns(g, n1, sign, scale), 2, isReal ? 'real-in' : 'complex');
  const digits = g.reshape(g.half(x), [(isReal ? 1 : 2) * n1, -1]);
  const y = g.single(g.reshape(g.node('MatMul', [g.half(first), digits]), [2, n1, n2, -1]), scale);
  // j2 = b a + rest: tables of about the root of n2 each.
  const b = Math.max(
    ...Array.from({ length: Math.floor(Math.sqrt(n2)) }, (_, i) => i + 1).filter((d) => n2 % d === 0),
  );
  const root = { n, sign, factor: 1 };
  const coarse = turns(g, root, [n1, n2 / b, 1], (i) => Math.floor(i / (n2 / b)) * b * (i % (n2 / b)));
  const fine = turns(g, root, [n1, 1, b], (i) => Math.floor(i / b) * (i % b));
  const all = sums(g, coarse, fine);
  const twiddles = { c: g.reshape(all.c, [n1, n2, 1]), s: g.reshape(all.s, [n1, n2, 1]) };
  const columns = g.reshape(g.transpose(turned(g, y, twiddles), [0, 2, 1, 3]), [2, n2, -1]);
  const rest = complexRows(g, { ...one, n: n2, largest: n1 * largest }, columns);
  return g.reshape(rest, [2, n, -1]);
}

/** e^(-i pi j^2 / n), the chirp of a forward transform, its spectrum over m points, by 1 / m, and the largest number of that. */
function chirpOf(
  g: GraphBuilder,
  { n, sign }: OnnxTransform,
  m: number,
): { own: Turns; spectrum: Turns; peak: number } {
  const square = (j: number): number => (j * j) % (2 * n);
  const roots = rootTable(2 * n);
  const kernel = { re: new Float64Array(m), im: new Float64Array(m) };
  for (let j = 0; j < n; j++)
    for (const at of [j, (m - j) % m]) {
      kernel.re[at] = roots.re(square(j));
      kernel.im[at] = sign * roots.im(square(j));
    }
  const { re, im } = fft(kernel);
  const by = 1 / m;
  return {
    peak: re.reduce((most, v, k) => Math.max(most, Math.hypot(v, im[k]) * by), 0),
    own: turns(g, { n: 2 * n, sign, factor: 1 }, [n, 1], square),
    // As e^-i: its imaginary part is -s.
    spectrum: {
      c: g.reals(
        [m, 1],
        re.map((v) => v * by),
      ),
      s: g.reals(
        [m, 1],
        im.map((v) => -v * by),
      ),
    },
  };
}

/** jk = (j^2 + k^2 - (k - j)^2) / 2: a convolution with a chirp, of a power of two of points. */
function byChirp(g: GraphBuilder, one: OnnxTransform, x: Value): Value {
  const { n, factor, largest } = one;
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const { own, spectrum, peak } = chirpOf(g, one, m);
  const padded = g.node('Pad', [turned(g, x, own), g.ints([0, 0, 0, 0, m - n, 0])]);
  const lines = complexRows(g, { n: m, sign: -1, factor: 1, largest, total: n * largest }, padded);
  // Of n numbers the m lines have the norm sqrt(m n) at most, and sum to sqrt(m) of that.
  const back = {
    n: m,
    sign: 1 as const,
    factor,
    largest: n * largest * peak,
    total: m * Math.sqrt(n) * largest * peak,
  };
  const sum = complexRows(g, back, turned(g, lines, spectrum));
  return turned(g, g.slice(sum, { axis: 1, start: 0, end: n }), own);
}

/** Complex numbers [2, n, columns] of complex ones. */
export function complexRows(g: GraphBuilder, one: OnnxTransform, x: Value): Value {
  const { n, sign, factor } = one;
  const { kind } = splitOf(n);
  if (kind === 'two') return byTwo(g, one, x, false);
  if (kind === 'more') return byMore(g, one, x, false);
  if (kind === 'chirp') return byChirp(g, one, x);
  const scale = g.halfScale(sumLimit(one, n));
  const matrix = asMatrix(g, dftTurns(g, n, sign, factor * scale), 2, 'complex');
  const y = g.node('MatMul', [g.half(matrix), g.reshape(g.half(x), [2 * n, -1])]);
  return g.single(g.reshape(y, [2, n, -1]), scale);
}

/** The bins up to n / 2, [2, bins, columns], of real numbers [n, columns]. */
export function realRows(g: GraphBuilder, one: OnnxTransform, x: Value): Value {
  const { kind } = splitOf(one.n);
  if (kind === 'two') return byTwo(g, one, x, true);
  const end = Math.floor(one.n / 2) + 1;
  const cut = (all: Value): Value => g.slice(all, { axis: 1, start: 0, end });
  if (kind === 'more') return cut(byMore(g, one, x, true));
  const parts = g.reshape(x, [1, one.n, -1]);
  return cut(complexRows(g, one, g.node('Pad', [parts, g.ints([0, 0, 0, 1, 0, 0])])));
}

/** What bins count: those that stand for two of them double. */
const binWeights = (n: number): Float64Array =>
  Float64Array.from({ length: Math.floor(n / 2) + 1 }, (_, k) => (k === 0 || 2 * k === n ? 1 : 2));

/** Real numbers [n, columns] of bins [2, n / 2 + 1, columns], by which they are twice the real part of a sum; imaginary parts of bins that have none do not count. */
export function realFromRows(g: GraphBuilder, one: OnnxTransform, x: Value): Value {
  const { n, sign, factor, largest } = one;
  const bins = Math.floor(n / 2) + 1;
  const doubled = g.node('Mul', [x, g.reals([bins, 1], binWeights(n))]);
  const split = splitOf(n);
  if (split.kind !== 'two') {
    const all = g.node('Pad', [doubled, g.ints([0, 0, 0, 0, n - bins, 0])]);
    return g.reshape(
      g.slice(complexRows(g, { ...one, largest: 2 * largest }, all), { axis: 0, start: 0, end: 1 }),
      [n, -1],
    );
  }
  const { n1, n2 } = split;
  const k2 = Math.floor(n2 / 2) + 1;
  const scale = g.halfScale(n * factor * largest);
  const spare = g.node('Pad', [g.half(doubled), g.ints([0, 0, 0, 0, n1 * k2 - bins, 0])]);
  const lines = g.reshape(g.transpose(g.reshape(spare, [2, k2, n1, -1]), [2, 0, 1, 3]), [n1, 2 * k2, -1]);
  const { c, s } = secondTurns(g, sign, { n1, n2 }, { k2 });
  const flip = (t: Value): Value => g.transpose(t, [0, 2, 1]);
  const first = asMatrix(g, { c: flip(c), s: flip(s) }, 3, 'complex');
  const y = g.transpose(g.reshape(g.node('MatMul', [g.half(first), lines]), [n1, 2, n2, -1]), [1, 0, 2, 3]);
  const second = asMatrix(g, dftTurns(g, n1, sign, factor * scale), 2, 'real-out');
  const out = g.node('MatMul', [g.half(second), g.reshape(y, [2 * n1, -1])]);
  return g.single(g.reshape(out, [n, -1]), scale);
}
