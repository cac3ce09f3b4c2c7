/**
 * Sample rates changed by a windowed sinc: y(t) = sum_j x[j] h(t - j) with h a low-pass of Kaiser's window, evaluated for the
 * rational ratio of the rates as one short filter per phase. (Kaiser, Nonrecursive digital filter design using the I0-sinh
 * window function, 1974; Crochiere & Rabiner, Multirate Digital Signal Processing, 1983, section 4.3.)
 *
 * Delay is compensated: output i is the signal at time i / to, and both begin at time 0. Samples before the first and after
 * the last are zero.
 */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, checkOptions, finite, required, whole, type OptionTable } from '../options.ts';
import { besselI0 } from './bessel.ts';
import { requireNumbers } from './samples.ts';

/** The two sample rates and the low-pass filter between them. */
export interface ResampleOptions {
  /** Sample rate of what comes in, and of what is wanted; Hz, whole numbers from 1 to 2^22. */
  readonly from: number;
  readonly to: number;
  /** Upper edge of the pass band over half the lower rate; 0.5 .. 0.99. Everything from half the lower rate on is stopped. Default 0.91. */
  readonly passband?: number;
  /** Attenuation of the stop band in dB, 40 .. 180; the ripple of the pass band is as small. Default 100. */
  readonly attenuation?: number;
}

/** One filter for every phase of the output grid. */
interface PolyphaseFilter {
  /** to / from = up / down in lowest terms. */
  readonly up: number;
  readonly down: number;
  /** Taps on each side of a phase; a phase has 2 half of them. */
  readonly half: number;
  /** [up, 2 half]: output i = q up + p is sum_t taps[p, t] x[q down + base[p] - half + 1 + t]. */
  readonly taps: Float64Array;
  readonly base: Int32Array;
}

const largestRate = 2 ** 22;
/** More taps than this are not stored: 256 MiB. Reached only by rates without a common factor above about 100 kHz. */
export const largestTable = 2 ** 25;

export function greatestDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Most samples that one call gives: 2 GiB, four and a half hours at 16 kHz. */
const mostResampled = 2 ** 28;

export function checkCount(count: number): void {
  if (count > mostResampled)
    throw new InvalidArgumentError(
      `${count} samples would come out of one call; expected at most ${mostResampled}`,
    );
}

const rateRule = whole(1, largestRate);

const resampleOptions: OptionTable<ResampleOptions> = {
  from: required(rateRule),
  to: required(rateRule),
  passband: finite({ minimum: 0.5, maximum: 0.99 }),
  attenuation: finite({ minimum: 40, maximum: 180 }),
};

/** sin(pi x) / (pi x). */
export const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/**
 * The filter of a ratio of rates. Kaiser's formulas: beta = 0.1102 (A - 8.7) for attenuation A > 50 dB, and a half length of
 * (A - 7.95) / (2.285 * 2 * pi * (stop - pass)) samples for edges in cycles per sample. Every phase is scaled to sum 1, so
 * that a constant stays that constant. Throws InvalidArgumentError for impossible options, or a table above 2^25 taps.
 */
export function polyphaseFilter(options: ResampleOptions): PolyphaseFilter {
  checkOptions('resample', options, resampleOptions);
  const { from, to, passband = 0.91, attenuation = 100 } = options;
  const divisor = greatestDivisor(from, to);
  const [up, down] = [to / divisor, from / divisor];
  if (up === down) return { up: 1, down: 1, half: 1, taps: Float64Array.of(1, 0), base: Int32Array.of(0) };
  // In cycles per input sample.
  const stop = Math.min(1, to / from) / 2;
  const [middle, width] = [(stop * (1 + passband)) / 2, stop * (1 - passband)];
  const beta =
    attenuation > 50
      ? 0.1102 * (attenuation - 8.7)
      : 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21);
  const half = Math.ceil((attenuation - 7.95) / (2.285 * 2 * Math.PI * width) / 2) + 1;
  if (up * 2 * half > largestTable)
    throw new InvalidArgumentError(
      `${from} Hz to ${to} Hz needs ${up} filters of ${2 * half} taps; go through a rate that shares a factor with both`,
    );
  const taps = new Float64Array(up * 2 * half);
  const base = new Int32Array(up);
  for (let p = 0; p < up; p++) {
    base[p] = Math.floor((p * down) / up);
    const fraction = ((p * down) % up) / up;
    let sum = 0;
    for (let t = 0; t < 2 * half; t++) {
      const distance = t - half + 1 - fraction;
      const across = distance / half;
      const window = across > -1 && across < 1 ? besselI0(beta * Math.sqrt(1 - across * across)) : 0;
      const value = window * sinc(2 * middle * distance);
      taps[p * 2 * half + t] = value;
      sum += value;
    }
    for (let t = 0; t < 2 * half; t++) taps[p * 2 * half + t] /= sum;
  }
  return { up, down, half, taps, base };
}

