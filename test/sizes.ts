/** What a transform of any size must do to inputs whose spectra are known exactly, and how wrong it is. */
import type { ComplexArray } from '../src/numeric/complex.ts';
import { twiddle } from '../src/numeric/twiddle.ts';
import { planFftSync, type PlanOptions } from '../src/plans/plan.ts';

/** A few hundred whole numbers from 0 to count - 1, both ends among them, of no simple step. */
export function* sampled(count: number, most = 200): Generator<number> {
  const step = Math.max(1, Math.floor(count / most));
  for (let k = 0, i = 0; k < count; k += Math.max(1, step - (i++ % 3))) yield k;
  yield count - 1;
}

/** sum_j x_j exp(-2 pi i j k / n), Neumaier's sums over exact twiddles of few enough points. */
export function directBin(x: ComplexArray, k: number): [re: number, im: number] {
  const n = x.re.length;
  let [re, im, lostRe, lostIm] = [0, 0, 0, 0];
  const into = (sum: number, a: number): number =>
    Math.abs(sum) >= Math.abs(a) ? sum - (sum + a) + a : a - (sum + a) + sum;
  for (let j = 0; j < n; j++) {
    const [c, s] = twiddle((j * k) % n, n);
    const [a, b] = [x.re[j] * c - x.im[j] * s, x.re[j] * s + x.im[j] * c];
    lostRe += into(re, a);
    re += a;
    lostIm += into(im, b);
    im += b;
  }
  return [re + lostRe, im + lostIm];
}

/**
 * Largest error of sampled bins of an impulse at `at`, against exp(-2 pi i k at / n), and of Parseval's sum. The bins of one impulse
 * are single roundings of a twiddle product each, so eps log2 n bounds them.
 */
export function impulseError(options: PlanOptions, at: number): { worst: number; energy: number } {
  const { n, input = 'complex', inverse = false } = options;
  const plan = planFftSync(options);
  plan.input.re.fill(0);
  plan.input.im?.fill(0);
  plan.input.re[at] = 1;
  plan.run();
  const { re, im } = plan.output;
  let worst = 0;
  for (const k of sampled(re.length)) {
    const [c, s] = twiddle((k * at) % n, n);
    const factor = inverse ? 1 / n : 1;
    const [wantRe, wantIm] = input === 'real' && inverse ? [2 * c, 0] : [c, inverse ? -s : s];
    worst = Math.max(worst, Math.abs(re[k] / factor - wantRe), Math.abs((im?.[k] ?? 0) / factor - wantIm));
  }
  let sum = 0;
  let lost = 0;
  for (let k = 0; k < re.length; k++) {
    const twice = input === 'real' && !inverse && k > 0 && 2 * k !== n ? 2 : 1;
    const term = twice * (re[k] ** 2 + (im?.[k] ?? 0) ** 2);
    // The terms are alike, so the sum is the larger from the first on.
    lost += sum - (sum + term) + term;
    sum += term;
  }
  const expected = inverse ? (input === 'real' ? 2 / n : 1 / n) : n;
  plan.dispose();
  return { worst, energy: Math.abs((sum + lost) / expected - 1) };
}
