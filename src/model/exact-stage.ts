/** Exact stages: butterflies whose twiddles are constants. Everything that exact transforms need and learned ones share. */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { rootTable, type RootTable } from '../numeric/twiddle.ts';
import { perBody } from '../ir/bodies.ts';
import { exprCarrier as k, type Expr } from '../ir/expr.ts';
import { constant, type Tensor, type Term } from '../ir/graph.ts';
import { sharedPairs, type LoadList } from '../ir/view.ts';
import { butterfly, smallDft, twiddleBlock } from './butterfly.ts';
import type { StageSize } from './geometry.ts';
import { scaledConstant, timesScale, type Scale } from './scale.ts';

/** What a stage body may look at. */
export interface StageContext {
  readonly size: StageSize;
  readonly inTime: boolean;
  readonly inverse: boolean;
  readonly geometry: {
    readonly space: readonly number[];
    readonly g: () => readonly Term[];
    readonly k: readonly Term[];
    /** Butterflies per group, where that is not the stride. */
    readonly offsets?: number;
  };
  readonly list: LoadList;
  /** Real factor of all outputs, taken into the twiddles; only for `takesScale` stages. */
  readonly scale: Scale;
}

/** Constant [r - 1, 2, offsets], one contiguous stream per load: w_a(k) = scale exp(-+ 2 pi i a k / (r stride)), from the table of all n-th roots. */
function exactTwiddleTable({ size, inverse, scale }: StageContext, offsets: number): Tensor {
  const { r, points, groups } = size;
  const data = new Float64Array((r - 1) * 2 * offsets);
  const root = rootsOfUnity(points);
  for (let a = 1; a < r; a++) {
    const at = 2 * (a - 1) * offsets;
    for (let i = 0; i < offsets; i++) {
      const k = a * i * groups;
      data[at + i] = scaledConstant(scale, root.re(k));
      data[at + offsets + i] = scaledConstant(scale, inverse ? -root.im(k) : root.im(k));
    }
  }
  return constant([r - 1, 2, offsets], data);
}

let lastRoots: { n: number; table: RootTable } | null = null;

/** `rootTable(n)`, kept for the next stage of the same network; a table of a multiple of n serves as well. */
function rootsOfUnity(n: number): RootTable {
  if (!lastRoots || lastRoots.n % n !== 0) lastRoots = { n, table: rootTable(n) };
  const { table } = lastRoots;
  const step = lastRoots.n / n;
  return step === 1 ? table : { re: (k) => table.re(k * step), im: (k) => table.im(k * step) };
}

const pairsOf = (parts: readonly Expr[]): Complex<Expr>[] =>
  Array.from({ length: parts.length / 2 }, (_, a) => ({ re: parts[2 * a], im: parts[2 * a + 1] }));
const partsOf = (values: readonly Complex<Expr>[]): Expr[] => values.flatMap((v) => [v.re, v.im]);

const forwardDft = /* @__PURE__ */ perBody((parts) => smallDft(k, pairsOf(parts)));
const inverseDft = /* @__PURE__ */ perBody((parts) => smallDft(k, pairsOf(parts), true));

/** `smallDft` of expressions, remembered: the stages of one radix share it. */
const exactDft = (x: readonly Complex<Expr>[], inverse: boolean): readonly Complex<Expr>[] =>
  (inverse ? inverseDft : forwardDft)(partsOf(x));

/** Twiddles w_1 .. w_{r-1} of a stage, with its factor. */
export function exactTwiddles(c: StageContext): Complex<Expr>[] {
  const { r, stride } = c.size;
  const offsets = c.geometry.offsets ?? stride;
  const table = exactTwiddleTable(c, offsets);
  const terms = [...c.geometry.k, 0];
  return Array.from({ length: r - 1 }, (_, a) => ({
    re: c.list.read(table, 2 * a * offsets, terms),
    im: c.list.read(table, (2 * a + 1) * offsets, terms),
  }));
}

/** Outputs of one butterfly around twiddles w: products and a DFT, in the order of the decimation. */
export function twiddledOutputs(
  w: readonly Complex<Expr>[],
  c: StageContext,
  x: readonly Complex<Expr>[],
): readonly Complex<Expr>[] {
  const apply = (values: readonly Complex<Expr>[]): Complex<Expr>[] =>
    values.map((v, a) => (a === 0 ? timesScale(c.scale, v) : complex.mul(k, w[a - 1], v)));
  return c.inTime ? exactDft(apply(x), c.inverse) : apply(exactDft(x, c.inverse));
}

/** Outputs of one butterfly of an exact stage. */
export const exactOutputs = (c: StageContext, x: readonly Complex<Expr>[]): readonly Complex<Expr>[] =>
  twiddledOutputs(exactTwiddles(c), c, x);

/** Points of the split stage: pairs (k, n/2 - k), k = 0 .. n/4. */
export const splitPoints = (n: number): number => Math.floor(n / 4) + 1;

export interface SplitContext {
  readonly n: number;
  readonly inverse: boolean;
  readonly list: LoadList;
  readonly scale: Scale;
}

/** Constant [points, 2]: scale times `splitTwiddle` of every point. */
function exactSplitTwiddles(n: number, inverse: boolean, scale: Scale): Tensor {
  const points = splitPoints(n);
  const root = rootsOfUnity(n);
  const data = new Float64Array(2 * points);
  for (let k = 0; k < points; k++) {
    data[2 * k] = scaledConstant(scale, root.im(k));
    data[2 * k + 1] = scaledConstant(scale, inverse ? root.re(k) : -root.re(k));
  }
  return constant([points, 2], data);
}

/**
 * [X_k, conj X_{n/2-k}] from [Z_k, conj Z_{n/2-k}]: with P, Q the sum and difference of the pair,
 * X = (P + v Q) / 2 and (P - v Q) / 2; the same with conj v is the inverse.
 */
export function exactSplitOutputs(c: SplitContext, pair: readonly Complex<Expr>[]): Complex<Expr>[] {
  const half: Scale = [c.scale[0] / 2, c.scale[1] / 2];
  const [p, q] = smallDft(k, pair);
  const v = readSplitTwiddle(exactSplitTwiddles(c.n, c.inverse, half), c);
  return butterfly(k, twiddleBlock(k, v), [timesScale(half, p), q]);
}

/** The twiddle of a point of the split stage, from a table [points, 2]. */
export const readSplitTwiddle = (table: Tensor, { list }: SplitContext): Complex<Expr> =>
  list.complex(sharedPairs(table), 0, [1]);
