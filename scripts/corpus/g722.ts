/**
 * G.722 at 64 kbit/s to 16 kHz samples: two sub-bands of adaptive PCM, 6 and 2 bits, joined by a quadrature mirror filter.
 * Source: ITU-T Recommendation G.722 (09/2012), clauses 3.6 and 4; the names of its blocks stand beside the code.
 */

/** Inverse quantisers by code (QM2, QM4, QM6), log scale updates (WL, WH with RL42, RH2), 2^(i/32) (ILB), mirror filter. */
const qm2 = [-7408, -1616, 7408, 1616];
const qm4 = [
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
];
const upper6 = [
  24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
  4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728,
];
const qm6 = [-136, -136, -136, -136, ...upper6.map((v) => -v), ...upper6, 432, 136, -432, -136];
const wl = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];
const wh = [798, -214, 798, -214];
const ilb = Array.from({ length: 32 }, (_, i) => Math.floor(2048 * 2 ** (i / 32) + 0.5));
const mirror = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

const saturate = (x: number): number => Math.max(-32768, Math.min(32767, x));
const clamp = (x: number, limit: number): number => Math.max(-limit, Math.min(limit, x));
const sign = (x: number): number => x >> 15;

interface BandTables {
  /** Quantiser of the output and of the adaptation, by code. */
  readonly fine: readonly number[];
  readonly coarse: readonly number[];
  /** Bits of a fine code that the coarse one has not. */
  readonly dropped: number;
  readonly weights: readonly number[];
  readonly largestLog: number;
  readonly shift: number;
  readonly firstScale: number;
}
export const lowerBand: BandTables = {
  fine: qm6,
  coarse: qm4,
  dropped: 2,
  weights: wl,
  largestLog: 18432,
  shift: 8,
  firstScale: 32,
};
export const upperBand: BandTables = {
  fine: qm2,
  coarse: qm2,
  dropped: 0,
  weights: wh,
  largestLog: 22528,
  shift: 10,
  firstScale: 8,
};

/** One sub-band: predictor of two poles and six zeros, step size in `scale`. */
export class Band {
  #log = 0;
  #scale: number;
  #prediction = 0;
  #zeros = 0;
  readonly #a = [0, 0];
  readonly #b = [0, 0, 0, 0, 0, 0];
  readonly #d = [0, 0, 0, 0, 0, 0];
  readonly #p = [0, 0];
  #r = 0;
  readonly #tables: BandTables;

  constructor(tables: BandTables) {
    this.#tables = tables;
    this.#scale = tables.firstScale;
  }

  /** The sample that a code stands for at this moment. */
  valueOf(code: number): number {
    return clamp(this.#prediction + ((this.#scale * this.#tables.fine[code]) >> 15), 16384);
  }

  /** Take a code: its sample, and the state moves on. */
  take(code: number): number {
    const { coarse, dropped, weights, largestLog, shift } = this.#tables;
    const value = this.valueOf(code);
    const difference = (this.#scale * coarse[code >> dropped]) >> 15;
    // LOGSCL, SCALEL and the like of the upper band.
    this.#log = Math.max(0, Math.min(largestLog, ((this.#log * 127) >> 7) + weights[code >> dropped]));
    const [base, power] = [ilb[(this.#log >> 6) & 31], shift - (this.#log >> 11)];
    this.#scale = (power < 0 ? base << -power : base >> power) << 2;
    this.#adapt(difference);
    return value;
  }

  #adapt(difference: number): void {
    const [a, b, d, p] = [this.#a, this.#b, this.#d, this.#p];
    const whole = saturate(this.#prediction + difference); // RECONS
    const partial = saturate(this.#zeros + difference); // PARREC
    const same1 = sign(partial) === sign(p[0]);
    const same2 = sign(partial) === sign(p[1]);
    // UPPOL2, UPPOL1
    const four = saturate(a[0] * 4);
    const second = clamp(
      (Math.min(32767, same1 ? -four : four) >> 7) + (same2 ? 128 : -128) + ((a[1] * 32512) >> 15),
      12288,
    );
    const first = clamp(saturate((same1 ? 192 : -192) + ((a[0] * 32640) >> 15)), saturate(15360 - second));
    // UPZERO
    const step = difference === 0 ? 0 : 128;
    for (let i = 0; i < 6; i++)
      b[i] = saturate((sign(d[i]) === sign(difference) ? step : -step) + ((b[i] * 32640) >> 15));
    // DELAYA
    d.pop();
    d.unshift(difference);
    p[1] = p[0];
    p[0] = partial;
    [a[0], a[1]] = [first, second];
    // FILTEP, FILTEZ, PREDIC
    const twice = (x: number): number => saturate(2 * x);
    const poles = saturate(((a[0] * twice(whole)) >> 15) + ((a[1] * twice(this.#r)) >> 15));
    this.#r = whole;
    this.#zeros = saturate(d.reduce((sum, x, i) => sum + ((b[i] * twice(x)) >> 15), 0));
    this.#prediction = saturate(poles + this.#zeros);
  }
}

/** Two samples per byte, in [-1, 1), at 16 kHz. */
export function decodeG722(bytes: Uint8Array): Float64Array {
  const out = new Float64Array(2 * bytes.length);
  const [low, high] = [new Band(lowerBand), new Band(upperBand)];
  // The last twelve sums and differences of the bands, newest last.
  const sums = new Int32Array(12);
  const differences = new Int32Array(12);
  bytes.forEach((code, i) => {
    const [l, h] = [low.take(code & 63), high.take(code >> 6)];
    sums.copyWithin(0, 1);
    differences.copyWithin(0, 1);
    [sums[11], differences[11]] = [l + h, l - h];
    let [even, odd] = [0, 0];
    for (let j = 0; j < 12; j++) {
      odd += sums[j] * mirror[j];
      even += differences[j] * mirror[11 - j];
    }
    out[2 * i] = saturate(even >> 11) / 32768;
    out[2 * i + 1] = saturate(odd >> 11) / 32768;
  });
  return out;
}

/** The filter, for whoever splits the bands. */
export const mirrorFilter: readonly number[] = mirror;
