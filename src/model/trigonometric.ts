/**
 * Discrete cosine and sine transforms, types I to IV, as graphs around an exact transform. Definitions and norms are
 * SciPy's. Sources: Makhoul (1980) for II and III through n real points; type IV through n/2 complex points, or n real ones where n
 * is odd; type I through its symmetric extension.
 */
import { complex, type Complex } from '../numeric/arithmetic.ts';
import type { ComplexArray } from '../numeric/complex.ts';
import { twiddleTable } from '../numeric/twiddle.ts';
import { exprCarrier as k, type Expr } from '../ir/expr.ts';
import { constant, loop, type Tensor, type Term } from '../ir/graph.ts';
import { LoadList, rows, type ComplexView, type View } from '../ir/view.ts';
import { exactTransform, type TransformPlan } from './exact.ts';
import { realBins } from './hermitian.ts';
import type { Norm } from './network.ts';

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
function factorOf({ kind, type, n, norm, inverse }: TrigonometricPlan): number {
  const length = type !== 1 ? 2 * n : kind === 'dct' ? 2 * (n - 1) : 2 * (n + 1);
  if (norm === 'ortho') return 1 / Math.sqrt(length);
  return norm === (inverse ? 'backward' : 'forward') ? 1 / length : 1;
}

function range(n: number, f: (i: number) => number): Float64Array {
  const list = new Float64Array(n);
  for (let i = 0; i < n; i++) list[i] = f(i);
  return list;
}

/** A real loop over `count` points: factor[i] * source[index[i]]. */
function gather(
  label: string,
  source: View,
  lanes: number,
  index: Float64Array,
  factor: Float64Array,
  stride = 1,
): Tensor {
  const list = new LoadList();
  const x = list.view(source, 0, [new Int32Array(index)]);
  const c = list.read(constant([factor.length], factor), 0, [1, 0]);
  return loop({
    label,
    space: [index.length, lanes],
    loads: list.loads,
    body: [k.mul(c, x)],
    stores: [{ result: 0, combine: 'store', access: { offset: 0, terms: [stride * lanes, 1] } }],
    shapes: [[index.length * stride, lanes]],
  })[0];
}

/** A loop over `count` points of a complex source; each value goes to its own rows of one real result. */
function scatter(
  label: string,
  count: number,
  lanes: number,
  body: (list: LoadList) => { value: Expr; row: Term }[],
  size: number,
  stride: number,
): Tensor {
  const list = new LoadList();
  const out = body(list);
  const scaled = (t: Term): Term =>
    typeof t === 'number' ? t * stride * lanes : t.map((row) => row * stride * lanes);
  return loop({
    label,
    space: [count, lanes],
    loads: list.loads,
    body: out.map((o) => o.value),
    stores: out.map(({ row }) => ({
      result: 0,
      combine: 'store' as const,
      access: { offset: 0, terms: [scaled(row), 1] },
    })),
    shapes: [[size * stride, lanes]],
  })[0];
}

const at = (list: LoadList, source: ComplexView, term: Term): Complex<Expr> =>
  list.complex(source, 0, [term]);

function constants(list: LoadList, c: ComplexArray): Complex<Expr> {
  const part = (data: Float64Array): Expr => list.read(constant([data.length], data), 0, [1, 0]);
  return { re: part(c.re), im: part(c.im) };
}

/** s[j] exp(-+ 2 pi i e[j] / period). */
function phases(
  period: number,
  exponents: Float64Array,
  scale: Float64Array,
  conjugate = false,
): ComplexArray {
  const root = twiddleTable(period);
  const re = new Float64Array(exponents.length);
  const im = new Float64Array(exponents.length);
  exponents.forEach((e, j) => {
    const w = root(e);
    re[j] = scale[j] * w[0];
    im[j] = scale[j] * (conjugate ? -w[1] : w[1]);
  });
  return { re, im };
}

const planar = ([re, im]: readonly Tensor[], lanes: number): ComplexView => ({
  re: rows(re, lanes),
  im: rows(im, lanes),
});

interface Context {
  readonly plan: TrigonometricPlan;
  readonly n: number;
  readonly lanes: number;
  /** Distance of output points. */
  readonly stride: number;
  readonly inner: (source: ComplexView) => readonly Tensor[];
}

