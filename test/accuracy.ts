/**
 * The accuracy of an exact plan in units of eps sqrt(log2 n), against the double-double oracle: RMS over uniform inputs,
 * and the worst single one of these, impulses and tones. float32 plans are compared with the float64 plan of the same
 * kind, itself measured here first: its error is 2^-29 of theirs.
 */
import { planFftSync, type PlanOptions } from '../src/plans/plan.ts';
import { fillUniform } from '../src/numeric/random.ts';
import { emptyColumns, oracle, type Columns } from './oracle.ts';

export interface Accuracy {
  readonly n: number;
  readonly kind: string;
  readonly dtype: 'f32' | 'f64';
  /** Root mean square over the uniform inputs, and the worst single input. */
  readonly rms: number;
  readonly worst: number;
}

export const epsilon = { f32: 2 ** -23, f64: 2 ** -52 } as const;
/** eps sqrt(log2 n); log2 of 1 and 2 count as 1. */
export const unit = (n: number, dtype: 'f32' | 'f64'): number =>
  epsilon[dtype] * Math.sqrt(Math.max(1, Math.log2(n)));

/** The limits that plans must hold (docs/numerics). */
export function limits(n: number): { rms: number; worst: number } {
  let rest = n;
  for (const p of [2, 3, 5, 7]) while (rest % p === 0) rest /= p;
  const power = Number.isInteger(Math.log2(n));
  return { rms: power ? 0.4 : rest === 1 ? 0.45 : 0.75, worst: 1 };
}

interface Kind {
  readonly name: string;
  readonly options: Pick<PlanOptions, 'input' | 'inverse'>;
}
const kinds: readonly Kind[] = [
  { name: 'complex forward', options: {} },
  { name: 'complex inverse', options: { inverse: true } },
  { name: 'real forward', options: { input: 'real' } },
  { name: 'real inverse', options: { input: 'real', inverse: true } },
];

/** Inputs [n, columns]: `uniform` columns of noise, then impulses and tones on and between bins. */
function signals(n: number, uniform: number, round: (x: number) => number): Columns {
  const impulses = [...new Set([0, 1 % n, n - 1])];
  const tones = [...new Set([1 % n, Math.floor(n / 3), 0.37 * n])];
  const x = emptyColumns(n, uniform + impulses.length + tones.length);
  // Two words each, so that float64 inputs have all their bits.
  const [noise, fine] = [new Float64Array(2 * n * uniform), new Float64Array(2 * n * uniform)];
  fillUniform(noise, n, 0);
  fillUniform(fine, n, 1);
  const at = (i: number): number => round(noise[i] + fine[i] * 2 ** -31);
  for (let j = 0; j < n; j++) {
    const row = j * x.columns;
    for (let c = 0; c < uniform; c++) {
      x.reHi[row + c] = at(2 * (j * uniform + c));
      x.imHi[row + c] = at(2 * (j * uniform + c) + 1);
    }
    tones.forEach((f, i) => {
      const angle = (2 * Math.PI * ((f * j) % n)) / n;
      x.reHi[row + uniform + impulses.length + i] = round(Math.cos(angle));
      x.imHi[row + uniform + impulses.length + i] = round(Math.sin(angle));
    });
  }
  impulses.forEach((j, i) => (x.reHi[j * x.columns + uniform + i] = 1));
  return x;
}

interface Planar {
  re: Float64Array;
  im: Float64Array;
}
/** What a kind is fed and must give, made of column c of inputs x and of their spectra y. */
interface Problem {
  readonly input: Planar;
  /** Expected outputs, high and low parts. */
  readonly want: { hi: Planar; lo: Planar };
}

// Plain loops here and below: over 4096 sizes their callbacks would cost more than the oracle.
function column(part: Float64Array, columns: number, c: number, count: number): Float64Array {
  const out = new Float64Array(count);
  for (let j = 0; j < count; j++) out[j] = part[j * columns + c];
  return out;
}

