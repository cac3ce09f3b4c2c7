/**
 * papilio/compat/fft.js: the calls of fft.js 4 (Indutny), any size, float64. Arrays of complex numbers are pairs re, im as there. What fft.js leaves
 * wrong is right here: `realTransform` fills the whole spectrum, and arrays of other lengths are errors, not NaN.
 */
import { InvalidArgumentError } from '../errors.ts';
import { planFftSync } from '../index.ts';
import { requireNumbers } from '../numeric/samples.ts';
import { checkArgument, shown, whole } from '../options.ts';

/** An array to write numbers to. */
export interface WritableNumbers {
  readonly length: number;
  [index: number]: number;
}

/** A transform compiled once: what comes in and goes out, in the plan's memory. */
interface Compiled {
  readonly input: Float32Array | Float64Array;
  readonly output: Float32Array | Float64Array;
  run(): void;
}

const largest = 2 ** 22;

function compiled(n: number, input: 'real' | 'complex', inverse: boolean): Compiled {
  const plan = planFftSync({ n, input, inverse, dtype: 'f64', layout: 'interleaved' });
  const [from, to] = [plan.input, plan.output].map((end) => ('re' in end ? end.re : end.interleaved));
  return { input: from as Float64Array, output: to as Float64Array, run: () => plan.run() };
}

/** Throws InvalidArgumentError unless an array can be written to from 0 to `length`. */
function requireRoom(name: string, to: WritableNumbers, length: number, why: string): void {
  if (typeof to !== 'object' || to === null || !Number.isSafeInteger(to.length))
    throw new InvalidArgumentError(`${name} is ${shown(to)}; expected an array, as of createComplexArray()`);
  if (to.length < length)
    throw new InvalidArgumentError(`${name} has ${to.length} numbers; expected ${length}: ${why}`);
}

function requireLength(name: string, x: ArrayLike<number>, length: number, why: string): void {
  requireNumbers(name, x);
  if (x.length !== length)
    throw new InvalidArgumentError(`${name} has ${x.length} numbers; expected ${length}: ${why}`);
}

function copy(from: ArrayLike<number>, to: WritableNumbers): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i];
}

/** Transforms of one size, with the methods of fft.js. Each direction is compiled when it is first used. */
export default class FFT {
  /** Points of a transform. */
  readonly size: number;
  #forward: Compiled | undefined;
  #inverse: Compiled | undefined;
  #real: Compiled | undefined;

  /** Any size from 1 to 2^22, not only powers of two. Throws InvalidArgumentError. */
  constructor(size: number) {
    checkArgument('size', size, whole(1, largest));
    this.size = size;
  }

  /** 2 size zeros: complex numbers as pairs. */
  createComplexArray(): number[] {
    return new Array<number>(2 * this.size).fill(0);
  }

  /** Real numbers as complex ones, in `storage` where it is given. */
  toComplexArray(input: ArrayLike<number>): number[];
  toComplexArray<S extends WritableNumbers>(input: ArrayLike<number>, storage: S | undefined): S;
  toComplexArray(input: ArrayLike<number>, storage?: WritableNumbers): WritableNumbers {
    requireLength('input', input, this.size, 'a real number per point');
    const to = storage ?? this.createComplexArray();
    requireRoom('storage', to, 2 * this.size, 'a pair per point');
    for (let i = 0; i < this.size; i++) {
      to[2 * i] = input[i];
      to[2 * i + 1] = 0;
    }
    return to;
  }

  /** Real parts of complex numbers, in `storage` where it is given. */
  fromComplexArray(complex: ArrayLike<number>): number[];
  fromComplexArray<S extends WritableNumbers>(complex: ArrayLike<number>, storage: S | undefined): S;
  fromComplexArray(complex: ArrayLike<number>, storage?: WritableNumbers): WritableNumbers {
    requireNumbers('complex', complex);
    if (complex.length % 2 !== 0)
      throw new InvalidArgumentError(`complex has ${complex.length} numbers; expected pairs`);
    const to = storage ?? new Array<number>(complex.length / 2).fill(0);
    requireRoom('storage', to, complex.length / 2, 'a real number per pair');
    for (let i = 0; 2 * i < complex.length; i++) to[i] = complex[2 * i];
    return to;
  }

  /** The upper half of the spectrum of real numbers, from the lower half: conjugates in reverse. */
  completeSpectrum(spectrum: WritableNumbers): void {
    requireRoom('spectrum', spectrum, 2 * this.size, 'a pair per point');
    for (let k = 1; 2 * k < this.size; k++) {
      spectrum[2 * (this.size - k)] = spectrum[2 * k];
      spectrum[2 * (this.size - k) + 1] = -spectrum[2 * k + 1];
    }
  }

  /** out = the DFT of data, both 2 size numbers; they may be one array. Throws InvalidArgumentError. */
  transform(out: WritableNumbers, data: ArrayLike<number>): void {
    this.#forward ??= compiled(this.size, 'complex', false);
    this.#run(this.#forward, out, data);
  }

  /** The inverse of `transform`, divided by the size. */
  inverseTransform(out: WritableNumbers, data: ArrayLike<number>): void {
    this.#inverse ??= compiled(this.size, 'complex', true);
    this.#run(this.#inverse, out, data);
  }

  /**
   * out = the DFT of real data (size numbers): all of it where `out` has room for 2 size numbers, so that `completeSpectrum` has nothing
   * to do; else the floor(size / 2) + 1 bins of the lower half.
   */
  realTransform(out: WritableNumbers, data: ArrayLike<number>): void {
    const bins = Math.floor(this.size / 2) + 1;
    requireLength('data', data, this.size, 'a real number per point');
    requireRoom('out', out, 2 * bins, `${bins} pairs, or ${this.size} for the whole spectrum`);
    this.#real ??= compiled(this.size, 'real', false);
    this.#real.input.set(data);
    this.#real.run();
    copy(this.#real.output, out);
    if (out.length >= 2 * this.size) this.completeSpectrum(out);
  }

  #run({ input, output, run }: Compiled, out: WritableNumbers, data: ArrayLike<number>): void {
    const why =
      data?.length === this.size
        ? 'pairs re, im; toComplexArray makes them of real numbers, realTransform takes them as they are'
        : 'a pair per point';
    requireLength('data', data, 2 * this.size, why);
    requireRoom('out', out, 2 * this.size, 'a pair per point');
    input.set(data);
    run();
    copy(output, out);
  }
}