/** y_k = 2 sum_j x_j cos(pi (2 j + 1) k / 2 n), times weight[k]: even samples up, odd samples down, n real points. */
function cosineTwo(
  { n, lanes, stride, inner }: Context,
  source: View,
  weight: Float64Array,
  sign: Float64Array,
): Tensor {
  const order = range(n, (j) => (2 * j < n ? 2 * j : 2 * (n - j) - 1));
  const folded = gather(
    'even, odd',
    source,
    lanes,
    order,
    order.map((j) => sign[j]),
  );
  const spectrum = planar(inner({ re: rows(folded, lanes) }), lanes);
  const bins = realBins(n);
  const w = phases(
    4 * n,
    range(bins, (j) => j),
    range(bins, (j) => 2 * weight[j]),
  );
  const mirrored = new Int32Array(range(bins, (j) => (j === 0 ? n : 2 * j === n ? n + 1 : n - j)));
  return scatter(
    'cosines',
    bins,
    lanes,
    (list) => {
      const y = complex.mul(k, constants(list, w), at(list, spectrum, 1));
      return [
        { value: y.re, row: 1 },
        { value: k.neg(y.im), row: mirrored },
      ];
    },
    n + 2,
    stride,
  );
}

/** y_k = x_0 + 2 sum_{j > 0} x_j cos(pi j (2 k + 1) / 2 n) with x weighted: the transpose of type II. */
function cosineThree(
  { n, lanes, stride, inner }: Context,
  source: View,
  index: Float64Array,
  weight: Float64Array,
): Tensor {
  const x = rows(gather('weights', source, lanes, index, weight), lanes);
  const bins = realBins(n);
  const w = phases(
    4 * n,
    range(bins, (j) => j),
    range(bins, () => 1),
    true,
  );
  const list = new LoadList();
  const mirror = new Int32Array(range(bins, (j) => (n - j) % n));
  const present = constant(
    [bins],
    range(bins, (j) => (j === 0 ? 0 : 1)),
  );
  const pair = {
    re: list.view(x, 0, [1]),
    im: k.neg(k.mul(list.read(present, 0, [1, 0]), list.view(x, 0, [mirror]))),
  };
  const v = complex.mul(k, constants(list, w), pair);
  const whole = { offset: 0, terms: [lanes, 1] };
  const [re, im] = loop({
    label: 'phases',
    space: [bins, lanes],
    loads: list.loads,
    body: [v.re, v.im],
    stores: [0, 1].map((result) => ({ result, combine: 'store' as const, access: whole })),
    shapes: [0, 1].map(() => [bins, lanes]),
  });
  const [samples] = inner(planar([re, im], lanes));
  const back = range(n, (j) => (j % 2 === 0 ? j / 2 : n - (j + 1) / 2));
  return gather(
    'even, odd',
    rows(samples, lanes),
    lanes,
    back,
    range(n, () => 1),
    stride,
  );
}

