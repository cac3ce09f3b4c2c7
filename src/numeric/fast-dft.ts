/** A fast Fourier transform of numbers as they are, for tables that are wanted once per plan: no graph, nothing compiled. */
import { complexArray, type ComplexArray } from './complex.ts';
import { rootTable, twiddle, type RootTable } from './twiddle.ts';

/** X[k] = sum_j x[j] exp(-2 pi i j k / n) of n = product of the radices points in float64. Stockham's order; O(n sum of radices). */
export function fastDft(x: ComplexArray, radices: readonly number[]): ComplexArray {
  const n = x.re.length;
  const root = rootTable(n);
  let from: ComplexArray = x;
  let to = complexArray(n);
  let spare = radices.length > 1 ? complexArray(n) : to;
  let stride = 1;
  for (const r of radices) {
    if (r === 4) stageOfFour(from, to, stride, root);
    else stageOfAny(r, from, to, stride, root);
    stride *= r;
    from = to;
    [to, spare] = [spare, to];
  }
  return from;
}

/** Joins every r spectra of `d` points to one of r d points: those of leg a lie m points apart. */
function stageOfAny(r: number, from: ComplexArray, to: ComplexArray, d: number, root: RootTable): void {
  const n = from.re.length;
  const m = n / (r * d);
  const unit = complexArray(r);
  for (let a = 0; a < r; a++) [unit.re[a], unit.im[a]] = twiddle(a, r);
  const x = complexArray(r);
  for (let k = 0; k < d; k++)
    for (let p = 0; p < m; p++) {
      for (let a = 0, at = k * r * m + p; a < r; a++, at += m) {
        const c = root.re(a * k * m);
        const s = root.im(a * k * m);
        x.re[a] = from.re[at] * c - from.im[at] * s;
        x.im[a] = from.re[at] * s + from.im[at] * c;
      }
      for (let j = 0, out = k * m + p; j < r; j++, out += d * m) {
        let re = x.re[0];
        let im = x.im[0];
        for (let a = 1, t = j; a < r; a++, t = (t + j) % r) {
          re += x.re[a] * unit.re[t] - x.im[a] * unit.im[t];
          im += x.re[a] * unit.im[t] + x.im[a] * unit.re[t];
        }
        to.re[out] = re;
        to.im[out] = im;
      }
    }
}

/** The same for r = 4, whose roots are 1, -i, -1 and i. */
function stageOfFour(from: ComplexArray, to: ComplexArray, d: number, root: RootTable): void {
  const { re, im } = from;
  const { re: toRe, im: toIm } = to;
  const m = re.length / (4 * d);
  const leg = d * m;
  for (let k = 0; k < d; k++) {
    const c1 = root.re(k * m);
    const s1 = root.im(k * m);
    const c2 = root.re(2 * k * m);
    const s2 = root.im(2 * k * m);
    const c3 = root.re(3 * k * m);
    const s3 = root.im(3 * k * m);
    for (let at = 4 * k * m, out = k * m; out < (k + 1) * m; at++, out++) {
      const at1 = at + m;
      const at2 = at + 2 * m;
      const at3 = at + 3 * m;
      const re1 = re[at1] * c1 - im[at1] * s1;
      const im1 = re[at1] * s1 + im[at1] * c1;
      const re2 = re[at2] * c2 - im[at2] * s2;
      const im2 = re[at2] * s2 + im[at2] * c2;
      const re3 = re[at3] * c3 - im[at3] * s3;
      const im3 = re[at3] * s3 + im[at3] * c3;
      const evenRe = re[at] + re2;
      const evenIm = im[at] + im2;
      const oddRe = re[at] - re2;
      const oddIm = im[at] - im2;
      toRe[out] = evenRe + (re1 + re3);
      toIm[out] = evenIm + (im1 + im3);
      toRe[out + leg] = oddRe + (im1 - im3);
      toIm[out + leg] = oddIm - (re1 - re3);
      toRe[out + 2 * leg] = evenRe - (re1 + re3);
      toIm[out + 2 * leg] = evenIm - (im1 + im3);
      toRe[out + 3 * leg] = oddRe - (im1 - im3);
      toIm[out + 3 * leg] = oddIm + (re1 - re3);
    }
  }
}
