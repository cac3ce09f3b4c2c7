/**
 * The DFT of frames of real samples by two products of matrices: n = n1 n2, sample j = n2 j1 + j2, bin k = n1 k2 + k1 or n1 k2 - k1:
 *
 *   Y[k1, j2] = sum_j1 w_j x_j e^(-2 pi i j1 k1 / n1),   X[k] = sum_j2 Y[k1, j2] e^(-2 pi i j2 k / n)
 *
 * (Cooley and Tukey 1965). Samples are real, so k1 = 0 .. n1 / 2 are all there are; the other bins are conjugates of those that k1 gives.
 * Frames are the columns, so neither product needs numbers in another order. Windows are part of the first product, twiddles of the
 * second; both matrices are products of small tables, which runtimes multiply once, when they load the model. For even n1 both
 * Y[0, j2] and Y[n1 / 2, j2] are real: they are the real and imaginary parts of k1 = 0, which gives all bins that are multiples of n1 / 2
 * but the last.
 */
import { rootTable } from '../numeric/twiddle.ts';
import type { GraphBuilder, Value } from '../backends/onnx/builder.ts';

/** How a DFT is factored, and the segments of bins that are wanted. */
export interface DftPlan {
  readonly n: number;
  readonly n1: number;
  readonly n2: number;
  /** Samples of a column, a multiple of n2; those beyond the window are multiplied by zero. */
  readonly rows: number;
  /** Bins k1 of the first product. */
  readonly bins1: number;
  /** Does k1 = 0 hold k1 = n1 / 2, too? */
  readonly isPacked: boolean;
  /**
   * Segment r has bins n1 r / 2 + k1 for even r and n1 (r + 1) / 2 - k1 for odd r; where k1 = 0 holds n1 / 2, too, it is n1 r / 2 for all.
   * The first and how many.
   */
  readonly firstSegment: number;
  readonly segments: number;
}

/** Where a bin is: k1 and its segment. */
export interface BinPlace {
  readonly k1: number;
  readonly segment: number;
}

/** Factors of n, and how bins lie among them. */
type Factors = Pick<DftPlan, 'n1' | 'n2' | 'isPacked'>;

function segmentOf({ n1, n2, isPacked }: Factors, bin: number): BinPlace {
  if (isPacked && (2 * bin) % n1 === 0) return { k1: 0, segment: (2 * bin) / n1 };
  const rest = bin % n1;
  const below = (bin - rest) / n1;
  if (2 * rest > n1) return { k1: n1 - rest, segment: 2 * below + 1 };
  // The last bin of an even n lies in the last segment, from above.
  return rest === 0 && 2 * below >= n2 ? { k1: 0, segment: 2 * below - 1 } : { k1: rest, segment: 2 * below };
}

/** The place of a bin among the rows [bins1, segments] of a plan. */
export function placeOf(plan: DftPlan, bin: number): BinPlace {
  const { k1, segment } = segmentOf(plan, bin);
  return { k1, segment: segment - plan.firstSegment };
}

/**
 * Multiplications that a product costs for each row that it reads, and for each that it makes, and those that are a row of a spectrum
 * until it is part of a band: fitted to products of 12 to 80 rows in onnxruntime on a processor with AVX-512.
 */
const [readCost, writeCost, rowCost] = [12, 6, 40];

const productCost = (count: number, outputs: number, inputs: number): number =>
  count * (outputs * inputs + readCost * inputs + writeCost * outputs);

const costOf = ({ n2, rows, bins1, segments }: DftPlan): number =>
  productCost(n2, 2 * bins1, rows / n2) +
  productCost(bins1, 2 * segments, 2 * n2) +
  rowCost * 2 * bins1 * segments;