/** y_k = 2 sum_j x_j cos(pi (2 j + 1) (2 k + 1) / 4 n) by n/2 complex points. */
function cosineFourEven({ n, lanes, stride, inner }: Context, source: View, scale: number): Tensor {
  const half = n / 2;
  const ones = range(half, () => 1);
  const pre = phases(
    2 * n,
    range(half, (j) => j),
    ones,
  );
  const list = new LoadList();
  const z = complex.mul(k, constants(list, pre), {
    re: list.view(source, 0, [2]),
    im: list.view({ ...source, offset: source.offset + (n - 1) * source.stride }, 0, [-2]),
  });
  const whole = { offset: 0, terms: [lanes, 1] };
  const packed = loop({
    label: 'phases',
    space: [half, lanes],
    loads: list.loads,
    body: [z.re, z.im],
    stores: [0, 1].map((result) => ({ result, combine: 'store' as const, access: whole })),
    shapes: [0, 1].map(() => [half, lanes]),
  });
  const spectrum = planar(inner(planar(packed, lanes)), lanes);
  const post = phases(
    8 * n,
    range(half, (j) => 4 * j + 1),
    range(half, () => 2 * scale),
  );
  return scatter(
    'cosines',
    half,
    lanes,
    (own) => {
      const y = complex.mul(k, constants(own, post), at(own, spectrum, 1));
      return [
        { value: y.re, row: 2 },
        { value: k.neg(y.im), row: new Int32Array(range(half, (j) => n - 1 - 2 * j)) },
      ];
    },
    n,
    stride,
  );
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
function cosineFourOdd({ n, lanes, stride, inner }: Context, source: View, scale: number): Tensor {
  const chosen = range(n, (p) => {
    const a = p % 2 === 1 ? p : p + n;
    return a % 4 === 1 ? a : 2 * n - a;
  });
  const w = gather(
    'signs',
    source,
    lanes,
    chosen.map((a) => (a - 1) / 2),
    chosen.map(evenSign),
  );
  const spectrum = planar(inner({ re: rows(w, lanes) }), lanes);
  // 8 v = 1 (mod n), and u = 1 / n = n (mod 8).
  const v = n === 1 ? 0 : [1, 3, 5, 7].map((t) => (t * n + 1) / 8).find(Number.isInteger);
  if (v === undefined) throw new Error('internal: an odd number has an inverse of 8');
  const bins = range(n, (k) => ((2 * k + 1) * v) % n);
  const isMirrored = (q: number): boolean => 2 * q > n;
  const at = Int32Array.from(bins, (q) => (isMirrored(q) ? n - q : q));
  const turned = (k: number): number => ((2 * k + 1) % 8) * (n % 8);
  const size = Math.SQRT2 * scale;
  return scatter(
    'cosines',
    n,
    lanes,
    (list) => {
      const weights = constants(list, {
        re: range(n, (i) => size * evenSign(turned(i))),
        im: range(n, (i) => size * oddSign(turned(i)) * (isMirrored(bins[i]) ? -1 : 1)),
      });
      const bin = list.complex(spectrum, 0, [at]);
      return [{ value: k.add(k.mul(weights.re, bin.re), k.mul(weights.im, bin.im)), row: 1 }];
    },
    n,
    stride,
  );
}

/** Type I through the even or odd extension. */
function typeOne({ plan, n, lanes, stride, inner }: Context, source: View, scale: number): Tensor {
  const ortho = plan.norm === 'ortho';
  const length = plan.inner.n;
  if (plan.kind === 'dct') {
    const edge = (j: number): boolean => j === 0 || j === n - 1;
    const index = range(length, (j) => (j < n ? j : length - j));
    const extended = gather(
      'even extension',
      source,
      lanes,
      index,
      index.map((j) => (ortho && edge(j) ? Math.SQRT2 : 1)),
    );
    const [re] = inner({ re: rows(extended, lanes) });
    const out = range(n, (j) => (ortho && edge(j) ? scale * Math.SQRT1_2 : scale));
    return gather(
      'cosines',
      rows(re, lanes),
      lanes,
      range(n, (j) => j),
      out,
      stride,
    );
  }
  const zero = (j: number): boolean => j === 0 || j === n + 1;
  const index = range(length, (j) => (zero(j) ? 0 : j <= n ? j - 1 : length - 1 - j));
  const extended = gather(
    'odd extension',
    source,
    lanes,
    index,
    range(length, (j) => (zero(j) ? 0 : j <= n ? 1 : -1)),
  );
  const [, im] = inner({ re: rows(extended, lanes) });
  return gather(
    'sines',
    rows(im, lanes),
    lanes,
    range(n, (j) => j + 1),
    range(n, () => -scale),
    stride,
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
  const ortho = plan.norm === 'ortho';
  const c: Context = {
    plan,
    n,
    lanes,
    stride,
    inner: (from) => exactTransform(plan.inner, from, lanes),
  };
  const type = summedType(plan.type, plan.inverse);
  const ones = range(n, () => 1);
  const alternating = range(n, (j) => (j % 2 === 0 ? 1 : -1));
  const reversed = range(n, (j) => n - 1 - j);
  const last = (y: Tensor, index: Float64Array, sign: Float64Array): Tensor =>
    gather('sines', rows(y, lanes), lanes, index, sign, stride);
  if (type === 1) return typeOne(c, source, scale);
  const inside = kind === 'dct' ? c : { ...c, stride: 1 };
  if (type === 2) {
    const weight = range(n, (j) => (ortho && j === 0 ? scale * Math.SQRT1_2 : scale));
    const y = cosineTwo(inside, source, weight, kind === 'dct' ? ones : alternating);
    return kind === 'dct' ? y : last(y, reversed, ones);
  }
  if (type === 3) {
    const weight = range(n, (j) => (ortho && j === 0 ? scale * Math.SQRT2 : scale));
    const index = kind === 'dct' ? range(n, (j) => j) : reversed;
    const y = cosineThree(inside, source, index, weight);
    return kind === 'dct'
      ? y
      : last(
          y,
          range(n, (j) => j),
          alternating,
        );
  }
  const from =
    kind === 'dct'
      ? source
      : { ...source, offset: source.offset + (n - 1) * source.stride, stride: -source.stride };
  const y = (n % 2 === 0 ? cosineFourEven : cosineFourOdd)(inside, from, scale);
  return kind === 'dct'
    ? y
    : last(
        y,
        range(n, (j) => j),
        alternating,
      );
}
