/**
 * The oracle of float64: DFTs of any size in double-double, many at a time. Powers of two by radix-2 butterflies, other
 * sizes as a chirp convolution; checked against the double-double carrier of the one butterfly and mpmath.
 */
import { twiddleDoubleDouble } from '../src/numeric/twiddle.ts';

/** Planar complex numbers as high and low parts, [points, columns]. */
export interface Columns {
  readonly columns: number;
  readonly reHi: Float64Array;
  readonly reLo: Float64Array;
  readonly imHi: Float64Array;
  readonly imLo: Float64Array;
}

export const emptyColumns = (points: number, columns: number): Columns => ({
  columns,
  reHi: new Float64Array(points * columns),
  reLo: new Float64Array(points * columns),
  imHi: new Float64Array(points * columns),
  imLo: new Float64Array(points * columns),
});

/** w_j = [reHi, reLo, imHi, imLo]. */
type Sequence = Float64Array;

const splitter = 134217729;

/** out[to + c] = w x[from + c] for all columns: the product of double-double complex numbers. */
function scaleRow(x: Columns, from: number, out: Columns, to: number, w: Sequence, at: number): void {
  const [ah, al, bh, bl] = [w[at], w[at + 1], w[at + 2], w[at + 3]];
  const ta = splitter * ah;
  const a1 = ta - (ta - ah);
  const a2 = ah - a1;
  const tb = splitter * bh;
  const b1 = tb - (tb - bh);
  const b2 = bh - b1;
  for (let c = 0; c < x.columns; c++) {
    const xh = x.reHi[from + c];
    const xl = x.reLo[from + c];
    const yh = x.imHi[from + c];
    const yl = x.imLo[from + c];
    const tx = splitter * xh;
    const x1 = tx - (tx - xh);
    const x2 = xh - x1;
    const ty = splitter * yh;
    const y1 = ty - (ty - yh);
    const y2 = yh - y1;
    // Four products hi + lo: a x, b y, a y, b x.
    const p = ah * xh;
    const pe = a1 * x1 - p + a1 * x2 + a2 * x1 + a2 * x2 + (ah * xl + al * xh);
    const q = bh * yh;
    const qe = b1 * y1 - q + b1 * y2 + b2 * y1 + b2 * y2 + (bh * yl + bl * yh);
    const r = ah * yh;
    const re = a1 * y1 - r + a1 * y2 + a2 * y1 + a2 * y2 + (ah * yl + al * yh);
    const s = bh * xh;
    const se = b1 * x1 - s + b1 * x2 + b2 * x1 + b2 * x2 + (bh * xl + bl * xh);
    let sum = p - q;
    let back = sum - p;
    let low = p - (sum - back) - (q + back) + (pe - qe);
    let hi = sum + low;
    out.reHi[to + c] = hi;
    out.reLo[to + c] = low - (hi - sum);
    sum = r + s;
    back = sum - r;
    low = r - (sum - back) + (s - back) + (re + se);
    hi = sum + low;
    out.imHi[to + c] = hi;
    out.imLo[to + c] = low - (hi - sum);
  }
}

/** [x, y] = [x + y, x - y] for one part of two rows. */
function plusMinus(hi: Float64Array, lo: Float64Array, x: number, y: number, columns: number): void {
  for (let c = 0; c < columns; c++) {
    const a = hi[x + c];
    const b = hi[y + c];
    const al = lo[x + c];
    const bl = lo[y + c];
    let sum = a + b;
    let back = sum - a;
    let low = a - (sum - back) + (b - back) + (al + bl);
    let high = sum + low;
    hi[x + c] = high;
    lo[x + c] = low - (high - sum);
    sum = a - b;
    back = sum - a;
    low = a - (sum - back) - (b + back) + (al - bl);
    high = sum + low;
    hi[y + c] = high;
    lo[y + c] = low - (high - sum);
  }
}

const roots = new Map<number, Sequence>();

