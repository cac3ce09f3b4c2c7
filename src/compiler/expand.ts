/**
 * exp, log, sin and cos as polynomials over the other ops, because WebAssembly has none and JavaScript engines differ.
 *
 * Error bounds, in units in the last place of the result, measured over 10^6 arguments by test/compiler/expand.test.ts:
 * log < 1.1 (f32) and 1.5 (f64), exp < 1.5, sin and cos < 1.5 for |x| <= 1000 (away from their zeros relative, near them absolute eps).
 * log: 2^e m, and log m = t - s (t - R(s^2)) with t = m - 1, s = t / (m + 1); R by Remez in f32, fdlibm's coefficients (Ng & Bailey,
 * FreeBSD msun e_log.c, published) in f64; exp, sin, cos: Cody & Waite reduction and Taylor polynomials.
 */
import { perBody, rebuildBody } from '../ir/bodies.ts';
import { exprCarrier as k, literal, rebuild, topological, type Expr } from '../ir/expr.ts';
import type { Dtype } from './kernel.ts';

const { add, sub, mul, div, select, less, equal } = k;

/** c0 + x (c1 + x (c2 + ...)). */
function horner(x: Expr, coefficients: readonly number[]): Expr {
  return coefficients.reduceRight(
    (sum: Expr | null, c) => (sum ? add(mul(sum, x), literal(c)) : literal(c)),
    null,
  ) as Expr;
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
/** 1/m!, with alternating signs when asked, for m = first, first + step, ... */
const taylor = (first: number, step: number, count: number, alternate: boolean): number[] =>
  Array.from({ length: count }, (_, i) => (alternate && i % 2 === 1 ? -1 : 1) / factorial(first + step * i));

interface Format {
  /** log: coefficients of s^2, s^4, ... */
  readonly log: readonly number[];
  /** e ln 2 + t - s (t - r). */
  readonly logarithm: (e: Expr, t: Expr, s: Expr, r: Expr) => Expr;
  /** ln 2 in two parts, the first short enough that its product with a small integer is exact. */
  readonly ln2: readonly [high: number, low: number];
  readonly expTerms: number;
  readonly sinTerms: number;
  readonly cosTerms: number;
  /** pi / 2 in parts short enough that their product with a small integer is exact. */
  readonly halfPi: readonly number[];
  /** Arguments of exp beyond which the result is infinite or zero. */
  readonly expRange: readonly [low: number, high: number];
  readonly smallestNormal: number;
  readonly mantissaBits: number;
}

/** ln 2 in two parts, of f64. */
const ln2 = [6.9314718036912381649e-1, 1.90821492927058770002e-10] as const;

const formats: Record<Dtype, Format> = {
  f32: {
    log: [0.6666677608548, 0.39977574016974, 0.29870937213762],
    logarithm: (e, t, s, r) => add(mul(e, literal(Math.LN2)), sub(t, mul(s, sub(t, r)))),
    ln2: [0.693138122558594, 9.0580006145e-6],
    expTerms: 8,
    sinTerms: 5,
    cosTerms: 6,
    halfPi: [1.5703125, 4.837512969970703125e-4, 7.549789948768648e-8],
    expRange: [-103.9, 88.7228317],
    smallestNormal: 1.1754943508222875e-38,
    mantissaBits: 23,
  },
  f64: {
    log: [
      6.66666666666673513e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1,
      1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1,
    ],
    // With ln 2 in two parts, and t - s t as t - t^2 / 2 + s t^2 / 2: the bits of files of version 1.
    logarithm(e, t, s, r) {
      const half = mul(literal(0.5), mul(t, t));
      const small = add(mul(s, add(half, r)), mul(e, literal(ln2[1])));
      return sub(mul(e, literal(ln2[0])), sub(sub(half, small), t));
    },
    ln2,
    expTerms: 14,
    sinTerms: 9,
    cosTerms: 10,
    halfPi: [1.57079632673412561417, 6.0771005063039659766e-11, 2.02226624879595063154e-21],
    expRange: [-745.13, 709.782712893384],
    smallestNormal: 2.2250738585072014e-308,
    mantissaBits: 52,
  },
};

/** Is a value never below the smallest normal number, unless it is NaN? */
const isNormal = (x: Expr, f: Format): boolean =>
  x.op === 'max' && x.args.some((a) => a.op === 'literal' && a.value >= f.smallestNormal);

function log(x: Expr, f: Format): Expr {
  const normal = isNormal(x, f);
  const tiny = less(x, literal(f.smallestNormal));
  const scaled = normal ? x : select(tiny, mul(x, literal(2 ** f.mantissaBits)), x);
  const exponent = k.exponent(scaled);
  const e = normal ? exponent : add(exponent, select(tiny, literal(-f.mantissaBits), literal(0)));
  const m = k.mantissa(scaled);
  const t = sub(m, literal(1));
  const s = div(t, add(m, literal(1)));
  const z = mul(s, s);
  const r = mul(z, horner(z, f.log));
  const value = f.logarithm(e, t, s, r);
  // Not infinite, no NaN; these two stay what they are.
  if (normal) return select(less(x, literal(Infinity)), value, x);
  const finite = select(equal(x, literal(Infinity)), literal(Infinity), value);
  const notPositive = select(equal(x, literal(0)), literal(-Infinity), literal(NaN));
  return select(less(literal(0), x), finite, notPositive);
}

function exp(x: Expr, f: Format): Expr {
  const q = k.round(mul(x, literal(Math.LOG2E)));
  const r = sub(sub(x, mul(q, literal(f.ln2[0]))), mul(q, literal(f.ln2[1])));
  const p = horner(r, taylor(0, 1, f.expTerms, false));
  const half = k.round(mul(q, literal(0.5)));
  const value = mul(mul(p, k.powerOfTwo(half)), k.powerOfTwo(sub(q, half)));
  const above = select(less(literal(f.expRange[1]), x), literal(Infinity), value);
  return select(less(x, literal(f.expRange[0])), literal(0), above);
}

/** sin (shift 0) or cos (shift 1): sin(x + shift pi / 2). */
function sine(x: Expr, shift: number, f: Format): Expr {
  const q = k.round(mul(x, literal(2 / Math.PI)));
  const r = f.halfPi.reduce((rest, part) => sub(rest, mul(q, literal(part))), x);
  const z = mul(r, r);
  const sin = mul(r, horner(z, taylor(1, 2, f.sinTerms, true)));
  const cos = horner(z, taylor(0, 2, f.cosTerms, true));
  const turned = add(q, literal(shift));
  const quadrant = sub(turned, mul(literal(4), k.round(mul(turned, literal(0.25)))));
  const negative = select(less(quadrant, literal(0)), literal(-1), literal(1));
  // quadrant is -2, -1, 0, 1 or 2; odd quadrants take the cosine.
  const odd = equal(k.abs(quadrant), literal(1));
  const even = select(equal(quadrant, literal(0)), sin, k.neg(sin));
  return select(odd, mul(negative, cos), even);
}

const expansions = {
  log,
  exp,
  sin: (x: Expr, f: Format) => sine(x, 0, f),
  cos: (x: Expr, f: Format) => sine(x, 1, f),
};

function expand(body: readonly Expr[], dtype: Dtype): readonly Expr[] {
  if (!topological(body).some((e) => e.op in expansions)) return body;
  return rebuildBody(body, (e, args) => {
    if (e.op === 'log' || e.op === 'exp' || e.op === 'sin' || e.op === 'cos')
      return expansions[e.op](args[0], formats[dtype]);
    return e.op === 'argument' ? e : rebuild(k, e, args, []);
  });
}

const expanded: Record<Dtype, (body: readonly Expr[]) => readonly Expr[]> = {
  f32: /* @__PURE__ */ perBody((body) => expand(body, 'f32')),
  f64: /* @__PURE__ */ perBody((body) => expand(body, 'f64')),
};

/** The body with every transcendental op expanded for a dtype. */
export const expandBody = (body: readonly Expr[], dtype: Dtype): readonly Expr[] => expanded[dtype](body);
