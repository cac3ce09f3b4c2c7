/**
 * Deterministic optimisers over one vector: L-BFGS (Liu & Nocedal, 1989, with the weak Wolfe bisection of Lewis & Overton,
 * 2013) and Gauss-Newton (Levenberg's damping, inner systems by conjugate gradients). Each yields its steps.
 */
import { addTo, dot } from '../numeric/vector.ts';
import type { Objective } from './objective.ts';

/** What one step of `lbfgs` or `gaussNewton` reports. */
export interface FinisherStep {
  /** Steps done. */
  readonly step: number;
  /** The value after the step. */
  readonly loss: number;
  readonly gradientNorm: number;
  /** Evaluations of value and gradient, or products with the curvature, so far. */
  readonly evaluations: number;
}

/** Pairs of steps and gradient changes. They define an inverse Hessian, which the two-loop recursion multiplies with. */
class Memory {
  private readonly pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  private readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }
  get empty(): boolean {
    return this.pairs.length === 0;
  }
  clear(): void {
    this.pairs.length = 0;
  }
  add(s: Float64Array, y: Float64Array): void {
    const sy = dot(s, y);
    if (!(sy > 0)) return;
    this.pairs.push({ s, y, rho: 1 / sy });
    if (this.pairs.length > this.limit) this.pairs.shift();
  }
  /** -H g; at first a step along -g in proportion to the error that a sum of squares `value` stands for. */
  direction(g: Float64Array, value: number): Float64Array {
    const d = g.map((x) => -x);
    const { pairs } = this;
    if (this.empty) {
      const scale = Math.min(0.1, 10 * Math.sqrt(value)) / Math.sqrt(dot(g, g));
      return d.map((x) => x * scale);
    }
    const alpha = new Array<number>(pairs.length);
    for (let i = pairs.length - 1; i >= 0; i--) {
      alpha[i] = pairs[i].rho * dot(pairs[i].s, d);
      addTo(d, -alpha[i], pairs[i].y);
    }
    const { y, rho } = pairs[pairs.length - 1];
    const scale = 1 / (rho * dot(y, y));
    for (let i = 0; i < d.length; i++) d[i] *= scale;
    pairs.forEach((p, i) => addTo(d, alpha[i] - p.rho * dot(p.y, d), p.s));
    return d;
  }
}

/** At most this many halvings or doublings along one direction. */
const searchLimit = 30;

/**
 * L-BFGS from `x`, which is updated in place. Ends after `steps`, when no step lowers the value any more (rounding is
 * reached), or when the value is 0.
 */
export function* lbfgs(
  objective: Objective,
  x: Float64Array,
  steps: number,
  memory = 20,
): Generator<FinisherStep> {
  const past = new Memory(memory);
  let g = new Float64Array(x.length);
  let value = objective.evaluate(x, g);
  let evaluations = 1;
  for (let step = 1; step <= steps && value > 0;) {
    const d = past.direction(g, value);
    const slope = dot(g, d);
    const next = new Float64Array(x.length);
    const nextG = new Float64Array(x.length);
    let [low, high, t, nextValue] = [0, Infinity, 1, value];
    const tries = slope < 0 ? searchLimit : 0;
    for (let i = 0; i < tries; i++) {
      for (let j = 0; j < x.length; j++) next[j] = x[j] + t * d[j];
      nextValue = objective.evaluate(next, nextG);
      evaluations++;
      if (!(nextValue <= value + 1e-4 * t * slope)) high = t;
      else if (dot(nextG, d) < 0.9 * slope) low = t;
      else break;
      t = high === Infinity ? 2 * low : (low + high) / 2;
    }
    if (!(nextValue < value)) {
      if (past.empty) return;
      past.clear();
      continue;
    }
    past.add(
      next.map((v, j) => v - x[j]),
      nextG.map((v, j) => v - g[j]),
    );
    x.set(next);
    [g, value] = [nextG, nextValue];
    yield { step, loss: value, gradientNorm: Math.sqrt(dot(g, g)), evaluations };
    step++;
  }
}

/** Solves (C + damping I) d = -g by conjugate gradients to a relative residual. Returns d and the number of products with C. */
function solveDamped(
  product: (v: Float64Array, out: Float64Array) => void,
  g: Float64Array,
  damping: number,
  tolerance: number,
  limit: number,
): { d: Float64Array; products: number } {
  const d = new Float64Array(g.length);
  const r = g.map((x) => -x);
  const p = r.slice();
  const cp = new Float64Array(g.length);
  let rr = dot(r, r);
  const goal = tolerance * tolerance * rr;
  let products = 0;
  while (products < limit && rr > goal) {
    product(p, cp);
    addTo(cp, damping, p);
    products++;
    const a = rr / dot(p, cp);
    addTo(d, a, p);
    addTo(r, -a, cp);
    const next = dot(r, r);
    for (let i = 0; i < p.length; i++) p[i] = r[i] + (next / rr) * p[i];
    rr = next;
  }
  return { d, products };
}

/**
 * Gauss-Newton from `x`, updated in place: steps d with (J^T J + damping) d = -g; the damping falls by 4 after a step that
 * kept its promise and rises by 4 after one that did not. Ends as `lbfgs` does.
 */
export function* gaussNewton(objective: Objective, x: Float64Array, steps: number): Generator<FinisherStep> {
  const g = new Float64Array(x.length);
  let value = objective.evaluate(x, g);
  let evaluations = 1;
  let damping = value;
  for (let step = 1, failures = 0; step <= steps && value > 0 && failures < searchLimit;) {
    // The forcing term of inexact Newton: a residual in proportion to the gradient keeps convergence superlinear.
    const tolerance = Math.min(0.1, Math.sqrt(Math.sqrt(dot(g, g))));
    const solved = solveDamped((v, out) => objective.curvature(x, v, out), g, damping, tolerance, 100);
    const next = x.map((v, j) => v + solved.d[j]);
    const nextG = new Float64Array(x.length);
    const nextValue = objective.evaluate(next, nextG);
    evaluations += solved.products + 1;
    if (!(nextValue < value)) {
      damping *= 4;
      failures++;
      continue;
    }
    damping /= 4;
    failures = 0;
    x.set(next);
    g.set(nextG);
    value = nextValue;
    yield { step, loss: value, gradientNorm: Math.sqrt(dot(g, g)), evaluations };
    step++;
  }
}
