/**
 * Discrete cosine and sine transforms, types I to IV, as graphs around an exact transform. Definitions and norms are
 * SciPy's. Sources: Makhoul (1980) for II and III through n real points; type IV through n/2 complex points, or n real ones where n
 * is odd; type I through its symmetric extension.
 */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import { rootTable } from '../numeric/twiddle.ts';
import { exprCarrier as k, type Expr } from '../ir/expr.ts';
import { constant, type Tensor, type Term } from '../ir/graph.ts';
import { LoadList, planar, rows, type ComplexView, type View } from '../ir/view.ts';
import { exactTransform, type TransformPlan } from './exact.ts';
import { range } from './geometry.ts';
import { heads } from './heads.ts';
import { realBins } from './hermitian.ts';
import { outputLoop, overPoints } from './loops.ts';
import { normFactor, type Norm } from './network.ts';

export type TrigonometricType = 1 | 2 | 3 | 4;

/** A cosine or sine transform and the exact transform inside it. Plain data. */
export interface TrigonometricPlan {
  readonly kind: 'dct' | 'dst';
  readonly type: TrigonometricType;
  readonly n: number;
  readonly norm: Norm;
  readonly inverse: boolean;
  readonly inner: TransformPlan;
}

/** The type that inverts a type. */
const inverseType = { 1: 1, 2: 3, 3: 2, 4: 4 } as const;

/** The type whose sums are computed: that of the inverse for an inverse. */
export const summedType = (type: TrigonometricType, inverse: boolean): TrigonometricType =>
  inverse ? inverseType[type] : type;

/** Size, input and direction of the exact transform inside. */
export function innerTransform(
  kind: 'dct' | 'dst',
  type: TrigonometricType,
  n: number,
): Pick<TransformPlan, 'n' | 'input' | 'direction'> {
  if (type === 1)
    return { n: kind === 'dct' ? 2 * (n - 1) : 2 * (n + 1), input: 'real', direction: 'forward' };
  if (type === 2) return { n, input: 'real', direction: 'forward' };
  if (type === 3) return { n, input: 'real', direction: 'inverse' };
  return n % 2 === 0
    ? { n: n / 2, input: 'complex', direction: 'forward' }
    : { n, input: 'real', direction: 'forward' };
}

/** 1, 1/N or 1/sqrt N with N = 2 n, 2 (n - 1) or 2 (n + 1). */
const factorOf = ({ kind, type, n, norm, inverse }: TrigonometricPlan): number =>
  normFactor(norm, inverse, type !== 1 ? 2 * n : kind === 'dct' ? 2 * (n - 1) : 2 * (n + 1));

/** A number for every index. */
type Sequence = (i: number) => number;

/** f(0), f(1), ..., f(count - 1), [count]. */
function sequence(count: number, f: Sequence): Tensor {
  const data = new Float64Array(count);
  for (let i = 0; i < count; i++) data[i] = f(i);
  return constant([count], data);
}

const self: Sequence = (i) => i;
const one: Sequence = () => 1;

/** How a tensor lies in memory: signals side by side, and the distance of points. */
interface Placement {
  readonly lanes: number;
  readonly stride: number;
}

/** A real loop over `count` points: factor(i) * source[index(i)]. */
function gather(
  to: Placement,
  { label, count }: { readonly label: string; readonly count: number },
  source: View,
  index: Sequence,
  factor: Sequence = one,
): View {
  return scatter(to, { label, count, size: count }, (list) => {
    const x = list.view(source, 0, [range(count, index)]);
    const c = list.read(sequence(count, factor), 0, [1, 0]);
    return [{ value: k.mul(c, x), row: 1 }];
  });
}

/** A loop over `count` points of a complex source; each value goes to its own rows of one real result of `size` points. */
function scatter(
  { lanes, stride }: Placement,
  { label, count, size }: { readonly label: string; readonly count: number; readonly size: number },
  body: (list: LoadList) => { value: Expr; row: Term }[],
): View {
  const list = new LoadList();
  const outputs = body(list).map(({ value, row }) => ({
    value: { re: value, im: value },
    row: { offset: 0, terms: [row] },
  }));
  const frame = { label, space: [count], list, points: size };
  const [tensor] = outputLoop(frame, outputs, { lanes, head: heads.real(stride) });
  return rows(tensor, lanes);
}

/** scale(j) exp(-2 pi i exponent(j) / period), j < count; `sign` -1 conjugates. */
function phases(
  list: LoadList,
  count: number,
  period: number,
  { exponent = self, scale = one, sign = 1 }: { exponent?: Sequence; scale?: Sequence; sign?: 1 | -1 },
): Complex<Expr> {
  const { re, im } = rootTable(period);
  const part = (root: (k: number) => number, by: number): Expr =>
    list.read(
      sequence(count, (j) => scale(j) * (by * root(exponent(j)))),
      0,
      [1, 0],
    );
  return { re: part(re, 1), im: part(im, sign) };
}