/** The cheapest factors for `length` windowed samples of frames of n, and bins from the first wanted to the last. */
export function dftPlan(n: number, length: number, [first, last]: readonly [number, number]): DftPlan {
  let best: DftPlan | undefined;
  for (let n1 = 1; n1 <= n; n1++) {
    if (n % n1 !== 0) continue;
    const n2 = n / n1;
    const isPacked = n1 % 2 === 0 && 2 * last < n;
    const places = Array.from(
      { length: last - first + 1 },
      (_, i) => segmentOf({ n1, n2, isPacked }, first + i).segment,
    );
    const firstSegment = places.reduce((a, b) => Math.min(a, b));
    const plan = {
      n,
      n1,
      n2,
      rows: Math.ceil(length / n2) * n2,
      bins1: isPacked ? n1 / 2 : Math.floor(n1 / 2) + 1,
      isPacked,
      firstSegment,
      segments: places.reduce((a, b) => Math.max(a, b)) - firstSegment + 1,
    };
    if (!best || costOf(plan) < costOf(best)) best = plan;
  }
  return best as DftPlan;
}

/** [n2, 2 bins1, rows / n2]: windowed DFTs of n1 points, real parts above imaginary ones, for every j2. */
function firstMatrix(g: GraphBuilder, plan: DftPlan, window: Float64Array): Value {
  const { n1, n2, rows, bins1, isPacked } = plan;
  const count = rows / n2;
  const roots = rootTable(n1);
  const table = Float64Array.from({ length: 2 * bins1 * count }, (_, i) => {
    const [row, j1] = [Math.floor(i / count), i % count];
    if (isPacked && row === bins1) return j1 % 2 === 0 ? 1 : -1;
    return row < bins1 ? roots.re((row * j1) % n1) : roots.im(((row - bins1) * j1) % n1);
  });
  const weights = Float64Array.from({ length: rows }, (_, i) => {
    const [j2, j1] = [Math.floor(i / count), i % count];
    return window[n2 * j1 + j2] ?? 0;
  });
  return g.node('Mul', [g.reals([2 * bins1, count], table), g.reals([n2, 1, count], weights)]);
}

/**
 * [bins1, 2 segments, 2 n2]: real parts above imaginary ones, over pairs of real and imaginary parts of every j2. All are cosines of
 * angles a + b, a by segment and j2, b by k1 and j2: cos a cos b - sin a sin b.
 */
function secondMatrix(g: GraphBuilder, plan: DftPlan): Value {
  const { n, n1, n2, bins1, isPacked, firstSegment, segments } = plan;
  const roots = rootTable(4 * n);
  /** cos and sin of 2 pi t / n + q pi / 2. */
  const cos = (t: number, q: number): number => roots.re((4 * (t % n) + q * n) % (4 * n));
  const sin = (t: number, q: number): number => -roots.im((4 * (t % n) + q * n) % (4 * n));
  const bySegment = (f: typeof cos): Float64Array =>
    Float64Array.from({ length: 4 * segments * n2 }, (_, i) => {
      const [row, column] = [Math.floor(i / (2 * n2)), i % (2 * n2)];
      const [isImaginary, segment] = [row >= segments, (row % segments) + firstSegment];
      const [j2, ofImaginary] = [Math.floor(column / 2), column % 2 === 1];
      // Odd segments are conjugates of the bins n - k, which begin at multiples of n1 as those of even ones do.
      const multiple = segment % 2 === 0 ? segment / 2 : n2 - (segment + 1) / 2;
      // Re X = Re Y cos + Im Y sin, Im X = Im Y cos - Re Y sin; a quarter turn more or less.
      const quarter = (isImaginary ? 1 : 0) + (ofImaginary ? 3 : 0);
      const sign = isImaginary && segment % 2 === 1 ? -1 : 1;
      return sign * f(n1 * multiple * j2, quarter % 4);
    });
  const first = isPacked ? 1 : 0;
  const byBin = (f: typeof cos): Value =>
    g.reals(
      [bins1 - first, 1, 2 * n2],
      Float64Array.from({ length: (bins1 - first) * 2 * n2 }, (_, i) =>
        f((first + Math.floor(i / (2 * n2))) * Math.floor((i % (2 * n2)) / 2), 0),
      ),
    );
  const parts = isPacked ? [packedMatrix(g, plan)] : [];
  if (bins1 > first) {
    const [cosines, sines] = [cos, sin].map((f) => g.reals([2 * segments, 2 * n2], bySegment(f)));
    parts.push(g.node('Sub', [g.node('Mul', [cosines, byBin(cos)]), g.node('Mul', [sines, byBin(sin)])]));
  }
  return g.concat(parts, 0);
}

