/** What the last loop of a network makes of an output X, and where it puts it. */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { constant, type Tensor } from '../ir/graph.ts';
import { exprCarrier, type Expr } from '../ir/expr.ts';

/** Reads, at the bin of an output, a constant sequence over the bins. */
type ReadAtBin = (c: Tensor) => Expr;

/** Values made of one output, each with its result and its row = rowsPerBin * bin + row. */
export interface Head {
  readonly results: number;
  readonly rowsPerBin: number;
  emit(x: Complex<Expr>, read: ReadAtBin): { result: number; value: Expr; row: number }[];
}

/** A head behind a factor per bin: the product by a constant spectrum, fused into the loop that makes it. */
export function timesBins(head: Head, c: ComplexArray): Head {
  const [re, im] = [c.re, c.im].map((part) => constant([part.length], part));
  return {
    ...head,
    emit: (x, read) => head.emit(complex.mul(exprCarrier, { re: read(re), im: read(im) }, x), read),
  };
}

const power = (x: Complex<Expr>): Expr => complex.squaredModulus(exprCarrier, x);

/** A head of values by result; the values of one result lie `step` rows apart. */
const head = (
  results: number,
  rowsPerBin: number,
  valuesOf: (x: Complex<Expr>) => readonly (readonly Expr[])[],
  step = 1,
): Head => ({
  results,
  rowsPerBin,
  emit: (x) =>
    valuesOf(x).flatMap((values, result) => values.map((value, i) => ({ result, value, row: i * step }))),
});

/** Heads by what they write; `stride` is the distance of consecutive points (of a pair, of consecutive samples). */
export const heads = {
  /** Planar real and imaginary parts. */
  planar: (stride = 1) => head(2, stride, (x) => [[x.re], [x.im]]),
  /** Real part, imaginary part, next point. */
  interleaved: (stride = 1) => head(1, 2 * stride, (x) => [[x.re, x.im]]),
  /** The real part alone. */
  real: (stride = 1) => head(1, stride, (x) => [[x.re]]),
  /** Real and imaginary parts as consecutive samples: the end of a real inverse transform. */
  samplePairs: (stride = 1) => head(1, 2 * stride, (x) => [[x.re, x.im]], stride),
  /** |X|^2. */
  power: (stride = 1) => head(1, stride, (x) => [[power(x)]]),
  /** Planar parts, and |X|^2. */
  both: (stride = 1) => head(3, stride, (x) => [[x.re], [x.im], [power(x)]]),
} satisfies Record<string, (stride: number) => Head>;