interface Context extends Placement {
  readonly plan: TrigonometricPlan;
  readonly n: number;
  readonly inner: (source: ComplexView) => { readonly re: View; readonly im: View };
}

/** Between two loops points are neighbours. */
const packed = ({ lanes }: Placement): Placement => ({ lanes, stride: 1 });

/** y_k = 2 sum_j x_j cos(pi (2 j + 1) k / 2 n), times weight(k): even samples up, odd samples down, n real points. */
function cosineTwo(c: Context, source: View, weight: Sequence, sign: Sequence): View {
  const { n } = c;
  const order: Sequence = (j) => (2 * j < n ? 2 * j : 2 * (n - j) - 1);
  const folded = gather(packed(c), { label: 'even, odd', count: n }, source, order, (j) => sign(order(j)));
  const spectrum = c.inner({ re: folded });
  const count = realBins(n);
  const mirrored = range(count, (j) => (j === 0 ? n : 2 * j === n ? n + 1 : n - j));
  return scatter(c, { label: 'cosines', count, size: n + 2 }, (list) => {
    const w = phases(list, count, 4 * n, { scale: (j) => 2 * weight(j) });
    const y = complex.mul(k, w, list.complex(spectrum, 0, [1]));
    return [
      { value: y.re, row: 1 },
      { value: k.neg(y.im), row: mirrored },
    ];
  });
}

/** y_k = x_0 + 2 sum_{j > 0} x_j cos(pi j (2 k + 1) / 2 n) with x weighted: the transpose of type II. */
function cosineThree(c: Context, source: View, index: Sequence, weight: Sequence): View {
  const { n, lanes } = c;
  const x = gather(packed(c), { label: 'weights', count: n }, source, index, weight);
  const count = realBins(n);
  const turned = overPoints('phases', count, lanes, (list) => {
    const mirror = range(count, (j) => (n - j) % n);
    const present = sequence(count, (j) => (j === 0 ? 0 : 1));
    const pair = {
      re: list.view(x, 0, [1]),
      im: k.neg(k.mul(list.read(present, 0, [1, 0]), list.view(x, 0, [mirror]))),
    };
    return complex.mul(k, phases(list, count, 4 * n, { sign: -1 }), pair);
  });
  const samples = c.inner(planar(turned, lanes)).re;
  const back: Sequence = (j) => (j % 2 === 0 ? j / 2 : n - (j + 1) / 2);
  return gather(c, { label: 'even, odd', count: n }, samples, back);
}

/** y_k = 2 sum_j x_j cos(pi (2 j + 1) (2 k + 1) / 4 n) by n/2 complex points. */
function cosineFourEven(c: Context, source: View, scale: number): View {
  const { n, lanes } = c;
  const half = n / 2;
  const turned = overPoints('phases', half, lanes, (list) =>
    complex.mul(k, phases(list, half, 2 * n, {}), {
      re: list.view(source, 0, [2]),
      im: list.view({ ...source, offset: source.offset + (n - 1) * source.stride }, 0, [-2]),
    }),
  );
  const spectrum = c.inner(planar(turned, lanes));
  return scatter(c, { label: 'cosines', count: half, size: n }, (list) => {
    const w = phases(list, half, 8 * n, { exponent: (j) => 4 * j + 1, scale: () => 2 * scale });
    const y = complex.mul(k, w, list.complex(spectrum, 0, [1]));
    return [
      { value: y.re, row: 2 },
      { value: k.neg(y.im), row: range(half, (j) => n - 1 - 2 * j) },
    ];
  });
}

/** sqrt 2 cos(pi m / 4) of odd m. */
const evenSign = (m: number): number => (m % 8 === 1 || m % 8 === 7 ? 1 : -1);
/** sqrt 2 sin(pi m / 4) of odd m. */
const oddSign = (m: number): number => (m % 8 < 4 ? 1 : -1);

/**
 * The same of odd length by n real points. With a = 2 j + 1, b = 2 k + 1, 8 v = 1 (mod n) and u n + 8 v = 1 the angle
 * 2 pi a b / 8 n is 2 pi (a b u / 8 + a b v / n). Of odd numbers both signs above are characters, so that
 * y_k = sqrt 2 (evenSign(b u) Re W_q + oddSign(b u) Im W_q), q = b v mod n, where the cosine sum of evenSign(a) x_j and the sine sum
 * of oddSign(a) x_j are the even and the odd part of one sequence: w[a mod n] = +- x_j or +- x_{n-1-j}, whichever of a and 2 n - a
 * is 1 or 3 mod 4. (The idea: Chan & Ho 1990.)
 */