/** exp(-2 pi i j / n), j < n. */
function rootsOfUnity(n: number): Sequence {
  const known = roots.get(n);
  if (known) return known;
  const w = new Float64Array(4 * n);
  for (let j = 0; j < n; j++) {
    const [re, im] = twiddleDoubleDouble(j, n);
    w.set([re[0], re[1], im[0], im[1]], 4 * j);
  }
  if (roots.size > 8) roots.clear();
  roots.set(n, w);
  return w;
}

/** In place, natural order in and out: decimation in time on bit-reversed rows. */
function powerOfTwo(x: Columns, n: number): void {
  const { columns } = x;
  const bits = Math.log2(n);
  for (let i = 0; i < n; i++) {
    let j = 0;
    for (let b = 0; b < bits; b++) if (i & (1 << b)) j |= 1 << (bits - 1 - b);
    if (j <= i) continue;
    for (const part of [x.reHi, x.reLo, x.imHi, x.imLo]) {
      const row = part.slice(i * columns, (i + 1) * columns);
      part.copyWithin(i * columns, j * columns, (j + 1) * columns);
      part.set(row, j * columns);
    }
  }
  const w = rootsOfUnity(n);
  for (let d = 1; d < n; d *= 2)
    for (let g = 0; g < n; g += 2 * d)
      for (let k = 0; k < d; k++) {
        const [top, bottom] = [(g + k) * columns, (g + k + d) * columns];
        if (k > 0) scaleRow(x, bottom, x, bottom, w, 4 * k * (n / (2 * d)));
        plusMinus(x.reHi, x.reLo, top, bottom, columns);
        plusMinus(x.imHi, x.imLo, top, bottom, columns);
      }
}

const conjugate = (x: Columns): void => {
  for (let i = 0; i < x.imHi.length; i++) {
    x.imHi[i] = -x.imHi[i];
    x.imLo[i] = -x.imLo[i];
  }
};

/** Spectrum of the conjugate chirp of size n as a cyclic sequence of `length`. */
function chirpSpectrum(n: number, length: number): Sequence {
  const b = emptyColumns(length, 1);
  const w = rootsOfUnity(2 * n);
  for (let j = 0; j < n; j++) {
    const at = 4 * ((j * j) % (2 * n));
    for (const to of [j, (length - j) % length]) {
      b.reHi[to] = w[at];
      b.reLo[to] = w[at + 1];
      b.imHi[to] = -w[at + 2];
      b.imLo[to] = -w[at + 3];
    }
  }
  powerOfTwo(b, length);
  const out = new Float64Array(4 * length);
  for (let j = 0; j < length; j++) out.set([b.reHi[j], b.reLo[j], b.imHi[j], b.imLo[j]], 4 * j);
  return out;
}

/** Forward DFT of every column: [n, columns] in, a new [n, columns] out. */
export function oracle(x: Columns, n: number): Columns {
  const { columns } = x;
  if (Number.isInteger(Math.log2(n))) {
    const y = {
      columns,
      reHi: x.reHi.slice(),
      reLo: x.reLo.slice(),
      imHi: x.imHi.slice(),
      imLo: x.imLo.slice(),
    };
    powerOfTwo(y, n);
    return y;
  }
  const length = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const w = rootsOfUnity(2 * n);
  const spectrum = chirpSpectrum(n, length);
  const y = emptyColumns(length, columns);
  for (let j = 0; j < n; j++) scaleRow(x, j * columns, y, j * columns, w, 4 * ((j * j) % (2 * n)));
  powerOfTwo(y, length);
  for (let j = 0; j < length; j++) scaleRow(y, j * columns, y, j * columns, spectrum, 4 * j);
  conjugate(y);
  powerOfTwo(y, length);
  conjugate(y);
  const out = emptyColumns(n, columns);
  for (let k = 0; k < n; k++) scaleRow(y, k * columns, out, k * columns, w, 4 * ((k * k) % (2 * n)));
  for (const part of [out.reHi, out.reLo, out.imHi, out.imLo])
    for (let i = 0; i < part.length; i++) part[i] /= length;
  return out;
}
