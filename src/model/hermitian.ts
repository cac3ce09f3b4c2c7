/**
 * Exact transforms of real samples, any radices, without a complex chain: the spectra of real subsequences are Hermitian,
 * so every stage joins and makes one-sided spectra, half of the butterflies of a complex chain and no split stage behind
 * it (Sorensen, Jones, Heideman & Burrus 1987). The butterflies are those of the complex chain; the index maps differ.
 *
 * A stage of radix r joins r spectra of d points, floor(d/2) + 1 bins each, to one of r d points. Butterfly k, 0 <= k <= d/2,
 * makes the bins k + j d; those above r d / 2 are kept as the conjugates of their mirrors r d - k - j d.
 */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { exprCarrier, type Expr } from '../ir/expr.ts';
import { scaleTerm, type Tensor, type Term } from '../ir/graph.ts';
import { LoadList } from '../ir/view.ts';
import { exactOutputs } from './exact-stage.ts';
import { legs, range, stageSize, type Row, type StageSize } from './geometry.ts';
import { inTurn, legValues, outputLoop, type Ends, type Step } from './loops.ts';
import { isSmallQuotient, scaledBy, unscaled } from './scale.ts';

/** One-sided bins of n real samples. */
export const realBins = (n: number): number => Math.floor(n / 2) + 1;

// A stage of stride d and m groups has r spectra of d points on one side, one of r d points on the other, for each of m subsequences.

/** Is the bin of leg j kept as the conjugate of its mirror? */
const isMirrored = ({ r }: StageSize, j: number): boolean => 2 * j >= r;

/** Bins of leg j by butterfly. */
const binsOf = (stage: StageSize, j: number): Int32Array => {
  const { r, stride: d } = stage;
  const [first, step] = isMirrored(stage, j) ? [r * d - j * d, -1] : [j * d, 1];
  return range(realBins(d), (k) => first + k * step);
};

/** Mirrored legs of butterfly 0, those above r/2, are copies of the legs below. */
const copiesAtZero = (r: number): number => Math.ceil(r / 2) - 1;

/** Rows behind the bins for the copies that the self-mirrored butterflies 0 and d/2 make. */
const spareRows = ({ r, stride: d }: StageSize): number =>
  copiesAtZero(r) + (d % 2 === 0 ? Math.floor(r / 2) : 0);

/** Where leg j is stored by butterfly: its bin, or a spare row for a copy. */
function storedBins(stage: StageSize, j: number): Term {
  const { r, stride: d } = stage;
  const bins = binsOf(stage, j);
  const spare = realBins(r * d);
  if (d % 2 === 0 && isCopyAtMiddle(stage, j)) bins[d / 2] = spare + copiesAtZero(r) + middleRow(stage, j);
  if (2 * j > r) bins[0] = spare + (r - 1 - j);
  return bins;
}

/**
 * Legs j and r - 1 - j of butterfly d/2 are conjugates. Of an even radix the odd legs count as the copies: what is left, the
 * even ones, needs only the sums of samples half a butterfly apart.
 */
const isCopyAtMiddle = ({ r }: StageSize, j: number): boolean => (r % 2 === 0 ? j % 2 === 1 : 2 * j >= r);

/** The copy's spare row, among those of butterfly d/2. */
const middleRow = ({ r }: StageSize, j: number): number => (r % 2 === 0 ? (j - 1) / 2 : r - 1 - j);

/** The loop of a stage: its butterflies, then `rowOf` says where output j goes and as what. */
function stageLoop(
  size: StageSize,
  direction: { readonly inverse: boolean; readonly rows: number },
  { ends, list, x }: { readonly ends: Ends; readonly list: LoadList; readonly x: readonly Complex<Expr>[] },
  outputOf: (y: Complex<Expr>, j: number) => { value: Complex<Expr>; row: Row },
): readonly Tensor[] {
  const { inverse, rows: points } = direction;
  const butterflies = realBins(size.stride);
  const space = [butterflies, size.groups];
  const geometry = { space, g: (): Term[] => [0, 0], k: [1, 0], offsets: butterflies };
  const [inside, outside] = isSmallQuotient(ends.scale) ? [unscaled, ends.scale] : [ends.scale, unscaled];
  const context = { size, inTime: !inverse, inverse, geometry, list, scale: inside };
  const outputs = exactOutputs(context, x).map((y, j) => outputOf(scaledBy(outside, y), j));
  return outputLoop({ label: `real stage ${size.s} (radix ${size.r})`, space, list, points }, outputs, ends);
}

/** r spectra of d points, the samples of subsequence a at rows a m + p, to one spectrum of r d points. */
function forwardStage(stage: StageSize, ends: Ends): readonly Tensor[] {
  const { r, stride: d, groups: m } = stage;
  const list = new LoadList();
  const x = legValues(list, ends.source, legs(r, m, [r * m, 1]), [realBins(d), m]);
  const rows = (realBins(r * d) + spareRows(stage)) * m;
  return stageLoop(stage, { inverse: false, rows }, { ends, list, x }, (y, j) => ({
    value: isMirrored(stage, j) ? complex.conjugate(exprCarrier, y) : y,
    row: { offset: 0, terms: [scaleTerm(storedBins(stage, j), m), 1] },
  }));
}

/** The transpose: one spectrum of r d points to r of d points. */
function inverseStage(stage: StageSize, ends: Ends): readonly Tensor[] {
  const { r, stride: d, groups: m } = stage;
  const list = new LoadList();
  const x = Array.from({ length: r }, (_, j) => {
    const bin = list.complex(ends.source, 0, [scaleTerm(binsOf(stage, j), m), 1]);
    return isMirrored(stage, j) ? complex.conjugate(exprCarrier, bin) : bin;
  });
  const to = legs(r, m, [r * m, 1]);
  return stageLoop(stage, { inverse: true, rows: realBins(d) * r * m }, { ends, list, x }, (value, a) => ({
    value,
    row: to[a],
  }));
}

/** The one-sided spectrum of real `source`, `realBins(n)` rows and spare ones behind them, through the last stage's head. */
export const hermitianForward = (radices: readonly number[], ends: Ends): readonly Tensor[] =>
  inTurn(
    radices.map((_, s) => (between) => forwardStage(stageSize(radices, s), between)),
    { ...ends, source: { re: ends.source.re } },
  );

/** The real samples of a one-sided spectrum; the imaginary parts of bins 0 and n/2 count for nothing. The factor goes into the first loop. */
export function hermitianInverse(radices: readonly number[], ends: Ends): readonly Tensor[] {
  const last = radices.length - 1;
  const steps = radices.map((_, s): Step => {
    const scale = s === last ? ends.scale : unscaled;
    return (between) => inverseStage(stageSize(radices, s), { ...between, scale });
  });
  return inTurn(steps.reverse(), ends);
}