function cosineFourOdd(c: Context, source: View, scale: number): View {
  const { n } = c;
  const chosen: Sequence = (p) => {
    const a = p % 2 === 1 ? p : p + n;
    return a % 4 === 1 ? a : 2 * n - a;
  };
  const w = gather(
    packed(c),
    { label: 'signs', count: n },
    source,
    (p) => (chosen(p) - 1) / 2,
    (p) => evenSign(chosen(p)),
  );
  const spectrum = c.inner({ re: w });
  // 8 v = 1 (mod n), and u = 1 / n = n (mod 8).
  const v = n === 1 ? 0 : [1, 3, 5, 7].map((t) => (t * n + 1) / 8).find(Number.isInteger);
  if (v === undefined) throw new Error('internal: an odd number has an inverse of 8');
  const bin: Sequence = (i) => ((2 * i + 1) * v) % n;
  const isMirrored = (q: number): boolean => 2 * q > n;
  const turned: Sequence = (i) => ((2 * i + 1) % 8) * (n % 8);
  const size = Math.SQRT2 * scale;
  return scatter(c, { label: 'cosines', count: n, size: n }, (list) => {
    const weight = (f: Sequence): Expr => list.read(sequence(n, f), 0, [1, 0]);
    const re = weight((i) => size * evenSign(turned(i)));
    const im = weight((i) => size * oddSign(turned(i)) * (isMirrored(bin(i)) ? -1 : 1));
    const x = list.complex(spectrum, 0, [range(n, (i) => (isMirrored(bin(i)) ? n - bin(i) : bin(i)))]);
    return [{ value: k.add(k.mul(re, x.re), k.mul(im, x.im)), row: 1 }];
  });
}

/** Type I through the even or odd extension. */
function typeOne(c: Context, source: View, scale: number): View {
  const { plan, n } = c;
  const ortho = plan.norm === 'ortho';
  const count = plan.inner.n;
  if (plan.kind === 'dct') {
    const edge = (j: number): boolean => ortho && (j === 0 || j === n - 1);
    const index: Sequence = (j) => (j < n ? j : count - j);
    const weight: Sequence = (j) => (edge(index(j)) ? Math.SQRT2 : 1);
    const extended = gather(packed(c), { label: 'even extension', count }, source, index, weight);
    return gather(c, { label: 'cosines', count: n }, c.inner({ re: extended }).re, self, (j) =>
      edge(j) ? scale * Math.SQRT1_2 : scale,
    );
  }
  const zero = (j: number): boolean => j === 0 || j === n + 1;
  const index: Sequence = (j) => (zero(j) ? 0 : j <= n ? j - 1 : count - 1 - j);
  const sign: Sequence = (j) => (zero(j) ? 0 : j <= n ? 1 : -1);
  const extended = gather(packed(c), { label: 'odd extension', count }, source, index, sign);
  const { im } = c.inner({ re: extended });
  return gather(
    c,
    { label: 'sines', count: n },
    im,
    (j) => j + 1,
    () => -scale,
  );
}

/** The transform of real `source` ([n, lanes] view); one tensor with at most two spare rows. */
export function trigonometricTransform(
  plan: TrigonometricPlan,
  source: View,
  lanes: number,
  stride: number,
): Tensor {
  const { n, kind } = plan;
  const scale = factorOf(plan);
  const inner = (from: ComplexView) => {
    const [re, im] = exactTransform(plan.inner, from, lanes);
    return { re: rows(re, lanes), im: rows(im, lanes) };
  };
  const c: Context = { plan, n, lanes, stride, inner };
  const type = summedType(plan.type, plan.inverse);
  if (type === 1) return typeOne(c, source, scale).tensor;
  const isSine = kind === 'dst';
  const first =
    (by: number): Sequence =>
    (j) =>
      plan.norm === 'ortho' && j === 0 ? scale * by : scale;
  const alternating: Sequence = (j) => (j % 2 === 0 ? 1 : -1);
  const reversed: Sequence = (j) => n - 1 - j;
  const inside = isSine ? { ...c, stride: 1 } : c;
  const last = (y: View, index: Sequence, sign: Sequence): Tensor =>
    (isSine ? gather(c, { label: 'sines', count: n }, y, index, sign) : y).tensor;
  if (type === 2)
    return last(cosineTwo(inside, source, first(Math.SQRT1_2), isSine ? alternating : one), reversed, one);
  if (type === 3)
    return last(cosineThree(inside, source, isSine ? reversed : self, first(Math.SQRT2)), self, alternating);
  const from = isSine
    ? { ...source, offset: source.offset + (n - 1) * source.stride, stride: -source.stride }
    : source;
  return last((n % 2 === 0 ? cosineFourEven : cosineFourOdd)(inside, from, scale), self, alternating);
}