/** Output samples of `samples` input samples: ceil(samples to / from), every one before the end of the input. */
export function resampledLength(samples: number, from: number, to: number): number {
  checkArgument('samples', samples, whole(0));
  checkArgument('from', from, rateRule);
  checkArgument('to', to, rateRule);
  return Math.ceil((samples * to) / from);
}

/** Changes the rate of a signal that comes in chunks. The output does not depend, in any bit, on how it was cut. */
export class Resampler {
  /** Input samples by which the output lags behind the input while it streams. */
  readonly latency: number;
  readonly #filter: PolyphaseFilter;
  /** Input samples kept, the first of which is number `#first`; those before 0 are zero. */
  #kept: Float64Array;
  #length: number;
  #first: number;
  #received = 0;
  #produced = 0;
  #ended = false;

  constructor(options: ResampleOptions) {
    this.#filter = polyphaseFilter(options);
    const { half } = this.#filter;
    this.latency = this.#isIdentity ? 0 : half;
    this.#first = 1 - half;
    this.#kept = new Float64Array(4 * half + 1024);
    this.#length = half - 1;
  }

  get #isIdentity(): boolean {
    return this.#filter.up === this.#filter.down;
  }

  /** Output samples that this many input samples determine. */
  #available(received: number): number {
    const { up, down, half } = this.#filter;
    // Output i needs input up to floor(i down / up) + half, which must be below `received`.
    const last = received - half - 1;
    return last < 0 ? 0 : Math.floor(((last + 1) * up - 1) / down) + 1;
  }

  /** The samples that follow, as many as the input so far determines. */
  push(samples: ArrayLike<number>): Float64Array {
    requireNumbers('samples', samples);
    if (this.#ended) throw new InvalidArgumentError('this resampler was flushed; make another one');
    if (this.#isIdentity) return Float64Array.from(samples);
    this.#append(samples);
    return this.#produce(this.#available(this.#received));
  }

  /** The rest, as if silence followed. */
  flush(): Float64Array {
    if (this.#ended) return new Float64Array(0);
    this.#ended = true;
    const { up, down, half } = this.#filter;
    const total = Math.ceil((this.#received * up) / down);
    this.#append(new Float64Array(half + 1));
    return this.#produce(total);
  }

  #append(samples: ArrayLike<number>): void {
    this.#received += samples.length;
    if (this.#length + samples.length > this.#kept.length) this.#makeRoom(samples.length);
    this.#kept.set(samples, this.#length);
    this.#length += samples.length;
  }

  /** Drops what no output needs any more, and grows where that is not enough. */
  #makeRoom(more: number): void {
    const { up, down, half, base } = this.#filter;
    const next = this.#produced;
    const oldest = Math.floor(next / up) * down + base[next % up] - half + 1;
    const spent = Math.max(0, Math.min(this.#length, oldest - this.#first));
    const left = this.#length - spent;
    const room = left + more <= this.#kept.length ? this.#kept : new Float64Array(2 * (left + more));
    room.set(this.#kept.subarray(spent, this.#length));
    this.#kept = room;
    this.#first += spent;
    this.#length = left;
  }

  #produce(total: number): Float64Array {
    const { up, down, half, taps, base } = this.#filter;
    checkCount(total - this.#produced);
    const out = new Float64Array(Math.max(0, total - this.#produced));
    const width = 2 * half;
    const kept = this.#kept;
    for (let i = 0; i < out.length; i++) {
      const number = this.#produced + i;
      const phase = number % up;
      const from = ((number - phase) / up) * down + base[phase] - half + 1 - this.#first;
      const at = phase * width;
      // Two sums: the additions of one would wait for each other.
      let even = 0;
      let odd = 0;
      for (let t = 0; t < width; t += 2) {
        even += taps[at + t] * kept[from + t];
        odd += taps[at + t + 1] * kept[from + t + 1];
      }
      out[i] = even + odd;
    }
    this.#produced += out.length;
    return out;
  }
}

/**
 * A whole signal at another rate, ceil(samples to / from) long. Throws InvalidArgumentError for impossible options, and for more
 * than 2^28 samples that would come out, before any of them is computed.
 */
export function resample(samples: ArrayLike<number>, options: ResampleOptions): Float64Array {
  requireNumbers('samples', samples);
  const resampler = new Resampler(options);
  const { from, to } = options;
  if (from !== to) checkCount(resampledLength(samples.length, from, to));
  const body = resampler.push(samples);
  const rest = resampler.flush();
  const out = new Float64Array(body.length + rest.length);
  out.set(body);
  out.set(rest, body.length);
  return out;
}