/** Of k1 = 0 that holds n1 / 2, too, [1, 2 segments, 2 n2]: even segments are those of the former, in real parts, odd ones of the latter. */
function packedMatrix(g: GraphBuilder, { n, n1, n2, firstSegment, segments }: DftPlan): Value {
  const roots = rootTable(n);
  const table = Float64Array.from({ length: 4 * segments * n2 }, (_, i) => {
    const [row, column] = [Math.floor(i / (2 * n2)), i % (2 * n2)];
    const segment = (row % segments) + firstSegment;
    if (segment % 2 !== column % 2) return 0;
    const angle = (((n1 * segment) / 2) * Math.floor(column / 2)) % n;
    return row < segments ? roots.re(angle) : roots.im(angle);
  });
  return g.reals([1, 2 * segments, 2 * n2], table);
}

/**
 * Spectra [bins1, 2 segments, columns] of frames [rows, columns], real parts above imaginary ones, behind a window of at most `rows`
 * samples. Float16 holds those of frames of numbers of at most `largest`.
 */
export function dftRows(
  g: GraphBuilder,
  plan: DftPlan,
  frames: Value,
  window: Float64Array,
  largest = 1,
): Value {
  const { n2, rows, bins1 } = plan;
  const scale = g.halfScale(largest * window.reduce((sum, w) => sum + Math.abs(w), 0));
  const digits = g.transpose(g.reshape(g.half(frames), [rows / n2, n2, -1]), [1, 0, 2]);
  const matrix = firstMatrix(
    g,
    plan,
    window.map((w) => scale * w),
  );
  const first = g.node('MatMul', [g.half(matrix), digits]);
  const pairs = g.transpose(g.reshape(first, [2 * n2, bins1, -1]), [1, 0, 2]);
  return g.single(g.node('MatMul', [g.half(secondMatrix(g, plan)), pairs]), scale);
}

/** What k roundings of unit u come to: k u / (1 - k u). (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1.) */
const gamma = (k: number, u: number): number => (k * u) / (1 - k * u);

/**
 * Bound of the error of every real and imaginary part in float32 (or, with `f16`, float16, above its subnormal numbers), over the sum S of a frame's windowed magnitudes. Parts of Y[k1, j2] are
 * sums of rows / n2 products of two rounded tables, their own share of S times gamma off, thus Y by sqrt 2 of that; parts of X are sums
 * of 2 n2 products with cosines of four roundings.
 */
export function dftBound({ n2, rows }: DftPlan, f16 = false): number {
  // Samples, and the matrix, are rounded to float16 once more.
  const [u, more] = f16 ? [2 ** -11, 2] : [2 ** -24, 0];
  const first = Math.SQRT2 * gamma(rows / n2 + 3 + more, u);
  return first + (1 + first) * gamma(2 * n2 + 4 + more, u);
}

/** |X|^2 [bins1, segments, columns] of spectra. */
export function powerRows(g: GraphBuilder, { bins1, segments }: DftPlan, spectra: Value): Value {
  const squares = g.reshape(g.node('Mul', [spectra, spectra]), [bins1, 2, segments, -1]);
  return g.node('ReduceSum', [squares, g.ints([1])], { keepdims: 0 });
}

/** Rows [bins.length, columns] of values [bins1, segments, columns] in the order of bins. */
export function binRows(g: GraphBuilder, plan: DftPlan, x: Value, bins: ArrayLike<number>): Value {
  const places = Array.from(bins, (bin) => placeOf(plan, bin));
  const parts: Value[] = [];
  for (let from = 0; from < places.length;) {
    const { k1, segment } = places[from];
    const step = (places[from + 1]?.k1 ?? k1 + 1) < k1 ? -1 : 1;
    let end = from + 1;
    while (
      end < places.length &&
      places[end].segment === segment &&
      places[end].k1 === k1 + step * (end - from)
    )
      end++;
    const last = k1 + step * (end - from - 1);
    const part = g.slice(
      x,
      { axis: 0, start: Math.min(k1, last), end: Math.max(k1, last) + 1 },
      { axis: 1, start: segment, end: segment + 1 },
    );
    parts.push(step < 0 ? g.backwards(part, 0) : part);
    from = end;
  }
  return g.reshape(g.concat(parts, 0), [bins.length, -1]);
}