/** p / n. */
function over(p: Float64Array, n: number): Float64Array {
  const out = new Float64Array(p.length);
  for (let j = 0; j < p.length; j++) out[j] = p[j] / n;
  return out;
}

/** (p_k + sign p_{n-k}) / 2 for hi and lo parts, hi rounded, its error in lo. */
function halfSum(
  hi: Float64Array,
  lo: Float64Array,
  sign: number,
  bins: number,
): [Float64Array, Float64Array] {
  const n = hi.length;
  const [high, low] = [new Float64Array(bins), new Float64Array(bins)];
  for (let k = 0; k < bins; k++) {
    const m = k === 0 ? 0 : n - k;
    const [a, b] = [hi[k], sign * hi[m]];
    const sum = a + b;
    const back = sum - a;
    high[k] = sum / 2;
    low[k] = (a - (sum - back) + (b - back) + lo[k] + sign * lo[m]) / 2;
  }
  return [high, low];
}

/** a + b exactly. */
function twoSum(a: number, b: number): [number, number] {
  const sum = a + b;
  const back = sum - a;
  return [sum, a - (sum - back) + (b - back)];
}

/** Hermitian spectra made of the columns of x, two to a complex column: z_a + i z_b, exact as high and low parts. */
function hermitianPairs(x: Columns, n: number): Columns {
  const bins = Math.floor(n / 2) + 1;
  const pairs = emptyColumns(n, Math.ceil(x.columns / 2));
  for (let k = 0; k < n; k++) {
    const row = (k < bins ? k : n - k) * x.columns;
    const sign = k === 0 || 2 * k === n ? 0 : k < bins ? 1 : -1;
    for (let p = 0; p < pairs.columns; p++) {
      const [a, b, to] = [row + 2 * p, row + 2 * p + 1, k * pairs.columns + p];
      const both = 2 * p + 1 < x.columns;
      [pairs.reHi[to], pairs.reLo[to]] = twoSum(x.reHi[a], both ? -sign * x.imHi[b] : 0);
      [pairs.imHi[to], pairs.imLo[to]] = twoSum(sign * x.imHi[a], both ? x.reHi[b] : 0);
    }
  }
  return pairs;
}

/** Problems of one kind, one per column. */
function* problems(kind: Kind, x: Columns, y: Columns, z: () => Columns, n: number): Generator<Problem> {
  const bins = Math.floor(n / 2) + 1;
  const part = (from: Columns, name: 'reHi' | 'reLo' | 'imHi' | 'imLo', c: number): Float64Array =>
    column(from[name], from.columns, c, n);
  const back = kind.name === 'real inverse' ? z() : null;
  for (let c = 0; c < x.columns; c++) {
    const [re, im] = [part(x, 'reHi', c), part(x, 'imHi', c)];
    const hi = { re: part(y, 'reHi', c), im: part(y, 'imHi', c) };
    const lo = { re: part(y, 'reLo', c), im: part(y, 'imLo', c) };
    if (kind.name === 'complex forward') yield { input: { re, im }, want: { hi, lo } };
    else if (kind.name === 'complex inverse') {
      // IDFT(x) = swap(DFT(swap x)) / n.
      const swap = (p: Planar): Planar => ({ re: over(p.im, n), im: over(p.re, n) });
      yield { input: { re: im, im: re }, want: { hi: swap(hi), lo: swap(lo) } };
    } else if (kind.name === 'real forward') {
      // DFT(Re x)_k = (X_k + conj X_{n-k}) / 2.
      const [reHi, reLo] = halfSum(hi.re, lo.re, 1, bins);
      const [imHi, imLo] = halfSum(hi.im, lo.im, -1, bins);
      yield {
        input: { re, im: new Float64Array(n) },
        want: { hi: { re: reHi, im: imHi }, lo: { re: reLo, im: imLo } },
      };
    } else if (back) {
      // Columns of `back` are inverse transforms times n: real parts of even columns, imaginary parts of odd ones.
      const p = c >> 1;
      const name = c % 2 === 0 ? ('re' as const) : ('im' as const);
      const none = new Float64Array(n);
      const take = (level: 'Hi' | 'Lo'): Planar => ({
        re: over(part(back, `${name}${level}`, p), n),
        im: none,
      });
      const half = im.slice(0, bins);
      half[0] = 0;
      if (n % 2 === 0) half[n / 2] = 0;
      yield {
        input: { re: re.slice(0, bins), im: half },
        want: { hi: take('Hi'), lo: take('Lo') },
      };
    }
  }
}

