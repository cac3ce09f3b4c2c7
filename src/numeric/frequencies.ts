/** Frequencies of bins and their order, and sizes that transform fast, with NumPy's and SciPy's semantics. */
import { InvalidArgumentError } from '../errors.ts';
import { checkArgument, checkOptions, flag, shown, whole, type OptionTable, type Rule } from '../options.ts';
import { requireView } from './samples.ts';

const countRule = whole(1, 2 ** 26);
const spacingRule: Rule<number> = {
  expected: 'a sample spacing, a number of magnitude 1e-250 to 1e250',
  // The unit 1 / (n d) and its multiples are normal numbers.
  allows: (d) => typeof d === 'number' && Math.abs(d) >= 1e-250 && Math.abs(d) <= 1e250,
};

/** k / (d n) of the one-sided bins; of all n where `folds`, which are (k - n) / (d n) from n / 2 on. */
function frequencies(n: number, d: number, folds: boolean): Float64Array {
  checkArgument('n', n, countRule);
  checkArgument('d', d, spacingRule);
  const unit = 1 / (n * d);
  const out = new Float64Array(folds ? n : Math.floor(n / 2) + 1);
  for (let k = 0; k < out.length; k++) out[k] = (folds && 2 * k >= n ? k - n : k) * unit;
  return out;
}

/** numpy.fft.fftfreq: centres of the n bins in cycles per unit of the sample spacing d: 0, 1, ..., -2, -1 times 1 / (d n), n at most 2^26. */
export const fftfreq = (n: number, d = 1): Float64Array => frequencies(n, d, true);

/** numpy.fft.rfftfreq: the floor(n/2) + 1 frequencies of `rfft`. */
export const rfftfreq = (n: number, d = 1): Float64Array => frequencies(n, d, false);

type Sequence = ArrayLike<unknown> & { slice(start?: number, end?: number): unknown };

function rotated<A extends Sequence>(x: A, by: number): A {
  if (!Array.isArray(x) && !(ArrayBuffer.isView(x) && 'length' in x))
    throw new InvalidArgumentError(`x is ${shown(x)}; expected a typed array or an array`);
  if (ArrayBuffer.isView(x)) requireView('x', x);
  const out = x.slice() as A & { [i: number]: unknown };
  const n = x.length;
  for (let i = 0; i < n; i++) out[(i + by) % n] = x[i];
  return out;
}

/** numpy.fft.fftshift of one dimension: the zero frequency to the middle. Returns a new array of the same type. */
export const fftshift = <A extends Sequence>(x: A): A => rotated(x, Math.floor((x?.length ?? 0) / 2));
/** numpy.fft.ifftshift: undoes `fftshift`. */
export const ifftshift = <A extends Sequence>(x: A): A => rotated(x, Math.ceil((x?.length ?? 0) / 2));

/** Largest size this library transforms: tables and arenas beyond it would not fit a page's memory. */
export const largestSize = 1 << 22;

/** Sample rates and upper ends of bands, in Hz: from one sample in 30 million years on, so that no unit over- or underflows float32. */
export const rateBounds = { minimum: 1e-15, maximum: 1e15 } as const;

interface FastLenOptions {
  /** Only even sizes, for real samples. Default false. */
  readonly real?: boolean;
}
const fastLenOptions: OptionTable<FastLenOptions> = { real: flag };

/**
 * The smallest size of at least `target` that transforms fast: factors 2, 3, 5 and 7 only, and even for real samples
 * (scipy.fft.next_fast_len for this library). Throws InvalidArgumentError beyond 2^22.
 */
export function nextFastLen(target: number, options: FastLenOptions = {}): number {
  checkOptions('nextFastLen', options, fastLenOptions);
  checkArgument('target', target, whole(1, largestSize));
  const step = options.real ? 2 : 1;
  let n = options.real && target % 2 === 1 ? target + 1 : target;
  while (!isSmooth(n)) n += step;
  return n;
}

/** Has n no prime factor above 7? */
export function isSmooth(n: number): boolean {
  let rest = n;
  for (const p of [2, 3, 5, 7]) while (rest % p === 0) rest /= p;
  return rest === 1;
}
