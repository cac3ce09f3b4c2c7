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
import { loop, scaleTerm, type Store, type Tensor, type Term } from '../ir/graph.ts';
import { LoadList, rows, type ComplexView } from '../ir/view.ts';
import { heads, type Head } from './heads.ts';
import { exactOutputs } from './exact-stage.ts';
import { isSmallQuotient, scaledBy, unscaled, type Scale } from './scale.ts';

/** One-sided bins of n real samples. */
export const realBins = (n: number): number => Math.floor(n / 2) + 1;

/** Stage s of a chain: r spectra of d points on one side, m of r d points on the other, for each of m subsequences. */
interface HermitianStage {
  readonly radices: readonly number[];
  readonly s: number;
  readonly r: number;
  readonly d: number;
  readonly m: number;
  /** Butterflies: 0 <= k <= d / 2. */
  readonly butterflies: number;
}

function stageOf(radices: readonly number[], s: number): HermitianStage {
  const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
  const d = product(radices.slice(0, s));
  return { radices, s, r: radices[s], d, m: product(radices.slice(s + 1)), butterflies: realBins(d) };
}

/** Is the bin of leg j kept as the conjugate of its mirror? */
const isMirrored = ({ r }: HermitianStage, j: number): boolean => 2 * j >= r;

/** Bins of leg j by butterfly. */
const binsOf = (stage: HermitianStage, j: number): Int32Array => {
  const { r, d, butterflies } = stage;
  const [first, step] = isMirrored(stage, j) ? [r * d - j * d, -1] : [j * d, 1];
  const bins = new Int32Array(butterflies);
  for (let k = 0, bin = first; k < butterflies; k++, bin += step) bins[k] = bin;
  return bins;
};

/** Mirrored legs of butterfly 0, those above r/2, are copies of the legs below. */
const copiesAtZero = (r: number): number => Math.ceil(r / 2) - 1;

/** Rows behind the bins for the copies that the self-mirrored butterflies 0 and d/2 make. */
const spareRows = ({ r, d }: HermitianStage): number =>
  copiesAtZero(r) + (d % 2 === 0 ? Math.floor(r / 2) : 0);

/** Where leg j is stored by butterfly: its bin, or a spare row for a copy. */
function storedBins(stage: HermitianStage, j: number): Term {
  const { r, d } = stage;
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
const isCopyAtMiddle = ({ r }: HermitianStage, j: number): boolean =>
  r % 2 === 0 ? j % 2 === 1 : 2 * j >= r;

/** The copy's spare row, among those of butterfly d/2. */
const middleRow = ({ r }: HermitianStage, j: number): number => (r % 2 === 0 ? (j - 1) / 2 : r - 1 - j);

const outputsOf = (
  stage: HermitianStage,
  inverse: boolean,
  scale: Scale,
  list: LoadList,
  x: readonly Complex<Expr>[],
): readonly Complex<Expr>[] => {
  const { radices, s, butterflies, m } = stage;
  const geometry = { space: [butterflies, m], g: (): Term[] => [0, 0], k: [1, 0], offsets: butterflies };
  return exactOutputs({ radices, s, inTime: !inverse, inverse, geometry, list, scale }, x);
};

/** A store of every value a head makes of y, at rows `offset` + `terms` over [butterflies, m]. */
function collector(lanes: number, head: Head, list: LoadList) {
  const body: Expr[] = [];
  const stores: Store[] = [];
  const emit = (y: Complex<Expr>, offset: number, terms: readonly Term[]): void => {
    for (const out of head.emit(y, (c) => list.read(c, offset, [...terms, 0]))) {
      const row = (t: Term): Term => scaleTerm(t, head.rowsPerBin * lanes);
      const at = (offset * head.rowsPerBin + out.row) * lanes;
      body.push(out.value);
      stores.push({
        result: out.result,
        combine: 'store',
        access: { offset: at, terms: [...terms.map(row), 1] },
      });
    }
  };
  return { body, stores, emit };
}

/** r spectra of d points, the samples of subsequence a at rows a m + p, to one spectrum of r d points. */
function forwardStage(
  stage: HermitianStage,
  source: ComplexView,
  lanes: number,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const { r, d, m, butterflies } = stage;
  const list = new LoadList();
  const x = Array.from({ length: r }, (_, a) => list.complex(source, a * m, [r * m, 1]));
  const [inside, outside] = isSmallQuotient(scale) ? [unscaled, scale] : [scale, unscaled];
  const { body, stores, emit } = collector(lanes, head, list);
  outputsOf(stage, false, inside, list, x).forEach((y, j) => {
    const value = scaledBy(outside, y);
    const kept = isMirrored(stage, j) ? complex.conjugate(exprCarrier, value) : value;
    emit(kept, 0, [scaleTerm(storedBins(stage, j), m), 1]);
  });
  const size = (realBins(r * d) + spareRows(stage)) * m * head.rowsPerBin;
  return loop({
    label: `real stage ${stage.s} (radix ${r})`,
    space: [butterflies, m, lanes],
    loads: list.loads,
    body,
    stores,
    shapes: Array.from({ length: head.results }, () => [size, lanes]),
  });
}

/** The transpose: one spectrum of r d points to r of d points. */
function inverseStage(
  stage: HermitianStage,
  source: ComplexView,
  lanes: number,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const { r, m, butterflies } = stage;
  const list = new LoadList();
  const x = Array.from({ length: r }, (_, j) => {
    const bin = list.complex(source, 0, [scaleTerm(binsOf(stage, j), m), 1]);
    return isMirrored(stage, j) ? complex.conjugate(exprCarrier, bin) : bin;
  });
  const [inside, outside] = isSmallQuotient(scale) ? [unscaled, scale] : [scale, unscaled];
  const { body, stores, emit } = collector(lanes, head, list);
  outputsOf(stage, true, inside, list, x).forEach((y, a) => emit(scaledBy(outside, y), a * m, [r * m, 1]));
  const size = butterflies * r * m * head.rowsPerBin;
  return loop({
    label: `real stage ${stage.s} (radix ${r})`,
    space: [butterflies, m, lanes],
    loads: list.loads,
    body,
    stores,
    shapes: Array.from({ length: head.results }, () => [size, lanes]),
  });
}

/** The one-sided spectrum of real `source`, `realBins(n)` rows and spare ones behind them, through the last stage's head. */
export function hermitianForward(
  radices: readonly number[],
  source: ComplexView,
  lanes: number,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const last = radices.length - 1;
  let current: ComplexView = { re: source.re };
  for (let s = 0; s < last; s++)
    current = planar(forwardStage(stageOf(radices, s), current, lanes, heads.planar(), unscaled), lanes);
  return forwardStage(stageOf(radices, last), current, lanes, head, scale);
}

/** The real samples of a one-sided spectrum; the imaginary parts of bins 0 and n/2 count for nothing. */
export function hermitianInverse(
  radices: readonly number[],
  source: ComplexView,
  lanes: number,
  head: Head,
  scale: Scale,
): readonly Tensor[] {
  const last = radices.length - 1;
  let current = source;
  for (let s = last; s > 0; s--) {
    const factor = s === last ? scale : unscaled;
    current = planar(inverseStage(stageOf(radices, s), current, lanes, heads.planar(), factor), lanes);
  }
  return inverseStage(stageOf(radices, 0), current, lanes, head, last === 0 ? scale : unscaled);
}

const planar = ([re, im]: readonly Tensor[], lanes: number): ComplexView => ({
  re: rows(re, lanes),
  im: rows(im, lanes),
});