/** Inverse transforms (times n) of packed Hermitian columns: conj DFT conj. */
function inverseOf(z: Columns, n: number): Columns {
  const flip = (c: Columns): Columns => ({ ...c, imHi: c.imHi.map((v) => -v), imLo: c.imLo.map((v) => -v) });
  return flip(oracle(flip(z), n));
}

/** Measure all kinds of one size and dtype with `uniform` noise inputs. */
export function accuracyOf(n: number, dtype: 'f32' | 'f64', uniform: number): Accuracy[] {
  const x = signals(n, uniform, dtype === 'f32' ? Math.fround : (v) => v);
  // float32 has a float64 plan for its oracle; the low parts of that are nothing.
  const y = dtype === 'f64' ? oracle(x, n) : planned(x, n, {});
  const z = (): Columns =>
    dtype === 'f64' ? inverseOf(hermitianPairs(x, n), n) : plannedInverse(hermitianPairs(x, n), n);
  return kinds.map((kind) => {
    const plan = planFftSync({ n, dtype, ...kind.options });
    const errors = [...problems(kind, x, y, z, n)].map(({ input, want }) => {
      // An impulse beyond the bins that a real inverse reads is nothing at all.
      if (input.re.every((v) => v === 0) && input.im.every((v) => v === 0)) return 0;
      plan.input.re.set(input.re.subarray(0, plan.input.re.length));
      plan.input.im?.set(input.im.subarray(0, plan.input.im.length));
      plan.run();
      let difference = 0;
      let total = 0;
      for (const name of ['re', 'im'] as const) {
        const [got, hi, lo] = [plan.output[name], want.hi[name], want.lo[name]];
        if (!got) continue;
        for (let k = 0; k < got.length; k++) {
          const e = got[k] - hi[k] - lo[k];
          difference += e * e;
          total += hi[k] * hi[k];
        }
      }
      return total === 0 ? Math.sqrt(difference) : Math.sqrt(difference / total);
    });
    plan.dispose();
    const scale = unit(n, dtype);
    const noise = errors.slice(0, uniform);
    return {
      n,
      kind: kind.name,
      dtype,
      rms: Math.sqrt(noise.reduce((sum, e) => sum + e * e, 0) / uniform) / scale,
      worst: Math.max(...errors) / scale,
    };
  });
}

/** Spectra by the float64 plan. */
function planned(x: Columns, n: number, options: Pick<PlanOptions, 'inverse' | 'norm'>): Columns {
  const plan = planFftSync({ n, dtype: 'f64', ...options });
  const out = emptyColumns(n, x.columns);
  for (let c = 0; c < x.columns; c++) {
    for (let j = 0; j < n; j++) {
      plan.input.re[j] = x.reHi[j * x.columns + c] + x.reLo[j * x.columns + c];
      (plan.input.im as Float64Array)[j] = x.imHi[j * x.columns + c] + x.imLo[j * x.columns + c];
    }
    plan.run();
    for (let k = 0; k < n; k++) {
      out.reHi[k * x.columns + c] = plan.output.re[k];
      out.imHi[k * x.columns + c] = (plan.output.im as Float64Array)[k];
    }
  }
  plan.dispose();
  return out;
}

const plannedInverse = (z: Columns, n: number): Columns => planned(z, n, { inverse: true, norm: 'forward' });
